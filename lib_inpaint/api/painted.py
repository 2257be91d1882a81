"""What needs a WebUI around the routes: sampling with its checkpoint."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable

import numpy as np

from ..filling import outpaint as canvases
from ..host import Sampled
from ..imaging.cutout import extended_picture
from ..imaging.imagefile import Picture
from ..progress import Progress
from ..schema import EditRequest, FillRequest, InpaintRequest, PromptedOutpaintRequest
from .answers import Made, mask_file, picture_file
from .bodies import EditBody, InpaintBody, OutpaintBody, plain
from .desk import Desk
from .images import Image
from .tasks import Task


def inpaint(desk: Desk, body: InpaintBody) -> Task:
    """The pictures with what is masked filled from the prompt."""
    desk.service.sampling  # noqa: B018 - or refused, before any work
    image = desk.images.resolve(body.image, "image")
    mask = desk.images.resolve_mask(body.mask, image.picture.size, "mask")
    desk.service.check_models(body)
    request = plain(body, InpaintRequest)
    sample = partial(desk.service.inpaint, image.photo.image, mask, request, body.invert, body.save)
    return _task(desk, image, body, sample)


def outpaint(desk: Desk, body: OutpaintBody) -> Task:
    """The pictures extended past their edges from the prompt, and the mask of what is new on them."""
    desk.service.sampling  # noqa: B018 - or refused, before any work
    image = desk.images.resolve(body.image, "image")
    request = canvases.named(plain(body, PromptedOutpaintRequest))
    added = canvases.total(image.picture.size, request)
    if request.masked_content not in canvases.WITHOUT_ERASER:
        desk.service.check_models(FillRequest(eraser=str(request.masked_content)))
    sample = partial(desk.service.outpaint, image.photo.image, request, body.save)

    def run(progress: Progress) -> Made:
        framed = partial(extended_picture, image.picture, request=added)
        made = _made(desk, framed, body, sample(progress=progress))
        mask = mask_file(canvases.new(image.picture.size, added))
        return Made({**made.facts, "offset": [added.left, added.up]}, {**made.files, "mask": mask})

    return Task(run, image.nbytes)


def edit(desk: Desk, body: EditBody) -> Task:
    """The pictures edited by instruction."""
    desk.service.sampling  # noqa: B018 - or refused, before any work
    image = desk.images.resolve(body.image, "image")
    mask = None if body.mask is None else desk.images.resolve_mask(body.mask, image.picture.size, "mask")
    sample = partial(desk.service.edit, image.photo.image, mask, plain(body, EditRequest), body.save)
    return _task(desk, image, body, sample)


def _task(desk: Desk, image: Image, body: Any, sample: Callable[..., list[Sampled]]) -> Task:
    def run(progress: Progress) -> Made:
        return _made(desk, image.picture.with_image, body, sample(progress=progress))

    return Task(run, image.nbytes)


def _made(desk: Desk, framed: Callable[[np.ndarray], Picture], body: Any, sampled: list[Sampled]) -> Made:
    """The pictures as an answer. They are kept, so that the next step can refer to them by their ids.

    framed: a picture of these pixels (uint8 HxWx3), with all else that the one before has.
    """
    facts, files = [], {}
    for number, one in enumerate(sampled):
        picture = framed(one.image)
        name = f"image-{number}"
        files[name] = picture_file(picture, body.format or "png")
        told = {"id": desk.images.put(picture).id, "file": name, "seed": one.seed, "infotext": one.infotext}
        facts.append({**told, "saved": one.saved})
    return Made({"images": facts, "note": ""}, files)
