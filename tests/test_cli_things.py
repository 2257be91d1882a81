"""The command line's boxes, texts, candidates and everything, down to the files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lib_inpaint.app.cli import main
from lib_inpaint.geometry import Box
from lib_inpaint.imaging.labels import overlay, palette
from lib_inpaint.models.model import Hit
from lib_inpaint.schema import DetectRequest
from lib_inpaint.service import Service


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two squares and a disc on grey, 240x160."""
    image = np.full((160, 240, 3), 120, np.uint8)
    image[20:70, 20:80] = (200, 40, 40)
    image[90:140, 150:210] = (40, 60, 200)
    path = tmp_path_factory.mktemp("photo") / "squares.png"
    Image.fromarray(image).save(path)
    return path


RED, BLUE = Box(20, 20, 80, 70), Box(150, 90, 210, 140)


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def inside(*boxes: Box) -> np.ndarray:
    mask = np.zeros((160, 240), bool)
    for box in boxes:
        mask[box.slices] = True
    return mask


def told(capsys: pytest.CaptureFixture) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def around(box: Box) -> str:
    return ",".join(str(side) for side in box.grow(6))


def test_each_box_is_a_thing_of_its_own(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.png"
    assert main(["mask", str(photo), "-o", str(out), "--box", around(RED), "--box", around(BLUE)]) == 0
    assert ((read(out) > 0) == inside(RED, BLUE)).mean() > 0.99


def test_points_belong_to_a_single_box_and_stand_beside_several(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.png"
    arguments = ["mask", str(photo), "-o", str(out), "--at", "45,45", "--box", around(BLUE), "--box", around(BLUE)]
    assert main(arguments) == 0
    assert ((read(out) > 0) == inside(RED, BLUE)).mean() > 0.99


def test_a_text_selects_what_the_detector_finds(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    asked: list[DetectRequest] = []

    def detect(self: Service, image: np.ndarray, request: DetectRequest, progress: object) -> list[Hit]:
        asked.append(request)
        return [Hit(RED.grow(6), 0.8, "red square"), Hit(BLUE.grow(6), 0.41234, "red square")]

    monkeypatch.setattr(Service, "detect", detect)
    out = tmp_path / "mask.png"
    arguments = ["mask", str(photo), "-o", str(out), "--text", "the red square", "--threshold", "0.4", "--json"]
    assert main(arguments) == 0
    assert asked == [DetectRequest(text="the red square", threshold=0.4)]
    assert told(capsys)["hits"] == [
        {"text": "red square", "score": 0.8, "box": list(RED.grow(6))},
        {"text": "red square", "score": 0.4123, "box": list(BLUE.grow(6))},
    ]
    assert ((read(out) > 0) == inside(RED, BLUE)).mean() > 0.99
    removed = tmp_path / "removed.png"
    assert main(["remove", str(photo), "-o", str(removed), "--text", "the red square", "--eraser", "neutral"]) == 0
    assert np.abs(read(removed).astype(int)[30:60, 30:70] - 120).max() < 12


def test_without_a_detector_a_text_is_refused_in_a_sentence(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert main(["mask", str(photo), "-o", str(tmp_path / "mask.png"), "--text", "cat"]) == 1
    err = capsys.readouterr().err
    assert err.startswith(("Grounding DINO tiny", "OWL-ViT base")), "the best that could work with what is installed"
    assert "pip install" in err or "models download" in err
    assert main(["mask", str(photo), "-o", str(tmp_path / "mask.png"), "--text", "cat", "--threshold", "7"]) == 2
    assert not list(tmp_path.iterdir())


def test_candidates_are_written_side_by_side(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    arguments = ["mask", str(photo), "-o", str(tmp_path / "out.png"), "--at", "45,45", "--candidates", "--json"]
    assert main(arguments) == 0
    lines = told(capsys)["candidates"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"out.{n}.png" for n in range(len(lines))]
    for number, line in enumerate(lines):
        mask = read(tmp_path / f"out.{number}.png")
        assert line["area"] == np.count_nonzero(mask)
        assert 0 <= line["score"] <= 1
    assert ((read(tmp_path / "out.0.png") > 0) == inside(RED)).mean() > 0.99


@pytest.mark.parametrize(
    "more", [["--at", "45,45", "--candidate", "1"], ["--box", "1,1,9,9", "--box", "20,20,30,30"], []]
)
def test_candidates_are_of_one_thing(photo: Path, tmp_path: Path, more: list[str]) -> None:
    assert main(["mask", str(photo), "-o", str(tmp_path / "out.png"), "--candidates", *more]) > 0
    assert not list(tmp_path.iterdir())


def test_everything_writes_colours_labels_and_a_list(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    arguments = [
        "mask",
        str(photo),
        "-o",
        str(tmp_path / "out.png"),
        "--everything",
        "--points-per-side",
        "2",
        "--json",
    ]
    assert main(arguments) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "out.labels.png", "out.png"]
    things = json.loads((tmp_path / "out.json").read_text())["things"]
    assert told(capsys)["things"] == things
    labels = read(tmp_path / "out.labels.png").astype(np.uint16)
    assert labels.shape == (160, 240)
    for box in (RED, BLUE):
        y, x = (box.top + box.bottom) // 2, (box.left + box.right) // 2
        thing = things[labels[y, x] - 1]
        assert thing["label"] == labels[y, x]
        assert max(abs(a - b) for a, b in zip(thing["box"], box)) <= 2
        assert abs(thing["area"] - box.size.area) < 0.1 * box.size.area
    assert (read(tmp_path / "out.png") == overlay(read(photo), labels, palette(len(things)))).all()


def test_everything_in_a_grey_picture_is_shown_in_colours(photo: Path, tmp_path: Path) -> None:
    Image.open(photo).convert("L").save(tmp_path / "grey.png")
    assert main(["mask", str(tmp_path / "grey.png"), "-o", str(tmp_path / "out.png"), "--everything"]) == 0
    labels = read(tmp_path / "out.labels.png").astype(np.uint16)
    below = np.repeat(read(tmp_path / "grey.png")[..., None], 3, axis=2)
    assert (read(tmp_path / "out.png") == overlay(below, labels, palette(int(labels.max())))).all()


def test_everything_goes_alone(photo: Path, tmp_path: Path) -> None:
    assert main(["mask", str(photo), "-o", str(tmp_path / "out.png"), "--everything", "--at", "5,5"]) == 2


def test_what_is_written_beside_a_result_is_no_input(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    for name in ("a.png", "a.labels.png", "a.0.png"):
        (tmp_path / name).write_bytes(photo.read_bytes())
    inputs = [str(tmp_path / "a.png"), str(tmp_path / "a.labels.png")]
    assert main(["mask", *inputs, "-o", str(tmp_path / "b"), "--everything"]) == 2
    assert "would both be written" in capsys.readouterr().err
    assert main(["mask", str(tmp_path / "a.0.png"), "-o", str(tmp_path / "a.png"), "--at", "5,5", "--candidates"]) == 2
    assert "is an input" in capsys.readouterr().err
    assert (tmp_path / "a.0.png").read_bytes() == photo.read_bytes()
