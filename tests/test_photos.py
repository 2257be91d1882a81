"""Things in real photographs, pointed at by hand, removed with what needs no download."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage

from lib_inpaint.imaging import imagefile
from lib_inpaint.imaging import mask as masks
from lib_inpaint.schema import RemoveRequest, build
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

THINGS = {
    "the badge, with one click": ("astronaut.png", {"points": [(169, 385, 1)]}),
    "the bowl of the spoon, in a box": ("coffee.png", {"box": (318, 225, 412, 330)}),
    "a crater, in a box": ("moon.png", {"box": (92, 58, 150, 114)}),
    "a galaxy, in a box": ("hubble_deep_field.jpg", {"box": (700, 445, 757, 502)}),
    "the rocket, with two clicks in a box": (
        "rocket.jpg",
        {"points": [(322, 135, 1), (322, 250, 1)], "box": (305, 120, 340, 408)},
    ),
}


def change(before: np.ndarray, after: np.ndarray) -> float:
    """How far the colours of two sets of pixels (uint8 Nx3) are apart: 0 the same, 1 none in common."""

    def histograms(pixels: np.ndarray) -> np.ndarray:
        return np.array([np.histogram(pixels[:, c], bins=16, range=(0, 256))[0] for c in range(3)]) / len(pixels)

    return float(np.abs(histograms(before) - histograms(after)).sum() / 6)


@pytest.mark.parametrize("what", THINGS)
def test_the_thing_is_gone_and_nothing_else_changed(what: str) -> None:
    name, selection = THINGS[what]
    image = imagefile.read(Path(skimage.__path__[0], "data", name)).image
    result = Service(Standalone()).remove(image, build(RemoveRequest, {"objects": [selection]}))
    outside, inside = result.mask == 0, result.mask == 255
    assert 0.0005 < inside.mean() < 0.2
    assert (result.image[outside] == image[outside]).all()
    assert change(image[inside], result.image[inside]) > 0.4  # the thing's own colours are gone
    around = (masks.grow(masks.binary(result.mask), 20) > 0) & outside
    before, after = (np.abs(i[inside].mean(axis=0) - image[around].mean(axis=0)).sum() for i in (image, result.image))
    assert after < 0.3 * before  # and those of its surroundings are there
