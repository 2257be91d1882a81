"""What the entries of the catalogue share."""

from __future__ import annotations

from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Mapping

from ..entry import Alias, Kind, Model

TORCH = {"torch": "torch"}
ONNX = {"onnxruntime": "onnxruntime"}
_NONE: Mapping[str, str] = MappingProxyType({})
_HALF = 0.45  # of the size in float32: the least that a file in float16 has


def built_in(name: str, label: str, kind: Kind, loader: str, about: str, **options: Any) -> Model:
    """A model that comes with this project."""
    about = f"Nothing to download: {about}"
    return Model(name, f"{label} (no download)", kind, loader, about, options=options, licence="Same as this project")


def conversions(name: str, size: int, holds: str = "", packages: Mapping[str, str] = _NONE) -> tuple[Alias, ...]:
    """The names under which people have the weights of the file `name` as safetensors, in float32 or float16."""
    stem = PurePosixPath(name).with_suffix("")
    names = [f"{stem}{ending}.safetensors" for ending in ("", "-fp16", "_fp16")]
    return tuple(Alias(converted, int(_HALF * size), holds, packages) for converted in names)
