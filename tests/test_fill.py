from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from test_strategy import boxed, hows, masks, needs

from lib_inpaint.errors import Cancelled
from lib_inpaint.filling.fill import blend, fill, fill_crop, widest
from lib_inpaint.geometry import Box, Size
from lib_inpaint.models.fillers.fillers import FILLERS
from lib_inpaint.models.model import Needs
from lib_inpaint.schema import FillRequest

PLAIN = Needs()
SECRET = 255  # the colour of what is to be removed; nothing else has it


class Painter:
    """An eraser that paints what is masked in one colour, records what it was shown, and may lack memory."""

    def __init__(self, needs: Needs = PLAIN, room: int = 1 << 30, device: str = "cpu") -> None:
        self.needs, self.room, self.device = needs, room, device
        self.seen: list[tuple[str, np.ndarray, np.ndarray]] = []

    def to(self, device: str) -> None:
        self.device = device

    def __call__(self, image, mask, progress) -> np.ndarray:
        progress(0.5, "Painting")
        self.seen.append((self.device, image.copy(), mask.copy()))
        if (self.device != "cpu" and mask.size > self.room) or (self.device == "cpu" and mask.size > 4 * self.room):
            raise MemoryError("too large")
        return np.full_like(image, 7)


def noise(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """A picture in which no pixel is SECRET."""
    return np.random.default_rng(seed).integers(20, 100, (*shape, 3), np.uint8)


# What is outside


@pytest.mark.parametrize("name", FILLERS)
@settings(max_examples=25, deadline=None)
@given(mask=masks(), how=hows)
def test_outside_the_feather_nothing_changes(name: str, mask: np.ndarray, how: FillRequest) -> None:
    image = noise(mask.shape)
    image_before, mask_before = image.copy(), mask.copy()
    result = fill(image, mask, FILLERS[name], how).image
    assert (result[mask == 0] == image[mask == 0]).all()
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    assert not np.shares_memory(result, image)
    assert (image == image_before).all()
    assert (mask == mask_before).all()


@settings(deadline=None)
@given(mask=masks(), need=needs, how=hows)
def test_inside_is_what_was_painted_and_between_is_mixed(mask: np.ndarray, need: Needs, how: FillRequest) -> None:
    image = noise(mask.shape)
    result = fill(image, mask, Painter(need), how).image.astype(int)
    weight = mask[..., None] / 255
    assert np.abs(result - (7 * weight + image * (1 - weight))).max(initial=0) <= 0.5 + 1e-6


def test_nothing_masked_is_a_copy_and_the_eraser_is_not_asked() -> None:
    image, eraser = noise((5, 6)), Painter()
    result = fill(image, np.zeros((5, 6), np.uint8), eraser)
    assert (result.image == image).all()
    assert result.image is not image
    assert result.note == ""
    assert not eraser.seen


# What the eraser is shown


@settings(deadline=None)
@given(mask=masks(), need=needs, how=hows)
def test_nothing_that_is_to_be_removed_is_ever_shown(mask: np.ndarray, need: Needs, how: FillRequest) -> None:
    """Of any hole, in any crop, at any scale: pictures that differ in the holes alone look the same around them."""
    one, other = noise(mask.shape), noise(mask.shape)
    other[mask > 0] = SECRET
    hard = np.where(mask > 0, np.uint8(255), np.uint8(0))
    first, second = Painter(need), Painter(need)
    fill(one, hard, first, how)
    fill(other, hard, second, how)
    for (_, image, hole), (_, again, same) in zip(first.seen, second.seen):
        assert set(np.unique(hole)) <= {0, 255}
        assert (hole == same).all()
        assert (image[hole == 0] == again[hole == 0]).all()


@pytest.mark.parametrize("needs", [Needs(native=64, context=0.0, margin=6), Needs(best=13, context=0.0, margin=20)])
def test_resampling_leaks_nothing(needs: Needs) -> None:
    image, mask = np.full((60, 60, 3), 50, np.uint8), boxed((60, 60), Box(25, 30, 33, 35))
    image[mask > 0] = SECRET
    eraser = Painter(needs)
    fill(image, mask, eraser)
    assert all((shown[hole == 0] == 50).all() for _, shown, hole in eraser.seen)


def test_two_holes_whose_crops_overlap_are_not_filled_from_each_other() -> None:
    image = noise((400, 400))
    mask = boxed((400, 400), Box(100, 100, 140, 140), Box(160, 160, 240, 240))
    image[mask > 0] = SECRET
    eraser = Painter(Needs(context=0.2, margin=30))
    fill(image, mask, eraser)
    assert len(eraser.seen) == 2
    for _, shown, hole in eraser.seen:
        assert (shown[hole == 0] != SECRET).all()
        assert (shown[hole == 255] == SECRET).any()
    assert (eraser.seen[1][1] == 7).any(), "the second sees what the first was filled with"


@pytest.mark.parametrize(
    ("need", "shape"),
    [
        (Needs(multiple=16), (64, 48)),
        (Needs(native=32), (32, 32)),
        (Needs(multiple=16, square=16), (64, 64)),
        (Needs(multiple=16, square=96), (96, 96)),
    ],
)
def test_the_eraser_gets_the_shape_it_needs(need: Needs, shape: tuple[int, int]) -> None:
    eraser = Painter(replace(need, context=0.0, margin=20))
    fill(noise((90, 90)), boxed((90, 90), Box(40, 40, 45, 60)), eraser)
    assert eraser.seen[0][1].shape == (*shape, 3)


class Discs(Painter):
    """Draws a round disc in the middle of each hole, as a network does that has seen round things round."""

    def __call__(self, image, mask, progress) -> np.ndarray:
        made = super().__call__(image, mask, progress)
        for middle in cv2.connectedComponentsWithStats(mask)[3][1:]:
            cv2.circle(made, tuple(np.rint(middle).astype(int).tolist()), 8, (255, 255, 255), -1, cv2.LINE_AA)
        return made


@pytest.mark.parametrize(
    ("shape", "hole"),
    [
        ((1080, 1920), Box(700, 1000, 1300, 1060)),  # long, near the bottom
        ((1080, 1920), Box(1790, 300, 1910, 540)),  # tall, at the side
        ((200, 1600), Box(400, 60, 1000, 140)),  # in a picture that has no room for a square
    ],
)
@pytest.mark.parametrize("need", [Needs(native=512), Needs(multiple=32, square=256, best=512)])
def test_a_square_network_is_shown_things_as_they_are(need: Needs, shape: tuple[int, int], hole: Box) -> None:
    eraser = Discs(replace(need, context=0.5, margin=128))
    result = fill(noise(shape), boxed(shape, hole), eraser).image
    sides = {shown.shape[:2] for _, shown, _ in eraser.seen}
    assert all(height == width and (need.square or 512) <= width <= 512 for height, width in sides)
    bright = np.where(result[hole.slices].max(axis=2) > 130, np.uint8(255), np.uint8(0))
    discs = [(width, height) for *_, width, height, area in cv2.connectedComponentsWithStats(bright)[2][1:]]
    assert discs
    assert all(width > 10 and abs(width - height) <= 2 for width, height in discs), "round is round"


def test_one_masked_pixel_survives_being_shrunk() -> None:
    eraser = Painter(Needs(best=8))
    fill(noise((400, 400)), boxed((400, 400), Box(200, 200, 201, 201)), eraser, FillRequest(large_image="resize"))
    assert eraser.seen[0][2].any()


def test_refining_fills_what_was_shrunk_again_at_full_resolution() -> None:
    image, mask = noise((300, 300)), boxed((300, 300), Box(60, 60, 240, 240))
    mask[240:250, 60:240] = 100
    once, twice = Painter(Needs(best=128, context=0.0, margin=8)), Painter(Needs(best=128, context=0.0, margin=8))
    coarse = fill(image, mask, once)
    assert (fill(image, mask, twice, FillRequest(refine=True)).image == coarse.image).all(), "both paint in one colour"
    assert len(once.seen) == 1
    assert all((hole == 0).any() and (shown[hole == 0] == 7).any() for _, shown, hole in twice.seen[1:])
    assert sum((hole > 0).sum() for _, _, hole in twice.seen[1:]) >= 180 * 180, "at full resolution"
    small = Painter(Needs(best=128))
    fill(image, boxed((300, 300), Box(60, 60, 90, 90)), small, FillRequest(refine=True))
    assert len(small.seen) == 1, "nothing was shrunk"


# Memory


def test_short_memory_takes_a_smaller_size_and_says_so() -> None:
    eraser, told = Painter(Needs(best=1024), room=300 * 300, device="cuda"), []
    crop = fill_crop(noise((1000, 1000)), boxed((1000, 1000), Box(9, 9, 900, 900)), Size(1000, 1000), eraser,
                     lambda fraction, text="": told.append(text))  # fmt: skip
    assert [(where, image.shape[0]) for where, image, _ in eraser.seen] == [
        ("cuda", 1000),
        ("cuda", 500),
        ("cuda", 256),
    ]
    assert crop.image.shape == (1000, 1000, 3)
    assert "256x256 pixels instead of 1000x1000" in crop.note
    assert any("Memory is short" in text for text in told)


@pytest.mark.parametrize(("needs", "room"), [(Needs(), 200 * 200), (Needs(native=512), 256 * 256)])
def test_then_the_processor_takes_over_and_the_eraser_is_back_on_its_device(needs: Needs, room: int) -> None:
    eraser = Painter(needs, room, device="cuda:1")
    image, mask = noise((400, 400)), boxed((400, 400), Box(50, 50, 350, 350))
    result = fill(image, mask, eraser)
    assert eraser.seen[-1][0] == "cpu"
    assert eraser.device == "cuda:1"
    assert result.note.startswith("Memory of cuda:1 is short")
    assert (result.image[mask == 255] == 7).all()
    assert (result.image[mask == 0] == image[mask == 0]).all()


def test_an_eraser_that_no_longer_fits_its_device_goes_on_on_the_processor() -> None:
    class Leaving(Painter):
        def to(self, device: str) -> None:
            self.device = device
            if device != "cpu":
                raise MemoryError("full")

    eraser = Leaving(room=60 * 60, device="cuda")
    result = fill(noise((100, 100)), boxed((100, 100), Box(5, 5, 90, 90)), eraser)
    assert eraser.device == "cpu"
    assert (result.image[50, 50] == 7).all()


def test_when_nothing_helps_it_is_an_error_and_the_eraser_is_back() -> None:
    eraser = Painter(room=1, device="cuda")
    with pytest.raises(MemoryError):
        fill(noise((300, 300)), boxed((300, 300), Box(9, 9, 290, 290)), eraser)
    assert eraser.device == "cuda"
    with pytest.raises(MemoryError, match="not enough memory"):
        fill(noise((300, 300)), boxed((300, 300), Box(9, 9, 290, 290)), Painter(room=1))


def test_a_note_is_said_once() -> None:
    row = boxed((1200, 1200), Box(100, 100, 500, 500), Box(700, 700, 1100, 1100))
    eraser = Painter(Needs(context=0.0, margin=20), room=300 * 300, device="cuda")
    assert fill(noise((1200, 1200)), row, eraser).note.count("Memory") == 1


# The rest


def test_cancelling_leaves_the_image_as_it_was() -> None:
    image, mask = noise((60, 60)), boxed((60, 60), Box(9, 9, 20, 20))
    before = image.copy()

    def stop(fraction: float, text: str = "") -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        fill(image, mask, Painter(), progress=stop)
    assert (image == before).all()


def test_progress_goes_up_to_one() -> None:
    told: list[float] = []
    row = boxed((600, 600), *[Box(n, n, n + 9, n + 9) for n in range(50, 500, 100)])
    fill(noise((600, 600)), row, Painter(), progress=lambda fraction, text="": told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_blend_by_hand() -> None:
    image, filled = np.array([[[0, 100, 255]] * 3], np.uint8), np.array([[[255, 0, 255]] * 3], np.uint8)
    mixed = blend(image, filled, np.array([[0, 51, 255]], np.uint8))
    assert mixed.tolist() == [[[0, 100, 255], [51, 80, 255], [255, 0, 255]]]


@pytest.mark.parametrize(("width", "told"), [(200, False), (230, True)])
def test_a_hole_wider_than_what_a_model_fills_well_is_told_of(width: int, told: bool) -> None:
    mask = np.zeros((300, 400), np.uint8)
    mask[20:280, 50 : 50 + width] = 255
    result = fill(np.full((300, 400, 3), 90, np.uint8), mask, FILLERS["exemplar"])
    assert (f"The hole is {width} pixels wide" in result.note) is told
    assert ("LaMa" in result.note) is told


def test_a_strip_at_the_border_is_as_wide_as_it_is() -> None:
    mask = np.zeros((600, 800), np.uint8)
    mask[:, 700:] = 255
    assert widest(mask) == 100
    assert widest(np.full((30, 40), 255, np.uint8)) == 30
