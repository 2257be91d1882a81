"""Removing what is selected, and extending a picture, with an eraser."""

from __future__ import annotations

from typing import Any, Literal, Optional

from pydantic import Field

from .base import Request
from .selecting import MaskOptions, ObjectsRequest

MAX_SIDE = 32768  # pixels; what a picture may be extended to on one side
LargeImage = Literal["auto", "crop", "resize", "original"]


class FillRequest(Request):
    """How a masked part is filled from its surroundings. crop, resize and original, with their limits, are what
    IOPaint calls hd_strategy and hd_strategy_crop_margin and so on; auto is ours.
    """

    eraser: str = Field(default="auto", title="Eraser", description="auto takes the best that is there")
    large_image: LargeImage = Field(
        default="auto",
        title="Large pictures",
        description="auto shows the eraser each thing with the context it wants, crop with a fixed margin; "
        "resize the whole picture shrunk to a limit, original the whole as it is",
    )
    crop_trigger: int = Field(
        default=800, ge=0, title="Crop trigger size", description="For crop: smaller ones are shown whole"
    )
    crop_margin: int = Field(
        default=128, ge=0, le=4096, title="Crop margin", description="For crop: pixels around a thing"
    )
    resize_limit: int = Field(
        default=1280, ge=16, title="Resize limit", description="For resize: the longest side in pixels"
    )
    refine: bool = Field(
        default=False,
        title="Refine",
        description="Fill what was filled shrunk again at full resolution, piece by piece; takes longer",
    )


# What suits removing a thing that a segmenter found: its mask often ends short of the thing's own soft edge.
SUITED = MaskOptions(fill_holes=4096, grow=6, feather=4)


class RemoveRequest(ObjectsRequest, FillRequest):
    """Remove what is selected and fill the place from its surroundings."""

    options: Optional[MaskOptions] = Field(
        default=None,
        title="Mask",
        description="What is done to the whole mask. Empty: what points, boxes and text select has holes of up to "
        f"{SUITED.fill_holes} pixels filled, grows by {SUITED.grow} and is feathered by {SUITED.feather}; what is "
        "drawn, or given as a mask, is used as it is",
    )
    plain: bool = Field(
        default=False,
        title="Plain ground",
        description="Where all around a hole is of one colour, such as in a speech balloon, fill it with that",
    )


def margin(title: str, where: str, infotext: str = "") -> Any:
    """What is added on one side. infotext: its name in parameters, where that is not the title."""
    extra: Any = {"slider": [0, 1024, 8], "infotext": infotext or title}
    return Field(default=0, ge=0, le=8192, title=title, description=f"Pixels to add {where}", json_schema_extra=extra)


class ExtendRequest(FillRequest):
    """Extend a picture past its edges."""

    left: int = margin("Left", "on the left")
    right: int = margin("Right", "on the right")
    up: int = margin("Up", "above")
    down: int = margin("Down", "below")
    feather: int = Field(
        default=0, ge=0, le=256, title="Feather", description="Width of the blend inside the old edge, in pixels"
    )
