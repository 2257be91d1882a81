"""The script "LaMa pre-fill" in img2img: what is masked is filled by an eraser, and sampled from there."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import Any, Iterator

import numpy as np
from PIL import Image

from ..errors import BadRequest
from ..filling import fill
from ..progress import Progress
from ..schema import PrefillRequest
from . import img2img_run
from .blending import blended
from .host import in_queue, service
from .masked import mask_of, masked, pixels

TITLE = "Inpaint Anything: LaMa pre-fill"


def run(p: Any, request: PrefillRequest) -> Any:
    """What the WebUI's process_images(p) does, from pictures whose masked part is filled.

    Raises an InpaintError, before any sampling, where something about the request, a mask or a model is wrong.
    """
    with in_queue():
        service().check_models(request)
        img2img_run.write_parameters(p, TITLE, request)
        return img2img_run.run(p, partial(_prepare, p, request))


def _prepare(p: Any, request: PrefillRequest, image: Image.Image, progress: Progress) -> img2img_run.Run:
    img2img_run.refuse_what_cannot_be(p, image)
    mask = mask_of(p, image)
    if mask is None or not mask.any():
        raise BadRequest("There is nothing to fill: draw a mask in img2img's Inpaint, or upload one.")
    picture = pixels(image)
    start = service().prefill(picture, mask, request, progress).image
    return img2img_run.Run(
        partial(_inpainting, p, image, mask, start, request),
        [fill.blend(picture, start, mask)] if request.show_filled else [],
    )


@contextmanager
def _inpainting(
    p: Any, image: Image.Image, mask: np.ndarray, start: np.ndarray, request: PrefillRequest
) -> Iterator[None]:
    with masked(p, image, mask, start), blended(p, request.blend):
        yield
