"""Smooth interpolation into a hole: Laplace's equation with the surrounding as its border, solved on a pyramid."""

from __future__ import annotations

import cv2
import numpy as np

from ...progress import Progress, silent

_SWEEPS = 12  # per level; each level only has to mend what the next coarser one could not resolve


def fill_membrane(image: np.ndarray, hole: np.ndarray, progress: Progress) -> np.ndarray:
    """uint8 HxWx3 and bool HxW, with at least one pixel outside the hole -> uint8 HxWx3, filled.

    Cascadic multigrid (Bornemann and Deuflhard, 1996): the hole of a picture half the size is filled first and is where
    smoothing starts. Colours meet the border of the hole without a seam. The picture's own border lets nothing through.
    """
    left, top, width, height = cv2.boundingRect(hole.astype(np.uint8))
    part = np.s_[max(top - 2, 0) : top + height + 2, max(left - 2, 0) : left + width + 2]
    result = image.copy()
    filled = span(image[part].astype(np.float32), hole[part], progress)
    result[part] = np.clip(np.rint(filled), 0, 255).astype(np.uint8)
    return result


def span(image: np.ndarray, hole: np.ndarray, progress: Progress = silent) -> np.ndarray:
    """float32 HxWxC of any values and bool HxW, at least one pixel outside the hole -> float32 HxWxC, filled."""
    if not hole.any():
        return image
    coarse, coarse_hole = _halve(image, hole)
    guess = span(coarse, coarse_hole, progress)
    height, width = hole.shape
    smooth = cv2.resize(guess, (2 * guess.shape[1], 2 * guess.shape[0]), interpolation=cv2.INTER_LINEAR)
    smooth = smooth[:height, :width]
    inside = hole[..., None]
    for _ in range(_SWEEPS):
        smooth = cv2.blur(np.where(inside, smooth, image), (3, 3), borderType=cv2.BORDER_REPLICATE)
    progress(0.9, f"Smoothing at {width}x{height}")
    return np.where(inside, smooth, image)


def _halve(image: np.ndarray, hole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the known pixels in each 2x2 block; a block is a hole where it has none."""
    bottom, right = hole.shape[0] % 2, hole.shape[1] % 2
    weight = np.pad((~hole).astype(np.float32), ((0, bottom), (0, right)))[..., None]
    colour = np.pad(image, ((0, bottom), (0, right), (0, 0))) * weight
    height, width = weight.shape[0] // 2, weight.shape[1] // 2
    total = colour.reshape(height, 2, width, 2, -1).sum(axis=(1, 3))
    weights = weight.reshape(height, 2, width, 2, 1).sum(axis=(1, 3))
    return total / np.maximum(weights, 1), weights[..., 0] == 0
