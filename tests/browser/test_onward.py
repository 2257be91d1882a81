"""From one result to the next step: it is what is seen and gone on with; undo, the original, again, Remove at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
from people import THINGS
from scenes import BLUE, NOTHING, RED, YELLOW, decoded, encoded, overlap, things
from sight import CANVAS
from visitor import File, Visitor

SAVED_IN = 6  # actions, as the best of the others needs


def has_gone(visitor: Visitor, thing: Any) -> bool:
    """Whether the ground is seen where the thing was."""
    return bool(abs(visitor.sees(thing.centre) - thing.colour).max() > 40)


@pytest.mark.walk
def test_a_result_is_what_is_seen_and_the_input_of_the_next_step_and_back(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    picture = visitor.picture()
    visitor.runs("remove")
    first = decoded(visitor.result_file())
    assert not visitor.page.locator("#inpaint_anything .ia-compare-frame").is_visible()
    assert visitor.picture()["id"] == visitor.result()["image"] != picture["id"]
    assert visitor.mask_area() == 0
    assert abs(visitor.shown(things()).astype(int) - first).mean() < 3
    visitor.clicks(BLUE.centre)
    visitor.runs("remove")
    second, hole = decoded(visitor.result_file()), decoded(visitor.result_file("maskUrl"))
    assert (second[hole == 0] == first[hole == 0]).all()
    visitor.presses("Control+z")
    assert has_gone(visitor, RED)
    assert overlap(visitor.mask(), BLUE.mask) > 0.98
    visitor.presses("Control+z", "Control+z")
    assert visitor.picture() == picture
    assert overlap(visitor.mask(), RED.mask) > 0.99
    visitor.presses("Control+y", "Control+y", "Control+y")
    assert (visitor.picture()["id"], len(visitor.state()["results"])) == (visitor.result()["image"], 2)


def test_an_older_result_is_looked_at_and_gone_on_with(visitor: Visitor) -> None:
    for thing in (RED, BLUE):
        visitor.clicks(thing.centre)
        visitor.runs("remove")
    cards = visitor.page.locator("#inpaint_anything .ia-card")
    cards.first.click()
    visitor.compared()
    assert not visitor.page.get_by_role("slider", name="Before and after").is_visible()
    visitor.button("Use as input").click()
    visitor.compared_no_more()
    visitor.settled()
    assert (has_gone(visitor, RED), has_gone(visitor, BLUE)) == (True, False)
    assert visitor.state()["current"] == visitor.state()["results"][0]["id"]


def test_the_original_is_seen_while_key_or_button_is_held(visitor: Visitor) -> None:
    for thing in (RED, BLUE):
        visitor.clicks(thing.centre)
        visitor.runs("remove")
    visitor.clicks(YELLOW.centre)
    visitor.page.keyboard.down("o")
    visitor.page.wait_for_timeout(300)
    assert abs(visitor.shown(things()).astype(int) - things()).mean() < 3, "without what is selected"
    visitor.page.keyboard.up("o")
    assert has_gone(visitor, RED)
    visitor.button("Hold to see the original").hover()
    visitor.page.mouse.down()
    visitor.page.wait_for_timeout(300)
    left, top = visitor.on_screen(RED.centre)
    assert abs(visitor.colour((left, top)) - RED.colour).max() < 30
    visitor.page.mouse.up()
    assert has_gone(visitor, RED)
    visitor.presses("Control+z", "Control+z", "Control+z", "Control+z")
    assert not visitor.button("Hold to see the original").is_visible(), "it is the original"


def test_the_view_stays_where_it_was(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.page.mouse.move(*visitor.on_screen(RED.centre))
    visitor.page.mouse.wheel(0, -300)
    visitor.settled()
    zoom = visitor.state()["zoom"]
    visitor.runs("remove")
    assert visitor.state()["zoom"] == pytest.approx(zoom, rel=1e-6)
    visitor.drops(THINGS)
    visitor.waits("state.zoom < arg", zoom)


def test_again_takes_the_same_mask_with_what_the_fields_say_now(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.runs("remove")
    before, hole = visitor.result(), decoded(visitor.result_file("maskUrl"))
    visitor.presses("Shift+R")
    visitor.waits("state.results.length === 2 && !state.running")
    after = visitor.result()
    assert (after["before"], after["action"]) == (before["before"], "remove")
    assert (decoded(visitor.result_file("maskUrl")) == hole).all()
    assert visitor.picture()["id"] == after["image"]
    visitor.page.keyboard.down("o")
    visitor.page.wait_for_timeout(300)
    assert abs(visitor.shown(things()).astype(int) - things()).mean() < 3
    visitor.page.keyboard.up("o")


def test_what_is_selected_while_an_action_runs_stays_selected(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    with visitor.holds("**/jobs/*/events"):
        visitor.starts("remove")
        visitor.presses("n")
        visitor.page.mouse.click(*visitor.on_screen(BLUE.centre))
        visitor.waits("state.objects.length === 2")
    visitor.waits("!state.running && state.results.length === 1")
    visitor.settled()
    assert has_gone(visitor, RED)
    assert overlap(visitor.mask(), BLUE.mask) > 0.98


def test_a_picture_that_was_opened_meanwhile_stays(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    with visitor.holds("**/jobs/*/events"):
        visitor.starts("remove")
        visitor.drops(File("other.png", encoded(things()[:, ::-1].copy())))
        visitor.waits("state.image.name === 'other.png'")
    visitor.waits("!state.running && state.results.length === 1")
    assert visitor.picture()["name"] == "other.png"
    visitor.compared()


def test_at_once_a_stroke_and_a_click_are_removed_without_a_button(visitor: Visitor) -> None:
    once = visitor.button(re.compile("^Remove at once"))
    once.click()
    assert once.get_attribute("aria-pressed") == "true"
    visitor.takes("brush")
    visitor.drags((130, 160), (190, 160))
    visitor.waits("state.results.length === 1 && !state.running")
    visitor.takes("point")
    visitor.clicks(BLUE.centre)
    visitor.waits("state.results.length === 2 && !state.running")
    visitor.settled()
    assert has_gone(visitor, BLUE)
    visitor.presses("Control+z")
    assert (has_gone(visitor, BLUE), visitor.mask_area()) == (False, 0), "one step back is before the click"
    visitor.presses("Control+z")
    assert (visitor.picture()["name"], visitor.state()["canUndo"]) == ("things.png", False)
    visitor.reloads()
    visitor.waits("state.image && state.once")
    visitor.button(re.compile("^Remove at once")).click()
    visitor.clicks(RED.centre)
    assert (visitor.mask_area() > 0, visitor.state()["running"]) == (True, False)


def test_at_once_what_is_painted_meanwhile_is_removed_after(visitor: Visitor) -> None:
    visitor.button(re.compile("^Remove at once")).click()
    visitor.takes("brush")
    with visitor.holds("**/jobs/*/events"):
        visitor.drags_on((100, 420), (140, 420))
        visitor.waits("state.running")
        visitor.drags_on((500, 400), (560, 400))
        visitor.waits("state.objects.length")
    visitor.waits("state.results.length === 2 && !state.running")
    holes = [decoded(visitor.file(f"(await fetch({one['maskUrl']!r})).blob()")) for one in visitor.state()["results"]]
    assert [bool(hole[420, 120]) for hole in holes] == [True, False]
    assert holes[1][NOTHING[1] - 20, NOTHING[0] - 20]


@pytest.mark.walk
def test_two_things_removed_with_an_undo_and_a_redo_and_saved(visitor: Visitor, tmp_path: Path) -> None:
    """In no more actions than the best of the others: each line below is one press, click or key."""
    actions: list[Callable[[], object]] = [
        visitor.button(re.compile("^Remove at once")).click,
        lambda: visitor.clicks(RED.centre),
        lambda: visitor.clicks(BLUE.centre),
        lambda: visitor.presses("Control+z"),
        lambda: visitor.presses("Control+y"),
        lambda: visitor.page.keyboard.press("Control+s"),
    ]
    assert len(actions) <= SAVED_IN
    with visitor.page.expect_download() as download:
        for action in actions:
            action()
            visitor.waits("!state.running")
            visitor.settled()
    download.value.save_as(tmp_path / "saved.png")
    saved = decoded((tmp_path / "saved.png").read_bytes())
    for thing in (RED, BLUE):
        assert abs(saved[thing.mask].astype(int) - thing.colour).max(axis=1).mean() > 60
    far = np.ones(saved.shape[:2], bool)
    far[60:300, 60:560] = False
    assert (saved[far] == things()[far]).all()


def test_on_a_phone_the_result_comes_into_sight(visit: Callable[..., Visitor]) -> None:
    visitor = visit(viewport={"width": 390, "height": 844}, has_touch=True).comes()
    visitor.opens(THINGS)
    visitor.taps(RED.centre)
    visitor.page.locator("#inpaint_anything_run_remove").scroll_into_view_if_needed()
    visitor.runs("remove")
    box = visitor.page.locator(CANVAS).bounding_box()
    assert box is not None
    assert box["y"] >= -1
    assert box["y"] + box["height"] <= 845
