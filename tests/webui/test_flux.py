"""Checkpoints of Flux's kind in a real Forge Neo: 16 channels of latent, flow sampling, editing as Kontext does it.

Needs tiny-flux and tiny-flux-kontext, which tiny_flux.py writes, among the checkpoints.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import as_pixels, as_text, photo, square

pytestmark = pytest.mark.usefixtures("own_options")
NAMES = ("tiny-flux", "tiny-flux-kontext")


@pytest.fixture(params=NAMES)
def checkpoint(request: pytest.FixtureRequest, webui: Any) -> str:
    if not (Path(os.environ["WEBUI_MODELS"]) / f"{request.param}.safetensors").is_file():
        pytest.skip(f"there is no {request.param}: tests/webui/tiny_flux.py makes it, for Forge Neo")
    webui.option(name="sd_model_checkpoint", value=f"{request.param}.safetensors")
    return request.param


def ask(webui: Any, route: str, image: np.ndarray | None = None, **changes: Any) -> dict[str, Any]:
    image = photo() if image is None else image
    body = {"image": as_text(image), "prompt": "a lawn", "steps": 2, "seed": 7, "sampler": "Euler"}
    status, answer = webui.call(method="POST", path=f"/{route}?wait=300", body={**body, **changes})
    return {"status": status, **answer}


def made(answer: dict[str, Any]) -> np.ndarray:
    assert answer["status"] == 200, answer
    (one,) = answer["images"]
    return as_pixels(answer[one["file"]]["data"])


@pytest.mark.parametrize("blend", ["differential", "mask blur", "off"])
@pytest.mark.parametrize("content", ["original", "telea", "latent noise"])
def test_fill_leaves_the_rest_as_it_is(webui: Any, checkpoint: str, blend: str, content: str) -> None:
    sizes = {"width": 64, "height": 64, "feather": 0}
    filled = made(ask(webui, "inpaint", mask=as_text(square()), blend=blend, masked_content=content, **sizes))
    outside = square() == 0
    assert np.array_equal(filled[outside], photo()[outside])
    assert (filled[~outside] != photo()[~outside]).any(axis=-1).mean() > 0.5


def test_at_no_denoising_the_fill_is_what_it_begins_with(webui: Any, checkpoint: str) -> None:
    sizes = {"width": 64, "height": 64, "feather": 0, "denoising_strength": 0.0}
    telea = made(ask(webui, "inpaint", mask=as_text(square()), masked_content="telea", **sizes))
    status, answer = webui.call(
        method="POST",
        path="/prefill?wait=300",
        body={"image": as_text(photo()), "mask": as_text(square()), "eraser": "telea"},
    )
    assert status == 200, answer
    filled = as_pixels(answer["image"]["data"])
    assert np.abs(telea.astype(int) - filled.astype(int)).max() <= 1


def test_what_is_held_by_a_soft_mask_grows_less_like_the_picture_with_the_mask(webui: Any, checkpoint: str) -> None:
    """Differential diffusion with a flow: where the mask is weak, little is changed."""
    height, width = photo().shape[:2]
    ramp = np.repeat(np.linspace(0, 255, width).round().astype(np.uint8)[None], height, axis=0)
    sizes = {"width": 64, "height": 64, "feather": 0, "steps": 8, "denoising_strength": 1.0}
    filled = made(ask(webui, "inpaint", mask=as_text(ramp), **sizes))
    change = np.abs(filled.astype(int) - photo().astype(int)).mean(axis=(0, 2))
    parts = [part.mean() for part in np.array_split(change, 4)]
    assert parts == sorted(parts)


def test_extend_keeps_the_picture_and_has_the_size(webui: Any, checkpoint: str) -> None:
    extended = made(ask(webui, "outpaint", right=32, blend="off"))
    height, width = photo().shape[:2]
    assert extended.shape == (height, width + 32, 3)
    kept = (extended[:, : width - 32] == photo()[:, : width - 32]).all(axis=-1)
    assert kept.mean() > 0.9


def test_settings_that_are_left_out_suit_the_checkpoint(webui: Any, checkpoint: str) -> None:
    answer = ask(webui, "inpaint", mask=as_text(square()), width=64, height=64)
    assert "CFG scale: 1.0, Distilled CFG Scale: 3.5" in answer["images"][0]["infotext"]
    given = ask(webui, "inpaint", mask=as_text(square()), width=64, height=64, cfg_scale=2.0)
    assert "CFG scale: 2.0" in given["images"][0]["infotext"]


def test_edit_is_for_those_that_are_shown_the_picture(webui: Any, checkpoint: str) -> None:
    mask = {"mask": as_text(square())}
    answer = ask(webui, "edit", **mask)
    if checkpoint == "tiny-flux":
        assert answer["status"] == 409
        assert "Flux Kontext, Flux.2 Klein or Qwen-Image-Edit, but tiny-flux is Flux" in answer["error"]
        return
    edited, other = made(answer), made(ask(webui, "edit", image=255 - photo(), **mask))
    outside = square() == 0
    assert np.array_equal(edited[outside], photo()[outside])
    # It is sampled from noise alone: what the pictures differ by comes from their being shown to the network.
    assert (edited[~outside] != other[~outside]).any(axis=-1).mean() > 0.5
    assert "Distilled CFG Scale: 2.5" in answer["images"][0]["infotext"]
