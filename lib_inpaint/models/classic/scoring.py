"""How likely a set of patches is one thing, and how well it agrees with what was pointed at."""

from __future__ import annotations

from typing import NamedTuple, Optional

import numpy as np
from scipy.sparse import csr_matrix, identity

from ...geometry import Box
from ...imaging import mask as masks
from .regions import Regions

_MISSED = 0.2  # what each click on the wrong side leaves of the fitness
# exponents, from a search over some twenty things in photographs of scikit-image that were outlined by hand
_WEIGHTS = np.array([0.4, 0.17, 0.06, 1.2, 1.0])


class Click(NamedTuple):
    """A click on the grid of the small image."""

    place: tuple[float, float]  # (x, y) in pixels
    cell: tuple[int, int]  # (row, column)
    label: int  # 1 or -1


class Prompts(NamedTuple):
    """A selection on the grid of the small image that the regions are of."""

    known: np.ndarray  # int8 hxw: 1 inside, -1 outside, 0 for the segmenter to find out
    clicked: np.ndarray  # int8 hxw: the same, of the clicks alone
    hint: np.ndarray  # bool hxw: roughly brushed over
    box: Optional[Box]
    clicks: list[Click]  # in the order they were made, but for those that a later one in the same cell contradicts


def fitness(regions: Regions, sets: np.ndarray, prompts: Prompts) -> np.ndarray:
    """float K, 0..1: how well each set (bool KxP) agrees with the prompts."""
    result = np.ones(len(sets))
    for label in (1, -1):
        clicked = np.unique(regions.patches[prompts.clicked == label])
        if len(clicked):
            result *= _MISSED ** np.minimum((sets[:, clicked] != (label > 0)).sum(1), 50)
    if prompts.hint.any():
        brushed = cover(regions, prompts.hint)
        areas = np.maximum(sets @ regions.area, 1)
        result *= (sets @ brushed) / brushed.sum() * np.minimum(1, brushed.sum() / areas) ** 0.25
    return result


def judge(regions: Regions, sets: np.ndarray) -> np.ndarray:
    """float K, 0..1: how much each set of patches (bool KxP) looks like one thing.

    An edge all around, other colours than what is next to it, an outline that is not frayed, not cut off by the border
    of the picture, and neither a speck nor most of the picture. After Carreira and Sminchisescu, "CPMC: automatic
    object segmentation using constrained parametric min-cuts", 2012.
    """
    area, border, total = sets @ regions.area, sets @ regions.border, regions.area.sum()
    result, real = np.zeros(len(sets)), (area > 0) & (area < total)
    if not real.any():
        return result
    sets, area, border = sets[real], area[real], border[real]
    a, b = regions.pairs.T
    strong = max(1.0, float(np.quantile(regions.edge, 0.85)))  # relative, so that a dull picture has things too
    by_patch = np.ascontiguousarray(sets.T)  # gathering rows is several times faster than gathering columns
    cut = (by_patch[a] != by_patch[b]).astype(np.float32)
    outline = regions.length @ cut
    support = (regions.length * np.minimum(regions.edge / strong, 1)) @ cut / outline
    mine = sets.astype(np.float32) @ regions.histogram
    ring = _around(regions, sets).astype(np.float32) @ regions.histogram
    common = np.sqrt(mine * ring).sum(1) / np.sqrt(area * ring.sum(1))  # Bhattacharyya
    compact = np.minimum(1, 4 * np.pi * area / (0.75 * (outline + border)) ** 2)
    whole = 1 - 0.6 * border / (border + outline)
    part = area / total
    size = np.minimum(1, part / 0.002) ** 0.25 * np.minimum(1, (1 - part) / 0.7)
    features = np.stack([support, 1 - np.clip(common, 0, 1), compact, whole, size], 1)
    result[real] = np.prod(features**_WEIGHTS, axis=1)
    return result


def cover(regions: Regions, inside: np.ndarray) -> np.ndarray:
    """bool hxw -> int P: how many pixels of each patch are inside."""
    return np.bincount(regions.patches[inside], minlength=len(regions.area))


def overlap(regions: Regions, sets: np.ndarray, one: np.ndarray) -> np.ndarray:
    """float K: intersection over union of each set (bool KxP) with one (bool P), in pixels."""
    return ((sets & one) @ regions.area) / np.maximum((sets | one) @ regions.area, 1)


def agreement(regions: Regions, inside: np.ndarray, belongs: np.ndarray) -> float:
    """The intersection over union that a mask (bool hxw) has with probabilities of patches (float P)."""
    expected = (cover(regions, inside) * belongs).sum()
    return float(expected / max(1, inside.sum() + (regions.area * belongs).sum() - expected))


def fill(inside: np.ndarray, box: Box) -> float:
    """0..1: how nearly the bounds of a mask (bool hxw) are the box, as intersection over union."""
    bounds = masks.bounds(inside.astype(np.uint8))
    if bounds is None:
        return 0.0
    width = max(0, min(bounds.right, box.right) - max(bounds.left, box.left))
    common = width * max(0, min(bounds.bottom, box.bottom) - max(bounds.top, box.top))
    return common / (bounds.size.area + box.size.area - common)


def _around(regions: Regions, sets: np.ndarray) -> np.ndarray:
    """bool KxP -> bool KxP: the patches outside, up to three steps away."""
    count = len(regions.area)
    touch = csr_matrix((np.ones(len(regions.pairs), np.float32), tuple(regions.pairs.T)), (count, count))
    touch = touch + touch.T + identity(count, "float32", "csr")
    near = sets.T.astype(np.float32)
    for _ in range(3):
        near = (touch @ near > 0).astype(np.float32)
    return (near.T > 0) & ~sets
