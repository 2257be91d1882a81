import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_inpaint.geometry import Box, Point, Size, crop, fit, pad_to_multiple, resize

sides = st.integers(1, 40)
boxes = st.builds(
    lambda left, top, width, height: Box(left, top, left + width, top + height),
    st.integers(-20, 40),
    st.integers(-20, 40),
    sides,
    sides,
)


def test_a_box_indexes_rows_then_columns() -> None:
    array = np.arange(20).reshape(4, 5)
    assert crop(array, Box(1, 2, 4, 3)).tolist() == [[11, 12, 13]]


def test_crop_is_a_copy() -> None:
    array = np.zeros((3, 3), np.uint8)
    crop(array, Box(0, 0, 2, 2))[:] = 9
    assert array.sum() == 0


@given(boxes, sides, sides)
def test_clip_keeps_exactly_the_pixels_on_the_picture(box: Box, width: int, height: int) -> None:
    clipped = box.clip(Size(width, height))
    ys, xs = np.mgrid[:height, :width]
    inside = (xs >= box.left) & (xs < box.right) & (ys >= box.top) & (ys < box.bottom)
    assert max(clipped.size.width, 0) * max(clipped.size.height, 0) == inside.sum()


@given(sides, sides, st.integers(1, 64))
def test_padding_to_a_multiple_is_undone_by_a_crop(width: int, height: int, multiple: int) -> None:
    array = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    padded = pad_to_multiple(array, multiple)
    assert padded.shape[0] % multiple == 0 == padded.shape[1] % multiple
    assert padded.shape[0] - height < multiple
    assert (padded[:height, :width] == array).all()


@given(sides, sides, st.integers(1, 100))
def test_fit_never_enlarges_and_keeps_a_pixel(width: int, height: int, longest: int) -> None:
    fitted = fit(Size(width, height), longest)
    assert 1 <= fitted.width <= width
    assert 1 <= fitted.height <= height
    assert max(fitted) <= longest


def test_resize_to_the_own_size_is_an_equal_copy() -> None:
    array = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    same = resize(array, Size(7, 5))
    assert (same == array).all()
    assert same is not array


@pytest.mark.parametrize(
    ("x", "y", "inside"), [(0, 0, True), (6.9, 4.9, True), (7, 0, False), (0, -0.1, False), (float("nan"), 0, False)]
)
def test_point_inside(x: float, y: float, inside: bool) -> None:
    assert Point(x, y, 1).inside(Size(7, 5)) is inside
