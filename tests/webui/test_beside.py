"""Beside other extensions: what is theirs goes on working with our scripts, and sees what it would see in img2img.

Each is one that the WebUI has built in or that is installed there; of one that is not, the tests are skipped.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, NamedTuple

import numpy as np
import pytest
from pictures import as_text, photo, pixels
from skimage import data
from test_point_mask import by_hand, run

SCRIPTS = "/sdapi/v1/script-info"


class Other(NamedTuple):
    """Another extension's always-on script. titles: in each WebUI that has it; args: from those it begins with."""

    titles: tuple[str, ...]
    args: Callable[[list[Any]], list[Any]]


def switched_on(first: list[Any]) -> list[Any]:
    """What it begins with, but on: the first that can be."""
    at = first.index(False)
    return [*first[:at], True, *first[at + 1 :]]


def thresholded(first: list[Any]) -> list[Any]:
    """Dynamic Thresholding of a scale that differs from that of the picture."""
    on = switched_on(first)
    return [on[0], 3.0, *on[2:]]


def referred(_: list[Any]) -> list[Any]:
    """A unit of ControlNet that needs no model: attention looks at another picture too."""
    other = as_text(np.ascontiguousarray(photo()[::-1, ::-1]))
    unit = {"enabled": True, "module": "reference_only", "model": "None", "weight": 1.0, "image": other}
    return [
        {**unit, "control_mode": "Balanced", "resize_mode": "Crop and Resize", "processor_res": 64, "threshold_a": 0.5}
    ]


OTHERS = {
    "soft inpainting": Other(("soft inpainting",), switched_on),
    "Dynamic Thresholding": Other(
        ("dynamic thresholding (cfg scale fix)", "dynamicthresholding (cfg-fix) integrated"), thresholded
    ),
    "Tiled Diffusion": Other(("tiled diffusion", "multidiffusion integrated"), switched_on),
    "Tiled VAE": Other(("tiled vae", "tiled vae integrated"), switched_on),
    "ControlNet": Other(("controlnet",), referred),
    "ADetailer": Other(("adetailer",), lambda first: [True, False, {"ad_model": "mediapipe_face_short"}]),
}


def found(webui: Any, name: str) -> tuple[str, list[Any]]:
    """Its title here, and its arguments; skips where it is not."""
    other = OTHERS[name]
    for script in webui.get(path=SCRIPTS):
        if script["is_img2img"] and script["is_alwayson"] and script["name"] in other.titles:
            return script["name"], other.args([arg["value"] for arg in script["args"]])
    pytest.skip(f"this WebUI has no {name}")


def on(webui: Any, *names: str) -> dict[str, Any]:
    """The part of a request that switches them on."""
    return {"alwayson_scripts": {title: {"args": args} for title, args in (found(webui, name) for name in names)}}


def all_but_adetailer(webui: Any) -> list[str]:
    """Those that there are; ADetailer needs a face."""
    there = {script["name"] for script in webui.get(path=SCRIPTS) if script["is_img2img"] and script["is_alwayson"]}
    names = [name for name, other in OTHERS.items() if name != "ADetailer" and there & set(other.titles)]
    if len(names) < 2:
        pytest.skip(f"this WebUI has of them {names or 'none'}")
    return names


def checkpoint(webui: Any, *names: str) -> str:
    """One that they can work with: sd-webui-controlnet needs as many blocks as SD1 has, see tiny_deep.py."""
    if webui.kind != "a1111" or "ControlNet" not in names:
        return "tiny"
    if not (Path(os.environ["WEBUI_MODELS"]) / "tiny-deep.safetensors").exists():
        pytest.skip("needs tiny-deep.safetensors in WEBUI_MODELS: see tests/webui/tiny_deep.py")
    return "tiny-deep"


def equal(webui: Any, more: dict[str, Any], **told: Any) -> tuple[np.ndarray, np.ndarray]:
    """Ours with the others on, which has to be img2img's own inpainting with them; and that without them."""
    told = {"steps": 6, "width": 128, "height": 128, "cfg_scale": 9.0, **told}
    run(webui, **told)  # a first picture may be off by 1
    ours, stock = run(webui, {}, **told, **more), run(webui, **told, **by_hand(), **more)
    assert ours["left_behind"] == []
    assert np.array_equal(pixels(ours)[0], pixels(stock)[0])
    assert ours["rows"] == stock["rows"] > 0
    return pixels(ours)[0], pixels(run(webui, **told, **by_hand()))[0]


@pytest.mark.parametrize(
    "name", ["soft inpainting", "Dynamic Thresholding", "Tiled Diffusion", "Tiled VAE", "ControlNet"]
)
def test_point_mask_with_another_on_is_img2img_inpaint_with_it_on(webui, name: str) -> None:
    ours, without = equal(webui, on(webui, name), checkpoint=checkpoint(webui, name))
    if name not in ("Tiled Diffusion", "Tiled VAE"):  # these change nothing in a picture that is one tile
        assert not np.array_equal(ours, without), f"{name} did nothing"


def test_so_it_is_with_all_of_them_on_at_once(webui) -> None:
    names = all_but_adetailer(webui)
    ours, without = equal(webui, on(webui, *names), checkpoint=checkpoint(webui, *names))
    assert not np.array_equal(ours, without)


def test_after_them_all_a_picture_is_as_before(webui) -> None:
    """None of our hooks is left behind in theirs, nor theirs in ours."""
    names = all_but_adetailer(webui)
    told = {"steps": 4, "checkpoint": checkpoint(webui, *names)}
    run(webui, **told)
    before = pixels(run(webui, {}, **told))[0]
    run(webui, {}, **told, **on(webui, *names))
    assert np.array_equal(pixels(run(webui, {}, **told))[0], before)


def test_a_face_that_adetailer_finds_in_what_is_filled_is_done_again(webui) -> None:
    """As in img2img it sees the part that is worked on, which is changed so little here that the face stays one."""
    portrait = data.astronaut()[:256, 128:384]
    told = {"init_images": [as_text(portrait)], "width": 256, "height": 256, "steps": 20, "denoising_strength": 0.01}
    script = {"points": "", "box": "20,5,240,250"}
    without = run(webui, script, **told)
    with_it = run(webui, script, **told, **on(webui, "ADetailer"))
    mask = as_text(pixels(without)[1][..., 0])
    stock = run(webui, **told, **by_hand(mask=mask), **on(webui, "ADetailer"))
    assert np.array_equal(pixels(with_it)[0], pixels(stock)[0])
    assert not np.array_equal(pixels(with_it)[0], pixels(without)[0])
    assert with_it["left_behind"] == []
