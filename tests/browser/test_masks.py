"""Masks of a person's own: dropped, opened, pasted; added, taken away, and what both have kept."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np
import pytest
from people import THINGS
from scenes import BLUE, RED, encoded, overlap
from sight import CANVAS
from visitor import File, Visitor


def white(left: int, top: int, right: int, bottom: int, size: tuple[int, int] = (640, 480)) -> tuple[File, Any]:
    """A file that is white in a box and black elsewhere, and where it is."""
    mask = np.zeros(size[::-1], np.uint8)
    mask[top:bottom, left:right] = 255
    return File("mine.png", encoded(mask)), mask > 0


def opens_mask(visitor: Visitor, file: File, how: str) -> None:
    visitor.goes_to("mask")
    visitor.page.get_by_label("What an opened mask does").select_option(how)
    before = visitor.mask_area()
    with visitor.page.expect_file_chooser() as chooser:
        visitor.button("Open a mask").click()
    chooser.value.set_files([{"name": file.name, "mimeType": file.type, "buffer": file.data}])
    visitor.waits("state.maskArea !== arg", before)
    visitor.settled()


@pytest.mark.walk
def test_a_mask_is_opened_and_combined_with_what_is_selected(visitor: Visitor) -> None:
    visitor.clicks(BLUE.centre)
    selected = visitor.mask()
    file, mine = white(360, 100, 430, 300)
    opens_mask(visitor, file, "subtract")
    assert (visitor.mask() == selected & ~mine).all()
    visitor.presses("Control+z")
    opens_mask(visitor, file, "intersect")
    assert (visitor.mask() == selected & mine).all()
    visitor.presses("Control+z")
    opens_mask(visitor, file, "add")
    assert (visitor.mask() == selected | mine).all()
    assert visitor.state()["objects"][-1]["name"] == "mine.png"
    wanted = visitor.mask()
    visitor.reloads()
    visitor.waits("state.image")
    visitor.settled()
    assert (visitor.mask() == wanted).all()


def test_a_mask_of_ones_own_is_removed_as_it_is(visitor: Visitor) -> None:
    file, mine = white(100, 100, 220, 220)
    opens_mask(visitor, file, "add")
    assert ((visitor.added_mask() > 0) == mine).all()


def test_a_mask_is_pasted_where_it_can_be_nothing_else(visitor: Visitor) -> None:
    file, mine = white(100, 100, 220, 220)
    picture = visitor.picture()
    visitor.pastes(file)
    visitor.waits("state.maskArea > 0")
    assert (visitor.mask() == mine).all()
    assert "Taken as a mask" in visitor.message()
    assert visitor.picture() == picture
    visitor.pastes(white(10, 10, 20, 20, (64, 48))[0])  # of another size: a picture
    visitor.opened(picture)


def test_a_file_is_dropped_as_a_mask_or_as_a_picture(visitor: Visitor) -> None:
    file, mine = white(100, 100, 220, 220)
    transfer = visitor._transfer(file)
    canvas = visitor.page.locator(CANVAS).first
    canvas.dispatch_event("dragenter", {"dataTransfer": transfer})
    place = visitor.page.locator(".ia-drop-mask").bounding_box()
    assert place is not None
    at = {"clientX": place["x"] + place["width"] / 2, "clientY": place["y"] + place["height"] / 2}
    for event in ("dragover", "drop"):
        canvas.dispatch_event(event, {"dataTransfer": transfer, **at})
    visitor.waits("state.maskArea > 0")
    assert (visitor.mask() == mine).all()
    before = visitor.picture()
    visitor.drops(file)
    visitor.opened(before)
    assert visitor.picture()["name"] == "mine.png"


def test_a_mask_of_another_size_is_told(visit: Callable[..., Visitor]) -> None:
    visitor = visit().comes()
    visitor.opens(THINGS)
    visitor.clicks(RED.centre)
    before = visitor.mask()
    visitor.goes_to("mask")
    with visitor.page.expect_file_chooser() as chooser:
        visitor.button("Open a mask").click()
    file, _ = white(1, 1, 5, 5, (64, 48))
    chooser.value.set_files([{"name": file.name, "mimeType": file.type, "buffer": file.data}])
    assert visitor.message().startswith("mine.png: ")
    assert overlap(visitor.mask(), before) == 1
    visitor.forgives("the server responded with a status of 422")
