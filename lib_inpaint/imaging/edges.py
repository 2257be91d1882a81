"""The edge of a mask, found again at the full resolution of the picture.

A segmenter answers at 256x256, so the edge of its mask in a large photograph is a smooth guess. Close to that guess
the guided filter puts it where the colours change. Its coefficients are found on a smaller copy where the windows are
wide. Only tiles that the edge runs through are looked at.
"""

from __future__ import annotations

from typing import Iterator

import cv2
import numpy as np

from ..geometry import Box, Size
from .guided_filter import fit

_TILE = 256  # pixels; the side of what is worked on at once
_WINDOW = 4  # radius of a window, in pixels of the smaller copy
_EPSILON = 1e-4  # contrast below the root of this, of 1, is no edge
_PASSES = 4  # each one moves the edge by up to a window


def follow(image: np.ndarray, mask: np.ndarray, reach: int) -> np.ndarray:
    """A copy of the mask (uint8 HxW) with its edge along that of the image (uint8 HxWx3), 0 or 255 where it moved.

    No pixel changes that is more than `reach` from the old edge. Where the picture has no edge, the old one stays, and
    only its corners become rounder.
    """
    result = mask.copy()
    inside = np.where(mask > 127, np.uint8(255), np.uint8(0))
    size = Size.of(mask)
    for tile in edge_tiles(inside, reach):
        around = tile.grow(2 * reach).clip(size)
        found = _refine(image[around.slices], inside[around.slices], reach)
        here = tile.shift(-around.left, -around.top).slices
        near = far_from_edge(inside[around.slices])[here] <= reach
        moved = near & (found[here] != inside[tile.slices])
        result[tile.slices][moved] = found[here][moved]
    return result


def edge_tiles(inside: np.ndarray, reach: int) -> Iterator[Box]:
    """The tiles of the picture that have a pixel within `reach` of the edge of a mask (uint8 HxW, 0 or 255)."""
    size = Size.of(inside)
    edge = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    for top in range(0, size.height, _TILE):
        for left in range(0, size.width, _TILE):
            tile = Box(left, top, left + _TILE, top + _TILE).clip(size)
            if edge[tile.grow(reach).clip(size).slices].any():
                yield tile


def _refine(image: np.ndarray, inside: np.ndarray, reach: int) -> np.ndarray:
    """uint8 hxwx3 and uint8 hxw (0 or 255) -> uint8 hxw, 0 or 255: the guided filter's mask, cut at one half."""
    size = Size.of(inside)
    step = max(1, reach // (2 * _WINDOW))
    small = Size(max(1, size.width // step), max(1, size.height // step))
    guide = cv2.resize(image, tuple(small), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    target = cv2.resize(inside, tuple(small), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    for _ in range(_PASSES - 1):
        slope, offset = fit(guide, target, _WINDOW, _EPSILON)
        target = np.clip(((slope * guide).sum(2) + offset - 0.5) * 4 + 0.5, 0, 1)
    slope, offset = (
        cv2.resize(part, tuple(size), interpolation=cv2.INTER_LINEAR) for part in fit(guide, target, _WINDOW, _EPSILON)
    )
    value = (slope * (image.astype(np.float32) / 255)).sum(2) + offset
    return np.where(value > 0.5, np.uint8(255), np.uint8(0))


def far_from_edge(inside: np.ndarray) -> np.ndarray:
    """float32 hxw: how far in pixels each pixel is from the nearest one on the other side of the edge."""
    far = [cv2.distanceTransform(part, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for part in (inside, 255 - inside)]
    return np.maximum(*far)
