import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lib_inpaint.errors import BadRequest
from lib_inpaint.geometry import Box, Size
from lib_inpaint.imaging import mask as masks
from lib_inpaint.schema import MaskOptions, Stroke

shapes = st.tuples(st.integers(1, 24), st.integers(1, 24))
binary_masks = shapes.flatmap(lambda shape: arrays.arrays(np.uint8, shape, elements=st.sampled_from([0, 255])))
any_masks = shapes.flatmap(lambda shape: arrays.arrays(np.uint8, shape))


def drawn(text: str) -> np.ndarray:
    """A mask from a drawing: # is inside, . is outside."""
    return np.array([[255 if c == "#" else 0 for c in line] for line in text.split()], np.uint8)


def distances(mask: np.ndarray) -> np.ndarray:
    """Distance of every pixel to the nearest masked one, the slow and certain way."""
    ys, xs = np.nonzero(mask)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    if not len(ys):
        return np.full(mask.shape, np.inf)
    return np.sqrt((y[..., None] - ys) ** 2 + (x[..., None] - xs) ** 2).min(axis=-1)


def test_grow_by_two_is_a_disc() -> None:
    mask = np.zeros((7, 7), np.uint8)
    mask[3, 3] = 255
    assert (masks.grow(mask, 2) == drawn(".......  ...#...  ..###..  .#####.  ..###..  ...#...  .......")).all()


@given(binary_masks, st.integers(0, 12))
def test_grow_takes_exactly_what_is_near(mask: np.ndarray, pixels: int) -> None:
    assert ((masks.grow(mask, pixels) == 255) == (distances(mask) <= pixels)).all()


@given(binary_masks, st.integers(0, 12))
def test_shrink_is_growing_the_outside(mask: np.ndarray, pixels: int) -> None:
    assert (masks.shrink(mask, pixels) == masks.invert(masks.grow(masks.invert(mask), pixels))).all()
    assert (masks.grow(mask, -pixels) == masks.shrink(mask, pixels)).all()


@given(any_masks, st.integers(-8, 8))
def test_a_soft_mask_grows_and_shrinks_monotonously(mask: np.ndarray, pixels: int) -> None:
    grown = masks.grow(mask, pixels)
    assert (grown >= mask).all() if pixels >= 0 else (grown <= mask).all()


@given(binary_masks, st.integers(0, 12))
def test_feather_falls_in_a_straight_line_outside(mask: np.ndarray, pixels: int) -> None:
    soft = masks.feather(mask, pixels)
    ramp = np.clip(1 - distances(mask) / (pixels + 1), 0, 1) * 255
    assert np.abs(soft - ramp).max() <= 0.51
    assert (soft[mask == 255] == 255).all()
    assert ((soft > 0) <= (distances(mask) <= pixels + 1)).all()


def test_feather_leaves_what_falls_gently_and_softens_what_does_not() -> None:
    ramp = np.broadcast_to(np.arange(0, 255, 5, np.uint8), (9, 51)).copy()
    assert (masks.feather(ramp, 4) == ramp).all()
    assert (masks.feather(masks.grow(ramp, 6), 4) == masks.grow(ramp, 6)).all()
    assert (masks.grow(ramp, 6)[4, :45] == ramp[4, 6:]).all(), "moved, and as soft as before"
    edge = np.array([[255, 255, 100, 0, 0, 0, 0, 0]], np.uint8)
    assert masks.feather(edge, 4).tolist() == [[255, 255, 204, 153, 102, 51, 0, 0]]


@given(any_masks, st.integers(0, 12))
def test_a_soft_mask_is_feathered_by_the_same_slope(mask: np.ndarray, pixels: int) -> None:
    slope = 255 / (pixels + 1)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    far = np.hypot(y[..., None, None] - y, x[..., None, None] - x)
    wanted = np.rint((mask - far * slope).max(axis=(2, 3)).clip(0))
    soft = masks.feather(mask, pixels)
    assert np.abs(soft - wanted).max() <= 4, "1.3 % of 255"
    assert (soft >= mask).all()


def test_a_hole_is_filled_with_its_soft_edge() -> None:
    mask = np.full((40, 40), 255, np.uint8)
    mask[15:25, 15:25] = 0
    soft = masks.invert(masks.feather(masks.invert(mask), 4))
    assert (masks.fill_holes(soft, 400)[1:-1, 1:-1] >= 128).all()
    ring = masks.fill_holes(np.where(soft < 128, soft, 255).astype(np.uint8), 400)
    assert (ring == 255).all()
    assert (masks.fill_holes(soft, 50) == soft).all()


def test_fill_holes_leaves_bays_and_large_holes() -> None:
    mask = drawn("#####.  #.#.#.  #####.  #..###  #..#..  ######")
    filled = masks.fill_holes(mask, 1)
    assert (filled == drawn("#####.  #####.  #####.  #..###  #..#..  ######")).all()
    assert (masks.fill_holes(mask, 4) == drawn("#####.  #####.  #####.  ######  ####..  ######")).all()


def test_a_hole_open_by_a_corner_only_is_a_hole() -> None:
    mask = drawn("###.  #.##  ####")
    assert (masks.fill_holes(mask, 1) == drawn("###.  ####  ####")).all()


def test_drop_islands_keeps_what_is_larger() -> None:
    mask = drawn("##..#  ##...  ....#  ...##")
    assert (masks.drop_islands(mask, 1) == drawn("##...  ##...  ....#  ...##")).all()
    assert (masks.drop_islands(mask, 3) == drawn("##...  ##...  .....  .....")).all()


@given(any_masks, any_masks)
def test_set_operations(mask: np.ndarray, other: np.ndarray) -> None:
    assert (masks.invert(masks.invert(mask)) == mask).all()
    if mask.shape == other.shape:
        assert (masks.union(mask, other) == np.maximum(mask, other)).all()
        assert not ((masks.subtract(mask, other) > 0) & (other == 255)).any()


@given(any_masks, st.integers(0, 40), st.integers(0, 40), st.integers(-10, 10), st.integers(0, 10), st.booleans())
@settings(max_examples=60)
def test_refine_never_writes_to_its_input(mask, holes, islands, grow, feather, invert) -> None:
    before = mask.copy()
    options = MaskOptions(invert=invert, fill_holes=holes, drop_islands=islands, grow=grow, feather=feather)
    result = masks.refine(mask, options)
    assert (mask == before).all()
    assert result is not mask
    assert not np.shares_memory(result, mask)
    assert result.shape == mask.shape
    assert result.dtype == np.uint8


def test_bounds() -> None:
    assert masks.bounds(drawn("....  ..#.  .##.")) == Box(1, 1, 3, 3)
    assert masks.bounds(drawn("....")) is None


def test_a_dot_covers_the_pixels_whose_centres_are_within_the_radius() -> None:
    mask = masks.from_stroke(Size(9, 9), Stroke(points=((4.5, 4.5),), radius=3))
    y, x = np.mgrid[:9, :9]
    inside = np.hypot(x - 4, y - 4)
    assert (mask[inside <= 2.5] == 255).all()
    assert (mask[inside > 3.6] == 0).all()


def test_a_stroke_is_a_line_of_its_width() -> None:
    mask = masks.from_stroke(Size(40, 20), Stroke(points=((5, 10), (35, 10)), radius=3))
    assert abs(int((mask[:, 20] > 0).sum()) - 6) <= 1
    assert mask[10, 5] == mask[10, 34] == 255
    assert mask[0, 20] == mask[19, 20] == 0


def test_a_stroke_far_off_the_picture_is_cut_not_refused() -> None:
    assert not masks.from_stroke(Size(8, 8), Stroke(points=((-1e9, 3), (-1e8, 9)), radius=2)).any()
    assert not masks.from_stroke(Size(8, 8), Stroke(points=(), radius=2)).any()


def test_a_stroke_of_nothing_is_refused_in_words() -> None:
    with pytest.raises(BadRequest, match="not a number"):
        masks.from_stroke(Size(8, 8), Stroke(points=((float("nan"), 3),), radius=2))


def test_strokes_are_painted_in_their_order() -> None:
    add, erase = Stroke(points=((4, 4),), radius=3), Stroke(points=((4, 4),), radius=3, label=0)
    blank = masks.blank(Size(9, 9))
    assert masks.paint(blank, [add]).any()
    assert not masks.paint(blank, [add, erase]).any()
    assert masks.paint(blank, [erase, add]).any()


@pytest.mark.parametrize("size", [(40, 60), (300, 500), (1, 1), (1500, 300)])
def test_strokes_cover_roughly_what_is_masked(size: tuple[int, int]) -> None:
    mask = np.zeros(size, np.uint8)
    mask[size[0] // 4 : size[0] - size[0] // 4, : size[1] // 2 + 1] = 255
    drawn = masks.paint(np.zeros(size, np.uint8), masks.to_strokes(mask))
    assert (drawn != mask).mean() < 0.03
    assert masks.to_strokes(np.zeros(size, np.uint8)) == ()
