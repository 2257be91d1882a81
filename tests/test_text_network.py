"""Text with PP-OCR's real networks, on pages with known letters.

Their files are in wheels, whose dependencies are not wanted here (they bring an OpenCV of their own):

    pip install --no-deps --ignore-requires-python --target FOLDER rapidocr-onnxruntime==1.4.4 rapidocr==3.10.0
    TEXT_NETWORKS=FOLDER pytest tests/test_text_network.py

Without that variable these tests are skipped, unless the wheels are installed; with it, the files have to be there.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
import pytest

from lib_inpaint.errors import EmptySelection
from lib_inpaint.geometry import Box, Size
from lib_inpaint.imaging import mask as masks
from lib_inpaint.models import registry
from lib_inpaint.models.files.places import packaged_folders
from lib_inpaint.models.model import TextDetector
from lib_inpaint.models.onnx import network
from lib_inpaint.progress import silent
from lib_inpaint.schema import FillRequest, FindTextRequest
from lib_inpaint.selecting import text
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from text_pages import Kind, draw

NAMES = [model.name for model in registry.models("text_detector")]
SPREAD = int(PIL.__version__.split(".")[0]) >= 11  # the font that Pillow brings has a size from 10.1 on


def file_of(name: str) -> Path:
    """The network's file; the test is skipped, or fails, where it is not there."""
    named = os.environ.get("TEXT_NETWORKS")
    wanted = registry.find(name).files[0].name
    places = [Path(named)] if named else packaged_folders()
    found = [path for place in places for path in place.rglob(wanted)]
    if not found and not named:
        pytest.skip(f"{wanted} is not here: see the top of this file")
    assert found, f"TEXT_NETWORKS names {named}, where {wanted} is not"
    return found[0]


@pytest.fixture(scope="module", params=NAMES)
def detector(request: pytest.FixtureRequest) -> TextDetector:
    path = file_of(request.param)
    return registry.load(registry.find(request.param), [path.parent])


@pytest.fixture
def service(detector: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Which takes that detector for "auto"."""
    service = Service(Standalone(device="cpu"))
    monkeypatch.setattr(service, "_load", lambda model: detector if model.kind == "text_detector" else _erasers(model))
    return service


def _erasers(model: Any) -> Any:
    return registry.load(model, [])


PAGES = [
    Kind("paper", "latin", 16),
    Kind("gradient", "latin", 24, turn=90),
    Kind("texture", "latin", 32, turn=-30),
    Kind("photo", "latin", 48),
    Kind("paper", "latin", 32, curve=True),
    Kind("photo", "latin", 32, outline=True),
    Kind("texture", "latin", 120),
]


@pytest.mark.skipif(not SPREAD, reason="this Pillow brings no font that can be drawn at any size")
def test_letters_are_found_and_removed_and_little_else(service: Service, photos: dict[str, np.ndarray]) -> None:
    recalls, areas, left = [], [], 0
    for seed, kind in enumerate(PAGES):
        page = draw(kind, None, list(photos.values()), seed)
        lines = service.find_text(page.image, FindTextRequest())
        erased, letters = text.mask_of(lines, Size.of(page.image)), page.letters > 0
        wanted = masks.grow(page.letters, text.margin_of(1.2 * kind.size, FindTextRequest())) > 0
        recalls.append((letters & (erased > 0)).sum() / letters.sum())
        areas.append((erased > 0).sum() / wanted.sum())
        clean = service.prefill(page.image, erased, FillRequest(eraser="exemplar")).image
        with contextlib.suppress(EmptySelection):
            found = service.find_text(clean, FindTextRequest(text_as="box"))
            left += any((page.letters[line.box.slices] & line.mask).any() for line in found)
    told = [f"{kind}: {recall:.3f} {area:.2f}" for kind, recall, area in zip(PAGES, recalls, areas)]
    assert min(recalls) > 0.94, told
    assert np.mean(recalls) >= 0.98, told
    assert np.mean(areas) <= 1.5, told
    assert left <= 1, told


@pytest.mark.skipif(not SPREAD, reason="this Pillow brings no font that can be drawn at any size")
def test_small_text_in_a_large_picture_and_a_poster_are_found(detector: TextDetector) -> None:
    """Dark on light and light on dark, 16 pixels high in 6 megapixels; and letters of 600 pixels beside them."""
    page = np.full((2000, 3000, 3), 235, np.uint8)
    page[1000:, 1500:] = 30
    corner = Box(2600, 1900, 2960, 1940)
    cv2.putText(
        page, "terms and conditions", (2610, 1925), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (220, 220, 220), 1, cv2.LINE_AA
    )
    cv2.putText(page, "terms and conditions", (60, 1925), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (40, 40, 40), 1, cv2.LINE_AA)
    cv2.putText(page, "SALE", (200, 800), cv2.FONT_HERSHEY_SIMPLEX, 22, (180, 20, 30), 60, cv2.LINE_AA)
    lines = text.find(page, detector, FindTextRequest(), silent)
    heights = sorted(line.height for line in lines)
    assert heights[0] < 40
    assert heights[-1] > 350
    for box in (corner, Box(40, 1900, 400, 1940)):
        (line,) = [one for one in lines if one.box.within(box).size.area > 0]
        assert line.box.within(box) == line.box


def test_opencv_gives_the_numbers_of_onnxruntime(detector: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    image = np.full((160, 320, 3), 240, np.uint8)
    cv2.putText(image, "Sunday", (30, 100), cv2.FONT_HERSHEY_SIMPLEX, 2, (20, 20, 20), 4, cv2.LINE_AA)
    model = next(one for one in registry.models("text_detector") if one.files[0].size == detector.nbytes)
    monkeypatch.setattr(network, "_has_onnxruntime", lambda: False)
    other = registry.load(model, [file_of(model.name).parent])
    shown, again = (one._probability(image, silent) for one in (detector, other))
    assert shown.max() > 0.9
    assert np.abs(shown - again).max() < 1e-3
