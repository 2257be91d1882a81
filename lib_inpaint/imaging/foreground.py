"""The thing's own colour in pixels that are only partly the thing's: without it a cutout keeps a rim of its old ground.

Forte and Pitie, "Fast multi-level foreground estimation", 2021 ("blur fusion"): a smooth guess of both colours around
each pixel, and then what has to be added to them so that they give the pixel.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..geometry import Size
from . import mask as masks

_RADII = (32, 6)  # pixels that are looked at around each, one after the other
_LEAST = 1e-3  # weights below say nothing


def foreground(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """The image (uint8 HxWx3) with the thing's own colours where alpha (uint8 HxW) lies between 0 and 255."""
    soft = np.where((alpha > 0) & (alpha < 255), np.uint8(255), np.uint8(0))
    box = masks.bounds(soft)
    if box is None:
        return image
    around = box.grow(2 * max(_RADII)).clip(Size.of(alpha))
    result, here = image.copy(), soft[around.slices] > 0
    found = _estimated(image[around.slices].astype(np.float32), alpha[around.slices].astype(np.float32) / 255)
    result[around.slices][here] = np.rint(found[here]).astype(np.uint8)
    return result


def _estimated(image: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """float32 hxwx3 of the thing, 0..255."""
    share = alpha[..., None]
    front, back = image, image
    for radius in _RADII:
        near_front, near_back = _mean(front, share, radius), _mean(back, 1 - share, radius)
        apart = image - share * near_front - (1 - share) * near_back
        front = (near_front + share * apart).clip(0, 255)
        back = (near_back + (1 - share) * apart).clip(0, 255)
    return front


def _mean(colours: np.ndarray, weights: np.ndarray, radius: int) -> np.ndarray:
    side = (2 * radius + 1, 2 * radius + 1)
    total, weight = cv2.blur(colours * weights, side), cv2.blur(weights, side)[..., None]
    return np.where(weight > _LEAST, total / np.maximum(weight, _LEAST), colours)
