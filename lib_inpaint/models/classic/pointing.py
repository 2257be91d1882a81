"""Which patches belong to what was clicked on: a probability for each, from where it lies and what it looks like.

A logistic regression over what tells things apart in a picture: contours that must be crossed on the way (geodesic
distance, Bai and Sapiro, 2007; intervening contours, Leung and Malik, 1998), the tree of regions, colours near the
click against those elsewhere, and how much a patch is tied to the border of the picture (Wei et al., 2012).
"""

from __future__ import annotations

import cv2
import numpy as np

from .regions import Regions, ancestors, nearness
from .weights import CLICK

_RAYS = 24  # places at which the straight line from the click to a patch is looked at


def belonging(regions: Regions, at: tuple[float, float]) -> np.ndarray:
    """float P, 0..1: the probability that each patch belongs to what lies at a place (x, y) of the small picture."""
    return logistic(CLICK(click_cues(regions, at)))


def logistic(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(odds, -50, 50)))


def log_odds(probability: np.ndarray) -> np.ndarray:
    sure = np.clip(probability, 0.003, 0.997)
    return np.log(sure / (1 - sure))


def patch_at(regions: Regions, at: tuple[float, float]) -> int:
    """The patch at a place (x, y)."""
    height, width = regions.patches.shape
    return int(regions.patches[min(int(at[1]), height - 1), min(int(at[0]), width - 1)])


def click_cues(regions: Regions, at: tuple[float, float]) -> np.ndarray:
    """float Px26: what is known of each patch as seen from a place (x, y)."""
    here, total = patch_at(regions, at), regions.area.sum()
    side, (height, width) = max(regions.patches.shape), regions.patches.shape
    level, share, median = _common_node(regions, here)
    far = nearness(regions.pairs, regions.contour, np.array([here]), len(regions.area)).astype(float)
    away = regions.place - np.array(at)
    distance = np.hypot(*away.T) / side
    highest, summed = _between(regions, at)
    near = np.exp(-far / 0.5) * np.exp(-((distance / 0.08) ** 2))
    weight = near * regions.area / max((near * regions.area).sum(), 1e-9)
    apart = np.abs(regions.colour - weight @ regions.colour)
    order = np.argsort(far, kind="stable")
    reached = np.empty(len(far))
    reached[order] = np.cumsum(regions.area[order]) / total
    inland, x, y = regions.inland.astype(float), *regions.place.T
    one = np.ones(len(far))
    columns = [
        *(level, np.log(share), level / (median + 0.02), np.log(0.05 + far), np.log(reached)),
        *(distance, np.log(0.01 + distance), highest, summed),
        colour_odds(regions, near, 1 - np.exp(-far / 1.5)),
        colour_odds(regions, near, regions.border / np.maximum(regions.area, 1)),
        _region_odds(regions, here),
        *(np.log1p(apart[:, 0]), np.log1p(np.hypot(apart[:, 1], apart[:, 2]))),
        np.sqrt(np.maximum(regions.soft * (weight @ regions.soft), 0)).sum(1),
        np.abs(regions.rough - weight @ regions.rough),
        *(np.log(0.05 + inland), np.log(0.05 + inland[here]) * one, np.log((0.05 + far) / (0.05 + inland))),
        *(regions.border > 0, regions.common, regions.common[here] * one),
        np.minimum.reduce([x, y, width - x, height - y]) / side,
        min(at[0], at[1], width - at[0], height - at[1]) / side * one,
        *(np.abs(away[:, 0]) / side, away[:, 1] / side),
    ]
    return np.column_stack(columns)


def colour_odds(regions: Regions, inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """float P: how much rather the colours of a patch are those inside than those outside (weights of patches, P)."""
    two = np.stack([inside, outside]) @ regions.histogram @ regions.alike
    two = two / (two.sum(1, keepdims=True) + 1e-9)
    return regions.soft @ np.log((two[0] + 2e-3) / (two[1] + 2e-3))


def node_sizes(regions: Regions, nodes: np.ndarray) -> np.ndarray:
    """float K: pixels of some nodes (int K)."""
    whole = np.append(0.0, np.cumsum(regions.area, dtype=float))
    return whole[regions.last[nodes]] - whole[regions.first[nodes]]


def _region_odds(regions: Regions, here: int) -> np.ndarray:
    """float P: colour_odds of the node of some 4 % of the picture that holds a patch."""
    chain = ancestors(regions, here)
    sizes = node_sizes(regions, chain) / regions.area.sum()
    node = chain[min(np.searchsorted(sizes, 0.04), len(chain) - 1)]
    region = np.zeros(len(regions.area))
    region[regions.first[node] : regions.last[node]] = 1
    return colour_odds(regions, region, 1 - region)


def _common_node(regions: Regions, here: int) -> tuple[np.ndarray, np.ndarray, float]:
    """The smallest node that holds a patch and each other: its height and its part of the picture, float P.

    Also the median height of all nodes that hold the patch.
    """
    chain = ancestors(regions, here)
    level, share = np.empty((2, len(regions.area)))
    for node, part in zip(chain[::-1], node_sizes(regions, chain)[::-1] / regions.area.sum()):
        held = slice(regions.first[node], regions.last[node])
        level[held], share[held] = regions.height[node], part
    return level, share, float(np.median(regions.height[chain]))


def _between(regions: Regions, at: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The contours on the straight line from a place to each patch: the surest, and all together, float P."""
    steps = (np.arange(_RAYS) + 1) / _RAYS
    away = regions.place - np.array(at)
    x, y = ((at[axis] + away[:, axis, None] * steps).astype(np.float32) for axis in (0, 1))
    met = cv2.remap(regions.lines, x, y, cv2.INTER_NEAREST).reshape(len(away), _RAYS) / 255
    return met.max(1), met.mean(1) * np.hypot(*away.T) / max(regions.patches.shape)
