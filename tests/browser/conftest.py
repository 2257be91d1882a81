"""The page of `inpaint-anything serve` in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from people import browser, chromium_or_skip, visit, visitor
from serving import Server, Staged

__all__ = ["browser", "visit", "visitor"]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is in this folder, so that it can be chosen or left out: -m browser, -m "not browser"."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that all tests share; each keeps its own pictures."""
    chromium_or_skip()
    server = Server(tmp_path_factory.mktemp("serve"))
    server.start()
    yield server
    server.kill()
    assert "Traceback" not in server.log()


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staged]:
    """A server whose eraser can be held up."""
    chromium_or_skip()
    server = Staged(tmp_path_factory.mktemp("staged"))
    server.start()
    yield server
    server.kill()
    assert "Traceback" not in server.log()
