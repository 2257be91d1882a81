"""Points and boxes as people type them: `640,480`, or `50%,33%` of a picture whose size is not known yet."""

from __future__ import annotations

from typing import NamedTuple

from .errors import BadRequest
from .geometry import Box, Point, Size


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
