"""What a click may mean, as sets of patches of the tree of regions."""

from __future__ import annotations

import numpy as np

from .pointing import node_sizes
from .regions import Regions, ancestors, members
from .walk import distinct, filled, parts_with, walk

_TRUST, _LITTLE = 0.1, 0.02  # of two walks, the second smoother
_LEVELS = np.arange(0.1, 0.91, 0.05)  # of the probability at which a set may end
_HEIGHTS = (0.8, 0.9, 0.95, 0.98, 0.99)  # quantiles of the heights at which the tree is cut
_SHARES = (0.3, 0.5, 0.7)  # a node with such a probability belongs to the set
_LEAST, _MOST = 0.003, 0.7  # parts of the picture that a node may be to stand for itself
_LEAK = 0.75  # no set is a larger part of the picture, if there is another


def propose(regions: Regions, belongs: np.ndarray, patch: int) -> tuple[np.ndarray, np.ndarray]:
    """bool KxP: sets that hold the patch clicked on; and float P, the probability made smooth.

    belongs: float P, as of pointing.belonging. After Arbelaez et al., "Multiscale combinatorial grouping", 2014, the
    sets are cuts of the tree and nodes that hold the click, and beside these what a random walk thinks probable.
    """
    smooth, smoother = smoothed(regions, belongs), smoothed(regions, belongs, _LITTLE)
    chain = ancestors(regions, patch)
    part = node_sizes(regions, chain) / regions.area.sum()
    sets = [
        smooth > _LEVELS[:, None],
        smoother > _LEVELS[::2, None],
        cuts(regions, smooth, _SHARES),
        cuts(regions, smoother, (0.4,)),
        members(regions, chain[(part > _LEAST) & (part < _MOST)]),
    ]
    whole = distinct(filled(regions, parts_with(regions, distinct(np.concatenate(sets)), patch)))
    fits = whole @ regions.area < _LEAK * regions.area.sum()
    return (whole[fits] if fits.any() else whole), smooth


def smoothed(regions: Regions, belongs: np.ndarray, trust: float = _TRUST) -> np.ndarray:
    """float P: probabilities of patches, made smooth within contours."""
    return walk(regions, belongs, np.full(len(belongs), trust))


def cuts(regions: Regions, belongs: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """bool KxP: for some heights of the tree and each share, all regions there that belong for that much."""
    count = len(regions.area)
    held = np.append(0, np.cumsum(belongs * regions.area))
    nodes = np.arange(len(regions.parent))
    mean = (held[regions.last] - held[regions.first]) / node_sizes(regions, nodes)
    sets = []
    for height in np.quantile(regions.height[count:] if count > 1 else regions.height, _HEIGHTS):
        there = (regions.height <= height) & (regions.height[regions.parent] > height)
        for share in shares:
            chosen = there & (mean > share)
            starts, ends = (np.bincount(side[chosen], minlength=count + 1) for side in (regions.first, regions.last))
            sets.append(np.cumsum(starts - ends)[:count] > 0)
    return np.array(sets)
