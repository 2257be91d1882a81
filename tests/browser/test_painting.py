"""Brush, straight lines and lasso: what is painted is what the hand did, in whatever size the picture is seen."""

from __future__ import annotations

from typing import Callable

import cv2
import numpy as np
import pytest
from scenes import encoded, overlap, things
from sight import WORKSPACE
from visitor import File, Visitor


def drawn(shape: tuple[int, int], *points: tuple[int, int], radius: float) -> np.ndarray:
    """bool HxW: a line through the points, as thick as a brush."""
    line = np.full(shape, 255, np.uint8)
    cv2.polylines(line, [np.array(points)], False, 0)
    return cv2.distanceTransform(line, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= radius - 0.5


def test_the_brush_is_as_large_on_the_screen_whatever_the_picture(visit: Callable[..., Visitor]) -> None:
    visitor = visit().comes()
    for side in (640, 4000):
        picture = cv2.resize(things(), (side, side * 3 // 4))
        visitor.opens(File(f"{side}.png", encoded(picture)))
        visitor.takes("brush")
        visitor.drags((side * 0.5, side * 0.3), (side * 0.5 + 1, side * 0.3))
        columns = np.flatnonzero(visitor.mask().any(axis=0))
        across = (columns[-1] - columns[0]) * visitor.state()["zoom"]
        assert across == pytest.approx(40, abs=3), side


def test_brackets_and_alt_with_the_wheel_change_the_size_and_a_reload_keeps_it(visitor: Visitor) -> None:
    visitor.takes("brush")
    size, zoom = visitor.state()["brushRadius"], visitor.state()["zoom"]
    visitor.presses("]", "]")
    larger = visitor.state()["brushRadius"]
    assert larger == pytest.approx(1.44 * size, rel=0.02)
    visitor.page.mouse.move(*visitor.on_screen((320, 240)))
    with visitor._held("Alt"):
        visitor.page.mouse.wheel(0, 200)
        visitor.waits("state.brushRadius < arg", larger)
    assert visitor.state()["zoom"] == zoom
    smaller = visitor.state()["brushRadius"]
    visitor.page.evaluate(f"() => {WORKSPACE}._parts.keeper.saved()")
    visitor.reloads()
    visitor.waits("state.image")
    assert visitor.state()["brushRadius"] == smaller


def test_with_shift_lines_are_straight_and_go_on_from_the_last_one(visitor: Visitor) -> None:
    visitor.paints((100, 400), (101, 400), radius=8)
    with visitor._held("Shift"):
        visitor.drags((300, 440))
    visitor.presses("n")
    with visitor._held("Shift"):
        visitor.drags((400, 440), (520, 300), (600, 440))
    wanted = drawn((480, 640), (100, 400), (300, 440), radius=8)
    wanted |= drawn((480, 640), (300, 440), (600, 440), radius=8)
    assert overlap(visitor.mask(), wanted) > 0.93


def test_a_lasso_selects_what_it_goes_around_and_the_other_button_leaves_it_out(visitor: Visitor) -> None:
    visitor.takes("lasso")
    visitor.drags((100, 300), (300, 300), (300, 450), (100, 450), (100, 302))
    wanted = np.zeros((480, 640), bool)
    wanted[300:450, 100:300] = True
    assert overlap(visitor.mask(), wanted) > 0.93
    visitor.drags((150, 350), (250, 350), (250, 400), (150, 400), button="right")
    wanted[350:400, 150:250] = False
    assert overlap(visitor.mask(), wanted) > 0.92
    visitor.draws(visitor.mask(), things())
    selected = visitor.mask()
    assert (visitor.added_mask() > 0).sum() == selected.sum(), "what is drawn by hand is removed as it is"
    visitor.page.mouse.click(*visitor.on_screen((500, 400)))  # no line: nothing
    assert len(visitor.state()["objects"]) == 1
    visitor.presses("Control+z", "Control+z")
    assert visitor.mask_area() == 0
