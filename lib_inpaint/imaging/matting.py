"""How much of each pixel near the edge of a mask is the thing's: hair and fur, which are finer than pixels.

In every window of a natural picture the alpha is about a linear function of the colour (Levin, Lischinski and Weiss,
"A closed-form solution to natural image matting", 2008). Alpha is known far inside and outside; between, it is what
comes nearest to that everywhere, found by conjugate gradients. The matting Laplacian is applied as a guided filter is,
so that large windows cost no more than small ones (He, Sun and Tang, "Fast matting using large kernel matting Laplacian
matrices", 2010): wide ones first, which reach across the band, then narrow ones.
"""

from __future__ import annotations

from typing import Callable

import cv2
import numpy as np

from ..geometry import Size
from .edges import edge_tiles, far_from_edge
from .guided_filter import Windows

_REACH = 12  # pixels of the smaller copy; a wider band is solved on one, which is as good and many times as quick
_WINDOWS = ((2, 25), (6, 20))  # which part of the reach a window's radius is, and the steps with it
_EPSILON = 1e-6  # contrast below the root of this, of 1, says nothing
_SOLVED = 1e-4  # of the residual's squares, summed up


def matted(image: np.ndarray, mask: np.ndarray, reach: int) -> np.ndarray:
    """A copy of the mask (uint8 HxW) with the alpha of the image (uint8 HxWx3) within `reach` pixels of its edge."""
    result = mask.copy()
    inside = np.where(mask > 127, np.uint8(255), np.uint8(0))
    size = Size.of(mask)
    for tile in edge_tiles(inside, reach):
        around = tile.grow(2 * reach).clip(size)
        alpha = _alpha(image[around.slices], inside[around.slices], reach)
        here = tile.shift(-around.left, -around.top).slices
        near = far_from_edge(inside[around.slices])[here] <= reach
        result[tile.slices][near] = np.rint(255 * alpha[here][near]).astype(np.uint8)
    return result


def _alpha(image: np.ndarray, inside: np.ndarray, reach: int) -> np.ndarray:
    """float32 hxw, 0..1. The windows' functions are found on a small copy and applied to the whole picture."""
    size = Size.of(inside)
    step = max(1, -(-reach // _REACH))
    small = Size(max(1, size.width // step), max(1, size.height // step))
    guide = cv2.resize(image, tuple(small), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    known = cv2.resize(inside, tuple(small), interpolation=cv2.INTER_AREA)
    unknown = far_from_edge(np.where(known > 127, np.uint8(255), np.uint8(0))) <= reach / step
    alpha, windows = known.astype(np.float32) / 255, None
    for part, steps in _WINDOWS:
        windows = Windows(guide, max(1, round(reach / step / part)), _EPSILON)
        alpha = _solved(windows, guide, alpha, unknown, steps)
    if step == 1 or windows is None:
        return alpha
    slope, offset = (cv2.resize(each, tuple(size), interpolation=cv2.INTER_LINEAR) for each in windows.fit(alpha))
    return ((slope * (image.astype(np.float32) / 255)).sum(axis=2) + offset).clip(0, 1)


def _solved(windows: Windows, guide: np.ndarray, alpha: np.ndarray, unknown: np.ndarray, steps: int) -> np.ndarray:
    """alpha (float32 hxw) where it is known, and elsewhere nearer to what the windows say, by conjugate gradients."""

    def departs(values: np.ndarray) -> np.ndarray:
        slope, offset = windows.fit(values)
        return np.where(unknown, values - (slope * guide).sum(axis=2) - offset, np.float32(0))

    return _descended(departs, alpha, steps).clip(0, 1)


def _descended(operator: Callable[[np.ndarray], np.ndarray], start: np.ndarray, steps: int) -> np.ndarray:
    """Where a linear operator gives nearly 0, looked for from `start` on."""
    result, left = start.copy(), -operator(start)
    direction, squares = left.copy(), float((left * left).sum())
    for _ in range(steps):
        if squares < _SOLVED:
            break
        change = operator(direction)
        curvature = float((direction * change).sum())
        if curvature <= 0:  # rounding, or windows that the border cuts
            break
        length = squares / curvature
        result += length * direction
        left -= length * change
        before, squares = squares, float((left * left).sum())
        direction = left + squares / before * direction
    return result
