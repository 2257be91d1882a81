"""What the scripts in img2img's Script dropdown ask for. Script arguments in the order of the fields."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .base import Request
from .filling import FillRequest

Blend = Literal["off", "differential", "mask blur"]
CONTENTS = ("fill", "original", "latent noise", "latent nothing")  # masked content, numbered as the WebUI does


def blend_field(default: Blend = "mask blur") -> Any:
    """The field that all sampling with a mask has alike; what it does is in blend.py."""
    return Field(
        default=default,
        title="Blend",
        description="mask blur is img2img's own, off is without it; differential lets a soft mask say from which step "
        "on a part of the picture may change",
    )


class PointMaskRequest(Request):
    """Inpaint what is pointed at. The mask is made anew for each picture."""

    points: str = Field(
        default="",
        max_length=1_000_000,
        title="Points",
        description="x,y; x,y; -x,y: a minus excludes. In pixels, or as 0.25,0.5 or 25%,50% of the picture; or JSON",
    )
    box: str = Field(
        default="",
        max_length=1000,
        title="Box",
        description="left,top,right,bottom around the thing, in pixels or parts of the picture",
    )
    text: str = Field(
        default="",
        max_length=1000,
        title="Text",
        description="What to look for, such as: the red car. Needs a detector",
    )
    use_mask: bool = Field(
        default=False, title="Rough mask", description="Take img2img's mask as a hint; the segmenter finds the edge"
    )
    segmenter: str = Field(default="auto", title="Segmenter", description="auto takes the best that is there")
    grow: int = Field(default=0, ge=-1024, le=1024, title="Grow", description="In pixels; negative shrinks")
    feather: int = Field(
        default=0, ge=0, le=256, title="Feather", description="Width of the soft edge outside the mask, in pixels"
    )
    invert: bool = Field(default=False, title="Invert", description="Everything but what is selected")
    masked_content: str = Field(
        default="original",
        title="Masked content",
        description="What is sampled from: as in img2img, or filled by an eraser",
        json_schema_extra={"infotext": "Masked content of the script"},  # the plain name is img2img's own
    )
    only_masked: bool = Field(
        default=True, title="Only masked", description="Sample the part around the mask at full width and height"
    )
    padding: int = Field(default=32, ge=0, le=256, title="Only masked padding", description="In pixels")
    blend: Blend = blend_field()
    show_mask: bool = Field(default=False, title="Show the mask", description="Among the results")
    find_text: bool = Field(default=False, title="Find text", description="Select the letters of all text")


class PrefillRequest(FillRequest):
    """Fill what is masked with an eraser, and go on from there."""

    blend: Blend = blend_field()
    show_filled: bool = Field(default=False, title="Show the fill", description="Among the results")
