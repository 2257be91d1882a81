"""Extend: what will be added is seen before, and nothing is added unasked."""

from __future__ import annotations

import numpy as np
from scenes import RED
from sight import WORKSPACE, Place
from visitor import Visitor


def frame(visitor: Visitor) -> object:
    """Left, top, right and bottom of what is drawn around the picture, in its pixels."""
    return visitor.page.evaluate(f"{WORKSPACE}.canvas.scene.frame")


def is_dashed(visitor: Visitor, start: Place, end: Place) -> bool:
    """Whether the line between two places of the picture is drawn, in white and with gaps."""
    visitor.rests()
    (x, y), (right, bottom) = visitor.on_screen(start), visitor.on_screen(end)
    looks = visitor.looks()
    across, down = np.linspace(x, right, 400).round().astype(int), np.linspace(y, bottom, 400).round().astype(int)
    near = [looks[down + dy, across + dx].min(axis=1) > 200 for dx in (-1, 0) for dy in (-1, 0)]
    return bool(0.3 < max(one.mean() for one in near) < 0.9)


def test_what_will_be_added_is_outlined_and_in_sight(visitor: Visitor) -> None:
    whole = visitor.state()["zoom"]
    assert frame(visitor) is None
    visitor.goes_to("extend")
    visitor.fills_in("extend", "left", 200)
    visitor.fills_in("extend", "down", 160)
    visitor.waits(f"String({WORKSPACE}.canvas.scene.frame) === arg", "-200,0,640,640")
    assert visitor.state()["zoom"] < whole
    canvas = visitor.canvas()
    for x, y in (visitor.on_screen((-200, 0)), visitor.on_screen((639, 639))):
        assert canvas["x"] <= x <= canvas["x"] + canvas["width"]
        assert canvas["y"] <= y <= canvas["y"] + canvas["height"]
    assert is_dashed(visitor, (-200, 20), (-200, 600))
    assert not is_dashed(visitor, (-150, 20), (-150, 600))
    visitor.clicks(RED.centre)
    assert visitor.mask()[RED.centre[::-1]], "a click still hits what is seen"
    visitor.goes_to("remove")
    visitor.waits(f"{WORKSPACE}.canvas.scene.frame === null")
    assert visitor.state()["zoom"] == whole
    visitor.goes_to("extend")
    about = visitor.runs("extend")
    assert (about["width"], about["height"], about["offset"]) == (840, 640, [200, 0])


def test_with_all_sides_at_zero_it_asks(visitor: Visitor) -> None:
    sent: list[str] = []
    visitor.page.on("request", lambda request: sent.append(request.url))
    visitor.goes_to("extend")
    visitor.page.locator("#inpaint_anything_run_extend").click()
    assert visitor.message() == "Give the pixels to add on at least one side."
    assert not visitor.state()["busy"]
    assert [url for url in sent if url.endswith(("/extend", "/outpaint"))] == []
    visitor.fills_in("extend", "up", 8)
    assert visitor.runs("extend")["height"] == 488


def test_the_sides_are_dragged_and_moved_by_keys(visitor: Visitor) -> None:
    """The field says what the handle says, the picture stays under it, and what was dragged is what is added."""
    handle = visitor.page.get_by_role("slider", name="Pixels to add on the left")
    assert not handle.is_visible()
    visitor.goes_to("extend")
    handle.wait_for()
    zoom, mouse = visitor.state()["zoom"], visitor.page.mouse
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    mouse.move(x - 60 * zoom, y, steps=4)
    visitor.waits(f"{WORKSPACE}.canvas.scene.frame?.[0] === -60")
    assert visitor.state()["zoom"] == zoom
    mouse.move(x - 100 * zoom, y + 30, steps=4)
    mouse.up()
    visitor.reads("extend", "left", "100")
    assert frame(visitor) == [-100, 0, 640, 480]
    assert visitor.state()["zoom"] < zoom, "all of it is in sight"
    handle.focus()
    for key in ("ArrowLeft", "Shift+ArrowLeft", "ArrowRight"):
        visitor.page.keyboard.press(key)
    visitor.reads("extend", "left", "164")
    visitor.page.get_by_role("slider", name="Pixels to add below").press("ArrowDown")
    visitor.reads("extend", "down", "8")
    about = visitor.runs("extend")
    assert (about["width"], about["height"], about["offset"]) == (804, 488, [164, 0])
    visitor.goes_to("remove")
    handle.wait_for(state="hidden")
