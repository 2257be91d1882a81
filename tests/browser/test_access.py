"""A page that is behind a password, and one whose scripts do not come."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import pytest
from people import THINGS
from scenes import RED, overlap
from serving import Server
from visitor import Visitor

LATE = "#inpaint_anything_late"


@pytest.mark.parametrize("refused", ["**/inpaint-anything/page/main.mjs", "**/page/server/http.mjs", "**/*.mjs"])
def test_a_page_whose_modules_are_refused_says_so(visit: Callable[..., Visitor], refused: str) -> None:
    visitor = visit()
    visitor.page.route(refused, lambda route: route.fulfill(status=403, body='{"code": "wrong_host"}'))
    visitor.page.goto(visitor.address)
    visitor.page.locator(LATE).wait_for(timeout=60_000)  # to be seen
    told = " ".join(visitor.page.locator(LATE).inner_text().split())
    assert told.startswith(
        "The JavaScript of this page has not come: its files, below inpaint-anything/page/, are refused"
    )
    assert "--trusted-host NAME" in told
    assert visitor.page.locator(LATE).locator("a").get_attribute("href") == "inpaint-anything/page/main.mjs"
    visitor.forgives("403")
    visitor.troubles = [trouble for trouble in visitor.troubles if "dynamically imported module" not in trouble]


def test_a_page_that_cannot_reach_its_modules_says_so(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.page.route("**/inpaint-anything/page/**", lambda route: route.abort())
    visitor.page.goto(visitor.address)
    visitor.page.locator(LATE).wait_for(timeout=60_000)
    visitor.forgives("ERR_FAILED")
    visitor.troubles = [trouble for trouble in visitor.troubles if "dynamically imported module" not in trouble]


def test_a_page_that_came_says_nothing_of_it(visit: Callable[..., Visitor]) -> None:
    visitor = visit().comes()
    visitor.page.wait_for_timeout(5500)
    assert visitor.page.locator(LATE).count() == 0


def test_everything_works_behind_a_password(visit: Callable[..., Visitor], tmp_path: Path) -> None:
    """The browser's own dialog asks for it once, and it is sent with modules, clicks and events of jobs."""

    class Closed(Server):
        command = (*Server.command, "--auth", "me:secret")

    server = Closed(tmp_path)
    server.start()
    try:
        visitor = visit(server.address, http_credentials={"username": "me", "password": "secret"}).comes()
        visitor.opens(THINGS)
        visitor.clicks(RED.centre)
        assert overlap(visitor.mask(), RED.mask) > 0.99
        visitor.runs("remove")
        assert len(visitor.state()["results"]) == 1
        visitor.page.goto("about:blank")  # it prepares the result as the next picture, and the server goes now
    finally:
        server.kill()
