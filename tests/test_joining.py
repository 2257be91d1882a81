"""How what was sampled is brought into the light and colour of the picture that it joins. No WebUI needed."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from lib_inpaint.filling.joining import matched

OVERLAP = 8


def photograph(height: int = 96, width: int = 160) -> np.ndarray:
    """With room for 64 levels above and below; uint8 HxWx3."""
    return data.astronaut()[100 : 100 + height, 100 : 100 + width] // 2 + 64


def beyond(edge: int, height: int = 96, width: int = 160) -> np.ndarray:
    """bool HxW: what is new to the right of a vertical edge."""
    new = np.zeros((height, width), bool)
    new[:, edge:] = True
    return new


@pytest.mark.parametrize("offset", [(20, 20, 20), (-31, 0, 7)])
def test_a_constant_offset_is_removed_however_far(offset: tuple) -> None:
    picture = photograph()
    made = (picture + np.array(offset)).astype(np.uint8)
    for new in (beyond(64), beyond(61), ~beyond(150)):
        assert np.array_equal(matched(made, picture, new, OVERLAP), picture)


@pytest.mark.parametrize(("height", "width"), [(96, 160), (61, 47), (1, 9), (9, 1)])
def test_a_perfect_join_is_left_as_it_is(height: int, width: int) -> None:
    made = photograph(height, width)
    known = made.copy()
    new = beyond(width // 2, height, width)
    known[new] = 0  # does not count
    assert np.array_equal(matched(made, known, new, OVERLAP), made)


def test_what_is_known_or_new_throughout_is_left_as_it_is() -> None:
    made = photograph()
    for new in (np.zeros((96, 160), bool), np.ones((96, 160), bool)):
        assert np.array_equal(matched(made, made // 2, new, OVERLAP), made)


def test_another_light_at_one_end_is_followed_along_the_edge_and_evens_out_beyond() -> None:
    picture = np.full((128, 192, 3), 120, np.uint8)
    slope = np.linspace(-30, 30, 128)[:, None, None]
    new = beyond(64, 128, 192)
    change = matched((picture + slope).astype(np.uint8), picture, new, OVERLAP).astype(float) - (picture + slope)
    at_the_edge, far = change[:, 66, 0], change[:, -1, 0]
    assert np.abs(at_the_edge + slope[:, 0, 0])[16:-16].max() < 6
    assert np.ptp(far) < 0.6 * np.ptp(at_the_edge)
    steps = max(np.abs(np.diff(change[..., 0], axis=axis)).max() for axis in (0, 1))
    assert steps <= 2, "no ringing and no edges of its own, but for rounding"


def test_a_step_at_the_edge_is_gone_and_texture_stays() -> None:
    texture = np.random.default_rng(0).integers(-20, 21, (96, 160, 1))
    picture = np.full((96, 160, 3), 120, np.uint8)
    made = (picture + 25 + texture).astype(np.uint8)
    new = beyond(64)
    joined = matched(made, picture, new, OVERLAP).astype(float)
    assert np.abs(joined[new].mean() - 120) < 2
    assert np.abs(joined[:, 64:72].mean() - 120) < 2
    own = (joined - made)[new]
    assert own.std() < 3, "smooth, not the texture's negative"
    assert np.abs(cv2.Laplacian(joined - made, cv2.CV_64F)[new]).max() <= 4


def test_another_thing_is_not_taken_for_another_light() -> None:
    picture = np.full((96, 160, 3), 200, np.uint8)
    change = matched(np.zeros_like(picture), picture, beyond(64), OVERLAP)
    assert change.max() <= 64


def test_the_same_again_is_the_same() -> None:
    made, known = photograph(), photograph()[::-1]
    before = made.copy(), known.copy()
    first, second = (matched(made, known, beyond(70), OVERLAP) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.array_equal(made, before[0])
    assert np.array_equal(known, before[1])
