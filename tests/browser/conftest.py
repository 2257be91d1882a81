"""The page of `inpaint-anything serve` in a real browser."""

from __future__ import annotations

from typing import Iterator

import pytest
from people import browser, chromium_or_skip, visit, visitor
from serving import Server

__all__ = ["browser", "visit", "visitor"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that all tests share; each keeps its own pictures."""
    chromium_or_skip()
    server = Server(tmp_path_factory.mktemp("serve"))
    server.start()
    yield server
    server.kill()
    assert "Traceback" not in server.log()
