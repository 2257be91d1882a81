"""One operation for many pictures, as one job."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Sequence

from ...errors import Cancelled, InpaintError
from ...progress import Progress, part
from ..bodies import MAX_ITEMS, BatchBody, CutoutBody, EraseBody, ExtendBody, PrefillBody, SegmentBody, fit
from ..http_errors import HttpError, error_answer
from ..results import Draft
from ..state import AppState
from . import filling, selecting
from .task import Task

# What a batch may consist of: the body of an item, and what is done with it.
OPERATIONS: dict[str, tuple[Any, Callable[[AppState, Any], Task]]] = {
    "segment": (SegmentBody, selecting.segment_whole),
    "cutout": (CutoutBody, selecting.cutout),
    "erase": (EraseBody, filling.erase),
    "prefill": (PrefillBody, filling.prefill),
    "extend": (ExtendBody, filling.extend),
}


class BatchTask(NamedTuple):
    """Many bodies of one operation, and how each becomes a task."""

    state: AppState
    items: Sequence[Any]
    prepare: Callable[[AppState, Any], Task]
    weight: int = 0

    def work(self, draft: Draft, progress: Progress) -> dict[str, Any]:
        """It as a job, with one result for each item, in their order."""
        results, count = [], len(self.items)
        for number, item in enumerate(self.items):
            told = part(progress, number / count, (number + 1) / count, f"{number + 1} of {count}: ")
            told(0.0, "")
            try:
                output = self.prepare(self.state, item).perform(told)
                results.append({"ok": True, **draft.add_all(output, f"{number}-")})
            except Cancelled:
                raise
            except (InpaintError, MemoryError) as error:
                results.append({"ok": False, **error_answer(error, self.state.folders())[1]})
        return {"items": results}


def batch(state: AppState, body: BatchBody) -> BatchTask:
    """All items are checked now; pictures are looked up when it is their turn, and need not be there together."""
    if not 0 < len(body.items) <= MAX_ITEMS:
        raise HttpError(f"items: give 1 to {MAX_ITEMS}; these are {len(body.items)}.", 422, "bad_request", "items")
    kind, prepare = OPERATIONS[body.operation]
    return BatchTask(state, [fit(item, kind, f"items.{number}") for number, item in enumerate(body.items)], prepare)
