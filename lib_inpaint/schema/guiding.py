"""Following a prompt and a picture at once: instruct-pix2pix."""

from __future__ import annotations

from typing import Literal, Tuple

from pydantic import Field

from ..errors import BadRequest
from .base import Request

LARGEST = 30  # scale
Schedule = Literal["constant", "linear", "cosine", "list"]


class ImageCfgRequest(Request):
    """How strongly an instruct-pix2pix checkpoint follows prompt and picture. Script arguments in this order."""

    text_cfg: float = Field(
        default=7.5,
        ge=0,
        le=LARGEST,
        title="Text CFG",
        description="How closely to follow the prompt; in place of CFG Scale",
        json_schema_extra={"infotext": "CFG scale"},
    )
    image_cfg: float = Field(
        default=1.5,
        ge=0,
        le=LARGEST,
        title="Image CFG",
        description="How closely to keep to the picture, 1 to 3; in place of Image CFG Scale",
        json_schema_extra={"infotext": "Image CFG scale"},
    )
    text_schedule: Schedule = Field(default="constant", title="Text CFG schedule", description="Over the steps")
    text_end: float = Field(
        default=1.0, ge=0, le=LARGEST, title="Text CFG at the end", description="For linear and cosine"
    )
    text_list: Tuple[float, ...] = Field(
        default=(), title="Text CFG list", description="For list: 9, 7.5, 3; stretched to the steps"
    )
    image_schedule: Schedule = Field(default="constant", title="Image CFG schedule", description="Over the steps")
    image_end: float = Field(
        default=1.0, ge=0, le=LARGEST, title="Image CFG at the end", description="For linear and cosine"
    )
    image_list: Tuple[float, ...] = Field(
        default=(), title="Image CFG list", description="For list: 2, 1.5, 1; stretched to the steps"
    )
    interval_start: float = Field(
        default=0.0, ge=0, le=1, title="Guidance start", description="No guidance before this part of the steps"
    )
    interval_end: float = Field(
        default=1.0, ge=0, le=1, title="Guidance end", description="No guidance after this part of the steps"
    )
    rescale: float = Field(
        default=0.0, ge=0, le=1, title="CFG rescale", description="Against burnt colours at high CFG; 0 is off"
    )
    # What is drawn is written into the picture's parameters, in place of text_cfg and image_cfg; the ranges are not.
    random: bool = Field(
        default=False,
        title="Random CFG",
        description="Drawn from the seed, per picture",
        json_schema_extra={"infotext": ""},
    )
    text_low: float = Field(default=6.0, ge=0, le=LARGEST, title="Text CFG from", json_schema_extra={"infotext": ""})
    text_high: float = Field(default=9.0, ge=0, le=LARGEST, title="Text CFG to", json_schema_extra={"infotext": ""})
    image_low: float = Field(default=1.2, ge=0, le=LARGEST, title="Image CFG from", json_schema_extra={"infotext": ""})
    image_high: float = Field(default=1.8, ge=0, le=LARGEST, title="Image CFG to", json_schema_extra={"infotext": ""})


def validate_guidance(request: ImageCfgRequest) -> None:
    """Raises BadRequest where two fields contradict each other."""
    for what, kind, listed in (
        ("text", request.text_schedule, request.text_list),
        ("image", request.image_schedule, request.image_list),
    ):
        if kind == "list" and not listed:
            raise BadRequest(f"The {what} CFG schedule is a list, but the list is empty.", f"{what}_list")
        if not all(0 <= value <= LARGEST for value in listed):
            raise BadRequest(f"The {what} CFG list has a value outside 0 to {LARGEST}.", f"{what}_list")
    for what, first, last in (
        ("Guidance", "interval_start", "interval_end"),
        ("The range of the random text CFG", "text_low", "text_high"),
        ("The range of the random image CFG", "image_low", "image_high"),
    ):
        low, high = getattr(request, first), getattr(request, last)
        if low > high:
            raise BadRequest(f"{what} ends at {high:g}, before it starts at {low:g}.", last)
