"""What each command does to one picture: read, ask the service, write."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Optional, Sequence, get_args

import numpy as np

from ..errors import BadRequest, OutputFailed
from ..geometry import Size
from ..host import Host
from ..imaging import imagefile
from ..imaging import mask as masks
from ..imaging.imagefile import Picture
from ..imaging.labels import overlay, palette
from ..models import registry
from ..models.files import download
from ..models.model import Hit
from ..progress import Progress
from ..schema import (
    DetectRequest,
    EverythingRequest,
    ExtendRequest,
    MaskOutput,
    MaskRequest,
    RemoveRequest,
    Selection,
    copy_with,
)
from ..selecting.segment import Photo
from ..service import Service
from . import demo as demos
from .batch import Job, beside

MASK_OUTPUTS = get_args(MaskOutput)
CANDIDATE_ENDINGS = (".0.png", ".1.png", ".2.png")
LABELS_ENDING, LIST_ENDING = ".labels.png", ".json"
Selections = Callable[[Size], "tuple[Selection, ...]"]


def remove(
    service: Service,
    job: Job,
    request: RemoveRequest,
    selections: Selections,
    text: DetectRequest,
    drawn: Optional[Path],
    progress: Progress,
) -> dict[str, object]:
    """Remove what is selected from the job's picture and write the result."""
    picture = imagefile.read(job.source)
    _check_alpha(picture, job)
    hits = service.find(picture.image, text, progress)
    request = copy_with(request, objects=(*selections(picture.size), *(hit.selection for hit in hits)))
    result = service.remove(picture.image, request, _drawn(drawn, picture), progress)
    imagefile.write(job.target, imagefile.encode(picture.with_image(result.image), imagefile.format_for(job.target)))
    noted = {"note": result.note} if result.note else {}
    return {"size": list(picture.size), "masked": int(np.count_nonzero(result.mask)), **noted, **_told(hits)}


def mask(
    service: Service,
    job: Job,
    request: MaskRequest,
    selections: Selections,
    text: DetectRequest,
    drawn: Optional[Path],
    output: MaskOutput,
    progress: Progress,
) -> dict[str, object]:
    """Select in the job's picture and write the mask, the cutout, or the picture with the mask as its alpha."""
    picture = imagefile.read(job.source)
    hits = service.find(picture.image, text, progress)
    request = copy_with(request, objects=(*selections(picture.size), *(hit.selection for hit in hits)))
    selected = service.mask(picture.image, request, _drawn(drawn, picture), progress)
    shown = mask_picture(picture, selected, output)
    imagefile.write(job.target, imagefile.encode(shown, imagefile.format_for(job.target)))
    box = masks.bounds(selected)
    masked = int(np.count_nonzero(selected))
    return {"size": list(picture.size), "masked": masked, "box": list(box) if box else None, **_told(hits)}


def candidates(
    service: Service, job: Job, request: MaskRequest, selections: Selections, text: DetectRequest, progress: Progress
) -> dict[str, object]:
    """Write the mask of each candidate for one thing, the best first: for cat.png cat.0.png, cat.1.png, cat.2.png."""
    picture = imagefile.read(job.source)
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
        path = beside(job.target, CANDIDATE_ENDINGS[number])
        imagefile.write(path, imagefile.encode(mask_picture(picture, one.mask, "mask"), "PNG"))
        score, area = one.found[0].scores[number], int(np.count_nonzero(one.mask))
        lines.append({"output": str(path), "score": round(score, 4), "area": area})
    return {"size": list(picture.size), "candidates": lines, **_told(hits)}


def everything(service: Service, job: Job, request: EverythingRequest, progress: Progress) -> dict[str, object]:
    """Find all things in the job's picture. For cat.png is written:

    cat.png: the picture with each thing in a colour. cat.labels.png: 16 bits grey, 0 where nothing is, else the number
    of the thing. cat.json: for each thing its label, box, area, scores and the click that found it.
    """
    picture = imagefile.read(job.source)
    found = service.everything(picture.image, request, progress)
    labels = found.label_map()
    shown = overlay(picture.image, labels, palette(len(found.things)))
    things = [
        {
            "label": number,
            "box": list(thing.box),
            "area": thing.area,
            "predicted_iou": round(thing.score, 4),
            "stability": round(thing.stability, 4),
            "point": [round(thing.point.x, 1), round(thing.point.y, 1)],
        }
        for number, thing in enumerate(found.things, 1)
    ]
    details = {"size": list(picture.size), "things": things}
    imagefile.write(beside(job.target, LABELS_ENDING), imagefile.encode_labels(labels))
    imagefile.write(beside(job.target, LIST_ENDING), json.dumps(details, indent=1).encode())
    imagefile.write(job.target, imagefile.encode(picture.with_image(shown), imagefile.format_for(job.target)))
    return details


def mask_picture(picture: Picture, selected: np.ndarray, output: MaskOutput) -> Picture:
    """A mask (uint8 HxW, not empty) as a picture to keep.

    mask: grey, the picture's size. alpha: the picture as it is, with the mask as alpha. cutout: the same cut to what is
    selected, and what was transparent before stays so.
    """
    if output == "mask":
        return Picture(np.repeat(selected[..., None], 3, axis=2), grey=True)
    if output == "alpha":
        return picture.with_image(picture.image, selected)
    alpha = selected if picture.alpha is None else np.minimum(selected, picture.alpha)
    box = masks.bounds(selected)
    assert box is not None, "the service refuses empty masks"
    return picture.with_image(picture.image[box.slices].copy(), alpha[box.slices].copy())


def extend(service: Service, job: Job, request: ExtendRequest, progress: Progress) -> dict[str, object]:
    """Extend the job's picture and write the result; what is new is opaque."""
    picture = imagefile.read(job.source)
    _check_alpha(picture, job)
    result = service.extend(picture.image, request, progress)
    extended = larger(picture, result.image, request)
    imagefile.write(job.target, imagefile.encode(extended, imagefile.format_for(job.target)))
    return {"size": list(extended.size)}


def larger(picture: Picture, image: np.ndarray, request: ExtendRequest) -> Picture:
    """The picture with `image` (uint8 HxWx3) for its extended pixels; what is new is opaque."""
    alpha = picture.alpha
    if alpha is not None:
        margins = ((request.up, request.down), (request.left, request.right))
        alpha = np.pad(alpha, margins, constant_values=255)
    return replace(picture, image=image, alpha=alpha)


def models(host: Host, action: str, name: Optional[str], progress: Progress) -> list[dict[str, Any]]:
    """The lines to show: every model with its state, the model just downloaded, or the folders."""
    if action == "where":
        return [{"folder": str(folder)} for folder in host.model_folders]
    if action == "download":
        if name is None:
            raise BadRequest("Say which model to download; `inpaint-anything models` lists them.")
        model = registry.find(name)
        folder, *others = host.model_folders
        paths = download.fetch_model(model, folder, progress, others=others, offline=host.offline)
        return [{"name": model.name, "path": str(path)} for path in paths]
    return [_about(model, host) for model in registry.models()]


def _about(model: registry.Model, host: Host) -> dict[str, Any]:
    now = registry.state(model, host.model_folders)
    return {"name": model.name, "kind": model.kind, "ready": now.ready, "about": model.about, "reason": now.reason}


def model_line(line: dict[str, Any]) -> str:
    """One line of `models` for people."""
    if "folder" in line or "path" in line:
        return line.get("folder") or f"{line['name']}: {line['path']}"
    state = "ready" if line["ready"] else line["reason"]
    return f"{line['kind']:<10} {line['name']:<22} {line['about']}\n{'':<33} {state}"


def demo(service: Service, output: Path, progress: Progress) -> dict[str, object]:
    """Remove a thing from a sample photo and write before | mask | after as one picture."""
    format = imagefile.format_for(output)
    what, sheet = demos.sheet(service, progress)
    imagefile.write(output, imagefile.encode(Picture(sheet), format))
    return {"what": what, "output": str(output.resolve())}


def demo_photo() -> bytes:
    """The sample photo, as JPEG."""
    return imagefile.encode(Picture(demos.photo()), "JPEG")


def _told(hits: Sequence[Hit]) -> dict[str, object]:
    """What is said about the hits of a text, if there was one."""
    lines = [{"text": hit.name, "score": round(hit.score, 4), "box": list(hit.box)} for hit in hits]
    return {"hits": lines} if lines else {}


def _drawn(path: Optional[Path], picture: Picture) -> Optional[np.ndarray]:
    return None if path is None else imagefile.read_mask(path, picture.size)


def _check_alpha(picture: Picture, job: Job) -> None:
    """Raise OutputFailed rather than lose transparency without a word."""
    transparent = picture.alpha is not None and picture.alpha.min() < 255
    if transparent and imagefile.format_for(job.target) == "JPEG":
        raise OutputFailed(f"{job.source.name} is transparent in places, which JPEG cannot keep; write .png or .webp.")
