"""A real WebUI for tests, with the tiny checkpoints; process.py says what the environment has to name."""

from __future__ import annotations

from typing import Iterator

import pytest
from process import Webui, missing, running


@pytest.fixture(scope="session")
def webui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webui]:
    if missing():
        pytest.skip(f"needs a real WebUI: set {', '.join(missing())} (see tests/webui/process.py)")
    with running(tmp_path_factory.mktemp("webui") / "log.txt") as webui:
        yield webui
