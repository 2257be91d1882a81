"""Pictures come onto the canvas in every way people bring them, and as they are meant to be seen."""

from __future__ import annotations

from typing import Callable

import cv2
import numpy as np
import pytest
from people import THINGS
from scenes import ALL, BLUE, NOTHING, RED, decoded, encoded, overlap, rotated_jpeg, things
from visitor import File, Visitor

EVENTS = "**/inpaint-anything/v1/jobs/*/events"
OTHER = File("other.png", encoded(things()[:, ::-1].copy()))  # mirrored: what was red on the left is on the right


@pytest.mark.walk
def test_a_file_a_drop_and_a_paste_each_open_their_picture(visit: Callable[..., Visitor]) -> None:
    visitor = visit().comes()
    assert visitor.picture() is None
    visitor.opens(THINGS)
    first = visitor.picture()
    assert (first["width"], first["height"], first["name"]) == (640, 480, "things.png")
    assert abs(visitor.sees(RED.centre) - RED.colour).max() < 12
    assert abs(visitor.sees(BLUE.centre) - BLUE.colour).max() < 12
    visitor.drops(OTHER)
    visitor.opened(first)
    second = visitor.picture()
    assert (second["name"], second["id"] != first["id"]) == ("other.png", True)
    assert abs(visitor.sees((639 - RED.centre[0], RED.centre[1])) - RED.colour).max() < 12
    visitor.pastes(THINGS)
    visitor.opened(second)
    assert visitor.picture()["id"] == first["id"]
    assert abs(visitor.sees(RED.centre) - RED.colour).max() < 12


def test_a_picture_that_comes_while_a_result_is_compared_is_what_is_seen(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.runs("remove")
    for file in (OTHER, THINGS, THINGS):  # the last one is open already
        visitor.compares()
        opened = visitor.picture()
        with visitor.page.expect_response(lambda answer: answer.url.endswith("/v1/images")):
            visitor.drops(file)
        visitor.compared_no_more()
        visitor.settled()
        assert (visitor.picture()["id"] == opened["id"]) == (opened["name"] == file.name)
    assert abs(visitor.sees(RED.centre) - RED.colour).max() < 12


def test_what_cannot_be_opened_leaves_the_comparison(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.runs("remove")
    visitor.compares()
    visitor.drops(File("notes.png", b"no picture at all"))
    assert "picture" in visitor.message().lower()
    visitor.settled()
    assert visitor.page.locator("#inpaint_anything .ia-compare-frame").is_visible()
    visitor.forgives("the server responded with a status of 4", at_least=0)


def test_the_next_picture_may_come_before_the_first_one_is_prepared(visit: Callable[..., Visitor]) -> None:
    """Or before it is known that it is: a job that has ended is dropped when it is stopped, and no more asked for."""
    visitor = visit().comes()
    with visitor.holds(EVENTS) as held:
        visitor.opens(THINGS)
        first = visitor.picture()
        while not held or visitor.asks(f"jobs/{held[0].request.url.split('/')[-2]}")["state"] != "done":
            visitor.page.wait_for_timeout(50)
        with visitor.page.expect_response(lambda answer: answer.request.method == "DELETE"):
            visitor.drops(OTHER)
        visitor.opened(first)
    visitor.clicks((639 - RED.centre[0], RED.centre[1]))
    assert overlap(visitor.mask(), RED.mask[:, ::-1]) > 0.99


def test_what_is_no_picture_is_told_and_leaves_the_old_one(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    before = visitor.picture()
    for name, data in (("broken.png", THINGS.data[:4000]), ("notes.png", b"no picture at all")):
        visitor.drops(File(name, data))
        assert "picture" in visitor.message().lower()
        visitor.dismisses()
        visitor.settled()
        assert visitor.picture() == before
        assert overlap(visitor.mask(), RED.mask) > 0.99
    visitor.clicks(BLUE.centre)
    assert visitor.mask()[BLUE.centre[::-1]]
    visitor.forgives("the server responded with a status of 4", at_least=0)


def test_a_photo_from_a_camera_held_sideways_is_upright_and_clicks_land(visit: Callable[..., Visitor]) -> None:
    visitor = visit().comes()
    visitor.opens(File("sideways.jpg", rotated_jpeg(things()), "image/jpeg"))
    assert (visitor.picture()["width"], visitor.picture()["height"]) == (640, 480)
    for thing in ALL:
        assert abs(visitor.sees(thing.centre) - thing.colour).max() < 25
    visitor.clicks(BLUE.centre)
    assert overlap(visitor.mask(), BLUE.mask) > 0.97


def test_transparency_is_shown_and_kept(visit: Callable[..., Visitor]) -> None:
    alpha = np.full((480, 640, 1), 255, np.uint8)
    alpha[400:, 500:] = 0
    picture = np.concatenate([things(), alpha], axis=2)
    visitor = visit().comes()
    visitor.opens(File("clear.png", encoded(picture)))
    assert abs(visitor.sees((100, 300)) - 140).max() < 12
    visitor.clicks(RED.centre)
    assert overlap(visitor.mask(), RED.mask) > 0.97
    visitor.runs("remove")
    result = decoded(visitor.result_file())
    outside = decoded(visitor.result_file("maskUrl")) == 0
    assert result.shape == (480, 640, 4)
    assert (result[outside] == picture[outside]).all()
    assert not result[400:, 500:, 3].any()


def test_twelve_megapixels_open_and_a_click_works(visit: Callable[..., Visitor]) -> None:
    large = cv2.resize(things(), (4000, 3000), interpolation=cv2.INTER_LINEAR)
    visitor = visit().comes()
    visitor.opens(File("large.jpg", encoded(large, "JPEG", quality=90), "image/jpeg"))
    assert (visitor.picture()["width"], visitor.picture()["height"]) == (4000, 3000)
    factor = 6.25
    visitor.clicks((RED.centre[0] * factor, RED.centre[1] * factor))
    truth = cv2.resize(RED.mask.astype(np.uint8), (4000, 3000), interpolation=cv2.INTER_NEAREST) > 0
    mask = visitor.mask()
    assert mask.shape == (3000, 4000)
    assert overlap(mask, truth) > 0.95
    plain = visitor.sees((NOTHING[0] * factor, NOTHING[1] * factor))
    assert abs(plain - 140).max() < 12
    assert abs(visitor.sees((RED.centre[0] * factor, (RED.centre[1] + 30) * factor)) - RED.colour).max() > 25
