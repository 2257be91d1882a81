"""What the parameters of a picture say of how it was made, beside what the host itself writes there."""

from __future__ import annotations

from ..geometry import Size
from ..schema import Request
from . import infotext

# What was done; the tab of that name is where the parameters are read again.
FILL, BACKGROUND, EXTEND, EDIT = "fill", "background", "extend", "edit"
_WRITTEN = {  # by the host, of every picture that it samples
    "Prompt",
    "Negative prompt",
    "Sampler",
    "Schedule type",
    "Steps",
    "Seed",
    "CFG scale",
    "Denoising strength",
    "Size-1",
    "Size-2",
}


def done(what: str) -> dict[str, str]:
    """The one parameter that says what was done."""
    return {infotext.DONE: what}


def notes(request: Request, what: str) -> dict[str, str]:
    """What the parameters of a sampled picture say of the request that the host does not write itself."""
    of_request = infotext.parameters(request)
    return {**{name: value for name, value in of_request.items() if name not in _WRITTEN}, **done(what)}


def infotext_of(request: Request, size: Size, what: str) -> str:
    """The parameters, as text, of a picture of that size that was made without sampling."""
    sides = {"Size-1": str(size.width), "Size-2": str(size.height)}
    return infotext.write({**infotext.parameters(request), **sides, **done(what)})
