"""Whether a Python package that a model needs is there, is the right one, and fits the others; nothing is imported.

What a WebUI runs with is pinned by it, and another extension may have put a package of its own under a known name. A
reason therefore tells pip's command only where following it changes nothing that is there.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
from typing import Iterator, Mapping, NamedTuple, Optional

import cv2
from packaging.requirements import Requirement

_PINNED = ("torch", "torchvision", "transformers", "numpy", "gradio")  # by a WebUI, whose other parts rely on it
# What pip would bring up to date, where it is older, to install one that is not there.
_ASKS = {"sam2": ("torch>=2.5.1", "torchvision>=0.20.1")}
# Files without which a package is not the one that is meant, by the name it is imported by.
_PARTS = {
    "segment_anything": ("build_sam.py", "modeling/image_encoder.py"),
    "segment_anything_hq": ("build_sam_baseline.py", "modeling/mask_decoder_hq.py", "modeling/tiny_vit_sam.py"),
    "sam2": ("modeling/sam2_base.py", "configs/sam2/sam2_hiera_t.yaml", "configs/sam2.1/sam2.1_hiera_t.yaml"),
}


class Lack(NamedTuple):
    """What is wrong with one package. pip: what to give to pip to mend that, empty where pip would change others."""

    text: str  # such as "needs the Python package timm"
    pip: str = ""


def lacks(packages: Mapping[str, str]) -> list[Lack]:
    """What is wrong with the packages, which are given as {import name: `name on PyPI` or `name on PyPI>=1.2`}."""
    found = (_lack(name, Requirement(wanted)) for name, wanted in packages.items())
    return [lack for lack in found if lack is not None]


def reason(lacking: list[Lack]) -> str:
    """What to do about them, to go behind the label of a model; without a full stop."""
    blocked = [lack.text for lack in lacking if not lack.pip]
    if blocked:
        return " and ".join(blocked)
    quoted = " ".join(f'"{lack.pip}"' if ">" in lack.pip else lack.pip for lack in lacking)
    return f"needs the Python package {', '.join(lack.pip for lack in lacking)}: pip install {quoted}"


def opencv_runs_onnx() -> bool:
    """Whether OpenCV can do what onnxruntime is needed for; before 5 it lacks operators of the networks here."""
    return int(cv2.__version__.split(".")[0]) >= 5


def stranger(name: str, wanted: str) -> Optional[str]:
    """Where the package that would be imported lies, if that is not where pip put the one that is wanted."""
    places = list(_places(name))
    try:
        own = str(importlib.metadata.distribution(Requirement(wanted).name).locate_file(name))
    except importlib.metadata.PackageNotFoundError:
        own = ""
    is_own = own and any(os.path.realpath(place) == os.path.realpath(own) for place in places)
    return places[0] if places and not is_own else None


def _lack(name: str, wanted: Requirement) -> Optional[Lack]:
    places = list(_places(name))
    if not places and name == "onnxruntime" and opencv_runs_onnx():
        return None
    if not places:
        return _absent(wanted)
    if not any(all(os.path.isfile(os.path.join(place, part)) for part in _PARTS.get(name, ())) for place in places):
        return Lack(
            f"needs the package {wanted.name} of PyPI, but another extension's {name} takes its place, in {places[0]}; "
            "it can be used when that extension is switched off"
        )
    if not wanted.specifier and name != "transformers":
        return None  # whatever its version, and also where the package was put there without pip
    version = _version(wanted.name)
    if version and not wanted.specifier.contains(version, prereleases=True):
        newer = Lack(f"needs {_in_words(wanted)}, and here is {version}", str(wanted))
        return newer._replace(pip="") if wanted.name in _PINNED else newer
    return _misfit(wanted.name, version) if version else None


def _absent(wanted: Requirement) -> Lack:
    torch = _version("torch")
    if wanted.name == "torchvision" and torch:  # pip's newest brings its own torch
        return Lack(f"needs the torchvision that goes with torch {torch}; pytorch.org tells which that is")
    for asked in map(Requirement, _ASKS.get(wanted.name, ())):
        version = _version(asked.name)
        if version and not asked.specifier.contains(version, prereleases=True):
            return Lack(
                f"needs the Python package {wanted.name}, which needs {_in_words(asked)}, and here is {version}"
            )
    return Lack("", str(wanted))


def _misfit(name: str, version: str) -> Optional[Lack]:
    """transformers says in its metadata which torch it works with; with an older one it does without torch."""
    if name != "transformers":
        return None
    asks = (text for text in importlib.metadata.requires(name) or () if text.startswith("torch"))  # of hundreds
    for asked in map(Requirement, asks):
        torch = _version(asked.name) if asked.name == "torch" else ""
        if torch and not asked.specifier.contains(torch, prereleases=True):
            return Lack(f"needs {_in_words(asked)} for transformers {version}, and here is {torch}")
    return None


def _in_words(wanted: Requirement) -> str:
    (least, *_) = [spec.version for spec in wanted.specifier if spec.operator == ">="] or [""]
    return f"{wanted.name} {least} or newer" if least else f"{wanted.name} {wanted.specifier}"


def _version(on_pypi: str) -> str:
    """Which one pip installed; empty where it was put there without pip.

    importlib.metadata.version reads all of a package's description for it, which takes long at a WebUI's start.
    """
    try:
        told = importlib.metadata.distribution(on_pypi)
    except importlib.metadata.PackageNotFoundError:
        return ""
    lines = (told.read_text("METADATA") or told.read_text("PKG-INFO") or "").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("Version:")), "")


def _places(name: str) -> Iterator[str]:
    """The folders of a package that is imported already, or would be; for a module that is no package its file."""
    module = sys.modules.get(name)
    if module is not None:
        yield from getattr(module, "__path__", None) or [getattr(module, "__file__", None) or f"<{name}>"]
        return
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return
    if spec is not None:
        yield from spec.submodule_search_locations or [spec.origin or f"<{name}>"]
