"""Extending a picture with a checkpoint."""

from __future__ import annotations

from typing import Literal, Tuple, Union

from pydantic import Field

from .base import Request
from .scripts import Blend, blend_field

Side = Literal["left", "right", "up", "down"]
SIDES: Tuple[Side, ...] = ("left", "right", "up", "down")


class Outpainting(Request):
    """How a picture is extended past its edges. The first four are those of the WebUI's "Poor man's outpainting"."""

    pixels: int = Field(
        default=128,
        ge=1,
        title="Pixels to expand",
        description="On each side that is chosen",
        json_schema_extra={"infotext": "Outpaint pixels", "slider": [8, 256, 8]},
    )
    mask_blur: int = Field(
        default=4,
        ge=0,
        le=64,
        title="Mask blur",
        description="The blend reaches twice as far into the picture, in pixels",
        json_schema_extra={"infotext": "Outpaint mask blur"},
    )
    masked_content: Union[int, str] = Field(
        default="auto",
        title="Masked content",
        description="What is sampled from; auto is the best eraser that is there",
        json_schema_extra={"infotext": "Outpaint content"},
    )
    direction: Tuple[Side, ...] = Field(
        default=SIDES, title="Outpainting direction", json_schema_extra={"infotext": "Outpaint direction"}
    )
    left: int = Field(
        default=0,
        ge=0,
        title="Left",
        description="Exactly so many pixels on this side; the other settings then do not count",
        json_schema_extra={"infotext": "Outpaint left"},
    )
    right: int = Field(default=0, ge=0, title="Right", json_schema_extra={"infotext": "Outpaint right"})
    up: int = Field(default=0, ge=0, title="Up", json_schema_extra={"infotext": "Outpaint up"})
    down: int = Field(default=0, ge=0, title="Down", json_schema_extra={"infotext": "Outpaint down"})
    width: int = Field(
        default=0,
        ge=0,
        title="Target width",
        description="Exactly so wide, shared by the sides that are chosen; 0 leaves it",
        json_schema_extra={"infotext": "Outpaint width"},
    )
    height: int = Field(
        default=0,
        ge=0,
        title="Target height",
        description="Exactly so high, likewise",
        json_schema_extra={"infotext": "Outpaint height"},
    )
    aspect_ratio: str = Field(
        default="",
        max_length=40,
        title="Target aspect ratio",
        description="16:9 adds as little as that takes",
        json_schema_extra={"infotext": "Outpaint aspect ratio"},
    )
    rounds: int = Field(
        default=1,
        ge=1,
        le=10,
        title="Rounds",
        description="Zoom out so many times; a target is reached in so many steps",
        json_schema_extra={"infotext": "Outpaint rounds"},
    )
    blend: Blend = blend_field()
    window: int = Field(
        default=0,
        ge=0,
        le=4096,
        title="Window size",
        description="What is sampled at once, about its square; 0 is what the checkpoint was made for",
        json_schema_extra={"infotext": "Outpaint window", "slider": [0, 2048, 64]},
    )


class OutpaintRequest(Outpainting):
    """Extend a picture past its edges, as a script of img2img: its arguments are in the order of the fields."""

    show_steps: bool = Field(
        default=False,
        title="Show intermediate results",
        description="What each round is sampled from, and what it gives",
        json_schema_extra={"infotext": ""},
    )
