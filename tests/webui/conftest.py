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


@pytest.fixture(autouse=True)
def _sampler_is_there(request: pytest.FixtureRequest) -> None:
    """A test of a sampler that this WebUI has not would be one of its default, which it takes instead, untold."""
    values = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    sampler = values.get("sampler")
    if sampler and "webui" in request.fixturenames and sampler not in request.getfixturevalue("webui").samplers:
        pytest.skip(f"this WebUI has no {sampler}")


@pytest.fixture(scope="module")
def own_options(webui: Webui) -> Iterator[None]:
    """For files that choose checkpoints by the WebUI's settings: these are put back for those that come after."""
    before = {name: webui.get(path="/sdapi/v1/options")[name] for name in ("sd_model_checkpoint", "emphasis")}
    yield
    for name, value in before.items():
        webui.option(name=name, value=value)
