"""A mark that many pictures share: found, erased, and not found where there is none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from lib_inpaint.app.cli import main
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
