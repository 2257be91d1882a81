"""What a checkpoint's file says of it before it is loaded: how many channels its network takes, and its family."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ..diffusion.families import UNKNOWN, Family, family_of

_FIRST_LAYER = "diffusion_model.input_blocks.0.0.weight"  # what its name ends with in a checkpoint's file


class Content(NamedTuple):
    """channels: of the network's input, by the shape of its first layer; 0 where the file does not say."""

    channels: int
    family: Family


@lru_cache(maxsize=64)
def content_of(path: Path, changed_at: float) -> Content:
    """Only the header of a .safetensors file is read. changed_at: when it was written, so that a new one is read."""
    from safetensors import SafetensorError, safe_open

    if path.suffix != ".safetensors":
        return Content(0, UNKNOWN)
    try:
        with safe_open(path, framework="numpy") as file:
            names = list(file.keys())
            first = next((name for name in names if name.endswith(_FIRST_LAYER)), None)
            shape = file.get_slice(first).get_shape() if first else []
    except SafetensorError:
        return Content(0, UNKNOWN)
    return Content(shape[1] if len(shape) > 1 else 0, family_of(names, path.name))
