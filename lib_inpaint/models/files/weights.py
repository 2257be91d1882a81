"""Weights out of files that anybody may have made: read as data, never run.

A `.pth` is a pickle, and a pickle may run code. Everything is therefore read with torch's `weights_only`, or as
safetensors, and whatever is wrong with a file is one sentence that names it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Mapping, Union

import torch

from ...errors import ModelUnavailable
from .torchscript import is_torchscript

_WRAPPERS = ("state_dict", "model")  # under which trainers keep the weights; SAM 2's files use "model"
# How torch 2.1 to 2.8 begin to say that a pickle asks for more than tensors and plain containers.
_CODE = ("Unsupported class", "Unsupported global", "GLOBAL ", "Trying to call reduce", "Trying to instantiate")


def load_state_dict(path: Union[str, os.PathLike]) -> dict[str, torch.Tensor]:
    """The tensors of a `.pth`, `.pt`, `.ckpt` or `.safetensors` by name, on the CPU, in the file's own dtypes.

    What lies under "state_dict" or "model" is taken out from there; what is not a tensor is left out. A flipped bit in
    a weight is not noticed here: no reader compares checksums, download.py does.

    Raises ModelUnavailable when the file is missing, cut short, damaged, would run code, or holds no weights.
    """
    path = Path(path)
    try:
        loaded = _safetensors(path) if path.suffix.lower() == ".safetensors" else _pickle(path)
    except ModelUnavailable:
        raise
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise ModelUnavailable(f"{path} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # a damaged file fails with whatever its bytes happen to mean
        raise _refusal(path, error) from error
    tensors = _tensors(loaded)
    if not tensors:
        raise ModelUnavailable(f"{path} holds no model weights; delete it and download it again.")
    return tensors


def _safetensors(path: Path) -> Any:
    from safetensors.torch import load_file

    return load_file(path)


def _pickle(path: Path) -> Any:
    if is_torchscript(path):  # torch.load would hand it to torch.jit.load, weights_only or not
        raise ModelUnavailable(
            f"{path} is a TorchScript program and no file of weights; delete it and download it again."
        )
    return torch.load(path, map_location="cpu", weights_only=True)


def _tensors(loaded: Any) -> dict[str, torch.Tensor]:
    if not isinstance(loaded, Mapping):
        return {}
    for wrapper in _WRAPPERS:
        if isinstance(loaded.get(wrapper), Mapping):
            return _tensors(loaded[wrapper])
    return {name: value for name, value in loaded.items() if isinstance(value, torch.Tensor)}


def _refusal(path: Path, error: Exception) -> ModelUnavailable:
    text = str(error)
    if "allocate" in text or isinstance(error, MemoryError):
        return ModelUnavailable(
            f"There is not enough memory to load {path}; close other programs or take another model."
        )
    if any(phrase in text for phrase in _CODE):
        return ModelUnavailable(
            f"{path} holds more than weights and could run code, so it was not loaded; delete it and download it again."
        )
    return ModelUnavailable(f"{path} is damaged, cut short or no model file; delete it and download it again.")
