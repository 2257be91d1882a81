"""A picture as a tree of regions: small patches along its edges, merged in pairs until one is left.

The patches are a seeded watershed of the colour gradient; the merging order is that of the weakest contour, as in
Arbelaez et al., "Contour detection and hierarchical image segmentation", 2011. Most things are one node, or a few.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from skimage.segmentation import watershed

from .contours import contour, gradient, pixel_cues
from .tree import merge, number

_STEP = 7  # pixels between the seeds of patches: thin things survive, and a picture of 512 pixels has some 4000 patches
_NO_EDGE = 0.05  # Lab units per pixel; noise of a camera is more, also after JPEG
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
    contour: np.ndarray  # float32 E, 0..1: how surely a thing ends there
    colour: np.ndarray  # float32 Px3: mean Lab
    rough: np.ndarray  # float32 P: how much texture
    place: np.ndarray  # float32 Px2: centre (x, y) in pixels
    soft: np.ndarray  # float32 PxC: colours of the patch and those next to it, sums to 1
    alike: np.ndarray  # float32 CxC: how near the colours of the palette are, rows sum to 1
    lines: np.ndarray  # uint8 HxW: the contours, 255 = sure
    inland: np.ndarray  # float32 P: how much contour lies between the patch and the border of the picture
    common: np.ndarray  # float32 P: how much its colours are those of the border of the picture, 0 = as elsewhere
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
    slope = gradient(smooth, 1.0)
    patches = _patches(slope)
    flat, count = patches.ravel(), int(patches.max()) + 1
    cues, rough = pixel_cues(lab)
    pairs, length, means = _neighbours(patches, np.dstack([slope, cues]))
    area = np.bincount(flat).astype(np.float32)
    row, column = np.indices(patches.shape)
    many = [*cv2.split(smooth), rough, column, row]
    mean = np.stack([np.bincount(flat, values.ravel()) for values in many], 1) / area[:, None]
    nearest = _palette(smooth)
    keys = flat.astype(np.int64) * _COLOURS + nearest.ravel()
    histogram = np.bincount(keys, minlength=count * _COLOURS).reshape(count, _COLOURS).astype(np.float32)
    soft = histogram + graph(pairs, np.ones(len(pairs)), count) @ histogram
    soft = (soft / soft.sum(1, keepdims=True)).astype(np.float32)
    edges = contour(means[:, 1:], pairs, mean[:, :3], soft, mean[:, 3])
    parent, height = merge(area, mean[:, :3], pairs, length, edges)
    order, first, last = number(parent, count)
    old = np.argsort(order)
    parent[:count] = parent[old]
    patches, pairs, area, border = order[patches], order[pairs], area[old], _border(patches, count)[old]
    alike = _alike(histogram, mean[:, :3])
    return Regions(
        patches=patches,
        area=area,
        border=border,
        histogram=histogram[old],
        pairs=pairs,
        length=length,
        edge=means[:, 0].copy(),
        contour=edges,
        colour=mean[old, :3].astype(np.float32),
        rough=mean[old, 3].astype(np.float32),
        place=mean[old, 4:].astype(np.float32),
        soft=soft[old],
        alike=alike,
        lines=_lines(patches, pairs, edges),
        inland=nearness(pairs, edges, np.flatnonzero(border > 0), count),
        common=_common(soft[old], alike, border, histogram.sum(0) / area.sum()),
        parent=parent,
        height=height,
        first=first,
        last=last,
    )


def graph(pairs: np.ndarray, values: np.ndarray, count: int) -> csr_matrix:
    """PxP, symmetric: a value for each pair of patches that touch."""
    half = coo_matrix((np.asarray(values, np.float64), tuple(pairs.T)), (count, count))
    return (half + half.T).tocsr()


def flat_area(regions: Regions, patch: int) -> np.ndarray:
    """bool P: the patches that are reached from one without crossing any edge."""
    same = regions.pairs[regions.edge < _NO_EDGE]
    part = connected_components(graph(same, np.ones(len(same)), len(regions.area)), directed=False)[1]
    return part == part[patch]


def nearness(pairs: np.ndarray, contour: np.ndarray, start: np.ndarray, count: int) -> np.ndarray:
    """float32 P: how much contour must be crossed from the nearest of some patches (int K) to each."""
    cost = 0.02 - np.log1p(-np.minimum(contour, 0.98))
    return dijkstra(graph(pairs, cost, count), indices=start, min_only=True).astype(np.float32)


def _common(soft: np.ndarray, alike: np.ndarray, border: np.ndarray, share: np.ndarray) -> np.ndarray:
    """float32 P: as Regions.common. share: float C, of each colour in the picture."""
    there = (soft * border[:, None]).sum(0) / border.sum()
    return np.log(np.maximum(soft @ alike @ (there / np.maximum(share, 1e-3)), 1e-3)).astype(np.float32)


def _alike(histogram: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """float32 CxC: as Regions.alike."""
    mean = (histogram.T @ colour) / (histogram.sum(0) + 1e-6)[:, None]
    near = np.exp(-((mean[:, None] - mean[None]) ** 2).sum(2) / (2 * 8.0**2))
    return (near / near.sum(1, keepdims=True)).astype(np.float32)


def _lines(patches: np.ndarray, pairs: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """uint8 HxW: the probability of a contour at each pixel, wide enough that a thin ray meets it."""
    drawn, count = np.zeros(patches.shape, np.uint8), len(np.unique(patches))
    keys = np.sort(pairs, 1) @ np.array([count, 1], np.int64)
    order = np.argsort(keys)
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        a, b = patches[here], patches[there]
        apart = a != b
        wanted = np.minimum(a, b)[apart].astype(np.int64) * count + np.maximum(a, b)[apart]
        value = np.rint(255 * edges[order[np.searchsorted(keys, wanted, sorter=order)]]).astype(np.uint8)
        for side in (drawn[here], drawn[there]):
            side[apart] = np.maximum(side[apart], value)
    return cv2.dilate(drawn, np.ones((3, 3), np.uint8)).reshape(patches.shape)


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


def _neighbours(patches: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of patches that touch int Ex2 (lower number first), length float32 E, and means there float32 ExK.

    values: float32 HxWxK.
    """
    count = int(patches.max()) + 1
    keys, found = [], []
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        a, b = patches[here], patches[there]
        apart = a != b
        a, b = a[apart].astype(np.int64), b[apart].astype(np.int64)
        keys.append(np.minimum(a, b) * count + np.maximum(a, b))
        found.append(np.maximum(values[here][apart], values[there][apart]))
    unique, inverse, length = np.unique(np.concatenate(keys), return_inverse=True, return_counts=True)
    inverse = inverse.ravel()
    totals = [np.bincount(inverse, column, len(unique)) for column in np.concatenate(found).T]
    pairs = np.stack(np.divmod(unique, count), 1)
    means = np.stack(totals, 1) / length[:, None]
    return pairs, length.astype(np.float32), means.astype(np.float32)


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
