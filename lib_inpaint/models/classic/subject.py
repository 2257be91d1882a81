"""What a picture is of, without a network: of all that clicks on a grid may mean, what most looks like a subject.

Each click's proposals are scored by likely.py, as if somebody had clicked there. What a picture is of, contours part
from its border (Wei et al., "Geodesic saliency using background priors", 2012): so that score counts as much as a
proposal has in common with what lies inland.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import numpy as np

from ...geometry import Image
from ...progress import Progress, part
from ..model import Subject
from .classic import ClassicSegmenter
from .edge import cut_along, signed_distance
from .likely import expected_iou
from .pointing import belonging, patch_at
from .proposals import propose
from .regions import Regions

_GRID = 5  # places along each side
_FEW = 8  # of each place's proposals
_INLAND = 0.98  # quantile of the contours on the way from the border that counts as fully inland
_CLEAR = (
    0.5  # so much contour lies between the border and what is fully inland; where there is less, nothing stands out
)
# Slope and offset from a proposal's rank to the IoU to be expected, as found on 17 photographs: right in the mean, and
# off by some 0.2 for one of them.
_USUAL = 0.5, 0.5


class ClassicSubject:
    """A `SubjectDetector`. The same picture gives the same subject."""

    def __init__(self) -> None:
        self._segmenter = ClassicSegmenter()

    def __call__(self, image: Image, progress: Progress) -> Subject:
        """See SubjectDetector."""
        embedding = self._segmenter.encode(image, part(progress, 0.0, 0.2))
        chosen, rank = likeliest(embedding.regions, part(progress, 0.2, 0.9))
        if not chosen.any():
            return Subject(np.zeros(image.shape[:2], np.uint8), 0.0)
        patches = embedding.regions.patches
        inside = cut_along(embedding.small, chosen[patches], np.zeros(patches.shape, np.int8))
        slope, offset = _USUAL
        score = float(np.clip(slope * rank + offset, 0, 1))
        return Subject(self._segmenter.upscale(embedding, signed_distance(inside)), score)


def likeliest(regions: Regions, progress: Progress) -> tuple[np.ndarray, float]:
    """bool P: the patches of the subject, none where nothing differs from the border; and its rank, 0..1."""
    height, width = regions.patches.shape
    best, highest = np.zeros(len(regions.area), bool), 0.0
    farthest = float(np.quantile(regions.inland, _INLAND))
    if farthest < _CLEAR:
        return best, highest
    inland = np.minimum(regions.inland / farthest, 1) * regions.area
    places = [((x + 1) / (_GRID + 1), (y + 1) / (_GRID + 1)) for y in range(_GRID) for x in range(_GRID)]
    for number, (x, y) in enumerate(places):
        progress(number / len(places), "Looking for the subject")
        at = x * width, y * height
        belongs = belonging(regions, at)
        sets, smooth = propose(regions, belongs, patch_at(regions, at))
        scores = expected_iou(regions, sets, belongs, smooth, at)
        few = np.argsort(-scores, kind="stable")[:_FEW]
        shared = sets[few] @ inland
        ranks = scores[few] * shared / np.maximum(inland.sum() + sets[few] @ regions.area - shared, 1e-6)
        if ranks.max() > highest:
            highest, best = float(ranks.max()), sets[few][ranks.argmax()]
    return best, highest


def load(paths: Sequence[Path], device: str, dtype: str) -> ClassicSubject:
    """The detector; it has no files and always works on the processor."""
    return ClassicSubject()
