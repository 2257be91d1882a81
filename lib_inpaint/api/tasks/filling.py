"""What an eraser fills: removing, filling what is masked, extending; and keeping the results in folders."""

from __future__ import annotations

from typing import Callable, Dict, Optional, Type, Union

import numpy as np

from ...errors import OutputFailed
from ...filling import outpaint
from ...imaging.cutout import extended_picture
from ...imaging.folder import OutputFolder
from ...imaging.imagefile import Picture
from ...progress import Progress
from ...schema import ExtendRequest, FillRequest
from ...service import Result
from ..bodies import EraseBody, ExtendBody, PrefillBody, located, plain
from ..http_errors import without_paths
from ..outputs import JobOutput, OutputFile, format_of, picture_file, validate_format, with_mask
from ..state import AppState
from .task import Task, drawn_mask, mask_note, noted, picture_output

Save = Callable[[Picture, OutputFile], Dict[str, str]]  # the picture, and the file of it that is answered
Saved = Union[EraseBody, ExtendBody]


def erase(state: AppState, body: EraseBody) -> Task:
    """The picture without what is selected, and the mask of what was replaced."""
    image = state.images.resolve(body.image, "image")
    validate_format(image.picture, image.picture.size, body.format)
    body = located(body, image.picture.size)
    drawn = drawn_mask(state, body, image)
    state.service.check_models(body)
    save = _saving(state, "remove", body, FillRequest) if body.save else None

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
    save = _saving(state, "extend", body, ExtendRequest) if body.save else None

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
    # Last: what cannot be answered is not saved either.
    saved = save(picture, shown.files["image"]) if save is not None else {}
    facts = {**masked.facts, **saved, **noted(masked.facts.get("note", ""), saved.get("note", ""))}
    return JobOutput(facts, {**shown.files, **masked.files})


def _noted(result: Result, note: str) -> Result:
    """The result with one more note, if there is one."""
    return result._replace(note=" ".join(filter(None, (note, result.note))))


def _saving(state: AppState, done: str, body: Saved, kind: Type[FillRequest]) -> Save:
    """What saves a result of an eraser, in the folder for results or among the WebUI's files, and what it tells of it.

    done: what the parameters say was done. kind: the part of the request that is written. Raises NotHere.
    """
    service, folder = state.service, state.output
    if folder is not None:
        return lambda picture, file: _in_folder(folder, body.name, picture, file)
    service.sampling  # noqa: B018 - or refused, before any work

    def save(picture: Picture, file: OutputFile) -> dict[str, str]:
        pixels = picture.image if picture.alpha is None else np.dstack([picture.image, picture.alpha])
        saved = service.save(pixels, plain(body, kind), done)
        return {"saved": saved.name, "infotext": saved.infotext}

    return save


def _in_folder(folder: OutputFolder, name: str, picture: Picture, file: OutputFile) -> dict[str, str]:
    """Save a result in the format of its picture. That it could not be is a note: the result is there all the same."""
    if file.format != format_of(picture, picture.size, "same"):
        file = picture_file(picture, "same")
    try:
        return {"saved": f"{folder.path.name}/{folder.save(name, file.format, file.data)}"}
    except OutputFailed as error:
        return {"note": f"It is not saved: {without_paths(str(error), [folder.path])}"}
