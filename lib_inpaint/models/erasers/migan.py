"""MI-GAN: Sargsyan et al., "MI-GAN: A Simple Baseline for Image Inpainting on Mobile Devices", ICCV 2023.

The TorchScript file is that of github.com/Sanster/models. It takes one tensor of four channels: 0.5 - hole (so 0.5 is
known and -0.5 is not), and the image in -1..1 with zeros in the hole; it gives an image in -1..1 (IOPaint,
iopaint/model/mi_gan.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import torch

from ...progress import Progress
from ..files.torchscript import load_torchscript
from ..model import Needs
from .torch_eraser import TorchEraser

_SIDE = 512  # it was traced at this size


class Migan(TorchEraser):
    """MI-GAN from its TorchScript file. Nothing in it is random."""

    needs = Needs(native=_SIDE, context=0.5, margin=128)

    def paint(self, image: torch.Tensor, hole: torch.Tensor, progress: Progress) -> torch.Tensor:
        known = (image * 2 - 1) * (1 - hole)
        return self._networks[0](torch.cat([0.5 - hole, known], dim=1)) / 2 + 0.5


def load(paths: Sequence[Path], device: str, dtype: str) -> Migan:
    """MI-GAN from migan_traced.pt. dtype is not heeded: it is run in float32, as it was published.

    Raises ModelUnavailable when the file is damaged or is another's.
    """
    (path,) = paths
    network = load_torchscript(path, inputs=[(1, 4, _SIDE, _SIDE)], output=(1, 3, _SIDE, _SIDE))
    return Migan([network], device)
