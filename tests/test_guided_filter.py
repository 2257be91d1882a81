"""The guided filter is the least squares fit that its paper says, window by window."""

from __future__ import annotations

import numpy as np
import pytest

from lib_inpaint.imaging.guided_filter import fit

RNG = np.random.default_rng(0)


def fit_slowly(guide: np.ndarray, target: np.ndarray, radius: int, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression in every window by itself, in float64, then the mean over the windows that hold a pixel."""
    height, width = target.shape
    widths = ((radius, radius), (radius, radius))
    colours = np.pad(guide.astype(float), (*widths, (0, 0)), mode="symmetric")
    levels = np.pad(target.astype(float), widths, mode="symmetric")
    found = np.zeros((height, width, 4))
    for y, x in np.ndindex(height, width):
        window = np.s_[y : y + 2 * radius + 1, x : x + 2 * radius + 1]
        pixels, values = colours[window].reshape(-1, 3), levels[window].ravel()
        centred = pixels - pixels.mean(0)
        slope = np.linalg.solve(
            centred.T @ centred / len(pixels) + epsilon * np.eye(3), centred.T @ values / len(pixels)
        )
        found[y, x] = *slope, values.mean() - slope @ pixels.mean(0)
    found = np.pad(found, (*widths, (0, 0)), mode="symmetric")
    side = 2 * radius + 1
    mean = np.stack([[found[y : y + side, x : x + side].mean((0, 1)) for x in range(width)] for y in range(height)])
    return mean[..., :3], mean[..., 3]


@pytest.mark.parametrize(("scale", "radius", "epsilon"), [(1.0, 4, 1e-4), (255.0, 3, 30.0), (1.0, 1, 1e-2)])
@pytest.mark.parametrize("shape", [(11, 14), (5, 3)])
def test_it_is_the_least_squares_fit_in_every_window(
    shape: tuple[int, int], scale: float, radius: int, epsilon: float
) -> None:
    guide = (RNG.random((*shape, 3)) * scale).astype(np.float32)
    target = (RNG.random(shape) > 0.5).astype(np.float32)
    slope, offset = fit(guide, target, radius, epsilon)
    expected_slope, expected_offset = fit_slowly(guide, target, radius, epsilon)
    assert slope.dtype == offset.dtype == np.float32
    assert np.allclose(slope * scale, expected_slope * scale, atol=2e-3)
    assert np.allclose(offset, expected_offset, atol=2e-3)


def test_where_all_channels_change_alike_it_is_as_exact() -> None:
    """Black and white: the covariance has one large eigenvalue, and two that are no more than epsilon."""
    grey = np.zeros((12, 12), np.float32)
    grey[:, 6:] = 1
    grey += RNG.normal(0, 0.003, grey.shape).astype(np.float32)
    guide, target = np.repeat(grey[..., None], 3, axis=2), (grey > 0.5).astype(np.float32)
    slope, offset = fit(guide, target, 4, 1e-4)
    value = (slope * guide).sum(2) + offset
    expected_slope, expected_offset = fit_slowly(guide, target, 4, 1e-4)
    assert np.abs(value - ((expected_slope * guide).sum(2) + expected_offset)).max() < 2e-3
    assert np.abs(value - target).max() < 0.02


def test_a_flat_picture_gives_the_mean_of_the_target() -> None:
    target = (RNG.random((20, 20)) > 0.5).astype(np.float32)
    slope, offset = fit(np.full((20, 20, 3), 0.5, np.float32), target, 2, 1e-4)
    assert np.abs(slope).max() < 1e-3
    padded = np.pad(target, 4, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5)).mean((2, 3))
    twice = np.lib.stride_tricks.sliding_window_view(windows, (5, 5)).mean((2, 3))
    assert np.allclose(offset, twice, atol=1e-2)
