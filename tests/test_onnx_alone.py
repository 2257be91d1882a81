"""The ONNX families without torch: found, chosen, refused, and through a click and an erase."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import cv2
import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is not installed: no file can be made")

from fakes import onnx_files

from lib_inpaint.errors import ModelUnavailable
from lib_inpaint.geometry import Point, Size
from lib_inpaint.models import catalogue, packages, registry
from lib_inpaint.models.onnx import network
from lib_inpaint.models.pool import ModelPool
from lib_inpaint.progress import silent
from lib_inpaint.schema import FillRequest, MaskRequest, Selection
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

FILES = {
    "mobile_sam_image_encoder.onnx": onnx_files.encoder,
    "sam_mask_decoder_multi.onnx": onnx_files.decoder,
    "lama_fp32.onnx": onnx_files.lama,
    "migan_pipeline_v2.onnx": onnx_files.migan,
}
BACKENDS = ["onnxruntime", "opencv"]


@pytest.fixture(params=BACKENDS)
def backend(request, monkeypatch):
    if request.param == "onnxruntime":
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    elif int(cv2.__version__.split(".")[0]) < 5:
        pytest.skip("OpenCV before 5 lacks operators of these networks")
    monkeypatch.setattr(network, "_has_onnxruntime", lambda: request.param == "onnxruntime")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder with all ONNX files, which are the only ones there are; files may have any size."""
    for name, make in FILES.items():
        make(tmp_path / name)
    small = [
        replace(model, files=tuple(replace(file, size=None) for file in model.files)) for model in catalogue.MODELS
    ]
    monkeypatch.setattr(catalogue, "MODELS", tuple(small))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    monkeypatch.setenv("INPAINT_ANYTHING_MODELS", str(tmp_path))
    return tmp_path


@pytest.fixture
def service(folder) -> Service:
    return Service(Standalone(device="cpu"))


def photo() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (600, 800, 3), np.uint8)


def test_a_click_takes_the_disc_that_the_decoder_drew(service, backend) -> None:
    request = MaskRequest(segmenter="auto", objects=(Selection(points=(Point(300.5, 200.5, 1),)),))
    selected = service.select(photo(), request)
    y, x = np.mgrid[:600, :800] + 0.5
    scale = 800 / 1024
    # The best of the three for a point alone is the last; the edge is drawn by interpolation between cells of 4.
    distance = np.hypot(x - 300.5, y - 200.5) / scale
    mask = selected.mask > 0
    assert mask[distance < onnx_files.RADII[3] - 3].all()
    assert not mask[distance > onnx_files.RADII[3] + 3].any()


@pytest.mark.parametrize(
    ("eraser", "colour"), [("auto", onnx_files.LAMA_COLOUR), ("migan_onnx", onnx_files.MIGAN_COLOUR)]
)
def test_an_erase_fills_the_hole_and_nothing_else(service, backend, eraser, colour) -> None:
    image, mask = photo(), np.zeros((600, 800), np.uint8)
    mask[200:400, 100:700] = 255
    result = service.prefill(image, mask, FillRequest(eraser=eraser)).image
    assert (result[210:390, 110:690] == np.array(colour, np.uint8)).all()  # the rim is blended
    assert np.array_equal(result[mask == 0], image[mask == 0])


def test_files_that_are_damaged_or_anothers_are_refused(folder, backend) -> None:
    encoder, decoder = (folder / name for name in list(FILES)[:2])
    with pytest.raises(
        ModelUnavailable, match=r"image_encoder\.onnx holds another network than the one that is expected"
    ):
        network.open_network(encoder, ["image", "mask"], ["output"])
    encoder.write_bytes(decoder.read_bytes())
    with pytest.raises(
        ModelUnavailable, match=r"image_encoder\.onnx holds another network than the one that is expected"
    ):
        registry.load(registry.find("mobile_sam_onnx"), [folder])
    encoder.write_bytes(decoder.read_bytes()[:-500])
    with pytest.raises(ModelUnavailable, match=r"image_encoder\.onnx is damaged, cut short or no ONNX file"):
        registry.load(registry.find("mobile_sam_onnx"), [folder])
    encoder.write_text("<html>404</html>")
    with pytest.raises(ModelUnavailable, match=r"image_encoder\.onnx is damaged, cut short or no ONNX file"):
        registry.load(registry.find("mobile_sam_onnx"), [folder])


def test_a_folder_whose_name_is_not_ascii(folder, backend) -> None:
    elsewhere = folder / "模型 é"
    elsewhere.mkdir()
    model = registry.find("migan_onnx")
    onnx_files.migan(elsewhere / model.files[0].name)
    assert registry.load(model, [elsewhere]).nbytes == (elsewhere / model.files[0].name).stat().st_size


def test_it_is_ready_with_onnxruntime_or_with_opencv_5(folder, monkeypatch) -> None:
    model = registry.find("mobile_sam_onnx")
    places = packages._places
    monkeypatch.setattr(packages, "_places", lambda name: iter(()) if name == "onnxruntime" else places(name))
    monkeypatch.setattr(cv2, "__version__", "5.0.0")
    assert registry.state(model, [folder]).ready
    monkeypatch.setattr(cv2, "__version__", "4.13.0")
    now = registry.state(model, [folder])
    assert (now.lacks, now.reason) == (
        "package",
        "MobileSAM without torch needs the Python package onnxruntime: pip install onnxruntime",
    )


def test_memory_that_runs_out_is_a_memory_error(folder, monkeypatch) -> None:
    class Short:
        def run(self, *args: Any) -> Any:
            raise RuntimeError("[ONNXRuntimeError] : 6 : Failed to allocate memory for requested buffer of size 4")

    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    loaded = network.open_network(folder / "lama_fp32.onnx", ["image", "mask"], ["output"])
    monkeypatch.setattr(loaded, "_session", Short())
    with pytest.raises(MemoryError, match="There is not enough memory to run a network"):
        loaded({})


def machine(device: str) -> Any:
    """As of ModelPool, with nothing on it."""
    return SimpleNamespace(
        device=device,
        dtype="float32",
        model_budget=1,
        idle_seconds=0,
        model_folders=[],
        preferred=lambda kind: "",
        attention="auto",
        make_room=lambda nbytes: False,
    )


@pytest.mark.parametrize(
    ("device", "ready", "chosen"),
    [
        ("cpu", ["mobile_sam", "mobile_sam_onnx", "classic"], "mobile_sam_onnx"),
        ("cuda", ["mobile_sam", "mobile_sam_onnx", "classic"], "mobile_sam"),
        ("cpu", ["sam2.1_hiera_large", "mobile_sam_onnx", "classic"], "mobile_sam_onnx"),
        ("cuda", ["sam2.1_hiera_large", "mobile_sam_onnx", "classic"], "sam2.1_hiera_large"),
        ("cuda", ["mobile_sam_onnx", "classic"], "mobile_sam_onnx"),
        ("cpu", ["mobile_sam", "classic"], "mobile_sam"),
        ("cpu", ["classic"], "classic"),
        ("cpu", ["lama", "lama_onnx", "migan_onnx", "exemplar"], "lama"),
        ("cpu", ["lama_onnx", "migan", "migan_onnx", "exemplar"], "lama_onnx"),
        ("cpu", ["migan", "migan_onnx", "exemplar"], "migan_onnx"),
        ("cuda", ["migan", "migan_onnx", "exemplar"], "migan"),
    ],
)
def test_auto_is_what_is_faster_on_the_device(device, ready, chosen) -> None:
    states = lambda models, folders: {model.name: registry.State(model.name in ready) for model in models}  # noqa: E731
    with mock.patch.object(registry, "states", states):
        assert ModelPool(machine(device)).choose("auto", registry.find(chosen).kind).name == chosen


def test_torch_is_not_needed(service, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    registry.load(registry.find("lama_onnx"), service.host.model_folders)
    segmenter = registry.load(registry.find("mobile_sam_onnx"), service.host.model_folders)
    assert segmenter.encode(photo(), silent).size == Size(800, 600)


def test_a_file_that_names_other_files_is_not_opened_by_opencv(tmp_path, monkeypatch) -> None:
    import onnx

    monkeypatch.setattr(network, "_has_onnxruntime", lambda: False)
    monkeypatch.setattr(cv2, "__version__", "5.0.0")
    path = onnx_files.lama(tmp_path / "lama_fp32.onnx")
    model = onnx.load(path)
    weight = model.graph.initializer[0]
    weight.ClearField("raw_data")
    weight.data_location = onnx.TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="/etc/hostname")
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelUnavailable, match="asks for other files"):
        network.open_network(path, ["image", "mask"], ["output"])


def test_an_onnxruntime_that_cannot_be_imported_is_blamed_and_not_the_file(folder, monkeypatch) -> None:
    monkeypatch.setattr(network, "_has_onnxruntime", lambda: True)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setattr(cv2, "__version__", "4.13.0")
    with pytest.raises(ModelUnavailable, match="The package onnxruntime is here, but cannot be used"):
        network.open_network(folder / "lama_fp32.onnx", ["image", "mask"], ["output"])


def test_a_look_that_began_before_files_came_is_not_kept() -> None:
    pool, ready = ModelPool(machine("cpu")), ["classic"]

    def states(models, folders) -> dict[str, registry.State]:
        found = {model.name: registry.State(model.name in ready) for model in models}
        if "mobile_sam_onnx" not in ready:  # they come while it looks
            ready.append("mobile_sam_onnx")
            pool.look_again()
        return found

    with mock.patch.object(registry, "states", states):
        assert pool.choose("auto", "segmenter").name == "classic"
        assert pool.choose("auto", "segmenter").name == "mobile_sam_onnx"
