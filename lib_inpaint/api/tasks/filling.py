"""What an eraser fills: removing, filling what is masked, extending; and keeping the results in the host's folders."""

from __future__ import annotations

from typing import Callable, Dict, Optional, Type

import numpy as np

from ...filling import outpaint
from ...imaging.cutout import extended_picture
from ...imaging.imagefile import Picture
from ...progress import Progress
from ...schema import ExtendRequest, FillRequest
from ...service import Result, Service
from ..bodies import EraseBody, ExtendBody, PrefillBody, located, plain
from ..outputs import JobOutput, validate_format, with_mask
from ..state import AppState
from .task import Task, drawn_mask, mask_note, noted, picture_output

Save = Callable[[Picture], Dict[str, str]]


def erase(state: AppState, body: EraseBody) -> Task:
    """The picture without what is selected, and the mask of what was replaced."""
    image = state.images.resolve(body.image, "image")
    validate_format(image.picture, image.picture.size, body.format)
    body = located(body, image.picture.size)
    drawn = drawn_mask(state, body, image)
    state.service.check_models(body)
    save = _saving(state.service, "remove", body, FillRequest) if body.save else None

    def perform(progress: Progress) -> JobOutput:
        result = _noted(state.service.remove(image.photo.image, body, drawn, progress), mask_note(body, drawn))
        return _filled(state, image.picture.with_image(result.image), result, body.format, save)

    return Task(perform, image.nbytes)


def prefill(state: AppState, body: PrefillBody) -> Task:
    """The picture with all that is masked filled."""
    image = state.images.resolve(body.image, "image")
    validate_format(image.picture, image.picture.size, body.format)
    selected = state.images.resolve_mask(body.mask, image.picture.size, "mask", body)
    state.service.check_models(body)

    def perform(progress: Progress) -> JobOutput:
        result = state.service.prefill(image.photo.image, selected, body, progress)
        result = _noted(result, mask_note(body, selected))
        return _filled(state, image.picture.with_image(result.image), result, body.format)

    return Task(perform, image.nbytes)


def extend(state: AppState, body: ExtendBody) -> Task:
    """The picture on a larger canvas, and the mask of what is new."""
    image = state.images.resolve(body.image, "image")
    validate_format(image.picture, outpaint.extended(image.picture.size, body), body.format)
    state.service.check_models(body)
    save = _saving(state.service, "extend", body, ExtendRequest) if body.save else None

    def perform(progress: Progress) -> JobOutput:
        result = state.service.extend(image.photo.image, body, progress)
        return _filled(state, extended_picture(image.picture, result.image, body), result, body.format, save)

    return Task(perform, image.nbytes)


def _filled(
    state: AppState, picture: Picture, result: Result, format: Optional[str], save: Optional[Save] = None
) -> JobOutput:
    """The picture, saved if that is asked for, and the mask of what was replaced."""
    shown = picture_output(state, picture, format, noted(result.note))
    masked = with_mask(shown.facts, result.mask, "png")
    saved = save(picture) if save is not None else {}  # last: what cannot be answered is not saved either
    return JobOutput({**masked.facts, **saved}, {**shown.files, **masked.files})


def _noted(result: Result, note: str) -> Result:
    """The result with one more note, if there is one."""
    return result._replace(note=" ".join(filter(None, (note, result.note))))


def _saving(service: Service, done: str, request: FillRequest, kind: Type[FillRequest]) -> Save:
    """What saves a result of an eraser among the WebUI's files, and gives what is told of it.

    done: what the parameters say was done. kind: the part of the request that is written. Raises NotHere.
    """
    service.sampling  # noqa: B018 - or refused, before any work

    def save(picture: Picture) -> dict[str, str]:
        pixels = picture.image if picture.alpha is None else np.dstack([picture.image, picture.alpha])
        saved = service.save(pixels, plain(request, kind), done)
        return {"saved": saved.name, "infotext": saved.infotext}

    return save
