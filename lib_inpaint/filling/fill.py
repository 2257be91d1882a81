"""Where a mask becomes pixels: cut out a crop around each hole, fill it, paste it back.

What a removal costs depends on the hole, not on the picture; outside the mask the result is the original, byte for
byte. Which crops there are, and at which size an eraser is shown them, is said in strategy.py.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Generator, NamedTuple

import cv2
import numpy as np

from ..geometry import Array, Image, Mask, Size, crop, fit, pad, resize
from ..imaging import mask as masks
from ..models import devices
from ..models.devices import PROCESSOR, DeviceFailed
from ..models.model import Eraser, MovableEraser
from ..progress import Progress, part, silent
from ..schema import FillRequest
from .strategy import CropPlan, padded_size, plan_crops

AUTO = FillRequest()
_SQUARE = 32  # pixels; side of the squares of the second pass
_LEAST = 256  # pixels; the longest side of a crop is not shrunk below this for want of memory


class Filled(NamedTuple):
    """image: uint8 HxWx3 RGB. note: what a person should know about how it was made, in a sentence, or empty."""

    image: Image
    note: str = ""


def fill(image: Image, mask: Mask, eraser: Eraser, how: FillRequest = AUTO, progress: Progress = silent) -> Filled:
    """The image with what is masked filled from its surroundings, in one pass or, with how.refine, from coarse to fine.

    image: uint8 HxWx3 RGB. mask: uint8 HxW of the same size; 255 is replaced, 0 is kept exactly, between is blended.
    Gives a new array of the image's shape. An empty mask gives an equal copy. Crops are filled one after the other:
    each is shown what was filled before it, and what is still to be filled is masked for it, whichever hole it is of.
    Raises MemoryError when a crop cannot be filled at any size and on any device, and passes what progress raises.
    """
    passes = [(mask, plan_crops(mask, eraser.needs, how))]
    if how.refine:
        passes += [(turn, plan_crops(turn, eraser.needs, AUTO)) for turn in checkerboard_masks(*passes[0])]
    result = image.copy()
    notes: list[str] = []
    for number, (what, planned) in enumerate(passes):
        watch = part(progress, number / len(passes), (number + 1) / len(passes))
        notes += fill_crops(result, what, planned, eraser, watch)
    if eraser.needs.widest is not None and (width := widest(mask)) > eraser.needs.widest:
        notes.append(f"The hole is {width} pixels wide, and this model guesses there. LaMa fills such holes better.")
    progress(1.0, "")
    return Filled(result, " ".join(dict.fromkeys(filter(None, notes))))


def widest(mask: Mask) -> int:
    """How wide a mask (uint8 HxW, above 0) is at its deepest place, in pixels; the border of the picture is no edge."""
    box = masks.bounds(mask)
    if box is None:
        return 0
    hole = mask[box.grow(1).clip(Size.of(mask)).slices] > 0
    narrower = min(box.size)  # it counts where the hole lies at the border
    if hole.all():
        return narrower
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max()
    return min(round(2 * float(depth)), narrower)


def checkerboard_masks(mask: Mask, planned: CropPlan) -> list[Mask]:
    """What is filled again from coarse to fine: the part inside of the mask that the plan shows shrunk, as two masks.

    These are the black and the white squares of a chessboard. Each colour is filled at full resolution with the other
    one known, as the first pass or the turn before left it, and is so led by it. This is simpler than the optimisation
    of features by Kulshreshtha et al., "Feature Refinement to Improve High Resolution Image Inpainting", 2022, and asks
    nothing of the eraser. The soft edge stays as the first pass left it.
    """
    shrunk = [number for number, (box, size) in enumerate(planned.crops, 1) if size.area < box.size.area]
    inside = (mask == 255) & np.isin(planned.owner, shrunk)
    height, width = mask.shape
    row, column = np.ogrid[:height, :width]
    black: Array = (row // _SQUARE + column // _SQUARE) % 2 == 1
    return [np.where(inside & turn, np.uint8(255), np.uint8(0)) for turn in (black, ~black)]


def fill_crops(result: Image, mask: Mask, planned: CropPlan, eraser: Eraser, progress: Progress = silent) -> list[str]:
    """Fill the crops of a plan, one after the other, in `result`, which is written to; gives their notes."""
    crops, owner = planned
    notes: list[str] = []
    for number, (box, size) in enumerate(crops, 1):
        watch = part(progress, (number - 1) / len(crops), number / len(crops))
        own = owner[box.slices]
        todo = np.where(own >= number, np.uint8(255), np.uint8(0))
        filled = fill_crop(crop(result, box), todo, size, eraser, watch)
        weight = np.where(own == number, mask[box.slices], np.uint8(0))
        result[box.slices] = blend(result[box.slices], filled.image, weight)
        notes.append(filled.note)
    return notes


def fill_crop(image: Image, hole: Mask, size: Size, eraser: Eraser, progress: Progress = silent) -> Filled:
    """One crop (uint8 HxWx3, binary uint8 HxW) filled by the eraser, which is shown it at `size`.

    Where memory is short it is shown smaller, by halves, and then at `size` on the processor; the note says so. The
    eraser is back on its device afterwards. Raises MemoryError when nothing helps.
    """
    smaller, note = size, ""
    while True:
        try:
            return Filled(_show(image, hole, smaller, eraser, part(progress, 0, 1, note)), note.strip())
        except DeviceFailed as error:
            failure: Exception = error
            break
        except MemoryError as error:
            failure = error
            if eraser.needs.native or max(smaller) <= _LEAST:
                break
        smaller = fit(smaller, max(_LEAST, max(smaller) // 2))
        note = f"Memory is short: filled at {smaller} pixels instead of {size}. "
    if not isinstance(eraser, MovableEraser) or eraser.device == PROCESSOR:
        raise MemoryError(f"There is not enough memory to fill {size} pixels.")
    note = f"{devices.note(eraser.device, failure)} "
    with _on_processor(eraser):
        return Filled(_show(image, hole, size, eraser, part(progress, 0, 1, note)), note.strip())


@contextmanager
def _on_processor(eraser: MovableEraser) -> Generator[None, None, None]:
    """The eraser works on the processor meanwhile, and goes on there if its device has become too full for it."""
    device = eraser.device
    eraser.to(PROCESSOR)
    try:
        yield
    finally:
        try:
            eraser.to(device)
        except (MemoryError, DeviceFailed):
            eraser.to(PROCESSOR)


def _show(image: Image, hole: Mask, size: Size, eraser: Eraser, progress: Progress) -> Image:
    """The crop through the eraser at `size`, in the shape it needs, and back at the crop's own size; uint8 HxWx3."""
    padded = padded_size(size, eraser.needs)
    small_image = pad(resize(image, size), padded)
    # A pixel that has the least part of what is to be removed is masked, or it would leak into the surroundings; a part
    # may be less than 1/255, and negative where cubic interpolation overshoots.
    touched = resize(hole.astype(np.float32), size) != 0
    small_hole = np.where(pad(touched, padded), np.uint8(255), np.uint8(0))
    filled = eraser(small_image, small_hole, progress)
    return resize(filled[: size.height, : size.width], Size.of(image))


def blend(image: Image, filled: Image, mask: Mask) -> Image:
    """image where mask is 0, filled where it is 255, mixed between; all uint8, a new HxWx3 array."""
    result = image.copy()
    box = masks.bounds(mask)
    if box is not None:  # a small thing in a large photograph is cheap
        weight = mask[box.slices][..., None].astype(np.uint16)
        mixed = filled[box.slices] * weight + image[box.slices] * (255 - weight)
        result[box.slices] = ((mixed + 127) // 255).astype(np.uint8)
    return result
