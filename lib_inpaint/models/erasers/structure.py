"""What the networks of ZITS are told of a square picture beside its pixels: edges, lines, and where in the hole one is.

Dong et al., as in zits.py; the sizes and numbers are those of the authors' single_image_test.py. Arrays only.
"""

from __future__ import annotations

import cv2
import numpy as np
from skimage.color import rgb2gray
from skimage.draw import line_aa
from skimage.feature import canny

from ...geometry import Array, Image

COARSE = 256  # the side at which structure is completed and positions are counted
_SIGMA = 3.0  # pixels; the blur before edges are looked for
_FARTHEST = 127  # the last of the positions that the network has learned
_QUARTERS = (((1, 1, 0), (1, 1, 0), (0, 0, 0)), ((0, 0, 0), (1, 1, 0), (1, 1, 0)),
             ((0, 1, 1), (0, 1, 1), (0, 0, 0)), ((0, 0, 0), (0, 1, 1), (0, 1, 1)))  # fmt: skip


def resized(image: Image, side: int) -> Array:
    """uint8 NxNx3 at another side, as the networks were trained: by area when it shrinks, else bilinear."""
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA if len(image) > side else cv2.INTER_LINEAR)


def resized_hole(hole: Array, side: int) -> Array:
    """A hole, 0 or 1, uint8 NxN, at another side: a pixel is in it that has any part of it."""
    return (cv2.resize(hole * np.uint8(255), (side, side), interpolation=cv2.INTER_AREA) > 0).astype(np.uint8)


def known_edges(image: Image, hole: Array) -> Array:
    """Canny's edges outside of the hole, float32 NxN, 0 or 1. The border of the hole is none, nor is what is in it."""
    return canny(rgb2gray(image), sigma=_SIGMA, mask=hole == 0).astype(np.float32)


def drawn_lines(lines: Array, side: int) -> Array:
    """Smooth lines of one pixel, float32 side x side in 0..1. lines: float Nx4, x and y of both ends in 0..1."""
    drawn = np.zeros((side, side), np.float32)
    for x0, y0, x1, y1 in np.clip(lines * side, 0, side - 1).astype(int).tolist():
        rows, columns, values = line_aa(y0, x0, y1, x1)
        drawn[rows, columns] = np.maximum(drawn[rows, columns], values)
    return drawn


def masked_position(hole: Array) -> tuple[Array, Array]:
    """The paper's masking positional encoding of a hole, 0 or 1, uint8 NxN.

    Counted on the hole at COARSE x COARSE; 0 outside of it.
    distance: int32 NxN, how many pixels it is to what is known, also diagonally, at most 127.
    direction: int32 NxNx4, 0 or 1: whether one comes nearer up left, down left, up right, down right.
    """
    coarse = resized_hole(hole, COARSE)
    steps = cv2.distanceTransform(coarse, cv2.DIST_C, 3)  # a huge number where nothing is known
    distance = np.minimum(steps, _FARTHEST).astype(np.int32)
    nearest = [cv2.erode(steps, np.array(one, np.uint8), borderType=cv2.BORDER_REFLECT_101) for one in _QUARTERS]
    direction = np.stack([one < steps for one in nearest], axis=2).astype(np.int32)
    both = np.dstack([distance, direction])
    if len(hole) != COARSE:
        both = np.dstack(
            [cv2.resize(one, hole.shape, interpolation=cv2.INTER_NEAREST) for one in both.transpose(2, 0, 1)]
        )
    both = both * (hole > 0)[..., None]
    return both[..., 0], both[..., 1:]
