"""Holes in a plain ground, filled with its colour; the others are left to the eraser."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lib_inpaint.filling.ground import fill_plain
from lib_inpaint.schema import RemoveRequest
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone


def manga() -> tuple[np.ndarray, np.ndarray]:
    """A white balloon on hatching, with a letter in it and one beside it: the page and the mask of both letters."""
    page = np.full((120, 200, 3), 90, np.uint8)
    page[::3] = 160
    cv2.ellipse(page, (60, 60), (50, 40), 0, 0, 360, (252, 252, 252), -1)
    mask = np.zeros((120, 200), np.uint8)
    mask[50:70, 50:70] = 255
    mask[50:70, 150:170] = 255
    page[mask > 0] = 10
    return page, mask


def test_a_letter_in_a_balloon_gets_its_colour_and_one_beside_it_is_left() -> None:
    page, mask = manga()
    before = page.copy()
    filled, left = fill_plain(page, mask)
    assert (filled[50:70, 50:70] == 252).all()
    assert np.array_equal(page, before)
    balloon = np.zeros_like(mask)
    balloon[50:70, 50:70] = 255
    assert np.array_equal(filled[balloon == 0], page[balloon == 0])
    assert np.array_equal(left, mask - balloon)


def test_a_soft_edge_is_blended_and_noise_of_jpeg_is_plain() -> None:
    page, mask = manga()
    mask[48:50, 50:70] = 128
    page[48:50, 50:70] = 100
    page = cv2.imdecode(cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 85])[1], cv2.IMREAD_COLOR)
    filled, left = fill_plain(page, mask)
    assert np.abs(filled[52:68, 52:68].astype(int) - 252).max() <= 6
    assert not left[40:80, 40:80].any()
    expected = (page[49, 60].astype(int) + filled[60, 60]) / 2
    assert np.abs(filled[49, 60] - expected).max() <= 2


@pytest.mark.parametrize("value", [0, 255])
def test_nothing_and_everything_is_left_as_it_is(value: int) -> None:
    page, _ = manga()
    mask = np.full((120, 200), value, np.uint8)
    filled, left = fill_plain(page, mask)
    assert np.array_equal(filled, page)
    assert np.array_equal(left, mask)


def test_removing_asks_the_eraser_only_for_what_is_not_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    page, mask = manga()
    service, asked = Service(Standalone(device="cpu")), []
    load = service._load
    monkeypatch.setattr(service, "_load", lambda model: asked.append(model.name) or load(model))
    balloon = mask.copy()
    balloon[:, 100:] = 0
    plain = RemoveRequest(eraser="telea", plain=True)
    assert (service.remove(page, plain, balloon).image[50:70, 50:70] == 252).all()
    assert asked == []
    result = service.remove(page, plain, mask)
    assert (result.image[50:70, 50:70] == 252).all()
    assert (result.image[52:68, 152:168] > 60).all()
    assert asked == ["telea"]
    assert np.array_equal(result.mask, mask)
