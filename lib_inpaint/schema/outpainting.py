"""Extending a picture with a checkpoint."""

from __future__ import annotations

from typing import Any, Literal, Tuple, Union

from pydantic import Field

from .base import Request
from .scripts import Blend, blend_field

Side = Literal["left", "right", "up", "down"]
SIDES: Tuple[Side, ...] = ("left", "right", "up", "down")


def _exactly(side: str) -> Any:
    return Field(
        default=0,
        ge=0,
        title=side,
        description="Pixels, in place of those above",
        json_schema_extra={"infotext": f"Outpaint {side.lower()}"},
    )


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
        description="Reaches twice as far into the picture",
        json_schema_extra={"infotext": "Outpaint mask blur"},
    )
    masked_content: Union[int, str] = Field(
        default="auto",
        title="Masked content",
        description="auto is the best eraser there is",
        json_schema_extra={"infotext": "Outpaint content"},
    )
    direction: Tuple[Side, ...] = Field(
        default=SIDES,
        title="Outpainting direction",
        description="The sides to extend",
        json_schema_extra={"infotext": "Outpaint direction"},
    )
    left: int = _exactly("Left")
    right: int = _exactly("Right")
    up: int = _exactly("Up")
    down: int = _exactly("Down")
    width: int = Field(
        default=0,
        ge=0,
        title="Target width",
        description="In pixels; 0 leaves it",
        json_schema_extra={"infotext": "Outpaint width"},
    )
    height: int = Field(
        default=0,
        ge=0,
        title="Target height",
        description="In pixels; 0 leaves it",
        json_schema_extra={"infotext": "Outpaint height"},
    )
    aspect_ratio: str = Field(
        default="",
        max_length=40,
        title="Target aspect ratio",
        description="Such as 16:9",
        json_schema_extra={"infotext": "Outpaint aspect ratio"},
    )
    rounds: int = Field(
        default=1,
        ge=1,
        le=10,
        title="Rounds",
        description="So many times, or steps to a target",
        json_schema_extra={"infotext": "Outpaint rounds"},
    )
    blend: Blend = blend_field()
    window: int = Field(
        default=0,
        ge=0,
        le=4096,
        title="Window size",
        description="0 is the checkpoint's own",
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
