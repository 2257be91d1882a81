"""The letters themselves within a line of text: what differs there from what is around the line.

Around letters there is their background. It is carried on into the line as a membrane over it (Laplace's equation),
which goes on with gradients as they are. What differs from that by more than the background does from itself, and has
a colour that is more frequent in the line than around it, or ends within the line, is ink: letters of any colour, and
their outlines.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from ..geometry import Array, Box, Floats, Image, Mask, Size, crop, resize
from ..models.fillers.membrane import span
from ..models.model import TextRegion

_HEIGHT = 48  # pixels; higher lines are shrunk to it, as strokes are thick enough to be seen then
_TOUCHED = 64  # of 255; an enlarged pixel that is ink for so much of it is
_AROUND = 0.6  # of a line's height: how much of what is around is looked at
_BEYOND = 0.15  # of it: letters may reach out of the line's shape so far
_PART = 0.35  # of the ink's difference from the background: from here on a pixel is ink
_SURELY = 0.6  # of it: from here on it is, whatever is around the line
_NOISE = 1.25  # times what nine tenths of the background differ from its own average
_FAINT = 10.0  # of 255: what differs by less cannot be told from its background
_WINDOW = (5, 5)  # pixels: of the background that are averaged, against its grain
_WHOLE = 0.9  # of a letter lies in its line at the least
_LETTERS = 0.5  # of a line: they take no more of it, so what takes more is its ground
_NOTHING = 6.0  # of 255: where hardly a pixel of a line differs by so much, there is nothing
_BIN = 12  # of 255: how wide a bin of colours is
_OFTEN = 1.0  # times: ink's colour is more frequent within the line than around it
_FOREIGN = 2.0  # times: such a colour around the line is of letters that reach out of it


def letters_of(image: Image, region: TextRegion, texts: Mask) -> tuple[Box, Mask]:
    """A box and, of its size, the mask (uint8 hxw, 0 or 255) of the letters of a line in `image` (uint8 HxWx3).

    texts: uint8 HxW, all lines of the picture; none of them is background.
    """
    reach = max(4, round(_AROUND * region.height))
    box = region.box.grow(reach).clip(Size.of(image))
    line = np.zeros((box.size.height, box.size.width), np.uint8)
    line[region.box.shift(-box.left, -box.top).slices] = region.mask
    scale = min(1.0, _HEIGHT / region.height)
    small = Size(*(max(1, round(side * scale)) for side in box.size))
    pixels, others, line = (resize(each, small) for each in (crop(image, box), crop(texts, box), line))
    line = _grown(np.where(line > 127, np.uint8(255), np.uint8(0)), max(1.0, _BEYOND * region.height * scale))
    ink = _ink(pixels, line > 0, (line == 0) & (others == 0))
    whole = cv2.resize(ink, tuple(box.size), interpolation=cv2.INTER_LINEAR)
    return box, np.where(whole > _TOUCHED, np.uint8(255), np.uint8(0))


def _ink(image: Image, line: Array, known: Array) -> Mask:
    """uint8 hxw: the letters in a line (bool hxw) of a picture (uint8 hxwx3); known (bool hxw) is what is around it.

    All of the line where nothing can be told apart; nothing where all is as its background: the network was wrong.
    """
    whole = np.where(line, np.uint8(255), np.uint8(0))
    if not known.any() or not line.any():
        return whole
    colours = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    pixels = colours.astype(np.float32)
    oftener = _oftener(colours, line, known)
    own = known & (oftener < _FOREIGN)
    if own.any() and (oftener[line] >= _FOREIGN).mean() < _LETTERS:
        known = own
    around = carried_on(pixels, known)
    differs = np.abs(pixels - around).max(axis=2)
    if np.quantile(differs[line], 0.98) < _NOTHING:
        return np.zeros_like(whole)
    noise = float(np.quantile(differs[known], 0.9))
    likely = line & (oftener > _OFTEN)
    inside = differs[likely]
    ink = inside[inside >= max(_FAINT, _otsu(inside))] if inside.size else inside
    if not ink.size:
        return whole
    usual = float(np.median(ink))
    cut = max(_FAINT, _PART * usual, min(_NOISE * noise, _SURELY * usual))
    far = differs >= cut
    return np.where(far & (likely | (line & _contained(far, line))), np.uint8(255), np.uint8(0))


def _contained(far: Array, line: Array) -> Array:
    """bool hxw: of what is far from its background (bool hxw) the pieces that lie in the line almost whole.

    So letters do, also those of a colour that is frequent around them; things that the line crosses do not.
    """
    labels: Array = cv2.connectedComponents(far.astype(np.uint8), connectivity=8)[1]
    whole = np.bincount(labels[far], minlength=int(labels.max()) + 1)
    inside = np.bincount(labels[far & line], minlength=len(whole))
    is_whole: Array = inside >= _WHOLE * whole
    return is_whole[labels] & far


def _oftener(colours: Array, line: Array, known: Array) -> Floats:
    """float32 hxw: how many times more frequent each pixel's colour (uint8 hxwx3) is in the line than around it."""
    from scipy.ndimage import gaussian_filter  # pyright: ignore  # here: a WebUI's start would wait for it

    count = 255 // _BIN + 1
    place: Array = (colours // _BIN).astype(np.int64) @ np.array((count * count, count, 1))

    def shares(which: Array) -> Array:
        counted = np.bincount(place[which], minlength=count**3).reshape((count,) * 3).astype(np.float32)
        return cast(Array, gaussian_filter(counted, 1.0, mode="constant")) / max(1, which.sum())

    return ((shares(line) + 1e-6) / (shares(known) + 1e-6)).reshape(-1)[place].astype(np.float32)


def carried_on(pixels: Floats, known: Array) -> Floats:
    """float32 hxwx3: the known pixels (bool hxw), each averaged with those near it, and carried on to the others."""
    weight = known.astype(np.float32)[..., None]
    total, share = (cv2.blur(each, _WINDOW).reshape(*known.shape, -1) for each in (pixels * weight, weight))
    return span(np.where(known[..., None], total / np.maximum(share, 1e-6), 0), ~known)


def _otsu(values: Array) -> float:
    """Where Otsu's method (1979) cuts these values of 0 to 255 in two."""
    levels = np.clip(values, 0, 255).astype(np.uint8).reshape(-1, 1)
    return float(cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0])


def _grown(mask: Mask, pixels: float) -> Mask:
    away = cv2.distanceTransform(255 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.where(away <= pixels, np.uint8(255), np.uint8(0))
