"""The networks in ONNX files against their torch families, with the same random weights, exported here."""

from __future__ import annotations

import functools
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: nothing is exported")
pytest.importorskip("onnx", reason="onnx is not installed: nothing is exported")

from fakes import exported  # noqa: E402
from test_erasers import SmallMigan, assert_fills, pixels, save_script, scene, small_lama, tensors  # noqa: E402
from test_sam import SELECTIONS, liven  # noqa: E402

from lib_inpaint.geometry import Size  # noqa: E402
from lib_inpaint.models.erasers import migan  # noqa: E402
from lib_inpaint.models.onnx import erasers, mobile_sam, network  # noqa: E402
from lib_inpaint.progress import silent  # noqa: E402

NEAR = 1e-4  # of logits, in float32
IS_OPENCV_ENOUGH = int(cv2.__version__.split(".")[0]) >= 5


@pytest.fixture(params=["onnxruntime", "opencv"])
def backend(request, monkeypatch):
    if request.param == "onnxruntime":
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    elif not IS_OPENCV_ENOUGH:
        pytest.skip("OpenCV before 5 lacks operators of these networks")
    monkeypatch.setattr(network, "_has_onnxruntime", lambda: request.param == "onnxruntime")
    return request.param


# MobileSAM


@pytest.fixture(scope="module")
def sam(tmp_path_factory):
    """MobileSAM with random weights: for torch, and as two ONNX files."""
    hq = pytest.importorskip("segment_anything_hq", reason="segment-anything-hq is not installed")
    pytest.importorskip("segment_anything.utils.onnx", reason="segment-anything is not installed")
    from lib_inpaint.models.sam.sam_hq import load_mobile

    folder = tmp_path_factory.mktemp("onnx")
    torch.manual_seed(0)
    whole = liven(hq.sam_model_registry_baseline["vit_tiny"]())
    torch.save(whole.state_dict(), folder / "mobile_sam.pt")
    files = exported.mobile_sam(whole, folder)
    return SimpleNamespace(torch=load_mobile([folder / "mobile_sam.pt"], "cpu", "float32"), files=files)


@pytest.fixture(scope="module")
def photo():
    rng = np.random.default_rng(0)
    return cv2.resize(rng.integers(0, 256, (7, 10, 3), np.uint8), (500, 333), interpolation=cv2.INTER_CUBIC)


def test_mobile_sam_gives_the_masks_of_torch(sam, photo, backend):
    ours, theirs = mobile_sam.load(sam.files, "cpu", "float32"), sam.torch
    embedding, reference = ours.encode(photo, silent), theirs.encode(photo, silent)
    assert embedding.features == pytest.approx(reference.features[0].numpy(), abs=NEAR)
    assert (embedding.size, embedding.nbytes) == (Size(500, 333), 4 << 20)
    for name, selection in SELECTIONS.items():
        got, expected = ours.decode(embedding, selection), theirs.decode(reference, selection)
        assert got.logits == pytest.approx(expected.logits, abs=NEAR), name
        assert got.scores == pytest.approx(expected.scores, abs=NEAR), name
        mask, wanted = (one.upscale(made, got.logits[0]) for one, made in ((ours, embedding), (theirs, reference)))
        assert np.array_equal(mask, wanted), name
    again, wanted = (
        one.decode(made, SELECTIONS["box"], got.logits[1]) for one, made in ((ours, embedding), (theirs, reference))
    )
    assert again.logits == pytest.approx(wanted.logits, abs=NEAR)


def test_mobile_sam_decodes_many_clicks(sam, photo, backend):
    ours, theirs = mobile_sam.load(sam.files, "cpu", "float32"), sam.torch
    points = np.array([[10.0, 20.0], [250.5, 166.5], [499.0, 332.0]])
    got = ours.decode_batch(ours.encode(photo, silent), points)
    expected = theirs.decode_batch(theirs.encode(photo, silent), points)
    for one, other in zip(got, expected):
        assert one.shape == other.shape
        assert one == pytest.approx(other, abs=NEAR)


# The erasers


def in_frame(make: Any) -> tuple[Any, Any]:
    """The scene of the erasers' tests as 512x512, which these networks see."""
    image, mask = make()
    image, mask = (
        cv2.resize(each, (512, 512), interpolation=cv2.INTER_LINEAR if each.ndim == 3 else cv2.INTER_NEAREST)
        for each in (image, mask)
    )
    return image, mask


def test_lama_fills_as_torch_does(tmp_path, backend):
    image, mask = in_frame(scene)
    lama = small_lama()
    with torch.no_grad():
        expected = pixels(lama(*tensors(image, mask)))
        path = exported.lama(lama.model, tmp_path / "lama_fp32.onnx")
    assert_fills(erasers.load_lama([path], "cpu", "float32"), image, mask, expected)


@functools.cache
def small_migan() -> Any:
    torch.manual_seed(0)
    return SmallMigan().eval()


def test_migan_fills_as_torch_does_and_nothing_of_what_goes_shows(tmp_path, backend):
    image, mask = in_frame(scene)
    path = exported.migan(small_migan(), tmp_path / "migan_pipeline_v2.onnx")
    script = save_script(small_migan(), tmp_path / "migan_traced.pt", torch.rand(1, 4, 512, 512))
    ours, theirs = erasers.load_migan([path], "cpu", "float32"), migan.load([script], "cpu", "float32")
    got, expected = ours(image, mask, silent), theirs(image, mask, silent)
    deep = cv2.erode(mask, np.ones((9, 9))) > 0
    assert deep.any()
    assert np.abs(got.astype(int) - expected)[deep].max() <= 1  # the published file cuts off where torch rounds
    other = image.copy()
    other[mask > 0] = (255, 0, 255)
    assert np.array_equal(ours(other, mask, silent)[mask > 0], got[mask > 0])
    assert ours(image, np.full_like(mask, 255), silent).shape == image.shape  # nothing is known
