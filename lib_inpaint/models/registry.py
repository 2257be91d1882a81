"""The models there are: found by name, asked whether they can be used, and loaded.

Nothing heavy is imported until a model is loaded.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Sequence

from packaging.requirements import Requirement

from ..errors import ModelUnavailable, UnknownModel
from . import catalogue
from .entry import Kind, Model
from .files.download import absence, locate_file


@dataclass(frozen=True)
class State:
    """Whether a model can be used now; `reason` says what to do when not, and is empty when it can."""

    ready: bool
    reason: str = ""


def models(kind: Optional[Kind] = None) -> list[Model]:
    """All models, or those of one kind, in the order they are shown."""
    return [model for model in catalogue.MODELS if kind is None or model.kind == kind]


def find(name: str, kind: Optional[Kind] = None) -> Model:
    """The model of that name (case does not matter). Raises UnknownModel, naming the nearest."""
    known = {model.name: model for model in models(kind)}
    if name.lower() in known:
        return known[name.lower()]
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}."
    raise UnknownModel(f"There is no {kind or 'model'} called {name!r}; {hint}")


def locate(model: Model, folders: Sequence[Path]) -> list[Optional[Path]]:
    """For each file of the model where it lies: in `folders`, torch hub's or Hugging Face's cache; or None."""
    return [locate_file(file, folders) for file in model.files]


def state(model: Model, folders: Sequence[Path]) -> State:
    """Whether the model can be loaded now, and if not, what to do. Looks for packages and files, imports nothing."""
    missing = [pypi for name, pypi in model.packages.items() if not _is_installed(name, pypi)]
    if missing:
        quoted = " ".join(f"'{pypi}'" if ">" in pypi else pypi for pypi in missing)
        return State(False, f"{model.label} needs the Python package {', '.join(missing)}: pip install {quoted}")
    absent = [file for file, path in zip(model.files, locate(model, folders)) if path is None]
    if absent:
        why = absence(absent[0], folders)
        return State(False, f"{model.label}: {why}. To fetch it: inpaint-anything models download {model.name}")
    return State(True)


def _is_installed(name: str, requirement: str) -> bool:
    """Whether a package can be imported and is what `name on PyPI` or `name on PyPI>=1.2` asks for."""
    if importlib.util.find_spec(name) is None:
        return False
    wanted = Requirement(requirement)
    if not wanted.specifier:
        return True  # whatever its version, and also where the package was put there without pip
    return wanted.specifier.contains(importlib.metadata.version(wanted.name), prereleases=True)


def require_usable(model: Model, folders: Sequence[Path]) -> None:
    """Raise ModelUnavailable, with what to do, unless the model can be loaded now."""
    now = state(model, folders)
    if not now.ready:
        raise ModelUnavailable(now.reason)


def load(model: Model, folders: Sequence[Path], device: str = "cpu", dtype: str = "float32") -> Any:
    """The loaded model, a Segmenter, an Eraser or a Detector. Raises ModelUnavailable where `state` says so."""
    require_usable(model, folders)
    module, function = model.loader.split(":")
    paths = [path for path in locate(model, folders) if path is not None]
    loader = getattr(importlib.import_module(f"{__package__}.{module}"), function)
    return loader(paths, device, dtype, **model.options)
