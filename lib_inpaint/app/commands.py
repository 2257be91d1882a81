"""What each command does to one picture: read, ask the service, write."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Callable, NamedTuple, Optional, Sequence, get_args

import numpy as np

from ..errors import BadRequest, EmptySelection, OutputFailed
from ..geometry import Size
from ..imaging import imagefile, maskfile
from ..imaging import mask as masks
from ..imaging.cutout import extended_picture, mask_picture
from ..imaging.imagefile import Picture
from ..imaging.labels import overlay, palette
from ..models.model import Hit
from ..progress import Progress, part
from ..schema import (
    DetectRequest,
    EverythingRequest,
    ExtendRequest,
    MaskFile,
    MaskOptions,
    MaskOutput,
    MaskRequest,
    RemoveRequest,
    Selection,
    copy_with,
)
from ..selecting.coordinates import written
from ..selecting.segment import Photo
from ..selecting.text import TextLine, described, mask_of
from ..service import Service
from . import demo as demos
from .file_tasks import FileTask, beside
from .marks import Marks
from .options import TextFor

MASK_OUTPUTS = get_args(MaskOutput)
CANDIDATE_ENDINGS = (".0.png", ".1.png", ".2.png")
LABELS_ENDING, LIST_ENDING = ".labels.png", ".json"
EVERYTHING_ENDINGS = ("", LABELS_ENDING, LIST_ENDING)
_NO_TEXT = "There is no text in it."
Selections = Callable[[Size], "tuple[Selection, ...]"]


class GivenMask(NamedTuple):
    """A mask file for a picture, and how it is read."""

    path: Path
    how: MaskFile

    def read(self, size: Size) -> np.ndarray:
        """The mask (uint8 HxW) for a picture of that size."""
        mask = maskfile.read(self.path, label=self.how.mask_label)
        return maskfile.fitting(mask, size, self.how.fit_mask, self.path.name)


class Lettering(NamedTuple):
    """Text that is looked for. is_needed: whether a picture without text is an error; of many, some may have none."""

    request_for: TextFor
    is_needed: bool

    def find(self, service: Service, image: np.ndarray, progress: Progress) -> list[TextLine]:
        """The lines in a picture (uint8 HxWx3)."""
        try:
            return service.find_text(image, self.request_for(Size.of(image)), progress)
        except EmptySelection:
            if self.is_needed:
                raise
            return []


def remove(
    service: Service,
    task: FileTask,
    request: RemoveRequest,
    selections: Selections,
    text: DetectRequest,
    given: Optional[GivenMask],
    lettering: Optional[Lettering],
    marks: Optional[Marks],
    progress: Progress,
) -> dict[str, object]:
    """Remove what is selected from the task's picture and write the result."""
    picture = imagefile.read(task.source)
    _check_alpha(picture, task)
    hits = service.find(picture.image, text, progress)
    request = copy_with(request, objects=(*selections(picture.size), *(hit.selection for hit in hits)))
    drawn = None if given is None else given.read(picture.size)
    note = _mask_note(drawn, request.options)
    if marks is not None:
        mark = marks.of(picture.size, progress)
        drawn = mark if drawn is None else masks.union(drawn, mark)
    lines = [] if lettering is None else lettering.find(service, picture.image, part(progress, 0.0, 0.5))
    if lettering is not None and not lines and drawn is None and not request.objects:
        imagefile.write(task.target, _as_it_is(picture, task))
        return {"size": list(picture.size), "masked": 0, "lines": [], **_noted(_NO_TEXT)}
    result = service.remove(picture.image, request, _with_text(drawn, lines, picture.size), progress)
    imagefile.write(task.target, imagefile.encode(picture.with_image(result.image), imagefile.format_for(task.target)))
    masked = int(np.count_nonzero(result.mask))
    return {"size": list(picture.size), "masked": masked, **_noted(note, result.note), **_told(hits, lines)}


def mask(
    service: Service,
    task: FileTask,
    request: MaskRequest,
    selections: Selections,
    text: DetectRequest,
    given: Optional[GivenMask],
    lettering: Optional[Lettering],
    marks: Optional[Marks],
    output: MaskOutput,
    progress: Progress,
) -> dict[str, object]:
    """Select in the task's picture and write the mask, the cutout, or the picture with the mask as its alpha."""
    picture = imagefile.read(task.source)
    hits = service.find(picture.image, text, progress)
    request = copy_with(request, objects=(*selections(picture.size), *(hit.selection for hit in hits)))
    drawn = None if given is None else given.read(picture.size)
    if marks is not None:
        mark = marks.of(picture.size, progress)
        drawn = mark if drawn is None else masks.union(drawn, mark)
    lines = [] if lettering is None else lettering.find(service, picture.image, part(progress, 0.0, 0.5))
    if lettering is not None and not lines and drawn is None and not request.objects:
        return _without_text(picture, task, output)
    selected = service.mask(picture.image, request, _with_text(drawn, lines, picture.size), progress)
    shown = mask_picture(picture, selected, output)
    imagefile.write(task.target, imagefile.encode(shown, imagefile.format_for(task.target)))
    box = masks.bounds(selected)
    masked = int(np.count_nonzero(selected))
    noted = _noted(_mask_note(drawn, request.options))
    return {
        "size": list(picture.size),
        "masked": masked,
        "box": list(box) if box else None,
        **noted,
        **_told(hits, lines),
    }


def candidates(
    service: Service,
    task: FileTask,
    request: MaskRequest,
    selections: Selections,
    text: DetectRequest,
    progress: Progress,
) -> dict[str, object]:
    """Write the mask of each candidate for one thing, the best first: for cat.png cat.0.png, cat.1.png, cat.2.png."""
    picture = imagefile.read(task.source)
    hits = service.find(picture.image, text, progress)
    objects = (*selections(picture.size), *(hit.selection for hit in hits[:1]))
    if len(objects) != 1:
        raise BadRequest(f"--candidates shows what one thing may be, but {len(objects)} are pointed at.")
    photo, lines = Photo(picture.image), []
    count = 1
    while len(lines) < count:
        number = len(lines)
        one = service.select(photo, copy_with(request, objects=objects, candidate=number), progress=progress)
        assert one.found[0] is not None, "a thing that is pointed at is asked of a segmenter"
        count = len(one.found[0].scores)
        path = beside(task.target, CANDIDATE_ENDINGS[number])
        imagefile.write(path, imagefile.encode(mask_picture(picture, one.mask, "mask"), "PNG"))
        score, area = one.found[0].scores[number], int(np.count_nonzero(one.mask))
        lines.append({"output": str(path), "score": round(score, 4), "area": area})
    files = [line["output"] for line in lines]
    return {"size": list(picture.size), "output": files[0], "files": files, "candidates": lines, **_told(hits)}


def everything(service: Service, task: FileTask, request: EverythingRequest, progress: Progress) -> dict[str, object]:
    """Find all things in the task's picture. For cat.png is written:

    cat.png: the picture with each thing in a colour. cat.labels.png: 16 bits grey, 0 where nothing is, else the number
    of the thing. cat.json: for each thing its label, box, area, scores and the click that found it.
    """
    picture = imagefile.read(task.source)
    found = service.everything(picture.image, request, progress)
    labels = found.label_map()
    coloured = picture.with_image(overlay(picture.image, labels, palette(len(found.things)))).in_colour()
    things = [
        {
            "label": number,
            "box": list(thing.box),
            "area": thing.area,
            "predicted_iou": round(thing.score, 4),
            "stability": round(thing.stability, 4),
            "point": written(*(math.floor(10 * value) / 10 for value in thing.point[:2])),  # on its pixel
        }
        for number, thing in enumerate(found.things, 1)
    ]
    details = {"size": list(picture.size), "things": things}
    imagefile.write(beside(task.target, LABELS_ENDING), imagefile.encode_labels(labels))
    imagefile.write(beside(task.target, LIST_ENDING), json.dumps(details, indent=1).encode())
    imagefile.write(task.target, imagefile.encode(coloured, imagefile.format_for(task.target)))
    files = [str(beside(task.target, ending)) for ending in EVERYTHING_ENDINGS]
    return {**details, "files": files}


def extend(service: Service, task: FileTask, request: ExtendRequest, progress: Progress) -> dict[str, object]:
    """Extend the task's picture and write the result; what is new is opaque."""
    picture = imagefile.read(task.source)
    _check_alpha(picture, task)
    result = service.extend(picture.image, request, progress)
    extended = extended_picture(picture, result.image, request)
    imagefile.write(task.target, imagefile.encode(extended, imagefile.format_for(task.target)))
    return {"size": list(extended.size)}


def demo(service: Service, output: Path, progress: Progress) -> dict[str, object]:
    """Remove a thing from a sample photo and write before | mask | after as one picture."""
    format = imagefile.format_for(output)
    what, sheet = demos.sheet(service, progress)
    imagefile.write(output, imagefile.encode(Picture(sheet), format))
    return {"what": what, "output": str(output.resolve())}


def demo_photo(format: str = "JPEG") -> bytes:
    """The sample photo as a file."""
    return imagefile.encode(Picture(demos.photo()), format)


def sample(output: Path) -> dict[str, object]:
    """Write the sample photo. Raises OutputFailed rather than write over another file."""
    data = demo_photo(imagefile.format_for(output))
    if output.exists() and (not output.is_file() or output.read_bytes() != data):
        raise OutputFailed(f"{output} is there already and is something else; give another name with -o.")
    imagefile.write(output, data)
    x, y, _ = demos.SELECTION.points[0]
    return {"output": str(output), "at": f"{x:g},{y:g}"}


def _told(hits: Sequence[Hit], lines: Sequence[TextLine] = ()) -> dict[str, object]:
    """What is said about the hits of a name and about lines of text, if there were any."""
    told = [{"text": hit.name, "score": round(hit.score, 4), "box": list(hit.box)} for hit in hits]
    return {**({"hits": told} if told else {}), **({"lines": [described(line) for line in lines]} if lines else {})}


def _with_text(drawn: Optional[np.ndarray], lines: Sequence[TextLine], size: Size) -> Optional[np.ndarray]:
    """A mask (uint8 HxW) or none, and the lines of text."""
    if not lines:
        return drawn
    letters = mask_of(lines, size)
    return letters if drawn is None else masks.union(drawn, letters)


def _as_it_is(picture: Picture, task: FileTask) -> bytes:
    """The task's picture as it is, in the format of the result."""
    if task.source.suffix.lower() == task.target.suffix.lower():
        return task.source.read_bytes()
    return imagefile.encode(picture, imagefile.format_for(task.target))


def _without_text(picture: Picture, task: FileTask, output: MaskOutput) -> dict[str, object]:
    """Write what a picture without text comes to: a mask in which nothing is selected, and nothing cut out."""
    told = {"size": list(picture.size), "masked": 0, "box": None, "lines": []}
    if output == "cutout":
        return {**told, **_noted(f"{_NO_TEXT} Nothing was written.")}
    shown = mask_picture(picture, masks.blank(picture.size), output)
    imagefile.write(task.target, imagefile.encode(shown, imagefile.format_for(task.target)))
    return {**told, **_noted(_NO_TEXT)}


def _mask_note(drawn: Optional[np.ndarray], options: Optional[MaskOptions]) -> str:
    """What a person should know of a mask from a file (uint8 HxW)."""
    turned = options is not None and options.invert
    return "" if drawn is None or turned else maskfile.note(drawn, "--invert")


def _noted(*notes: str) -> dict[str, object]:
    note = " ".join(filter(None, notes))
    return {"note": note} if note else {}


def _check_alpha(picture: Picture, task: FileTask) -> None:
    """Raise OutputFailed rather than lose transparency without a word."""
    if picture.is_transparent and imagefile.format_for(task.target) == "JPEG":
        raise OutputFailed(f"{task.source.name} is transparent in places, which JPEG cannot keep; write .png or .webp.")
