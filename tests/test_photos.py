"""Things in real photographs, pointed at by hand, removed with what needs no download."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import skimage

from lib_inpaint import imagefile
from lib_inpaint import mask as masks
from lib_inpaint.host.standalone import Standalone
from lib_inpaint.schema import RemoveRequest, build
from lib_inpaint.service import Service

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


def contrast(image: np.ndarray, inside: np.ndarray, around: np.ndarray) -> float:
    """How far the colours of a region are from those around it: 0 alike, 1 wholly different; mean over the channels."""

    def histograms(region: np.ndarray) -> np.ndarray:
        counts = [np.histogram(image[..., c][region], bins=16, range=(0, 256))[0] for c in range(3)]
        return np.array(counts) / region.sum()

    return float(np.abs(histograms(inside) - histograms(around)).sum() / 6)


@pytest.mark.parametrize("what", THINGS)
def test_the_thing_is_gone_and_nothing_else_changed(what: str) -> None:
    name, selection = THINGS[what]
    image = imagefile.read(Path(skimage.__path__[0], "data", name)).image
    result = Service(Standalone()).remove(image, build(RemoveRequest, {"objects": [selection]}))
    outside, inside = result.mask == 0, result.mask == 255
    assert 0.0005 < inside.mean() < 0.2
    assert (result.image[outside] == image[outside]).all()
    around = (masks.grow(masks.binary(result.mask), 20) > 0) & outside
    assert contrast(image, inside, around) > 0.3
    assert contrast(result.image, inside, around) < 0.7 * contrast(image, inside, around)
