"""LDM: Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022, section 4.5.

Three TorchScript files of github.com/Sanster/models, made of the authors' inpainting_big. The encoder makes a latent of
the picture, in -1..1 and black in the hole, a quarter as wide and high; the decoder makes a picture of a latent.
diffusion.pt predicts the noise in a latent of what is painted, from that, an embedding of the time, and the known
picture's latent with the hole, in -1..1, as a fourth channel (IOPaint, iopaint/model/ldm.py).
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from pathlib import Path
from typing import ContextManager, Sequence

import torch
from torch.nn import functional

from ...progress import Progress
from ..devices import PROCESSOR
from ..files.torchscript import load_torchscript
from ..model import Needs
from . import plms
from .torch_eraser import TorchEraser

_SEED = 42  # IOPaint's
_STEPS = 25  # a divisor of the times; the authors take 50 of DDIM, to which PLMS comes close in half as many
_TIMES, _FIRST_BETA, _LAST_BETA = 1000, 0.0015, 0.0205  # models/ldm/inpainting_big/config.yaml of the authors
_EMBEDDING = 256  # channels; the network's `model_channels`
_HALF_AS_GOOD = ("cuda", "xpu")  # kinds of device on which torch 2.1 casts to half precision what bears it


class Ldm(TorchEraser):
    """LDM. It invents, from noise that is the same at each call."""

    # Trained at 256 pixels, then at 512; its attention costs the fourth power of the side.
    needs = Needs(multiple=32, best=512, context=0.5, margin=128)

    def __init__(self, networks: Sequence[torch.nn.Module], device: str, dtype: str) -> None:
        """networks: encoder, decoder, diffusion. dtype: of the diffusion, where the device is not the processor."""
        self._dtype = dtype
        super().__init__(networks, device)

    def paint(self, image: torch.Tensor, hole: torch.Tensor, progress: Progress) -> torch.Tensor:
        encoder, decoder, _ = self._networks
        known = encoder(image * (1 - hole) * 2 - 1)
        cells = functional.adaptive_max_pool2d(hole, known.shape[-2:]) * 2 - 1  # a scratch is thinner than a cell
        latent = self._sampled(torch.cat([known, cells], dim=1), progress)
        if self.device != PROCESSOR and self._dtype != "float32" and not latent.isfinite().all():
            self._dtype = "float32"  # half the bits are too few on some cards; from now on it works in all of them
            latent = self._sampled(torch.cat([known, cells], dim=1), progress)
        return decoder(latent) / 2 + 0.5

    def _sampled(self, known: torch.Tensor, progress: Progress) -> torch.Tensor:
        """The latent of the picture without its hole: float32 1x4xhxw, as said above -> 1x3xhxw."""
        diffusion = self._networks[2]
        steps = plms.plan_steps(_TIMES, _STEPS)
        done = 0

        def denoise(latent: torch.Tensor, time: int) -> torch.Tensor:
            nonlocal done
            progress(done / (len(steps) + 2), f"Erasing, step {max(1, done)} of {len(steps)}")
            done += 1
            # Without optimisation, on this thread: a GPU would compile the network anew for each size of a crop.
            plain = torch.jit.optimized_execution(False)  # pyright: ignore[reportPrivateImportUsage]  # it is torch's own
            with plain, half_precision(self.device, self._dtype):
                return diffusion(latent, embedded_time(time).to(latent), known).float()

        start = torch.randn(1, 3, *known.shape[-2:], generator=torch.Generator().manual_seed(_SEED)).to(known)
        return plms.sample(denoise, start, plms.remaining_variance(_TIMES, _FIRST_BETA, _LAST_BETA), steps)


def half_precision(device: str, dtype: str) -> ContextManager[object]:
    """A context in which torch works in `dtype` where that is enough, on devices that gain by it; elsewhere none."""
    kind = torch.device(device).type
    if dtype == "float32" or kind not in _HALF_AS_GOOD:
        return nullcontext()
    return torch.autocast(kind, getattr(torch, dtype))


def embedded_time(time: int) -> torch.Tensor:
    """A time of the diffusion as the network takes it, float32 1x256: cosines of falling frequencies, then their sines.

    Vaswani et al., "Attention Is All You Need", 2017, section 3.5.
    """
    half = _EMBEDDING // 2
    angles = time * torch.exp(torch.arange(half) * (-math.log(10000) / half))
    return torch.cat([angles.cos(), angles.sin()])[None]


def load(paths: Sequence[Path], device: str, dtype: str) -> Ldm:
    """LDM from cond_stage_model_encode.pt, cond_stage_model_decode.pt and diffusion.pt, in this order.

    dtype: what the diffusion works in on a GPU; the weights stay in float32. Raises ModelUnavailable when a file is
    damaged or is another's.
    """
    encoder, decoder, diffusion = paths
    picture, latent = (1, 3, 64, 64), (1, 3, 16, 16)
    networks = [
        load_torchscript(encoder, [picture], latent),
        load_torchscript(decoder, [latent], picture),
        load_torchscript(diffusion, [latent, (1, _EMBEDDING), (1, 4, 16, 16)], latent),
    ]
    return Ldm(networks, device, dtype)
