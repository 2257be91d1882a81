"""Masks: uint8 HxW, 255 = inside, 0 = outside, values between = soft. Every function gives a new array.

Work is done on the part of the picture that the mask touches, so a small thing in a large photograph is cheap.
"""

from __future__ import annotations

from math import gcd
from typing import Callable, Optional, Sequence

import cv2
import numpy as np

from ..errors import BadRequest
from ..geometry import Box, Size, fit, resize
from ..schema import MaskOptions, Stroke
from .edges import follow
from .matting import matted

_ROUNDING = 2e-4  # pixels; OpenCV's distances are as exact, and up to 1024 no two differ by less
_ROUGH = 128  # rows or columns at most that a mask is turned into strokes at
_HALF = 128  # of 255; from here on a pixel is rather inside
_FRACTION = 7  # bits after the point, where levels are added up
_DIRECTIONS = [(x, y) for x in range(-3, 4) for y in range(-3, 4) if gcd(x, y) == 1]
_FAR = 1 << 20  # pixels; where a coordinate off the picture is cut, as cv2 draws with 32 bits


def blank(size: Size) -> np.ndarray:
    """A mask in which nothing is selected."""
    return np.zeros((size.height, size.width), np.uint8)


def bounds(mask: np.ndarray) -> Optional[Box]:
    """The smallest box that holds every pixel above 0, or None for an empty mask."""
    left, top, width, height = cv2.boundingRect(mask)
    return Box(left, top, left + width, top + height) if width else None


def binary(mask: np.ndarray) -> np.ndarray:
    """255 wherever the mask is above 0."""
    return np.where(mask > 0, np.uint8(255), np.uint8(0))


def invert(mask: np.ndarray) -> np.ndarray:
    """Select everything else."""
    return 255 - mask


def union(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What is in one or the other."""
    return np.maximum(mask, other)


def subtract(mask: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What is in the first and not in the other."""
    return np.minimum(mask, 255 - other)


def grow(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Move the edge outwards by `pixels` in all directions (a disc); inwards when negative. 0 gives a copy."""
    if pixels < 0:
        return shrink(mask, -pixels)

    def spread(part: np.ndarray) -> np.ndarray:
        if not _is_binary(part):
            return _by_steps(part, pixels)
        near = _distance(255 - part) <= pixels + _ROUNDING  # costs the same at any radius
        return np.where(near, np.uint8(255), np.uint8(0))

    return _near(mask, pixels, spread)


def shrink(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Move the edge inwards by `pixels` in all directions. The border of the picture is no edge. 0 gives a copy."""

    def wear(part: np.ndarray) -> np.ndarray:
        if not _is_binary(part):
            return 255 - _by_steps(255 - part, pixels)
        return np.where(_distance(part) > pixels + _ROUNDING, np.uint8(255), np.uint8(0))

    return _near(mask, pixels, wear)


def grow_down(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Move the lower edge down by `pixels`: what a thing stands on often has its shadow. 0 gives a copy."""
    column = np.ones((pixels + 1, 1), np.uint8)
    return _near(mask, pixels, lambda part: cv2.dilate(part, column, anchor=(0, pixels)))


def feather(mask: np.ndarray, pixels: int) -> np.ndarray:
    """Let the edge fall outside in a straight line, from 255 to 0 over `pixels` pixels; what falls more gently stays.

    Outside, because the inside is what a person wants gone: it must not shine through.
    """

    def soften(part: np.ndarray) -> np.ndarray:
        if not _is_binary(part):
            return _sloped(part, 255 / (pixels + 1))
        ramp = np.clip(1 - _distance(255 - part) / (pixels + 1), 0, 1) * 255
        return np.maximum(part, np.rint(ramp).astype(np.uint8))

    return _near(mask, pixels, soften)


def fill_holes(mask: np.ndarray, area: int) -> np.ndarray:
    """Fill holes of up to `area` pixels, with their soft edges. A hole is less than half selected and does not reach
    the border of the picture.
    """

    def close(part: np.ndarray) -> np.ndarray:
        labels, stats = _components(np.where(part < _HALF, np.uint8(255), np.uint8(0)), connectivity=4)
        left, top, width, height, pixels = stats.T
        inside = (left > 0) & (top > 0) & (left + width < part.shape[1]) & (top + height < part.shape[0])
        holes = inside & (pixels <= area)
        return np.where(holes[labels], np.uint8(255), part)

    return _near(mask, 1, close) if area > 0 else mask.copy()


def drop_islands(mask: np.ndarray, area: int) -> np.ndarray:
    """Drop separate specks of up to `area` pixels."""

    def clean(part: np.ndarray) -> np.ndarray:
        labels, stats = _components(binary(part), connectivity=8)
        return np.where((stats[:, cv2.CC_STAT_AREA] <= area)[labels], np.uint8(0), part)

    return _near(mask, 0, clean) if area > 0 else mask.copy()


def from_stroke(size: Size, stroke: Stroke) -> np.ndarray:
    """The pixels under a brush of the stroke's radius drawn along its points; what is off the picture is cut."""
    points = np.array(stroke.points, float).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise BadRequest("A brush stroke has a coordinate that is not a number.")
    mask = blank(size)
    if not len(points):
        return mask
    reach = int(np.ceil(stroke.radius))
    pixels = np.clip(np.floor(points), -_FAR, _FAR).astype(np.int32)  # of pixels, no longer of their corners
    around = Box(*pixels.min(axis=0).tolist(), *(pixels.max(axis=0) + 1).tolist()).grow(reach)
    canvas = around.within(Box.whole(size).grow(reach))
    if not canvas.size.area:
        return mask
    line = blank(canvas.size)
    path = np.vstack([pixels, pixels[-1:]]) - canvas[:2]  # cv2 draws no line of one point
    cv2.polylines(line, [path.reshape(-1, 1, 2)], False, 255)
    if not line.any():
        return mask
    drawn = _distance(255 - line) <= stroke.radius - 0.5  # half a pixel is the line's own
    seen = canvas.clip(size)
    mask[seen.slices] = np.where(drawn[seen.shift(-canvas.left, -canvas.top).slices], np.uint8(255), np.uint8(0))
    return mask


def paint(mask: np.ndarray, strokes: Sequence[Stroke]) -> np.ndarray:
    """Add and erase brush strokes, in their order."""
    result = mask.copy()
    for stroke in strokes:
        drawn = from_stroke(Size.of(mask), stroke)
        result = union(result, drawn) if stroke.label else subtract(result, drawn)
    return result


def to_strokes(mask: np.ndarray) -> tuple[Stroke, ...]:
    """Brush strokes that cover roughly what is masked, row by row: the mask as a hint for a segmenter."""
    size = Size.of(mask)
    small = resize(binary(mask), fit(size, _ROUGH))
    across, down = size.width / small.shape[1], size.height / small.shape[0]
    radius = max(across, down) / 2 + (size != Size.of(small))  # a brush is drawn along whole pixels: leave no gaps
    strokes: list[Stroke] = []
    for row, inside in enumerate(small >= min(_HALF, max(1, int(small.max())))):
        edges = np.flatnonzero(np.diff(inside.astype(np.int8), prepend=0, append=0))
        for start, end in edges.reshape(-1, 2):
            y = (row + 0.5) * down
            line = (((start + 0.5) * across, y), ((end - 0.5) * across, y))
            strokes.append(Stroke(points=line, radius=min(radius, 1024)))
    return tuple(strokes)


def refine(mask: np.ndarray, options: MaskOptions, image: Optional[np.ndarray] = None) -> np.ndarray:
    """Everything that MaskOptions asks for, in the order of its fields, and at no cost what it does not ask for.

    `image` (uint8 HxWx3) is for refine_edges and matting.
    """
    result = invert(mask) if options.invert else mask.copy()
    if options.refine_edges and image is not None:
        result = follow(image, result, options.refine_edges)
    if options.fill_holes:
        result = fill_holes(result, options.fill_holes)
    if options.drop_islands:
        result = drop_islands(result, options.drop_islands)
    if options.matting and image is not None:
        result = matted(image, result, options.matting)
    if options.grow:
        result = grow(result, options.grow)
    if options.shadow:
        result = grow_down(result, options.shadow)
    if options.feather:
        result = feather(result, options.feather)
    return result


def _near(mask: np.ndarray, reach: int, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A copy of the mask in which `change` was applied to the part within `reach` pixels of what is selected."""
    result = mask.copy()
    box = bounds(mask)
    if box is not None:
        part = box.grow(reach + 1).clip(Size.of(mask)).slices
        result[part] = change(mask[part])
    return result


def _is_binary(mask: np.ndarray) -> bool:
    return not ((mask > 0) & (mask < 255)).any()


def _distance(mask: np.ndarray) -> np.ndarray:
    """float32 HxW: how far in pixels each pixel is from the nearest 0; the border of the picture does not count."""
    return cv2.distanceTransform(np.ascontiguousarray(mask), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _components(mask: np.ndarray, connectivity: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels int32 HxW and, for each label, int32 (left, top, width, height, area); label 0 is the background.

    The background's area is set beyond any limit, so that no one takes it for a component.
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(mask), connectivity=connectivity)
    stats[0] = (0, 0, mask.shape[1], mask.shape[0], np.iinfo(np.int32).max)
    return labels, stats


def _by_steps(mask: np.ndarray, pixels: int) -> np.ndarray:
    """A soft mask (uint8 HxW) grown by `pixels`: small discs one after the other, as a large one costs its area."""
    while pixels > 0:
        mask = cv2.dilate(mask, _disc(min(pixels, 8)))
        pixels -= 8
    return mask


def _sloped(mask: np.ndarray, slope: float) -> np.ndarray:
    """The smallest mask (uint8 HxW) that is nowhere below this soft one and falls by at most `slope` a pixel.

    It is raised along one direction after the other, at doubling distances. Between neighbouring directions a distance
    comes out up to 1.3 % too long.
    """
    levels = mask.astype(np.uint16) << _FRACTION
    here = Box.whole(Size.of(mask))
    for dx, dy in _DIRECTIONS:
        fall = np.hypot(dx, dy) * slope
        while fall < 255 and abs(dx) < here.right and abs(dy) < here.bottom:
            source, target = here.shift(-dx, -dy).within(here).slices, here.shift(dx, dy).within(here).slices
            lost = np.uint16(round(fall * 2**_FRACTION))
            np.maximum(levels[target], np.maximum(levels[source], lost) - lost, out=levels[target])
            dx, dy, fall = 2 * dx, 2 * dy, 2 * fall
    return ((levels + 2 ** (_FRACTION - 1)) >> _FRACTION).astype(np.uint8)


def _disc(radius: int) -> np.ndarray:
    """A filled disc as a structuring element; cv2's own ellipse has one-pixel spikes."""
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return (x * x + y * y <= radius * radius + radius).astype(np.uint8)
