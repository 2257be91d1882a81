"""MAT: Li et al., "MAT: Mask-Aware Transformer for Large Hole Image Inpainting", CVPR 2022.

Weights (Places_512_FullData_G.pth in float32, MAT_Places512_G_fp16.safetensors in float16) in spandrel-extra-arches'
architecture. Images are in -1..1, and its mask is 1 where the picture is known (IOPaint, iopaint/model/mat.py).
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, Sequence

import numpy as np
import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from ...errors import ModelUnavailable
from ...progress import Progress
from ..files.weights import load_state_dict
from ..model import Needs
from .torch_eraser import TorchEraser

_SEED = 240  # IOPaint's, so that the latent is one that many have seen to work
_SIDE = 512


class _OwnDropout(TorchFunctionMode):
    """Within it, on this thread, dropout draws from a generator of its own, the same for every device.

    MAT blends its style in by a dropout that is on in use as in training, and torch's own takes no generator.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self, func: Callable, types: Any, args: Sequence[Any] = (), kwargs: Optional[Mapping[str, Any]] = None
    ) -> Any:
        if func is not functional.dropout:
            return func(*args, **(kwargs or {}))
        return self._dropout(*args, **(kwargs or {}))

    def _dropout(self, values: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        # As torch does it on the CPU, strides included: the same seed gives the same there.
        kept = torch.empty_like(values, device="cpu").bernoulli_(1 - p, generator=self._generator).to(values)
        return values * kept / (1 - p) if training else values


class _Unset(TorchFunctionMode):
    """Within it, on this thread, torch.randn leaves memory as it is: the weights that it begins are read at once."""

    def __torch_function__(
        self, func: Callable, types: Any, args: Sequence[Any] = (), kwargs: Optional[Mapping[str, Any]] = None
    ) -> Any:
        return (torch.empty if func is torch.randn else func)(*args, **(kwargs or {}))


class Mat(TorchEraser):
    """MAT. It invents, from a latent and a dropout, which are the same at each call."""

    needs = Needs(native=_SIDE, context=0.5, margin=128)

    def paint(self, image: torch.Tensor, hole: torch.Tensor, progress: Progress) -> torch.Tensor:
        latent = np.random.RandomState(_SEED).randn(1, 512)
        z = torch.from_numpy(latent).to(image)
        with _OwnDropout(_SEED):
            filled = self._networks[0](image * 2 - 1, 1 - hole, z, z.new_zeros(1, 0), noise_mode="none")
        return filled / 2 + 0.5


def load(paths: Sequence[Path], device: str, dtype: str) -> Mat:
    """MAT from one file of weights. dtype is not heeded: it is run in float32, and weights in float16 are widened.

    Raises ModelUnavailable when the file is damaged, would run code, or holds something else.
    """
    from spandrel_extra_arches.architectures.MAT import MAT

    (path,) = paths
    weights = {key.removeprefix("model."): value for key, value in load_state_dict(path).items()}
    # Not MAT itself: that draws a latent from NumPy's global generator. Its module's name differs from 0.1 to 0.2.
    architecture = importlib.import_module(MAT.__module__)
    with _Unset():
        network = architecture.Generator(z_dim=512, c_dim=0, w_dim=512, img_resolution=_SIDE, img_channels=3)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        message = f"{path} holds the weights of something else than MAT for {_SIDE}x{_SIDE} pixels; download it again."
        raise ModelUnavailable(message) from error
    return Mat([network], device)
