"""Low-resolution logits -> a mask at the size of the picture, with little work where there is nothing to see.

Bilinear, pixel centres at half integers and edges repeated, which is torch's `interpolate` without align_corners: the
same sum but for rounding, so a pixel can differ only where the logit is 0 to six digits.
"""

from __future__ import annotations

import cv2
import numpy as np

from ...geometry import Size
from ...imaging import mask as masks

_ROWS = 64  # of the result at a time: they are still in the cache when they are compared


def enlarge(logits: np.ndarray, size: Size) -> np.ndarray:
    """float32 HxW logits of the whole picture -> uint8 mask of that size, 255 where they are above 0, and 0 elsewhere.

    First down, for the columns that hold something, then across, for the rows that do: cv2.resize maps whole sides to
    whole sides, so a side can be cut only while the other one is resized.
    """
    result = masks.blank(size)
    part = masks.bounds((logits > 0).astype(np.uint8))
    if part is None:
        return result
    part = part.grow(1).clip(Size.of(logits))  # what is above 0 reaches at most as far as the next sample
    tall = cv2.resize(logits[:, part.left : part.right], (part.size.width, size.height), interpolation=cv2.INTER_LINEAR)
    down = size.height / len(logits)
    top, bottom = int(part.top * down), min(int(np.ceil(part.bottom * down)), size.height)
    rows = np.full((_ROWS, logits.shape[1]), -1, np.float32)
    wide = np.empty((_ROWS, size.width), np.float32)
    for low in range(top, bottom, _ROWS):
        count = min(_ROWS, bottom - low)
        rows[:count, part.left : part.right] = tall[low : low + count]
        cv2.resize(rows[:count], (size.width, count), dst=wide[:count], interpolation=cv2.INTER_LINEAR)
        np.multiply(wide[:count] > 0, np.uint8(255), out=result[low : low + count])
    return result
