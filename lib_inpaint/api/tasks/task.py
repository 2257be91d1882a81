"""A task: what a route does, once everything that it needs has been looked up and checked."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional

import numpy as np

from ...imaging.imagefile import Picture
from ...progress import Progress
from ..images import MaskField, StoredImage
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


def drawn_mask(state: AppState, value: Optional[MaskField], image: StoredImage) -> Optional[np.ndarray]:
    """The mask (uint8 HxW) that a request's field "mask" gives for the picture, if it gives one."""
    return None if value is None else state.images.resolve_mask(value, image.picture.size, "mask")


def picture_output(state: AppState, picture: Picture, format: Optional[str], facts: dict[str, Any]) -> JobOutput:
    """A picture as an answer. It is kept, so that the next step can refer to it by its id."""
    kept = state.images.put(picture)
    return JobOutput({**facts, "id": kept.id}, {"image": picture_file(picture, format or "png")})
