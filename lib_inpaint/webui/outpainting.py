"""The script "outpaint" in img2img: a picture is extended past its edges by the checkpoint.

What is new is sampled in windows around it (windows.py), one after the other, each of which sees what the ones before
it made. Each is a run of img2img's own pipeline, so any checkpoint, sampler and always-on script does its part.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from modules import masking, processing, shared
from PIL import Image

from ..errors import BadRequest, Cancelled
from ..filling import fill, outpaint
from ..filling.joining import matched
from ..filling.outpaint import Canvas
from ..filling.windows import MULTIPLE, plan_windows, take, window_mask
from ..geometry import Size, fit, resize
from ..host import Prefill
from ..imaging import mask as masks
from ..schema import CONTENTS, ExtendRequest, FillRequest, OutpaintRequest
from ..service import Service
from .blending import LATENT_FILLS
from .checkpoint import best_side, validate_painting
from .masked import ORIGINAL, pixels
from .per_picture import pictures_of, webui_progress, write_parameters
from .sampled_batch import SampledBatch, processed_of, sampled_batch, save_batch
from .stopping import finishing, is_cut_short, is_stopped
from .window_batch import WindowBatch

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessingImg2Img as Processing

TITLE = "Inpaint Anything: outpaint"
_NOISY = 0.5  # denoising strength from which on more than half of the sampling is done by the checkpoint
_CUT_SHORT = "Outpaint interrupted: True"  # a parameter
_BLURRED = 1024  # pixels; longest side at which "fill" is made, which is nothing but blur


def run(p: Processing, request: OutpaintRequest, service: Service) -> Any:
    """As `extend_pictures`, filled by the service's erasers."""
    return extend_pictures(p, service.resolved(outpaint.named(request)), service.prefill)


def extend_pictures(p: Processing, request: OutpaintRequest, prefill: Prefill) -> Any:
    """The WebUI's Processed of the extended pictures of `p`, a StableDiffusionProcessingImg2Img.

    One picture in `p` is extended as often as batch size and count say; several, of one size, are one batch. Where it
    is interrupted or skipped, a picture has its pre-fill where nothing was sampled yet, ends with the round that it was
    stopped in, and its parameters say so. Raises an InpaintError, before any work, where something about the request, a
    picture or the checkpoint is wrong.
    """
    request = outpaint.named(request)
    content = outpaint.contents().index(str(request.masked_content))
    pictures = _pictures(p)
    validate_painting(p, len(pictures))
    steps = outpaint.rounds(Size.of(pictures[0]), request)
    sizes = [Size.of(pictures[0])]
    for step in steps:
        sizes.append(outpaint.extended(sizes[-1], step))
    side = max(MULTIPLE, request.window // MULTIPLE * MULTIPLE) if request.window else best_side(p)
    windows = [plan_windows(new, outpaint.place(old, step), side) for (old, new), step in zip(pairwise(sizes), steps)]
    shared.state.job_count = sum(map(len, windows)) * p.n_iter
    write_parameters(p, TITLE, request)
    p.extra_generation_params["Size"] = str(sizes[-1])
    processing.fix_seed(p)
    done: list[SampledBatch] = []
    for turn in range(p.n_iter):
        if done and is_stopped():
            break
        windowed = WindowBatch(p, turn, len(pictures), content if content in LATENT_FILLS else ORIGINAL, request.blend)
        with finishing():
            done.append(_extended(windowed, pictures, steps, side, request, prefill))
        save_batch(p, done[-1], turn)
    return processed_of(p, done)


def _pictures(p: Processing) -> list[np.ndarray]:
    """The pictures of one batch, uint8 HxWx3."""
    found = [pixels(image) for image in pictures_of(p)]
    if len({picture.shape for picture in found}) > 1:
        raise BadRequest("The pictures have different sizes: outpaint them one by one.")
    return found * p.batch_size if len(found) == 1 else found


def _extended(
    batch: WindowBatch,
    pictures: list[np.ndarray],
    steps: list[ExtendRequest],
    side: int,
    request: OutpaintRequest,
    prefill: Prefill,
) -> SampledBatch:
    """One batch, round after round."""
    shown: list[np.ndarray] = []
    is_done = True
    for step in steps:
        made: dict[int, tuple[Canvas, np.ndarray]] = {}  # of the first round, all of a batch are the same
        for picture in pictures:
            if id(picture) not in made:
                canvas = outpaint.extend(picture, step)
                how = _fill(str(request.masked_content), Size.of(canvas.mask), side, batch.strength)
                made[id(picture)] = canvas, _start(picture, canvas, how, prefill)
        starts = [made[id(picture)][1] for picture in pictures]
        canvas, _ = made[id(pictures[0])]
        pictures = [start.copy() for start in starts]
        is_done = _sample(batch, pictures, canvas, side, request)
        if request.show_steps:
            shown += [*starts, *(picture.copy() for picture in pictures)]
        if not is_done:
            break
    infotexts = batch.infotexts if is_done else [f"{text}, {_CUT_SHORT}" for text in batch.infotexts]
    return sampled_batch(pictures, infotexts, batch.first, shown)


def _sample(
    batch: WindowBatch, pictures: list[np.ndarray], canvas: Canvas, side: int, request: OutpaintRequest
) -> bool:
    """What is new on the canvas, sampled into the pictures, which are written to; whether it was done to the end."""
    todo = canvas.mask > 0
    reach = 0 if request.blend == "off" else 2 * request.mask_blur
    for window in plan_windows(Size.of(todo), canvas.box, side):
        part = window.clip(Size.of(todo))
        if not todo[part.slices].any():
            continue
        weight = masks.feather(masks.binary(todo[part.slices]), reach)
        mask = window_mask(todo[part.slices], weight, window.size)
        made = batch.sample(
            [take(picture, window) for picture in pictures],
            mask if request.blend == "differential" else masks.binary(mask),
        )
        for picture, one in zip(pictures, made):
            inside = one[: part.size.height, : part.size.width]
            joined = matched(inside, picture[part.slices], todo[part.slices], reach)
            picture[part.slices] = fill.blend(picture[part.slices], joined, weight)
        todo[part.slices] = False
        if is_cut_short():
            return False
    return True


def _fill(content: str, size: Size, side: int, strength: float) -> FillRequest:
    """How an eraser of that name fills a canvas of that size before it is sampled with that denoising strength.

    It is shown what is as large as what the checkpoint was made for, which makes the detail; half as large where most
    of what that is given is noise; and in full where nothing is sampled at all.
    """
    if strength == 0:
        return FillRequest(eraser=content)
    longest = max(side, max(size) // 4) // (2 if strength >= _NOISY else 1)
    return FillRequest(eraser=content, large_image="resize", resize_limit=longest)


def _start(picture: np.ndarray, canvas: Canvas, how: FillRequest, prefill: Prefill) -> np.ndarray:
    """What is sampled from: the canvas (uint8 HxWx3) with what is new filled as asked for."""
    content = how.eraser
    if content == "edge":
        return canvas.image
    if content == "mirror":
        height, width = canvas.mask.shape
        box = canvas.box
        around = ((box.top, height - box.bottom), (box.left, width - box.right), (0, 0))
        return np.pad(picture, around, mode="symmetric")
    if content == "original":
        return np.where(canvas.mask[..., None] > 0, np.uint8(0), canvas.image)  # the WebUI's scripts put it on black
    if content in CONTENTS:
        return _blurred(canvas)
    try:
        return prefill(canvas.image, canvas.mask, how, webui_progress).image
    except Cancelled:
        return canvas.image
    finally:
        shared.state.textinfo = None


def _blurred(canvas: Canvas) -> np.ndarray:
    """As the WebUI's masked content "fill", which is also what is shown of latent noise until it is sampled."""
    size = Size.of(canvas.mask)
    small = fit(size, _BLURRED)
    hole = masks.binary(resize(canvas.mask, small))
    filled = masking.fill(Image.fromarray(resize(canvas.image, small)), Image.fromarray(hole))
    return fill.blend(canvas.image, resize(np.asarray(filled), size), canvas.mask)
