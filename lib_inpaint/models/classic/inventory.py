"""All things in a picture by its tree of regions: the nodes that look most like a thing each, one after another."""

from __future__ import annotations

import numpy as np

from .regions import Regions, members
from .scoring import judge, overlap

_LEAST, _MOST = 0.001, 0.5  # parts of the picture that a thing may be
_LARGE, _FAVOUR = 0.03, 0.3  # a thing of that part or more goes before smaller ones that look as good
_SAME = 0.7  # sets that overlap so much are one thing


def inventory(regions: Regions, count: int) -> list[tuple[np.ndarray, float]]:
    """Up to `count` things, the likeliest first: (bool P, the patches of it; its score, 0..1)."""
    whole = np.append(0, np.cumsum(regions.area))
    part = (whole[regions.last] - whole[regions.first]) / regions.area.sum()
    nodes = np.flatnonzero((part > _LEAST) & (part < _MOST))
    if not len(nodes):
        return []
    sets = members(regions, nodes)
    scores = judge(regions, sets)
    rank = scores * np.minimum(1, part[nodes] / _LARGE) ** _FAVOUR
    found: list[tuple[np.ndarray, float]] = []
    while len(found) < count and rank.max() > 0:
        best = rank.argmax()
        found.append((sets[best], float(scores[best])))
        rank = np.where(overlap(regions, sets, sets[best]) >= _SAME, 0, rank)
    return found
