"""The script "point mask" in img2img: what is pointed at in each picture is inpainted."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Iterator, Optional

import numpy as np
from PIL import Image

from ..errors import BadRequest
from ..geometry import Size
from ..imaging import mask as masks
from ..models import registry
from ..progress import Progress, part
from ..schema import (
    CONTENTS,
    DetectRequest,
    FillRequest,
    FindTextRequest,
    MaskOptions,
    MaskRequest,
    PointMaskRequest,
    Selection,
    copy_with,
)
from ..selecting import text
from ..selecting.coordinates import selections
from ..service import Service
from .blending import blended
from .changed import changed
from .checkpoint import validate_painting
from .masked import ORIGINAL, mask_of, masked, pixels
from .per_picture import PictureRun, inpaint_each, validate_resize_mode, write_parameters

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessingImg2Img as Processing

TITLE = "Inpaint Anything: point mask"


def contents() -> list[str]:
    """What masked content may be: the WebUI's own kinds, and every eraser there is."""
    return [*CONTENTS, "auto", *(model.name for model in registry.models("eraser"))]


def run(p: Processing, request: PointMaskRequest, service: Service) -> Any:
    """What the WebUI's process_images(p) does, with a mask of what the request points at, for each picture of `p`.

    Raises an InpaintError, before any sampling, where something about the request, a picture, a model or the
    checkpoint is wrong.
    """
    eraser = _eraser(request, service)
    service.check_models(MaskRequest(segmenter=request.segmenter))
    validate_painting(p, p.batch_size)
    write_parameters(p, TITLE, service.resolved(request))
    if request.text:
        p.extra_generation_params["Detector"] = service.resolved(DetectRequest()).detector
    if request.find_text:
        p.extra_generation_params["Text detector"] = service.resolved(FindTextRequest()).text_detector
    return inpaint_each(p, partial(_prepare, p, request, eraser, service))


def _eraser(request: PointMaskRequest, service: Service) -> Optional[FillRequest]:
    """How the masked content is filled before sampling; None where the WebUI makes it."""
    if request.masked_content in CONTENTS:
        return None
    how = FillRequest(eraser=request.masked_content)
    service.check_models(how)
    return how


def _prepare(
    p: Processing,
    request: PointMaskRequest,
    eraser: Optional[FillRequest],
    service: Service,
    image: Image.Image,
    progress: Progress,
) -> PictureRun:
    picture = pixels(image)
    hint = mask_of(p, image) if request.use_mask else None
    mask = _mask(picture, request, hint, service, part(progress, 0.0, 0.5))
    start = None
    if eraser is not None:
        start = service.prefill(picture, mask, eraser, part(progress, 0.5, 1.0)).image
    return PictureRun(partial(_inpainting, p, image, mask, start, request), [mask] if request.show_mask else [])


def _mask(
    picture: np.ndarray,
    request: PointMaskRequest,
    hint: Optional[np.ndarray],
    service: Service,
    progress: Progress,
) -> np.ndarray:
    """The mask, uint8 HxW, of what the request points at in this picture (uint8 HxWx3). hint: img2img's, uint8 HxW."""
    objects = selections(request.points, request.box, Size.of(picture))
    if request.use_mask:
        objects = _with_hint(objects, hint)
    objects += tuple(hit.selection for hit in service.find(picture, DetectRequest(text=request.text), progress))
    letters = None
    if request.find_text:
        letters = text.mask_of(service.find_text(picture, FindTextRequest(), progress), Size.of(picture))
    if not objects and letters is None:
        raise BadRequest(
            "Nothing is selected: give points, a box or a text, have text found, or draw a mask and take it as a hint."
        )
    options = MaskOptions(invert=request.invert, grow=request.grow, feather=request.feather)
    wanted = MaskRequest(objects=objects, segmenter=request.segmenter, options=options)
    return service.mask(picture, wanted, letters, progress)


def _with_hint(objects: tuple[Selection, ...], mask: Optional[np.ndarray]) -> tuple[Selection, ...]:
    """The objects, the last of which has the mask as a rough hint; or one that is nothing but that."""
    if mask is None or not mask.any():
        raise BadRequest("There is no mask to take as a hint: draw one in img2img's Inpaint, or upload one.")
    *others, last = objects or (Selection(),)
    return (*others, copy_with(last, hint=masks.to_strokes(mask)))


@contextmanager
def _inpainting(
    p: Processing,
    image: Image.Image,
    mask: np.ndarray,
    start: Optional[np.ndarray],
    request: PointMaskRequest,
) -> Iterator[None]:
    """While this is open, `p` inpaints the mask in this picture as the request says."""
    content = CONTENTS.index(request.masked_content) if start is None else ORIGINAL
    with changed(
        p,
        inpainting_fill=content,
        inpaint_full_res=request.only_masked,
        inpaint_full_res_padding=request.padding,
    ):
        validate_resize_mode(p, image)
        with masked(p, image, mask, start), blended(p, request.blend):
            yield
