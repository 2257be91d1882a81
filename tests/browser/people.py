"""Fixtures: a browser, and visitors of the page that the fixture `server` has the `address` of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Callable, Iterator, Protocol

import chromium
import pytest
from scenes import encoded, things
from visitor import File, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ELSEWHERE = re.compile(r"^https?://(?!127\.0\.0\.1|localhost)")  # fonts that gradio asks for; tests need no network
THINGS = File("things.png", encoded(things()))


def chromium_or_skip() -> None:
    """Skip where there is no browser, or fail where there has to be one."""
    missing = chromium.missing()
    if missing and chromium.required():
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


class Site(Protocol):
    """What the fixture `server` gives."""

    address: str

    def is_noise(self, trouble: str) -> bool:
        """Whether an error in the browser's console has nothing to do with our page."""
        ...

    def welcomes(self, visitor: Visitor) -> None:
        """Let a new visitor in, where a password is asked for."""
        ...


@pytest.fixture(scope="module")  # not longer: while a browser is driven, no other test could run an event loop
def browser() -> Iterator[Browser]:
    chromium_or_skip()
    with chromium.running() as browser:
        yield browser


@pytest.fixture
def visit(server: Site, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors: each has a browser's storage for itself. Options are those of playwright's contexts.

    When the test is over, nothing may be in a console that the test did not take out of `troubles`.
    """
    visitors: list[Visitor] = []

    def visit(address: str = server.address, welcome: bool = True, **options: Any) -> Visitor:
        options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **options}
        context = browser.new_context(**options)
        context.route(ELSEWHERE, lambda route: route.fulfill(status=200, body=""))
        visitors.append(Visitor(context, address))
        if welcome:
            server.welcomes(visitors[-1])
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.leaves()
    troubles = [trouble for visitor in visitors for trouble in visitor.troubles if not server.is_noise(trouble)]
    assert not troubles, troubles


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """A person who has opened the picture of scenes.things()."""
    visitor = visit().comes()
    visitor.opens(THINGS)
    return visitor
