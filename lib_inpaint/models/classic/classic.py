"""The segmenter that needs no weights: a tree of regions proposes, GrabCut draws the edge.

regions.py is the picture as a tree of regions, built once an image, on contours found by contours.py. For a click,
pointing.py says what belongs to it, proposals.py what it may mean, and likely.py how likely that is; boxes.py does the
same for a box; correction.py says what a further click changes. edge.py finds the edge of what is chosen
(choosing.py), and finds it again at the size of the original.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Optional, Sequence

import cv2
import numpy as np

from ...geometry import Box, Point, Size, fit, resize
from ...imaging import mask as masks
from ...progress import Progress
from ...schema import Selection, copy_with
from ..model import Candidates
from .choosing import choose
from .edge import BAND, cut_along, draw, signed_distance
from .inventory import inventory
from .regions import Regions, build_regions
from .scoring import Click, Prompts

_SIDE = 512  # longest side of what is segmented
_SURE = 16.0  # the logit of a cell that was clicked on; all others stay below


@dataclass(frozen=True, eq=False, repr=False)
class ClassicEmbedding:
    """An encoded image: itself, a small copy, and the tree of the small copy."""

    image: np.ndarray  # uint8 HxWx3 at the size of the original: the caller's array
    small: np.ndarray  # uint8 hxwx3, longest side at most _SIDE; its pixels are called cells
    regions: Regions

    @property
    def size(self) -> Size:
        return Size.of(self.image)

    @property
    def nbytes(self) -> int:
        return self.image.nbytes + self.small.nbytes + self.regions.nbytes


def load(paths: Sequence[Path], device: str, dtype: str) -> ClassicSegmenter:
    """The segmenter; it has no files and always works on the CPU."""
    return ClassicSegmenter()


class ClassicSegmenter:
    """Clicks, boxes and strokes to masks; see models.Segmenter. The same input gives the same output."""

    def encode(self, image: np.ndarray, progress: Progress) -> ClassicEmbedding:
        """uint8 HxWx3 RGB -> the tree of its regions."""
        progress(0.0, "Looking for edges")
        small = resize(image, fit(Size.of(image), _SIDE))
        lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        encoded = ClassicEmbedding(image, small, build_regions(lab))
        progress(1.0, "")
        return encoded

    def decode(
        self, embedding: ClassicEmbedding, selection: Selection, previous: Optional[np.ndarray] = None
    ) -> Candidates:
        """Up to three candidates; logits are signed distances to the edge in cells, at the size of the small copy.

        Two clicks of different label within one cell (1/512 of the picture's longer side) contradict each other; the
        later one holds.
        """
        prompts = prompts_from(selection, embedding.size, Size.of(embedding.small))
        found = choose(embedding.small, embedding.regions, prompts, previous)
        logits = np.stack([signed_distance(inside) for inside, _ in found])
        # far enough from the edge that upscale() does not look for one there
        logits[:, prompts.known < 0] = np.minimum(logits[:, prompts.known < 0], -BAND)
        logits[:, prompts.clicked != 0] = _SURE * prompts.clicked[prompts.clicked != 0]
        return Candidates(logits, np.array([score for _, score in found], np.float32))

    def things(self, embedding: ClassicEmbedding, count: int) -> Iterator[tuple[np.ndarray, float, Point]]:
        """Up to `count` things; see models.ListingSegmenter."""
        small, regions = embedding.small, embedding.regions
        across, down = (full / side for full, side in zip(embedding.size, Size.of(small)))
        nothing_known = np.zeros(regions.patches.shape, np.int8)
        for patches, score in inventory(regions, count):
            logits = signed_distance(cut_along(small, patches[regions.patches], nothing_known))
            y, x = np.unravel_index(logits.argmax(), logits.shape)
            yield logits, score, Point((float(x) + 0.5) * across, (float(y) + 0.5) * down, 1)

    def extent(self, size: Size) -> tuple[float, float]:
        """All of the logits show the picture."""
        return fit(size, _SIDE)

    def upscale(self, embedding: ClassicEmbedding, logits: np.ndarray) -> np.ndarray:
        """float32 hxw -> uint8 HxW, 0 or 255, the edge drawn along that of the full image."""
        return stamp(draw(embedding.image, embedding.small, logits), logits)


def prompts_from(selection: Selection, size: Size, small: Size) -> Prompts:
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
        right, bottom = math.ceil(box.right * across), math.ceil(box.bottom * down)
        box = Box(int(box.left * across), int(box.top * down), right, bottom).clip(small)
        outside = np.ones(known.shape, bool)
        outside[box.slices] = False
        known[outside] = -1
    clicked = np.zeros(known.shape, np.int8)
    every = []
    for x, y, label in selection.points:
        cell = _cell(y, size.height, small.height), _cell(x, size.width, small.width)
        every.append(Click((x * across, y * down), cell, 1 if label else -1))
        clicked[cell] = every[-1].label
    clicks = [click for click in every if clicked[click.cell] == click.label]
    known[clicked != 0] = clicked[clicked != 0]
    return Prompts(known, clicked, hint, box, clicks)


def _cell(place: float, full: int, small: int) -> int:
    """The cell that holds the middle of the pixel at `place`."""
    return min(max(int((int(place) + 0.5) * small / full), 0), small - 1)


def stamp(mask: np.ndarray, logits: np.ndarray) -> np.ndarray:
    """A copy of the mask (uint8 HxW) in which the cells of the logits (float32 hxw) clicked on are as clicked."""
    result = mask.copy()
    rows = (np.arange(mask.shape[0]) + 0.5) * logits.shape[0] / mask.shape[0]
    columns = (np.arange(mask.shape[1]) + 0.5) * logits.shape[1] / mask.shape[1]
    for row, column in np.argwhere(np.abs(logits) >= _SURE):
        top, bottom = np.searchsorted(rows, [row, row + 1])
        left, right = np.searchsorted(columns, [column, column + 1])
        result[top:bottom, left:right] = 255 if logits[row, column] > 0 else 0
    return result
