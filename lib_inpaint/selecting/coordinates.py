"""Points and boxes as people and programs write them: in pixels, or as parts of a picture whose size is not known yet.

One rule, for the command line (`parse`), the scripts (`selections`) and the REST routes (`in_pixels`):

    a value with %    is a part of the picture: 50%
    two numbers, both above 0 and below 1, are parts: 0.5,0.25 is 50%,25%
    any other number  is pixels: 0.5,300 and 1.0,1.0 too

A value of the two may be with %, which counts as such a number. The four of a box are parts when all are 0 to 1 and one
is between, as no box of pixels is: 0,0,0.5,1. The routes take numbers alone, and boxes in pixels.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NamedTuple, Optional, Sequence, TypeGuard, Union, cast

from ..errors import BadRequest
from ..geometry import Box, Point, Size
from ..schema import Selection, build, copy_with


class Length(NamedTuple):
    """A number of pixels, or a percentage of a side."""

    value: float
    percent: bool

    def of(self, side: int) -> float:
        """In pixels, on a side of that many pixels."""
        return self.value * side / 100 if self.percent else self.value


def parse(text: str, form: str) -> tuple[Length, ...]:
    """The lengths in `text`, as many as `form` (such as "X,Y") names. Raises BadRequest."""
    lengths = _lengths(text.split(","))
    if lengths is None or len(lengths) != len(form.split(",")):
        raise BadRequest(f"{text!r} is not {form}, in pixels or per cent, such as 640,480 or 50%,33%.")
    return lengths


def point(lengths: tuple[Length, ...], label: int, size: Size) -> Point:
    """Two lengths as a point on a picture of that size; 100 % is its last pixel."""
    x, y = (
        side - 0.5 if length.percent and length.value == 100 else length.of(side) for length, side in zip(lengths, size)
    )
    return Point(x, y, label)


def box(lengths: tuple[Length, ...], size: Size) -> Box:
    """Four lengths as a box on a picture of that size, to the nearest pixel. Raises BadRequest for nan and inf."""
    sides = (size.width, size.height, size.width, size.height)
    if not all(math.isfinite(length.value) for length in lengths):
        raise BadRequest(f"A box with {', '.join(f'{one.value:g}' for one in lengths)} is outside of every picture.")
    left, top, right, bottom = (round(length.of(side)) for length, side in zip(lengths, sides))
    return Box(left, top, right, bottom)


def written(x: float, y: float) -> list[float]:
    """A point in pixels as it is told to somebody who may send it back, to any door.

    Two numbers between 0 and 1 would be parts of the picture then, so on its first pixel x is 0. The page does so too.
    """
    return [0.0 if x < 1 and y < 1 else x, y]


def in_pixels(selection: Selection, size: Size) -> Selection:
    """A selection as the REST routes take it, on a picture of that size: points that are parts of it are in pixels."""
    points = tuple(
        point(_by_rule((Length(x, False), Length(y, False))), label, size) for x, y, label in selection.points
    )
    return selection if points == selection.points else copy_with(selection, points=points)


def selections(points: str, around: str, size: Size) -> tuple[Selection, ...]:
    """What is selected, on a picture of that size, by a line of points and a box; empty where both are empty.

    points: `x,y; x,y; -x,y`, where a minus in front excludes; or JSON: `[[x, y], [x, y, 0]]`, where a third value 0
    excludes, or the selections of the REST routes, `{"objects": [...]}`, one of these objects, or a list of them.
    around: `left,top,right,bottom`. Points and box are one selection.
    Raises BadRequest.
    """
    objects: tuple[Selection, ...] = ()
    clicks: tuple[Point, ...] = ()
    text = points.strip()
    if text[:1] in ("[", "{"):
        listed = _items(_json(text))
        found = (build(Selection, cast("dict[str, Any]", item)) for item in listed if isinstance(item, dict))
        objects = tuple(in_pixels(one, size) for one in found)
        clicks = tuple(_listed(item, size) for item in listed if not isinstance(item, dict))
    else:
        clicks = tuple(_typed(part.strip(), size) for part in re.split(r"[;\n]", text) if part.strip())
    if clicks or around.strip():
        objects += (Selection(points=clicks, box=_around(around, size) if around.strip() else None),)
    return objects


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The points begin like JSON, but are not: {error}.") from None


def _items(parsed: Any) -> list[Any]:
    """The points and objects that the JSON of the points holds, be it an object itself, or a list of them."""
    listed: Any = parsed
    if isinstance(parsed, dict):
        listed = cast("dict[str, Any]", parsed).get("objects", [parsed])
    if not isinstance(listed, list):
        raise BadRequest("The objects in the JSON of the points are not a list.")
    return cast("list[Any]", listed)


def _typed(text: str, size: Size) -> Point:
    """`x,y`, or `-x,y`, as a point."""
    lengths = _lengths(text.lstrip("+-").split(","))
    if not _are(lengths, 2):
        raise BadRequest(
            f"{text!r} is not a point: write x,y in pixels, such as 640,480, or as parts of the picture, such as "
            "0.5,0.25 or 50%,25%; a minus in front excludes. Points are separated by semicolons."
        )
    return point(lengths, 0 if text.startswith("-") else 1, size)


def _listed(item: Any, size: Size) -> Point:
    """`[x, y]` or `[x, y, label]`, as a point."""
    values = cast("list[Any]", item) if isinstance(item, list) else []
    lengths = _lengths(values[:2]) if len(values) in (2, 3) else None
    label = values[2] if len(values) == 3 else 1
    if not _are(lengths, 2) or label not in (0, 1):
        raise BadRequest(f"{json.dumps(item)[:80]} is not a point: write [x, y], or [x, y, 0] to exclude.")
    return point(lengths, int(label), size)


def _around(text: str, size: Size) -> Box:
    lengths = _lengths(text.strip().strip("[]").split(","))
    if not _are(lengths, 4):
        raise BadRequest(f"{text!r} is not a box: write left,top,right,bottom, in pixels or as parts of the picture.")
    return box(lengths, size)


def _are(lengths: Optional[tuple[Length, ...]], count: int) -> TypeGuard[tuple[Length, ...]]:
    """Whether these are that many, and none is nan or inf."""
    return lengths is not None and len(lengths) == count and all(math.isfinite(length.value) for length in lengths)


def _lengths(values: Sequence[Union[str, float]]) -> Optional[tuple[Length, ...]]:
    """What is written for a point or a box as lengths; None where a value is no number."""
    texts = [str(value).strip() for value in values]
    try:
        return _by_rule(tuple(Length(float(text.removesuffix("%")), text.endswith("%")) for text in texts))
    except ValueError:
        return None


def _by_rule(lengths: tuple[Length, ...]) -> tuple[Length, ...]:
    """Lengths of which plain numbers are parts of the picture where the rule above says so."""
    numbers = [length.value for length in lengths if not length.percent]
    between = [0 < number < 1 for number in numbers]
    are_parts = all(between) if len(lengths) == 2 else any(between) and all(0 <= number <= 1 for number in numbers)
    return tuple(length if length.percent or not are_parts else Length(length.value * 100, True) for length in lengths)
