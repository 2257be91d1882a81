"""Slow and failing servers, several people at once, a reload: nothing that was made is lost or mixed up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from people import THINGS
from scenes import ALL, BLUE, RED, YELLOW, encoded, overlap, things
from serving import Server
from visitor import File, Visitor

SEGMENT = "**/inpaint-anything/v1/segment"
ERRORS = "#inpaint_anything .ia-error"


def test_two_people_never_meet(visit: Callable[..., Visitor]) -> None:
    mirrored = things()[:, ::-1].copy()
    one, other = visit().comes(), visit().comes()
    one.opens(THINGS)
    other.opens(File("mirrored.png", encoded(mirrored)))
    assert one.picture()["name"] == "things.png"
    wanted = np.zeros((480, 640), bool)
    for thing in ALL:
        for person, place in ((one, thing.centre), (other, (639 - thing.centre[0], thing.centre[1]))):
            person.adds(place)
        wanted |= thing.mask
        assert overlap(one.mask(), wanted) > 0.99
        assert overlap(other.mask(), wanted[:, ::-1]) > 0.99
    one.presses("Control+z")
    assert overlap(other.mask(), wanted[:, ::-1]) > 0.99
    one.runs("remove")
    assert other.state()["results"] == []
    other.draws(other.mask(), mirrored)


def test_a_slow_server_does_not_hold_up_clicks_and_the_last_one_counts(visitor: Visitor) -> None:
    with visitor.holds(SEGMENT) as held:
        for thing in ALL:
            visitor.page.keyboard.press("n")
            visitor.page.mouse.click(*visitor.on_screen(thing.centre))
        visitor.waits("state.objects.length === 3")
        visitor.takes("box")
        visitor.takes("point")
        visitor.page.keyboard.press("Control+z")
        visitor.waits("state.objects.length === 2")
        assert held
    assert overlap(visitor.mask(), RED.mask | BLUE.mask) > 0.99
    visitor.draws(visitor.mask(), things())


def test_answers_that_come_late_do_not_replace_newer_ones(visitor: Visitor) -> None:
    with visitor.holds(SEGMENT) as held:
        visitor.takes("box")
        visitor.drags_on((80, 80), (540, 280))
        visitor.waits("state.objects.length === 1")
        visitor.takes("point")
        visitor.page.mouse.click(*visitor.on_screen(BLUE.centre), button="right")
        visitor.waits("state.objects[0].points.length === 1")
        assert held
    assert overlap(visitor.mask(), RED.mask) > 0.99


def test_a_request_that_fails_is_told_and_the_next_one_works(visitor: Visitor) -> None:
    told = "The segmenter is out of memory."
    answer = json.dumps({"error": told, "code": "out_of_memory"})
    visitor.page.route(SEGMENT, lambda route: route.fulfill(status=500, body=answer, content_type="application/json"))
    visitor.clicks(RED.centre)
    assert visitor.message() == told
    assert visitor.mask_area() == 0
    visitor.page.unroute(SEGMENT)
    visitor.adds(BLUE.centre)
    assert visitor.mask()[BLUE.mask].mean() > 0.99
    assert visitor.page.locator(ERRORS).count() == 0, "it has been got over"
    visitor.forgives("the server responded with a status of 500")


def test_a_restart_of_the_server_is_not_noticed(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    try:
        visitor = visit(server.address).comes()
        visitor.opens(THINGS)
        visitor.clicks(RED.centre)
        server.kill()
        visitor.presses("n")
        visitor.clicks(BLUE.centre)
        assert "server" in visitor.message()
        assert overlap(visitor.mask(), RED.mask) > 0.99
        visitor.forgives("ERR_CONNECTION_REFUSED")
        sent: list[str] = []
        visitor.page.on("request", lambda request: sent.append(f"{request.method} {request.url.partition('/v1/')[2]}"))
        server.start()
        visitor.presses("n")
        visitor.clicks(YELLOW.centre)
        assert sent.count("POST images") == 1
        assert visitor.mask()[YELLOW.mask].mean() > 0.99
        assert visitor.mask()[RED.mask].mean() > 0.99
        visitor.forgives("the server responded with a status of 404")
        for broken in ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_INCOMPLETE_CHUNKED_ENCODING"):
            visitor.forgives(broken, at_least=0)  # what was under way
        visitor.runs("remove")
        assert sent.count("POST images") == 1
        visitor.page.goto("about:blank")  # it prepares the result as the next picture, and the server goes now
    finally:
        server.kill()


def test_errors_name_their_file_and_do_not_stack_and_go_with_a_success(visitor: Visitor) -> None:
    for name in ("one.png", "two.png"):
        visitor.drops(File(name, b"no picture at all"))
        visitor.page.locator(ERRORS, has_text=f"{name}: ").wait_for()
    assert visitor.page.locator(ERRORS).count() == 1
    before = visitor.picture()
    visitor.drops(File("three.png", encoded(things()[::-1].copy())))
    visitor.opened(before)
    assert visitor.page.locator(ERRORS).count() == 0
    visitor.forgives("the server responded with a status of 4")


def test_that_the_server_cannot_be_reached_goes_when_it_can(visitor: Visitor) -> None:
    visitor.page.route("**/inpaint-anything/v1/**", lambda route: route.abort())
    visitor.clicks(RED.centre)
    visitor.page.locator(ERRORS, has_text="cannot be reached").wait_for()
    visitor.page.wait_for_timeout(2500)
    assert visitor.page.locator(ERRORS).count() == 1
    visitor.page.unroute("**/inpaint-anything/v1/**")
    visitor.page.locator(ERRORS).wait_for(state="detached")
    visitor.forgives("ERR_FAILED")


@pytest.mark.walk
def test_a_reload_keeps_the_work(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.adds(BLUE.centre)
    visitor.paints((40, 440), (90, 440), radius=8)
    visitor.rows().nth(1).get_by_role("button", name="Show or hide").click()
    visitor.fills_in("mask", "grow", 4)
    before, mask = visitor.state(), visitor.mask()
    visitor.reloads()
    visitor.waits("state.image")
    visitor.settled()
    after = visitor.state()
    for part in ("image", "objects", "options", "maskArea"):
        assert after[part] == before[part], part
    assert (visitor.mask() == mask).all()
    visitor.draws(mask, things())
    visitor.reads("mask", "grow", "4")
    assert visitor.state()["options"]["grow"] == 4
    visitor.adds(YELLOW.centre)
    assert visitor.mask()[YELLOW.mask].mean() > 0.99


@pytest.mark.parametrize("clicks", [6])
def test_hasty_clicks_end_in_the_mask_of_all_of_them(visitor: Visitor, clicks: int) -> None:
    for number in range(clicks):
        visitor.page.keyboard.press("n")
        x, y = ALL[number % 3].centre
        visitor.page.mouse.click(*visitor.on_screen((x + 4 * (number // 3), y)))
    visitor.settled()
    assert len(visitor.state()["objects"]) == clicks
    assert overlap(visitor.mask(), RED.mask | BLUE.mask | YELLOW.mask) > 0.99
