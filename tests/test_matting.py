"""Alpha at the edge, and the thing's own colour there, on drawn hair whose alpha is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lib_inpaint.imaging import mask as masks
from lib_inpaint.imaging.cutout import mask_picture
from lib_inpaint.imaging.foreground import foreground
from lib_inpaint.imaging.imagefile import Picture
from lib_inpaint.imaging.matting import matted
from lib_inpaint.schema import MaskOptions

HAIR, GROUND = (60, 40, 30), (120, 170, 200)
REACH = 24


def hairy(ground: np.ndarray, side: int = 300, scale: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A disc with hair on that ground: the picture, its alpha in 0..1, and a mask without the hair."""
    rng, drawn, middle = np.random.default_rng(0), np.zeros((side * scale, side * scale), np.uint8), side * scale / 2
    cv2.circle(drawn, (round(middle), round(middle)), 70 * scale, 255, -1)
    for _ in range(250):
        turn, length, bend = rng.uniform(0, 2 * np.pi), rng.uniform(8, 22) * scale, rng.normal(0, 0.25)
        along = np.linspace(0, 1, 12)
        out = 66 * scale + length * along
        line = np.stack([middle + out * np.cos(turn + bend * along), middle + out * np.sin(turn + bend * along)], 1)
        cv2.polylines(drawn, [line.astype(np.int32)], False, 255, int(rng.integers(2, 6)), cv2.LINE_AA)
    alpha = cv2.resize(drawn, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    image = np.array(HAIR) * alpha[..., None] + ground * (1 - alpha[..., None])
    image = (image + rng.normal(0, 2, image.shape)).clip(0, 255).astype(np.uint8)
    coarse = np.where(alpha > 0.5, np.uint8(255), np.uint8(0))
    return image, alpha, cv2.morphologyEx(coarse, cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))


def plain(side: int = 300) -> np.ndarray:
    return np.full((side, side, 3), GROUND, np.float32)


def photograph(photos: dict[str, np.ndarray], side: int = 300) -> np.ndarray:
    return cv2.resize(photos["coffee"], (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)


def wrong(alpha: np.ndarray, mask: np.ndarray) -> float:
    """The mean error in the band."""
    band = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((9, 9))) > cv2.erode(
        (alpha == 1).astype("u1"), np.ones((21, 21))
    )
    return float(np.abs(mask / 255 - alpha)[band].mean())


def test_hair_gets_its_alpha() -> None:
    image, alpha, coarse = hairy(plain())
    assert wrong(alpha, matted(image, coarse, REACH)) < 0.12 * wrong(alpha, coarse)


def test_hair_on_a_photograph_gets_nearer_to_its_alpha(photos: dict[str, np.ndarray]) -> None:
    image, alpha, coarse = hairy(photograph(photos))
    assert wrong(alpha, matted(image, coarse, REACH)) < 0.6 * wrong(alpha, coarse)


def test_a_wide_band_is_solved_on_a_smaller_copy_and_still_follows_the_hair() -> None:
    image, alpha, coarse = hairy(plain(), scale=4)
    shown, truth = (cv2.resize(each, (900, 900), interpolation=cv2.INTER_CUBIC) for each in (image, alpha))
    shown = shown.astype(np.uint8)
    mask = np.where(cv2.resize(coarse, (900, 900)) > 127, np.uint8(255), np.uint8(0))
    assert wrong(truth.clip(0, 1), matted(shown, mask, 3 * REACH)) < 0.3 * wrong(truth.clip(0, 1), mask)


def test_nothing_changes_beyond_the_reach_nor_in_the_input() -> None:
    image, _, coarse = hairy(plain())
    before = image.copy(), coarse.copy()
    result = matted(image, coarse, 6)
    outside = cv2.distanceTransform(255 - coarse, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    inside = cv2.distanceTransform(coarse, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    far = np.maximum(outside, inside) > 6
    assert (result[far] == coarse[far]).all()
    assert (result != coarse).any()
    assert (image == before[0]).all()
    assert (coarse == before[1]).all()


def test_an_edge_that_is_sharp_stays_so() -> None:
    image = np.full((120, 160, 3), (200, 210, 190), np.uint8)
    image[30:90, 40:120] = (30, 60, 160)
    mask = np.zeros((120, 160), np.uint8)
    mask[30:90, 40:120] = 255
    assert np.abs(matted(image, mask, 12).astype(int) - mask).max() <= 4


@pytest.mark.parametrize(
    "mask", [np.zeros((8, 8), np.uint8), np.full((8, 8), 255, np.uint8), np.eye(1, dtype="u1") * 255]
)
def test_masks_without_an_edge_stay_as_they_are(mask: np.ndarray) -> None:
    image = np.full((*mask.shape, 3), 90, np.uint8)
    assert (matted(image, mask, 16) == mask).all()


def test_it_is_an_option_of_every_mask_and_comes_before_growing() -> None:
    image, _, coarse = hairy(plain())
    once = masks.refine(coarse, MaskOptions(matting=REACH), image)
    assert (once == matted(image, coarse, REACH)).all()
    both = masks.refine(coarse, MaskOptions(matting=REACH, grow=2), image)
    assert (both == masks.grow(once, 2)).all()
    assert (masks.refine(coarse, MaskOptions(matting=REACH), None) == coarse).all()


def test_half_transparent_pixels_of_a_cutout_have_no_colour_of_the_old_ground() -> None:
    image, alpha, _ = hairy(plain())
    mask = np.rint(alpha * 255).astype(np.uint8)
    cutout = mask_picture(Picture(image), mask, "cutout")
    box = masks.bounds(mask)
    assert box is not None
    soft = (alpha[box.slices] > 0.1) & (alpha[box.slices] < 0.9)
    before = np.abs(image[box.slices][soft].astype(int) - HAIR).mean()
    after = np.abs(cutout.image[soft].astype(int) - HAIR).mean()
    assert before > 50
    assert after < 8
    sure = alpha[box.slices] == 1
    assert (cutout.image[sure] == image[box.slices][sure]).all()


def test_the_colours_of_a_sharp_cutout_are_the_pictures_own() -> None:
    image, _, coarse = hairy(plain())
    assert (foreground(image, coarse) == image).all()
