"""Which WebUI this is, asked by what it has and not by its version."""

from __future__ import annotations

import importlib.util
from typing import Optional


def name() -> str:
    """What the page calls it: "forge" for Forge and its kin, else "a1111"."""
    return "forge" if exists("modules_forge") else "a1111"


def has_unet_patcher() -> bool:
    """Whether it samples through Forge's UnetPatcher, whose hooks guidance uses there."""
    return exists("modules_forge") and exists("backend.sampling.sampling_function")


def loads_by_settings() -> bool:
    """Whether the checkpoint to load is told by settings alone, as in Forge, and not as an argument."""
    from modules import sd_models

    return hasattr(sd_models, "forge_model_reload")


def is_video_model() -> bool:
    """Whether the checkpoint that is loaded is one for videos, whose latents have a time axis (Neo's Wan)."""
    return bool(_dynamic("wan"))


def is_upscaling_model() -> bool:
    """Whether the checkpoint that is loaded is one that enlarges pictures and takes no mask (Neo's PiD)."""
    return bool(_dynamic("pid"))


def shows_the_picture() -> bool:
    """Whether it shows the picture itself to checkpoints that edit, such as Flux Kontext (Neo)."""
    return _dynamic("kontext") is not None


def is_shown_the_picture() -> bool:
    """Whether the checkpoint that is loaded is one of these."""
    from modules import shared

    if _dynamic("klein"):
        return not getattr(shared.opts, "klein_no_reference", False)
    return bool(_dynamic("kontext") or _dynamic("edit"))


def _dynamic(name: str) -> Optional[bool]:
    """What Neo knows of the checkpoint that is loaded; None in Forge and A1111, which know no such kinds."""
    if not exists("backend.args"):
        return None
    from backend.args import dynamic_args

    return getattr(dynamic_args, name, None)


def exists(module: str) -> bool:
    """Whether this WebUI has a module of that name. Nothing of it is imported, but the packages above it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is not there
        return False
