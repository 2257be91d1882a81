"""Which device models work on where there is no WebUI to say so."""

from __future__ import annotations

import importlib.util
from typing import Any

from ..errors import BadRequest, ModelUnavailable
from ..models.devices import PROCESSOR

AUTO = "auto"
_KINDS = ("cuda", "xpu", "mps")  # the best first; cuda is also what torch calls AMD's ROCm


def choose(name: str) -> str:
    """The device of that name, as torch spells it: "cpu", "cuda", "cuda:1", "xpu", "mps".

    "auto" is the best that works. Raises BadRequest for one that is not here, and says which are.
    """
    name = name.strip().lower()
    if name == PROCESSOR or importlib.util.find_spec("torch") is None:
        if name not in (PROCESSOR, AUTO):
            raise BadRequest(f"--device {name} needs torch, which is not installed; leave it out, or choose cpu.")
        return PROCESSOR
    here = [kind for kind in _KINDS if _is_available(kind)]
    if name == AUTO:
        return next((kind for kind in here if works(kind, "float32")), PROCESSOR)
    kind, _, number = name.partition(":")
    if kind not in here or (number and not (number.isdigit() and int(number) < _count(kind))):
        known = [*here, PROCESSOR]
        raise BadRequest(f"torch {_torch().__version__} finds no device {name} here; there is {', '.join(known)}.")
    return name


def precision(device: str) -> str:
    """What encoders work in on that device: half the bits where these give numbers, as on most GPUs."""
    return "float16" if device.startswith(("cuda", "xpu")) and works(device, "float16") else "float32"


def works(device: str, dtype: str) -> bool:
    """Whether a small convolution there gives about what it gives on the processor."""
    torch = _torch()
    image, kernel = torch.linspace(-1, 1, 3 * 16 * 16).view(1, 3, 16, 16), torch.linspace(-1, 1, 81).view(3, 3, 3, 3)
    expected = torch.nn.functional.conv2d(image, kernel)
    try:
        there = [tensor.to(device, getattr(torch, dtype)) for tensor in (image, kernel)]
        return bool(torch.allclose(torch.nn.functional.conv2d(*there).float().cpu(), expected, atol=0.05))
    except (RuntimeError, TypeError, AssertionError):  # what torch says of a device, in one way or another
        return False


def _is_available(kind: str) -> bool:
    torch = _torch()
    backend = torch.backends.mps if kind == "mps" else getattr(torch, kind, None)
    return backend is not None and bool(backend.is_available())


def _count(kind: str) -> int:
    return 1 if kind == "mps" else int(getattr(_torch(), kind).device_count())


def _torch() -> Any:
    try:
        import torch
    except (ImportError, OSError) as error:  # such as a library of its own that is missing
        raise ModelUnavailable(f"torch is installed, but cannot be imported ({error}); choose --device cpu.") from error
    return torch
