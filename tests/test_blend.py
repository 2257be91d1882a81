"""Differential diffusion against its algorithm written out, cell by cell."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from lib_inpaint.diffusion.blend import Differential, held, latent_mask  # noqa: E402
from lib_inpaint.geometry import Size  # noqa: E402

SIGMAS = [8.0, 4.0, 2.0, 1.0]


def test_a_cell_has_the_mean_of_its_pixels() -> None:
    mask = np.zeros((16, 24), np.uint8)
    mask[:8, :8] = 255
    mask[:8, 8:16] = np.arange(64).reshape(8, 8) * 4
    mask[8:, 16:20] = 255
    found = latent_mask(mask, Size(3, 2))
    assert found.shape == (1, 1, 2, 3)
    assert found.dtype == torch.float32
    assert found[0, 0].tolist() == [[1.0, pytest.approx(126 / 255, abs=1e-6), 0.0], [0.0, 0.0, 0.5]]


@pytest.mark.parametrize("side", [7, 8, 9, 24])
def test_what_is_masked_is_wholly_masked_at_any_size(side: int) -> None:
    assert torch.equal(latent_mask(np.full((61, 67), 255, np.uint8), Size(side, side)), torch.ones(1, 1, side, side))


def test_a_cell_may_change_from_the_step_on_that_its_mask_says() -> None:
    mask = torch.tensor([0, 0.1, 0.25, 0.5, 0.75, 0.9, 1])
    free = ["".join("01"[not here] for here in held(mask, step, 4)) for step in range(4)]
    assert free == ["0000001", "0000111", "0001111", "0011111"]


def test_what_is_held_is_the_noised_original_and_the_rest_is_not_touched() -> None:
    mask = torch.tensor([[0.0, 0.5], [0.75, 1.0]])[None, None]
    original, noise, x = torch.randn(3, 2, 4, 2, 2)
    differential = Differential(mask, SIGMAS, lambda sigma: original + sigma * noise)
    for step, sigma in enumerate(SIGMAS):
        expected = x.clone()
        for row in range(2):
            for column in range(2):
                if 1 - mask[0, 0, row, column] > step / 4:
                    expected[..., row, column] = original[..., row, column] + sigma * noise[..., row, column]
        now = x.clone()
        differential.hold(now, sigma)
        assert torch.equal(now, expected)
        differential.hold(now, sigma)
        assert torch.equal(now, expected), "twice is as once"


def test_between_two_steps_the_earlier_one_counts() -> None:
    mask = torch.full((1, 1, 1, 1), 0.75)
    differential = Differential(mask, SIGMAS, lambda sigma: torch.zeros(1, 1, 1, 1))
    for sigma, is_held in [(9.0, True), (8.0, True), (4.1, True), (4.001, False), (3.0, False), (0.1, False)]:
        x = torch.ones(1, 1, 1, 1)
        differential.hold(x, sigma)
        assert (x.item() == 0) is is_held, sigma


def test_half_precision_stays_half_precision() -> None:
    x = torch.ones(1, 4, 2, 2, dtype=torch.float16)
    Differential(torch.zeros(1, 1, 2, 2), SIGMAS, lambda sigma: torch.full((1, 4, 2, 2), sigma)).hold(x, 2.0)
    assert x.dtype == torch.float16
    assert (x == 2).all()
