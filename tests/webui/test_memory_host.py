"""Whose turn it is on the GPU of a real WebUI: ours are loaded under its lock, and leave before it samples."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from process import Webui


def png(array: np.ndarray) -> str:
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


PHOTO = png(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
MASK = png(np.full((64, 64), 255, np.uint8))
SMALL = {"prompt": "a lake", "steps": 2, "width": 64, "height": 64}
IMG2IMG = {**SMALL, "init_images": [PHOTO]}
OURS = {**SMALL, "image": PHOTO, "save": False}
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "txt2img": ("/sdapi/v1/txt2img", SMALL),
    "img2img": ("/sdapi/v1/img2img", IMG2IMG),
    "a script": (
        "/sdapi/v1/img2img",
        {**IMG2IMG, "script_name": "inpaint anything: point mask", "script_args": ["32,32"]},
    ),
    "Fill": ("/inpaint-anything/v1/inpaint?wait=120", {**OURS, "mask": MASK}),
    "Extend": ("/inpaint-anything/v1/outpaint?wait=120", {**OURS, "right": 64}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_models_leave_the_gpu_before_the_checkpoint_samples(webui: Webui, name: str) -> None:
    path, body = REQUESTS[name]
    status, moves, calls = webui.moves(path=path, body=body)
    assert status == 200
    assert moves == [("cpu", True, 0)], "once, with the queue held, before the network was called"
    assert calls > 0


def test_models_are_loaded_with_the_queue_held(webui: Webui) -> None:
    clicked = {"image": PHOTO, "objects": [{"points": [[32, 32, 1]]}], "segmenter": "classic"}
    assert webui.loads(path="/segment", body=clicked) == (200, [("classic", True)])
    status, seen = webui.loads(path="/erase", body={**clicked, "eraser": "exemplar"})
    assert (status, seen) == (200, [("classic", True), ("exemplar", True)])
