"""A task: what a route does, once everything that it needs has been looked up and checked."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional, Union

import numpy as np

from ...imaging import maskfile
from ...imaging.imagefile import Picture
from ...progress import Progress
from ..bodies import CutoutBody, EditBody, EraseBody, InpaintBody, MaskBody, PrefillBody, SegmentBody
from ..images import StoredImage
from ..outputs import JobOutput, picture_file
from ..results import Draft
from ..state import AppState


class Task(NamedTuple):
    """Something that can be done now. `weight`: bytes that it holds on to until then."""

    perform: Callable[[Progress], JobOutput]
    weight: int = 0

    def work(self, draft: Draft, progress: Progress) -> dict[str, Any]:
        """It as a job."""
        return draft.add_all(self.perform(progress))


MaskedBody = Union[SegmentBody, MaskBody, CutoutBody, EraseBody, PrefillBody, InpaintBody, EditBody]


def drawn_mask(state: AppState, body: MaskedBody, image: StoredImage) -> Optional[np.ndarray]:
    """The mask (uint8 HxW) that a request's field "mask" gives for the picture, if it gives one."""
    return None if body.mask is None else state.images.resolve_mask(body.mask, image.picture.size, "mask", body)


def mask_note(body: MaskedBody, mask: Optional[np.ndarray]) -> str:
    """What a person should know of the mask (uint8 HxW) that was sent as a picture; else empty."""
    turned, how = False, 'POST /mask with "options": {"invert": true}'
    if isinstance(body, InpaintBody):
        turned, how = body.invert, '"invert": true'
    elif isinstance(body, (SegmentBody, MaskBody, EraseBody)):
        turned, how = body.options is not None and body.options.invert, '"options": {"invert": true}'
    return maskfile.note(mask, how) if mask is not None and isinstance(body.mask, str) and not turned else ""


def noted(*notes: str) -> dict[str, str]:
    """Notes as a fact of an answer, which has none where they are empty."""
    note = " ".join(filter(None, notes))
    return {"note": note} if note else {}


def picture_output(state: AppState, picture: Picture, format: Optional[str], facts: dict[str, Any]) -> JobOutput:
    """A picture as an answer. It is kept, so that the next step can refer to it by its id."""
    kept = state.images.put(picture)
    return JobOutput({**facts, "id": kept.id}, {"image": picture_file(picture, format)})
