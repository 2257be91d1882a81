"""All things in a picture: a grid of single clicks, decoded in batches, of which the good and different masks stay.

The steps and their numbers are those of SamAutomaticMaskGenerator in github.com/facebookresearch/segment-anything.
There each batch is enlarged to the size of the picture before it is judged; here it is judged as the decoder gives it,
and a mask is enlarged, within its own box, only to be shown. What is held does not depend on the size of the picture,
but for the label map that is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Iterator, NamedTuple, Optional, Sequence

import cv2
import numpy as np

from ..geometry import Array, Box, Mask, Point, Size, crop, crop_boxes, nms
from ..models.model import Embedding
from ..progress import Progress, part, silent
from ..schema import EverythingRequest, copy_with
from ..store import Store
from .segment import LoadedSegmenter, Photo, clean_logits, encode

_BATCH = 16  # clicks decoded at once; the decoder takes some 30 MB for each
_MOST = 2048  # things held at once; 128 kB each at the most
_OFFSET = 1.0  # by how much the cut-off is moved to see how stable a mask is
_NEAR = 20  # pixels; what ends so close to the edge of a piece was cut off by it
_ROWS = 512  # of a mask enlarged at once
Decoded = tuple[Array, float, Array]  # logits float32 hxw, score, (x, y) of the click in the piece
_NO_CLICKS = np.zeros((0, 2), int)


class Grid(NamedTuple):
    """Where the cells of low-resolution logits lie on the picture: the corner of the first, and the sides of each."""

    left: float
    top: float
    width: float
    height: float

    def box(self, cells: Box, full: Size) -> Box:
        """The pixels of a picture of `full` size that a box of cells lies on, to the nearest."""
        left, right = (round(self.left + side * self.width) for side in (cells.left, cells.right))
        top, bottom = (round(self.top + side * self.height) for side in (cells.top, cells.bottom))
        return Box(left, top, right, bottom).clip(full)


@dataclass(frozen=True)
class Thing:
    """One mask, as the decoder gave it.

    logits: float16 hxw, above 0 is inside; the cells from `first` (column, row) on that hold it and one more around it.
    score: the predicted IoU. stability: the IoU of the masks cut lower and higher. Both 0..1.
    box, area: in pixels of the picture, to the nearest cell. point: the click that found it.
    """

    logits: Array
    first: tuple[int, int]
    grid: Grid
    box: Box
    area: int
    score: float
    stability: float
    point: Point

    def mask(self, size: Size, full: Size) -> tuple[Box, Array]:
        """Where it is on a picture of `full` size shown at `size`: a box, and bool HxW within it."""
        across, down = size.width / full.width, size.height / full.height
        shown = Grid(self.grid.left * across, self.grid.top * down, self.grid.width * across, self.grid.height * down)
        (left, top), (height, width) = self.first, self.logits.shape
        box = shown.box(Box(left, top, left + width, top + height), size)
        rows = _weights((np.arange(box.top, box.bottom) + 0.5 - shown.top) / shown.height - top, height)
        columns = _weights((np.arange(box.left, box.right) + 0.5 - shown.left) / shown.width - left, width)
        half = self.logits.astype(np.float32) @ columns.T
        inside = np.empty((len(rows), len(columns)), bool)
        for start in range(0, len(rows), _ROWS):
            np.greater(rows[start : start + _ROWS] @ half, 0, out=inside[start : start + _ROWS])
        return box, inside


def _weights(places: Array, count: int) -> Array:
    """float32 PxC: how much of each of `count` cells is in the value at a place (cells, centres at .5), bilinear."""
    at = (places - 0.5).clip(0, count - 1)
    return np.maximum(0, 1 - np.abs(at[:, None] - np.arange(count))).astype(np.float32)


@dataclass(frozen=True)
class Everything:
    """The things in a picture of that size, the largest first. note: what to tell a person."""

    size: Size
    things: tuple[Thing, ...]
    note: str = ""

    @property
    def nbytes(self) -> int:
        return sum(thing.logits.nbytes for thing in self.things)

    def label_map(self, size: Optional[Size] = None) -> Array:
        """uint16 HxW at `size` (default: the picture's): 0 where nothing is, else 1 + the smallest thing's number."""
        size = size or self.size
        labels = np.zeros((size.height, size.width), np.uint16)
        for number, thing in enumerate(self.things, 1):
            box, inside = thing.mask(size, self.size)
            labels[box.slices][inside] = number
        return labels

    def mask(self, number: int) -> Mask:
        """uint8 HxW, 0 or 255, of the picture's size: the whole of one thing, also where smaller ones lie on it."""
        result = np.zeros((self.size.height, self.size.width), np.uint8)
        box, inside = self.things[number].mask(self.size, self.size)
        result[box.slices][inside] = 255
        return result


def find(
    photo: Photo,
    segmenter: LoadedSegmenter,
    store: Store[Embedding],
    request: EverythingRequest,
    progress: Progress = silent,
) -> Everything:
    """The things in the photo. `progress` is told after every batch, and may raise to stop."""
    if _lists(segmenter.model):  # its logits are not as steep as the filter wants them
        request = copy_with(request, stability_score_thresh=0.0)
    looked_at = crop_boxes(photo.size, request.crop_n_layers)
    things: list[Thing] = []
    for number, piece in enumerate(looked_at):
        told = part(progress, number / len(looked_at), (number + 1) / len(looked_at))
        things += _in_piece(photo, piece, segmenter, store, request, told)
    if len(looked_at) > 1:
        things = _suppress(things, _by_piece, request.box_nms_thresh)
    return Everything(photo.size, tuple(sorted(things, key=lambda thing: -thing.area)))


def _in_piece(
    photo: Photo,
    piece: Box,
    segmenter: LoadedSegmenter,
    store: Store[Embedding],
    request: EverythingRequest,
    progress: Progress,
) -> list[Thing]:
    """The things in one piece of the picture; the embedding of the whole picture is kept, those of pieces are not."""
    looking = part(progress, 0.0, 0.1)
    if piece == Box.whole(photo.size):
        embedding = encode(photo, segmenter, store, looking)
    else:
        embedding = segmenter.model.encode(crop(photo.image, piece), looking)
    columns, rows = segmenter.model.extent(piece.size)
    grid = Grid(piece.left, piece.top, piece.size.width / columns, piece.size.height / rows)
    found: list[Thing] = []
    for done, batch in _decoded(segmenter.model, embedding, piece.size, request):
        for logits, score, click in batch:
            thing = _judge(logits, score, click, (columns, rows), grid, request, photo.size)
            if thing is not None and not _is_cut(thing.box, piece, photo.size):
                found.append(thing)
        if len(found) > _MOST:
            found = _suppress(found, _by_score, request.box_nms_thresh)[:_MOST]
        progress(0.1 + 0.9 * done, f"{len(found)} masks")
    return _suppress(found, _by_score, request.box_nms_thresh)


def _clicks(size: Size, per_side: int) -> Array:
    """float Nx2: (x, y) of an even grid, row by row."""
    steps = (np.arange(per_side) + 0.5) / per_side
    x, y = np.meshgrid(steps * size.width, steps * size.height)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _lists(model: Any) -> bool:
    """Whether it is a ListingSegmenter."""
    return hasattr(model, "things")


def _decoded(
    model: Any, embedding: Embedding, size: Size, request: EverythingRequest
) -> Iterator[tuple[float, Sequence[Decoded]]]:
    """Batches of candidates good enough for the model, each with how much is done after it, up to 1.

    model: a BatchSegmenter, or a ListingSegmenter: then as many things as there would be clicks on a side.
    """
    if _lists(model):
        count = request.points_per_side
        for number, (logits, score, point) in enumerate(model.things(embedding, count), 1):
            yield number / count, [(logits, score, np.array(point[:2]))]
        return
    clicks = _clicks(size, request.points_per_side)
    for start in range(0, len(clicks), _BATCH):
        batch = clicks[start : start + _BATCH]
        logits, scores = model.decode_batch(embedding, batch)
        good = np.argwhere(scores > request.pred_iou_thresh)
        done = min(1.0, (start + _BATCH) / len(clicks))
        yield done, [(logits[row, column], float(scores[row, column]), batch[row]) for row, column in good]


def _judge(
    logits: Array,
    score: float,
    click: Array,
    extent: tuple[float, float],
    grid: Grid,
    request: EverythingRequest,
    full: Size,
) -> Optional[Thing]:
    """The logits (float32 hxw) of a piece as a thing in the picture, or None if they are empty or not stable."""
    columns, rows = (int(np.ceil(side)) for side in extent)
    shown = logits[:rows, :columns]
    least, most = np.count_nonzero(shown > _OFFSET), np.count_nonzero(shown > -_OFFSET)
    stability = least / max(most, 1)
    if most == 0 or stability < request.stability_score_thresh:
        return None
    if request.specks:
        shown = clean_logits(logits, extent, request.specks, _NO_CLICKS)[:rows, :columns]
    inside = (shown > 0).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(inside)
    if not width:
        return None
    tight = Box(left, top, left + width, top + height)
    held = tight.grow(1).clip(Size(columns, rows))
    return Thing(
        logits=shown[held.slices].astype(np.float16),
        first=held[:2],
        grid=grid,
        box=grid.box(tight, full),
        area=round(np.count_nonzero(inside) * grid.width * grid.height),
        score=score,
        stability=stability,
        point=Point(float(grid.left + click[0]), float(grid.top + click[1]), 1),
    )


def _is_cut(box: Box, piece: Box, full: Size) -> bool:
    """Whether the box ends at a side of the piece that is not a side of the picture."""
    return any(abs(side - end) <= _NEAR < abs(side - border) for side, end, border in zip(box, piece, Box.whole(full)))


def _suppress(things: Sequence[Thing], rank: Callable[[Thing], tuple[float, ...]], overlap: float) -> list[Thing]:
    """Of things whose boxes overlap more than that (IoU), the one of the lowest rank; lowest first."""
    boxes = np.array([thing.box for thing in things], float).reshape(-1, 4)
    order = sorted(range(len(things)), key=lambda number: rank(things[number]))
    return [things[number] for number in nms(boxes, order, overlap)]


def _by_score(thing: Thing) -> tuple[float, ...]:
    return (-thing.score,)


def _by_piece(thing: Thing) -> tuple[float, ...]:
    """What several pieces found, the smallest one saw best."""
    return (thing.grid.width, -thing.score)
