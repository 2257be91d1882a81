"""Which windows of a canvas are sampled, and how large a canvas a request asks for. No WebUI needed."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from lib_inpaint.errors import BadRequest
from lib_inpaint.filling.outpaint import extended, place, rounds
from lib_inpaint.filling.windows import cut, plan_windows, take, window_mask
from lib_inpaint.geometry import Box, Size
from lib_inpaint.schema import ExtendRequest, OutpaintRequest

ALL = {"left": 128, "right": 128, "up": 128, "down": 128}


def planned(size: Size, side: int = 512, **margins: int) -> tuple[Size, Box, list[Box]]:
    request = ExtendRequest(**margins)
    canvas, old = extended(size, request), place(size, request)
    return canvas, old, plan_windows(canvas, old, side)


def work(windows: list[Box]) -> int:
    return sum(window.size.area for window in windows)


# Windows


@pytest.mark.parametrize("seed", range(300))
def test_all_that_is_new_is_covered_by_windows_of_a_good_size(seed: int) -> None:
    rng = random.Random(seed)
    side = rng.choice([64, 128, 512, 1024])
    margins = {name: rng.choice([0, 0, 1, 7, 64, 128, rng.randint(1, 900)]) for name in ALL}
    if not any(margins.values()):
        margins["left"] = 1
    canvas, old, windows = planned(Size(rng.randint(1, 1500), rng.randint(1, 1500)), side, **margins)
    new = np.ones((canvas.height, canvas.width), bool)
    new[old.slices] = False
    for window in windows:
        assert min(window.left, window.top) >= 0
        assert window.size.width % 64 == window.size.height % 64 == 0
        assert max(window.size) <= side * 1.5
        assert window.size.area <= side * side * 4 / 3
        assert window.right <= canvas.width or window.left == 0, "it sticks out only where the canvas is smaller"
        assert window.bottom <= canvas.height or window.top == 0
        assert window.clip(canvas).within(old) != window.clip(canvas), "nothing is new in it"
        new[window.clip(canvas).slices] = False
    assert not new.any()


def test_windows_see_half_a_side_of_the_picture_and_an_eighth_of_what_was_made() -> None:
    canvas, old, windows = planned(Size(2048, 2048), **ALL)
    made = np.zeros((canvas.height, canvas.width), bool)
    for number, window in enumerate(windows):
        depth = [window.right - old.left, window.bottom - old.top, old.right - window.left, old.bottom - window.top]
        assert min(depth) >= 256
        if number >= 8:  # from here on a neighbour was made
            assert made[window.slices].sum() >= 64 * 128
        made[window.slices] = True


def test_512_plus_128_is_two_windows_with_less_work_than_stock() -> None:
    _, _, windows = planned(Size(512, 512), **ALL)
    assert [tuple(window) for window in windows] == [(0, 0, 768, 448), (0, 384, 768, 768)]
    poor_mans, mk2 = 4 * 512 * 512, 2 * 512 * 512 + 2 * 768 * 512
    assert poor_mans / work(windows) >= 1.3
    assert mk2 / work(windows) >= 1.9


def test_one_side_needs_no_more_of_the_picture_than_is_seen() -> None:
    _, _, windows = planned(Size(2000, 512), left=128)
    assert [tuple(window) for window in windows] == [(0, 0, 384, 512)]


def test_a_checkpoint_for_larger_pictures_has_larger_windows() -> None:
    small, large = (planned(Size(2048, 2048), side, **ALL)[2] for side in (512, 1024))
    assert len(small) > 1.5 * len(large)
    assert max(max(window.size) for window in large) > 768


def test_what_lies_next_to_the_picture_is_first() -> None:
    _, old, windows = planned(Size(512, 512), left=1500)
    assert [window.left for window in windows] == sorted((window.left for window in windows), reverse=True)
    assert windows[0].right > old.left


@pytest.mark.parametrize("size", [Size(1, 1), Size(1, 700), Size(8000, 6000)])
def test_the_smallest_and_the_largest(size: Size) -> None:
    _, _, windows = planned(size, **ALL)
    around = 2 * (size.width + size.height) + 4 * 256
    assert 1 <= len(windows) <= 2 + around / 400


@pytest.mark.parametrize(("span", "longest", "pieces"), [((0, 768), 512, [(0, 448), (384, 768)]), ((5, 70), 64, None)])
def test_a_span_is_cut_into_few_overlapping_pieces(span, longest, pieces) -> None:
    found = cut(span, longest, 64 if longest > 64 else 8)
    assert pieces is None or found == pieces
    assert (found[0][0], found[-1][1]) == span
    assert all(after[0] < before[1] for before, after in pairwise(found))
    assert all(end - start <= longest for start, end in found)


def test_a_window_shows_the_canvas_and_its_mirror_beyond() -> None:
    canvas = np.arange(12, dtype=np.uint8).reshape(3, 4)
    shown = take(canvas, Box(1, 0, 6, 4))
    assert shown.tolist() == [[1, 2, 3, 3, 2], [5, 6, 7, 7, 6], [9, 10, 11, 11, 10], [9, 10, 11, 11, 10]]
    shown[:] = 0
    assert canvas[0, 1] == 1


def test_a_cell_with_anything_to_be_made_is_made_as_a_whole() -> None:
    todo = np.zeros((20, 17), bool)
    weight = np.zeros((20, 17), np.uint8)
    todo[0, 7] = True  # one pixel of the first cell
    weight[0, 7], weight[8:16, 8:16] = 255, 64
    found = window_mask(todo, weight, Size(64, 32))[::8, ::8]
    assert found[0].tolist() == [255, 0, 0, 255, 255, 255, 255, 255]  # the third shows one column of the canvas
    assert found[1].tolist() == [0, 64, 0, 255, 255, 255, 255, 255]
    assert found[3].tolist() == [255] * 8


# Sizes


def asked(**values) -> OutpaintRequest:
    return OutpaintRequest(**values)


def ends_with(size: Size, request: OutpaintRequest) -> Size:
    for step in rounds(size, request):
        size = extended(size, step)
    return size


SIZES = {
    "pixels on all sides": (asked(pixels=1), Size(102, 72)),
    "on one": (asked(pixels=256, direction=("up",)), Size(100, 326)),
    "exact ones": (asked(left=3, down=11), Size(103, 81)),
    "three rounds": (asked(pixels=10, rounds=3), Size(160, 130)),
    "a target size": (asked(width=333, height=71), Size(333, 71)),
    "one of its sides": (asked(height=101), Size(100, 101)),
    "a wide ratio": (asked(aspect_ratio="16:9"), Size(124, 70)),
    "a high one": (asked(aspect_ratio="2/3"), Size(100, 150)),
    "a ratio in rounds": (asked(aspect_ratio="3", rounds=4), Size(210, 70)),
    "more rounds than pixels": (asked(width=102, rounds=10), Size(102, 70)),
}


@pytest.mark.parametrize(("request_", "size"), SIZES.values(), ids=SIZES)
def test_the_size_is_exactly_the_one_asked_for(request_: OutpaintRequest, size: Size) -> None:
    assert ends_with(Size(100, 70), request_) == size


def test_a_target_is_reached_in_even_steps_shared_by_the_sides_that_are_chosen() -> None:
    steps = rounds(Size(100, 70), asked(width=115, rounds=3, direction=("left", "right", "up")))
    assert [(step.left, step.right) for step in steps] == [(2, 2), (2, 3), (3, 3)]
    (step,) = rounds(Size(100, 70), asked(width=115, direction=("right",)))
    assert (step.left, step.right) == (0, 15)


REFUSED = {
    "two targets": (asked(width=200, left=3), "not two"),
    "a smaller target": (asked(width=99), "only adds"),
    "no side for it": (asked(aspect_ratio="4:1", direction=("up", "down")), "choose left or right"),
    "words": (asked(aspect_ratio="wide"), "no aspect ratio"),
    "three numbers": (asked(aspect_ratio="1:2:3"), "no aspect ratio"),
    "zero": (asked(aspect_ratio="0:1"), "no aspect ratio"),
    "not a number": (asked(aspect_ratio="nan:1"), "no aspect ratio"),
    "no direction": (asked(direction=()), "Nothing to extend"),
    "nothing to add": (asked(aspect_ratio="10:7"), "Nothing to extend"),
    "too large": (asked(width=40_000), "less than or equal to 8192"),
    "too much": (asked(pixels=8192, rounds=10), "megapixels; it may have 100"),
}


@pytest.mark.parametrize(("request_", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_is_refused_in_words(request_: OutpaintRequest, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        ends_with(Size(100, 70), request_)


def test_a_canvas_has_pixels_for_what_is_worked_on_or_twice_the_pictures() -> None:
    with pytest.raises(BadRequest, match="16416x16408 pixels, which is 269 megapixels; it may have 100"):
        extended(Size(32, 24), ExtendRequest(left=8192, right=8192, up=8192, down=8192))
    large = Size(16_000, 12_000)
    assert extended(large, ExtendRequest(left=8000, right=8000)) == Size(32_000, 12_000)
    with pytest.raises(BadRequest, match="it may have 384"):
        extended(large, ExtendRequest(left=8000, right=8000, up=100))
