"""Requests and answers of the WebUI's img2img, for tests of the scripts."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any, Type

import numpy as np
from PIL import Image

from lib_inpaint.schema import Request, fields_of

PAGE = Path(__file__).parents[2] / "docs" / "scripts.md"
IMG2IMG = "/sdapi/v1/img2img"


def photo(width: int = 64, height: int = 64) -> np.ndarray:
    """A red square, (20, 20) to (44, 44) of 64x64, on a slope of colours; uint8 HxWx3."""
    y, x = np.mgrid[:height, :width]
    picture = np.stack([x * 255 // width, y * 255 // height, (x + y) * 127 // max(width, height)], axis=2)
    picture[height * 20 // 64 : height * 44 // 64, width * 20 // 64 : width * 44 // 64] = 250, 30, 30
    return picture.astype(np.uint8)


def square(width: int = 64, height: int = 64) -> np.ndarray:
    """The mask of that square; uint8 HxW."""
    mask = np.zeros((height, width), np.uint8)
    mask[height * 20 // 64 : height * 44 // 64, width * 20 // 64 : width * 44 // 64] = 255
    return mask


def as_text(pixels: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return base64.b64encode(file.getvalue()).decode()


def as_pixels(text: str) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))


def pixels(answer: dict[str, Any]) -> list[np.ndarray]:
    """The pictures of an answer, without a grid: each HxWx3."""
    assert answer["status"] == 200, answer["error"]
    return [as_pixels(text) for text in answer["images"][answer["info"]["index_of_first_image"] :]]


def body(webui: Any, checkpoint: str = "tiny", **changes: Any) -> dict[str, Any]:
    """An img2img request, without mask blur."""
    # the tiny text encoder's output has a mean of 0, by which the WebUI's own emphasis would divide: then all is NaN
    settings = {"emphasis": "No norm", "sd_model_checkpoint": webui.checkpoint(checkpoint)}
    return {
        "init_images": [as_text(photo())],
        "prompt": "a lawn",
        "seed": 7,
        "steps": 4,
        "width": 64,
        "height": 64,
        "denoising_strength": 0.75,
        "sampler_name": "Euler",
        "cfg_scale": 7.5,
        "mask_blur": 0,
        **changes,
        "override_settings": {**settings, **changes.get("override_settings", {})},
    }


def asks(title: str, request: Type[Request], **values: Any) -> dict[str, Any]:
    """The part of a request that chooses a script, with the values that are not at their default."""
    defaults = {field.name: field.default for field in fields_of(request)}
    assert set(values) <= set(defaults)
    return {"script_name": title, "script_args": list({**defaults, **values}.values())}


def refusal(answer: dict[str, Any]) -> str:
    """What the WebUI says when it refuses: A1111 and Forge put it into fields of different names."""
    return answer["error"].get("errors") or answer["error"].get("message") or ""


def example(mark: str) -> dict[str, Any]:
    """The request that docs/scripts.md shows; tests/test_scripts_page.py holds its arguments to the schema."""
    found = re.search(rf"<!-- {mark} -->\s*```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None, f"docs/scripts.md has no {mark}"
    return json.loads(found[1])


def choose(webui: Any, name: str) -> None:
    """Choose a checkpoint by the WebUI's settings, for our routes; a file that does wants the fixture `own_options`."""
    webui.option(name="emphasis", value="No norm")  # see pictures.body
    webui.option(name="sd_model_checkpoint", value=f"{webui.checkpoint(name)}.safetensors")
