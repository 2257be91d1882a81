"""`serve --input` and `--output-dir`: what of a folder is shown, and to which file a result goes; nothing beside."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import Any, Iterator

import numpy as np
import pytest
from fakes.pictures import CLICK, PHOTO, RED, png
from fakes.server import Running, running
from PIL import Image

from lib_inpaint.api.state import Folders
from lib_inpaint.app.cli import USAGE, main
from lib_inpaint.errors import OutputFailed
from lib_inpaint.imaging import imagefile, rle
from lib_inpaint.imaging.folder import OutputFolder, PictureFolder

BAD_NAMES = ["..", "../secret.png", "..%2Fsecret.png", "sub%2Fdeep.png", "%2Fetc%2Fpasswd", ".hidden.png", "notes.txt"]
LINKS = pytest.mark.skipif(os.name == "nt", reason="links need a right there")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with three pictures, what is none, what is hidden, a sub-folder, and something private beside it."""
    place = tmp_path / "photos"
    (place / "sub").mkdir(parents=True)
    for name in ("10.png", "9.png", ".hidden.png", "sub/deep.png", "../secret.png"):
        (place / name).write_bytes(png(PHOTO))
    Image.fromarray(PHOTO).save(place / "b ü.JPG", quality=90)
    (place / "broken.png").write_bytes(b"no picture at all")
    (place / "notes.txt").write_text("private")
    return place


@pytest.fixture
def server(place: Path, tmp_path: Path) -> Iterator[Running]:
    folders = Folders(PictureFolder(place), OutputFolder.at(tmp_path / "out"))
    with running(tmp_path / "results", folders=folders) as one:
        yield one


def listed(server: Running, query: str = "") -> Any:
    reply = server.call("GET", f"/folder{query}")
    assert reply.status == 200, reply.json
    return reply.json


def names(answer: Any) -> list[str]:
    return [one["name"] for one in answer["pictures"]]


def test_pictures_are_listed_as_people_count_and_some_at_a_time(server: Running) -> None:
    every = ["9.png", "10.png", "b ü.JPG", "broken.png"]
    assert (names(listed(server)), listed(server)["total"]) == (every, 4)
    assert names(listed(server, "?from=1&count=2")) == every[1:3]
    around = listed(server, "?at=b%20%C3%BC.JPG&count=2")
    assert (around["from"], around["at"], names(around)) == (1, 2, every[1:3])
    assert listed(server, "?at=../secret.png")["at"] is None
    assert names(listed(server, "?from=99")) == []
    for query in ("?from=-1", "?count=x", "?from=1e3", "?from=" + "9" * 20):
        assert server.call("GET", f"/folder{query}").status == 422


def test_a_picture_comes_as_its_file_is(server: Running, place: Path) -> None:
    reply = server.call("GET", "/folder/b%20%C3%BC.JPG")
    assert (reply.status, reply.headers["content-type"], reply.body) == (
        200,
        "image/jpeg",
        (place / "b ü.JPG").read_bytes(),
    )
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("end", ["", "/thumbnail"])
def test_nothing_but_what_is_listed_is_answered(server: Running, name: str, end: str) -> None:
    reply = server.call("GET", f"/folder/{name}{end}")
    assert reply.status == 404
    assert b"PNG" not in reply.body
    assert b"private" not in reply.body


@LINKS
def test_links_that_lead_out_are_not_followed(server: Running, place: Path) -> None:
    (place / "out.png").symlink_to("../secret.png")
    (place / "in.png").symlink_to("9.png")
    (place / "loop.png").symlink_to("loop.png")
    os.mkfifo(place / "pipe.png")
    assert names(listed(server)) == ["9.png", "10.png", "b ü.JPG", "broken.png", "in.png"]
    assert [server.call("GET", f"/folder/{one}.png").status for one in ("out", "in", "loop", "pipe")] == [
        404,
        200,
        404,
        404,
    ]


def test_a_thumbnail_is_small_upright_and_made_once(server: Running, place: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6  # turned right
    large = np.zeros((300, 900, 3), np.uint8)
    large[:, :450] = (255, 0, 0)
    Image.fromarray(large).save(place / "turned.jpg", exif=exif)
    reply = server.call("GET", "/folder/turned.jpg/thumbnail")
    shown = np.asarray(Image.open(io.BytesIO(reply.body)))
    assert (reply.status, reply.headers["content-type"]) == (200, "image/jpeg")
    assert max(shown.shape[:2]) <= 144
    assert shown.shape[0] > 2 * shown.shape[1]
    assert shown[4, 10, 0] > 200 > 60 > shown[-4, 10, 0]
    folder = PictureFolder(place)
    path = folder.find("turned.jpg")
    assert path is not None
    assert folder.thumbnail(path) is folder.thumbnail(path)
    before = folder.thumbnail(path)
    Image.fromarray(large[:, ::-1].copy()).save(path)
    assert folder.thumbnail(path) != before


def test_what_is_no_picture_is_told_by_its_name_alone(server: Running) -> None:
    reply = server.call("GET", "/folder/broken.png/thumbnail")
    assert (reply.status, reply.json["error"]) == (
        415,
        "broken.png is not a picture that can be read (PNG, JPEG, WebP, BMP, TIFF).",
    )


def test_a_server_without_a_folder_says_so(tmp_path: Path) -> None:
    with running(tmp_path) as one:
        for path in ("/folder", "/folder/a.png", "/folder/a.png/thumbnail"):
            assert (one.call("GET", path).status, one.call("GET", path).json["code"]) == (404, "no_folder")


def test_of_one_picture_nothing_else_in_its_folder_is_shown(place: Path) -> None:
    folder = PictureFolder(place, "9.png")
    assert folder.names() == ["9.png"]
    assert folder.find("10.png") is None


def test_ten_thousand_pictures_are_listed_in_no_time(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"{number}.jpg").touch()
    with running(tmp_path / "results", folders=Folders(PictureFolder(tmp_path))) as one:
        start = time.perf_counter()
        answer = listed(one, "?at=7000.jpg")
        assert time.perf_counter() - start < 2
    assert (answer["total"], answer["at"], len(answer["pictures"])) == (10_000, 7000, 100)


# Results.


def removed(server: Running, name: str, data: bytes, **more: Any) -> Any:
    id = server.call("POST", "/images", data).json["id"]
    mask = {"size": [64, 128], "counts": rle.encode(RED)}
    body = {"image": id, "mask": mask, "save": True, "name": name, "eraser": "telea", "format": "same", **more}
    reply = server.call("POST", "/erase?wait=60", body)
    assert reply.status == 200, reply.json
    return reply.json


def test_a_result_is_saved_by_the_name_of_its_picture_and_nothing_is_written_over(
    server: Running, place: Path, tmp_path: Path
) -> None:
    data, out = (place / "b ü.JPG").read_bytes(), tmp_path / "out"
    assert removed(server, "b ü.JPG", data)["saved"] == "out/b ü.JPG"
    first = (out / "b ü.JPG").read_bytes()
    assert removed(server, "b ü.JPG", data)["saved"] == "out/b ü-2.JPG"
    assert (out / "b ü.JPG").read_bytes() == first
    assert [one["done"] for one in listed(server)["pictures"]] == [False, False, True, False]
    assert sorted(path.name for path in out.iterdir()) == ["b ü-2.JPG", "b ü.JPG"]  # and no draft


def test_it_has_the_format_of_its_picture_whatever_is_answered(server: Running, place: Path, tmp_path: Path) -> None:
    answer = removed(server, "b.jpeg", (place / "b ü.JPG").read_bytes(), format="png")
    assert (answer["image"]["format"], answer["saved"]) == ("png", "out/b.jpeg")
    with Image.open(tmp_path / "out" / "b.jpeg") as saved:
        assert saved.format == "JPEG"
    assert removed(server, "scan.tiff", png(PHOTO))["saved"] == "out/scan.png"
    shown = imagefile.read(tmp_path / "out" / "scan.png").image
    assert (shown[RED == 0] == PHOTO[RED == 0]).all()
    assert (shown[RED > 0] != PHOTO[RED > 0]).any()


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("../../up.png", "up.png"),
        ("C:\\pictures\\cat.png", "cat.png"),
        ("/etc/cron.d/x.png", "x.png"),
        ("", "picture.png"),
        ("..", "picture.png"),
        (".bashrc", "bashrc.png"),
        ("nul.png", "_nul.png"),
        ("a\0b\n<c>.png", "a_b__c_.png"),
        ("x" * 300 + ".png", "x" * 60 + ".png"),
        ("猫.webp", "猫.png"),
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str, saved: str) -> None:
    out = OutputFolder.at(tmp_path / "out")
    assert out.save(name, "png", b"data") == saved
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [saved]


def test_beside_the_pictures_results_are_numbered(place: Path) -> None:
    out, before = OutputFolder.at(place), (place / "9.png").read_bytes()
    assert out.done(["9.png", "10.png"], place) == [False, False]
    assert out.save("9.png", "png", b"data") == "9-2.png"
    assert out.done(["9.png", "10.png"], place) == [True, False]
    assert (place / "9.png").read_bytes() == before


def test_without_links_of_the_file_system_nothing_is_written_over_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: Any) -> None:
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", no_links)
    (tmp_path / "a.png").write_bytes(b"old")
    assert not imagefile.write_new(tmp_path / "a.png", b"new")
    assert imagefile.write_new(tmp_path / "b.png", b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.png": b"old", "b.png": b"new"}


def test_a_result_that_cannot_be_saved_is_answered_all_the_same(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> bool:
        raise OutputFailed(f"{path} could not be written: No space left on device.")

    monkeypatch.setattr(imagefile, "write_new", full)
    answer = removed(server, "a.png", png(PHOTO))
    assert answer["note"].endswith("It is not saved: a.png could not be written: No space left on device.")
    assert "saved" not in answer
    assert answer["image"]["width"] == 128


def test_an_extended_picture_is_saved_too(server: Running, tmp_path: Path) -> None:
    id = server.call("POST", "/images", png(PHOTO)).json["id"]
    body = {"image": id, "right": 8, "save": True, "name": "wide.png", "eraser": "telea"}
    assert server.call("POST", "/extend?wait=60", body).json["saved"] == "out/wide.png"
    assert imagefile.read(tmp_path / "out" / "wide.png").size == (136, 64)


def test_without_such_a_folder_saving_is_refused_before_any_work(tmp_path: Path) -> None:
    with running(tmp_path) as one:
        id = one.call("POST", "/images", png(PHOTO)).json["id"]
        body = {"image": id, **CLICK, "save": True}
        assert one.call("POST", "/erase", body).status == 501


# The command.


def test_folders_that_cannot_be_used_are_told_before_it_serves(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    for options, said in [
        (["--input", str(tmp_path / "none")], f"{tmp_path / 'none'}: there is no such file or folder.\n"),
        (["--input", str(tmp_path / "empty")], f"There are no pictures in {tmp_path / 'empty'}.\n"),
        (["--input", str(tmp_path / "file.txt")], f"{tmp_path / 'file.txt'} is no picture.\n"),
        (["--output-dir", str(tmp_path / "file.txt")], f"{tmp_path / 'file.txt'} is a file; give a folder for the"),
    ]:
        assert main(["serve", "--port", "0", *options]) == USAGE
        assert capsys.readouterr().err.startswith(said)
