"""A picture as a tree of regions: small patches along its edges, merged in pairs until one is left.

The patches are a seeded watershed of the colour gradient; the merging order is that of the least contrast, as in
Arbelaez et al., "Contour detection and hierarchical image segmentation", 2011. Most things are one node, or a few.
"""

from __future__ import annotations

import heapq
import math
from typing import NamedTuple

import cv2
import numpy as np
from skimage.segmentation import watershed

_STEP = 7  # pixels between the seeds of patches: thin things survive, and a picture of 512 pixels has some 4000 patches
_COLOURS = 32  # in the palette of the histograms


class Regions(NamedTuple):
    """Patches, who is next to whom, and the tree over them. P patches, N = 2P - 1 nodes, E pairs of neighbours.

    Patches are numbered so that every node of the tree holds a run of them: node n holds first[n]..last[n]-1. Nodes
    0..P-1 are the patches themselves, a parent has a higher number than its children, and the last node is the picture.
    """

    patches: np.ndarray  # int32 HxW: the patch of each pixel
    area: np.ndarray  # float32 P, in pixels
    border: np.ndarray  # float32 P, pixels along the border of the picture
    histogram: np.ndarray  # float32 PxC: pixels of each colour of the palette
    pairs: np.ndarray  # int32 Ex2: patches that touch
    length: np.ndarray  # float32 E: pixels along which they touch
    edge: np.ndarray  # float32 E: mean gradient there, 0 = none, in Lab units per pixel
    parent: np.ndarray  # int32 N; the root is its own
    height: np.ndarray  # float32 N: contrast at which the node was made; never below that of its children
    first: np.ndarray  # int32 N
    last: np.ndarray  # int32 N

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self)


def build_regions(lab: np.ndarray) -> Regions:
    """float32 HxWx3 Lab, of any size from 1x1 -> its tree of regions."""
    smooth = cv2.bilateralFilter(lab, 5, 8, 2)
    gradient = _gradient(smooth)
    patches = _patches(gradient)
    flat, count = patches.ravel(), int(patches.max()) + 1
    area = np.bincount(flat).astype(np.float32)
    mean = np.stack([np.bincount(flat, channel.ravel()) for channel in cv2.split(smooth)], 1) / area[:, None]
    pairs, length, edge = _neighbours(patches, gradient)
    parent, height = _merge(area, mean, pairs, length, edge)
    order, first, last = _number(parent, count)
    old = np.argsort(order)
    parent[:count] = parent[old]
    keys = order[flat].astype(np.int64) * _COLOURS + _palette(smooth).ravel()
    return Regions(
        patches=order[patches],
        area=area[old],
        border=_border(patches, count)[old],
        histogram=np.bincount(keys, minlength=count * _COLOURS).reshape(count, _COLOURS).astype(np.float32),
        pairs=order[pairs],
        length=length,
        edge=edge,
        parent=parent,
        height=height,
        first=first,
        last=last,
    )


def _gradient(lab: np.ndarray) -> np.ndarray:
    """float32 HxWx3 -> float32 HxW: how fast the colour changes, per pixel."""
    soft = cv2.GaussianBlur(lab, (0, 0), 1.0)
    dx = cv2.Scharr(soft, cv2.CV_32F, 1, 0, scale=1 / 32).reshape(lab.shape)
    dy = cv2.Scharr(soft, cv2.CV_32F, 0, 1, scale=1 / 32).reshape(lab.shape)
    return np.sqrt((dx * dx + dy * dy).sum(2))


def _patches(gradient: np.ndarray) -> np.ndarray:
    """float32 HxW -> int32 HxW: patches numbered from 0, seeded where each cell of a grid is flattest."""
    height, width = gradient.shape
    seeds = np.zeros((height, width), np.int32)
    rows, columns = -(-height // _STEP), -(-width // _STEP)
    padded = np.full((rows * _STEP, columns * _STEP), np.inf, np.float32)
    padded[:height, :width] = gradient
    cells = padded.reshape(rows, _STEP, columns, _STEP).transpose(0, 2, 1, 3).reshape(rows * columns, -1)
    best = cells.argmin(1)
    row, column = np.divmod(np.arange(rows * columns), columns)
    seeds[row * _STEP + best // _STEP, column * _STEP + best % _STEP] = np.arange(1, rows * columns + 1)
    return watershed(gradient, seeds).astype(np.int32) - 1


def _border(patches: np.ndarray, count: int) -> np.ndarray:
    """float32 P: how many pixels of each patch lie along the border of the picture."""
    sides = np.concatenate([patches[0], patches[-1], patches[:, 0], patches[:, -1]])
    return np.bincount(sides, minlength=count).astype(np.float32)


def _neighbours(patches: np.ndarray, gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of patches that touch int Ex2 (lower number first), length float32 E and mean gradient float32 E."""
    count = int(patches.max()) + 1
    keys, strengths = [], []
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        a, b = patches[here], patches[there]
        apart = a != b
        a, b = a[apart].astype(np.int64), b[apart].astype(np.int64)
        keys.append(np.minimum(a, b) * count + np.maximum(a, b))
        strengths.append(np.maximum(gradient[here][apart], gradient[there][apart]))
    unique, inverse, length = np.unique(np.concatenate(keys), return_inverse=True, return_counts=True)
    total = np.bincount(inverse.ravel(), np.concatenate(strengths), len(unique))
    pairs = np.stack(np.divmod(unique, count), 1)
    return pairs, length.astype(np.float32), (total / length).astype(np.float32)


def _merge(
    area: np.ndarray, mean: np.ndarray, pairs: np.ndarray, length: np.ndarray, edge: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Merge the two most alike neighbours until one region is left -> parent int32 N and height float32 N.

    area float P and mean colour float Px3 of the patches; pairs, length and edge as in Regions.
    """
    count = len(area)
    areas, means = area.tolist(), mean.tolist()
    touching: list[dict[int, tuple[float, float]]] = [{} for _ in range(count)]  # neighbour: length, length * gradient
    for (a, b), n, g in zip(pairs.tolist(), length.tolist(), edge.tolist()):
        touching[a][b] = touching[b][a] = (n, n * g)
    parent = np.arange(2 * count - 1, dtype=np.int32)
    height = np.zeros(2 * count - 1, np.float32)
    gone = [False] * (2 * count - 1)

    def contrast(a: int, b: int) -> float:
        n, total = touching[a][b]
        small = min(areas[a], areas[b])  # specks go first: a scratch on a coin is not a thing
        return (0.5 * math.dist(means[a], means[b]) + 2.0 * total / n) * math.sqrt(small / (small + 400.0))

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


def _number(parent: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


def _palette(lab: np.ndarray) -> np.ndarray:
    """float32 HxWx3 -> int HxW: the nearest of a few colours that the picture has."""
    sample = lab.reshape(-1, 3)[:: max(1, lab.shape[0] * lab.shape[1] // 4000)]
    centres = sample
    if len(sample) > _COLOURS:
        cv2.setRNGSeed(0)
        stop = (cv2.TERM_CRITERIA_COUNT, 8, 0)
        _, _, centres = cv2.kmeans(np.ascontiguousarray(sample), _COLOURS, None, stop, 1, cv2.KMEANS_PP_CENTERS)  # type: ignore
    distance = (centres * centres).sum(1) - 2 * lab.reshape(-1, 3) @ centres.T
    return distance.argmin(1).reshape(lab.shape[:2])


def ancestors(regions: Regions, patch: int) -> np.ndarray:
    """int K: the nodes that hold a patch, from the patch itself to the whole picture."""
    chain = [int(patch)]
    while regions.parent[chain[-1]] != chain[-1]:
        chain.append(int(regions.parent[chain[-1]]))
    return np.array(chain)


def members(regions: Regions, nodes: np.ndarray) -> np.ndarray:
    """bool KxP: which patches each of K nodes holds."""
    number = np.arange(len(regions.area))
    return (number >= regions.first[nodes, None]) & (number < regions.last[nodes, None])
