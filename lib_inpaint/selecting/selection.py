"""Where a click goes: verbs on an immutable Selection, and its history with undo and redo.

Nothing here looks at pixels: a selection says what was pointed at, segment.py finds out what that is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Iterable, TypeVar

from ..errors import BadRequest
from ..geometry import Box, Point, Size
from ..schema import MAX_POINTS, Selection, Stroke, copy_with

State = TypeVar("State")


def include(selection: Selection, x: float, y: float) -> Selection:
    """The selection with one more point that belongs to the thing."""
    return copy_with(selection, points=(*selection.points, Point(x, y, 1)))


def exclude(selection: Selection, x: float, y: float) -> Selection:
    """The selection with one more point that does not belong to the thing."""
    return copy_with(selection, points=(*selection.points, Point(x, y, 0)))


def surround(selection: Selection, box: Box) -> Selection:
    """The selection with `box` drawn around the thing, in place of an earlier box."""
    return copy_with(selection, box=box)


def paint(selection: Selection, stroke: Stroke) -> Selection:
    """The selection with one more brush stroke."""
    return copy_with(selection, strokes=(*selection.strokes, stroke))


def is_empty(selection: Selection) -> bool:
    """Whether nothing is pointed at: excluding alone, or erasing alone, selects nothing."""
    adds = any(stroke.label for stroke in (*selection.strokes, *selection.hint))
    return selection.box is None and not adds and not any(point.label for point in selection.points)


def asks_segmenter(selection: Selection) -> bool:
    """Whether a segmenter is needed; a selection of brush strokes alone is painted as it is."""
    return bool(selection.box or selection.hint or any(point.label for point in selection.points))


def check(selections: Iterable[Selection], size: Size) -> None:
    """Raise BadRequest, saying which value is wrong, unless all selections make sense on a picture of that size."""
    for selection in selections:
        if len(selection.points) > MAX_POINTS:
            raise BadRequest(
                f"{len(selection.points)} points in one selection are too many; the limit is {MAX_POINTS}."
            )
        for point in selection.points:
            if not point.inside(size):
                raise BadRequest(f"The point {point.x:g},{point.y:g} is outside the picture, which is {size} pixels.")
            if point.label not in (0, 1):
                raise BadRequest(f"The point {point.x:g},{point.y:g} has label {point.label}; 1 includes, 0 excludes.")
        if selection.box is not None:
            check_box(selection.box, size)


def check_box(box: Box, size: Size) -> None:
    """Raise BadRequest unless the box has pixels and lies on a picture of that size."""
    text = ",".join(str(side) for side in box)
    if box.left >= box.right or box.top >= box.bottom:
        raise BadRequest(f"The box {text} is inside out; give it as left,top,right,bottom.")
    if box != box.clip(size):
        raise BadRequest(f"The box {text} reaches outside the picture, which is {size} pixels.")


@dataclass(frozen=True)
class History(Generic[State]):
    """What is now, what was before, and what was undone. Every verb gives a new History."""

    now: State
    past: tuple[State, ...] = field(default=())
    future: tuple[State, ...] = field(default=())

    def do(self, state: State) -> History[State]:
        """Go on to `state`; what had been undone is forgotten."""
        return History(state, (*self.past, self.now), ())

    def undo(self) -> History[State]:
        """One step back, or the same history at its beginning."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (self.now, *self.future))

    def redo(self) -> History[State]:
        """One step forward again, or the same history when nothing was undone."""
        if not self.future:
            return self
        return History(self.future[0], (*self.past, self.now), self.future[1:])
