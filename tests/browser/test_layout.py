"""What is seen at once in windows of four sizes: all tools in a row, the picture, and what removes from it."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
import pytest
from people import THINGS
from scenes import BLUE, RED
from sight import CANVAS
from visitor import Visitor

SIZES = [(1920, 1080), (1280, 720), (768, 1024), (390, 844)]
TOOLBAR = "#inpaint_anything .ia-toolbar"


def box_of(visitor: Visitor, selector: str) -> Any:
    box = visitor.page.locator(selector).first.bounding_box()
    assert box is not None, selector
    return box


@pytest.mark.walk
@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_tools_picture_and_button_are_seen_at_once(visit: Callable[..., Visitor], size: tuple[int, int]) -> None:
    width, height = size
    visitor = visit(viewport={"width": width, "height": height}, has_touch=width < 500).comes()
    visitor.opens(THINGS)
    visitor.clicks(RED.centre)
    assert visitor.page.evaluate("scrollY") == 0
    bar, canvas, frame = (box_of(visitor, one) for one in (TOOLBAR, CANVAS, "#inpaint_anything .ia-frame"))
    assert bar["height"] < 60, "one row"
    assert bar["y"] + bar["height"] <= canvas["y"] + 1
    assert frame["y"] + frame["height"] <= height
    if width > 740:
        assert frame["y"] + frame["height"] >= height - 30, "all of the window is used"
    remove = visitor.page.get_by_role("button", name="Remove", exact=True).locator("visible=true").first.bounding_box()
    assert remove is not None
    assert remove["y"] + remove["height"] <= height
    assert visitor.page.evaluate("document.scrollingElement.scrollWidth") <= width
    visitor.runs("remove")
    assert box_of(visitor, CANVAS)["y"] >= 0
    assert box_of(visitor, CANVAS)["height"] >= 0.4 * height
    assert visitor.judged("cutOff") == []


def test_proposals_are_small_pictures_beside_the_picture(visitor: Visitor) -> None:
    visitor.clicks(BLUE.centre)
    visitor.waits("state.objects[0].scores.length > 1")
    group = visitor.page.get_by_role("group", name="Proposals")
    shown = group.bounding_box()
    canvas = box_of(visitor, CANVAS)
    assert shown is not None
    assert shown["y"] >= canvas["y"] + canvas["height"], "nothing covers the picture"
    pixels = """(canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)"""
    first = group.locator("canvas").first
    visitor.page.wait_for_function(
        f"(canvas) => ({pixels})(canvas).some((value, index) => index % 4 < 3 && value)", arg=first.element_handle()
    )
    seen = np.array(first.evaluate(pixels), np.uint8).reshape(72, 104, 4)[..., :3].astype(int)
    assert abs(seen[36, 52] - BLUE.colour).max() < 30, "what is selected is as bright as it is"
    assert seen[2, 2].max() < 70, "and the rest is dim"
    chosen = group.get_by_role("button", name="Proposal 2")
    chosen.click()
    visitor.waits("state.objects[0].candidate === 1")
    assert chosen.get_attribute("aria-pressed") == "true"
