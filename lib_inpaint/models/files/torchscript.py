"""Networks out of TorchScript files: the form in which Sanster publishes most erasers.

Such a file is a zip archive of weights and of a program in TorchScript's own language. Only `torch.jit.load` reads it,
never a pickle, so no Python out of the file is run.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Callable, Optional, Sequence

import torch

from ...errors import ModelUnavailable

Shape = tuple[int, ...]


def load_torchscript(path: Path, inputs: Sequence[Shape], output: Shape) -> torch.nn.Module:
    """The network in the file, as of `read_torchscript`, if it is one that is called so.

    inputs, output: the shapes of one small example of what it takes and gives. It is run on that once (all zeros), as a
    file that was mistaken for another is known by nothing else.

    Raises ModelUnavailable as `read_torchscript` does, and for another network.
    """
    network = read_torchscript(path)
    expect(path, lambda: shape_of(network(*(torch.zeros(shape) for shape in inputs))) == output)
    return network


def read_torchscript(path: Path) -> torch.nn.Module:
    """The network in the file, in evaluation mode, float32, on the CPU.

    Raises ModelUnavailable when the file is missing, damaged, cut short or no TorchScript.
    """
    try:
        with open(path, "rb"):
            pass  # torch tells of a missing file in the words of a damaged one
        with warnings.catch_warnings():
            # Since torch 2.14 it says that such files are not to be made any more; these are there.
            warnings.filterwarnings("ignore", message=r"`torch\.jit\.load`", category=FutureWarning)
            return torch.jit.load(os.fspath(path), map_location="cpu").eval().float()
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # a damaged file fails with whatever its bytes happen to mean
        damaged = "is damaged, cut short or no TorchScript file; delete it and download it again."
        raise _explained(path, error, damaged) from error


def expect(path: Path, trial: Callable[[], bool]) -> None:
    """Raise ModelUnavailable unless a trial of the network in the file succeeds. It is run in inference mode."""
    other = "holds another network than the one that is expected there; delete it and download it again."
    try:
        with torch.inference_mode():
            as_expected = trial()
    except Exception as error:  # whatever a program may raise that is run on what it was not made for
        raise _explained(path, error, other) from error
    if not as_expected:
        raise ModelUnavailable(f"{path} {other}")


def shape_of(result: object) -> Optional[Shape]:
    """The shape of a tensor; None of anything else."""
    return tuple(result.shape) if isinstance(result, torch.Tensor) else None


def _explained(path: Path, error: Exception, otherwise: str) -> ModelUnavailable:
    if "allocate" in str(error):
        return ModelUnavailable(f"There is not enough memory to load {path}; close other programs and try again.")
    return ModelUnavailable(f"{path} {otherwise}")
