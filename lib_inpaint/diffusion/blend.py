"""Differential diffusion: a soft mask says of each part of the picture from which step on it may change.

Levin and Fried, "Differential Diffusion: Giving Each Pixel Its Strength", 2023 (arXiv 2306.00950), algorithm 1: before
each step, what may not change yet is put back to what the original is at that noise level, with the noise that the
sampling started from. So what is fully masked is sampled anew, what is hardly masked only in the last steps, and what
is made fits what it passes into: there is no seam.

Tensors only; nothing here knows a WebUI. A latent is BxCxhxw of any float type, a cell is one of its hxw places.
"""

from __future__ import annotations

from typing import Callable, Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from ..geometry import Size
from .steps import step_at


def latent_mask(mask: np.ndarray, size: Size) -> Tensor:
    """float32 1x1xhxw, 0 to 1: how much of each cell of a latent of `size` is masked, in the mean (mask: uint8 HxW)."""
    mean = np.asarray(cv2.resize(mask.astype(np.float64) / 255, tuple(size), interpolation=cv2.INTER_AREA), np.float64)
    mean = np.round(mean, 6).astype(np.float32)  # a mean of ones may be a little less than 1
    return torch.as_tensor(mean)[None, None]


def held(mask: Tensor, step: int, steps: int) -> Tensor:
    """Which cells may not change yet in step `step`, counted from 0, of `steps`; bool, of the shape of the mask.

    A cell with the value m is free from the first step on where m is 1, in the last 1/4 of them where it is 1/4, and in
    none where it is 0.
    """
    return 1 - mask > step / steps


class Differential:
    """One sampling that is held back by a soft mask.

    mask:   float 1x1xhxw, as `latent_mask` gives it.
    levels: the noise levels at which the sampler's steps start, as of steps.step_at.
    noised: gives the original at a noise level, BxCxhxw, always with the same noise.
    """

    def __init__(self, mask: Tensor, levels: Sequence[float], noised: Callable[[float], Tensor]) -> None:
        self._mask = mask
        self._levels = list(levels)
        self._noised = noised

    def hold(self, x: Tensor, level: float) -> None:
        """Put the noised original back, in place, where `x`, the sampler's latent at this noise level, is held.

        In place, so that the sampler itself goes on from it, not only the network. Done again, nothing changes.
        """
        where = held(self._mask.to(x.device), step_at(self._levels, level), len(self._levels))
        x.copy_(torch.where(where, self._noised(level).to(x), x))
