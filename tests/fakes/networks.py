"""Small networks that are called as those of LDM and ZITS are, with random weights, in files as theirs are published.

To be imported after torch is known to be there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict

import numpy as np
import torch
from torch import nn

LDM_FILES = ["cond_stage_model_encode.pt", "cond_stage_model_decode.pt", "diffusion.pt"]
ZITS_FILES = [f"zits-{what}-0717.pt" for what in ("wireframe", "edge-line", "structure-upsample", "inpaint")]


class Encoder(nn.Module):
    """A latent of three channels, a quarter as wide and high."""

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(picture, 4)


class Decoder(nn.Module):
    def forward(self, latent: torch.Tensor) -> torch.Tensor:
        return nn.functional.interpolate(latent, scale_factor=4.0)


class Diffusion(nn.Module):
    """A denoiser that knows the answer: the known latent, lighter in the hole, upside down.

    It reads the time from the slowest sine of its embedding. remaining: float64, alpha bar of every time.
    """

    def __init__(self, remaining: np.ndarray) -> None:
        super().__init__()
        self.remaining = nn.Parameter(torch.tensor(remaining))  # which become float32 when they are loaded
        self.slowest = 10000 ** (127 / 128)

    def forward(self, latent: torch.Tensor, time: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        number = torch.round(torch.asin(time[0, 255]) * self.slowest).long().clamp(0, 999)
        share = self.remaining[number]
        clean = (known[:, :3] + 0.25 * known[:, 3:]).flip(2)
        return (latent - share.sqrt() * clean) / (1 - share).sqrt()


class Detector(nn.Module):
    """Finds a line along the diagonal, surely if the picture is not of one colour, and another one that is unsure."""

    def forward(self, picture: torch.Tensor) -> Dict[str, torch.Tensor]:
        lines = torch.tensor([[0.1, 0.2, 0.9, 1.0], [0.5, 0.0, 0.5, 1.0]])
        if bool(picture.std() == 0):
            raise RuntimeError("selected index k out of range")
        scores = torch.tensor([0.9, 0.6])
        return {"lines_pred": lines, "lines_score": scores, "num_proposals": torch.tensor(2)}


class Structure(nn.Module):
    """Logits of edges and of lines."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(6, 2, 9, padding=4)

    def forward(self, img: torch.Tensor, edge: torch.Tensor, line: torch.Tensor, masks: torch.Tensor):
        logits = 4 * self.conv(torch.cat([img, edge, line, masks], dim=1))
        return logits[:, :1], logits[:, 1:]


class Upsampler(nn.Module):
    def forward(self, structure: torch.Tensor) -> torch.Tensor:
        return 2 * nn.functional.interpolate(structure, scale_factor=2.0, mode="bilinear") - 2


class Inpainter(nn.Module):
    """Each of what it is given shows in what it paints."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(11, 3, 5, padding=2)

    def forward(
        self,
        images: torch.Tensor,
        masks: torch.Tensor,
        edge: torch.Tensor,
        line: torch.Tensor,
        rel_pos: torch.Tensor,
        direct: torch.Tensor,
    ) -> torch.Tensor:
        if rel_pos.dtype != torch.long or direct.dtype != torch.long:
            raise RuntimeError("positions are looked up in a table")
        distance, direction = rel_pos[:, None] / 32, direct.permute(0, 3, 1, 2).float()
        return torch.sigmoid(4 * self.conv(torch.cat([images, masks, edge, line, distance, direction], dim=1)))


def ldm_networks() -> list[nn.Module]:
    root = torch.linspace(0.0015**0.5, 0.0205**0.5, 1000, dtype=torch.float64)
    return [Encoder(), Decoder(), Diffusion(torch.cumprod(1 - root * root, 0).numpy())]


def zits_networks() -> list[nn.Module]:
    torch.manual_seed(0)
    return [Detector(), Structure(), Upsampler(), Inpainter()]


def save_scripts(networks: list[nn.Module], names: list[str], folder: Path) -> list[Path]:
    """Write each network into the file of that name; gives where they are."""
    for network, name in zip(networks, names):
        torch.jit.script(network.eval()).save(str(folder / name))
    return [folder / name for name in names]
