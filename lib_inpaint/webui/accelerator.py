"""What the WebUI runs its own networks with, so that ours run with the same: attention, precision, GPU memory."""

from __future__ import annotations

import importlib

from . import features

_NUMBERS = ("float32", "float16", "bfloat16")  # what our networks can work in; a WebUI may keep its own in 8 bits
_WHOLE = "written out"  # any that works attention out piece by piece, without kernels of its own
# By what A1111 calls its optimizations, and by the names of the functions in Forge and its kin. Flash and sage
# attention take no relative positions, which a segmenter has; the fastest kernel of torch that does stands for them.
_KERNELS = {
    "xformers": "xformers",
    "sdp": "sdp",
    "sdp-no-mem": "sdp",
    "attention_xformers": "xformers",
    "attention_pytorch": "sdp",
    "attention_flash": "sdp",
    "attention_sage": "sdp",
    "attention_sage3": "sdp",
}


def attention() -> str:
    """As of models.devices.attention_on: what the WebUI was told (--xformers, --opt-sdp-attention, its settings), or
    "auto" where it has not chosen yet.
    """
    chosen = _chosen_attention()
    return _KERNELS.get(chosen, _WHOLE) if chosen else "auto"


def _chosen_attention() -> str:
    """The WebUI's own name for its attention; empty where there is none."""
    for place in ("backend.attention", "ldm_patched.ldm.modules.attention"):  # Forge and Neo; reForge and Classic
        if features.exists(place):
            module = importlib.import_module(place)
            function = getattr(module, "attention_function", None) or getattr(module, "optimized_attention", None)
            return getattr(function, "__name__", "")
    if not features.exists("modules.sd_hijack"):
        return ""
    from modules import sd_hijack

    return getattr(getattr(sd_hijack, "current_optimizer", None), "name", "")


def dtype(device: str) -> str:
    """The precision in which the WebUI samples on that device, as torch spells it; on the processor always float32.

    With --upcast-sampling A1111 keeps its weights in float16 and works in float32, as the card cannot do better; ours,
    which are small, are float32 then.
    """
    from modules import devices, shared

    if device == "cpu" or getattr(shared.cmd_opts, "upcast_sampling", False):
        return "float32"
    known = (getattr(devices, name, None) for name in ("dtype_inference", "dtype"))
    names = [str(one).removeprefix("torch.") for one in known]
    return next((name for name in names if name in _NUMBERS), "float32")


def make_room(nbytes: int) -> bool:
    """Have so many bytes of the WebUI's device free, for one of our models; gives whether any were freed.

    Forge and its kin know which of theirs they can do without, and load it again by themselves; they want some more
    to be free than a model takes, to work in. Only for who holds the queue lock.
    """
    if features.exists("backend.memory_management"):
        from backend import memory_management as memory
    elif features.exists("ldm_patched.modules.model_management"):
        from ldm_patched.modules import model_management as memory
    else:
        return _send_away()
    device = memory.get_torch_device()
    before = memory.get_free_memory(device)
    memory.free_memory(nbytes + memory.minimum_inference_memory(), device)
    return memory.get_free_memory(device) > before


def _send_away() -> bool:
    """As A1111's interrogators do before they load: with --medvram and --lowvram the part of the checkpoint that lies
    on the GPU leaves it, and returns at its next use.
    """
    if not features.exists("modules.lowvram"):
        return False
    from modules import devices, lowvram

    was_there = lowvram.module_in_gpu is not None
    lowvram.send_everything_to_cpu()
    devices.torch_gc()
    return was_there
