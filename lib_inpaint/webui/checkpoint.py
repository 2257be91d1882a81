"""The checkpoint that a run is about to use."""

from __future__ import annotations

import importlib.util
import json
import struct
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

from modules import sd_models, shared

from ..host import Checkpoint

KINDS = {4: "ordinary", 5: "depth", 7: "upscaler", 8: "edit", 9: "inpainting"}  # by input channels
FIRST_LAYER = "diffusion_model.input_blocks.0.0.weight"  # what its name ends with in a checkpoint's file
_LONGEST = 100 << 20  # bytes of a header
CHOICES = ("sd_model_checkpoint", "forge_additional_modules")  # options that say what is loaded


def best_side(p: Any) -> int:
    """Of the square pictures that the checkpoint of `p` was made for, in pixels. It is loaded if it is not yet."""
    model = _loaded(p)
    if getattr(model, "is_sd1", False):
        return 512
    if getattr(model, "is_sd2", False):
        return 768 if getattr(model, "parameterization", "") == "v" else 512
    return 1024


def _loaded(p: Any) -> Any:
    """As process_images(p) is about to load it, which then finds it loaded."""
    name = p.override_settings.get(CHOICES[0])
    info = sd_models.checkpoint_aliases.get(name)
    if importlib.util.find_spec("modules_forge") is None:
        return sd_models.reload_model_weights(info=info)
    from modules.sysinfo import set_config

    wanted = {
        key: p.override_settings[key] for key in CHOICES if key in p.override_settings and (info or key != CHOICES[0])
    }
    before = {key: shared.opts.data.get(key) for key in wanted}
    set_config(wanted, is_api=True, run_callbacks=False, save_config=False)
    try:
        return sd_models.forge_model_reload()[0]
    finally:
        set_config(before, is_api=True, run_callbacks=False, save_config=False)


def chosen() -> Optional[Checkpoint]:
    """The one that the settings name, whether it is loaded or not; None where there is none at all."""
    name = getattr(shared.opts, CHOICES[0], None)
    known = sd_models.checkpoints_list.values()
    info = sd_models.get_closet_checkpoint_match(name) if name else next(iter(known), None)
    if info is None:
        return None
    path = Path(info.filename)
    try:
        return Checkpoint(info.name_for_extra, _kind(path, path.stat().st_mtime))
    except OSError:
        return None


@lru_cache(maxsize=64)
def _kind(path: Path, changed: float) -> str:
    """By the shape of the network's first layer, which a .safetensors file tells at its beginning; else empty."""
    if path.suffix != ".safetensors":
        return ""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _LONGEST:
            return ""
        try:
            header = json.loads(file.read(length))
        except ValueError:
            return ""
    shape = next((value["shape"] for name, value in header.items() if name.endswith(FIRST_LAYER)), (0, 0))
    return KINDS.get(shape[1], "")
