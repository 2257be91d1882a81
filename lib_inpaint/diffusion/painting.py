"""What needs a checkpoint: filling what is masked and extending from a prompt, and editing by instruction."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..errors import NotHere
from ..host import Sampled, Sampling
from ..progress import Progress, part, silent
from ..schema import CONTENTS, EditRequest, FillRequest, InpaintRequest, PromptedOutpaintRequest
from ..service import Service
from . import sizes
from .infotext import DONE, parameters

# What a picture's parameters say was done to it; the tab of that name is where they are read again.
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


def of(service: Service) -> Sampling:
    """The service's host as one that samples. Raises NotHere where it has no checkpoint."""
    if service.host.sampling is None:
        raise NotHere("This needs a checkpoint of Stable Diffusion: use it in AUTOMATIC1111's WebUI or Forge.")
    return service.host.sampling


def inpaint(
    service: Service,
    image: np.ndarray,
    mask: np.ndarray,
    request: InpaintRequest,
    invert: bool = False,
    save: bool = False,
    progress: Progress = silent,
) -> list[Sampled]:
    """The image (uint8 HxWx3) with what is masked (uint8 HxW), or all else, filled from the prompt.

    Outside the mask and its feathered edge the results are the image, byte for byte. save: whether the host keeps them.
    Raises NotHere, EmptySelection, and what host.Sampling raises.
    """
    host, request = of(service), service.resolved(request)
    where = sizes.selected(mask, invert, request)
    written = {name: value for name, value in parameters(request).items() if name not in _WRITTEN}
    notes = {**written, DONE: BACKGROUND if invert else FILL}
    if request.masked_content in CONTENTS:
        return host.inpaint(image, where, None, request, notes, save, progress)
    first = part(progress, 0.0, 0.1, "Filling. ")
    start = service.prefill(image, where, FillRequest(eraser=request.masked_content), first).image
    return host.inpaint(image, where, start, request, notes, save, part(progress, 0.1, 1.0))


def outpaint(
    service: Service,
    image: np.ndarray,
    request: PromptedOutpaintRequest,
    save: bool = False,
    progress: Progress = silent,
) -> list[Sampled]:
    """The image (uint8 HxWx3) extended past its edges from the prompt. save: whether the host keeps the results.

    Raises NotHere, and what host.Sampling raises.
    """
    return of(service).extend(image, service.resolved(request), service.prefill, {DONE: EXTEND}, save, progress)


def edit(
    service: Service,
    image: np.ndarray,
    mask: Optional[np.ndarray],
    request: EditRequest,
    save: bool = False,
    progress: Progress = silent,
) -> list[Sampled]:
    """The image, or what is masked of it (uint8 HxW), edited by instruction. As `inpaint` in all else."""
    where = np.full(image.shape[:2], 255, np.uint8) if mask is None else mask
    return of(service).edit(image, where, request, {DONE: EDIT}, save, progress)
