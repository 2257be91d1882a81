"""The guided filter: in every window of a picture, a linear function of its colour that comes nearest to a mask.

He, Sun and Tang, "Guided image filtering", 2010, for a guide in colour, equations 14 to 16. The function has an edge
where the colours have one, so cutting it at one half puts the edge of the mask there. Its coefficients change slowly
from pixel to pixel, and may be found on a small copy and enlarged: He and Sun, "Fast guided filter", 2015.
"""

from __future__ import annotations

import cv2
import numpy as np


class Windows:
    """The windows of one guide, to which any number of targets are fitted.

    guide: float32 hxwx3, the colours. radius: of the windows, which are squares of 2 radius + 1 pixels; at the border
    of the picture they are mirrored. epsilon: in the guide's unit, squared; contrast below its root is not followed.
    """

    def __init__(self, guide: np.ndarray, radius: int, epsilon: float) -> None:
        self._guide, self._side = guide, 2 * radius + 1
        self._colour = self._mean(guide)

        def covariance(i: int, j: int) -> np.ndarray:
            apart = self._mean(guide[..., i] * guide[..., j]) - self._colour[..., i] * self._colour[..., j]
            return apart + (epsilon if i == j else 0)

        self._inverse = _inverse([covariance(i, j) for i in range(3) for j in range(i, 3)])

    def fit(self, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """slope float32 hxwx3 and offset float32 hxw: at every pixel `target`, float32 hxw, is about
        slope . colour + offset.
        """
        level = self._mean(target)
        shared = self._mean(self._guide * target[..., None]) - self._colour * level[..., None]
        slope = np.stack([(row * shared).sum(axis=2) for row in self._inverse], axis=2).astype(np.float32)
        return self._mean(slope), self._mean(level - (slope * self._colour).sum(axis=2))

    def _mean(self, values: np.ndarray) -> np.ndarray:
        side = (self._side, self._side)
        return cv2.blur(values, side, borderType=cv2.BORDER_REFLECT).reshape(values.shape)


def fit(guide: np.ndarray, target: np.ndarray, radius: int, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """As of Windows, for one target."""
    return Windows(guide, radius, epsilon).fit(target)


def _inverse(matrix: list[np.ndarray]) -> list[np.ndarray]:
    """The three rows, float64 hxwx3 each, of the inverse of a symmetric 3x3 matrix at every pixel.

    matrix: float32 hxw each, its upper triangle by rows. The inverse is written out, which is a hundred times faster
    here than numpy.linalg.solve; in float64, as the determinant is a small difference of large products where all
    three channels change alike.
    """
    rr, rg, rb, gg, gb, bb = (values.astype(np.float64) for values in matrix)
    c_rr, c_rg, c_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    determinant = rr * c_rr + rg * c_rg + rb * c_rb
    rows = ((c_rr, c_rg, c_rb), (c_rg, c_gg, c_gb), (c_rb, c_gb, c_bb))
    return [np.stack(row, axis=2) / determinant[..., None] for row in rows]
