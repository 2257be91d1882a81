"""What each command does to one picture: read, ask the service, write."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Optional, Sequence, get_args

import numpy as np

from ..errors import BadRequest, OutputFailed
from ..imaging import imagefile
from ..imaging import mask as masks
from ..imaging.cutout import extended_picture, mask_picture
from ..imaging.imagefile import Picture
from ..imaging.labels import overlay, palette
from ..models.model import Hit
from ..progress import Progress
from ..schema import (
    EverythingRequest,
    ExtendRequest,
    MaskOutput,
    MaskRequest,
    RemoveRequest,
    copy_with,
)
from ..selecting.coordinates import written
from ..selecting.segment import Photo
from ..selecting.subject import FoundSubject
from ..selecting.text import TextLine, described
from ..service import Service
from . import demo as demos
from .file_tasks import FileTask, beside
from .sought import Sought

MASK_OUTPUTS = get_args(MaskOutput)
CANDIDATE_ENDINGS = (".0.png", ".1.png", ".2.png")
LABELS_ENDING, LIST_ENDING = ".labels.png", ".json"
EVERYTHING_ENDINGS = ("", LABELS_ENDING, LIST_ENDING)
_NO_TEXT = "There is no text in it."


def remove(
    service: Service, task: FileTask, request: RemoveRequest, sought: Sought, progress: Progress
) -> dict[str, object]:
    """Remove what is sought from the task's picture and write the result."""
    picture = imagefile.read(task.source)
    _check_alpha(picture, task)
    found = sought.find(service, picture, task.source, request.options, progress)
    if found.has_no_text:
        imagefile.write(task.target, _as_it_is(picture, task))
        return {"size": list(picture.size), "masked": 0, "lines": [], **_noted(_NO_TEXT)}
    result = service.remove(picture.image, copy_with(request, objects=found.objects), found.mask, progress)
    imagefile.write(task.target, imagefile.encode(picture.with_image(result.image), imagefile.format_for(task.target)))
    masked = int(np.count_nonzero(result.mask))
    noted = _noted(found.note, result.note)
    return {"size": list(picture.size), "masked": masked, **noted, **_told(found.hits, found.lines, found.subject)}


def mask(
    service: Service, task: FileTask, request: MaskRequest, sought: Sought, output: MaskOutput, progress: Progress
) -> dict[str, object]:
    """Select what is sought in the task's picture; write the mask, the cutout, or the picture with it as its alpha."""
    picture = imagefile.read(task.source)
    found = sought.find(service, picture, task.source, request.options, progress)
    if found.has_no_text:
        return _without_text(picture, task, output)
    selected = service.mask(picture.image, copy_with(request, objects=found.objects), found.mask, progress)
    shown = mask_picture(picture, selected, output)
    imagefile.write(task.target, imagefile.encode(shown, imagefile.format_for(task.target)))
    box = masks.bounds(selected)
    return {
        "size": list(picture.size),
        "masked": int(np.count_nonzero(selected)),
        "box": list(box) if box else None,
        **_noted(found.note),
        **_told(found.hits, found.lines, found.subject),
    }


def candidates(
    service: Service, task: FileTask, request: MaskRequest, sought: Sought, progress: Progress
) -> dict[str, object]:
    """Write the mask of each candidate for one thing, the best first: for cat.png cat.0.png, cat.1.png, cat.2.png."""
    picture = imagefile.read(task.source)
    hits = service.find(picture.image, sought.text, progress)
    objects = (*sought.selections(picture.size), *(hit.selection for hit in hits[:1]))
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


def _told(
    hits: Sequence[Hit], lines: Sequence[TextLine] = (), subject: Optional[FoundSubject] = None
) -> dict[str, object]:
    """What is said about the hits of a name, about lines of text and about the subject, if there were any."""
    told: dict[str, object] = {}
    if hits:
        told["hits"] = [{"text": hit.name, "score": round(hit.score, 4), "box": list(hit.box)} for hit in hits]
    if lines:
        told["lines"] = [described(line) for line in lines]
    if subject is not None:
        told["subject"] = {"score": round(subject.score, 4), "box": list(subject.box)}
    return told


def _as_it_is(picture: Picture, task: FileTask) -> bytes:
    """The task's picture as it is, in the format of the result."""
    if task.source.suffix.lower() == task.target.suffix.lower():
        return task.source.read_bytes()
    return imagefile.encode(picture, imagefile.format_for(task.target))


def _without_text(picture: Picture, task: FileTask, output: MaskOutput) -> dict[str, object]:
    """Write what a picture without text comes to: a mask in which nothing is selected, and nothing cut out."""
    told = {"size": list(picture.size), "masked": 0, "box": None, "lines": []}
    if output == "cutout":
        return {**told, "output": None, "files": [], **_noted(f"{_NO_TEXT} Nothing was written.")}
    shown = mask_picture(picture, masks.blank(picture.size), output)
    imagefile.write(task.target, imagefile.encode(shown, imagefile.format_for(task.target)))
    return {**told, **_noted(_NO_TEXT)}


def _noted(*notes: str) -> dict[str, object]:
    note = " ".join(filter(None, notes))
    return {"note": note} if note else {}


def _check_alpha(picture: Picture, task: FileTask) -> None:
    """Raise OutputFailed rather than lose transparency without a word."""
    if picture.is_transparent and imagefile.format_for(task.target) == "JPEG":
        raise OutputFailed(f"{task.source.name} is transparent in places, which JPEG cannot keep; write .png or .webp.")
