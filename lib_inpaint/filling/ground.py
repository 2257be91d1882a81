"""Holes in a ground of one colour, such as letters in a speech balloon: filled with that colour, without an eraser."""

from __future__ import annotations

import cv2
import numpy as np

from ..geometry import Box, Image, Mask, Size
from ..imaging import mask as masks
from .fill import blend

_RIM = 4  # pixels around a hole that say what its ground is
_NEAR = 12  # of 255: so far a ground's pixels may be from its colour, as JPEG leaves them
_MOST = 0.97  # of the rim: so much has the colour


def fill_plain(image: Image, mask: Mask) -> tuple[Image, Mask]:
    """The image with the holes filled whose rim is of one colour, and the mask of the others.

    image: uint8 HxWx3 RGB. mask: uint8 HxW; 255 is replaced, between is blended. Both are new arrays.
    """
    result, left = image.copy(), mask.copy()
    _, labels, stats, _ = cv2.connectedComponentsWithStats(masks.binary(mask), connectivity=8)
    for number, (x, y, width, height, _area) in enumerate(stats.tolist()[1:], 1):
        box = Box(x, y, x + width, y + height).grow(_RIM).clip(Size.of(mask))
        own = np.where(labels[box.slices] == number, np.uint8(255), np.uint8(0))
        rim = (masks.grow(own, _RIM) > 0) & (mask[box.slices] == 0)
        around = image[box.slices][rim]
        if not len(around):
            continue
        colour = np.median(around, axis=0)
        if (np.abs(around - colour).max(axis=1) <= _NEAR).mean() < _MOST:
            continue
        ground = np.empty_like(image[box.slices])
        ground[:] = np.rint(colour)
        part = result[box.slices]
        part[:] = blend(part, ground, np.minimum(mask[box.slices], own))
        left[box.slices][own > 0] = 0
    return result, left
