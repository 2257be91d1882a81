"""The drawer of models: a model is downloaded, stopped, gone on with, and refused when it is not what it should be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Iterator

import pytest
from mirrors import Mirror, mirroring
from serving import Staged
from staged import CONTENT, TINY
from visitor import Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator


@pytest.fixture
def mirror() -> Mirror:
    return Mirror(CONTENT)


@pytest.fixture
def server(tmp_path: Path, mirror: Mirror) -> Iterator[Staged]:
    """A server that may download, from that mirror."""
    with mirroring(mirror) as address:
        online = {"INPAINT_ANYTHING_OFFLINE": "0", "HF_HUB_OFFLINE": "0", "HF_ENDPOINT": "http://localhost:9"}
        server = Staged(tmp_path, INPAINT_ANYTHING_MIRROR=address, **online)
        server.start()
        yield server
        server.kill()
    assert "Traceback" not in server.log()


@pytest.fixture
def row(visitor: Visitor) -> Locator:
    """The model in the drawer, which is open."""
    visitor.page.locator("#inpaint_anything .ia-models summary").click()
    row = visitor.page.locator("#inpaint_anything .ia-model").filter(
        has=visitor.page.get_by_text(TINY.label, exact=True)
    )
    row.wait_for()
    return row


def file_of(server: Staged) -> Path:
    return server.folder / "models" / "tiny.pt"


def shows(row: Locator, least: float, most: float) -> None:
    """Wait until the bar shows a part between these."""
    row.page.wait_for_function(
        "([bar, least, most]) => !bar.hidden && bar.value >= least && bar.value <= most",
        arg=[row.locator("progress").element_handle(), least, most],
    )


@pytest.mark.walk
def test_a_download_is_seen_stopped_gone_on_with_and_used(
    visitor: Visitor, row: Locator, server: Staged, mirror: Mirror
) -> None:
    mark, stop = row.get_by_text("ready", exact=True), row.get_by_role("button", name="Stop the download")
    assert not mark.is_visible()
    mirror.limit = len(CONTENT) // 4
    row.get_by_role("button", name="Download").click()
    shows(row, 0.1, 0.25)
    assert "MB" in row.locator(".ia-model-state").inner_text()
    mirror.limit = len(CONTENT) // 2
    shows(row, 0.3, 0.5)
    with visitor.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        stop.click()
    row.get_by_text("Stopping").wait_for()  # nothing comes, so the server has not noticed yet
    mirror.limit = len(CONTENT) * 3 // 4
    row.get_by_text("Stopped. The next download goes on from there.").wait_for()
    assert not row.locator("progress").is_visible()
    assert not file_of(server).exists()
    mirror.limit = len(CONTENT)
    row.get_by_role("button", name="Download").click()
    mark.wait_for()
    assert mirror.starts[0] == 0
    assert mirror.starts[-1] >= 0.3 * len(CONTENT)  # what had been shown as done
    assert file_of(server).read_bytes() == CONTENT
    for part in (row.locator("progress"), stop, row.get_by_role("button", name="Download")):
        assert not part.is_visible()


def test_a_file_that_is_another_one_is_refused_in_the_drawer(row: Locator, server: Staged, mirror: Mirror) -> None:
    mirror.content = CONTENT[:-1] + b"?"
    row.get_by_role("button", name="Download").click()
    row.get_by_text("its checksum or size is wrong").wait_for()
    assert not file_of(server).exists()
    assert not row.get_by_text("ready", exact=True).is_visible()
    mirror.content = CONTENT
    row.get_by_role("button", name="Download").click()
    row.get_by_text("ready", exact=True).wait_for()
    assert file_of(server).read_bytes() == CONTENT


def test_a_download_goes_on_while_the_picture_is_worked_on(
    visitor: Visitor, row: Locator, server: Staged, mirror: Mirror
) -> None:
    mirror.limit = len(CONTENT) // 4  # not less: what comes before the first report is told with what comes next
    row.get_by_role("button", name="Download").click()
    shows(row, 0.1, 0.25)
    visitor.clicks((160, 160))
    visitor.runs("remove")
    mirror.limit = len(CONTENT)
    row.get_by_text("ready", exact=True).wait_for()


def test_one_button_gets_what_is_recommended_and_says_what_fails(
    visitor: Visitor, row: Locator, server: Staged, mirror: Mirror
) -> None:
    """Hugging Face does not answer here."""
    first = visitor.page.locator("#inpaint_anything .ia-recommended")
    button = first.get_by_role("button", name="Get ")
    told = visitor.page.request.get(f"{server.address}/inpaint-anything/v1/models").json()
    labels = [one["label"] for name in told["recommended"]["names"] for one in told["models"] if one["name"] == name]
    assert button.inner_text() == f"Get {', '.join(labels)}, {round(told['recommended']['bytes'] / 1e6)} MB"
    button.click()
    first.get_by_text("could not be downloaded").wait_for()
    assert button.is_visible()
    assert visitor.page.get_by_text("Models work on the processor.").is_visible()
