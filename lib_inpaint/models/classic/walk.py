"""Probabilities of patches made smooth within contours, and sets of patches made whole.

Grady, "Multilabel random walker image segmentation using prior models", 2005.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, diags
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from .regions import Regions, graph

_SURE = 1e4  # the trust in what is known
_LEAK = 0.003  # how much a sure contour still lets through


def walk(regions: Regions, prior: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """float P: where a random walk from each patch ends.

    prior: float P, 0..1, the probability when it ends where it is. trust: float P, how readily it ends there, for each
    pixel of the patch.
    """
    weight = regions.length * ((1 - regions.contour) ** 3 + _LEAK)
    links = graph(regions.pairs, weight, len(regions.area))
    stay = trust * regions.area
    system = diags(np.asarray(links.sum(1)).ravel() + stay) - links
    return np.clip(splu(system.tocsc()).solve(stay * prior), 0, 1)


def walk_with(
    regions: Regions, prior: np.ndarray, trust: np.ndarray, inside: np.ndarray, outside: np.ndarray
) -> np.ndarray:
    """As walk, with patches (int each) that are known to be inside or outside."""
    prior, trust = prior.astype(float), trust.astype(float)
    for patches, value in ((outside, 0.0), (inside, 1.0)):
        prior[patches], trust[patches] = value, _SURE
    return walk(regions, prior, trust)


def parts_with(regions: Regions, sets: np.ndarray, patch: int) -> np.ndarray:
    """bool KxP: what of each set (bool KxP) hangs together with a patch, which is added."""
    sets = sets.copy()
    sets[:, patch] = True
    parts = _parts(regions, sets)
    return sets & (parts == parts[:, patch, None])


def filled(regions: Regions, sets: np.ndarray) -> np.ndarray:
    """bool KxP: each set (bool KxP) with what it encloses."""
    parts = _parts(regions, ~sets)
    opened = np.zeros(parts.max() + 1, bool)
    opened[parts[~sets & (regions.border > 0)]] = True
    return sets | ~opened[parts]


def distinct(sets: np.ndarray) -> np.ndarray:
    """The sets (bool KxP), each once."""
    packed = np.packbits(sets, axis=1)
    return sets[np.unique(packed.view(f"V{packed.shape[1]}").ravel(), return_index=True)[1]]


def _parts(regions: Regions, sets: np.ndarray) -> np.ndarray:
    """int KxP: the number of the connected part each patch of a set (bool KxP) is in; others are by themselves."""
    count = len(regions.area)
    a, b = regions.pairs.T
    number, pair = np.nonzero(sets[:, a] & sets[:, b])
    ends = number * count + a[pair], number * count + b[pair]
    links = coo_matrix((np.ones(len(pair), np.int8), ends), (sets.size, sets.size))
    return connected_components(links, False)[1].reshape(sets.shape)
