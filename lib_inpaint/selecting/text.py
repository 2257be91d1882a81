"""Lines of text: found by a detector, filtered as asked for, each with the mask of its letters or of its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Sequence

import cv2
import numpy as np

from ..geometry import Box, Image, Mask, Size
from ..imaging import mask as masks
from ..models.model import TextDetector, TextRegion
from ..progress import Progress, part
from ..schema import FindTextRequest
from .letters import letters_of
from .selection import validate_box

_BESIDE = 64  # pixels around a region that the detector sees as well: what a letter is, its neighbours tell
_MOST = 0.5  # of a line: so much of it lies in the region that is asked for
_MARGIN = 12  # a margin is so many times smaller than a line is high
_LEAST = 2  # pixels of margin: letters have soft edges


@dataclass(frozen=True)
class TextLine:
    """A line of text. box: of all of its mask. mask: uint8 HxW of the box's size, 0 or 255. score: how sure, 0..1.

    height: of the line in pixels, across it. corners: (x, y) of the four of its turned rectangle, one after another.
    """

    box: Box
    mask: Mask
    score: float
    height: float
    corners: tuple[tuple[float, float], ...]


def find(image: Image, detector: TextDetector, request: FindTextRequest, progress: Progress) -> list[TextLine]:
    """The lines of text in a picture (uint8 HxWx3) that the request asks for, from above to below.

    Raises BadRequest for a region that does not lie on the picture.
    """
    size = Size.of(image)
    if request.region is not None:
        validate_box(request.region, size)
    seen = Box.whole(size) if request.region is None else request.region.grow(_BESIDE).clip(size)
    threshold = detector.threshold if request.confidence is None else request.confidence
    found = detector(image[seen.slices], threshold, part(progress, 0.0, 0.8))
    found = [one._replace(box=one.box.shift(seen.left, seen.top)) for one in found]
    texts = masks.blank(size)
    for region in found:
        np.maximum(texts[region.box.slices], region.mask, out=texts[region.box.slices])
    lines: list[TextLine] = []
    wanted = [region for region in found if _is_wanted(region, request)]
    for number, region in enumerate(wanted):
        progress(0.8 + 0.2 * number / len(wanted), "Looking for letters")
        line = _line(image, region, texts, request)
        lines += [line] if line is not None else []
    return lines


def mask_of(lines: Sequence[TextLine], size: Size) -> Mask:
    """uint8 HxW: all lines."""
    mask = masks.blank(size)
    for line in lines:
        np.maximum(mask[line.box.slices], line.mask, out=mask[line.box.slices])
    return mask


def described(line: TextLine) -> dict[str, Any]:
    """What is told of a line to programs, without its mask."""
    corners = [[round(x, 1), round(y, 1)] for x, y in line.corners]
    area = int(np.count_nonzero(line.mask))
    score, height = round(line.score, 4), round(line.height, 1)
    return {"box": list(line.box), "corners": corners, "score": score, "height": height, "area": area}


def margin_of(height: float, request: FindTextRequest) -> int:
    """How many pixels are added around the letters of a line of that height."""
    return max(_LEAST, round(height / _MARGIN)) if request.text_margin is None else request.text_margin


def _is_wanted(region: TextRegion, request: FindTextRequest) -> bool:
    if region.height < request.min_height or (request.max_height and region.height > request.max_height):
        return False
    if request.region is None:
        return True
    shared = region.box.within(request.region).shift(-region.box.left, -region.box.top)
    return bool((region.mask[shared.slices] > 0).sum() >= _MOST * (region.mask > 0).sum())


def _line(image: Image, region: TextRegion, texts: Mask, request: FindTextRequest) -> Optional[TextLine]:
    """The line that a region is, on the picture's own pixels; None where nothing of it is left."""
    box, mask = letters_of(image, region, texts)
    if request.text_as == "box" and mask.any():
        box, mask = region.box, region.mask
    margin = margin_of(region.height, request)
    around = box.grow(margin).clip(Size.of(image))
    whole = masks.blank(around.size)
    whole[box.shift(-around.left, -around.top).slices] = mask
    whole = masks.grow(whole, margin)
    inside = masks.bounds(whole)
    if inside is None:
        return None
    place = inside.shift(around.left, around.top)
    return TextLine(place, whole[inside.slices].copy(), region.score, region.height, _corners(region))


def _corners(region: TextRegion) -> tuple[tuple[float, float], ...]:
    """Of the smallest rectangle, however turned, around a region."""
    rows, columns = np.nonzero(region.mask)
    points = np.column_stack([columns + region.box.left, rows + region.box.top]).astype(np.float32)
    turned = cv2.boxPoints(cv2.minAreaRect(points))
    return tuple((float(x), float(y)) for x, y in turned)
