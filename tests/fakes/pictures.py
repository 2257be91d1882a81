"""Pictures as tests send them and get them back, and a photo in which a click has one right answer."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

PHOTO = np.full((64, 128, 3), (20, 160, 40), np.uint8)  # a red square in a green field
PHOTO[16:32, 32:64] = (220, 30, 30)
RED = np.zeros((64, 128), np.uint8)
RED[16:32, 32:64] = 255
CLICK = {"objects": [{"points": [[40, 20, 1]]}]}


def png(array: np.ndarray, format: str = "PNG", **options: Any) -> bytes:
    data = io.BytesIO()
    Image.fromarray(array).save(data, format, **options)
    return data.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def mask_in(answer: dict[str, Any]) -> np.ndarray:
    """The mask of a JSON answer, uint8 HxW."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["mask"]["data"]))).convert("L"))
