"""By keyboard, by touch, zoomed in, in a narrow window, in the dark, in Chinese."""

from __future__ import annotations

import re
from typing import Any, Callable

import numpy as np
import pytest
from people import THINGS
from scenes import BLUE, RED, YELLOW, encoded, overlap, things
from visitor import Visitor

CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.walk
def test_by_keyboard_alone(visit: Callable[..., Visitor]) -> None:
    """The red disc is rolled into the middle, where the cursor begins."""
    rolled = np.roll(things(), (80, 160), (0, 1))
    truth = np.roll(RED.mask, (80, 160), (0, 1))
    visitor = visit().comes()
    visitor.tabs_to("Open")
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.keyboard.press("Enter")
    chooser.value.set_files([{"name": "rolled.png", "mimeType": "image/png", "buffer": encoded(rolled)}])
    visitor.opened()
    visitor.tabs_to_canvas()
    visitor.presses("ArrowLeft", "ArrowRight", "Enter")
    assert overlap(visitor.mask(), truth) > 0.99
    visitor.presses("n", *["Shift+ArrowRight"] * 6)
    assert visitor.cursor()[0] > 480
    visitor.presses("Enter", "ArrowDown", "ArrowDown", "Shift+Enter")
    points = visitor.state()["objects"][-1]["points"]
    assert [point[2] for point in points] == [1, 0]
    visitor.presses("Control+z", "Control+z")
    assert overlap(visitor.mask(), truth) > 0.99
    visitor.presses("Delete", "?")
    dialog = visitor.page.get_by_role("dialog")
    dialog.wait_for()
    visitor.page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")


def test_by_touch(visit: Callable[..., Visitor]) -> None:
    visitor = visit(has_touch=True, viewport={"width": 800, "height": 1100}).comes()
    visitor.opens(THINGS)
    visitor.taps(RED.centre)
    assert overlap(visitor.mask(), RED.mask) > 0.99
    before = visitor.state()["zoom"]
    visitor.pinches((440, 190), factor=2.0)
    assert visitor.state()["zoom"] == pytest.approx(2 * before, rel=0.1)
    assert overlap(visitor.mask(), RED.mask) > 0.99
    assert len(visitor.state()["objects"]) == 1
    visitor.page.keyboard.press("n")
    visitor.taps(BLUE.centre)
    assert overlap(visitor.mask(), RED.mask | BLUE.mask) > 0.99


def _standing(visitor: Visitor, point: tuple[float, float]) -> tuple[float, float]:
    """Where a point is on the screen once what is around the picture, such as a tip, has come."""
    at = None
    while at != (at := visitor.on_screen(point)):
        visitor.page.wait_for_timeout(400)
    return at


def test_zoomed_in_and_out_a_click_hits_what_is_seen(visitor: Visitor) -> None:
    """Where the thing is seen is read off the screen, not asked of the page."""
    for turns, thing in ((-4, RED), (-7, YELLOW), (5, BLUE)):
        visitor.presses("n", "f")
        zoom, at = visitor.state()["zoom"], _standing(visitor, thing.centre)
        visitor.page.mouse.move(*at)
        for _ in range(abs(turns)):
            visitor.page.mouse.wheel(0, 100 if turns > 0 else -100)
        visitor.waits("arg[1] > 0 ? state.zoom < arg[0] : state.zoom > arg[0]", [zoom, turns])
        visitor.settled()
        assert visitor.on_screen(thing.centre) == pytest.approx(at, abs=4)
        visitor.page.mouse.click(*visitor.finds(thing.colour))
        visitor.settled()
        x, y, label = visitor.state()["objects"][-1]["points"][-1]
        assert (label, thing.mask[int(y), int(x)]) == (1, True)
        assert visitor.state()["zoom"] != zoom
    assert overlap(visitor.mask(), RED.mask | YELLOW.mask | BLUE.mask) > 0.99
    visitor.presses("f")
    visitor.draws(visitor.mask(), things())


@pytest.mark.walk
@pytest.mark.parametrize("width", [360, 700])
def test_a_narrow_window_cuts_nothing_off(visit: Callable[..., Visitor], width: int) -> None:
    visitor = visit(viewport={"width": width, "height": 800}).comes()
    visitor.opens(THINGS)
    visitor.clicks(RED.centre)
    assert visitor.page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert visitor.judged("cutOff") == []
    visitor.runs("remove")
    assert visitor.page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert visitor.judged("cutOff") == []


@pytest.mark.walk
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_is_legible(visit: Callable[..., Visitor], theme: Any) -> None:
    visitor = visit(color_scheme=theme)
    visitor.address += f"/?__theme={theme}"
    visitor.comes()
    visitor.opens(THINGS)
    visitor.clicks(RED.centre)
    visitor.fold_out()
    assert (sum(visitor.judged("background")) < 3 * 128) == (theme == "dark")
    assert visitor.judged("faint") == []
    visitor.runs("remove")
    visitor.compares()
    assert visitor.judged("faint") == []


@pytest.mark.walk
def test_in_chinese(visit: Callable[..., Visitor]) -> None:
    visitor = visit(locale="zh-CN").comes()
    before = visitor.picture()
    with visitor.page.expect_file_chooser() as chooser:
        visitor.page.locator("#inpaint_anything .ia-open").click()
    chooser.value.set_files([{"name": "t.png", "mimeType": "image/png", "buffer": THINGS.data}])
    visitor.opened(before)
    visitor.clicks(RED.centre)
    english = visitor.page.evaluate(
        """() => [...document.querySelectorAll("#inpaint_anything button, #inpaint_anything label span")]
          .filter((one) => one.getClientRects().length)
          .map((one) => (one.getAttribute("aria-label") ?? one.textContent).trim())"""
    )
    words = [text for text in english if re.search("[A-Za-z]{3}", text) and not CHINESE.search(text)]
    assert len([text for text in english if CHINESE.search(text)]) > 20
    assert words == []


SUITING = """async () => {
  const { buildCheckpoint } = await import("/inpaint-anything/page/page/checkpoint.mjs");
  const root = document.createElement("div");
  for (const name of ["cfg_scale", "steps"]) {
    const value = { cfg_scale: 7, steps: 20 }[name];
    const number = Object.assign(document.createElement("input"), { type: "number", value });
    root.append(Object.assign(document.createElement("div"), { id: `inpaint_anything_other_${name}` }));
    root.lastChild.append(number);
  }
  document.body.prepend(root);
  const used = new Set(window.used ?? []);
  let suits = { name: "turbo", kind: "ordinary", cfg_scale: 1, steps: 4 };
  const actions = { other: { route: "inpaint", fields: ["cfg_scale", "steps"], suits: { cfg_scale: 7, steps: 20 } } };
  buildCheckpoint(root, { checkpoint: async () => suits }, { inWebui: true, actions, used });
  const values = () => [...root.querySelectorAll("input")].map(({ value }) => Number(value));
  window.suiting = { used, values, choose: (other) => { suits = other; window.dispatchEvent(new Event("focus")); } };
}"""


def test_fields_follow_the_checkpoint_until_a_person_gives_them_a_number_even_their_first(visitor: Visitor) -> None:
    page = visitor.page
    page.evaluate(SUITING)
    page.wait_for_function("String(suiting.values()) === '1,4'")
    assert page.evaluate("[...suiting.used]") == [], "what the page gives is not a person's"
    page.locator("#inpaint_anything_other_steps input").fill("20")
    page.locator("#inpaint_anything_other_steps input").blur()
    page.evaluate("suiting.choose({ name: 'flux', kind: 'ordinary', cfg_scale: 3, steps: 9 })")
    page.wait_for_function("suiting.values()[0] === 3")
    assert page.evaluate("suiting.values()") == [3, 20]
    assert page.evaluate("[...suiting.used]") == ["other.steps"]
    page.evaluate("document.querySelector('#inpaint_anything_other_steps').parentElement.remove()")
    page.evaluate("window.used = ['other.steps']")  # as a reload keeps it
    page.evaluate(SUITING)
    page.wait_for_function("suiting.values()[0] === 1")
    assert page.evaluate("suiting.values()") == [1, 20]


def test_a_list_of_options_closes_when_it_is_left(visitor: Visitor) -> None:
    """By Tab and by Shift+Tab; what was chosen stays, and so does where the focus went."""
    eraser = visitor.page.locator("#inpaint_anything_remove_eraser input")
    options = visitor.page.get_by_role("listbox")
    eraser.click()
    options.wait_for()
    options.get_by_role("option", name="telea").click()
    visitor.page.wait_for_function("(input) => input.value === 'telea'", arg=eraser.element_handle())
    for key in ("Tab", "Shift+Tab"):
        eraser.blur()
        eraser.click()
        options.wait_for()
        visitor.page.keyboard.press(key)
        options.wait_for(state="hidden")
        assert not eraser.evaluate("(input) => input === document.activeElement")
        assert eraser.input_value() == "telea"
