"""What a further click changes: the part around it that is on the wrong side, and nothing else.

As a first click finds what belongs to it, a further one finds what is as wrong as itself, within what is on that side
now; earlier clicks that want it to stay there hold their ground.
"""

from __future__ import annotations

from typing import Sequence

import cv2
import numpy as np

from .edge import distance
from .pointing import belonging, click_cues, colour_odds, log_odds, logistic, node_sizes, patch_at
from .regions import Regions, ancestors, nearness
from .walk import parts_with, walk_with
from .weights import CLICK, CORRECTION

_TRUST, _TRUST_BEYOND = 0.1, 0.15  # of the walk, where a change may be and where not
_LEVELS = np.array([0.5, 0.6, 0.7, 0.8, 0.9])  # of the probability that a patch is wrong, from which on it is moved
_MIDDLE = 0.5  # how deep a click lies in what it moves, as a part of the greatest depth
_HELD = 6  # earlier clicks whose own things are looked at


def correct(
    regions: Regions, inside: np.ndarray, at: tuple[float, float], label: int, held: Sequence[int], smooth: np.ndarray
) -> np.ndarray:
    """bool P: the patches that a click at (x, y) moves to the side of its label, 1 or -1.

    inside: bool P, what is selected so far. held: patches that were clicked with the other label. smooth: float P, the
    probabilities that the first click gave. Nothing when the click agrees with what is selected.
    """
    patch, free = patch_at(regions, at), inside != (label > 0)
    if not free[patch]:
        return np.zeros(len(free), bool)
    held = [other for other in held if free[other] and other != patch]
    odds = CORRECTION(cues(regions, inside, at, label, held, smooth))
    trust = np.where(free, _TRUST, _TRUST_BEYOND)
    wrong = walk_with(regions, np.where(free, logistic(odds), 0), trust, np.array([patch]), np.array(held, int))
    sets = parts_with(regions, (wrong > _LEVELS[:, None]) & free, patch)
    return next((one for one in sets if _in_middle(regions, one, at)), sets[-1])


def _in_middle(regions: Regions, moved: np.ndarray, at: tuple[float, float]) -> bool:
    """Whether a click at (x, y) is about as deep in some patches (bool P) as any place is.

    One clicks in the middle of what is wrong: what reaches much farther to one side is not all wrong.
    """
    depth = _depth(regions, moved)
    row, column = min(int(at[1]), len(depth) - 1), min(int(at[0]), depth.shape[1] - 1)
    return bool(depth[row, column] >= _MIDDLE * depth.max())


def cues(
    regions: Regions, inside: np.ndarray, at: tuple[float, float], label: int, held: Sequence[int], smooth: np.ndarray
) -> np.ndarray:
    """float Px43: what is known of each patch as seen from a click; see correct."""
    seen = click_cues(regions, at)
    free = inside != (label > 0)
    depth = _depth(regions, free)
    radius = max(float(depth[min(int(at[1]), len(depth) - 1), min(int(at[0]), depth.shape[1] - 1)]), 1.5)
    deep = np.bincount(regions.patches.ravel(), depth.ravel(), len(free)) / regions.area
    far = np.hypot(*(regions.place - np.array(at)).T) / radius
    crossed = np.exp(seen[:, 3]) - 0.05  # contours between the click and the patch
    one = np.ones(len(free))
    columns = [
        *(label * log_odds(smooth), np.log1p(deep), np.log(radius) * one),
        *(far, np.log(far + 0.3), np.minimum(far, 3)),
        *_held(regions, held, crossed),
        label * colour_odds(regions, inside.astype(float), 1.0 - inside),
        label * one,
        _free_share(regions, patch_at(regions, at), free),
        *(label * seen[:, 20], label * seen[:, 16]),
        np.log(free @ regions.area / regions.area.sum()) * one,
        crossed < 0.3,
        log_odds(logistic(CLICK(seen))),
    ]
    return np.column_stack([seen, *columns])


def _depth(regions: Regions, free: np.ndarray) -> np.ndarray:
    """float32 hxw: how deep each pixel lies within the free patches, the border of the picture being an edge too."""
    return distance(cv2.copyMakeBorder(free[regions.patches].astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT) > 0)[
        1:-1, 1:-1
    ]


def _held(regions: Regions, held: Sequence[int], crossed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three of float P: nearer to the click than to patches that stay; whether there are any; what belongs to them."""
    one = np.ones(len(crossed))
    if not held:
        return 0 * one, 0 * one, -3 * one
    away = nearness(regions.pairs, regions.contour, np.array(held), len(one))
    theirs = np.max([belonging(regions, tuple(regions.place[patch])) for patch in held[-_HELD:]], 0)
    return np.log((0.05 + crossed) / (0.05 + away)), one, log_odds(theirs)


def _free_share(regions: Regions, patch: int, free: np.ndarray) -> np.ndarray:
    """float P: how much of the smallest node that holds a patch and each other is free."""
    chain = ancestors(regions, patch)
    held = np.append(0, np.cumsum(regions.area * free))
    shares = (held[regions.last[chain]] - held[regions.first[chain]]) / node_sizes(regions, chain)
    result = np.empty(len(free))
    for node, share in zip(chain[::-1], shares[::-1]):
        result[regions.first[node] : regions.last[node]] = share
    return result
