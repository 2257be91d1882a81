"""A reload at any moment: the last change is there, and what the server was doing is gone on with."""

from __future__ import annotations

from typing import Callable

import pytest
from people import THINGS
from scenes import BLUE, RED, decoded, overlap, things
from serving import Staged
from visitor import Visitor


@pytest.fixture(scope="module")
def server(staged: Staged) -> Staged:
    return staged


def comes_back(visitor: Visitor) -> None:
    """Reload, and wait for the picture."""
    visitor.reloads()
    visitor.waits("state.image")
    visitor.settled()


def removes_red(visitor: Visitor) -> str:
    """Begin to remove the red disc, and wait until the server is at it; gives the job's id."""
    visitor.clicks(RED.centre)
    job = visitor.starts("remove")
    visitor.waits("state.busy?.fraction > 0")
    return job


def has_one_result(visitor: Visitor, job: str) -> None:
    """The result of that job is there, once, and red is gone from it."""
    visitor.waits("!state.busy")
    assert [result["id"] for result in visitor.state()["results"]] == [f"{job}-0"]
    result, picture, mask = decoded(visitor.result_file()), things(), decoded(visitor.result_file("maskUrl")) > 0
    assert mask[RED.mask].all()
    assert mask.sum() < 1.5 * RED.mask.sum()  # with what was grown and its soft edge
    assert (result[~mask] == picture[~mask]).all()
    assert (abs(result[RED.mask].astype(int) - RED.colour).max(axis=1) < 40).mean() < 0.05
    assert (decoded(visitor.result_file("beforeUrl"))[..., :3] == picture).all()


def test_a_picture_is_there_at_once(visit: Callable[..., Visitor]) -> None:
    visitor = visit().comes()
    visitor.opens(THINGS)
    comes_back(visitor)
    assert visitor.picture()["name"] == "things.png"
    assert abs(visitor.sees(RED.centre) - RED.colour).max() < 12


def test_the_last_click_is_there_at_once_and_can_be_undone(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.page.keyboard.press("n")
    visitor.page.mouse.click(*visitor.on_screen(BLUE.centre))
    comes_back(visitor)
    assert overlap(visitor.mask(), RED.mask | BLUE.mask) > 0.99
    visitor.presses("Control+z")
    assert overlap(visitor.mask(), RED.mask) > 0.99
    comes_back(visitor)
    assert overlap(visitor.mask(), RED.mask) > 0.99
    visitor.presses("Control+y")
    assert overlap(visitor.mask(), RED.mask | BLUE.mask) > 0.99


def test_the_mask_options_are_kept_on_a_slow_computer(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.fills_in("mask", "grow", 4)
    comes_back(visitor)
    visitor.slows(6)  # now the form is made, and says what it begins with late
    visitor.reads("mask", "grow", "4")
    visitor.page.wait_for_timeout(3000)
    visitor.reads("mask", "grow", "4")
    assert visitor.state()["options"]["grow"] == 4
    visitor.fills_in("mask", "grow", 6)
    assert visitor.state()["options"]["grow"] == 6


def test_the_last_stroke_is_there_at_once_where_there_is_little_room(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.page.evaluate(  # as where the other pages of a site have filled it
        """() => {
          const set = Storage.prototype.setItem;
          Storage.prototype.setItem = function (name, value) {
            if (value.length > 1500) throw new DOMException("full", "QuotaExceededError");
            set.call(this, name, value);
          };
        }"""
    )
    visitor.takes("brush")
    visitor.page.keyboard.press("n")
    visitor.drags_on((400, 400), (480, 400))
    before = visitor.state()["objects"]
    comes_back(visitor)
    assert [(thing["kind"], thing["points"]) for thing in visitor.state()["objects"]] == [
        (thing["kind"], thing["points"]) for thing in before
    ]
    mask = visitor.mask()
    assert mask[400, 400:480].all()
    assert mask[RED.mask].mean() > 0.99


@pytest.mark.walk
def test_a_job_goes_on_and_its_result_comes_once(visitor: Visitor, server: Staged) -> None:
    with server.holds():
        job = removes_red(visitor)
        comes_back(visitor)
        visitor.waits("state.busy?.canStop && state.busy.fraction > 0")
        assert visitor.button("Stop").is_visible()
        assert visitor.state()["results"] == []
        comes_back(visitor)
    has_one_result(visitor, job)
    comes_back(visitor)
    has_one_result(visitor, job)


def test_a_job_that_ended_while_nobody_looked_gives_its_result(visitor: Visitor, server: Staged) -> None:
    with server.holds():
        job = removes_red(visitor)
        visitor.page.goto("about:blank")
    visitor.comes()
    visitor.waits("state.results.length")
    has_one_result(visitor, job)


def test_a_job_can_be_stopped_after_a_reload(visitor: Visitor, server: Staged) -> None:
    with server.holds():
        job = removes_red(visitor)
        comes_back(visitor)
        assert visitor.stops(job) == "cancelled"
        assert visitor.message() == "Stopped."
    for _ in range(2):
        assert visitor.state()["results"] == []
        assert visitor.state()["busy"] is None
        comes_back(visitor)
    visitor.runs("remove")


def test_a_job_that_the_server_has_forgotten_is_told_and_forgotten(visitor: Visitor, server: Staged) -> None:
    with server.holds():
        removes_red(visitor)
        visitor.page.goto("about:blank")
        server.kill()
    server.start()
    visitor.comes()
    assert visitor.message() == "The server no longer has what was under way. Start it again."
    visitor.waits("state.image && !state.busy")
    comes_back(visitor)
    assert visitor.page.locator("#inpaint_anything .ia-message").count() == 0
    visitor.runs("remove")
    visitor.forgives("the server responded with a status of 404")


ASIDE = "What this browser kept of earlier work could not be read. It was put aside."
STORED = """async (change) => {
  const done = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const tabs = (await done(indexedDB.open("inpaint-anything"))).transaction("tabs", "readwrite").objectStore("tabs");
  for (const saved of await done(tabs.getAll())) await done(tabs.put({ ...saved, ...change(saved.record) }));
  sessionStorage.removeItem("inpaint-anything late");
}"""


def finds(visitor: Visitor, script: str) -> None:
    """Leave the page, change what is stored, come back."""
    visitor.page.evaluate("() => window.inpaintAnything.workspace._parts.keeper.saved()")
    visitor.page.goto(f"{visitor.address}/inpaint-anything/v1/info")
    visitor.page.evaluate(script)
    visitor.comes()


def says_nothing(visitor: Visitor) -> bool:
    return visitor.page.locator("#inpaint_anything .ia-message").count() == 0


def test_a_broken_last_change_is_told_once_and_what_was_saved_before_is_there(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    finds(visitor, """() => sessionStorage.setItem("inpaint-anything late", '{"tab": "broken')""")
    assert visitor.message() == ASIDE
    assert overlap(visitor.mask(), RED.mask) > 0.99
    comes_back(visitor)
    assert says_nothing(visitor)


@pytest.mark.parametrize(
    "stored",
    [
        "({ record: { ...record, version: 99 } })",
        "({ record: { ...record, history: { ...record.history, past: null } } })",
        "({ record: 'text' })",
    ],
    ids=["newer", "broken", "foreign"],
)
def test_work_that_cannot_be_read_is_told_once_and_all_goes_on(visitor: Visitor, stored: str) -> None:
    visitor.clicks(RED.centre)
    finds(visitor, f"() => ({STORED})((record) => {stored})")
    assert visitor.message() == ASIDE
    assert visitor.picture() is None
    visitor.reloads()
    assert says_nothing(visitor)
    assert visitor.picture() is None
    visitor.opens(THINGS)
    visitor.clicks(BLUE.centre)
    comes_back(visitor)
    assert says_nothing(visitor)
    assert overlap(visitor.mask(), BLUE.mask) > 0.99


def test_work_of_a_page_before_records_had_a_version_is_there(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    older = "{ const { version, answers, ...rest } = record; return { record: { ...rest, found: answers } }; }"
    finds(visitor, f"() => ({STORED})((record) => {older})")
    assert overlap(visitor.mask(), RED.mask) > 0.99
    assert says_nothing(visitor)


def test_what_is_filled_in_and_the_open_tab_are_there_at_once(visitor: Visitor) -> None:
    visitor.goes_to("extend")
    visitor.fills_in("extend", "left", 40)
    visitor.fills_in("extend", "refine", True)
    visitor.fills_in("everything", "points_per_side", 5)
    visitor.goes_to("remove")
    visitor.fills_in("removal", "grow", 9)
    visitor.goes_to("extend")
    for _ in range(2):
        comes_back(visitor)
        visitor.page.locator("#inpaint_anything_run_extend").wait_for()  # the tab is open
        visitor.reads("extend", "left", "40")
        width = visitor.picture()["width"]
        assert visitor.runs("extend")["offset"] == [40, 0]
        assert width + 40 == visitor.result()["width"] == visitor.picture()["width"]
    visitor.fold_out()
    assert visitor.page.locator("#inpaint_anything_extend_refine input").is_checked()
    visitor.reads("everything", "points_per_side", "5")
    visitor.goes_to("remove")
    visitor.reads("removal", "grow", "9")
    forms = visitor.page.evaluate("window.inpaintAnything.workspace.filled.forms")
    assert (forms["removal"]["grow"], forms["everything"]["points_per_side"]) == (9, 5)
