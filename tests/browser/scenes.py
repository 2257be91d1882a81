"""Pictures of which it is known what is where, as files a person would open."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

SIZE = WIDTH, HEIGHT = 640, 480


class Thing(NamedTuple):
    """Something in `things()`: its centre, how to tell whether a pixel belongs to it, and a point that does not."""

    centre: tuple[int, int]
    mask: np.ndarray  # bool HEIGHTxWIDTH
    colour: tuple[int, int, int]


def _disc(x: int, y: int, radius: int) -> np.ndarray:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.hypot(columns - x, rows - y) <= radius


def _rectangle(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[top:bottom, left:right] = True
    return mask


RED = Thing((160, 160), _disc(160, 160, 60), (200, 40, 30))
BLUE = Thing((440, 190), _rectangle(360, 120, 520, 260), (30, 60, 190))
YELLOW = Thing((200, 370), _disc(200, 370, 45), (230, 200, 40))
ALL = (RED, BLUE, YELLOW)
NOTHING = (560, 420)  # a point on the ground, far from all things


def things() -> np.ndarray:
    """uint8 HEIGHTxWIDTHx3: a red disc, a blue rectangle and a yellow disc on grainy grey ground."""
    picture = np.random.default_rng(0).normal(140, 3, (HEIGHT, WIDTH, 3))
    for thing in ALL:
        picture[thing.mask] = thing.colour + np.random.default_rng(1).normal(0, 3, (thing.mask.sum(), 3))
    return np.clip(picture, 0, 255).astype(np.uint8)


def encoded(picture: np.ndarray, format: str = "PNG", **options: Any) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, format, **options)
    return out.getvalue()


def rotated_jpeg(picture: np.ndarray) -> bytes:
    """The picture as a camera held sideways stores it: turned, with the EXIF orientation that turns it back."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90 degrees clockwise
    return encoded(np.rot90(picture), "JPEG", quality=95, exif=exif)


def decoded(data: bytes) -> np.ndarray:
    """The pixels of a file: uint8, HxW or HxWxC."""
    return np.asarray(Image.open(io.BytesIO(data)))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two masks, bool HxW."""
    return float((one & other).sum() / max(1, (one | other).sum()))
