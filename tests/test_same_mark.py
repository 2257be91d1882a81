"""A mark that many pictures share: found, erased, and not found where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from lib_inpaint.app.cli import main
from lib_inpaint.app.marks import Marks
from lib_inpaint.errors import Cancelled, EmptySelection
from lib_inpaint.geometry import Size
from lib_inpaint.imaging import imagefile
from lib_inpaint.progress import silent
from lib_inpaint.selecting import same_mark

SHAPE = (200, 300)


def scenes(count: int) -> list[np.ndarray]:
    """Pictures of blobs and edges with nothing in common, uint8 HxWx3."""
    rng = np.random.default_rng(0)
    made = []
    for _ in range(count):
        small = rng.integers(0, 256, (5, 8, 3)).astype(np.uint8)
        scene = cv2.resize(small, SHAPE[::-1], interpolation=cv2.INTER_CUBIC)
        for _ in range(6):
            centre = tuple(int(value) for value in rng.integers(0, 200, 2))
            cv2.circle(scene, centre, int(rng.integers(8, 40)), rng.integers(0, 256, 3).tolist(), -1)
        made.append(scene)
    return made


def stamp() -> np.ndarray:
    """How much of each pixel is the mark, 0..1: a ring and a bar."""
    mark = np.zeros(SHAPE, np.float32)
    cv2.circle(mark, (150, 100), 40, 1, 8, cv2.LINE_AA)
    cv2.rectangle(mark, (100, 94), (200, 106), 1, -1)
    return mark


def marked(scene: np.ndarray) -> np.ndarray:
    share = 0.4 * stamp()[..., None]
    return np.rint(scene * (1 - share) + 255 * share).astype(np.uint8)


def grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize("count", [9, 20])
def test_what_they_have_in_common_is_found_whole_and_little_else(count: int) -> None:
    found = same_mark.find([grey(marked(scene)) for scene in scenes(count)])
    assert found is not None
    there, wanted = found > 0, stamp() > 0.5
    near = cv2.dilate(wanted.astype(np.uint8), np.ones((13, 13))) > 0
    assert (there & wanted).sum() / wanted.sum() > 0.98
    assert (there & ~near).sum() / there.sum() < 0.05


def test_pictures_without_a_mark_have_none() -> None:
    assert same_mark.find([grey(scene) for scene in scenes(20)]) is None


def test_the_command_line_erases_it(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "in").mkdir()
    originals = scenes(9)
    for number, scene in enumerate(originals):
        Image.fromarray(marked(scene)).save(tmp_path / "in" / f"{number}.png")
    Image.fromarray(originals[0][:50]).save(tmp_path / "in" / "other.png")
    out = tmp_path / "out"
    assert main(["remove", str(tmp_path / "in"), "-o", str(out), "--same-mark", "--eraser", "telea"]) == 1
    assert "A mark is found in 5 pictures of one size or more; of 300x50 there are fewer." in capsys.readouterr().err
    error = {"before": 0.0, "after": 0.0}
    inside = stamp() > 0.5
    for number, scene in enumerate(originals):
        clean = np.asarray(Image.open(out / f"{number}.png"))
        error["before"] += np.square(marked(scene)[inside].astype(float) - scene[inside]).mean()
        error["after"] += np.square(clean[inside].astype(float) - scene[inside]).mean()
        far = cv2.dilate(inside.astype(np.uint8), np.ones((25, 25))) == 0
        assert (clean[far] == scene[far]).mean() > 0.97
    assert error["after"] < error["before"] / 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """40 pictures of one size with a mark, and 4 of another size."""
    (tmp_path / "in").mkdir()
    for number, scene in enumerate(scenes(40)):
        Image.fromarray(marked(scene)).save(tmp_path / "in" / f"{number:02}.jpg")
    for number in range(4):
        Image.new("RGB", (50 + number, 60)).save(tmp_path / "in" / f"z{number}.jpg")
    return tmp_path / "in"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were decoded."""
    files: list[Path] = []
    real = imagefile.read

    def reading(source: Path) -> Any:
        files.append(source)
        return real(source)

    monkeypatch.setattr(imagefile, "read", reading)
    return files


def test_no_more_files_are_decoded_than_are_looked_at(folder: Path, read: list[Path]) -> None:
    (folder / "00.jpg").write_bytes((folder / "00.jpg").read_bytes()[:2000])
    marks = Marks(sorted(folder.iterdir()))
    for _ in range(2):
        with pytest.raises(EmptySelection, match="of 50x60 there are fewer"):
            marks.of(Size(50, 60), silent)
    assert read == []
    found = marks.of(Size(300, 200), silent)
    assert (found[stamp() > 0.5] > 0).mean() > 0.98
    assert [path.name for path in read] == [f"{number:02}.jpg" for number in range(same_mark.MOST + 1)]
    assert marks.of(Size(300, 200), silent) is found
    assert len(read) == same_mark.MOST + 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), r"There is not enough memory to look for a mark in pictures of 300x200\."),
        (ValueError("odd"), r"The mark of the pictures of 300x200 could not be looked for: ValueError: odd"),
    ],
)
def test_a_search_that_fails_is_not_made_again(
    folder: Path, read: list[Path], monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def fails(greys: Any) -> None:
        raise error

    monkeypatch.setattr(same_mark, "find", fails)
    marks = Marks(sorted(folder.iterdir()))
    for _ in range(3):
        with pytest.raises(EmptySelection, match=told):
            marks.of(Size(300, 200), silent)
    assert len(read) == same_mark.MOST


def test_a_search_that_is_stopped_is_stopped(folder: Path) -> None:
    def stop(fraction: float, text: str = "") -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        Marks(sorted(folder.iterdir())).of(Size(300, 200), stop)


def test_masks_go_beside_their_pictures(folder: Path, capsys: pytest.CaptureFixture) -> None:
    """They are PNG, so no picture is written over."""
    for path in folder.glob("z*"):
        path.unlink()
    assert main(["mask", str(folder), "-o", str(folder), "--same-mark"]) == 0
    assert (np.asarray(Image.open(folder / "07.png"))[stamp() > 0.5] > 0).mean() > 0.98


@pytest.mark.parametrize("command", [["mask"], ["remove", "--eraser", "telea"]])
def test_a_large_mark_is_no_mask_that_somebody_may_have_to_invert(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, command: list[str]
) -> None:
    large = np.full(SHAPE, 255, np.uint8)
    large[:4] = 0  # more than 95 % is selected
    Image.fromarray(large).save(tmp_path / "large.png")
    monkeypatch.setattr(same_mark, "find", lambda greys: large)
    called = [str(path) for path in sorted(folder.glob("0*"))[:5]]
    told = [*command[:1], *called, *command[1:], "-o", str(tmp_path / "out"), "--json"]
    assert main([*told, "--same-mark"]) == 0
    assert not any("note" in json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert main([*told, "--mask", str(tmp_path / "large.png")]) == 0
    assert all("--invert" in json.loads(line)["note"] for line in capsys.readouterr().out.splitlines())
