"""Checkpoints of trainers: pickles that hold classes beside the weights, read without running anything of theirs.

PyTorch Lightning, which LaMa was trained with, keys its callbacks by their classes. `torch.load` with `weights_only`
refuses such a file as a whole. Here each class or function that a pickle names becomes a placeholder that does nothing,
except those that put tensors together, which are ours.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import torch


class Placeholder:
    """Stands for what a pickle names: is called, filled and given a state, and does nothing."""

    def __new__(cls, *args: Any, **values: Any) -> Placeholder:
        return object.__new__(cls)

    def __init__(self, *args: Any, **values: Any) -> None: ...

    def __setstate__(*args: Any) -> None: ...

    def __setitem__(*args: Any) -> None: ...

    def append(*args: Any) -> None: ...

    def extend(*args: Any) -> None: ...

    def add(*args: Any) -> None: ...


class _Function:
    """A function of ours that a pickle may call, and cannot change: a pickle can set attributes of what it names."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any) -> Any:
        return self._function(*args)

    def __setstate__(*args: Any) -> None: ...


def _tensor(storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> torch.Tensor:
    """As torch._utils._rebuild_tensor_v2, without its hooks."""
    if not isinstance(storage, torch.storage.TypedStorage):
        raise pickle.UnpicklingError("a tensor without a storage")
    return torch.empty(0, dtype=storage.dtype).set_(storage._untyped_storage, offset, size, stride)


class _Unpickler(pickle._Unpickler):  # the one in Python: the other takes memory for as many marks as a file says
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _Function(OrderedDict)
        if module == "torch._utils" and name in ("_rebuild_tensor", "_rebuild_tensor_v2"):
            return _Function(_tensor)
        if module == "torch._utils" and name == "_rebuild_parameter":
            return _Function(lambda data, *_: data)
        return type(name, (Placeholder,), {})


def load_inert(path: Path) -> Any:
    """What is in a pickle, on the CPU, with placeholders for all that is no tensor and no plain container.

    The file must not be a TorchScript archive. A damaged one raises whatever its bytes happen to mean.
    """
    module = SimpleNamespace(
        Unpickler=_Unpickler,
        UnpicklingError=pickle.UnpicklingError,
        load=lambda file, **options: _Unpickler(file, **options).load(),
        __name__="pickle",
    )
    with open(path, "rb") as file:  # as weights.py, for the same reasons
        return torch.serialization.load(file, map_location="cpu", pickle_module=module, weights_only=False)
