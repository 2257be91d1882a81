"""What each command does to one picture: read, ask the service, write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Optional, get_args

import numpy as np

from . import demo as demos
from . import imagefile
from . import mask as masks
from .batch import Job
from .errors import BadRequest, OutputFailed
from .geometry import Size
from .host.base import Host
from .imagefile import Picture
from .models import download, registry
from .progress import Progress
from .schema import ExtendRequest, MaskOutput, MaskRequest, RemoveRequest, Selection, copy_with
from .service import Service

MASK_OUTPUTS = get_args(MaskOutput)
Selections = Callable[[Size], "tuple[Selection, ...]"]


def remove(
    service: Service, job: Job, request: RemoveRequest, selections: Selections, drawn: Optional[Path], progress: Progress
) -> dict[str, object]:
    """Remove what is selected from the job's picture and write the result."""
    picture = imagefile.read(job.source)
    _check_alpha(picture, job)
    request = copy_with(request, objects=selections(picture.size))
    result = service.remove(picture.image, request, _drawn(drawn, picture), progress)
    imagefile.write(job.target, imagefile.encode(picture.with_image(result.image), imagefile.format_for(job.target)))
    return {"size": list(picture.size), "masked": int(np.count_nonzero(result.mask))}


def mask(
    service: Service,
    job: Job,
    request: MaskRequest,
    selections: Selections,
    drawn: Optional[Path],
    output: MaskOutput,
    progress: Progress,
) -> dict[str, object]:
    """Select in the job's picture and write the mask, the cutout, or the picture with the mask as its alpha."""
    picture = imagefile.read(job.source)
    request = copy_with(request, objects=selections(picture.size))
    selected = service.mask(picture.image, request, _drawn(drawn, picture), progress)
    shown = mask_picture(picture, selected, output)
    imagefile.write(job.target, imagefile.encode(shown, imagefile.format_for(job.target)))
    box = masks.bounds(selected)
    return {"size": list(picture.size), "masked": int(np.count_nonzero(selected)), "box": list(box) if box else None}


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
    alpha = picture.alpha
    if alpha is not None:
        margins = ((request.up, request.down), (request.left, request.right))
        alpha = np.pad(alpha, margins, constant_values=255)
    larger = replace(picture, image=result.image, alpha=alpha)
    imagefile.write(job.target, imagefile.encode(larger, imagefile.format_for(job.target)))
    return {"size": list(larger.size)}


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


def _drawn(path: Optional[Path], picture: Picture) -> Optional[np.ndarray]:
    return None if path is None else imagefile.read_mask(path, picture.size)


def _check_alpha(picture: Picture, job: Job) -> None:
    """Raise OutputFailed rather than lose transparency without a word."""
    transparent = picture.alpha is not None and picture.alpha.min() < 255
    if transparent and imagefile.format_for(job.target) == "JPEG":
        raise OutputFailed(f"{job.source.name} is transparent in places, which JPEG cannot keep; write .png or .webp.")
