"""Pictures made from a picture and a mask or a larger canvas. What else its file holds is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..schema import ExtendRequest, MaskOutput
from . import mask as masks
from .foreground import foreground
from .imagefile import Picture

_SEEN = 64  # pixels around the thing: its old ground


def mask_picture(picture: Picture, selected: np.ndarray, output: MaskOutput) -> Picture:
    """A mask (uint8 HxW, not empty) of a picture as a picture to keep.

    mask: grey, the picture's size. alpha: the picture as it is, with the mask as alpha. cutout: the same cut to what is
    selected, and what was transparent before stays so; half
    transparent pixels have the colour of the thing alone, without that of the ground it stood on.
    """
    if output == "mask":
        return Picture(np.repeat(selected[..., None], 3, axis=2), grey=True)
    if output == "alpha":
        return picture.with_image(picture.image, selected)
    alpha = selected if picture.alpha is None else np.minimum(selected, picture.alpha)
    box = masks.bounds(selected)
    assert box is not None, "an empty mask is refused before"
    around = box.grow(_SEEN).clip(picture.size)
    shown = foreground(picture.image[around.slices], selected[around.slices])
    return picture.with_image(shown[box.shift(-around.left, -around.top).slices].copy(), alpha[box.slices].copy())


def extended_picture(picture: Picture, image: np.ndarray, request: ExtendRequest) -> Picture:
    """The picture with `image` (uint8 HxWx3) for its extended pixels; what is new is opaque."""
    alpha = picture.alpha
    if alpha is not None:
        margins = ((request.up, request.down), (request.left, request.right))
        alpha = np.pad(alpha, margins, constant_values=255)
    return replace(picture, image=image, alpha=alpha)
