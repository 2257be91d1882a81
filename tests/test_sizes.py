"""What is sampled of a picture, and how large."""

from __future__ import annotations

import numpy as np
import pytest

from lib_inpaint.diffusion import sizes
from lib_inpaint.errors import EmptySelection
from lib_inpaint.geometry import Size
from lib_inpaint.schema import InpaintRequest, build


def mask(left: int = 40, top: int = 30, right: int = 60, bottom: int = 40) -> np.ndarray:
    made = np.zeros((80, 100), np.uint8)
    made[top:bottom, left:right] = 255
    return made


@pytest.mark.parametrize("feather", [0, 1, 5])
def test_the_edge_is_soft_outside_and_no_further(feather: int) -> None:
    made = sizes.selected(mask(), False, build(InpaintRequest, {"feather": feather}))
    assert (made[mask() == 255] == 255).all()
    assert (made[: 30 - feather] == 0).all()
    assert (made[:, 60 + feather :] == 0).all()
    assert bool((made[(made > 0) & (made < 255)]).size) == (feather > 0)


def test_the_background_is_all_else() -> None:
    made = sizes.selected(mask(), True, build(InpaintRequest, {"feather": 0}))
    assert np.array_equal(made, 255 - mask())


def test_mask_blur_is_left_to_the_webui() -> None:
    made = sizes.selected(mask(), False, build(InpaintRequest, {"feather": 8, "blend": "mask blur"}))
    assert np.array_equal(made, mask())


def test_nothing_is_refused() -> None:
    with pytest.raises(EmptySelection, match="nothing to fill"):
        sizes.selected(np.full((8, 8), 255, np.uint8), True, InpaintRequest())


def test_the_part_ends_at_the_pictures_edge() -> None:
    assert sizes.region(mask(), 5) == Size(30, 20)
    assert sizes.region(mask(), 1000) == Size(100, 80)
    assert sizes.padding(mask(), build(InpaintRequest, {"only_masked": False})) == 100
    assert sizes.padding(mask(), build(InpaintRequest, {"padding": 7})) == 7


@pytest.mark.parametrize(
    ("part", "asked", "side", "expected"),
    [
        (Size(100, 100), (0, 0), 512, (512, 512)),
        (Size(1000, 1000), (0, 0), 1024, (1024, 1024)),
        (Size(200, 100), (0, 0), 512, (728, 360)),
        (Size(1000, 10), (0, 0), 512, (728, 360)),  # no narrower than that
        (Size(10, 1000), (0, 0), 512, (360, 728)),
        (Size(200, 100), (256, 0), 512, (256, 128)),
        (Size(200, 100), (0, 256), 512, (512, 256)),
        (Size(200, 100), (70, 65), 512, (72, 64)),
        (Size(200, 100), (1, 1), 512, (8, 8)),
    ],
)
def test_it_is_sampled_in_its_own_shape(part: Size, asked: tuple, side: int, expected: tuple) -> None:
    assert sizes.size_for(part, *asked, side) == Size(*expected)
