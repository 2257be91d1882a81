"""Whose turn it is on the GPU of a real WebUI: ours are loaded under its lock, and leave before it samples."""

from __future__ import annotations

from typing import Any

import pytest
from pictures import IMG2IMG, as_text, asks, body, choose, photo, square
from process import Webui
from test_extend import request

from lib_inpaint.schema import PrefillRequest

pytestmark = pytest.mark.usefixtures("own_options")
SMALL = {"prompt": "a lake", "steps": 2, "width": 64, "height": 64}
INPAINT = {"mask": as_text(square()), "inpaint_full_res": False}


def requests(webui: Webui) -> dict[str, tuple[str, dict[str, Any]]]:
    prefill = asks("Inpaint Anything: LaMa pre-fill", PrefillRequest, eraser="telea")
    fill = {**SMALL, "image": as_text(photo()), "mask": as_text(square()), "masked_content": "telea", "save": False}
    return {
        "txt2img": ("/sdapi/v1/txt2img", SMALL),
        "img2img": (IMG2IMG, body(webui, **INPAINT, checkpoint="tiny")),
        "a script that fills first": (IMG2IMG, {**body(webui, **INPAINT, checkpoint="tiny"), **prefill}),
        "Fill": ("/inpaint-anything/v1/inpaint?wait=120", fill),
        "Extend": ("/inpaint-anything/v1/outpaint?wait=120", request(right=64)),
    }


@pytest.mark.parametrize("name", ["txt2img", "img2img", "a script that fills first", "Fill", "Extend"])
def test_models_leave_the_gpu_before_the_checkpoint_samples(webui: Webui, name: str) -> None:
    choose(webui, "tiny")
    path, asked = requests(webui)[name]
    status, moves, calls = webui.moves(path=path, body=asked)
    assert status == 200
    assert moves == [("cpu", True, 0)], "once, with the queue held, before the network was called"
    assert calls > 0


def test_models_are_loaded_with_the_queue_held(webui: Webui) -> None:
    clicked = {"image": as_text(photo()), "objects": [{"points": [[32, 32, 1]]}], "segmenter": "classic"}
    assert webui.loads(path="/segment", body=clicked) == (200, [("classic", True)])
    seen = webui.loads(path="/erase", body={**clicked, "eraser": "exemplar"})
    assert seen == (200, [("classic", True), ("exemplar", True)])
