"""A first guess for a large hole: pieces of the picture moved by a few offsets, cut where the seams show least.

He and Sun, "Statistics of patch offsets for image completion", 2012: in most pictures the patches that resemble each
other lie a few offsets apart, and these say how a hole is to be filled. Which offset a pixel takes is a labelling with
the seams of Pritch, Kav-Venaki and Peleg, "Shift-map image editing", 2009, found by expansion moves (Boykov, Veksler
and Zabih, "Fast approximate energy minimization via graph cuts", 2001).

Photographs have a horizon, so what continues behind a thing mostly stands beside it: moves straight across are offered
as well, and moves up or down cost a little.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from ...progress import Progress
from .patchmatch import gather, split

_OFFSETS, _ACROSS = 48, 40  # candidates: the most frequent ones, and at most so many straight across
_QUERIES, _SOURCES = 2048, 8192  # patches that are compared for the statistics
_APART = 15  # offsets shorter than this part of the longer side say nothing: a patch resembles the one next to it
_LEVEL = 16.0  # the cost of a move up or down by the height of the hole, in levels of 255
_RARE = 0.7  # the cost of a colour that does not occur around the hole, for each level by which it differs
_BARRED = 10_000.0  # the cost of a colour that is not known
_RIM, _TOLERATED = 2, 8.0  # pixels around the hole, and levels that are no difference
_CYCLES, _ENOUGH = 2, 0.005
_AT_ONCE = 1 << 22  # differences of colours that are held at a time
_SCALE = 16  # costs to whole numbers for the maximum flow


def shift_map(
    image: np.ndarray, hole: np.ndarray, rng: np.random.Generator, progress: Progress
) -> tuple[np.ndarray, np.ndarray]:
    """float32 HxWxC of whole numbers, RGB first, and bool HxW -> float32 HxWxC, filled; int HxW.

    The second array says by how many positions of the flattened picture each pixel of the hole was moved; 0 elsewhere.
    """
    moves = np.concatenate([frequent_offsets(image, hole, rng), _across(hole)])
    colour, able = _moved(image[..., :3], hole, moves, hole)
    data = np.where(able, 0, _BARRED) + _rim_cost(image[..., :3], hole, moves)
    data += _RARE * _foreign(image[..., :3], hole, moves)
    rows = np.nonzero(hole)[0]
    data += _LEVEL * np.abs(moves[:, :1]) / max(1, np.ptp(rows))
    label = _expand(data.astype(np.float32), colour, _pairs(hole), progress)
    result, steps = image.copy(), np.zeros(hole.shape, int)
    width = hole.shape[1]
    step = moves[label, 0] * width + moves[label, 1]
    at = np.flatnonzero(hole)
    barred = ~able[label, np.arange(len(at))]
    step[barred] = 0
    steps[hole] = step
    result.reshape(-1, image.shape[2])[at] = image.reshape(-1, image.shape[2])[at + step]
    if barred.any():
        result.reshape(-1, image.shape[2])[at[barred]] = image[~hole].mean(axis=0).round()
    return result, steps


def frequent_offsets(image: np.ndarray, hole: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int Kx2: (dy, dx) by which patches outside the hole and those most like them lie apart, the commonest first."""
    (height, width), positions = hole.shape, split(hole)[1]
    sources = np.sort(rng.choice(positions, min(_SOURCES, len(positions)), replace=False))
    asked = np.sort(rng.choice(sources, min(_QUERIES, len(sources)), replace=False))
    patches, queries = (gather(np.ascontiguousarray(image[..., :3]), which) for which in (sources, asked))
    squares = (patches**2).sum(1)  # whole numbers below 2**24 are exact, whatever the order of the sum
    least = max(height, width) / _APART
    y, x = np.divmod(sources, width)
    counts = np.zeros((2 * height + 1, 2 * width + 1), np.float32)
    for some, patch in zip(np.array_split(asked, 8), np.array_split(queries, 8)):
        dy, dx = y - some[:, None] // width, x - some[:, None] % width
        error = squares - 2 * patch @ patches.T
        error[(np.abs(dy) < least) & (np.abs(dx) < least)] = np.inf
        best = np.arange(len(some)), error.argmin(axis=1)
        np.add.at(counts, (dy[best] + height, dx[best] + width), 1)
    smooth = cv2.GaussianBlur(counts + counts[::-1, ::-1], (0, 0), 1.4)
    peaks = np.flatnonzero((smooth >= cv2.dilate(smooth, np.ones((5, 5)))) & (smooth > 0))
    best = peaks[np.argsort(-smooth.ravel()[peaks], kind="stable")[:_OFFSETS]]
    return np.stack(np.divmod(best, 2 * width + 1), 1) - (height, width)


def _across(hole: np.ndarray) -> np.ndarray:
    """int Kx2: moves to either side, by at least a few pixels."""
    width = hole.shape[1]
    moves = np.arange(-width, width, max(3, 2 * width // _ACROSS))
    moves = moves[np.abs(moves) > 4]
    return np.stack([np.zeros_like(moves), moves], 1)


def _moved(image: np.ndarray, hole: np.ndarray, moves: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 KxNx3: the colours that K moves bring to the N pixels of `where`; bool KxN: whether they are known."""
    rows, columns = np.nonzero(where)
    y, x = rows + moves[:, :1], columns + moves[:, 1:]
    able = (y >= 0) & (y < hole.shape[0]) & (x >= 0) & (x < hole.shape[1])
    y, x = np.clip(y, 0, hole.shape[0] - 1), np.clip(x, 0, hole.shape[1] - 1)
    return image[y, x], able & ~hole[y, x]


def _rim_cost(image: np.ndarray, hole: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """float KxN: the seam between each pixel of the hole under each move and the known pixels that it touches."""
    rim = (cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0) & ~hole
    colour, able = _moved(image, hole, moves, rim)
    seam = np.zeros((len(moves), *np.add(hole.shape, 2)), np.float32)
    inner = seam[:, 1:-1, 1:-1]
    inner[:, rim] = np.where(able, 2 * np.linalg.norm(colour - image[rim], axis=2), _BARRED / 100)
    sides = seam[:, 1:-1, :-2] + seam[:, 1:-1, 2:] + seam[:, :-2, 1:-1] + seam[:, 2:, 1:-1]
    return sides[:, hole]


def _foreign(image: np.ndarray, hole: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """float KxN: how unlike all colours around the hole the one is that a move brings: something else's, then."""
    near = cv2.dilate(hole.astype(np.uint8), np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)) > 0
    around, every = image[near & ~hole], image.reshape(-1, 3)
    nearest = [  # in parts, as there are as many differences as pixels times pixels around the hole
        ((some**2).sum(1)[:, None] - 2 * some @ around.T + (around**2).sum(1)).min(1)
        for some in np.array_split(every, max(1, len(every) * len(around) // _AT_ONCE))
    ]
    unlike = np.sqrt(np.maximum(np.concatenate(nearest), 0)).reshape(hole.shape)
    unlike = np.maximum(unlike - _TOLERATED, 0)
    return _moved(unlike[..., None], hole, moves, hole)[0][..., 0]


def _pairs(hole: np.ndarray) -> np.ndarray:
    """int 2xE: the pixels of the hole that touch, by their number in it."""
    number = np.full(hole.shape, -1)
    number[hole] = np.arange(hole.sum())
    found = []
    for here, there in ((number[:, :-1], number[:, 1:]), (number[:-1], number[1:])):
        both = (here >= 0) & (there >= 0)
        found.append(np.stack([here[both], there[both]]))
    return np.concatenate(found, axis=1)


def _expand(data: np.ndarray, colour: np.ndarray, pairs: np.ndarray, progress: Progress) -> np.ndarray:
    """int N: the cheapest label of each pixel that expansion moves find.

    data: float32 KxN, the cost of each label by itself. colour: float32 KxNx3. The seam between two labels is how far
    their colours are apart at both pixels.
    """
    first, second = pairs
    all_pixels = np.arange(data.shape[1])

    def seam(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        at_first = np.linalg.norm(colour[one[first], first] - colour[other[second], first], axis=1)
        return at_first + np.linalg.norm(colour[one[first], second] - colour[other[second], second], axis=1)

    def energy(label: np.ndarray) -> float:
        return float(data[label, all_pixels].sum() + seam(label, label).sum())

    label = data.argmin(axis=0)
    best = energy(label)
    for cycle in range(_CYCLES):
        before = best
        for k in range(len(data)):
            progress((cycle + k / len(data)) / _CYCLES, "Looking for what goes on")
            new = np.full_like(label, k)
            costs = seam(label, label), seam(label, new), seam(new, label)
            taken = _cut(data[label, all_pixels], data[k], costs, pairs)
            moved = np.where(taken, k, label)
            after = energy(moved)
            if after < best:
                label, best = moved, after
        if before - best < _ENOUGH * before:
            break
    return label


def _cut(
    stay: np.ndarray, change: np.ndarray, costs: tuple[np.ndarray, np.ndarray, np.ndarray], pairs: np.ndarray
) -> np.ndarray:
    """bool N: which pixels change in the cheapest way (Kolmogorov and Zabih, 2004).

    stay, change: float N, what each costs by itself. costs: float E each, of a pair both of which stay, of which the
    second changes, of which the first does; none when both do.
    """
    (neither, later, earlier), (first, second), count = costs, pairs, len(stay)
    stay, change = stay.astype(float), change.astype(float)
    np.add.at(change, first, np.maximum(earlier - neither, 0))
    np.add.at(stay, first, np.maximum(neither - earlier, 0))
    np.add.at(stay, second, earlier)
    shared = np.minimum(stay, change)
    pixels, source, sink = np.arange(count), np.full(count, count), np.full(count, count + 1)
    starts, ends = np.concatenate([source, pixels, first]), np.concatenate([pixels, sink, second])
    capacity = np.concatenate([change - shared, stay - shared, np.maximum(later + earlier - neither, 0)])
    whole = np.rint(capacity * _SCALE).astype(np.int32)
    graph = csr_matrix(coo_matrix((whole, (starts, ends)), (count + 2, count + 2)))
    left = graph - maximum_flow(graph, count, count + 1).flow
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    reached = breadth_first_order(left, count, return_predecessors=False)
    taken = np.ones(count + 2, bool)
    taken[reached] = False
    return taken[:count]
