"""Networks out of TorchScript files: the form in which Sanster publishes big-LaMa, MI-GAN and the manga inpainter.

Such a file is a zip archive of weights and of a program in TorchScript's own language. Only `torch.jit.load` reads it,
never a pickle, so no Python out of the file is run.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Sequence

import torch

from ...errors import ModelUnavailable

Shape = tuple[int, ...]


def load_torchscript(path: Path, inputs: Sequence[Shape], output: Shape) -> torch.nn.Module:
    """The network in the file, in evaluation mode, float32, on the CPU.

    inputs, output: the shapes of one small example of what it takes and gives. It is run on that once (all zeros), as a
    file that was mistaken for another is known by nothing else.

    Raises ModelUnavailable when the file is missing, damaged, cut short, no TorchScript, or another network.
    """
    try:
        with open(path, "rb"):
            pass  # torch tells of a missing file in the words of a damaged one
        with warnings.catch_warnings():
            # Since torch 2.14 it says that such files are not to be made any more; these are there.
            warnings.filterwarnings("ignore", message=r"`torch\.jit\.load`", category=FutureWarning)
            network = torch.jit.load(os.fspath(path), map_location="cpu").eval().float()
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read: {error.strerror or error}.") from error
    except Exception as error:  # a damaged file fails with whatever its bytes happen to mean
        raise _unreadable(path, error) from error
    _try_out(network, path, inputs, output)
    return network


def _unreadable(path: Path, error: Exception) -> ModelUnavailable:
    if "allocate" in str(error):
        return ModelUnavailable(f"There is not enough memory to load {path}; close other programs and try again.")
    return ModelUnavailable(f"{path} is damaged, cut short or no TorchScript file; delete it and download it again.")


def _try_out(network: torch.nn.Module, path: Path, inputs: Sequence[Shape], output: Shape) -> None:
    other = f"{path} holds another network than the one that is expected there; delete it and download it again."
    try:
        with torch.inference_mode():
            result = network(*(torch.zeros(shape) for shape in inputs))
    except Exception as error:  # whatever a program may raise that is run on what it was not made for
        raise ModelUnavailable(other) from error
    if not isinstance(result, torch.Tensor) or tuple(result.shape) != output:
        raise ModelUnavailable(other)
