"""Selection + image -> masks. An image is encoded once; after that, each click costs one decoder pass."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Optional, Sequence, Union

import numpy as np

from ..errors import BadRequest, EmptySelection
from ..geometry import Array, Floats, Image, Mask, Point, Size
from ..imaging import mask as masks
from ..models.model import Candidates, Embedding, Segmenter
from ..progress import Progress, silent
from ..schema import SUITED, MaskOptions, ObjectsRequest, Selection
from ..store import Store, content_id
from .selection import asks_segmenter, is_empty, validate_selection


class Photo:
    """An image and the id of its pixels. Whoever keeps one of these between clicks has the pixels hashed once.

    image: uint8 HxWx3 RGB, not to be written to any more. id: as of `content_id`, found out when it is first asked for.
    """

    def __init__(self, image: Image) -> None:
        self.image = image

    @classmethod
    def of(cls, image: Union[Image, Photo]) -> Photo:
        """The photo itself, or one of a bare array."""
        return image if isinstance(image, Photo) else cls(image)

    @cached_property
    def id(self) -> str:
        return content_id(self.image)

    @property
    def size(self) -> Size:
        return Size.of(self.image)

    @property
    def nbytes(self) -> int:
        return self.image.nbytes


@dataclass(frozen=True)
class LoadedSegmenter:
    """A segmenter and what its embeddings are known by: the model's name and dtype."""

    name: str
    dtype: str
    model: Segmenter

    def key(self, photo: Photo) -> tuple[str, str, str]:
        """What an embedding of that photo is kept under."""
        return photo.id, self.name, self.dtype


class Proposals(NamedTuple):
    """What a segmenter proposed, to be kept."""

    candidates: Candidates

    @property
    def nbytes(self) -> int:
        return self.candidates.logits.nbytes


class EncodedPhoto(NamedTuple):
    """An embedding and the segmenter that made it: a click on it is one decoder pass.

    proposals: where what was proposed is kept, so that another of them costs no pass; key: what the photo is there.
    """

    model: Segmenter
    embedding: Embedding
    proposals: Optional[Store[Proposals]] = None
    key: tuple[str, ...] = ()

    def decode(self, selection: Selection, previous: Optional[Floats]) -> Candidates:
        """What is proposed for a selection, now or before; previous: as of Segmenter.decode."""
        if self.proposals is None or previous is not None:
            return self.model.decode(self.embedding, selection, previous)
        key = (*self.key, selection.points, selection.box, selection.hint)
        return self.proposals.get_or_make(
            key, lambda: Proposals(self.model.decode(self.embedding, selection, None))
        ).candidates


class Found(NamedTuple):
    """What the segmenter proposed for one object: the score (0..1) and area (in pixels) of each candidate."""

    chosen: int
    scores: list[float]
    areas: list[int]
    logits: Floats  # float32 hxw, of the chosen one: what to feed back with the next click


class Selected(NamedTuple):
    """mask: uint8 HxW, 0 or 255. found: one for each object of the request; None where no segmenter was needed.

    unpainted: uint8 HxW, what the segmenter found, without brush strokes. note: what to tell a person.
    """

    mask: Mask
    found: list[Optional[Found]]
    unpainted: Mask
    note: str = ""


def encode(photo: Photo, segmenter: LoadedSegmenter, store: Store[Embedding], progress: Progress = silent) -> Embedding:
    """The embedding of the image, from the store when it is there; two callers at once encode once."""
    return store.get_or_make(segmenter.key(photo), lambda: segmenter.model.encode(photo.image, progress))


def validate_request(request: ObjectsRequest, drawn: Optional[Mask], size: Size) -> None:
    """Raise BadRequest unless the request, and a mask that was drawn (uint8 HxW), fit a picture of that size."""
    for selection in request.objects:
        validate_selection(selection, size)
    if drawn is not None and Size.of(drawn) != size:
        raise BadRequest(f"The mask is {Size.of(drawn)} pixels, but the picture is {size}.", "mask")


def needs_segmenter(request: ObjectsRequest) -> bool:
    """Whether an object of the request needs a segmenter; brush strokes do not."""
    return any(asks_segmenter(selection) for selection in request.objects)


def select(
    size: Size,
    request: ObjectsRequest,
    encoded: Optional[EncodedPhoto],
    previous: Optional[Floats] = None,
    progress: Progress = silent,
) -> Selected:
    """Everything that the request's objects select in a picture of that size, before MaskOptions.

    Each object is segmented by itself, then its brush strokes are painted onto it. `encoded` may be None when every
    object is brush strokes alone. `previous` (float32 hxw) are the logits of an earlier answer for the last object, the
    one that somebody works on. Raises EmptySelection when nothing is selected.
    """
    if all(is_empty(selection) for selection in request.objects):
        raise EmptySelection("Nothing is selected: point at a thing, draw a box around it, or give a mask.", "objects")
    result = unpainted = masks.blank(size)
    painted = any(selection.strokes for selection in request.objects)
    found: list[Optional[Found]] = []
    for number, selection in enumerate(request.objects):
        progress(number / len(request.objects), "Selecting")
        one, about = masks.blank(size), None
        if encoded is not None and asks_segmenter(selection):
            model, embedding = encoded.model, encoded.embedding
            earlier = previous if number == len(request.objects) - 1 else None
            candidates, extent = encoded.decode(selection, earlier), model.extent(size)
            about = _choose(candidates, request.candidate, extent, size)
            clicked = logit_positions(selection.points, extent, size)
            one = model.upscale(embedding, clean_logits(about.logits, extent, request.specks, clicked))
        result = masks.union(result, masks.paint(one, selection.strokes) if selection.strokes else one)
        unpainted = masks.union(unpainted, one) if painted else result
        found.append(about)
    return Selected(result, found, unpainted)


def finish(selected: Selected, drawn: Optional[Mask], options: MaskOptions, photo: Photo) -> Selected:
    """What was selected, and a mask that was drawn (uint8 HxW), together and changed by the options.

    Raises EmptySelection when nothing is left.
    """
    whole = selected.mask if drawn is None else masks.union(drawn, selected.mask)
    return _selected(selected, masks.refine(whole, options, photo.image), drawn)


def suit(selected: Selected, drawn: Optional[Mask], objects: Sequence[Selection], photo: Photo) -> Selected:
    """As `finish`, for removing: what the segmenter found is changed by SUITED, all that is drawn is used as it is.

    So are the strokes of the objects: what they add is added, and what they erase stays so.
    """
    mask = masks.refine(selected.unpainted, SUITED, photo.image)
    nothing = masks.blank(photo.size)
    for strokes in (selection.strokes for selection in objects if selection.strokes):
        erased = masks.invert(masks.paint(masks.invert(nothing), strokes))
        mask = masks.subtract(mask, masks.subtract(erased, selected.mask))  # but not what another object has there
        mask = masks.union(mask, masks.paint(nothing, strokes))
    return _selected(selected, mask if drawn is None else masks.union(mask, drawn), drawn)


def _selected(selected: Selected, mask: Mask, drawn: Optional[Mask]) -> Selected:
    if not mask.any():
        empty = "The mask is empty: nothing was selected, or shrinking and dropping islands left nothing."
        raise EmptySelection(empty, "objects" if drawn is None else "mask")
    return selected._replace(mask=mask)


def clean_logits(logits: Floats, extent: tuple[float, float], percent: float, clicked: Array) -> Floats:
    """The logits (float32 hxw) without holes and specks of up to `percent` of the picture.

    As SAM2Transforms.postprocess_masks in github.com/facebookresearch/sam2, before they are enlarged.
    extent: as of Segmenter. clicked: int Nx2, (row, column) of cells. A speck that was clicked on is meant, and so is a
    hole: when one of them would change sides, all stays as it is.
    """
    columns, rows = (int(np.ceil(side)) for side in extent)
    shown = logits[:rows, :columns]
    inside = np.where(shown > 0, np.uint8(255), np.uint8(0))
    clean = drop_small_regions(inside, int(percent / 100 * columns * rows))
    where = tuple(clicked.T)
    if not clean.any() or (clean[where] != inside[where]).any():
        return logits
    sure = np.abs(shown)
    result = logits.copy()
    result[:rows, :columns] = np.where(clean == inside, shown, np.where(clean > 0, sure + 1e-3, -sure))
    return result


def logit_positions(points: Sequence[Point], extent: tuple[float, float], size: Size) -> Array:
    """int Nx2: the (row, column) of the cell of the logits that each point of a picture of that size lies in."""
    columns, rows = extent
    return np.array([(y * rows / size.height, x * columns / size.width) for x, y, _ in points], int).reshape(-1, 2)


def drop_small_regions(inside: Mask, area: int) -> Mask:
    """A mask (uint8 hxw) without holes and specks of up to `area` pixels."""
    return masks.drop_islands(masks.fill_holes(inside, area), area)


def _choose(candidates: Candidates, wanted: Optional[int], extent: tuple[float, float], size: Size) -> Found:
    """What is told about the candidates; `wanted` None takes the family's best, which is its first."""
    chosen, count = wanted or 0, len(candidates.logits)
    if chosen >= count:
        raise BadRequest(f"There is no candidate {chosen}; this selection has {count}, counted from 0.", "candidate")
    columns, rows = extent
    shown = candidates.logits[:, : int(np.ceil(rows)), : int(np.ceil(columns))] > 0
    areas = np.count_nonzero(shown, axis=(1, 2)) * (size.area / (columns * rows))
    return Found(chosen, candidates.scores.tolist(), np.rint(areas).astype(int).tolist(), candidates.logits[chosen])
