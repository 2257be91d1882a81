"""Which patches belong to the thing in a box.

A logistic regression as in pointing.py, over where a patch lies in the box (Lempitsky et al., "Image segmentation with
a bounding box prior", 2009), the contours between it and the outside of the box, and its colours against those around.
"""

from __future__ import annotations

import numpy as np

from ...geometry import Box
from .pointing import belonging, colour_odds, log_odds, logistic, node_sizes
from .regions import Regions, nearness
from .scoring import cover
from .walk import walk
from .weights import BOX

_TRUST, _SURE = 0.1, 1e3  # of the walk, within the box and outside
_HELD = 0.3  # a patch of which so much is in the box may belong to the thing


def boxed(regions: Regions, box: Box) -> np.ndarray:
    """float P, 0..1: the probability that each patch belongs to the thing in a box of the small picture."""
    part = _part(regions, box)
    belongs = logistic(BOX(cues(regions, box))) * (part > _HELD)
    return walk(regions, belongs, np.where(part > _HELD, _TRUST, _SURE))


def cues(regions: Regions, box: Box) -> np.ndarray:
    """float Px20: what is known of each patch and the box."""
    part = _part(regions, box)
    count, (x, y), (width, height) = len(part), regions.place.T, box.size
    across, down = (
        np.abs(x - (box.left + box.right) / 2) * 2 / width,
        np.abs(y - (box.top + box.bottom) / 2) * 2 / height,
    )
    round_ = across**2 + down**2
    inside, outside = part > 0.5, np.flatnonzero(part < 0.5)
    out = nearness(regions.pairs, regions.contour, outside, count) if len(outside) else regions.inland
    centre = np.flatnonzero((across < 0.25) & (down < 0.25) & inside)
    middle = int(np.where(inside, round_, 9).argmin())
    core = nearness(regions.pairs, regions.contour, centre if len(centre) else np.array([middle]), count)
    central = np.exp(-2 * round_) * inside
    ring = _ring(regions, box, part)
    held, share = _largest(regions, part)
    weight = central * regions.area / max((central * regions.area).sum(), 1e-6)
    rather = colour_odds(regions, central, ring)
    one = np.ones(count)
    columns = [
        *(np.log(0.05 + out), np.log(0.05 + core), np.log((0.05 + core) / (0.05 + out))),
        *(colour_odds(regions, inside * 1.0, ring), rather, colour_odds(regions, central, (part < 0.5) + 1e-6)),
        *(across, down, round_, np.maximum(across, down) ** 4),
        np.minimum.reduce([x - box.left, box.right - x, y - box.top, box.bottom - y]) / min(width, height),
        *(np.log(held / (width * height) + 0.001), share, regions.common, part),
        *(np.log(width * height / regions.area.sum()) * one, regions.border > 0, rather * round_),
        log_odds(belonging(regions, tuple(regions.place[middle]))),
        np.sqrt(np.maximum(regions.soft * (weight @ regions.soft), 0)).sum(1),
    ]
    return np.column_stack(columns)


def _part(regions: Regions, box: Box) -> np.ndarray:
    """float P: how much of each patch is in the box."""
    inside = np.zeros(regions.patches.shape, bool)
    inside[box.slices] = True
    return cover(regions, inside) / regions.area


def _ring(regions: Regions, box: Box, part: np.ndarray) -> np.ndarray:
    """float P: 1 for patches around the box, or along the border of the picture where there are none."""
    margin, (x, y) = max(8, max(box.size) / 4), regions.place.T
    across = (x >= box.left - margin) & (x < box.right + margin)
    ring = (part < 0.5) & across & (y >= box.top - margin) & (y < box.bottom + margin)
    return (ring if ring.any() else regions.border > 0) * 1.0


def _largest(regions: Regions, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the largest node that holds each patch and lies in the box: pixels, and how much is in the box, float P."""
    nodes = np.arange(len(regions.parent))
    held, sizes = np.append(0, np.cumsum(part * regions.area)), node_sizes(regions, nodes)
    share = (held[regions.last] - held[regions.first]) / sizes
    node, growing = np.arange(len(part)), np.ones(len(part), bool)
    while growing.any():
        up = regions.parent[node]
        growing &= (up != node) & (share[up] > 0.95)
        node = np.where(growing, up, node)
    return sizes[node], share[node]
