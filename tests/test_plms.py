"""The sampler of LDM against what is known in closed form: its schedule, and two distributions with known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lib_inpaint.models.erasers.plms import Step, ddim_step, plan_steps, remaining_variance, sample

FIRST, LAST = 0.0015, 0.0205  # of the betas in the authors' models/ldm/inpainting_big/config.yaml
REMAINING = remaining_variance(1000, FIRST, LAST)
RNG = np.random.default_rng(0)


def test_the_schedule_is_the_published_one() -> None:
    """Term by term: square roots of beta are evenly spaced from the first to the last, alpha bar is their product."""
    assert REMAINING.shape == (1000,)
    logarithm = 0.0
    for time, value in enumerate(REMAINING.tolist()):
        beta = (math.sqrt(FIRST) + (math.sqrt(LAST) - math.sqrt(FIRST)) * time / 999) ** 2
        logarithm += math.log1p(-beta)
        assert value == pytest.approx(math.exp(logarithm), rel=1e-12)
    assert REMAINING[0] == pytest.approx(1 - FIRST)
    assert REMAINING[-1] / REMAINING[-2] == pytest.approx(1 - LAST)


@pytest.mark.parametrize("steps", [1, 2, 20, 25, 50, 500])
def test_steps_follow_each_other_to_the_end(steps: int) -> None:
    planned = plan_steps(1000, steps)
    assert len(planned) == steps
    assert [step.to for step in planned] == [step.time for step in planned[1:]] + [0]
    lengths = {step.time - step.to for step in planned[:-1]}
    assert lengths <= {1000 // steps}
    assert planned[-1] == Step(1, 0)


def test_a_denoiser_that_knows_the_answer_leads_there() -> None:
    """Noise that is told rightly stays the same, so the last latent is the answer with the little noise of time 0."""
    clean, start = RNG.normal(size=(3, 4, 5)), RNG.normal(size=(3, 4, 5))
    asked = []

    def noise_in(latent: np.ndarray, time: int) -> np.ndarray:
        asked.append(time)
        return (latent - REMAINING[time] ** 0.5 * clean) / (1 - REMAINING[time]) ** 0.5

    steps = plan_steps(1000, 25)
    noise = noise_in(start, steps[0].time)
    asked.clear()
    expected = REMAINING[0] ** 0.5 * clean + (1 - REMAINING[0]) ** 0.5 * noise
    assert np.abs(sample(noise_in, start, REMAINING, steps) - expected).max() < 1e-9
    times = [step.time for step in steps]
    assert asked == [times[0], times[1], *times[1:]], "once a step, and once more for the first"


@pytest.mark.parametrize(("degree", "first"), [(0, 0), (1, 0), (2, 2), (3, 3)])
def test_noise_is_extrapolated_over_each_step(degree: int, first: int) -> None:
    """Where it is a polynomial of the number of steps, what a step takes it for is its mean over the step.

    That of the first two steps is right for a line, of the third for a parabola, of the others for a cubic.
    """
    steps = plan_steps(1000, 25)
    number = {step.time: float(n) for n, step in enumerate(steps)}
    latents: list[float] = []

    def noise_in(latent: float, time: int) -> float:
        latents.append(latent)
        return number[time] ** degree

    end = sample(noise_in, 1.0, REMAINING, steps)
    del latents[1]  # the one ahead
    for n, (before, after) in enumerate(zip(latents, [*latents[1:], end])):
        here, there = (REMAINING[time] for time in steps[n])
        share = (1 - there) ** 0.5 - (there * (1 - here) / here) ** 0.5
        taken = (after - (there / here) ** 0.5 * before) / share
        mean = ((n + 1) ** (degree + 1) - n ** (degree + 1)) / (degree + 1)
        assert n < first or taken == pytest.approx(mean, rel=1e-6)


MEAN, DEVIATION = 0.7, 0.4  # of the pictures in a world of one pixel


def noise_of_gauss(latent: np.ndarray, time: int) -> np.ndarray:
    """The best prediction of noise where pictures are normally distributed."""
    share = REMAINING[time]
    variance = share * DEVIATION**2 + 1 - share
    return (1 - share) ** 0.5 * (latent - share**0.5 * MEAN) / variance


def exact(latent: np.ndarray, start: int) -> np.ndarray:
    """Where the probability flow leads from a time to time 0 in that world: each latent keeps its quantile."""

    def place(time: int) -> tuple[float, float]:
        share = REMAINING[time]
        return share**0.5 * MEAN, (share * DEVIATION**2 + 1 - share) ** 0.5

    (mean, deviation), (end, spread) = place(start), place(0)
    return end + spread * (latent - mean) / deviation


def error(steps: int, multistep: bool) -> float:
    latent, planned = np.linspace(-2, 2, 9), plan_steps(1000, steps)
    wanted = exact(latent, planned[0].time)
    if multistep:
        return float(np.abs(sample(noise_of_gauss, latent, REMAINING, planned) - wanted).max())
    for step in planned:
        noise = noise_of_gauss(latent, step.time)
        latent = ddim_step(latent, noise, REMAINING[step.time], REMAINING[step.to])
    return float(np.abs(latent - wanted).max())


def test_more_steps_come_nearer_and_several_at_once_nearer_still() -> None:
    assert error(50, False) < error(25, False) * 0.6, "DDIM is of the first order"
    assert error(50, True) < error(25, True) * 0.3, "PLMS is of a higher one"
    assert error(25, True) < error(50, False), "half as many steps of PLMS are better than DDIM's"
    assert error(200, True) < 1e-3
