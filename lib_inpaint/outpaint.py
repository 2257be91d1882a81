"""Extending a picture past its edges: a larger canvas, and the mask of what is new on it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import mask as masks
from .errors import BadRequest
from .geometry import Box, Size
from .schema import MAX_SIDE, ExtendRequest


class Canvas(NamedTuple):
    """image: uint8 HxWx3, the old picture at `box` and its edges repeated around it. mask: uint8 HxW, 255 where new."""

    image: np.ndarray
    mask: np.ndarray
    box: Box


def extend(image: np.ndarray, request: ExtendRequest) -> Canvas:
    """The canvas for a request. Raises BadRequest when nothing is added or the result is too large.

    With a feather, the mask reaches that far into the old picture, falling off in a straight line, so that no seam is
    seen; further in, the old picture stays exact.
    """
    old = Size.of(image)
    new = Size(old.width + request.left + request.right, old.height + request.up + request.down)
    if new == old:
        raise BadRequest("Nothing to extend: give the pixels to add on at least one side.")
    if max(new) > MAX_SIDE:
        raise BadRequest(f"The extended picture would be {new} pixels; the longest side may be {MAX_SIDE}.")
    margins = ((request.up, request.down), (request.left, request.right))
    box = Box(request.left, request.up, request.left + old.width, request.up + old.height)
    mask = np.pad(masks.blank(old), margins, constant_values=255)
    return Canvas(np.pad(image, (*margins, (0, 0)), mode="edge"), masks.feather(mask, request.feather), box)
