"""What ZITS's networks are told beside the pixels, against the same said in other words."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage import data
from skimage.color import rgb2gray
from skimage.feature import canny

from lib_inpaint.models.erasers.structure import drawn_lines, known_edges, masked_position, resized, resized_hole


def blob(side: int) -> np.ndarray:
    """A hole of several pieces, at the border too, 0 or 1."""
    rng = np.random.default_rng(side)
    smooth = ndimage.gaussian_filter(rng.random((side, side)), side / 20, mode="nearest")
    return (smooth > np.quantile(smooth, 0.6)).astype(np.uint8)


def grown(known: np.ndarray, quarter: tuple[slice, slice]) -> np.ndarray:
    """What has something known in that part of the 3x3 around it; at the border the picture is mirrored."""
    around = np.lib.stride_tricks.sliding_window_view(np.pad(known, 1, mode="reflect"), (3, 3))
    return around[:, :, quarter[0], quarter[1]].any(axis=(2, 3))


def by_waves(hole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The paper's way, wave after wave from what is known: its number, and the corners that it comes from."""
    known, distance = hole == 0, np.zeros(hole.shape, int)
    direction = np.zeros((*hole.shape, 4), int)
    up, down, everything = slice(0, 2), slice(1, 3), slice(0, 3)
    corners = [(up, up), (down, up), (up, down), (down, down)]
    while not known.all():
        wave = grown(known, (everything, everything)) & ~known
        distance[wave] = distance.max() + 1
        for number, corner in enumerate(corners):
            direction[grown(known, corner) & ~known, number] = 1
        known = known | wave
    return distance, direction


def test_positions_are_counted_in_waves_from_what_is_known() -> None:
    hole = blob(256)
    distance, direction = masked_position(hole)
    waves, corners = by_waves(hole)
    assert waves.max() > 10
    assert np.array_equal(distance, waves)
    assert np.array_equal(direction, corners)
    assert distance.dtype == direction.dtype == np.int32


def test_positions_at_another_size_are_those_of_256() -> None:
    hole = np.zeros((512, 512), np.uint8)
    hole[100:301, 60:400] = 1
    distance, direction = masked_position(hole)
    waves, corners = by_waves(resized_hole(hole, 256))
    doubled = waves.repeat(2, 0).repeat(2, 1) * hole, corners.repeat(2, 0).repeat(2, 1) * hole[..., None]
    assert np.array_equal(distance, doubled[0])
    assert np.array_equal(direction, doubled[1])


@pytest.mark.parametrize("side", [256, 320])
def test_positions_where_nothing_is_known(side: int) -> None:
    distance, direction = masked_position(np.ones((side, side), np.uint8))
    assert (distance == 127).all()
    assert (direction == 0).all()
    assert not masked_position(np.zeros((side, side), np.uint8))[0].any()


def test_far_from_what_is_known_it_counts_to_the_last_position() -> None:
    hole = np.ones((256, 256), np.uint8)
    hole[:, 0] = 0
    distance, direction = masked_position(hole)
    assert distance[9].tolist() == [*range(127), *[127] * 129]
    assert direction[9, 200].tolist() == [1, 1, 0, 0], "it comes from the left all the same"


@pytest.mark.parametrize("side", [256, 300, 512])
def test_a_pixel_with_any_part_of_the_hole_is_in_it(side: int) -> None:
    hole = np.zeros((700, 700), np.uint8)
    hole[350, 351] = 1
    small = resized_hole(hole, side)
    assert small[350 * side // 700, 351 * side // 700] == 1
    assert set(np.unique(small)) == {0, 1}
    assert small.sum() <= 4


def test_edges_are_those_of_the_picture_and_not_of_the_hole() -> None:
    image = resized(data.astronaut(), 256)
    hole = np.zeros((256, 256), np.uint8)
    assert np.array_equal(known_edges(image, hole), canny(rgb2gray(image), sigma=3.0))
    hole[100:160, 90:170] = 1
    bright = np.where(hole[..., None] > 0, np.uint8(255), image)
    edges = known_edges(image, hole)
    assert np.array_equal(edges, known_edges(bright, hole)), "what is to be removed leaves no edge"
    assert not edges[hole > 0].any()
    assert edges.sum() > 300
    assert not known_edges(image, np.ones_like(hole)).any()


def test_lines_lie_where_they_are_said_to() -> None:
    drawn = drawn_lines(np.array([[0.25, 0.5, 0.75, 0.5], [0.5, -0.1, 0.5, 1.2]]), 256)
    assert drawn.dtype == np.float32
    assert (drawn[128, 64:193] == 1).all()
    assert (drawn[:, 128] == 1).all(), "up to the border, and not beyond"
    assert drawn.sum() == 129 + 256 - 1
    slanted = drawn_lines(np.array([[0.1, 0.2, 0.9, 0.4]]), 256)
    assert ((slanted > 0) & (slanted < 1)).any(), "smooth"
    assert not drawn_lines(np.empty((0, 4)), 256).any()
