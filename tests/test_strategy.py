import itertools
import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_inpaint.filling.strategy import crop_cost, input_size, merge, padded_size, plan_crops
from lib_inpaint.geometry import Box, Size, fit
from lib_inpaint.models.model import Needs
from lib_inpaint.schema import FillRequest

AUTO = FillRequest()
LAMA = Needs(multiple=16, best=1024, context=0.28, margin=96)
NATIVE = Needs(native=512, context=1.0, margin=64)
needs = st.builds(
    Needs,
    multiple=st.sampled_from([1, 8]),
    square=st.sampled_from([None, 24]),
    native=st.sampled_from([None, 16]),
    best=st.sampled_from([None, 12, 40]),
    context=st.sampled_from([0.0, 0.3, 1.0]),
    margin=st.integers(0, 9),
)
hows = st.builds(
    FillRequest,
    large_image=st.sampled_from(["auto", "crop", "resize", "original"]),
    crop_trigger=st.integers(0, 40),
    crop_margin=st.integers(0, 20),
    resize_limit=st.integers(16, 60),
    refine=st.booleans(),
)


@st.composite
def masks(draw) -> np.ndarray:
    """Soft rectangles and specks of noise, from 1x1 to 50x50; also none, and all of it."""
    height, width = draw(st.integers(1, 50)), draw(st.integers(1, 50))
    mask = np.zeros((height, width), np.uint8)
    for _ in range(draw(st.integers(0, 4))):
        left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        mask[top : top + draw(st.integers(1, 20)), left : left + draw(st.integers(1, 20))] = draw(st.integers(1, 255))
    noise = draw(st.sampled_from([0.0, 0.0, 0.02, 1.0]))
    mask[np.random.default_rng(draw(st.integers(0, 9))).random(mask.shape) < noise] = 255
    return mask


def boxed(shape: tuple[int, int], *boxes: Box) -> np.ndarray:
    mask = np.zeros(shape, np.uint8)
    for box in boxes:
        mask[box.slices] = 255
    return mask


@given(masks(), needs, hows)
def test_every_masked_pixel_has_one_crop_that_holds_it(mask: np.ndarray, need: Needs, how: FillRequest) -> None:
    before = mask.copy()
    crops, owner = plan_crops(mask, need, how)
    assert (mask == before).all()
    assert ((owner > 0) == (mask > 0)).all()
    assert set(np.unique(owner[owner > 0])) == set(range(1, len(crops) + 1)), "each crop has something to fill"
    for number, (box, size) in enumerate(crops, 1):
        assert box == box.clip(Size.of(mask))
        ys, xs = np.nonzero(owner == number)
        assert box.left <= xs.min()
        assert xs.max() < box.right
        assert box.top <= ys.min()
        assert ys.max() < box.bottom
        assert min(size) >= 1


@pytest.mark.parametrize("shape", [(3000, 4000), (900, 1000)])
def test_what_a_thing_costs_does_not_depend_on_the_picture(shape: tuple[int, int]) -> None:
    (crop,) = plan_crops(boxed(shape, Box(200, 200, 600, 600)), LAMA, AUTO).crops
    assert crop.size == (624, 624)
    assert crop.box == Box(88, 88, 712, 712)


def test_a_crop_is_shrunk_only_when_it_exceeds_what_is_done_well() -> None:
    shape = (3000, 4000)
    (large,) = plan_crops(boxed(shape, Box(1000, 500, 3000, 2000)), LAMA, AUTO).crops
    assert max(large.size) == 1024 < max(large.box.size)
    (small,) = plan_crops(boxed(shape, Box(1000, 1000, 1030, 1030)), LAMA, AUTO).crops
    assert small.size == small.box.size == (222, 222)
    (native,) = plan_crops(boxed(shape, Box(1000, 1000, 1030, 1030)), NATIVE, AUTO).crops
    assert native.size == native.box.size == (512, 512)  # nor is it enlarged where the picture has room


def test_the_names_of_iopaint_do_what_they_do_there() -> None:
    mask = boxed((1500, 2000), Box(400, 500, 800, 900))
    (whole,) = plan_crops(mask, LAMA, FillRequest(large_image="original")).crops
    assert whole == (Box(0, 0, 2000, 1500), Size(2000, 1500))
    (resized,) = plan_crops(mask, LAMA, FillRequest(large_image="resize")).crops
    assert resized == (Box(0, 0, 2000, 1500), Size(1280, 960))
    (cropped,) = plan_crops(mask, LAMA, FillRequest(large_image="crop")).crops
    assert cropped == (Box(272, 372, 928, 1028), Size(656, 656))
    (below,) = plan_crops(mask[:700, :800], LAMA, FillRequest(large_image="crop")).crops
    assert below.box == Box(0, 0, 800, 700), "not larger than the trigger size"
    (always,) = plan_crops(mask, NATIVE, FillRequest(large_image="original")).crops
    assert always.size == (512, 384), "a network of one size has no other; nothing is stretched, the rest is padding"


@given(masks(), needs)
def test_crops_for_a_native_size_are_square_where_there_is_room(mask: np.ndarray, need: Needs) -> None:
    need = replace(need, native=16)
    full = Size.of(mask)
    for box, size in plan_crops(mask, need, AUTO).crops:
        longest = max(box.size)
        assert box.size == (min(longest, full.width), min(longest, full.height))
        assert max(size) == 16
        assert abs(size.width * box.size.height - size.height * box.size.width) <= longest, "alike in both directions"


@given(masks(), needs)
def test_crops_for_a_square_network_are_widened_and_not_shrunk_for_it(mask: np.ndarray, need: Needs) -> None:
    need = replace(need, native=None, square=24)
    full = Size.of(mask)
    for box, size in plan_crops(mask, need, AUTO).crops:
        longest = max(*box.size, 24)
        assert box.size == (min(longest, full.width), min(longest, full.height))
        assert size == (box.size if need.best is None else fit(box.size, need.best))
        padded = padded_size(size, need)
        assert padded.width == padded.height == max(24, *(-(-side // need.multiple) * need.multiple for side in size))


def test_neighbours_share_a_crop_and_a_diagonal_row_does_not() -> None:
    close = plan_crops(boxed((800, 800), Box(300, 300, 340, 340), Box(350, 300, 390, 340)), LAMA, AUTO)
    assert len(close.crops) == 1
    row = [Box(150 * n, 150 * n, 150 * n + 50, 150 * n + 50) for n in range(12)]
    crops = plan_crops(boxed((2000, 2000), *row), LAMA, AUTO).crops
    assert len(crops) == 12
    assert any(a.box.right > b.box.left for a, b in itertools.pairwise(crops)), "they overlap, but merging is dearer"
    together = plan_crops(boxed((2000, 2000), *row), NATIVE, AUTO).crops
    assert 1 < len(together) < 12, "at a fixed cost a crop, neighbours that need no shrinking share one"
    assert all(max(crop.box.size) <= 512 for crop in together)


def test_a_small_thing_is_not_shrunk_along_with_a_large_one() -> None:
    mask = boxed((3000, 4000), Box(500, 500, 2500, 2000), Box(2600, 1000, 2640, 1040))
    scales = sorted(crop.size.width / crop.box.size.width for crop in plan_crops(mask, LAMA, AUTO).crops)
    assert scales[0] < 0.5
    assert scales[1] == 1


@given(st.lists(st.tuples(*[st.integers(0, 60)] * 2, *[st.integers(1, 30)] * 2), min_size=1, max_size=9), needs)
def test_merging_never_makes_it_dearer_nor_smaller(places: list[tuple[int, ...]], need: Needs) -> None:
    boxes = np.array([[x, y, x + w, y + h] for x, y, w, h in places])
    groups, merged = merge(boxes, need)
    assert sorted(index for group in groups for index in group) == list(range(len(boxes)))
    assert crop_cost(merged, need)[0].sum() <= crop_cost(boxes, need)[0].sum() + 1e-6
    for group, box, scale in zip(groups, merged, crop_cost(merged, need)[1]):
        assert (boxes[group][:, :2] >= box[:2]).all()
        assert (boxes[group][:, 2:] <= box[2:]).all()
        assert (scale >= np.minimum(1, crop_cost(boxes[group], need)[1])).all()


@pytest.mark.parametrize("need", [LAMA, NATIVE])
def test_a_wire_is_cut_into_pieces_at_full_resolution(need: Needs) -> None:
    mask = np.zeros((1500, 2000), np.uint8)
    cv2.line(mask, (0, 0), (1999, 1499), 255, 9)
    crops, owner = plan_crops(mask, need, AUTO)
    assert len(crops) > 2
    assert ((owner > 0) == (mask > 0)).all()
    assert all(input_size(crop.box.size, need) == crop.size and max(crop.box.size) <= max(crop.size) for crop in crops)
    for number, (box, _) in enumerate(crops, 1):  # surroundings on all sides, as far as the picture goes
        ys, xs = np.nonzero(owner == number)
        tight = max(xs.min() - need.margin, 0), min(ys.max() + 1 + need.margin, 1500)
        assert (box.left, box.bottom) == tight or (need.native and box.left <= tight[0] and box.bottom >= tight[1])


def test_dust_is_planned_quickly() -> None:
    mask = np.where(np.random.default_rng(0).random((1500, 2000)) < 0.001, np.uint8(255), np.uint8(0))
    start = time.process_time()
    crops, owner = plan_crops(mask, LAMA, AUTO)
    assert ((owner > 0) == (mask > 0)).all()
    assert len(crops) < 100
    assert time.process_time() - start < 5


@settings(max_examples=20)
@given(masks())
def test_whole_picture_strategies_have_one_crop(mask: np.ndarray) -> None:
    for name in ("original", "resize"):
        crops = plan_crops(mask, LAMA, FillRequest(large_image=name)).crops
        assert [crop.box for crop in crops] == ([Box.whole(Size.of(mask))] if mask.any() else [])
