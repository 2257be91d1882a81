"""Text: regions from a map, letters in a line, the filters, and the way through every door. The network is a fake."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterator

import cv2
import numpy as np
import pytest
from PIL import Image

pytest.importorskip("onnx", reason="onnx is not installed: no file can be made")

from fakes import onnx_files
from fakes.pictures import png
from fakes.server import Running, running

from lib_inpaint.api.bodies import FindTextBody
from lib_inpaint.api.results import Results
from lib_inpaint.api.state import AppState
from lib_inpaint.api.tasks.selecting import find_text
from lib_inpaint.app.cli import main
from lib_inpaint.errors import BadRequest, Cancelled, EmptySelection, ModelUnavailable
from lib_inpaint.geometry import Box, Size
from lib_inpaint.imaging import rle
from lib_inpaint.imaging.imagefile import Picture
from lib_inpaint.models import catalogue, registry
from lib_inpaint.models.files import places
from lib_inpaint.models.model import TextRegion
from lib_inpaint.models.text import db
from lib_inpaint.models.text.regions import merged, regions_of
from lib_inpaint.progress import silent
from lib_inpaint.schema import FindTextRequest
from lib_inpaint.selecting import text
from lib_inpaint.selecting.letters import letters_of
from lib_inpaint.selecting.text import margin_of, mask_of
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

RED = onnx_files.TEXT_COLOUR


def page(ground: Any = (190, 200, 205)) -> tuple[np.ndarray, np.ndarray]:
    """A page with two lines of red letters, 24 and 48 pixels high: the picture and its letters, bool HxW."""
    image = np.empty((300, 400, 3), np.uint8)
    image[:] = ground
    before = image.copy()
    cv2.putText(image, "Reduced", (40, 60), cv2.FONT_HERSHEY_SIMPLEX, 0.8, RED, 2)
    cv2.putText(image, "Sunday", (120, 220), cv2.FONT_HERSHEY_SIMPLEX, 1.6, RED, 5)
    return image, (image != before).any(axis=2)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the fake network, the only one there is; files may have any size."""
    models = tmp_path / "models"
    models.mkdir()
    for model in registry.models("text_detector"):
        onnx_files.text_detector(models / model.files[0].name, model.options["output"])
    small = [
        replace(model, files=tuple(replace(file, size=None) for file in model.files)) for model in catalogue.MODELS
    ]
    monkeypatch.setattr(catalogue, "MODELS", tuple(small))
    monkeypatch.setattr(places, "packaged_folders", list)
    monkeypatch.setenv("INPAINT_ANYTHING_MODELS", str(models))
    return models


@pytest.fixture
def service(folder: Path) -> Service:
    return Service(Standalone(device="cpu"))


# Regions


def test_a_core_is_widened_and_scored_by_its_mean() -> None:
    probability = np.zeros((100, 200), np.float32)
    probability[40:60, 50:150] = 0.8
    (found,) = regions_of(probability, Size(400, 200), 0.5)
    wider = 2 * 100 * 20 * 1.6 / (2 * (99 + 19))  # area * r' / length, on the picture of twice the size
    assert found.score == pytest.approx(0.8)
    assert np.abs(np.array(found.box) - Box(100, 80, 300, 120).grow(round(wider))).max() <= 3
    assert found.height == pytest.approx(40 + 2 * wider, abs=4)
    assert regions_of(probability, Size(400, 200), 0.81) == []
    probability[40:42, 50:150] = 0.8
    probability[42:] = 0
    assert regions_of(probability, Size(400, 200), 0.5) == [], "a line of 2 pixels is noise"


def test_what_covers_the_picture_has_to_be_sure() -> None:
    for score, count in ((0.75, 0), (0.9, 1)):
        assert len(regions_of(np.full((100, 100), score, np.float32), Size(100, 100), 0.5)) == count


def region(box: Box, score: float = 0.9) -> TextRegion:
    return TextRegion(box, np.full((box.size.height, box.size.width), 255, np.uint8), score, min(box.size))


def test_a_line_counts_where_it_was_found_whole() -> None:
    lines = [region(Box(10, 10, 110, 30)), region(Box(10, 34, 110, 54))]
    paragraph = region(Box(8, 8, 112, 56))
    assert merged([lines, [paragraph]], [1, 0.5]) == lines, "a coarser scale that sees two lines as one adds nothing"
    pieces = [region(Box(20, 120, 40, 150)), region(Box(150, 120, 170, 150))]
    whole = region(Box(10, 100, 190, 180))
    assert merged([[*lines, *pieces], [whole]], [1, 0.5]) == [*lines, whole]
    large, better = region(Box(0, 0, 400, 100)), region(Box(0, 0, 420, 104))
    assert merged([[large], [better]], [1, 0.5]) == [better], "a line of 100 pixels is seen better at half of the size"


def scattered(rng: np.random.Generator, count: int, side: int) -> list[TextRegion]:
    """Regions of any shape, as many, within a square of that side."""
    made: list[TextRegion] = []
    for _ in range(count):
        left, top, width, height = map(int, (*rng.integers(0, side, 2), *rng.integers(5, 120, 2)))
        mask = np.where(rng.random((height, width)) < 0.8, np.uint8(255), np.uint8(0))
        made.append(TextRegion(Box(left, top, left + width, top + height), mask, 0.9, float(min(width, height))))
    return made


def merged_slowly(levels: list[list[TextRegion]], scales: list[float]) -> list[TextRegion]:
    """As merged, with each region held against each other."""

    def covered(one: TextRegion, others: list[TextRegion]) -> float:
        canvas = np.zeros((700, 700), bool)
        for other in others:
            canvas[other.box.slices] |= other.mask > 0
        inside = one.mask > 0
        return (canvas[one.box.slices] & inside).sum() / inside.sum()

    kept: list[tuple[TextRegion, float]] = []
    for regions, scale in zip(levels, scales):
        fresh = []
        for one in regions:
            if covered(one, [other for other, height in kept if height <= 64]) < 0.5:
                kept = [pair for pair in kept if covered(pair[0], [one]) < 0.5]
                fresh.append((one, one.height * scale))
        kept += fresh
    return sorted((one for one, _ in kept), key=lambda one: (one.box.top, one.box.left))


@pytest.mark.parametrize("seed", range(6))
def test_regions_are_merged_as_if_each_were_held_against_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    levels = [scattered(rng, count, 500) for count in (40, 30, 15)]
    result = merged(levels, [1, 0.5, 0.25])
    assert 0 < len(result) < 85
    assert [id(one) for one in result] == [id(one) for one in merged_slowly(levels, [1, 0.5, 0.25])]


def test_thousands_of_regions_are_merged_in_a_moment() -> None:
    rng = np.random.default_rng(0)
    levels = [[region(Box(*at, at[0] + 9, at[1] + 9)) for at in rng.integers(0, 9000, (3000, 2)).tolist()]] * 2
    start = time.process_time()
    merged(levels, [1, 0.5])
    assert time.process_time() - start < 5  # with a loop over all pairs it is ten times that


@pytest.mark.parametrize("size", [Size(8, 8), Size(960, 640), Size(961, 40), Size(4000, 3000), Size(30, 9000)])
def test_tiles_cover_the_picture_once_and_see_past_what_they_answer_for(size: Size) -> None:
    counted = np.zeros((size.height, size.width), int)
    for seen, kept in db.tiles(size):
        counted[kept.slices] += 1
        assert max(seen.size) <= 960
        assert seen == seen.clip(size)
        assert kept.within(seen) == kept
        for side, other, edge in zip(kept, seen, (0, 0, *size)):
            assert side == edge or abs(side - other) >= 40
    assert (counted == 1).all()


def test_every_picture_is_shown_at_its_own_size_and_down_to_a_few_hundred_pixels() -> None:
    assert db.sizes(Size(4000, 3000)) == [Size(4000 >> n, 3000 >> n) for n in range(4)]
    assert db.sizes(Size(300, 200)) == [Size(600, 400), Size(300, 200)]
    assert db.sizes(Size(1, 5000))[-1] == Size(1, 625)


# Letters


def grounds() -> dict[str, np.ndarray]:
    x = np.linspace(0, 1, 400)[None, :, None]
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.normal(0, 25, (300, 400, 1)).astype(np.float32), (0, 0), 1.5)
    return {
        "plain": np.full((300, 400, 3), (20, 24, 40), np.uint8),
        "gradient": (x * (200, 220, 90) + (1 - x) * (20, 40, 160)).astype(np.uint8) + np.zeros((300, 1, 1), np.uint8),
        "texture": np.clip(np.array((120, 150, 170)) + noise[..., None], 0, 255).astype(np.uint8),
    }


@pytest.mark.parametrize("name", ["plain", "gradient", "texture"])
def test_the_letters_are_found_and_little_else(service: Service, name: str) -> None:
    image, letters = page(grounds()[name])
    lines = service.find_text(image, FindTextRequest())
    found = mask_of(lines, Size.of(image)) > 0
    grown = cv2.dilate(letters.astype(np.uint8), np.ones((9, 9))) > 0  # a margin of 4, what the higher line has
    assert len(lines) == 2
    assert (found & letters).sum() / letters.sum() > 0.99
    assert found.sum() / grown.sum() < 1.3


def test_what_cannot_be_told_apart_is_taken_whole() -> None:
    image = np.full((60, 200, 3), 90, np.uint8)
    line = region(Box(0, 0, 200, 60))
    box, mask = letters_of(image, line, np.full((60, 200), 255, np.uint8))
    assert box == Box(0, 0, 200, 60)
    assert (mask == 255).all()


def test_a_line_in_which_nothing_is_seen_is_none() -> None:
    """The networks find text on some empty pages."""
    ramp = np.linspace(60, 200, 400)[None, :, None]
    image = np.broadcast_to(ramp, (300, 400, 3)).astype(np.uint8)

    def detector(image: np.ndarray, threshold: float, progress: Any) -> list[TextRegion]:
        return [region(Box(100, 100, 300, 140))]

    detector.threshold = 0.5  # type: ignore[attr-defined]
    for shape in ("letters", "box"):
        assert text.find(image, detector, FindTextRequest(text_as=shape), silent) == []  # type: ignore[arg-type]


# The filters


def test_a_region_and_sizes_and_confidence_leave_lines_out(service: Service) -> None:
    image, _ = page()
    high, low = Box(100, 150, 400, 300), Box(0, 0, 250, 80)
    both = service.find_text(image, FindTextRequest())
    assert [one.box.within(box) == one.box for one, box in zip(both, (low, high))] == [True, True]
    for asked, expected in (
        ({"region": low}, both[:1]),
        ({"region": high}, both[1:]),
        ({"min_height": 64}, both[1:]),
        ({"max_height": 64}, both[:1]),
    ):
        (line,) = service.find_text(image, FindTextRequest(**asked))
        assert np.abs(np.array(line.box) - expected[0].box).max() <= 2, asked
    with pytest.raises(EmptySelection, match=r"There is no text in this picture \(at least 300 pixels high\)\."):
        service.find_text(image, FindTextRequest(min_height=300))
    with pytest.raises(BadRequest, match="reaches outside the picture"):
        service.find_text(image, FindTextRequest(region=Box(0, 0, 500, 10)))


def test_the_place_of_a_line_can_be_taken_whole_and_the_margin_chosen(service: Service) -> None:
    image, letters = page()
    areas = {}
    for shape in ("letters", "box"):
        for margin in (0, 6):
            lines = service.find_text(image, FindTextRequest(text_as=shape, text_margin=margin))
            areas[shape, margin] = sum(int((line.mask > 0).sum()) for line in lines)
    assert areas["letters", 0] < 1.3 * letters.sum()
    assert areas["letters", 0] < areas["letters", 6] < areas["box", 0] < areas["box", 6]
    assert [margin_of(height, FindTextRequest()) for height in (8, 36, 120)] == [2, 3, 10]


@pytest.mark.parametrize("size", [Size(8, 8), Size(1, 1), Size(300, 7)])
def test_a_picture_too_small_for_text_has_none(service: Service, size: Size) -> None:
    with pytest.raises(EmptySelection):
        service.find_text(np.zeros((size.height, size.width, 3), np.uint8), FindTextRequest())


# Files of models


@pytest.mark.parametrize("backend", ["onnxruntime", "opencv"])
def test_a_damaged_file_is_refused_in_a_sentence(folder: Path, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if backend == "onnxruntime":
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    monkeypatch.setattr("lib_inpaint.models.onnx.network._has_onnxruntime", lambda: backend == "onnxruntime")
    model = registry.find("ppocr_v6")
    path = folder / model.files[0].name
    assert registry.load(model, [folder])(page()[0], 0.5, silent)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ModelUnavailable, match=r"PP-OCRv6_det_small\.onnx is damaged, cut short or no ONNX file"):
        registry.load(model, [folder])


def test_without_a_file_it_is_said_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "packaged_folders", list)
    with pytest.raises(ModelUnavailable, match="inpaint-anything models download ppocr_v6"):
        Service(Standalone(device="cpu")).find_text(page()[0], FindTextRequest())


def test_a_file_in_an_installed_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = registry.find("ppocr_v4").files[0].name
    package = tmp_path / "rapidocr_onnxruntime"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('it was imported')")
    (package / "models" / name).write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert places.existing([], [name])[name][0] == package / "models" / name


# Doors


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a page and a picture without text."""
    (tmp_path / "in").mkdir()
    Image.fromarray(page()[0]).save(tmp_path / "in" / "page.png")
    Image.fromarray(np.full((40, 60, 3), 90, np.uint8)).save(tmp_path / "in" / "plain.jpg")
    return tmp_path / "in"


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def run(*arguments: object) -> int:
    return main([str(one) for one in arguments])


def test_the_command_line_removes_the_letters(folder: Path, pictures: Path, tmp_path: Path) -> None:
    image, letters = page()
    out = tmp_path / "clean.png"
    assert run("remove", pictures / "page.png", "-o", out, "--find-text", "--eraser", "telea") == 0
    clean = read(out)
    assert np.abs(clean[letters].astype(int) - image[0, 0]).max() <= 8
    far = cv2.dilate(letters.astype(np.uint8), np.ones((17, 17))) == 0
    assert np.array_equal(clean[far], image[far])
    assert run("remove", pictures / "page.png", "-o", out, "--find-text", "--region", "0,50%,100%,100%") == 0
    assert np.array_equal(read(out)[:100], image[:100])
    assert not (read(out)[150:] == RED).all(axis=2).any()


def test_the_command_line_writes_the_mask_and_tells_of_each_line(
    folder: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "mask.png"
    assert run("mask", pictures / "page.png", "-o", out, "--find-text", "--text-as", "box", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    mask = read(out) > 0
    assert mask.sum() == told["masked"]
    assert [line["height"] > 20 for line in told["lines"]] == [True, True]
    for line in told["lines"]:
        assert mask[Box(*line["box"]).slices].sum() == line["area"]


def test_of_many_pictures_some_may_have_no_text(
    folder: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    assert run("remove", pictures, "-o", tmp_path / "out", "--find-text", "--eraser", "telea") == 0
    assert "There is no text in it." in capsys.readouterr().out
    assert (tmp_path / "out" / "plain.jpg").read_bytes() == (pictures / "plain.jpg").read_bytes()
    assert not (read(tmp_path / "out" / "page.png") == RED).all(axis=2).any()
    assert run("mask", pictures, "-o", tmp_path / "masks", "--find-text") == 0
    assert not read(tmp_path / "masks" / "plain.png").any()
    assert read(tmp_path / "masks" / "page.png").any()
    pattern = pictures / "p*"  # as Windows' shell hands it over
    assert run("remove", pattern, "-o", tmp_path / "some", "--find-text", "--eraser", "telea") == 0
    assert sorted(file.name for file in (tmp_path / "some").iterdir()) == ["page.png", "plain.jpg"]
    capsys.readouterr()
    assert run("mask", pictures, "-o", tmp_path / "cut", "--find-text", "--as", "cutout") == 0
    assert f"{pictures / 'plain.jpg'}\nThere is no text in it. Nothing was written." in capsys.readouterr().out
    assert [file.name for file in (tmp_path / "cut").iterdir()] == ["page.png"]
    assert run("mask", pictures, "-o", tmp_path / "cut", "--find-text", "--as", "cutout", "--json") == 0
    page_told, plain_told = map(json.loads, capsys.readouterr().out.splitlines())
    assert page_told["output"] == str(tmp_path / "cut" / "page.png")
    assert (plain_told["ok"], plain_told["output"], plain_told["files"]) == (True, None, [])


def test_one_picture_without_text_is_an_error(
    folder: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "clean.jpg"
    assert run("remove", pictures / "plain.jpg", "-o", out, "--find-text") == 1
    assert "There is no text in this picture." in capsys.readouterr().err
    assert not out.exists()
    assert run("remove", pictures / "page.png", "-o", out, "--confidence", "0.4") == 2
    assert "--confidence is about text; say --find-text as well." in capsys.readouterr().err


@pytest.fixture
def server(folder: Path, tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "results") as one:
        yield one


def find(server: Running, **fields: Any) -> dict[str, Any]:
    image, _ = page()
    body = {"image": server.call("POST", "/images", png(image)).json["id"], **fields}
    return server.call("POST", "/find-text?wait=60", body).json


def test_the_route_gives_each_line_and_the_mask_of_all(server: Running, service: Service) -> None:
    answer = find(server, mask_format="rle")
    lines = service.find_text(page()[0], FindTextRequest())
    assert [line["box"] for line in answer["lines"]] == [list(line.box) for line in lines]
    for told, line in zip(answer["lines"], lines):
        assert np.array_equal(decoded(told["mask"]), mask_of([line], Size(400, 300)))
    assert np.array_equal(decoded(answer["mask"]), mask_of(lines, Size(400, 300)))
    found = find(server, mask_format="png")
    assert found["area"] == int((mask_of(lines, Size(400, 300)) > 0).sum())


def test_writing_the_lines_is_told_of_and_can_be_stopped(service: Service, tmp_path: Path) -> None:
    state = AppState(service, Results(tmp_path))
    body = FindTextBody(image=state.images.put(Picture(page()[0])).id)
    told: list[tuple[float, str]] = []
    find_text(state, body).perform(lambda fraction, words="": told.append((fraction, words)))
    assert [words for _, words in told].count("Writing masks") == 2
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)

    def stop(fraction: float, words: str = "") -> None:
        if words == "Writing masks":
            raise Cancelled

    with pytest.raises(Cancelled):
        find_text(state, body).perform(stop)


def decoded(lengths: dict[str, Any]) -> np.ndarray:
    return rle.decode(lengths["counts"], Size(lengths["size"][1], lengths["size"][0]))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text_detector": "no-such"}, "text_detector"),
        ({"region": [0, 0, 4000, 10]}, "region"),
        ({"confidence": 2}, "confidence"),
        ({"text_as": "words"}, "text_as"),
    ],
)
def test_the_route_names_the_field_that_is_wrong(server: Running, fields: dict[str, Any], field: str) -> None:
    assert find(server, **fields)["field"] == field


# The page of docs/

PAGE = (Path(__file__).parent.parent / "docs" / "text.md").read_text("utf-8")
COMMANDS = [
    line
    for line in re.findall(r"^    inpaint-anything (.+)$", PAGE, re.MULTILINE)
    if "download" not in line and "--same-mark" not in line  # which test_same_mark.py runs
]
PROGRAM = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_runs(
    folder: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    place = pictures.parent
    monkeypatch.chdir(place)
    shutil.copytree(pictures, place / "pages")
    shutil.copy(pictures / "page.png", place)
    assert main([*shlex.split(command), *(["--eraser", "telea"] if command.startswith("remove") else [])]) == 0
    assert (place / shlex.split(command)[3]).exists()


def test_the_program_of_the_page_runs(server: Running, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pictures)
    made: dict[str, Any] = {}
    exec(compile(re.sub(r"http://127\.0\.0\.1:\d+", server.address, PROGRAM), "text.md", "exec"), made)
    clean = np.asarray(Image.open(io.BytesIO(made["clean"].file("image"))))
    assert clean.shape == (300, 400, 3)
    assert not (clean == RED).all(axis=2).any()
