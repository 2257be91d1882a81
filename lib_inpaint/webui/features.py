"""Which WebUI this is, asked by what it has and not by its version."""

from __future__ import annotations

import importlib.util


def name() -> str:
    """What the page calls it: "forge" for Forge and its kin, else "a1111"."""
    return "forge" if _exists("modules_forge") else "a1111"


def has_unet_patcher() -> bool:
    """Whether it samples through Forge's UnetPatcher, whose hooks guidance uses there."""
    return _exists("modules_forge") and _exists("backend.sampling.sampling_function")


def loads_by_settings() -> bool:
    """Whether the checkpoint to load is told by settings alone, as in Forge, and not as an argument."""
    from modules import sd_models

    return hasattr(sd_models, "forge_model_reload")


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is not there
        return False
