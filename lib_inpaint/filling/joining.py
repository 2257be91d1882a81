"""How what was sampled joins the picture that it goes on from: without a step in colour or brightness.

What a checkpoint makes overlaps the picture a little. There one sees by how much it is lighter, darker or of another
colour than it should be: every decoder shifts colours, and a checkpoint may go on in a light of its own. That
difference, taken smooth, spans what is new as a membrane, and is added to it: Perez, Gangnet and Blake, "Poisson image
editing", 2003, here for the low frequencies alone, as texture need not agree. Arithmetic only.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..geometry import Array, Image, Size
from ..models.fillers.membrane import span

_CELL = 8  # pixels; the difference is measured and spanned in cells of this size, as it is smooth
_OVERLAP = 8  # pixels of the picture next to what is new, at least, in which the two are compared
_SMOOTH = 1.5  # cells; standard deviation of the Gaussian that takes texture out of the difference
_MOST = 64.0  # of 255: what differs by more is another thing, not another light


def matched(made: Image, known: Image, new: Array, overlap: int) -> Image:
    """`made` in the light and colour of the picture that it is to join; uint8 HxWx3, a new array.

    made: uint8 HxWx3, what was sampled, also of the known pixels. known: the picture, of the same shape; where `new`
    (bool HxW) is, it does not count. overlap: how many pixels into the picture the two are going to be blended. Where
    they are the same there, `made` comes back as it is.
    """
    near = _near(new, max(overlap, _OVERLAP))
    if not near.any():
        return made.copy()
    difference = (known.astype(np.float32) - made) * near[..., None]
    total, weight = (_in_cells(values) for values in (difference, near.astype(np.float32)))
    total, weight = (cv2.GaussianBlur(values, (0, 0), _SMOOTH) for values in (total, weight))
    mean = total / np.maximum(weight, 1e-6)[..., None]
    field = span(np.clip(mean, -_MOST, _MOST), _in_cells(near.astype(np.float32)) == 0)
    return np.clip(np.rint(made + _in_pixels(field, Size.of(made))), 0, 255).astype(np.uint8)


def _near(new: Array, reach: int) -> Array:
    """bool HxW: what is known, at most so many pixels from what is new."""
    distance = cv2.distanceTransform((~new).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return ~new & (distance <= reach) & new.any()


def _in_cells(values: Array) -> Array:
    """float32 HxW or HxWxC -> the mean of each cell; those at the right and lower edge may be cut."""
    height, width = values.shape[:2]
    more = ((0, -height % _CELL), (0, -width % _CELL))
    whole = np.pad(values, (*more, *[(0, 0)] * (values.ndim - 2)))
    size = (whole.shape[1] // _CELL, whole.shape[0] // _CELL)
    return cv2.resize(whole, size, interpolation=cv2.INTER_AREA)


def _in_pixels(field: Array, size: Size) -> Array:
    """A value for each cell -> one for each pixel, smooth between the middles of the cells."""
    whole = (field.shape[1] * _CELL, field.shape[0] * _CELL)
    return cv2.resize(field, whole, interpolation=cv2.INTER_LINEAR)[: size.height, : size.width]
