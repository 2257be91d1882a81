"""Weights out of files that anybody may have made: read as data, never run.

A `.pth` is a pickle, and a pickle may run code. Everything is therefore read with torch's `weights_only`, as
safetensors, or with placeholders for all that is not weights, and whatever is wrong with a file is one sentence that
names it.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Any, Iterator, Mapping, Union

import torch

from ...errors import ModelUnavailable
from .inert import load_inert
from .kinds import kind_of

_PROGRAM = "is a TorchScript program and no file of weights; delete it and download it again."
_WRAPPERS = ("state_dict", "model")  # under which trainers keep the weights; SAM 2's files use "model"
# How torch 2.1 to 2.14 begin to say that a pickle asks for more than tensors and plain containers.
_CODE = ("Unsupported class", "Unsupported global", "GLOBAL ", "Trying to call reduce", "Trying to instantiate")


def load_state_dict(path: Union[str, os.PathLike]) -> dict[str, torch.Tensor]:
    """The tensors of a `.pth`, `.pt`, `.ckpt` or `.safetensors` by name, on the CPU, in the file's own dtypes.

    How the file begins tells how it is read, not its suffix. What lies under "state_dict" or "model" is taken out from
    there; what is not a tensor is left out. A flipped bit in a weight is not noticed here: no reader compares
    checksums, download.py does.

    Raises ModelUnavailable when the file is missing, cut short, damaged, or holds no weights.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind == "torchscript":  # torch.load would hand it to torch.jit.load, weights_only or not
        raise ModelUnavailable(f"{path} {_PROGRAM}")
    with _in_words(path):
        return _safetensors(path) if kind == "safetensors" else _pickle(path)


def check_safetensors(path: Path) -> None:
    """Raise ModelUnavailable unless the file is safetensors and whole; its weights are not read."""
    from safetensors import safe_open

    with _in_words(path), safe_open(path, "pt"):
        pass


def _safetensors(path: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return _tensors(load_file(path), path)


def _refuse_program(path: Path) -> None:
    """By torch's own reader: an archive may have two lists of what it holds, of which others read the other one."""
    serialization: Any = torch.serialization
    with open(path, "rb") as file:
        if not serialization._is_zipfile(file):
            return
        file.seek(0)
        with serialization._open_zipfile_reader(file) as archive:
            if serialization._is_torchscript_zip(archive):
                raise ModelUnavailable(f"{path} {_PROGRAM}")


def _pickle(path: Path) -> dict[str, torch.Tensor]:
    _refuse_program(path)
    try:
        # Not torch.load: A1111 puts another one in its place, which reads each file twice and gives None for some. And
        # not a path, as the newest torch goes by its suffix.
        with open(path, "rb") as file:
            return _tensors(torch.serialization.load(file, map_location="cpu", weights_only=True), path)
    except Exception as error:
        if not _asks_for_code(error):
            raise
    try:
        return _tensors(load_inert(path), path)
    except ModelUnavailable as error:
        message = "holds more than weights and could run code, so it was not loaded; delete it and download it again."
        raise ModelUnavailable(f"{path} {message}") from error


def _tensors(loaded: Any, path: Path) -> dict[str, torch.Tensor]:
    while isinstance(loaded, Mapping):
        inner = next((loaded[name] for name in _WRAPPERS if isinstance(loaded.get(name), Mapping)), None)
        if inner is None:
            break
        loaded = inner
    tensors = loaded.items() if isinstance(loaded, Mapping) else ()
    named = {name: value for name, value in tensors if isinstance(name, str) and isinstance(value, torch.Tensor)}
    if not named:
        raise ModelUnavailable(f"{path} holds no model weights; delete it and download it again.")
    return named


@contextlib.contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Says what is wrong with a file as ModelUnavailable. Put it around nothing but the reading of it."""
    try:
        yield
    except ModelUnavailable:
        raise
    except Exception as error:  # a damaged file fails with whatever its bytes happen to mean
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # which is a place before the file's beginning
            raise ModelUnavailable(f"{path} cannot be read: {error.strerror or error}.") from error
        if "allocate" in str(error) or isinstance(error, MemoryError):
            raise ModelUnavailable(
                f"There is not enough memory to load {path}; close other programs or take another model."
            ) from error
        raise ModelUnavailable(
            f"{path} is damaged, cut short or no model file; delete it and download it again."
        ) from error


def _asks_for_code(error: Exception) -> bool:
    return any(phrase in str(error) for phrase in _CODE)
