"""Memory of a device that is short: how torch says so, and how what was let go is given back."""

from __future__ import annotations

import gc
import sys
from typing import Callable, TypeVar

Made = TypeVar("Made")
_SHORT = ("out of memory", "can't allocate memory", "ALLOC_FAILED")  # CUDA and MPS; the CPU; cuDNN, cuBLAS and cuFFT


def within_memory(work: Callable[[], Made], message: str) -> Made:
    """What `work` gives. Raises MemoryError with the message where its device has too little memory for it."""
    try:
        return work()
    except MemoryError:
        pass
    except RuntimeError as error:
        if not any(phrase in str(error) for phrase in _SHORT):
            raise
    # Outside of the handler: by now the tensors of the failed pass are let go, and there is room for something smaller.
    raise MemoryError(message)


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
