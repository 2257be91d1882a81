"""What is installed here and what works: one report, for people to paste into a bug report."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import time
from pathlib import Path
from typing import Any, Callable

import numpy as np

from .. import __version__
from ..errors import EmptySelection, sentence_of
from ..geometry import Point, Size
from ..host import Host
from ..imaging import mask as masks
from ..models import registry
from ..models.devices import PROCESSOR, attention_on
from ..models.entry import Kind
from ..progress import Progress, part
from ..schema import DetectRequest, FillRequest, FindSubjectRequest, FindTextRequest, MaskRequest, Selection, Stroke
from ..service import Service
from . import demo

PACKAGES = (
    "numpy",
    "opencv-python",
    "opencv-python-headless",
    "pillow",
    "scikit-image",
    "torch",
    "torchvision",
    "spandrel",
    "transformers",
    "safetensors",
    "segment-anything",
    "segment-anything-hq",
    "sam2",
    "onnxruntime",
    "pydantic",
    "gradio",
    "fastapi",
    "starlette",
    "huggingface-hub",
)
_AT = demo.SELECTION.points[0]  # what is clicked on, and what is removed
_RADIUS = 24  # pixels


def examine(host: Host, progress: Progress) -> dict[str, Any]:
    """The report: versions, the device, folders, and each model tried on the sample photo if it can be used.

    A model that fails is told with its error; nothing is downloaded.
    """
    progress(0.0, "Looking at what is installed")
    report: dict[str, Any] = {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "offline": host.offline,
        "folders": [_short(folder) for folder in host.model_folders],
    }
    try:
        attention = attention_on(host.device, host.attention)
        report |= {"device": host.device, "dtype": host.dtype, "attention": attention}
    except Exception as error:  # a torch that cannot be imported, among others
        unknown = {"device": PROCESSOR, "dtype": "float32", "attention": attention_on(PROCESSOR)}
        report |= {**unknown, "device_error": sentence_of(error)}
    service, known = Service(host), registry.models()
    photo = demo.photo()
    report["models"] = []
    for number, model in enumerate(known):
        watch = part(progress, number / len(known), (number + 1) / len(known), f"{model.label}. ")
        report["models"].append(_tried(service, model, photo, watch))
    progress(1.0, "")
    return report


def is_well(report: dict[str, Any]) -> bool:
    """Whether all that is installed works."""
    return "device_error" not in report and not any(model["state"] == "failed" for model in report["models"])


def as_text(report: dict[str, Any]) -> str:
    """The report for people, also in an issue of a tracker."""
    versions = ", ".join(f"{name} {version}" for name, version in report["packages"].items())
    lines = [
        f"Inpaint Anything {report['version']}, Python {report['python']}, {report['system']}",
        f"Packages: {versions}",
        f"Models work on {report['device']} in {report['dtype']}, attention {report['attention']}"
        + (", offline" if report["offline"] else ""),
        *([f"The device could not be asked: {report['device_error']}"] if "device_error" in report else []),
        f"Folders of models: {', '.join(report['folders'])}",
        "",
    ]
    for model in report["models"]:
        seconds = ", ".join(f"{what} {taken:.2f} s" for what, taken in model.get("seconds", {}).items())
        told = " ".join(filter(None, (seconds, model.get("note"), model.get("reason"))))
        lines.append(f"{model['state']:<7} {model['kind']:<16} {model['name']:<22} {told}")
    lines += ["", "All that is installed works." if is_well(report) else "Something that is installed does not work."]
    return "\n".join(lines)


def _tried(service: Service, model: registry.Model, photo: np.ndarray, progress: Progress) -> dict[str, Any]:
    about = {"name": model.name, "kind": model.kind}
    try:
        now = registry.state(model, service.host.model_folders)
        if not now.ready:
            return {**about, "state": "absent", "reason": now.reason}
        seconds, note = _TRIES[model.kind](service, model.name, photo, progress)
    except Exception as error:  # whatever a model does, the others are still tried
        return {**about, "state": "failed", "reason": sentence_of(error)}
    return {**about, "state": "works", "seconds": seconds, **({"note": note} if note else {})}


def _click(service: Service, name: str, photo: np.ndarray, progress: Progress) -> tuple[dict[str, float], str]:
    request = MaskRequest(segmenter=name, objects=(Selection(points=(Point(*_AT),)),))
    first, selected = _timed(lambda: service.select(photo, request, progress=progress))
    again, _ = _timed(lambda: service.select(photo, request, progress=progress))
    return {"load and look": first, "click": again}, selected.note


def _erase(service: Service, name: str, photo: np.ndarray, progress: Progress) -> tuple[dict[str, float], str]:
    hole = masks.from_stroke(Size.of(photo), Stroke(points=((_AT.x, _AT.y),), radius=_RADIUS))
    request = FillRequest(eraser=name)
    first, result = _timed(lambda: service.prefill(photo, hole, request, progress))
    again, _ = _timed(lambda: service.prefill(photo, hole, request, progress))
    return {"load and erase": first, "erase": again}, result.note


def _find(service: Service, name: str, photo: np.ndarray, progress: Progress) -> tuple[dict[str, float], str]:
    request = DetectRequest(text="person", detector=name, threshold=0.0)
    first, _ = _timed(lambda: service.detect(photo, request, progress))
    return {"load and find": first}, ""


def _read(service: Service, name: str, photo: np.ndarray, progress: Progress) -> tuple[dict[str, float], str]:
    def look() -> None:
        with contextlib.suppress(EmptySelection):  # the photo need not have any
            service.find_text(photo, FindTextRequest(text_detector=name), progress)

    first, _ = _timed(look)
    again, _ = _timed(look)
    return {"load and find": first, "find": again}, ""


def _subject(service: Service, name: str, photo: np.ndarray, progress: Progress) -> tuple[dict[str, float], str]:
    def look() -> None:
        with contextlib.suppress(EmptySelection):  # the photo need not have any
            service.find_subject(photo, FindSubjectRequest(subject_detector=name), progress)

    first, _ = _timed(look)
    again, _ = _timed(look)
    return {"load and find": first, "find": again}, ""


_TRIES: dict[Kind, Callable[[Service, str, np.ndarray, Progress], tuple[dict[str, float], str]]] = {
    "segmenter": _click,
    "eraser": _erase,
    "detector": _find,
    "text_detector": _read,
    "subject_detector": _subject,
}


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    made = work()
    return round(time.perf_counter() - began, 3), made


def _short(folder: Path) -> str:
    """The folder without the name of whoever has it."""
    home = Path.home()
    return f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder)


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
