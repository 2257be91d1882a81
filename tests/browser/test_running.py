"""The buttons of the actions, and the key that presses them: one action at a time, and none is lost without a word."""

from __future__ import annotations

import pytest
from scenes import BLUE, RED
from serving import Staged
from visitor import Visitor

REMOVE, EXTEND = "#inpaint_anything_run_remove", "#inpaint_anything_run_extend"
ERASE = "/v1/erase"


@pytest.fixture(scope="module")
def server(staged: Staged) -> Staged:
    return staged


def test_while_one_action_runs_the_buttons_are_off_and_say_why(visitor: Visitor, server: Staged) -> None:
    visitor.clicks(RED.centre)
    remove, extend = visitor.page.locator(REMOVE), visitor.page.locator(EXTEND)
    with server.holds():
        visitor.starts("remove")
        visitor.waits("state.running")
        assert remove.is_disabled()
        assert "under way" in (remove.get_attribute("title") or "")
        visitor.goes_to("extend")
        extend.wait_for()
        assert extend.is_disabled()
    visitor.waits("!state.running")
    assert extend.is_enabled()
    assert not extend.get_attribute("title")
    visitor.goes_to("remove")
    visitor.clicks(BLUE.centre)
    visitor.runs("remove")
    assert len(visitor.state()["results"]) == 2


def test_ctrl_enter_does_what_the_open_tab_says_also_from_a_field(visitor: Visitor) -> None:
    number = visitor.page.locator("#inpaint_anything_removal_grow input[type=number]").first
    for focus in (number.focus, visitor.page.locator("#inpaint_anything .ia-canvas").focus):
        count = len(visitor.state()["results"])
        visitor.clicks((RED, BLUE)[count].centre)
        focus()
        with visitor.page.expect_response(lambda answer: answer.url.endswith(ERASE)):
            visitor.page.keyboard.press("Control+Enter")
        visitor.waits("!state.running && state.results.length > arg", count)
        visitor.settled()
        assert visitor.state()["objects"] == [], "it is no click at the cursor"
    visitor.goes_to("mask")
    visitor.page.keyboard.press("Control+Enter")
    assert "Choose an action" in visitor.message()
    assert len(visitor.state()["results"]) == 2


def test_ctrl_enter_begins_anew_what_is_under_way(visitor: Visitor, server: Staged) -> None:
    visitor.clicks(RED.centre)
    with server.holds():
        first = visitor.starts("remove")
        visitor.waits("state.busy?.fraction > 0")
        visitor.presses("n")
        visitor.clicks(BLUE.centre)
        with visitor.page.expect_response(lambda answer: answer.url.endswith(ERASE)) as answer:
            visitor.page.keyboard.press("Control+Enter")
        assert visitor.asks(f"jobs/{first}")["state"] == "cancelled"
    visitor.waits("!state.running && state.results.length")
    assert [result["id"] for result in visitor.state()["results"]] == [f"{answer.value.json()['id']}-0"]
