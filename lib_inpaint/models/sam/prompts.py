"""What a person pointed at, as a promptable model takes it: points, a box, and a rough mask as logits.

The same for SAM, HQ-SAM, MobileSAM and SAM 2; each family scales the coordinates to its own input.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Sequence

import cv2
import numpy as np

from ...errors import BadRequest, EmptySelection
from ...geometry import Size
from ...imaging import mask as masks
from ...schema import Selection, Stroke, copy_with
from ..model import Candidates

GRID = 256  # side of the low-resolution logits of every family here
SURE = 8.0  # logits that are taken for certain: sigmoid(8) = 0.9997
_INTERIOR = 3  # points that a rough brush stroke is turned into


class SamPrompt(NamedTuple):
    """All that is pointed at, in pixels of the original picture.

    points: float32 Nx2, (x, y). labels: int32 N, 1 includes, 0 excludes.
    box:    float32 4, left, top, right, bottom, or None.
    logits: float32 256x256 in the model's frame, fed to it as a mask, or None.
    """

    points: np.ndarray
    labels: np.ndarray
    box: Optional[np.ndarray]
    logits: Optional[np.ndarray]

    @property
    def is_ambiguous(self) -> bool:
        """Whether it is one point alone, which may mean a thing, a part of it, or a part of that."""
        return len(self.points) == 1 and self.box is None and self.logits is None


def from_selection(
    selection: Selection, size: Size, extent: tuple[float, float], previous: Optional[np.ndarray] = None
) -> SamPrompt:
    """The prompt for a selection on a picture of `size`, which fills the upper left `extent` of the 256x256 logits.

    extent: (columns, rows), as of Segmenter. `previous` are logits of an earlier candidate; they say more than a rough
    brush, whose logits they replace. Raises BadRequest when they have another shape, EmptySelection when nothing is
    pointed at.
    """
    if previous is not None and previous.shape != (GRID, GRID):
        raise BadRequest(
            f"The logits that were fed back are {Size.of(previous)}; this model takes {GRID}x{GRID}.", "previous"
        )
    points = [(point.x, point.y) for point in selection.points]
    labels = [point.label for point in selection.points]
    box = None if selection.box is None else np.array(selection.box, np.float32)
    logits = previous
    rough = _draw(selection.hint, size, extent)
    if rough.any():
        scale = np.array([size.width / extent[0], size.height / extent[1]])
        interior = _interior(rough)
        points += [tuple(point) for point in interior * scale]
        labels += [1] * len(interior)
        box = _around(rough, scale, size) if box is None else box
        logits = _unsure(rough) if logits is None else logits
    if box is None and not points:
        raise EmptySelection(
            "Nothing is selected: point at a thing, draw a box around it, or brush over it.", "objects"
        )
    return SamPrompt(
        np.array(points, np.float32).reshape(-1, 2),
        np.array(labels, np.int32),
        box,
        None if logits is None else logits.astype(np.float32),
    )


def rank(logits: np.ndarray, scores: np.ndarray, prompt: SamPrompt, falls_back: bool = False) -> Candidates:
    """The best three of SAM's four masks (first the single one, then the three for ambiguous prompts).

    SAM trains the three for prompts that may mean several things, and the single one for all others: a point alone gets
    the three, best score first; with more to go by, the single one leads and the two best of the three follow.

    logits: float32 4xHxW. scores: float32 4. falls_back: whether an unsteady single mask comes after the best of the
    three, as SAM 2 has it.
    """
    several = 1 + np.argsort(-scores[1:], kind="stable")
    order = several if prompt.is_ambiguous else np.array([0, *several[:2]])
    if falls_back and not prompt.is_ambiguous and not _is_steady(logits[0]):
        order = np.array([several[0], 0, several[1]])
    return Candidates(logits[order], scores[order].clip(0, 1))


def _is_steady(logits: np.ndarray) -> bool:
    """Whether the mask stays nearly the same when the threshold moves; the numbers are those of sam2's MaskDecoder."""
    least, most = np.count_nonzero(logits > 0.05), np.count_nonzero(logits > -0.05)
    return bool(least >= 0.98 * most)


def _draw(strokes: Sequence[Stroke], size: Size, extent: tuple[float, float]) -> np.ndarray:
    """The strokes as a mask uint8 256x256; drawn at that size, as drawing on the photograph would take long."""
    x, y = extent[0] / size.width, extent[1] / size.height
    small = [
        copy_with(
            stroke,
            points=tuple((px * x, py * y) for px, py in stroke.points),
            radius=max(0.5, stroke.radius * (x * y) ** 0.5),  # one that is thinner than a pixel would vanish
        )
        for stroke in strokes
    ]
    drawn = masks.paint(masks.blank(Size(GRID, GRID)), small)
    drawn[int(np.ceil(extent[1])) :] = 0
    drawn[:, int(np.ceil(extent[0])) :] = 0
    return drawn


def _interior(rough: np.ndarray) -> np.ndarray:
    """float Nx2: up to three points, each the one that is deepest inside and farthest from those before it."""
    depth = cv2.distanceTransform(np.pad(rough, 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    points: list[tuple[int, int]] = []
    for _ in range(_INTERIOR):
        y, x = np.unravel_index(np.argmax(depth), depth.shape)
        if depth[y, x] <= 0:
            break
        points.append((int(x), int(y)))
        cv2.circle(depth, points[-1], max(2, round(1.5 * float(depth[y, x]))), 0.0, -1)
    return np.array(points, float) + 0.5


def _around(rough: np.ndarray, scale: np.ndarray, size: Size) -> np.ndarray:
    """The box around a rough brush, a tenth larger, as one brushes over the middle of a thing and not over its edge."""
    left, top, width, height = cv2.boundingRect(rough)
    margin = 0.05 * np.array([width, height])
    low = np.maximum((np.array([left, top]) - margin) * scale, 0)
    high = np.minimum((np.array([left + width, top + height]) + margin) * scale, size)
    return np.concatenate([low, high]).astype(np.float32)


def _unsure(rough: np.ndarray) -> np.ndarray:
    """float32 HxW logits: certain deep inside and far away, unsure near the edge, which is where a brush is rough."""
    inside = cv2.distanceTransform(rough, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    outside = cv2.distanceTransform(255 - rough, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    width = max(2.0, 0.5 * float(inside.max()))
    return (SURE * np.clip((inside - outside) / width, -1, 1)).astype(np.float32)
