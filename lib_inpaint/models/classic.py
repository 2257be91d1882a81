"""The segmenter that needs no weights: a tree of regions proposes, GrabCut draws the edge.

The tree (regions.py) depends on the image alone and is built once. A click climbs it from a patch to the whole picture,
and the nodes on the way that look most like a thing are the candidates; a box asks for what closes within it. Each is
then cut out with GrabCut (Rother, Kolmogorov and Blake, "GrabCut", 2004) in a band along its edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Optional, Sequence

import cv2
import numpy as np

from .. import mask as masks
from ..geometry import Box, Size, fit, resize
from ..progress import Progress
from ..schema import Selection, copy_with
from . import Candidates
from .regions import Regions, ancestors, build_regions, judge, members

_SIDE = 512  # longest side of what is segmented
_SURE = 16.0  # the logit of a cell that was clicked on; all others stay below
_FAR = 8.0  # cells from the edge; logits say no more
_CUT_AREA = 40_000  # pixels given to GrabCut at once
_BAND = 1.5  # the edge is looked for again within so many cells, at full resolution
_SAME = 0.85  # two candidates of at least this IoU are one


@dataclass(frozen=True)
class Encoded:
    """An encoded image: itself, a small copy, and the tree of the small copy."""

    image: np.ndarray  # uint8 HxWx3 at the size of the original: the caller's array
    small: np.ndarray  # uint8 hxwx3, longest side at most _SIDE
    regions: Regions

    @property
    def size(self) -> Size:
        return Size.of(self.image)

    @property
    def extent(self) -> tuple[float, float]:
        return Size.of(self.small)

    @property
    def nbytes(self) -> int:
        return self.image.nbytes + self.small.nbytes + self.regions.nbytes


class Prompts(NamedTuple):
    """A selection on the grid of the small image."""

    known: np.ndarray  # int8 hxw: 1 inside, -1 outside, 0 for the segmenter to find out
    clicked: np.ndarray  # int8 hxw: the same, of the clicks alone
    hint: np.ndarray  # bool hxw: roughly brushed over
    box: Optional[Box]


def load(paths: Sequence[Path], device: str, dtype: str) -> "ClassicSegmenter":
    """The segmenter; it has no files and always works on the CPU."""
    return ClassicSegmenter()


class ClassicSegmenter:
    """Clicks and boxes to masks with no weights; see models.Segmenter. The same input gives the same output."""

    def encode(self, image: np.ndarray, progress: Progress) -> Encoded:
        """uint8 HxWx3 RGB -> the tree of its regions."""
        progress(0.0, "Looking for edges")
        small = resize(image, fit(Size.of(image), _SIDE))
        lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        encoded = Encoded(image, small, build_regions(lab))
        progress(1.0, "")
        return encoded

    def decode(self, embedding: Encoded, selection: Selection, previous: Optional[np.ndarray] = None) -> Candidates:
        """Up to three candidates, the best first; logits are distances to the edge in cells, at the size of `small`.

        Two clicks of different label within one cell (1/512 of the picture's longer side) contradict each other; the
        later one holds.
        """
        prompts = read(selection, embedding.size, Size.of(embedding.small))
        found = choose(embedding, prompts, previous)
        logits = np.stack([_signed(inside) for inside, _ in found])
        logits[:, prompts.clicked != 0] = _SURE * prompts.clicked[prompts.clicked != 0]
        return Candidates(logits, np.array([score for _, score in found], np.float32))

    def upscale(self, embedding: Encoded, logits: np.ndarray) -> np.ndarray:
        """float32 hxw -> uint8 HxW, 0 or 255, the edge drawn along that of the full image."""
        return stamp(draw(embedding.image, embedding.small, logits), logits)


def read(selection: Selection, size: Size, small: Size) -> Prompts:
    """The selection in cells of a small copy of the picture."""
    across, down = small.width / size.width, small.height / size.height
    known = np.zeros((small.height, small.width), np.int8)
    hint = np.zeros(known.shape, bool)
    for stroke in selection.hint:
        points = tuple((x * across, y * down) for x, y in stroke.points)
        drawn = masks.from_stroke(small, copy_with(stroke, points=points, radius=stroke.radius * across)) > 0
        hint = hint | drawn if stroke.label else hint & ~drawn
        known[drawn] = 0 if stroke.label else -1
    box = selection.box
    if box is not None:
        box = Box(int(box.left * across), int(box.top * down), -int(-box.right * across // 1), -int(-box.bottom * down // 1))
        box = box.clip(small)
        outside = np.ones(known.shape, bool)
        outside[box.slices] = False
        known[outside] = -1
    clicked = np.zeros(known.shape, np.int8)
    for x, y, label in selection.points:
        clicked[_cell(y, size.height, small.height), _cell(x, size.width, small.width)] = 1 if label else -1
    known[clicked != 0] = clicked[clicked != 0]
    return Prompts(known, clicked, hint, box)


def _cell(place: float, full: int, small: int) -> int:
    """The cell that holds the middle of the pixel at `place`."""
    return min(max(int((int(place) + 0.5) * small / full), 0), small - 1)


def choose(embedding: Encoded, prompts: Prompts, previous: Optional[np.ndarray]) -> list[tuple[np.ndarray, float]]:
    """One to three (bool hxw, score), the best first."""
    regions = embedding.regions
    nothing = (prompts.known > 0, 0.0)
    if not ((prompts.clicked > 0).any() or prompts.hint.any() or prompts.box):
        return [nothing]
    sets = propose(regions, prompts)
    if prompts.box is not None:
        sets = np.concatenate([sets, _majority(regions, cut_box(embedding.small, prompts))[None]])
    if previous is not None:
        sets = np.concatenate([sets, _majority(regions, previous > 0)[None]])
    scores = judge(regions, sets) * _fits(regions, sets, prompts)
    if previous is not None:
        scores *= 0.7 + 0.3 * _iou(regions, sets, sets[-1])
    found: list[tuple[np.ndarray, float]] = []
    while len(found) < 3 and scores.max(initial=0) > 0:
        best = int(scores.argmax())
        rough = sets[best][regions.patches]
        inside = cut_edge(embedding.small, rough, prompts)
        found.append((inside, float(scores[best])))
        scores = np.where(_iou(regions, sets, sets[best]) >= _SAME, 0, scores)
    if not found:
        found = [(_fallback(prompts), 0.05)]
    return found


def propose(regions: Regions, prompts: Prompts) -> np.ndarray:
    """bool KxP: sets of patches that the prompts may mean."""
    count = len(regions.area)
    included = np.unique(regions.patches[prompts.clicked > 0])
    if prompts.hint.any():
        brushed = np.bincount(regions.patches[prompts.hint], minlength=count)
        included = np.union1d(included, np.flatnonzero(brushed > 0.6 * regions.area))
    excluded = np.setdiff1d(np.unique(regions.patches[prompts.clicked < 0]), included)
    sets = [np.zeros((0, count), bool)]
    if len(included):
        sets.append(_climb(regions, included, excluded))
    if prompts.box is not None:
        sets.append(_closed_within(regions, prompts))
    return np.concatenate(sets)


def _climb(regions: Regions, included: np.ndarray, excluded: np.ndarray) -> np.ndarray:
    """bool KxP: the regions of the included patches at every height of the tree, less those of the excluded ones."""
    heights = np.unique(np.concatenate([regions.height[ancestors(regions, p)] for p in included]))
    grown = _regions_at(regions, included, heights)
    alone = np.append(True, np.diff(grown.sum(1)) > 0)
    grown, heights = grown[alone], heights[alone]
    if not len(excluded):
        return np.concatenate([grown, _joined(regions, grown)])
    apart = []
    for patch in excluded:
        chain = ancestors(regions, patch)
        free = [n for n in chain if not ((included >= regions.first[n]) & (included < regions.last[n])).any()]
        held = members(regions, np.array(free))
        apart.append([held[-1], held[judge(regions, held).argmax()]])
    biggest = np.logical_or.reduce([pair[0] for pair in apart])
    likely = np.logical_or.reduce([pair[1] for pair in apart])
    return np.unique(np.concatenate([grown & ~biggest, grown & ~likely]), axis=0)


def _joined(regions: Regions, sets: np.ndarray) -> np.ndarray:
    """bool KxP: the likelier of the sets joined with one or two of their neighbours in the tree.

    A thing of two colours is often two nodes; Arbelaez et al., "Multiscale combinatorial grouping", 2014.
    """
    a, b = regions.pairs.T
    areas = regions.area
    result = []
    score = judge(regions, sets)
    base_ids = []
    last = 0.0
    for k in range(len(sets)):
        A = sets[k] @ areas
        if A >= 1.2 * last and A < 0.35 * areas.sum() and A>=30:
            base_ids.append(k); last = A
    base_ids = sorted(base_ids, key=lambda k: -score[k])[:10]
    held = regions.last - regions.first
    whole = np.append(0, np.cumsum(areas))
    node_area = whole[regions.last] - whole[regions.first]
    for k in base_ids:
        one = sets[k]
        for step in range(2):
            A = one @ areas
            edge = np.unique(np.concatenate([b[one[a] & ~one[b]], a[one[b] & ~one[a]]]))
            taken = np.append(0, np.cumsum(one))
            nodes = set()
            for q in edge:
                n = int(q)
                while taken[regions.last[n]] == taken[regions.first[n]]:
                    if node_area[n] > 4 * A: break
                    if node_area[n] > 0.1 * A: nodes.add(n)
                    n = int(regions.parent[n])
            if not nodes: break
            nodes = np.array(sorted(nodes))
            single = members(regions, nodes)
            if len(nodes) > 16:
                share = (regions.height[regions.parent[nodes]] / (regions.height[nodes] + 1.0))
                pick = np.argsort(-share)[:16]
                single = single[pick]
            both = single | one
            value = judge(regions, both)
            order = np.argsort(-value)[:2]
            result.extend(both[order])
            one = both[order[0]]
    return np.array(result).reshape(-1, len(areas)).astype(bool)


def _regions_at(regions: Regions, included: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """bool KxP: for each height, the union of the highest nodes up to it that hold an included patch."""
    result = np.zeros((len(heights), len(regions.area)), bool)
    for patch in included:
        chain = ancestors(regions, patch)
        at = np.searchsorted(regions.height[chain], heights, side="right") - 1
        result |= members(regions, chain[np.maximum(at, 0)])
    return result


def _closed_within(regions: Regions, prompts: Prompts) -> np.ndarray:
    """bool KxP: for some heights of the tree, all regions that lie in the box."""
    count = len(regions.area)
    inside = np.zeros(prompts.known.shape, bool)
    inside[prompts.box.slices] = True
    inside &= prompts.known >= 0
    within = np.bincount(regions.patches[inside], minlength=count)
    summed, whole = np.append(0, np.cumsum(within)), np.append(0, np.cumsum(regions.area))
    part = (summed[regions.last] - summed[regions.first]) / (whole[regions.last] - whole[regions.first])
    sets = []
    for height in np.unique(np.quantile(regions.height[count:], np.linspace(0.3, 1, 40))) if count > 1 else [0.0]:
        level = (regions.height <= height) & (regions.height[regions.parent] > height) & (part > 0.85)
        chosen = np.zeros(count + 1, int)
        np.add.at(chosen, regions.first[level], 1)
        np.add.at(chosen, regions.last[level], -1)
        sets.append(np.cumsum(chosen)[:count] > 0)
    return np.unique(np.array(sets), axis=0)


def _fits(regions: Regions, sets: np.ndarray, prompts: Prompts) -> np.ndarray:
    """float K, 0..1: how well each set agrees with the prompts."""
    fit_ = np.ones(len(sets))
    for label, wanted in ((1, True), (-1, False)):
        clicked = np.unique(regions.patches[prompts.clicked == label])
        if len(clicked):
            fit_ *= (0.02 + 0.98 * (sets[:, clicked] == wanted).mean(1)) ** 2
    if prompts.hint.any():
        brushed = np.bincount(regions.patches[prompts.hint], minlength=len(regions.area))
        fit_ *= (sets @ brushed) / brushed.sum()
    if prompts.box is not None:
        for k, chosen in enumerate(sets):
            fit_[k] *= _fills(chosen[regions.patches], prompts.box)
    return fit_


def _fills(inside: np.ndarray, box: Box) -> float:
    """How nearly the bounds of what is inside (bool hxw) are the box: their IoU."""
    bounds = masks.bounds(inside.astype(np.uint8))
    if bounds is None:
        return 0.0
    width = min(bounds.right, box.right) - max(bounds.left, box.left)
    height = min(bounds.bottom, box.bottom) - max(bounds.top, box.top)
    common = max(width, 0) * max(height, 0)
    return common / (bounds.size.area + box.size.area - common)


def _majority(regions: Regions, inside: np.ndarray) -> np.ndarray:
    """bool hxw -> bool P: the patches that are inside for the most part."""
    return np.bincount(regions.patches[inside], minlength=len(regions.area)) > regions.area / 2


def _iou(regions: Regions, sets: np.ndarray, one: np.ndarray) -> np.ndarray:
    """float K: intersection over union in pixels of each set of patches with one of them."""
    areas = regions.area
    either = (sets | one) @ areas
    return ((sets & one) @ areas) / np.maximum(either, 1)


def cut_box(small: np.ndarray, prompts: Prompts) -> np.ndarray:
    """bool hxw: GrabCut of the box against a ring around it."""
    box = prompts.box
    trimap = np.full(prompts.known.shape, cv2.GC_BGD, np.uint8)
    trimap[box.slices] = cv2.GC_PR_FGD
    trimap[prompts.known < 0] = cv2.GC_BGD
    trimap[prompts.clicked > 0] = cv2.GC_FGD
    margin = max(8, max(box.size) // 4)
    inside = _grabcut(small, trimap, box.grow(margin).clip(Size.of(small)), 3)
    full = box.size.area
    return inside if 0.05 * full < inside.sum() < 0.98 * full else _fallback(prompts)


def _fallback(prompts: Prompts) -> np.ndarray:
    """bool hxw: something to show when nothing is found; the ellipse in the box, what was brushed, a spot."""
    drawn = np.zeros(prompts.known.shape, np.uint8)
    if prompts.box is not None:
        left, top, right, bottom = prompts.box
        axes = (max(1, (right - left) // 2), max(1, (bottom - top) // 2))
        cv2.ellipse(drawn, ((left + right - 1) // 2, (top + bottom - 1) // 2), axes, 0, 0, 360, 1, -1)
    for y, x in np.argwhere(prompts.clicked > 0):
        cv2.circle(drawn, (int(x), int(y)), 3, 1, -1)
    return ((drawn > 0) | prompts.hint | (prompts.known > 0)) & (prompts.known >= 0)


def cut_edge(small: np.ndarray, rough: np.ndarray, prompts: Prompts) -> np.ndarray:
    """bool hxw -> bool hxw: the same thing with its edge found by GrabCut in a band along the rough one."""
    known = prompts.known
    within = _distance(rough)
    band = float(np.clip(0.12 * np.sqrt(rough.sum()), 2, 20))
    core = within > min(band, 0.5 * within.max())
    near = _distance(~rough) <= band
    trimap = np.where(rough, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[core], trimap[~near] = cv2.GC_FGD, cv2.GC_BGD
    trimap[known < 0], trimap[prompts.clicked > 0] = cv2.GC_BGD, cv2.GC_FGD
    bounds = masks.bounds(rough.astype(np.uint8))
    window = bounds.grow(int(2.5 * band) + 4).clip(Size.of(small)) if bounds else Box.whole(Size.of(small))
    inside = _connected(_grabcut(small, trimap, window, 2), core | (known > 0))
    either = (inside | rough).sum()
    if not either or (inside & rough).sum() < 0.6 * either:
        inside = rough
    return (inside | (known > 0)) & (known >= 0)


def _grabcut(small: np.ndarray, trimap: np.ndarray, window: Box, rounds: int) -> np.ndarray:
    """bool hxw: what GrabCut finds inside, looking at the window only; the trimap as it is when it cannot start.

    A large window is cut at a lower resolution, and the edge then drawn along that of the image.
    """
    result = (trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)
    image, part = small[window.slices], trimap[window.slices]
    scale = min(1.0, (_CUT_AREA / part.size) ** 0.5)
    work = Size(max(1, round(window.size.width * scale)), max(1, round(window.size.height * scale)))
    cut = cv2.resize(part, tuple(work), interpolation=cv2.INTER_NEAREST)
    fore = (cut == cv2.GC_FGD) | (cut == cv2.GC_PR_FGD)
    if min(fore.sum(), (~fore).sum()) < 16:  # too few pixels for its colour models
        return result
    reduced = np.ascontiguousarray(resize(image, work))
    cv2.setRNGSeed(0)
    cv2.grabCut(reduced, cut, None, np.zeros((1, 65)), np.zeros((1, 65)), rounds, cv2.GC_INIT_WITH_MASK)
    inside = (cut == cv2.GC_FGD) | (cut == cv2.GC_PR_FGD)
    result[window.slices] = draw(image, reduced, _signed(inside)) > 0
    return result


def _connected(inside: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """bool hxw: the parts of `inside` that hold a seed, without small holes."""
    _, labels = cv2.connectedComponents(inside.astype(np.uint8), connectivity=4)
    kept = np.zeros(labels.max() + 1, bool)
    kept[labels[seeds & inside]] = True
    kept[0] = False
    solid = masks.fill_holes(kept[labels].astype(np.uint8) * 255, max(16, int(inside.sum() * 0.01)))
    return solid > 0


def _distance(inside: np.ndarray) -> np.ndarray:
    """float32 hxw: how far each cell is from the nearest one that is not inside; 0 there."""
    if inside.all():
        return np.full(inside.shape, float(max(inside.shape)), np.float32)
    return cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def _signed(inside: np.ndarray) -> np.ndarray:
    """bool hxw -> float32 hxw: the distance to the edge in cells, above 0 inside."""
    return np.clip(np.where(inside, _distance(inside) - 0.5, 0.5 - _distance(~inside)), -_FAR, _FAR).astype(np.float32)


def draw(image: np.ndarray, small: np.ndarray, signed: np.ndarray) -> np.ndarray:
    """float32 hxw on the small image -> uint8 HxW, 0 or 255, on the full one, with the edge found again there.

    The guided filter of the small image, its coefficients applied to the full one: He and Sun, "Fast guided filter", 2015.
    """
    size, low = Size.of(image), Size.of(small)
    if low == size:
        return np.where(signed > 0, np.uint8(255), np.uint8(0))
    soft = cv2.resize(signed, tuple(size), interpolation=cv2.INTER_LINEAR)
    result = np.where(soft > 0, np.uint8(255), np.uint8(0))
    y, x = np.nonzero(np.abs(soft) < _BAND)
    if len(y):
        slope, offset = _guide(small, np.clip(signed / (2 * _BAND) + 0.5, 0, 1))
        at = _source(x, low.width / size.width), _source(y, low.height / size.height)
        value = (_sample(slope, *at) * image[y, x]).sum(1) + _sample(offset, *at)[:, 0]
        result[y, x] = np.where(value > 0.5, np.uint8(255), np.uint8(0))
    return result


def stamp(mask: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """A copy of the mask (uint8 HxW) in which each cell of the logits (float32 hxw) that was clicked on is as clicked."""
    result = mask.copy()
    rows = (np.arange(mask.shape[0]) + 0.5) * logits.shape[0] / mask.shape[0]
    columns = (np.arange(mask.shape[1]) + 0.5) * logits.shape[1] / mask.shape[1]
    for row, column in np.argwhere(np.abs(logits) >= _SURE):
        top, bottom = np.searchsorted(rows, [row, row + 1])
        left, right = np.searchsorted(columns, [column, column + 1])
        result[top:bottom, left:right] = 255 if logits[row, column] > 0 else 0
    return result


def _source(place: np.ndarray, scale: float) -> np.ndarray:
    return ((place + 0.5) * scale - 0.5).astype(np.float32)


def _sample(array: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """float32 hxwxC at M places -> float32 MxC, linear between."""
    width = 4096  # cv2.remap takes no row longer than a short
    short = -len(x) % width
    maps = [np.pad(place, (0, short), mode="edge").reshape(-1, width) for place in (x, y)]
    found = cv2.remap(array, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(len(x) + short, -1)[: len(x)]


def _guide(image: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint8 hxwx3 and float32 hxw -> slope float32 hxwx3 and offset float32 hxwx1: target ~ slope . colour + offset.

    He, Sun and Tang, "Guided image filtering", 2010.
    """

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.blur(values, (7, 7), borderType=cv2.BORDER_REFLECT).reshape(*image.shape[:2], -1)

    colour = image.astype(np.float32)
    middle, level = mean(colour), mean(target)
    products = (colour[..., :, None] * colour[..., None, :]).reshape(*image.shape[:2], 9)
    spread = mean(products).reshape(*image.shape[:2], 3, 3) - middle[..., :, None] * middle[..., None, :]
    spread += 30.0 * np.eye(3, dtype=np.float32)  # epsilon: contrast below the root of this is not an edge
    shared = mean(colour * target[..., None]) - middle * level
    slope = np.linalg.solve(spread, shared[..., None])[..., 0].astype(np.float32)
    offset = level - (slope * middle).sum(2, keepdims=True)
    return mean(slope), mean(offset)
