"""What people mean by a mask file. These are the rules; `to_mask` follows them, and a test states them once more.

Brightness is the mask: white is inside, black is ground, what lies between is soft. Everything is brought to levels of
0 to 255 first. *Nearly* is within 31 of them, *most* is more than half.

Depth.  Levels 0 and 1 alone, or 16 bits of which not an eighth is used, are no brightness but numbers of things, such
        as in the NAME.labels.png of `mask --everything`: each number but 0 is inside, or only the one asked for.
Alpha.  It is the mask only where it is what distinguishes.
        - Nearly the same everywhere, and more than nearly nothing: it says nothing, brightness does.
        - At least half of the border transparent (below 128): strokes on a transparent ground. Alpha is the mask.
        - Most of the border opaque black, white somewhere, nine tenths of what is seen nearly black or nearly white:
          white things on black, however strong. Brightness counts, times alpha.
        - Else a picture with a hole, as what most of the border is, is ground. What is transparent is inside.
Noise.  Where more pixels are nearly 0, but not 0, than lie between (32 to 223), the ground is noisy: a JPEG's, or one
        of level 1. If most pairs of neighbours on either side of 128 jump by 128, the mask has hard edges and is cut
        there; if not, levels up to 8 become 0, and from 247 on 255. Else every level stays what it is: a soft edge.
"""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Union

import cv2
import numpy as np
from PIL import Image, ImageOps

from ..errors import BadRequest
from ..geometry import Array, Mask, Size, resize
from . import imagefile
from .imagefile import Picture

_NEAR = 31  # levels that count as none
_TRACE = 8  # levels that nobody sees
_HALF = 128
_LABELS = 8192  # of 16 bits: no mask is that dark
_MUCH = 0.95  # of a picture; few people select so much of it


def read(source: Union[str, Path, bytes], name: str = "", label: Optional[int] = None) -> Mask:
    """The mask in a file or in bytes, of any kind that Pillow reads; `name` and errors as of imagefile.read.

    label: as of to_mask; of a palette it is the index.
    """
    called = name or ("The mask" if isinstance(source, bytes) else Path(source).name)
    return imagefile.decoded(source, called, lambda opened: to_mask(_pixels(opened, label), label))


def of_picture(picture: Picture, label: Optional[int] = None) -> Mask:
    """The mask that a picture means which was read before, with 8 bits a channel."""
    image = picture.image if picture.alpha is None else np.dstack([picture.image, picture.alpha])
    return to_mask(image, label)


def to_mask(pixels: Array, label: Optional[int] = None) -> Mask:
    """The mask (uint8 HxW) that a decoded picture means, by the rules above.

    pixels: HxW, or HxWxC of grey and alpha (C=2), RGB (3) or RGBA (4). bool; uint8; other integers as of 16 bits;
    floats up to 1, or in the range of 8 or 16 bits where they are larger. label: which number alone is inside.
    Raises BadRequest when the picture has no such label.
    """
    colour, alpha = (pixels, None) if pixels.ndim == 2 or pixels.shape[2] in (1, 3) else np.dsplit(pixels, [-1])
    if label is not None:
        return _labelled(colour, label)
    colour = _levels(colour)
    if alpha is None:
        return _clean(_brightness(colour))
    shown = _levels(alpha[..., 0])
    if shown.min() > _NEAR and int(shown.max()) - int(shown.min()) <= _NEAR:
        return _clean(_brightness(colour))
    if not _most(_border(shown) >= _HALF):
        return _clean(shown)
    if _is_white_on_black(colour, shown):
        return _clean(((_brightness(colour).astype(np.uint16) * shown + 127) // 255).astype(np.uint8))
    return _clean(255 - shown)


def fitting(mask: Array, size: Size, fit: bool = False, name: str = "") -> Mask:
    """The mask at the picture's size: as it is, or scaled where `fit` says so. Raises BadRequest where it does not.

    One without soft edges has none afterwards.
    """
    if not fit:
        require_size(Size.of(mask), size, name)
    if Size.of(mask) == size:
        return mask
    scaled = resize(mask, size)
    soft = np.logical_and(mask > 0, mask < 255).any()
    return scaled if soft else np.where(scaled >= _HALF, np.uint8(255), np.uint8(0))


def require_size(own: Size, size: Size, name: str = "") -> None:
    """Raise BadRequest unless a mask has the picture's size."""
    if own != size:
        called = f"The mask {name}".rstrip()
        hint = 'with --fit-mask, or "fit_mask": true, it is scaled.'
        raise BadRequest(f"{called} is {own} pixels, but the picture is {size}; {hint}")


def note(mask: Array, how: str) -> str:
    """A sentence where so much is inside (uint8 HxW) that the rest may be meant, else empty. how: to turn it round."""
    part = np.count_nonzero(mask >= _HALF) / max(mask.size, 1)
    if part <= _MUCH:
        return ""
    return f"The mask selects {part:.0%} of the picture, as white is what is selected; {how} turns it round."


def _pixels(opened: Image.Image, label: Optional[int]) -> Mask:
    """A loaded Pillow image, upright, as to_mask takes it."""
    upright = ImageOps.exif_transpose(opened) or opened
    if upright.mode == "P" and label is not None:
        return imagefile.pixels_of(upright)
    if upright.mode in ("LA", "PA", "RGBA") or "transparency" in upright.info:
        return imagefile.pixels_of(upright.convert("RGBA"))
    if upright.mode in ("1", "L", "F", "I") or upright.mode.startswith("I;"):
        return imagefile.pixels_of(upright)
    return imagefile.pixels_of(upright.convert("RGB"))


def _labelled(colour: Array, label: int) -> Mask:
    values = colour if colour.ndim == 2 else colour[..., 0]
    if colour.ndim == 3 and (colour != colour[..., :1]).any():
        raise BadRequest("The mask has colours, so it has no labels; leave the label out.")
    inside = values == label
    if not inside.any():
        raise BadRequest(f"The mask has no label {label}; its labels go up to {int(values.max())}.")
    return np.where(inside, np.uint8(255), np.uint8(0))


def _brightness(levels: Array) -> Mask:
    """Levels (uint8 HxW, HxWx1 or HxWx3 RGB) as those of grey, by Rec. 601; uint8 HxW."""
    if levels.ndim == 2 or levels.shape[2] == 1:
        return levels.reshape(levels.shape[:2])
    total = np.full(levels.shape[:2], 500, np.uint32)
    for channel, weight in enumerate((299, 587, 114)):
        total += levels[..., channel].astype(np.uint32) * weight  # numpy 1 would multiply in 16 bits
    return (total // 1000).astype(np.uint8)


def _levels(values: Array) -> Mask:
    """Values of any depth as levels of 0 to 255 (uint8 of their shape); the rule about depth is in here."""
    if values.dtype == np.bool_:
        return np.where(values, np.uint8(255), np.uint8(0))
    top = values.max(initial=0)
    if values.dtype == np.uint8:
        return values.copy() if top > 1 else values * np.uint8(255)
    if values.dtype.kind == "f":
        known = np.nan_to_num(values, posinf=0, neginf=0)
        top = float(known.max(initial=0))
        full = next((full for full in (1.0, 255.0, 65535.0) if top <= full), top)
        return np.rint(np.clip(known, 0, None) * (255 / full)).astype(np.uint8)
    if top < _LABELS:
        return np.where(values > 0, np.uint8(255), np.uint8(0))
    return ((np.clip(values, 0, 65535).astype(np.uint32) + 128) // 257).astype(np.uint8)


def _is_white_on_black(colour: Array, shown: Array) -> bool:
    seen = shown > _NEAR
    channels = colour.reshape(*shown.shape, -1)
    black = seen & (channels.max(axis=2) <= _NEAR)
    white = seen & (channels.min(axis=2) >= 255 - _NEAR)
    clear = np.count_nonzero(black) + np.count_nonzero(white) >= 0.9 * np.count_nonzero(seen)
    return bool(_most(_border(black)) and white.any() and clear)


def _clean(levels: Array) -> Mask:
    """Levels (uint8 HxW) without noise; the rule about noise is in here."""
    counts = cv2.calcHist([levels], [0], None, [256], [0, 256]).ravel()
    if counts[1 : _NEAR + 1].sum() <= counts[_NEAR + 1 : 255 - _NEAR].sum():
        return levels
    if _has_hard_edges(levels):
        return np.where(levels >= _HALF, np.uint8(255), np.uint8(0))
    kept = np.where(levels <= _TRACE, np.uint8(0), levels)
    return np.where(levels >= 255 - _TRACE, np.uint8(255), kept)


def _has_hard_edges(levels: Array) -> bool:
    across = jumps = 0
    for one, other in ((levels[1:], levels[:-1]), (levels[:, 1:], levels[:, :-1])):
        edge = (one >= _HALF) != (other >= _HALF)
        across += np.count_nonzero(edge)
        jumps += np.count_nonzero(edge & (np.maximum(one, other) - np.minimum(one, other) >= _HALF))
    return bool(2 * jumps > across)


def _border(values: Array) -> Mask:
    """The outermost pixels of an array (HxW), each once."""
    return np.concatenate([values[0], values[-1] if len(values) > 1 else values[:0, 0],
                           values[1:-1, 0], values[1:-1, -1] if values.shape[1] > 1 else values[:0, 0]])  # fmt: skip


def _most(those: Array) -> bool:
    return 2 * int(np.count_nonzero(those)) > those.size
