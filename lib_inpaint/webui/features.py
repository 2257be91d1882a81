"""Which WebUI this is, asked by what it has and not by its version."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Optional

PACKAGES = ("modules", "modules_forge", "backend", "ldm_patched")  # of the WebUIs
_OURS = str(Path(__file__).parents[1])


@functools.cache
def lack(what: str, *homes: str) -> str:
    """What this WebUI has not of that which these modules here import of it, in words; empty where it has all.

    It is said once in the log, with what is not offered for it. An import that is wrong in itself raises ImportError.
    """
    try:
        for home in homes:
            importlib.import_module(f".{home}", __package__)
    except ImportError as error:
        if not _is_of_the_webui(error):
            raise
        # SD.Next shows no logger's but its own
        print(f"Inpaint Anything: {what} cannot be had in this WebUI: {error}.", file=sys.stderr)
        return str(error)
    return ""


def _is_of_the_webui(error: ImportError) -> bool:
    """Whether the WebUI has not what was imported or cannot import it itself; else the fault is in this project."""
    if (error.name or "").partition(".")[0] in PACKAGES:
        return True
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return not [file for file in files if not file.startswith("<frozen")][-1].startswith(_OURS)


def name() -> str:
    """What the routes call it: "forge" for Forge and its kin, "a1111" for what samples as A1111 does, else "webui"."""
    if exists("modules_forge"):
        return "forge"
    return "a1111" if exists("modules.sd_samplers_kdiffusion") else "webui"


def has_unet_patcher() -> bool:
    """Whether it samples through Forge's UnetPatcher, whose hooks guidance uses there."""
    sampling = ("backend.sampling.sampling_function", "ldm_patched.modules.samplers")  # the older Forge's is the second
    return exists("modules_forge") and any(map(exists, sampling))


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


def needs(module: str) -> None:
    """Raises ModuleNotFoundError where the WebUI has no such module, for what is not imported here, but used by it."""
    if not exists(module):
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)


def exists(module: str) -> bool:
    """Whether this WebUI has a module of that name. Nothing of it is imported, but the packages above it."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is not there
        return False
