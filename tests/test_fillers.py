"""The erasers without weights: what each must hold for any input, and that the exemplar filler keeps texture."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_inpaint.errors import Cancelled
from lib_inpaint.models.fillers import exemplar, shiftmap
from lib_inpaint.models.fillers.fillers import FILLERS, load
from lib_inpaint.models.fillers.shiftmap import frequent_offsets, shift_map
from lib_inpaint.progress import silent

METHODS = list(FILLERS)
every_filler = pytest.mark.parametrize("method", METHODS)


def fill(method, image, mask, progress=silent):
    return load([], "cpu", "float32", method=method)(image, mask, progress)


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def rectangle(shape, top, left, bottom, right):
    mask = np.zeros(shape[:2], np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


def photograph(name):
    return cv2.imread(str(Path(skimage.__file__).parent / "data" / name), cv2.IMREAD_COLOR)[..., ::-1].copy()


def detail(image, mask):
    """Standard deviation of the Laplacian inside the mask."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(float)
    return cv2.Laplacian(grey, cv2.CV_64F)[cv2.erode(mask, np.ones((5, 5), np.uint8)) > 0].std()


def hold_promises(method, image, mask):
    """What is true of any filler and any input."""
    image_before, mask_before = image.copy(), mask.copy()
    result = fill(method, image, mask)
    assert np.array_equal(image, image_before)
    assert np.array_equal(mask, mask_before)
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    assert not np.shares_memory(result, image)
    assert np.array_equal(result[mask == 0], image[mask == 0])
    assert np.array_equal(result, fill(method, image, mask))
    return result


@every_filler
@settings(max_examples=15, deadline=None)
@given(
    height=st.integers(1, 40), width=st.integers(1, 40), kind=st.sampled_from(["specks", "box", "all but one"]),
    seed=st.integers(0, 999),
)  # fmt: skip
def test_promises_hold_for_odd_sizes_and_masks(method, height, width, kind, seed):
    rng = np.random.default_rng(seed)
    if kind == "specks":
        mask = np.where(rng.random((height, width)) < rng.random(), np.uint8(255), np.uint8(0))
    elif kind == "box":
        top, bottom = sorted(rng.integers(0, height + 1, 2))
        left, right = sorted(rng.integers(0, width + 1, 2))
        mask = rectangle((height, width), top, left, bottom, right)
    else:
        mask = np.full((height, width), 255, np.uint8)
        mask[rng.integers(height), rng.integers(width)] = 0
    hold_promises(method, noise(height, width, seed), mask)


@every_filler
@pytest.mark.parametrize("box", [(0, 0, 20, 20), (40, 50, 61, 83), (0, 30, 61, 50), (20, 0, 40, 83), (3, 3, 58, 80)])
def test_promises_hold_at_borders_and_corners(method, box):
    hold_promises(method, noise(61, 83), rectangle((61, 83), *box))


@every_filler
def test_several_holes(method):
    mask = np.maximum(rectangle((90, 120), 5, 5, 25, 25), rectangle((90, 120), 60, 80, 90, 120))
    mask[40, ::3] = 255
    hold_promises(method, noise(90, 120), mask)


@every_filler
@pytest.mark.parametrize("size", [(1, 1), (5, 9), (64, 48)])
def test_an_empty_mask_gives_an_equal_copy_and_a_full_one_some_picture(method, size):
    image = noise(*size)
    assert np.array_equal(hold_promises(method, image, np.zeros(size, np.uint8)), image)
    hold_promises(method, image, np.full(size, 255, np.uint8))


@every_filler
def test_what_is_masked_does_not_show_through(method):
    image, mask = photograph("coffee.png")[100:220, 100:240], rectangle((120, 140), 30, 40, 80, 90)
    other = np.where(mask[..., None] > 0, 255 - image, image)
    assert np.array_equal(fill(method, image, mask), fill(method, other, mask))


@every_filler
def test_one_colour_stays_one_colour(method):
    image = np.full((70, 90, 3), (200, 100, 50), np.uint8)
    result = fill(method, image, rectangle(image.shape, 20, 30, 50, 70))
    assert np.abs(result.astype(int) - image).max() <= (5 if method == "telea" else 1)  # OpenCV's own is that far off


@every_filler
def test_progress_runs_from_0_to_1_and_can_cancel(method):
    image, mask = noise(64, 64), rectangle((64, 64), 16, 16, 48, 48)
    fractions = []
    fill(method, image, mask, lambda fraction, text: fractions.append(fraction))
    assert fractions == sorted(fractions)
    assert fractions[0] >= 0
    assert fractions[-1] == 1

    def cancel(fraction, text):
        raise Cancelled

    with pytest.raises(Cancelled):
        fill(method, image, mask, cancel)


def test_neutral_takes_for_each_hole_the_mean_of_what_touches_it():
    image = np.zeros((20, 40, 3), np.uint8)
    image[:, 20:] = (90, 60, 30)
    mask = np.maximum(rectangle(image.shape, 5, 5, 10, 10), rectangle(image.shape, 5, 25, 10, 30))
    result = fill("neutral", image, mask)
    assert (result[5:10, 5:10] == 0).all()
    assert (result[5:10, 25:30] == (90, 60, 30)).all()


def test_blur_continues_a_ramp_without_a_seam():
    ramp = np.tile(np.linspace(0, 254, 128).astype(np.uint8)[None, :, None], (96, 1, 3))
    result = fill("blur", ramp, rectangle(ramp.shape, 30, 40, 70, 90))
    assert np.abs(result.astype(int) - ramp).max() <= 6
    assert np.abs(np.diff(result.astype(int), axis=1)).max() <= 5


@pytest.mark.parametrize("period", [6, 10, 16])
def test_exemplar_goes_on_with_stripes_and_checks(period):
    y, x = np.mgrid[:120, :140]
    stripes = np.where(x % period < period // 2, 220, 30)
    checks = np.where((x // (period // 2) + y // (period // 2)) % 2, 210, 40)
    for pattern in (stripes, checks):
        image = np.repeat(pattern[..., None].astype(np.uint8), 3, axis=2)
        mask = rectangle(image.shape, 40, 50, 76, 90)
        result = fill("exemplar", image, mask)
        assert (np.abs(result.astype(int) - image)[mask > 0] < 20).mean() > 0.97


@pytest.mark.parametrize("name", ["brick.png", "grass.png", "gravel.png"])
def test_exemplar_keeps_texture_that_telea_loses(name):
    image = photograph(name)[100:356, 100:356]
    mask = rectangle(image.shape, 96, 96, 160, 160)
    truth, ours, telea = (
        detail(each, mask) for each in (image, fill("exemplar", image, mask), fill("telea", image, mask))
    )
    assert 0.6 < ours / truth < 1.5
    assert telea < 0.5 * ours


def test_exemplar_takes_large_levels_over_without_a_search(monkeypatch):
    monkeypatch.setattr(exemplar, "_MOST_TARGETS", 2000)
    image = photograph("grass.png")[:300, :300]
    mask = rectangle(image.shape, 100, 100, 200, 200)
    result = hold_promises("exemplar", image, mask)
    assert detail(result, mask) > 0.5 * detail(image, mask)


def test_exemplar_work_depends_on_the_hole_and_not_on_the_picture():
    image = np.tile(photograph("gravel.png"), (3, 3, 1))
    near = np.s_[500:700, 500:700]
    mask = rectangle(image.shape, 590, 590, 610, 610)
    assert np.array_equal(fill("exemplar", image, mask)[near], fill("exemplar", image[near], mask[near]))


def street(height, width):
    """A sky, a row of houses with windows, and a road, with some noise."""
    y, x = np.mgrid[:height, :width]
    image = np.where(y[..., None] < height // 3, (150, 190, 230), (90, 90, 95)).astype(float)
    image[height // 3 : height // 2] = (170, 100, 70)
    image[(x % 24 < 10) & (y > height * 3 // 8) & (y < height * 11 // 24)] = (40, 40, 60)
    return (image + np.random.default_rng(0).normal(0, 4, image.shape)).clip(0, 255).astype(np.uint8)


def test_a_shift_map_goes_on_with_a_row_of_houses():
    image = street(72, 144).astype(np.float32)
    hole = rectangle(image.shape, 10, 48, 60, 96) > 0
    filled, moved = shift_map(image, hole, np.random.default_rng(0), silent)
    assert np.abs(filled - image)[hole].mean() < 8
    assert np.array_equal(filled[~hole], image[~hole])
    assert (moved[~hole] == 0).all()
    at = np.flatnonzero(hole)
    source = at + moved.ravel()[at]
    assert not hole.ravel()[source].any()
    assert np.array_equal(filled.reshape(-1, 3)[at], image.reshape(-1, 3)[source])


def test_offsets_that_are_frequent_are_those_of_the_pattern():
    offsets = frequent_offsets(street(72, 144).astype(np.float32), np.zeros((72, 144), bool), np.random.default_rng(0))
    assert {(0, 24), (0, -24)} & set(map(tuple, offsets[:6].tolist()))


def test_a_colour_that_is_nowhere_around_the_hole_is_not_brought_into_it():
    image = street(72, 144).astype(np.float32)
    image[30:50, 110:118] = (240, 20, 200)
    hole = rectangle(image.shape, 10, 48, 60, 90) > 0
    filled, _ = shift_map(image, hole, np.random.default_rng(0), silent)
    assert (np.abs(filled[hole] - (240, 20, 200)).max(axis=1) > 40).all()


def test_exemplar_lets_no_road_rise_where_houses_stood():
    image = street(360, 720)
    mask = rectangle(image.shape, 60, 250, 300, 470)
    result = fill("exemplar", image, mask)
    rows = np.s_[130:170, 250:470]  # between the windows' tops and the houses' feet
    assert np.abs(result[rows].mean(axis=(0, 1)) - image[rows].mean(axis=(0, 1))).max() < 15
    road = np.s_[200:300, 250:470]
    assert np.abs(result[road].mean(axis=(0, 1)) - image[road].mean(axis=(0, 1))).max() < 5


class Led(Exception):
    pass


class Unled(Exception):
    pass


def test_a_long_thin_hole_is_not_led_by_a_shift_map(monkeypatch):
    """Along a wire across a large picture there are more colours to compare than memory has room for."""

    def led(*_):
        raise Led

    def unled(*_):
        raise Unled

    monkeypatch.setattr(exemplar, "shift_map", led)
    monkeypatch.setattr(exemplar, "peel", unled)
    image = street(2000, 3000)
    wire = cv2.line(np.zeros((2000, 3000), np.uint8), (20, 20), (2980, 1980), 255, 12)
    block = rectangle(image.shape, 600, 1300, 800, 1500)
    with pytest.raises(Unled):
        fill("exemplar", image, wire)
    with pytest.raises(Led):
        fill("exemplar", image, block)


def test_colours_are_compared_in_parts(monkeypatch):
    image = street(72, 144).astype(np.float32)
    hole = rectangle(image.shape, 10, 48, 60, 96) > 0
    moves = np.array([[0, 24], [0, -50], [3, 40]])
    whole = shiftmap._foreign(image, hole, moves)
    monkeypatch.setattr(shiftmap, "_AT_ONCE", 1000)
    assert np.abs(shiftmap._foreign(image, hole, moves) - whole).max() < 0.1
    assert whole.any()
