"""What a device can do, and what happens where it cannot: the processor does it instead, and a person is told."""

from __future__ import annotations

import gc
import sys
from typing import Callable, TypeVar

PROCESSOR = "cpu"  # as torch spells it
Made = TypeVar("Made")
_SHORT = ("out of memory", "can't allocate memory", "ALLOC_FAILED")  # CUDA and MPS; the CPU; cuDNN, cuBLAS and cuFFT
_LONGEST = 150  # characters of what torch says


def attention_on(device: str, name: str = "auto") -> str:
    """By what a segmenter's attention is worked out on a device: "sdp" (torch's fused kernels), "xformers", or
    "written out", piece by piece; "auto" is what does best there. xformers has no kernel for the processor.
    """
    on_processor = device == PROCESSOR
    if name == "auto" or (name == "xformers" and on_processor):
        return "written out" if on_processor else "sdp"
    return name


class DeviceFailed(Exception):
    """A device cannot do what was asked, other than for lack of memory. The text is a sentence for people."""


def attempt(work: Callable[[], Made], device: str, short: str) -> Made:
    """What `work` gives, which uses torch on a device.

    Raises MemoryError with the text `short` where the device has too little memory, and DeviceFailed where it is not
    the processor and fails in another way: it may lack an operator, such as FFT on MPS, or a kernel for a new card.
    """
    failure: Exception
    try:
        return work()
    except MemoryError:
        failure = MemoryError(short)
    except (RuntimeError, TypeError) as error:
        if any(phrase in str(error) for phrase in _SHORT):
            failure = MemoryError(short)
        elif device == PROCESSOR:
            raise
        else:
            failure = DeviceFailed(f"{device} cannot do this ({_first_line(error)}).")
    # Outside of the handler: by now the tensors of the failed pass are let go, and there is room for something smaller.
    raise failure


def give_back() -> None:
    """Return to the devices what torch keeps of theirs for its next tensors. Does nothing where torch is not in use."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is None:
        return
    for name in ("cuda", "xpu", "mps"):
        backend = getattr(torch, name, None)
        if backend is not None and getattr(backend, "is_available", bool)():
            backend.empty_cache()


def note(device: str, failure: Exception) -> str:
    """What a person is told of work that the processor did, as the device could not."""
    reason = f"Memory of {device} is short:" if isinstance(failure, MemoryError) else f"{failure} Therefore"
    return f"{reason} worked on the processor."


def _first_line(error: Exception) -> str:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()}…"
