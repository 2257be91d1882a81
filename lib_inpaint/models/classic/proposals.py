"""What a selection may mean, as sets of patches of the tree of regions."""

from __future__ import annotations

import math

import numpy as np

from .regions import Regions, ancestors, members
from .scoring import Prompts, cover, judge, overlap

_STEP = 1.03  # how much larger each set is than the last one that is worth a look
_HEIGHTS = 256  # at which the tree is looked at for one selection
_BRUSHED = 16  # patches that stand for a brushed area
_MANY = 32  # clicked patches whose own regions are looked at; of the others, the clicked spot alone
_WITHIN = 0.85  # a node of which so much is in the box belongs to it
_JOINED = 8  # sets that are tried together with their neighbours
_NEIGHBOURS = 12  # neighbours that are tried with each


def propose(regions: Regions, prompts: Prompts) -> np.ndarray:
    """bool KxP: sets of patches that the prompts may mean."""
    included = np.unique(regions.patches[prompts.clicked > 0])
    if prompts.hint.any():
        covered = cover(regions, prompts.hint) / regions.area
        brushed = np.flatnonzero(covered > min(0.6, 0.9 * covered.max()))
        included = np.union1d(included, _spread(brushed, _BRUSHED))  # apart in number is apart in the tree
    excluded = np.setdiff1d(regions.patches[prompts.clicked < 0], included)
    free = _share(regions, np.isin(np.arange(len(regions.area)), included)) == 0
    wanted = _share(regions, np.isin(np.arange(len(regions.area)), excluded)) == 0
    sets = []
    if len(included):
        most, likely = _regions_of(regions, excluded, free)
        grown = _climb(regions, included)
        _, each = _regions_of(regions, included, wanted)
        grown = np.concatenate([grown & ~most, grown & ~likely, each[None]])
        grown = _thin(regions, grown)
        joined = _join(regions, grown)
        sets += [grown, joined[~joined[:, excluded].any(1)]]
    if prompts.hint.any():
        sets.append(_closed(regions, _share(regions, prompts.hint)))
    if prompts.box is not None:
        inside = np.zeros(prompts.known.shape, bool)
        inside[prompts.box.slices] = True
        part = _share(regions, inside & (prompts.known >= 0))
        closed = _closed(regions, part)
        _, likely = _regions_of(regions, excluded, free & (part > _WITHIN))
        _, each = _regions_of(regions, included, wanted & (part > _WITHIN))
        sets += [closed, (closed | each) & ~likely]
    return np.concatenate(sets)


def _climb(regions: Regions, included: np.ndarray) -> np.ndarray:
    """bool KxP: the regions of the included patches as they grow up the tree."""
    heights = np.unique(np.concatenate([regions.height[ancestors(regions, patch)] for patch in included]))
    heights = _spread(heights, _HEIGHTS)
    grown = np.zeros((len(heights), len(regions.area)), bool)
    for patch in included:
        chain = ancestors(regions, patch)
        at = np.searchsorted(regions.height[chain], heights, side="right") - 1
        grown |= members(regions, chain[np.maximum(at, 0)])
    return grown


def _regions_of(regions: Regions, patches: np.ndarray, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two of bool P: the largest and the likeliest regions of all these patches together, each at its own height.

    patches: int. free: bool N, the nodes that may be taken.
    """
    most, likely = np.zeros(len(regions.area), bool), np.zeros(len(regions.area), bool)
    for patch in _spread(patches, _MANY):
        chain = ancestors(regions, patch)
        held = members(regions, np.append(chain[:1], chain[1:][free[chain[1:]]]))
        most |= held[-1]
        likely |= held[judge(regions, held).argmax()]
    return most, likely


def _thin(regions: Regions, sets: np.ndarray) -> np.ndarray:
    """The sets from small to large, without those that are hardly larger than another."""
    areas = sets @ regions.area
    order = np.argsort(areas, kind="stable")
    step = (np.log(np.maximum(areas[order], 1)) / math.log(_STEP)).astype(int)
    return sets[order[np.diff(step, append=step[-1] + 1) > 0]]


def _join(regions: Regions, sets: np.ndarray) -> np.ndarray:
    """bool KxP: the likeliest of the sets joined with one or two of their neighbours in the tree.

    A thing of two colours is often two nodes. After Arbelaez et al., "Multiscale combinatorial grouping", 2014.
    """
    areas = sets @ regions.area
    fit = (areas >= 30) & (areas < 0.35 * regions.area.sum())
    ones = sets[fit][np.argsort(-judge(regions, sets[fit]), kind="stable")][: 2 * _JOINED]
    ones = _distinct(regions, ones)[:_JOINED]
    found = [np.zeros((0, len(regions.area)), bool)]
    for _ in range(2):
        joined = [one | members(regions, _beside(regions, one)) for one in ones]
        sizes = np.array([len(several) for several in joined], int)
        if not sizes.sum():
            break
        scores = np.split(judge(regions, np.concatenate(joined)), np.cumsum(sizes)[:-1])
        ranked = [several[np.argsort(-score, kind="stable")[:2]] for several, score in zip(joined, scores)]
        ranked = [several for several in ranked if len(several)]
        ones = [several[0] for several in ranked]
        found += ranked
    return np.concatenate(found)


def _spread(values: np.ndarray, most: int) -> np.ndarray:
    """The values, or that many of them at even steps, the first and the last among them."""
    return values if len(values) <= most else values[np.linspace(0, len(values) - 1, most).astype(int)]


def _distinct(regions: Regions, sets: np.ndarray) -> list[np.ndarray]:
    """The sets without those that are nearly the same as an earlier one."""
    kept: list[np.ndarray] = []
    for one in sets:
        if not kept or overlap(regions, np.array(kept), one).max() < 0.85:
            kept.append(one)
    return kept


def _beside(regions: Regions, one: np.ndarray) -> np.ndarray:
    """int K: nodes that touch a set (bool P) and share nothing with it, a tenth to four times as large.

    Of many, those that were least willing to merge with what they touch.
    """
    a, b = regions.pairs.T
    taken, whole = np.append(0, np.cumsum(one)), np.append(0, np.cumsum(regions.area))
    area = regions.area[one].sum()
    nodes = set()
    for patch in np.unique(np.concatenate([b[one[a] & ~one[b]], a[one[b] & ~one[a]]])):
        node = int(patch)
        while taken[regions.last[node]] == taken[regions.first[node]]:  # ends: the root holds everything
            size = whole[regions.last[node]] - whole[regions.first[node]]
            if size > 4 * area:
                break
            if size > 0.1 * area:
                nodes.add(node)
            node = int(regions.parent[node])
    found = np.array(sorted(nodes), int)
    lasting = regions.height[regions.parent[found]] / (regions.height[found] + 1)
    return found[np.argsort(-lasting, kind="stable")[:_NEIGHBOURS]]


def _closed(regions: Regions, part: np.ndarray) -> np.ndarray:
    """bool KxP: for some heights of the tree, all regions there that are within for the most part.

    part: float N, from _share: how much of each node is within.
    """
    count = len(regions.area)
    sets = []
    for height in np.unique(np.quantile(regions.height, np.linspace(0.6, 1, 40))):
        chosen = (regions.height <= height) & (regions.height[regions.parent] > height) & (part > _WITHIN)
        starts, ends = (np.bincount(bound[chosen], minlength=count + 1) for bound in (regions.first, regions.last))
        sets.append(np.cumsum(starts - ends)[:count] > 0)
    return np.unique(np.array(sets), axis=0)


def _share(regions: Regions, inside: np.ndarray) -> np.ndarray:
    """float N, 0..1: how much of each node is inside; bool hxw by pixels, or bool P by patches."""
    held = regions.area * inside if inside.ndim == 1 else cover(regions, inside)
    some, whole = np.append(0, np.cumsum(held)), np.append(0, np.cumsum(regions.area))
    return (some[regions.last] - some[regions.first]) / (whole[regions.last] - whole[regions.first])
