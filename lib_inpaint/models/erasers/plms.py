"""Sampling from a latent diffusion model in few steps: PLMS, whose every step is one of DDIM's.

DDIM: Song et al., "Denoising Diffusion Implicit Models", ICLR 2021. PLMS: Liu et al., "Pseudo Numerical Methods for
Diffusion Models on Manifolds", ICLR 2022. `remaining` is what they call alpha (DDIM) and alpha bar (DDPM): how much of
the variance of a noisy latent is the picture's. Arithmetic alone; it knows no network.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Sequence, TypeVar

import numpy as np

Latent = TypeVar("Latent", bound=Any)  # a tensor, or an array
# How the newest predictions of noise, the newest first, are combined: Adams-Bashforth of order 2 to 4, as in PLMS.
_ADAMS_BASHFORTH = {2: (3 / 2, -1 / 2), 3: (23 / 12, -16 / 12, 5 / 12), 4: (55 / 24, -59 / 24, 37 / 24, -9 / 24)}


class Step(NamedTuple):
    """From one time of the diffusion to an earlier one; times count from 0, where there is hardly any noise."""

    time: int
    to: int


def remaining_variance(count: int, first: float, last: float) -> np.ndarray:
    """For each of `count` times what remains of the picture's variance; float64, 1 - first at time 0, then falling.

    Each time takes away beta; the betas go from `first` to `last`, and their square roots are evenly spaced, which is
    the schedule that Rombach et al. call linear.
    """
    betas = np.linspace(first**0.5, last**0.5, count) ** 2
    return np.cumprod(1 - betas)


def plan_steps(count: int, steps: int) -> list[Step]:
    """That many even steps through `count` times, a divisor of those other than all: the last one ends at time 0."""
    times = range(1, count, count // steps)
    return [Step(time, to) for time, to in zip(reversed(times), [*reversed(times[:-1]), 0])]


def ddim_step(latent: Latent, noise: Latent, here: float, there: float) -> Latent:
    """The latent at an earlier time: Song et al., eq. 12 with sigma = 0.

    noise: what of the latent is predicted to be noise, at variance 1. here, there: what remains of the picture's
    variance now and then.
    """
    clean = (latent - (1 - here) ** 0.5 * noise) / here**0.5
    return there**0.5 * clean + (1 - there) ** 0.5 * noise


def sample(
    denoise: Callable[[Latent, int], Latent],
    latent: Latent,
    remaining: np.ndarray,
    steps: Sequence[Step],
) -> Latent:
    """The latent at the end of the steps, beginning with one that is noise.

    denoise: the latent and its time -> the noise in it. It is asked once a step, and once more in the first: there is
    nothing yet to extrapolate from, so the noise at both ends of that step is averaged. What it raises is passed on.
    """
    noise: Any
    newest: list[Latent] = []
    for step in steps:
        here, there = float(remaining[step.time]), float(remaining[step.to])
        newest = [denoise(latent, step.time), *newest[:3]]
        if len(newest) == 1:
            ahead = denoise(ddim_step(latent, newest[0], here, there), step.to)
            noise = (newest[0] + ahead) / 2
        else:
            noise = sum(part * one for part, one in zip(_ADAMS_BASHFORTH[len(newest)], newest))
        latent = ddim_step(latent, noise, here, there)
    return latent
