"""What the host samples with its checkpoint: filling what is masked, extending, and editing by instruction."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable

import numpy as np

from ...filling import outpaint as canvases
from ...host import Sampled
from ...imaging.cutout import extended_picture
from ...imaging.imagefile import Picture
from ...progress import Progress
from ...schema import EditRequest, FillRequest, InpaintRequest, PromptedOutpaintRequest, validate_guidance
from ..bodies import EditBody, InpaintBody, OutpaintBody, plain
from ..images import StoredImage
from ..outputs import JobOutput, mask_file, picture_file, validate_format
from ..state import AppState
from .task import Task, drawn_mask, mask_note


def inpaint(state: AppState, body: InpaintBody) -> Task:
    """The pictures with what is masked filled from the prompt."""
    state.service.sampling  # noqa: B018 - or refused, before any work
    image = state.images.resolve(body.image, "image")
    validate_format(image.picture, image.picture.size, body.format)
    mask = state.images.resolve_mask(body.mask, image.picture.size, "mask", body)
    state.service.check_models(body)
    request = plain(body, InpaintRequest)
    sample = partial(state.service.inpaint, image.photo.image, mask, request, body.invert, body.save)
    return _sampling_task(state, image, body, sample, mask_note(body, mask))


def outpaint(state: AppState, body: OutpaintBody) -> Task:
    """The pictures extended past their edges from the prompt, and the mask of what is new on them."""
    state.service.sampling  # noqa: B018 - or refused, before any work
    image = state.images.resolve(body.image, "image")
    request = canvases.named(plain(body, PromptedOutpaintRequest))
    added = canvases.total(image.picture.size, request)
    validate_format(image.picture, canvases.extended(image.picture.size, added), body.format)
    if request.masked_content not in canvases.WITHOUT_ERASER:
        state.service.check_models(FillRequest(eraser=str(request.masked_content)))
    sample = partial(state.service.outpaint, image.photo.image, request, body.save)

    def perform(progress: Progress) -> JobOutput:
        framed = partial(extended_picture, image.picture, request=added)
        output = _output(state, framed, body, sample(progress=progress))
        mask = mask_file(canvases.new(image.picture.size, added))
        return JobOutput({**output.facts, "offset": [added.left, added.up]}, {**output.files, "mask": mask})

    return Task(perform, image.nbytes)


def edit(state: AppState, body: EditBody) -> Task:
    """The pictures edited by instruction."""
    state.service.sampling  # noqa: B018 - or refused, before any work
    image = state.images.resolve(body.image, "image")
    validate_format(image.picture, image.picture.size, body.format)
    mask = drawn_mask(state, body, image)
    request = plain(body, EditRequest)
    validate_guidance(request)
    sample = partial(state.service.edit, image.photo.image, mask, request, body.save)
    return _sampling_task(state, image, body, sample, mask_note(body, mask))


def _sampling_task(
    state: AppState, image: StoredImage, body: Any, sample: Callable[..., list[Sampled]], note: str
) -> Task:
    def perform(progress: Progress) -> JobOutput:
        output = _output(state, image.picture.with_image, body, sample(progress=progress))
        return JobOutput({**output.facts, "note": note}, output.files)

    return Task(perform, image.nbytes)


def _output(state: AppState, framed: Callable[[np.ndarray], Picture], body: Any, sampled: list[Sampled]) -> JobOutput:
    """The pictures as an answer. They are kept, so that the next step can refer to them by their ids.

    framed: a picture of these pixels (uint8 HxWx3), with all else that the one before has.
    """
    facts, files = [], {}
    for number, one in enumerate(sampled):
        picture = framed(one.image).in_colour()
        name = f"image-{number}"
        files[name] = picture_file(picture, body.format)
        told = {"id": state.images.put(picture).id, "file": name, "seed": one.seed, "infotext": one.infotext}
        facts.append({**told, "saved": one.saved})
    return JobOutput({"images": facts, "note": ""}, files)
