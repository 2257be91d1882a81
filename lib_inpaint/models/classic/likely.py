"""How likely a set of patches is what was clicked on: the intersection over union to be expected.

After Carreira and Sminchisescu, "CPMC: automatic object segmentation using constrained parametric min-cuts", 2012: a
linear regression over how the set agrees with the probabilities of its patches, the contour along its outline, its
colours against those around, and its size, shape and place.
"""

from __future__ import annotations

import numpy as np

from .regions import Regions, graph
from .weights import LIKELY

_STRONG, _WEAK = 0.3, 0.06  # contours


def expected_iou(
    regions: Regions, sets: np.ndarray, belongs: np.ndarray, smooth: np.ndarray, at: tuple[float, float]
) -> np.ndarray:
    """float K, 0..1, of each set (bool KxP, none of them empty) for a click at a place (x, y).

    belongs and smooth: float P, as of proposals.propose.
    """
    return np.clip(LIKELY(cues(regions, sets, belongs, smooth, at)), 0.01, 0.99)


def cues(
    regions: Regions, sets: np.ndarray, belongs: np.ndarray, smooth: np.ndarray, at: tuple[float, float]
) -> np.ndarray:
    """float Kx23: what is known of each set; see expected_iou."""
    some, area = sets.astype(np.float32), sets @ regions.area
    part = area / regions.area.sum()
    expected = some @ (regions.area * belongs)
    agreed = expected / (area + (regions.area * belongs).sum() - expected)
    ring = _ring(regions, sets)
    around = ring @ regions.area + 1e-3
    colours = some @ regions.histogram
    outline, along = _outline(regions, sets)
    border = some @ regions.border
    centre = (some @ (regions.area[:, None] * regions.place)) / area[:, None]
    inside, outside = some @ (regions.area * smooth) / area, ring @ (regions.area * smooth) / around
    agreed_within = np.clip(agreed, 0.01, 0.99)
    columns = [
        agreed,
        *along,
        _alike(regions, colours, ring @ regions.histogram),
        _alike(regions, colours, (1 - some) @ regions.histogram),
        np.log(part),
        border / (border + outline),
        np.log(4 * np.pi * area / (outline + border) ** 2),
        np.hypot(*(centre - np.array(at)).T) / np.sqrt(area),
        _depth(regions, sets, at) / np.sqrt(area),
        *(inside, outside, inside - outside, expected / area),
        *(some @ (regions.area * regions.common) / area, ring @ (regions.area * regions.common) / around),
        *(_sides(regions, some), part, np.log(part) ** 2, np.log(agreed_within / (1 - agreed_within)), agreed**2),
    ]
    return np.column_stack(columns)


def _outline(regions: Regions, sets: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    """The length of each outline, and along it: the mean contour, how much is strong and weak; the mean within."""
    a, b = regions.pairs.T
    by_patch = np.ascontiguousarray(sets.T)  # gathering rows is several times faster than gathering columns
    cut, kept = ((by_patch[a] != by_patch[b]), (by_patch[a] & by_patch[b]))
    length, sure = regions.length, regions.contour
    kinds = np.stack([length, length * sure, length * (sure > _STRONG), length * (sure < _WEAK)])
    outline, *along = kinds @ cut.astype(np.float32)
    outline = outline + 1e-3
    whole, within = kinds[:2] @ kept.astype(np.float32)
    return outline, [*(kind / outline for kind in along), within / (whole + 1)]


def _ring(regions: Regions, sets: np.ndarray) -> np.ndarray:
    """float32 KxP: the patches outside, up to two steps away."""
    touch = graph(regions.pairs, np.ones(len(regions.pairs)), len(regions.area)).astype(np.float32)
    near = sets.T.astype(np.float32)
    for _ in range(2):
        near = (touch @ near + near > 0).astype(np.float32)
    return ((near.T > 0) & ~sets).astype(np.float32)


def _alike(regions: Regions, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
    """float K, 0..1: how much of their colours (float KxC) two areas have in common (Bhattacharyya)."""
    shares = [colours @ regions.alike for colours in (ones, others)]
    shares = [colours / (colours.sum(1, keepdims=True) + 1e-6) for colours in shares]
    return np.sqrt(shares[0] * shares[1]).sum(1)


def _depth(regions: Regions, sets: np.ndarray, at: tuple[float, float]) -> np.ndarray:
    """float K: how far the nearest patch outside is from the place, in pixels."""
    distance = np.hypot(*(regions.place - np.array(at)).T)
    return np.minimum(np.where(sets, np.inf, distance).min(1), np.hypot(*regions.patches.shape))


def _sides(regions: Regions, some: np.ndarray) -> np.ndarray:
    """float K: how many sides of the picture each set lies along."""
    (height, width), (x, y) = regions.patches.shape, regions.place.T
    near = np.stack([x < 8, x > width - 8, y < 8, y > height - 8], 1) * regions.border[:, None]
    return (some @ near > 0).sum(1)
