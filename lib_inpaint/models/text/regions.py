"""Regions of text from the probability of text at each pixel.

As in Liao et al., "Real-time Scene Text Detection with Differentiable Binarization" (2020), section 3.4: a map is cut
off at a threshold, and what is left, which is each line's core alone, is widened again. Regions are masks here, not
polygons, so that a line may be curved.
"""

from __future__ import annotations

from typing import Optional, Sequence

import cv2
import numpy as np

from ...geometry import Array, Box, Floats, Size
from ..model import TextRegion

_THRESHOLD = 0.3  # of the probability: what belongs to a line's core
_UNCLIP = 1.6  # r' of the paper: the core is widened by its area * r' / its length
_LEAST = 3  # pixels of the map: thinner cores are noise
_WHOLE = 0.85  # the least score of what covers half of the picture
_LARGE = 64  # pixels of the map: a higher line is seen better when the picture is smaller
_SAME = 0.5  # of a coarser region: if finer ones cover so much of it, they show the same lines, and better


def regions_of(probability: Floats, size: Size, confidence: float) -> list[TextRegion]:
    """The regions in a map (float32 hxw, 0..1) of a picture of that size that are scored at least `confidence`.

    The score is the mean of the map over a line's core.
    """
    core = (probability > _THRESHOLD).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=8)
    found = (_region(probability, labels, number, stats[number], size) for number in range(1, count))
    return [one for one in found if one is not None and one.score >= max(confidence, _needed(one, size))]


def _needed(region: TextRegion, size: Size) -> float:
    """The score from which on a region is believed: the networks take some empty gradients for text as a whole."""
    return _WHOLE if np.count_nonzero(region.mask) > size.area / 2 else 0.0


def _region(probability: Floats, labels: Array, number: int, stats: Array, size: Size) -> Optional[TextRegion]:
    left, top, width, height, area = map(int, stats)
    if min(width, height) < _LEAST or area < _LEAST**2:
        return None
    core = Box(left, top, left + width, top + height)
    inside = labels[core.slices] == number
    score = float(probability[core.slices][inside].mean())
    contours, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    length = cv2.arcLength(contours[0], True)
    wider = area * _UNCLIP / max(length, 1.0)
    around = core.grow(int(np.ceil(wider)) + 1).clip(Size.of(probability))
    outside = (labels[around.slices] != number).astype(np.uint8)
    grown = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= wider
    return _enlarged(grown, around, Size.of(probability), size, score)


def _enlarged(inside: Array, box: Box, small: Size, size: Size, score: float) -> Optional[TextRegion]:
    """A region of the map, bool hxw in that box, on the picture."""
    across, down = size.width / small.width, size.height / small.height
    place = Box(
        *(round(box.left * across), round(box.top * down)), *(round(box.right * across), round(box.bottom * down))
    ).clip(size)
    if not place.size.area:
        return None
    soft = cv2.resize(inside.astype(np.float32), tuple(place.size), interpolation=cv2.INTER_LINEAR)
    mask = np.where(soft >= 0.5, np.uint8(255), np.uint8(0))
    return TextRegion(place, mask, score, thickness(mask)) if mask.any() else None


def thickness(mask: Array) -> float:
    """The height of a line whose mask is uint8 hxw, whichever way it runs: of the largest disc in it."""
    edged = cv2.copyMakeBorder(mask, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return 2 * float(cv2.distanceTransform(edged, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max())


def merged(levels: Sequence[Sequence[TextRegion]], scales: Sequence[float]) -> list[TextRegion]:
    """The regions that were found at several scales (1 is the picture's own), the finest first, each once.

    A line counts where it was found whole: a coarser region takes the place of pieces that a finer scale saw of it, or
    of a line that is large there, and gives way where others cover it.
    """
    kept: list[tuple[TextRegion, bool]] = []  # and whether it has a size that the network knows well
    for regions, scale in zip(levels, scales):
        fresh: list[tuple[TextRegion, bool]] = []
        boxes = np.array([one.box for one, _ in kept], np.int64).reshape(-1, 4)
        stays = np.ones(len(kept), bool)
        for region in regions:
            near: list[int] = np.flatnonzero(stays & _touched(boxes, region.box)).tolist()
            if _covered(region, [kept[index][0] for index in near if kept[index][1]]) < _SAME:
                stays[[index for index in near if _covered(kept[index][0], [region]) >= _SAME]] = False
                fresh.append((region, region.height * scale <= _LARGE))
        kept = [kept[index] for index in np.flatnonzero(stays)] + fresh
    return sorted((region for region, _ in kept), key=lambda region: (region.box.top, region.box.left))


def _touched(boxes: Array, box: Box) -> Array:
    """bool N: which of the boxes (int64 Nx4) share a pixel with `box`; all at once, as there are thousands."""
    left, top, right, bottom = boxes.T
    return (left < box.right) & (right > box.left) & (top < box.bottom) & (bottom > box.top)


def _covered(region: TextRegion, others: Sequence[TextRegion]) -> float:
    """Which part of a region the others cover."""
    covered = np.zeros(region.mask.shape, bool)
    for other in others:
        shared = other.box.within(region.box)
        if shared.size.area > 0:
            here, there = (shared.shift(-box.left, -box.top).slices for box in (region.box, other.box))
            covered[here] |= other.mask[there] > 0
    inside = region.mask > 0
    return float((covered & inside).sum() / inside.sum())
