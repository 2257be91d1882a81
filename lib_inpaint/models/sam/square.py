"""The square that SAM's encoder sees: the picture in its upper left, as long as the square, and nothing in the rest."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image as Pillow

from ...geometry import Array, Floats, Image, Mask, Size
from .enlarge import enlarge
from .prompts import GRID

SIDE = 1024  # pixels
MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet, as in build_sam.py


def frame_of(size: Size) -> Size:
    """The part of the square that a picture fills: ResizeLongestSide.get_preprocess_shape, but never none."""
    scale = SIDE / max(size)
    return Size(max(1, int(size.width * scale + 0.5)), max(1, int(size.height * scale + 0.5)))


def framed(image: Image) -> Image:
    """The picture as large as its frame, resized as the packages do, by Pillow. A copy."""
    return np.array(Pillow.fromarray(image).resize(frame_of(Size.of(image)), Pillow.Resampling.BILINEAR))


def in_frame(points: Array, frame: Size, size: Size) -> Floats:
    """float Nx2 in pixels of the picture -> float32 Nx2 in those of the square, as ResizeLongestSide.apply_coords."""
    return (points * np.array([frame.width / size.width, frame.height / size.height])).astype(np.float32)


def extent_of(frame: Size) -> tuple[float, float]:
    """The frame in cells of the 256x256 logits: columns and rows."""
    return frame.width * GRID / SIDE, frame.height * GRID / SIDE


def to_picture(logits: Floats, frame: Size, size: Size) -> Mask:
    """float32 256x256 -> uint8 HxW, 0 or 255: as Sam.postprocess_masks, over 1024x1024 without its padding."""
    square = cv2.resize(logits, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return enlarge(square[: frame.height, : frame.width], size)
