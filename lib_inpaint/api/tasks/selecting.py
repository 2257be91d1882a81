"""What is selected: by a click, by words, everything; and masks, changed and cut out."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

from ...errors import BadRequest, EmptySelection
from ...geometry import Size
from ...imaging import mask as masks
from ...imaging.cutout import mask_picture
from ...progress import Progress, part
from ...schema import DetectRequest, EverythingRequest, FindSubjectRequest, FindTextRequest, copy_with
from ...selecting.coordinates import written
from ...selecting.segment import Found, Selected
from ...selecting.selection import validate_box
from ...selecting.text import described, mask_of
from ..bodies import (
    CutoutBody,
    DetectBody,
    EncodeBody,
    EverythingBody,
    FindSubjectBody,
    FindTextBody,
    MaskBody,
    SegmentBody,
    located,
    plain,
)
from ..images import MaskField, StoredImage
from ..outputs import JobOutput, run_lengths, run_lengths_of_part, with_mask
from ..state import AppState
from .task import Task, drawn_mask, mask_note, noted, picture_output


class Click(NamedTuple):
    """A request to segment, looked up; see `segment`."""

    body: SegmentBody
    image: StoredImage
    drawn: Optional[np.ndarray]
    previous: Optional[np.ndarray]


def look_up(state: AppState, body: SegmentBody) -> Click:
    """The pictures and logits that a request to segment refers to."""
    image = state.images.resolve(body.image, "image")
    body = located(body, image.picture.size)
    drawn = drawn_mask(state, body, image)
    state.service.check_models(body)
    return Click(body, image, drawn, state.find_logits(body.previous, image))


def segment_at_once(state: AppState, click: Click) -> Optional[JobOutput]:
    """As `segment`, where that is a decoder pass at most; None where a detector or an encoder has to work first."""
    if click.body.text.strip():
        return None
    selected = state.service.click(click.image.photo, click.body, click.drawn, click.previous)
    return None if selected is None else _output(state, click, selected)


def segment(state: AppState, click: Click, progress: Progress) -> JobOutput:
    """The mask, and for each object what the segmenter proposed. What is slow is done now."""
    body, photo = click.body, click.image.photo
    hits = state.service.find(photo, plain(body, DetectRequest), part(progress, 0.0, 0.3))
    body = copy_with(body, objects=(*body.objects, *(hit.selection for hit in hits)))
    selected = state.service.select(photo, body, click.drawn, click.previous, part(progress, 0.3, 1.0))
    return _output(state, click, selected)


def _output(state: AppState, click: Click, selected: Selected) -> JobOutput:
    objects = [found and _describe(found) for found in selected.found]
    if click.body.keep_logits:
        for described, found in zip(objects, selected.found):
            if described is not None and found is not None:
                described["logits"] = state.keep_logits(found.logits, click.image)
    facts = {"image": click.image.id, "objects": objects, **noted(mask_note(click.body, click.drawn), selected.note)}
    return with_mask(facts, selected.mask, click.body.mask_format)


def _describe(found: Found) -> dict[str, Any]:
    """What is told of an object that a segmenter was asked for."""
    scores = [round(score, 4) for score in found.scores]
    return {"chosen": found.chosen, "scores": scores, "areas": found.areas}


def segment_whole(state: AppState, body: SegmentBody) -> Task:
    """Looked up and segmented in one, for batches."""
    click = look_up(state, body)
    return Task(lambda progress: segment(state, click, progress), click.image.nbytes)


def encode(state: AppState, body: EncodeBody) -> Task:
    """Get a picture ready for clicks."""
    image = state.images.resolve(body.image, "image")
    state.service.check_models(body)

    def perform(progress: Progress) -> JobOutput:
        state.service.prefetch(image.photo, body.segmenter, progress)
        return JobOutput({"image": image.id})

    return Task(perform, image.nbytes)


def detect(state: AppState, body: DetectBody) -> Task:
    """Boxes of what the text names."""
    image = state.images.resolve(body.image, "image")
    state.service.check_models(body)

    def perform(progress: Progress) -> JobOutput:
        hits = state.service.detect(image.photo, plain(body, DetectRequest), progress)
        told = [{"box": list(hit.box), "score": round(float(hit.score), 4), "name": hit.name} for hit in hits]
        return JobOutput({"image": image.id, "hits": told})

    return Task(perform, image.nbytes)


def find_text(state: AppState, body: FindTextBody) -> Task:
    """Lines of text, from above to below, each as run lengths; and the mask of all of them."""
    image = state.images.resolve(body.image, "image")
    state.service.check_models(body)
    if body.region is not None:
        try:
            validate_box(body.region, image.picture.size)
        except BadRequest as error:
            raise BadRequest(f"region: {error}", "region") from None

    def perform(progress: Progress) -> JobOutput:
        size = image.picture.size
        lines = state.service.find_text(image.photo, plain(body, FindTextRequest), part(progress, 0.0, 0.9))
        told: list[dict[str, Any]] = []
        for number, line in enumerate(lines):
            progress(0.9 + 0.1 * number / len(lines), "Writing masks")
            told.append({**described(line), "mask": run_lengths_of_part(line.mask, line.box, size)})
        return with_mask({"image": image.id, "lines": told}, mask_of(lines, size), body.mask_format)

    return Task(perform, image.nbytes)


def find_subject(state: AppState, body: FindSubjectBody) -> Task:
    """What the picture is of: box, score and mask."""
    image = state.images.resolve(body.image, "image")
    state.service.check_models(body)

    def perform(progress: Progress) -> JobOutput:
        found = state.service.find_subject(image.photo, plain(body, FindSubjectRequest), progress)
        told = {"image": image.id, "box": list(found.box), "score": round(found.score, 4), "area": found.area}
        return with_mask({**told, **noted(found.note)}, found.mask, body.mask_format)

    return Task(perform, image.nbytes)


def everything(state: AppState, body: EverythingBody) -> Task:
    """All things, the largest first, each as run lengths."""
    image = state.images.resolve(body.image, "image")
    state.service.check_models(body)

    def perform(progress: Progress) -> JobOutput:
        found = state.service.everything(image.photo, plain(body, EverythingRequest), part(progress, 0.0, 0.9))
        things = []
        for number, thing in enumerate(found.things):
            progress(0.9 + 0.1 * number / len(found.things), "Writing masks")
            told = {"score": round(thing.score, 4), "stability": round(thing.stability, 4), "area": thing.area}
            mask = run_lengths(found.mask(number))
            things.append({**told, "box": list(thing.box), "point": written(*thing.point[:2]), "mask": mask})
        return JobOutput({"image": image.id, "things": things, **noted(found.note)})

    return Task(perform, image.nbytes)


def mask(state: AppState, body: MaskBody) -> Task:
    """A mask combined with another one, then changed by the options, then by hand, and then as a whole."""
    image = state.images.resolve(body.image, "image") if body.image is not None else None
    first = state.images.resolve_mask(body.mask, None if image is None else image.picture.size, "mask", body)

    def of_its_size(value: Optional[MaskField], field: str) -> Optional[np.ndarray]:
        return None if value is None else state.images.resolve_mask(value, Size.of(first), field, body)

    other, erased, drawn = (of_its_size(getattr(body, field), field) for field in ("other", "erased", "drawn"))
    looking = [name for name in ("refine_edges", "matting") if getattr(body.options, name) or getattr(body.whole, name)]
    if looking and image is None:
        raise BadRequest(f"image: {looking[0]} looks at the picture, so give its id.", "image")

    def perform(progress: Progress) -> JobOutput:
        combine = {"union": masks.union, "subtract": masks.subtract, "intersect": np.minimum}[body.combine]
        combined = first if other is None else combine(first, other)
        pixels = image.photo.image if image is not None else np.zeros((*combined.shape, 3), np.uint8)
        changed = masks.refine(combined, body.options, pixels)
        changed = changed if erased is None else masks.subtract(changed, erased)
        changed = changed if drawn is None else masks.union(changed, drawn)
        changed = masks.refine(changed, body.whole, pixels)
        return with_mask(noted(mask_note(body, first)), changed, body.mask_format)

    return Task(perform)


def cutout(state: AppState, body: CutoutBody) -> Task:
    """What is masked, on transparent ground."""
    image = state.images.resolve(body.image, "image")
    selected = state.images.resolve_mask(body.mask, image.picture.size, "mask", body)
    if not selected.any():
        raise EmptySelection("The mask is empty, so there is nothing to cut out.", "mask")

    def perform(progress: Progress) -> JobOutput:
        shown = mask_picture(image.picture, selected, body.output)
        return picture_output(state, shown, body.format, noted(mask_note(body, selected)))

    return Task(perform, image.nbytes)
