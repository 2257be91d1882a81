"""The scripts of img2img with a small SDXL checkpoint, in a real A1111; tiny_sdxl.py writes it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import IMG2IMG, as_text, asks, body, photo, pixels, square

from lib_inpaint.schema import OutpaintRequest, PointMaskRequest, PrefillRequest

TINY = "tiny-sdxl"
CHEAP = {"show_progress_type": "Approx cheap"}  # A1111 would download a network for SDXL's live previews
CLICK = {"points": "32,32", "segmenter": "classic"}
POINT = asks("Inpaint Anything: point mask", PointMaskRequest, **CLICK, blend="off")
PREFILL = asks("Inpaint Anything: LaMa pre-fill", PrefillRequest, eraser="telea", blend="off")
SOFT = asks("Inpaint Anything: point mask", PointMaskRequest, **CLICK, blend="differential", feather=9)
BY_HAND = {"mask": as_text(square()), "inpaint_full_res_padding": 32, "inpainting_fill": 1}


@pytest.fixture
def sdxl(webui: Any) -> Any:
    """The WebUI, in which SDXL has been sampled with before."""
    if webui.kind != "a1111":
        pytest.skip("Forge knows checkpoints by the sizes of their layers, and none so small as SDXL")
    if not (Path(os.environ["WEBUI_MODELS"]) / f"{TINY}.safetensors").exists():
        pytest.skip("needs tiny-sdxl.safetensors in WEBUI_MODELS: see tests/webui/tiny_sdxl.py")
    run(webui)  # A1111's first picture after a change of checkpoint may be off by 1
    return webui


def run(webui: Any, script: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return webui.post(path=IMG2IMG, body={**body(webui, TINY, override_settings=CHEAP, **changes), **(script or {})})


@pytest.mark.parametrize("sampler", ["Euler", "DPM++ 2M", "DDIM"])
def test_point_mask_is_img2img_inpaint_with_that_mask_bit_for_bit(sdxl, sampler: str) -> None:
    ours = run(sdxl, POINT, sampler_name=sampler)
    stock = run(sdxl, sampler_name=sampler, **BY_HAND)
    assert np.array_equal(pixels(ours)[0], pixels(stock)[0])
    assert np.array_equal(pixels(ours)[0][square() == 0], photo()[square() == 0])
    assert np.ptp(pixels(ours)[0][square() > 0].astype(int)) > 20
    assert ours["rows"] == stock["rows"] > 0
    assert ours["left_behind"] == []


def test_a_soft_mask_is_blended_while_sampling(sdxl) -> None:
    (soft,) = pixels(run(sdxl, SOFT))
    (plain,) = pixels(run(sdxl, POINT))
    changed = (soft != photo()).any(axis=2)
    assert np.count_nonzero(changed & (square() == 0)) > 0  # in the feather
    assert np.array_equal(soft[:8], photo()[:8])  # beyond it
    assert not np.array_equal(soft, plain)


def test_pre_fill_is_img2img_inpaint_of_the_filled_picture(sdxl) -> None:
    told = {**BY_HAND, "inpaint_full_res": False}
    (filled,) = pixels(run(sdxl, PREFILL, denoising_strength=0, **told))
    (ours,) = pixels(run(sdxl, PREFILL, **told))
    (stock,) = pixels(run(sdxl, init_images=[as_text(filled)], **told))
    assert np.array_equal(ours, stock)
    assert not np.array_equal(ours, filled)


def outpaint(**values: Any) -> dict[str, Any]:
    return asks("Inpaint Anything: outpaint", OutpaintRequest, masked_content="edge", blend="off", **values)


def test_outpainting_has_its_size_and_keeps_the_picture(sdxl) -> None:
    (made,) = pixels(run(sdxl, outpaint(pixels=37, window=64), steps=2))
    assert made.shape == (64 + 74, 64 + 74, 3)
    assert np.array_equal(made[37:-37, 37:-37], photo())
    changed = (made != np.pad(photo(), ((37, 37), (37, 37), (0, 0)), mode="edge")).any(axis=2)
    assert changed.mean() > 0.3


def test_windows_are_of_the_size_that_sdxl_was_made_for(sdxl) -> None:
    """768 pixels are one window of SDXL's 1024, and two of SD1.5's 512."""
    answer = run(sdxl, outpaint(right=704), steps=1)
    assert pixels(answer)[0].shape == (64, 768, 3)
    assert answer["calls"] == 1
