"""The subject: networks in the layouts of the published files, the guess without one, and the way through the doors."""

from __future__ import annotations

import io
import json
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
from fakes.server import listening
from starlette.applications import Starlette

from lib_inpaint import api
from lib_inpaint.api.results import Results
from lib_inpaint.api.state import AppState
from lib_inpaint.app.cli import main
from lib_inpaint.client import Client
from lib_inpaint.errors import EmptySelection, ModelUnavailable
from lib_inpaint.geometry import Size
from lib_inpaint.imaging import rle
from lib_inpaint.models import catalogue, registry
from lib_inpaint.models.files import places
from lib_inpaint.models.onnx import network
from lib_inpaint.models.onnx.signature import signature
from lib_inpaint.progress import silent
from lib_inpaint.schema import FindSubjectRequest
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

IMAGENET, FLAT = (0.485, 0.456, 0.406), (0.5, 0.5, 0.5)
# Of the published files: the input, the outputs, and how a picture of 0..1 is normalised.
LAYOUTS = {
    "u2netp": ("input.1", ["1959", "1960", "1961", "1962", "1963", "1964", "1965"], IMAGENET, 0.226),
    "silueta": ("input.1", ["1959", "1960", "1961", "1962", "1963", "1964", "1965"], IMAGENET, 0.226),
    "isnet-general-use": ("input_image", ["output_image", "2020", "2021", "2022", "2023", "2024"], FLAT, 1.0),
    "birefnet-general-lite": ("input_image", ["output_image"], IMAGENET, 0.226),
}
SIDES = {"u2netp": 320, "silueta": 320, "isnet-general-use": 1024, "birefnet-general-lite": 1024}


def scene(size: tuple[int, int] = (300, 400)) -> tuple[np.ndarray, np.ndarray]:
    """A bright red disc on textured green: the picture, and the disc as bool HxW."""
    height, width = size
    noise = np.random.default_rng(0).normal(0, 12, (height, width, 3))
    inside = np.zeros(size, np.uint8)
    cv2.circle(inside, (width // 2 + width // 10, height // 2), min(size) // 4, 1, -1)
    image = np.where(inside[..., None] > 0, (225, 40, 30), (60, 120, 70)) + noise
    return image.clip(0, 255).astype(np.uint8), inside > 0


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return (one & other).sum() / (one | other).sum()


def write_network(folder: Path, name: str) -> Path:
    given, outputs, mean, deviation = LAYOUTS[name]
    path = folder / registry.find(name).files[0].name
    return onnx_files.subject(path, given, SIDES[name], outputs, mean, deviation)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models, the only one there is; files may have any size."""
    models = tmp_path / "models"
    models.mkdir()
    small = [
        replace(model, files=tuple(replace(file, size=None, also=()) for file in model.files))
        for model in catalogue.MODELS
    ]
    monkeypatch.setattr(catalogue, "MODELS", tuple(small))
    monkeypatch.setenv("U2NET_HOME", str(tmp_path / "rembg"))
    monkeypatch.setenv("INPAINT_ANYTHING_MODELS", str(models))
    return models


@pytest.fixture
def service(folder: Path) -> Service:
    return Service(Standalone(device="cpu"))


@pytest.fixture(params=["onnxruntime", "opencv"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "onnxruntime":
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    elif int(cv2.__version__.split(".")[0]) < 5:
        pytest.skip("OpenCV before 5 lacks operators of these networks")
    monkeypatch.setattr(network, "_has_onnxruntime", lambda: request.param == "onnxruntime")
    return request.param


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_network_is_shown_what_it_was_trained_with(name: str, folder: Path, backend: str) -> None:
    path = write_network(folder, name)
    assert signature(path) == ([LAYOUTS[name][0]], LAYOUTS[name][1])
    image, inside = scene()
    found = registry.load(registry.find(name), [folder])(image, silent)
    assert iou(found.mask > 0, inside) > 0.97
    assert np.isin(found.mask, (0, 255)).all()
    assert found.score > 0.9


def test_u2net_takes_the_brightest_value_for_1_and_the_others_do_not(folder: Path) -> None:
    image, _ = scene()
    dark = (image // 3).astype(np.uint8)  # red is 75 of 255, and near 1 of the brightest
    for name, is_found in (("u2netp", True), ("isnet-general-use", False)):
        write_network(folder, name)
        found = registry.load(registry.find(name), [folder])(dark, silent)
        assert found.mask.any() == is_found, name


def test_a_large_picture_gets_the_edge_of_its_own_pixels(folder: Path) -> None:
    write_network(folder, "u2netp")
    image, inside = scene((1500, 2000))
    found = registry.load(registry.find("u2netp"), [folder])(image, silent)
    wrong = (found.mask > 0) != inside
    far = cv2.distanceTransform((~wrong).astype(np.uint8), cv2.DIST_L2, 5)
    assert wrong.sum() < 0.002 * inside.sum()
    assert far.min() == 0 or not wrong.any()


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_damaged_file_is_refused_in_a_sentence(name: str, folder: Path) -> None:
    path = write_network(folder, name)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ModelUnavailable, match="is damaged, cut short or no ONNX file; delete it"):
        registry.load(registry.find(name), [folder])


def test_empty_files_and_pages_of_a_web_site_are_refused(folder: Path) -> None:
    path = folder / "u2netp.onnx"
    for content in (b"", b"<html>404</html>", b"\xff" * 400):
        path.write_bytes(content)
        with pytest.raises(ModelUnavailable, match=r"u2netp\.onnx"):
            registry.load(registry.find("u2netp"), [folder])


def test_another_network_is_refused(folder: Path) -> None:
    onnx_files.lama(folder / "u2netp.onnx")
    with pytest.raises(ModelUnavailable, match="another network"):
        registry.load(registry.find("u2netp"), [folder])
    given, outputs, mean, deviation = LAYOUTS["u2netp"]
    onnx_files.subject(folder / "u2netp.onnx", given, 256, outputs, mean, deviation)
    with pytest.raises(ModelUnavailable, match="another network"):
        registry.load(registry.find("u2netp"), [folder])(scene()[0], silent)


def test_the_file_that_rembg_downloaded_is_found(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "rembg").mkdir()
    write_network(tmp_path / "rembg", "u2netp")
    model = registry.find("u2netp")
    assert registry.locate(model, [folder]) == [tmp_path / "rembg" / "u2netp.onnx"]
    assert places.rembg_folder() == tmp_path / "rembg"


def test_the_guess_without_a_network_finds_what_stands_out_and_says_that_it_is_one(service: Service) -> None:
    image, inside = scene()
    found = service.find_subject(image, FindSubjectRequest())
    assert iou(found.mask > 0, inside) > 0.95
    assert 0 < found.score < 1
    assert "guessed without a network" in found.note
    assert f"{found.score:.0%}" in found.note
    again = service.find_subject(image, FindSubjectRequest())
    assert (again.mask == found.mask).all()


def test_auto_takes_a_network_that_is_there_and_says_nothing_of_guessing(service: Service, folder: Path) -> None:
    write_network(folder, "u2netp")
    assert service.resolved(FindSubjectRequest()).subject_detector == "u2netp"
    image, inside = scene()
    found = service.find_subject(image, FindSubjectRequest())
    assert iou(found.mask > 0, inside) > 0.97
    assert found.note == ""


@pytest.mark.parametrize("detector", ["classic_subject", "u2netp"])
def test_a_picture_of_nothing_has_no_subject(detector: str, service: Service, folder: Path) -> None:
    write_network(folder, "u2netp")
    for size in ((200, 300), (8, 8), (1, 1)):
        with pytest.raises(EmptySelection, match="stands out"):
            service.find_subject(
                np.full((*size, 3), (40, 90, 60), np.uint8), FindSubjectRequest(subject_detector=detector)
            )


# The doors


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(scene()[0]).save(path)
    return path


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_the_command_line_masks_cuts_out_and_removes_it(
    folder: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_network(folder, "u2netp")
    image, inside = scene()
    assert main(["mask", str(photo), "-o", str(tmp_path / "mask.png"), "--subject", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert iou(read(tmp_path / "mask.png") > 0, inside) > 0.97
    assert told["subject"]["score"] > 0.9
    assert told["subject"]["box"] == told["box"]
    assert "note" not in told
    out = tmp_path / "cutout.png"
    assert main(["mask", str(photo), "-o", str(out), "--subject", "--as", "cutout", "--matting", "6"]) == 0
    left, _, right, _ = told["box"]
    assert abs(read(out).shape[1] - (right - left)) <= 12
    assert main(["remove", str(photo), "-o", str(tmp_path / "clean.png"), "--subject", "--eraser", "neutral"]) == 0
    clean = read(tmp_path / "clean.png")
    assert (clean[inside][:, 0] < 128).all()
    assert (clean[:40] == image[:40]).all()


def test_a_picture_without_a_subject_ends_with_1_and_writes_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "flat.png", tmp_path / "out.png"
    Image.new("RGB", (64, 48), (80, 90, 100)).save(path)
    assert main(["mask", str(path), "-o", str(out), "--subject"]) == 1
    assert "stands out" in capsys.readouterr().err
    assert not out.exists()


def test_options_that_would_have_no_effect_are_refused(
    folder: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["mask", str(photo), "-o", str(tmp_path / "out.png")]
    assert main([*command, "--subject-detector", "u2netp"]) == 2
    assert "say --subject as well" in capsys.readouterr().err
    assert main([*command, "--subject", "--subject-detector", "u2netp"]) == 2
    assert "models download u2netp" in capsys.readouterr().err


@pytest.fixture
def server(service: Service, folder: Path, tmp_path: Path) -> Iterator[Client]:
    """A client of a server with the real service."""
    write_network(folder, "u2netp")
    app = Starlette()
    api.mount(app, AppState(service, Results(tmp_path / "results"), 1 << 30))
    with listening(app) as port:
        yield Client(f"http://127.0.0.1:{port}")


def test_over_http_it_is_a_mask_with_its_score(server: Client) -> None:
    image, inside = scene()
    answer = server.find_subject(server.upload(png(image)))
    mask = np.asarray(Image.open(io.BytesIO(answer.file("mask"))))
    assert iou(mask > 0, inside) > 0.97
    assert answer.facts["score"] > 0.9
    assert answer.facts["area"] == (mask > 0).sum()
    runs: Any = server.find_subject(server.upload(png(image)), mask_format="rle").facts["mask"]
    assert ((rle.decode(runs["counts"], Size.of(image)) > 0) == (mask > 0)).all()
