"""Where a mask becomes pixels: cut out a crop around each hole, fill it, paste it back.

What a removal costs depends on the hole, not on the picture. Outside the mask the result is the original, byte for byte.
"""

from __future__ import annotations

import cv2
import numpy as np

from . import mask as masks
from .geometry import Box, Size, crop, fit, merge, pad_to_multiple, resize
from .models import Eraser, Needs
from .progress import Progress, part, silent


def fill(image: np.ndarray, mask: np.ndarray, eraser: Eraser, progress: Progress = silent) -> np.ndarray:
    """The image with what is masked filled from its surroundings.

    image: uint8 HxWx3 RGB. mask: uint8 HxW of the same size; 255 is replaced, 0 is kept exactly, between is blended.
    Returns a new array of the image's shape. An empty mask gives an equal copy.
    """
    result = image.copy()
    boxes = crops(mask, eraser.needs)
    for number, box in enumerate(boxes):
        watch = part(progress, number / len(boxes), (number + 1) / len(boxes))
        filled = fill_crop(crop(result, box), masks.binary(crop(mask, box)), eraser, watch)
        result[box.slices] = blend(result[box.slices], filled, mask[box.slices])
    progress(1.0, "")
    return result


def crops(mask: np.ndarray, needs: Needs) -> list[Box]:
    """Disjoint boxes that hold every masked pixel, each with the context the eraser wants, from top to bottom.

    Holes whose crops overlap are filled together, so that none is filled from another's unfilled pixels.
    """
    count, _, stats, _ = cv2.connectedComponentsWithStats(masks.binary(mask), connectivity=8)
    boxes = []
    for left, top, width, height, _ in stats[1:count].tolist():
        context = max(needs.margin, round(needs.context * max(width, height)))
        boxes.append(Box(left, top, left + width, top + height).grow(context).clip(Size.of(mask)))
    return merge(boxes)


def fill_crop(image: np.ndarray, mask: np.ndarray, eraser: Eraser, progress: Progress = silent) -> np.ndarray:
    """One crop through the eraser, in the size and shape it needs, and back to the crop's own."""
    needs, size = eraser.needs, Size.of(image)
    work = fit(size, needs.best) if needs.best else size
    if needs.native:
        work = Size(needs.native, needs.native)
    small_image = pad_to_multiple(resize(image, work), needs.multiple)
    # a pixel that is masked in part must not leak what is to be removed into the known surroundings
    small_mask = masks.binary(pad_to_multiple(resize(mask, work), needs.multiple))
    filled = eraser(small_image, small_mask, progress)
    return resize(filled[: work.height, : work.width], size)


def blend(image: np.ndarray, filled: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """image where mask is 0, filled where it is 255, mixed between; all uint8, a new HxWx3 array."""
    weight = mask[..., None].astype(np.uint16)
    mixed = (filled * weight + image * (255 - weight) + 127) // 255
    return mixed.astype(np.uint8)
