"""Label maps in colour, by looking each label up: the whole cost is one read and one write a pixel."""

from __future__ import annotations

from typing import Iterator

import cv2
import numpy as np

_ROWS = 64


def palette(count: int) -> np.ndarray:
    """uint8 (count + 1)x3 RGB: black for nothing, then colours that are far apart for neighbours in the list."""
    number = np.arange(count)
    hue = (number * 0.6180339887 % 1 * 180).astype(np.uint8)  # the golden ratio: no two of a few are near each other
    light = np.where(number % 2, 200, 255).astype(np.uint8)
    hsv = np.stack([hue, np.where(number % 3, 220, 150).astype(np.uint8), light], axis=1)
    colours = cv2.cvtColor(hsv.reshape(-1, 1, 3), cv2.COLOR_HSV2RGB).reshape(-1, 3) if count else hsv
    return np.concatenate([np.zeros((1, 3), np.uint8), colours])


def colour(labels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """A label map (uint16 HxW) as uint8 HxWx3, by looking each label up in `colours` (uint8 Nx3)."""
    result = np.empty((*labels.shape, 3), np.uint8)
    for rows in _strips(labels):
        np.take(colours, labels[rows], axis=0, out=result[rows], mode="clip")
    return result


def overlay(image: np.ndarray, labels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """uint8 HxWx3: the image with every thing tinted half; what is no thing stays as it is."""
    result = image.copy()
    for rows in _strips(labels):
        mixed = cv2.addWeighted(image[rows], 0.5, colour(labels[rows], colours), 0.5, 0)
        np.copyto(result[rows], mixed, where=(labels[rows] > 0)[..., None])
    return result


def _strips(labels: np.ndarray) -> Iterator[slice]:
    """Some rows at a time: numpy makes 8 bytes of each label to look it up."""
    for top in range(0, len(labels), _ROWS):
        yield slice(top, top + _ROWS)
