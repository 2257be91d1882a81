"""Erasers without weights: what is there when nothing is downloaded, and what neural ones are measured against.

All of them are an `Eraser`, give the same picture for the same input, and leave unmasked pixels as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

import cv2
import numpy as np

from ...geometry import pad_to_multiple
from ...progress import Progress
from ..model import Needs
from .exemplar import CONTEXT, MARGIN, fill_exemplar
from .membrane import fill_membrane

Method = Callable[[np.ndarray, np.ndarray, Progress], np.ndarray]
GREY = 127


@dataclass(frozen=True)
class Filler:
    """An eraser around a function that need not care about what has nothing to fill or nothing to fill it from.

    method: (image uint8 HxWx3, hole bool HxW with some of both, progress) -> uint8 HxWx3, read inside the hole only.
    """

    method: Method
    needs: Needs

    def __call__(self, image: np.ndarray, mask: np.ndarray, progress: Progress) -> np.ndarray:
        hole = mask > 0
        if not hole.any():
            return image.copy()
        if hole.all():
            return np.full_like(image, GREY)
        result = image.copy()
        result[hole] = self.method(image, hole, progress)[hole]
        progress(1.0, "Filled")
        return result


def load(paths: Sequence[Path], device: str, dtype: str, method: str = "exemplar") -> Filler:
    """The filler called `method`, one of FILLERS. There are no files, and the device is always the processor."""
    return FILLERS[method]


def fill_neutral(image: np.ndarray, hole: np.ndarray, progress: Progress) -> np.ndarray:
    """Each connected hole in one flat colour: the mean of the pixels that touch it.

    A pixel counts once for each pixel of the hole it touches (8 neighbours), so one caught in a notch counts more.
    """
    progress(0.0, "Averaging the border")
    count, found = cv2.connectedComponents(hole.astype(np.uint8), connectivity=8)
    labels = np.asarray(found, np.int32)
    padded = cv2.copyMakeBorder(image, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    known = cv2.copyMakeBorder((~hole).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT) > 0
    ys, xs = np.nonzero(hole)
    label = labels[ys, xs]
    sums, touches = np.zeros((count, 3)), np.zeros((count, 1))
    for dy, dx in np.ndindex(3, 3):
        touch = known[ys + dy, xs + dx]
        owner, colour = label[touch], padded[ys + dy, xs + dx][touch]
        touches[:, 0] += np.bincount(owner, minlength=count)
        sums += np.stack([np.bincount(owner, colour[:, c], count) for c in range(3)], axis=1)
    means = np.rint(sums / np.maximum(touches, 1)).astype(np.uint8)
    return means[labels]


def fill_blur(image: np.ndarray, hole: np.ndarray, progress: Progress) -> np.ndarray:
    """The surrounding colours flow smoothly into the hole, as in a stretched membrane."""
    return fill_membrane(image, hole, progress)


def fill_telea(image: np.ndarray, hole: np.ndarray, progress: Progress) -> np.ndarray:
    """Telea, "An image inpainting technique based on the fast marching method", 2004."""
    progress(0.0, "Marching inwards")
    return _inpaint(image, hole, cv2.INPAINT_TELEA)


def fill_navier_stokes(image: np.ndarray, hole: np.ndarray, progress: Progress) -> np.ndarray:
    """Bertalmio, Bertozzi and Sapiro, "Navier-Stokes, fluid dynamics, and image and video inpainting", 2001."""
    progress(0.0, "Continuing the edges")
    return _inpaint(image, hole, cv2.INPAINT_NS)


def _inpaint(image: np.ndarray, hole: np.ndarray, flag: int) -> np.ndarray:
    """cv2.inpaint; it reads outside its memory in pictures one pixel high or wide, so these are doubled."""
    height, width = hole.shape
    more = 2 if 1 in hole.shape else 1
    result = cv2.inpaint(pad_to_multiple(image, more), pad_to_multiple(hole.astype(np.uint8), more), 3, flag)
    return result[:height, :width]


_WIDEST = 200  # pixels; a bus or a house, of whose surroundings too little says what is behind
_THIN = Needs(context=0.0, margin=8)  # only what touches the hole matters
FILLERS = {
    "neutral": Filler(fill_neutral, _THIN),
    "blur": Filler(fill_blur, _THIN),
    "telea": Filler(fill_telea, _THIN),
    "navier-stokes": Filler(fill_navier_stokes, _THIN),
    "exemplar": Filler(fill_exemplar, Needs(context=CONTEXT, margin=MARGIN, widest=_WIDEST)),
}
