"""The guided filter: in every window of a picture, a linear function of its colour that comes nearest to a mask.

He, Sun and Tang, "Guided image filtering", 2010, for a guide in colour, equations 14 to 16. The function has an edge
where the colours have one, so cutting it at one half puts the edge of the mask there. Its coefficients change slowly
from pixel to pixel, and may be found on a small copy and enlarged: He and Sun, "Fast guided filter", 2015.
"""

from __future__ import annotations

import cv2
import numpy as np


def fit(guide: np.ndarray, target: np.ndarray, radius: int, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """slope float32 hxwx3 and offset float32 hxw: at every pixel `target` is about slope . colour + offset.

    guide: float32 hxwx3, the colours. target: float32 hxw. radius: of the windows, which are squares of 2 radius + 1
    pixels; at the border of the picture they are mirrored. epsilon: in the guide's unit, squared; contrast below its
    root is not followed.
    """

    def mean(values: np.ndarray) -> np.ndarray:
        side = 2 * radius + 1
        return cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT).reshape(values.shape)

    colour, level = mean(guide), mean(target)

    def covariance(i: int, j: int) -> np.ndarray:
        return mean(guide[..., i] * guide[..., j]) - colour[..., i] * colour[..., j] + (epsilon if i == j else 0)

    shared = mean(guide * target[..., None]) - colour * level[..., None]
    slope = _solve([covariance(i, j) for i in range(3) for j in range(i, 3)], shared)
    return mean(slope), mean(level - (slope * colour).sum(axis=2))


def _solve(matrix: list[np.ndarray], right: np.ndarray) -> np.ndarray:
    """float32 hxwx3: the solution of a symmetric 3x3 system at every pixel, right: float32 hxwx3.

    matrix: float32 hxw each, its upper triangle by rows. The inverse is written out, which is a hundred times faster
    here than numpy.linalg.solve; in float64, as the determinant is a small difference of large products where all
    three channels change alike.
    """
    rr, rg, rb, gg, gb, bb = (values.astype(np.float64) for values in matrix)
    red, green, blue = cv2.split(right.astype(np.float64))
    c_rr, c_rg, c_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    c_gg, c_gb, c_bb = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    rows = (
        c_rr * red + c_rg * green + c_rb * blue,
        c_rg * red + c_gg * green + c_gb * blue,
        c_rb * red + c_gb * green + c_bb * blue,
    )
    determinant = rr * c_rr + rg * c_rg + rb * c_rb
    return (np.stack(rows, axis=2) / determinant[..., None]).astype(np.float32)
