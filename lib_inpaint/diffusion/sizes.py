"""What a request to sample means for one picture, before anything is sampled."""

from __future__ import annotations

import math

import numpy as np

from ..errors import EmptySelection
from ..geometry import Size
from ..imaging import mask as masks
from ..schema import InpaintRequest, MaskOptions

STEP = 8  # pixels of a latent cell
_NARROWEST = 0.5  # of width and height, the smaller part of the larger: checkpoints know little that is narrower


def selected(mask: np.ndarray, invert: bool, request: InpaintRequest) -> np.ndarray:
    """The mask (uint8 HxW) that is inpainted: inverted, and feathered unless mask blur does that.

    Raises EmptySelection when nothing is left of it.
    """
    feather = 0 if request.blend == "mask blur" else request.feather
    picture = np.zeros((*mask.shape, 3), np.uint8)  # looked at for edges only, which are not asked for
    made = masks.refine(mask, MaskOptions(invert=invert, feather=feather), picture)
    if not made.any():
        raise EmptySelection("The mask is empty, so there is nothing to fill.", "mask")
    return made


def padding(mask: np.ndarray, request: InpaintRequest) -> int:
    """Pixels around the mask (uint8 HxW) that are sampled with it: enough for the whole picture where that is asked."""
    return request.padding if request.only_masked else max(mask.shape)


def region(mask: np.ndarray, around: int) -> Size:
    """The size of the masked part (uint8 HxW, not empty) with so many pixels around it, inside the picture."""
    box = masks.bounds(mask)
    assert box is not None
    return box.grow(around).clip(Size.of(mask)).size


def size_for(part: Size, width: int, height: int, side: int) -> Size:
    """How large a part of a picture is sampled: as asked, where 0 takes what suits the part's shape and the checkpoint.

    side: the side of the squares that the checkpoint was trained on. As many pixels as such a square has, in the part's
    shape, unless that is too narrow. Multiples of STEP.
    """
    shape = min(max(part.width / part.height, _NARROWEST), 1 / _NARROWEST)
    if width and height:
        wanted = (width, height)
    elif width or height:
        wanted = (width or height * shape, height or width / shape)
    else:
        wanted = (side * math.sqrt(shape), side / math.sqrt(shape))
    return Size(*(max(STEP, round(length / STEP) * STEP) for length in wanted))
