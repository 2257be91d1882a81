"""What a selection asks for, and whether it makes sense on a picture. Nothing here looks at pixels."""

from __future__ import annotations

import math

from ..errors import BadRequest
from ..geometry import Box, Size
from ..schema import MAX_POINTS, Selection


def is_empty(selection: Selection) -> bool:
    """Whether nothing is pointed at: excluding alone, or erasing alone, selects nothing."""
    adds = any(stroke.label for stroke in (*selection.strokes, *selection.hint))
    return selection.box is None and not adds and not any(point.label for point in selection.points)


def asks_segmenter(selection: Selection) -> bool:
    """Whether a segmenter is needed; a selection of brush strokes alone is painted as it is."""
    return bool(selection.box or selection.hint or any(point.label for point in selection.points))


def validate_selection(selection: Selection, size: Size) -> None:
    """Raise BadRequest, saying which value is wrong, unless the selection fits a picture of that size."""
    if len(selection.points) > MAX_POINTS:
        raise BadRequest(f"{len(selection.points)} points in one selection are too many; the limit is {MAX_POINTS}.")
    for point in selection.points:
        if not point.inside(size):
            raise BadRequest(f"The point {point.x:g},{point.y:g} is outside the picture, which is {size} pixels.")
        if point.label not in (0, 1):
            raise BadRequest(f"The point {point.x:g},{point.y:g} has label {point.label}; 1 includes, 0 excludes.")
    for stroke in (*selection.hint, *selection.strokes):
        if not all(math.isfinite(value) for point in stroke.points for value in point):
            raise BadRequest("A brush stroke has a coordinate that is not a number.")
    if selection.box is not None:
        validate_box(selection.box, size)


def validate_box(box: Box, size: Size) -> None:
    """Raise BadRequest unless the box has pixels and lies on a picture of that size."""
    text = ",".join(str(side) for side in box)
    if box.left >= box.right or box.top >= box.bottom:
        raise BadRequest(f"The box {text} is inside out; give it as left,top,right,bottom.")
    if box != box.clip(size):
        raise BadRequest(f"The box {text} reaches outside the picture, which is {size} pixels.")
