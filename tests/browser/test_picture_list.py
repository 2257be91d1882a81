"""A list of pictures: a folder that `serve` was given, or files of a person's own; one after the other, none lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator

import pytest
from people import THINGS, chromium_or_skip
from scenes import RED, decoded, encoded, overlap, things
from serving import Server
from visitor import File, Visitor

if TYPE_CHECKING:
    from playwright.sync_api import Locator

MIRRORED = encoded(things()[:, ::-1].copy())
FILES = [THINGS, File("two.png", MIRRORED), File("three.png", THINGS.data)]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Server]:
    """`serve` with a folder of many pictures, the third of them broken, and one for results."""
    chromium_or_skip()
    (tmp_path / "photos").mkdir()
    for number in range(300):
        (tmp_path / "photos" / f"{number}.png").write_bytes(MIRRORED if number == 1 else THINGS.data)
    (tmp_path / "photos" / "2.png").write_bytes(b"no picture at all")
    server = Server(tmp_path)
    server.command = (*Server.command, "--input", str(tmp_path / "photos"), "--output-dir", str(tmp_path / "out"))
    server.start()
    yield server
    server.kill()
    assert "Traceback" not in server.log()


def file_list(visitor: Visitor) -> Locator:
    return visitor.page.locator("#inpaint_anything .ia-files")


def at(visitor: Visitor, number: int, count: int) -> None:
    """Wait until that one of the list is open, or could not be."""
    file_list(visitor).get_by_text(f"{number} of {count}", exact=True).wait_for()


def goes(visitor: Visitor, key: str) -> None:
    """To another picture by key, and wait for it."""
    before = visitor.picture()
    visitor.presses(key)
    visitor.opened(before)


def test_a_folder_of_the_server_is_worked_through_and_each_result_saved(
    served: Server, visit: Callable[..., Visitor]
) -> None:
    visitor = visit(served.address).comes()
    visitor.opened()
    assert visitor.picture()["name"] == "0.png"
    visitor.clicks(RED.centre)
    visitor.runs("remove")
    folder = served.folder / "out"
    assert [path.name for path in folder.iterdir()] == ["0.png"]
    assert (decoded((folder / "0.png").read_bytes()) == decoded(visitor.result_file())).all()
    visitor.page.locator("#inpaint_anything .ia-about", has_text="saved as out/0.png").wait_for()
    file_list(visitor).get_by_role("button", name="0.png, saved").wait_for()
    goes(visitor, "PageDown")
    visitor.clicks((639 - RED.centre[0], RED.centre[1]))
    assert overlap(visitor.mask(), RED.mask[:, ::-1]) > 0.99
    visitor.presses("PageDown")
    at(visitor, 3, 300)
    assert "2.png" in visitor.message()
    visitor.forgives("status of 415")
    goes(visitor, "PageDown")
    assert visitor.picture()["name"] == "3.png"
    visitor.reloads()
    at(visitor, 4, 300)
    assert visitor.picture()["name"] == "3.png"
    file_list(visitor).get_by_role("button", name="0.png, saved").wait_for()
    visitor.forgives("status of 415", at_least=0)


def test_of_many_pictures_those_in_sight_are_there(served: Server, visit: Callable[..., Visitor]) -> None:
    visitor = visit(served.address).comes()
    visitor.opened()
    shown = file_list(visitor).get_by_role("listitem")
    assert 5 < shown.count() < 40
    file_list(visitor).locator(".ia-files-sight").evaluate("(list) => { list.scrollLeft = list.scrollWidth; }")
    last = file_list(visitor).get_by_role("button", name="299.png")
    last.wait_for()
    assert shown.count() < 40
    visitor.page.wait_for_function(
        "() => [...document.querySelectorAll('.ia-files img')].every((img) => img.naturalWidth > 20)"
    )
    before = visitor.picture()
    last.click()
    visitor.opened(before)
    assert visitor.picture()["name"] == "299.png"
    at(visitor, 300, 300)
    assert file_list(visitor).get_by_role("button", name="The next picture").is_disabled()
    visitor.forgives("status of 415", at_least=0)


def test_several_files_are_a_list_and_a_result_that_is_not_saved_is_asked_about(visit: Callable[..., Visitor]) -> None:
    visitor = visit().comes()
    with visitor.page.expect_file_chooser() as chooser:
        visitor.button("Open").click()
    chooser.value.set_files([{"name": one.name, "mimeType": one.type, "buffer": one.data} for one in FILES])
    visitor.opened()
    assert visitor.picture()["name"] == "things.png"  # as people sort: things, three, two
    visitor.clicks(RED.centre)
    visitor.runs("remove")
    asked = visitor.page.get_by_role("dialog", name="The result is not saved")
    visitor.presses("PageDown")
    asked.get_by_role("button", name="Stay here").click()
    at(visitor, 1, 3)
    assert visitor.picture()["id"] == visitor.result()["image"]
    visitor.presses("PageDown")
    before = visitor.picture()
    with visitor.page.expect_download() as download:
        asked.get_by_role("button", name="Download it and go on").click()
    assert download.value.suggested_filename == "things.png"
    visitor.opened(before)
    assert visitor.picture()["name"] == "three.png"
    file_list(visitor).get_by_role("button", name="things.png, saved").wait_for()
    visitor.clicks(RED.centre)
    visitor.runs("remove")
    file_list(visitor).get_by_role("button", name="two.png").click()
    before = visitor.picture()
    asked.get_by_role("button", name="Go on without").click()
    visitor.opened(before)
    assert visitor.picture()["name"] == "two.png"
    goes(visitor, "PageUp")  # nothing was made here, so nothing is asked
    assert visitor.picture()["name"] == "three.png"
