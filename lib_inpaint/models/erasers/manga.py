"""The manga inpainter: Xie et al., "Seamless Manga Inpainting with Semantics Awareness", SIGGRAPH 2021.

Two TorchScript files of github.com/Sanster/models. erika.jit draws the ink lines (Li et al., "Deep Extraction of Manga
Structural Lines", SIGGRAPH 2017): grey 0..255 -> lines 0..255. manga_inpaintor.jit takes grey and lines in -1..1, the
hole, normal noise and ones, and gives grey in -1..1 (IOPaint, iopaint/model/manga.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

import torch

from ...progress import Progress
from ..files.torchscript import load_torchscript
from ..model import Needs
from .torch_eraser import TorchEraser

_SEED = 42  # IOPaint's, so that on the CPU the noise is the same
_LUMA = (9798 / 2**15, 19235 / 2**15, 3735 / 2**15)  # 0.299, 0.587 and 0.114 as OpenCV has them, exact in float32
_TRIAL = (1, 1, 256, 256)


class Manga(TorchEraser):
    """Continues ink lines and screentone. What it fills is grey, in coloured pictures too."""

    needs = Needs(multiple=16, best=1024, context=0.3, margin=96)

    def paint(self, image: torch.Tensor, hole: torch.Tensor, progress: Progress) -> torch.Tensor:
        inpainter, drawer = self._networks
        levels = (image * 255).round()
        grey = (levels * image.new_tensor(_LUMA)[:, None, None]).sum(1, keepdim=True).add(0.5).floor()
        lines = drawer(grey).clamp(0, 255)
        progress(0.5, "Erasing")
        noise = torch.randn(hole.shape, generator=torch.Generator().manual_seed(_SEED)).to(hole.device)
        filled = inpainter(grey / 127.5 - 1, lines / 127.5 - 1, hole, noise, torch.ones_like(hole))
        return (filled / 2 + 0.5).expand(-1, 3, -1, -1)


def load(paths: Sequence[Path], device: str, dtype: str) -> Manga:
    """The manga inpainter from manga_inpaintor.jit and erika.jit, in this order.

    dtype is not heeded: it is run in float32, as it was published. Raises ModelUnavailable when a file is damaged or is
    another's.
    """
    inpainter, drawer = paths
    networks = [load_torchscript(inpainter, [_TRIAL] * 5, _TRIAL), load_torchscript(drawer, [_TRIAL], _TRIAL)]
    return Manga(networks, device)
