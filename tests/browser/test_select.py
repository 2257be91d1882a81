"""What is pointed at becomes the mask, and what is drawn is the mask that is sent."""

from __future__ import annotations

import re
from typing import Callable

import cv2
import numpy as np
import pytest
from scenes import ALL, BLUE, NOTHING, RED, YELLOW, encoded, overlap, things
from visitor import File, Visitor


@pytest.mark.walk
def test_a_click_selects_the_thing_and_shows_it(visitor: Visitor) -> None:
    visitor.draws(visitor.mask(), things())
    visitor.clicks(RED.centre)
    mask = visitor.mask()
    assert overlap(mask, RED.mask) > 0.99
    assert visitor.state()["maskArea"] == mask.sum()
    visitor.draws(mask, things())
    visitor.clicks(BLUE.centre)
    assert overlap(visitor.mask(), RED.mask | BLUE.mask) > 0.99
    visitor.draws(visitor.mask(), things())


@pytest.mark.parametrize(("button", "key"), [("right", ""), ("left", "Alt"), ("left", "Shift")])
def test_a_place_is_left_out(visitor: Visitor, button: str, key: str) -> None:
    visitor.boxes(80, 80, 540, 280)
    assert overlap(visitor.mask(), RED.mask | BLUE.mask) > 0.99
    visitor.takes("point")
    visitor.clicks(BLUE.centre, button=button, key=key)
    assert overlap(visitor.mask(), RED.mask) > 0.99
    visitor.draws(visitor.mask(), things())


def test_undo_and_redo_by_keys_and_by_buttons(visitor: Visitor) -> None:
    assert visitor.button("Undo").is_disabled()
    visitor.clicks(RED.centre)
    visitor.clicks(BLUE.centre)
    both = visitor.mask()
    visitor.presses("Control+z")
    assert overlap(visitor.mask(), RED.mask) > 0.99
    visitor.draws(visitor.mask(), things())
    visitor.presses("Control+z")
    assert visitor.mask_area() == 0
    visitor.presses("Control+y")
    assert overlap(visitor.mask(), RED.mask) > 0.99
    visitor.presses("Control+Shift+z")
    assert (visitor.mask() == both).all()
    assert visitor.button("Redo").is_disabled()
    visitor.button("Undo").click()
    visitor.settled()
    assert overlap(visitor.mask(), RED.mask) > 0.99
    visitor.button("Redo").click()
    visitor.settled()
    assert (visitor.mask() == both).all()
    visitor.button("Clear the selection").click()
    visitor.settled()
    assert visitor.mask_area() == 0
    visitor.presses("Control+z")
    assert (visitor.mask() == both).all()


def test_a_box_is_dragged_from_any_corner(visitor: Visitor) -> None:
    visitor.boxes(90, 90, 230, 230)
    assert overlap(visitor.mask(), RED.mask) > 0.99
    visitor.button("Clear the selection").click()
    visitor.boxes(535, 275, 345, 105)
    assert overlap(visitor.mask(), BLUE.mask) > 0.98  # but for a row of pixels
    visitor.draws(visitor.mask(), things())


def test_what_is_under_the_pointer_stays_there_while_it_is_down(visitor: Visitor) -> None:
    """A line that comes below the picture makes it smaller, once the pointer is up."""
    visitor.takes("box")
    mouse, (left, top) = visitor.page.mouse, visitor.on_screen((90, 90))
    right, bottom = visitor.on_screen((230, 230))
    zoom = visitor.state()["zoom"]
    mouse.move(left, top)
    mouse.down()
    mouse.move((left + right) / 2, (top + bottom) / 2, steps=3)
    visitor.page.locator(".ia-frame").evaluate(
        """async (frame) => {
          const canvas = frame.querySelector(".ia-canvas"), before = canvas.clientHeight;
          const line = document.createElement("div");
          line.style.flex = "0 0 200px";
          frame.append(line);
          while (canvas.clientHeight === before) await new Promise(requestAnimationFrame);
          for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
        }"""
    )
    mouse.move(right, bottom, steps=3)
    with visitor.page.expect_request("**/segment") as request:
        mouse.up()
    visitor.settled()
    assert request.value.post_data_json["objects"][0]["box"] == pytest.approx([90, 90, 230, 230], abs=1)
    assert overlap(visitor.mask(), RED.mask) > 0.99
    assert visitor.state()["zoom"] < zoom * 0.9
    visitor.draws(visitor.mask(), things())


def test_the_brush_adds_and_the_eraser_takes_away(visitor: Visitor) -> None:
    visitor.paints((260, 320), (330, 320), radius=12)
    mask = visitor.mask()
    line = np.zeros_like(mask)
    line[308:333, 260:331] = True
    assert mask[320, 250]
    assert mask[320, 340]
    assert not mask[:300].any()
    assert overlap(mask, line) > 0.75  # which has no round ends
    visitor.clicks_with("point", RED.centre)
    assert visitor.mask()[RED.mask].mean() > 0.99
    visitor.paints(RED.centre, radius=20, erase=True)
    mask = visitor.mask()
    assert not mask[145:175, 150:170].any()
    assert mask[160, 110]
    assert mask[320, 300]
    visitor.draws(mask, things())
    visitor.presses("Control+z")
    assert visitor.mask()[RED.mask].mean() > 0.99


def test_the_proposals_are_a_keystroke_apart(visit: Callable[..., Visitor]) -> None:
    from skimage import data

    visitor = visit().comes()
    visitor.opens(File("coffee.png", encoded(data.coffee())))
    visitor.clicks((360, 280))
    areas = {}
    for key in "123":
        visitor.presses(key)
        areas[key] = visitor.mask_area()
        assert visitor.mask().sum() == areas[key]
    assert len(set(areas.values())) == 3
    visitor.presses("1")
    assert visitor.mask_area() == areas["1"]


def test_things_in_the_list_are_hidden_shown_and_removed(visitor: Visitor) -> None:
    for thing in ALL:
        visitor.adds(thing.centre)
    assert len(visitor.state()["objects"]) == 3
    assert overlap(visitor.mask(), RED.mask | BLUE.mask | YELLOW.mask) > 0.99
    rows = visitor.rows()
    rows.nth(1).get_by_role("button", name="Show or hide").click()
    visitor.settled()
    assert overlap(visitor.mask(), RED.mask | YELLOW.mask) > 0.99
    visitor.draws(visitor.mask(), things())
    rows.nth(1).get_by_role("button", name="Show or hide").click()
    visitor.settled()
    assert overlap(visitor.mask(), RED.mask | BLUE.mask | YELLOW.mask) > 0.99
    rows.nth(0).get_by_role("button", name="Remove from the list").click()
    visitor.settled()
    assert rows.count() == 2
    assert overlap(visitor.mask(), BLUE.mask | YELLOW.mask) > 0.99


@pytest.mark.walk
def test_everything_is_shown_and_things_are_clicked(visit: Callable[..., Visitor]) -> None:
    """In a small picture, and asked at few points: without a model each of them takes its time."""
    size, parts = (160, 120), (things(), BLUE.mask, YELLOW.mask)
    small = [cv2.resize(part.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) for part in parts]
    blue, yellow = (mask > 0 for mask in small[1:])
    visitor = visit().comes()
    visitor.opens(File("small.png", encoded(small[0])))
    visitor.fills_in("everything", "points_per_side", 5)
    visitor.takes("brush")
    visitor.button("Everything: show all things, to click").click()
    visitor.waits("state.segments && !state.busy")
    visitor.settled()
    line = visitor.page.locator("#inpaint_anything .ia-status-text")
    assert (line.inner_text()[:5], visitor.state()["tool"]) == ("Click", "point"), "what the line says is what happens"
    assert visitor.mask_area() == 0
    visitor.clicks((110, 47))
    assert overlap(visitor.mask(), blue) > 0.9
    visitor.clicks((50, 92))
    assert overlap(visitor.mask(), blue | yellow) > 0.9
    visitor.clicks((110, 47))
    assert overlap(visitor.mask(), yellow) > 0.9
    visitor.takes("brush")
    assert line.inner_text().startswith("Paint")
    visitor.paints((10, 10), (30, 10), radius=3)
    assert visitor.mask()[10, 10:30].all()


def test_text_without_a_detector_is_told_in_words(visitor: Visitor) -> None:
    field = visitor.page.get_by_role("searchbox", name="Find things by name")
    field.fill("the red disc")
    field.press("Enter")
    assert re.search("grounding dino|owlvit|owl-vit", visitor.message(), re.IGNORECASE)
    visitor.forgives("the server responded with a status of", at_least=0)
    visitor.clicks(RED.centre)
    assert overlap(visitor.mask(), RED.mask) > 0.99
    assert not visitor.mask()[NOTHING[::-1]]


@pytest.mark.walk
def test_the_form_changes_the_mask_that_is_drawn(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.fills_in("mask", "grow", 10)
    mask = visitor.mask()
    assert mask[160, 160 - 68]
    assert not mask[160, 160 - 73]
    visitor.draws(mask, things())
    visitor.fills_in("mask", "grow", -10)
    assert not visitor.mask()[160, 160 - 53]
    visitor.fills_in("mask", "grow", 0)
    visitor.fills_in("mask", "feather", 20)
    soft = visitor.soft_mask()
    assert soft[160, 160] == 255
    assert 0 < soft[160, 160 - 70] < 255
    assert soft[160, 160 - 90] == 0
    visitor.fills_in("mask", "feather", 0)
    visitor.fills_in("mask", "invert", True)
    assert overlap(visitor.mask(), ~RED.mask) > 0.99
    visitor.draws(visitor.mask(), things())
    visitor.presses("Control+z")
    assert overlap(visitor.mask(), RED.mask) > 0.99
