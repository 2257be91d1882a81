"""Points and boxes as people type them: `640,480`, or `50%,33%` of a picture whose size is not known yet.

The command line takes one point or box at a time (`parse`), the scripts take several in a line (`selections`), where a
part of the picture may be written `0.5` too.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NamedTuple, Union, cast

from ..errors import BadRequest
from ..geometry import Box, Point, Size
from ..schema import Selection, build


class Length(NamedTuple):
    """A number of pixels, or a percentage of a side."""

    value: float
    percent: bool

    def of(self, side: int) -> float:
        """In pixels, on a side of that many pixels."""
        return self.value * side / 100 if self.percent else self.value


def parse(text: str, form: str) -> tuple[Length, ...]:
    """The lengths in `text`, as many as `form` (such as "X,Y") names. Raises BadRequest."""
    parts = [part.strip() for part in text.split(",")]
    try:
        lengths = tuple(Length(float(part.rstrip("%")), part.endswith("%")) for part in parts)
    except ValueError:
        lengths = ()
    if len(lengths) != len(form.split(",")):
        raise BadRequest(f"{text!r} is not {form}, in pixels or per cent, such as 640,480 or 50%,33%.")
    return lengths


def point(lengths: tuple[Length, ...], label: int, size: Size) -> Point:
    """Two lengths as a point on a picture of that size."""
    x, y = lengths
    return Point(x.of(size.width), y.of(size.height), label)


def box(lengths: tuple[Length, ...], size: Size) -> Box:
    """Four lengths as a box on a picture of that size, to the nearest pixel."""
    sides = (size.width, size.height, size.width, size.height)
    left, top, right, bottom = (round(length.of(side)) for length, side in zip(lengths, sides))
    return Box(left, top, right, bottom)


def selections(points: str, around: str, size: Size) -> tuple[Selection, ...]:
    """What is selected, on a picture of that size, by a line of points and a box; empty where both are empty.

    points: `x,y; x,y; -x,y`, where a minus in front excludes; or JSON: `[[x, y], [x, y, 0]]`, where a third value 0
    excludes, or the selections of the REST routes, `{"objects": [...]}`, one of these objects, or a list of them.
    around: `left,top,right,bottom`. Points and box are one selection.
    A value is a part of the picture when it ends with % or has a decimal point and is 0 to 1; else it is pixels.
    In the REST routes' own objects all values are pixels. Raises BadRequest.
    """
    objects: tuple[Selection, ...] = ()
    clicks: tuple[Point, ...] = ()
    text = points.strip()
    if text[:1] in ("[", "{"):
        listed = _items(_json(text))
        objects = tuple(build(Selection, cast("dict[str, Any]", item)) for item in listed if isinstance(item, dict))
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
    lengths = [_length(part) for part in text.lstrip("+-").split(",")]
    if len(lengths) != 2 or None in lengths:
        raise BadRequest(
            f"{text!r} is not a point: write x,y in pixels, such as 640,480, or as parts of the picture, such as "
            "0.5,0.25 or 50%,25%; a minus in front excludes. Points are separated by semicolons."
        )
    return _on_picture(lengths, 0 if text.startswith("-") else 1, size)


def _listed(item: Any, size: Size) -> Point:
    """`[x, y]` or `[x, y, label]`, as a point."""
    values = cast("list[Any]", item) if isinstance(item, list) else []
    lengths = [_length(value) for value in values[:2]]
    label = values[2] if len(values) == 3 else 1
    if len(values) not in (2, 3) or None in lengths or label not in (0, 1):
        raise BadRequest(f"{json.dumps(item)[:80]} is not a point: write [x, y], or [x, y, 0] to exclude.")
    return _on_picture(lengths, int(label), size)


def _on_picture(lengths: list[Any], label: int, size: Size) -> Point:
    """On the last pixel where it is at the very end of a side."""
    x, y = (
        side - 0.5 if length.percent and length.value == 100 else length.of(side) for length, side in zip(lengths, size)
    )
    return Point(x, y, label)


def _around(text: str, size: Size) -> Box:
    lengths = [_length(part) for part in text.strip().strip("[]").split(",")]
    if len(lengths) != 4 or None in lengths:
        raise BadRequest(f"{text!r} is not a box: write left,top,right,bottom, in pixels or as parts of the picture.")
    return box(tuple(lengths), size)  # type: ignore[arg-type]


def _length(value: Union[str, float]) -> Union[Length, None]:
    """A number as a length, or None where it is none."""
    text = str(value).strip()
    is_percent = text.endswith("%")
    try:
        number = float(text[:-1] if is_percent else text)
    except ValueError:
        return None
    if not math.isfinite(number) or isinstance(value, bool):
        return None
    if not is_percent and "." in text and 0 <= number <= 1:
        return Length(number * 100, True)
    return Length(number, is_percent)
