"""What needs a WebUI around the routes: sampling with its checkpoint."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable

from .. import painting
from ..host.base import Sampled
from ..progress import Progress
from ..schema import EditRequest, InpaintRequest
from .answers import Made, picture_file
from .bodies import EditBody, InpaintBody, plain
from .desk import Desk
from .images import Image
from .tasks import Task


def inpaint(desk: Desk, body: InpaintBody) -> Task:
    """The pictures with what is masked filled from the prompt."""
    painting.of(desk.service)
    image = desk.images.resolve(body.image, "image")
    mask = desk.images.resolve_mask(body.mask, image.picture.size, "mask")
    desk.service.check_models(body)
    request = plain(body, InpaintRequest)
    sample = partial(painting.inpaint, desk.service, image.photo.image, mask, request, body.invert, body.save)
    return _task(desk, image, body, sample)


def edit(desk: Desk, body: EditBody) -> Task:
    """The pictures edited by instruction."""
    painting.of(desk.service)
    image = desk.images.resolve(body.image, "image")
    mask = None if body.mask is None else desk.images.resolve_mask(body.mask, image.picture.size, "mask")
    sample = partial(painting.edit, desk.service, image.photo.image, mask, plain(body, EditRequest), body.save)
    return _task(desk, image, body, sample)


def _task(desk: Desk, image: Image, body: Any, sample: Callable[..., list[Sampled]]) -> Task:
    def run(progress: Progress) -> Made:
        facts, files = [], {}
        for number, one in enumerate(sample(progress=progress)):
            picture = image.picture.with_image(one.image)
            name = f"image-{number}"
            files[name] = picture_file(picture, body.format or "png")
            told = {"id": desk.images.put(picture).id, "file": name, "seed": one.seed, "infotext": one.infotext}
            facts.append({**told, "saved": one.saved})
        return Made({"images": facts, "note": ""}, files)

    return Task(run, image.nbytes)
