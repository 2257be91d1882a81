"""The script "LaMa pre-fill" in img2img: what is masked is filled by an eraser, and sampled from there."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Iterator

import numpy as np
from PIL import Image

from ..errors import BadRequest
from ..filling import fill
from ..progress import Progress
from ..schema import PrefillRequest
from ..service import Service
from .blending import blended
from .checkpoint import validate_painting
from .masked import mask_of, masked, pixels
from .per_picture import PictureRun, inpaint_each, validate_resize_mode, write_parameters

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessingImg2Img as Processing

TITLE = "Inpaint Anything: LaMa pre-fill"


def run(p: Processing, request: PrefillRequest, service: Service) -> Any:
    """What the WebUI's process_images(p) does, from pictures whose masked part is filled.

    Raises an InpaintError, before any sampling, where something about the request, a mask, a model or the
    checkpoint is wrong.
    """
    service.check_models(request)
    validate_painting(p, p.batch_size)
    write_parameters(p, TITLE, service.resolved(request))
    return inpaint_each(p, partial(_prepare, p, request, service))


def _prepare(
    p: Processing,
    request: PrefillRequest,
    service: Service,
    image: Image.Image,
    progress: Progress,
) -> PictureRun:
    validate_resize_mode(p, image)
    mask = mask_of(p, image)
    if mask is None or not mask.any():
        raise BadRequest("There is nothing to fill: draw a mask in img2img's Inpaint, or upload one.")
    picture = pixels(image)
    start = service.prefill(picture, mask, request, progress).image
    return PictureRun(
        partial(_inpainting, p, image, mask, start, request),
        [fill.blend(picture, start, mask)] if request.show_filled else [],
    )


@contextmanager
def _inpainting(
    p: Processing,
    image: Image.Image,
    mask: np.ndarray,
    start: np.ndarray,
    request: PrefillRequest,
) -> Iterator[None]:
    with masked(p, image, mask, start), blended(p, request.blend):
        yield
