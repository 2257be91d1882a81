"""The mark that many pictures of one size have at the same place, such as a watermark, found by itself.

Dekel et al., "On the Effectiveness of Visible Watermarks" (2017), section 3.1: the median of the pictures' gradients at
each pixel is the mark's own gradient, as what else is there differs from picture to picture. The mark is then what has
these gradients and ends at the border of the part that they lie in (Poisson's equation).
"""

from __future__ import annotations

from typing import Optional, Sequence, cast

import cv2
import numpy as np
from scipy.fft import dstn, idstn  # pyright: ignore[reportMissingTypeStubs, reportUnknownVariableType]

from ..geometry import Array, Box, Floats, Mask, Size
from ..imaging import mask as masks

LEAST = 5  # pictures; the median of fewer shows what is in one of them
MOST = 32  # pictures; more show nothing else
_BAND = 64  # rows that are looked at at a time
_FAINT = 2.5  # of 255 a pixel: gradients below are of no mark
_NOISE = 6.0  # times what the median leaves of the pictures at most places
_INSIDE = 0.35  # of the mark's usual strength: from here on a pixel is in it
_AROUND = 24  # pixels around what has gradients, where the mark has ended
_MARGIN = 2  # pixels: a mark has soft edges


def find(greys: Sequence[Array]) -> Optional[Mask]:
    """The mask (uint8 HxW) of what `greys` (uint8 HxW each, at least LEAST) have in common; None for nothing."""
    across, down = _medians(greys)
    strength = cv2.GaussianBlur(np.hypot(across, down), (0, 0), 1.0)
    cut = max(_FAINT, _NOISE * float(np.median(strength)))
    edges = masks.drop_islands(np.where(strength >= cut, np.uint8(255), np.uint8(0)), 8)
    box = masks.bounds(edges)
    if box is None:
        return None
    size = Size.of(edges)
    box = box.grow(_AROUND).clip(size)
    near = cv2.dilate(edges[box.slices], np.ones((5, 5), np.uint8)) > 0
    mark = np.abs(_integrated(np.where(near, across[box.slices], 0), np.where(near, down[box.slices], 0)))
    usual = float(np.quantile(mark[near], 0.75))
    inside = np.where(mark >= _INSIDE * usual, np.uint8(255), np.uint8(0))
    result = masks.blank(size)
    result[box.slices] = masks.union(inside, edges[box.slices])
    return masks.grow(result, _MARGIN)


def _medians(greys: Sequence[Array]) -> tuple[Floats, Floats]:
    """float32 HxW twice: the median over the pictures of the step to the next pixel, across and down."""
    size = Size.of(greys[0])
    across, down = (np.zeros((size.height, size.width), np.float32) for _ in range(2))
    for top in range(0, size.height, _BAND):
        band = Box(0, top, size.width, min(top + _BAND + 1, size.height))
        rows = np.stack([grey[band.slices] for grey in greys]).astype(np.int16)
        kept = slice(top, min(top + _BAND, size.height))
        count = kept.stop - kept.start
        steps: Array = np.diff(rows[:, :count], axis=2)
        across[kept, :-1] = np.median(steps, axis=0)
        steps = np.diff(rows, axis=1)
        down[top : top + steps.shape[1]] = np.median(steps, axis=0)
    return across, down


def _integrated(across: Array, down: Array) -> Floats:
    """float32 hxw: what has these steps to the next pixel, and is 0 past the border, as nearly as can be."""
    target: Array = np.diff(across, axis=1, prepend=0) + np.diff(down, axis=0, prepend=0)
    width, height = Size.of(target)
    waves = cast(Array, dstn(target, type=1)) / (_curvature(height)[:, None] + _curvature(width))
    return cast(Array, idstn(waves, type=1)).astype(np.float32)


def _curvature(side: int) -> Array:
    """float `side`: what the second difference makes of each sine wave that is 0 past both ends."""
    numbers: Array = np.arange(1, side + 1)
    return 2 * np.cos(np.pi * numbers / (side + 1)) - 2
