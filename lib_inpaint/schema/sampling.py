"""Sampling with the WebUI's checkpoint: what is masked or past the edges, from a prompt, and editing by instruction.

Where the WebUI writes a parameter itself, the field has its name there.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from .base import Request
from .filling import margin
from .guiding import ImageCfgRequest
from .outpainting import Outpainting
from .scripts import Blend, blend_field

_LONGEST = 100_000  # characters


def _named(infotext: str) -> dict[str, Any]:
    return {"infotext": infotext}


def _side(title: str, infotext: str) -> Any:
    suits = "0 takes what suits the mask and the checkpoint"
    return Field(default=0, ge=0, le=4096, title=title, description=suits, json_schema_extra=_named(infotext))


class SampleRequest(Request):
    """What all sampling has alike. The defaults are those of the WebUI's page."""

    prompt: str = Field(default="", max_length=_LONGEST, title="Prompt", description="What is to be there")
    negative_prompt: str = Field(
        default="", max_length=_LONGEST, title="Negative prompt", description="What is not to be there"
    )
    sampler: str = Field(default="DPM++ 2M", max_length=100, title="Sampler")
    scheduler: str = Field(
        default="Automatic", max_length=100, title="Schedule type", description="Automatic takes what suits the sampler"
    )
    steps: int = Field(default=20, ge=1, le=150, title="Steps", description="More take longer")
    seed: int = Field(default=-1, ge=-1, le=2**32 - 1, title="Seed", description="-1 takes another one each time")
    batch_count: int = Field(
        default=1, ge=1, le=100, title="Batch count", description="Made one by one", json_schema_extra=_named("")
    )
    batch_size: int = Field(
        default=1, ge=1, le=8, title="Batch size", description="Made at once", json_schema_extra=_named("")
    )


def _cfg_scale() -> Any:
    return Field(default=7.0, ge=1, le=30, title="CFG scale", description="How closely to follow the prompt")


def _denoising_strength(description: str) -> Any:
    return Field(default=0.75, ge=0, le=1, title="Denoising strength", description=description)


class InpaintRequest(SampleRequest):
    """Fill what is masked from a prompt, with the WebUI's checkpoint."""

    cfg_scale: float = _cfg_scale()
    denoising_strength: float = _denoising_strength("How much may change; at 1 all")
    masked_content: str = Field(
        default="original",
        max_length=100,
        title="Masked content",
        description="What is sampled from: as in img2img, or filled by an eraser; auto takes the best eraser there is",
        json_schema_extra=_named("Filled with"),  # the plain name is img2img's own, for which there are no erasers
    )
    only_masked: bool = Field(
        default=True, title="Only masked", description="Sample the part around the mask at full width and height"
    )
    padding: int = Field(default=32, ge=0, le=256, title="Only masked padding", description="In pixels")
    width: int = _side("Width", "Size-1")
    height: int = _side("Height", "Size-2")
    feather: int = Field(
        default=8,
        ge=0,
        le=64,
        title="Feather",
        description="Width of the soft edge outside the mask, in pixels; for blend: mask blur its radius",
    )
    blend: Blend = blend_field("differential")


class PromptedOutpaintRequest(SampleRequest, Outpainting):
    """Extend a picture past its edges from a prompt, with the WebUI's checkpoint."""

    cfg_scale: float = _cfg_scale()
    denoising_strength: float = _denoising_strength("How much of the fill may change; at 1 all, at 0 nothing")
    left: int = margin("Left", "on the left", "Outpaint left")
    right: int = margin("Right", "on the right", "Outpaint right")
    up: int = margin("Up", "above", "Outpaint up")
    down: int = margin("Down", "below", "Outpaint down")
    pixels: int = Field(
        default=128,
        ge=1,
        title="Pixels to expand",
        description="In the directions below, where no side and no target is given",
        json_schema_extra={"infotext": "Outpaint pixels", "slider": [8, 256, 8]},
    )


class EditRequest(SampleRequest, ImageCfgRequest):
    """Edit a picture by an instruction, such as: make it night. Needs an instruct-pix2pix checkpoint."""

    prompt: str = Field(
        default="",
        max_length=_LONGEST,
        title="Prompt",
        description="What to do, as an instruction, such as: make it night",
    )
    negative_prompt: str = Field(
        default="", max_length=_LONGEST, title="Negative prompt", description="What the edited picture is not to show"
    )
