"""Patches merged in pairs, the least divided first, until one is left: the tree of regions."""

from __future__ import annotations

import heapq
import math

import numpy as np


def merge(
    area: np.ndarray, mean: np.ndarray, pairs: np.ndarray, length: np.ndarray, contour: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Merge the two most alike neighbours until one region is left -> parent int32 N and height float32 N.

    area float P and mean colour float Px3 of the patches; pairs, length and contour as in Regions.
    """
    count = len(area)
    areas, means = area.tolist(), mean.tolist()
    touching: list[dict[int, tuple[float, float]]] = [{} for _ in range(count)]  # neighbour: length, length * contour
    for (a, b), n, g in zip(pairs.tolist(), length.tolist(), contour.tolist()):
        touching[a][b] = touching[b][a] = (n, n * g)
    parent = np.arange(2 * count - 1, dtype=np.int32)
    height = np.zeros(2 * count - 1, np.float32)
    gone = [False] * (2 * count - 1)

    def contrast(a: int, b: int) -> float:
        n, total = touching[a][b]
        small = min(areas[a], areas[b])  # specks go first: a scratch on a coin is not a thing
        unlike = 0.006 * min(math.dist(means[a], means[b]), 50)
        return (total / n + unlike) * math.sqrt(small / (small + 200.0))

    queue = [(contrast(a, b), a, b) for a, b in pairs.tolist()]
    heapq.heapify(queue)
    for new in range(count, 2 * count - 1):
        value, a, b = heapq.heappop(queue)
        while gone[a] or gone[b]:
            value, a, b = heapq.heappop(queue)
        gone[a] = gone[b] = True
        parent[a] = parent[b] = new
        height[new] = max(value, height[a], height[b])
        areas.append(areas[a] + areas[b])
        means.append([(areas[a] * x + areas[b] * y) / areas[new] for x, y in zip(means[a], means[b])])
        touching.append(_join(touching, a, b))
        for other, shared in touching[new].items():
            touching[other][new] = shared
            heapq.heappush(queue, (contrast(new, other), new, other))
    return parent, height


def _join(touching: list[dict[int, tuple[float, float]]], a: int, b: int) -> dict[int, tuple[float, float]]:
    """The neighbours of a and b together; they forget a and b, and a and b forget them."""
    joint: dict[int, tuple[float, float]] = {}
    for old in (a, b):
        for other, (n, total) in touching[old].items():
            if other not in (a, b):
                m, rest = joint.get(other, (0.0, 0.0))
                joint[other] = (n + m, total + rest)
                del touching[other][old]
        touching[old] = {}
    return joint


def number(parent: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The patches in the order of the tree: order int32 P (old number -> new), and first and last int32 N of the nodes.

    parent int32 N still has the old numbers of the patches; in first and last the nodes of patches have their new ones.
    """
    nodes = len(parent)
    held = np.zeros(nodes, np.int32)
    held[:count] = 1
    for node in range(nodes - 1):
        held[parent[node]] += held[node]
    start, taken = np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    for node in range(nodes - 2, -1, -1):
        up = parent[node]
        start[node] = start[up] + taken[up]
        taken[up] += held[node]
    order = start[:count].copy()
    start[:count] = np.arange(count)
    return order, start, start + held
