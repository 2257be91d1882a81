"""The models there are: found by name, asked whether they can be used, and loaded.

Nothing heavy is imported until a model is loaded.
"""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Optional, Sequence

from ..errors import InpaintError, ModelUnavailable, UnknownModel
from . import catalogue, packages
from .devices import DeviceFailed
from .entry import Kind, Model
from .files.look import Look, alias_of

_OURS = __name__.split(".")[0]


@dataclass(frozen=True)
class State:
    """Whether a model can be used now; `reason` says what to do when not, and is empty when it can.

    lacks: what keeps it from being used: a package, or only files, which can be downloaded.
    """

    ready: bool
    reason: str = ""
    lacks: Literal["", "package", "file"] = ""


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
    raise UnknownModel(f"There is no {(kind or 'model').replace('_', ' ')} called {name!r}; {hint}", kind or "")


def locate(model: Model, folders: Sequence[Path]) -> list[Optional[Path]]:
    """For each file of the model where it lies: in `folders`, torch hub's or Hugging Face's cache; or None."""
    look = Look(model.files, folders)
    return [look.path(file) for file in model.files]


def state(model: Model, folders: Sequence[Path]) -> State:
    """Whether the model can be loaded now, and if not, what to do. Looks for packages and files, imports nothing."""
    return states([model], folders)[model.name]


def states(models: Sequence[Model], folders: Sequence[Path]) -> dict[str, State]:
    """The same of several models by their names, with one look into the folders."""
    look = Look([file for model in models for file in model.files], folders)
    return {model.name: _state(model, look) for model in models}


def _state(model: Model, look: Look) -> State:
    lacking = lack_of_packages(model)
    if lacking:
        return State(False, lacking, "package")
    found = [(file, look.path(file)) for file in model.files]
    absent = [file for file, path in found if path is None]
    if absent:
        why = look.absence(absent[0])
        return State(False, f"{model.label}: {why}. To fetch it: inpaint-anything models download {model.name}", "file")
    for file, path in found:
        alias = alias_of(file, path) if path else None
        lacks = packages.lacks(alias.packages) if alias else []
        if lacks:
            other = f"{model.label} as in {path} {packages.reason(lacks)}"
            return State(False, f"{other}. Without that: inpaint-anything models download {model.name}", "file")
    return State(True)


def lack_of_packages(model: Model) -> str:
    """What to do about packages that the model needs besides its files, without a full stop; empty for nothing."""
    lacking = packages.lacks(model.packages)
    return f"{model.label} {packages.reason(lacking)}" if lacking else ""


def nearest(known: Sequence[Model], folders: Sequence[Path]) -> Model:
    """Of models none of which can be loaded now the first that only has to be downloaded, else the first.

    Loading it says what to do.
    """
    now = states(known, folders)
    return next((model for model in known if now[model.name].lacks == "file"), known[0])


def require_usable(model: Model, folders: Sequence[Path]) -> None:
    """Raise ModelUnavailable, with what to do, unless the model can be loaded now."""
    now = state(model, folders)
    if not now.ready:
        raise ModelUnavailable(now.reason)


def load(
    model: Model, folders: Sequence[Path], device: str = "cpu", dtype: str = "float32", attention: str = "auto"
) -> Any:
    """The loaded model: a Segmenter, an Eraser, a Detector, a TextDetector or a SubjectDetector.

    attention: as of devices.attention_on, for models among whose options it is.

    Raises ModelUnavailable where `state` says so, where a package cannot be imported, or one that is not PyPI's fails
    in any way.
    """
    require_usable(model, folders)
    module, function = model.loader.split(":")
    paths = [path for path in locate(model, folders) if path is not None]
    loader = getattr(importlib.import_module(f"{__package__}.{module}"), function)
    try:
        chosen = {"attention": attention} if "attention" in model.options else {}
        return loader(paths, device, dtype, **{**model.options, **chosen})
    except (InpaintError, MemoryError, DeviceFailed):
        raise
    except Exception as error:
        _explain(model, error)
        raise


def _explain(model: Model, error: Exception) -> None:
    """Raise ModelUnavailable if a package is to blame for the error."""
    for name, wanted in model.packages.items():
        place = packages.stranger(name, wanted)
        if place is not None:
            raise ModelUnavailable(
                f"{model.label} cannot be loaded with the {name} in {place}, which is not PyPI's {wanted} but perhaps "
                f"another extension's ({error})."
            ) from error
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and not missing.startswith(_OURS):
        raise ModelUnavailable(f"{model.label} needs the Python module {missing}, which is not here.") from error
