"""A mask, and a picture to start from, on img2img's processing object."""

from __future__ import annotations

import functools
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional

import numpy as np
import torch
from modules import images, processing, shared
from PIL import Image, ImageOps

from ..filling import fill
from .changed import changed

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessingImg2Img as Processing

ORIGINAL = 1  # masked content, as the WebUI counts it


def pixels(image: Image.Image) -> np.ndarray:
    """A picture as the WebUI sees it, with transparency replaced by its background colour; uint8 HxWx3 RGB."""
    return np.asarray(images.flatten(image, shared.opts.img2img_background_color))


def mask_of(p: Processing, image: Image.Image) -> Optional[np.ndarray]:
    """The mask that img2img has for this picture (drawn, uploaded or by alpha), uint8 HxW; None where there is none."""
    if p.image_mask is None:
        return None
    mask = processing.create_binary_mask(p.image_mask, round=p.mask_round)
    if p.inpainting_mask_invert:
        mask = ImageOps.invert(mask)
    if mask.size != image.size:
        mask = mask.resize(image.size)
    return np.asarray(mask)


@contextmanager
def masked(p: Processing, image: Image.Image, mask: np.ndarray, start: Optional[np.ndarray] = None) -> Iterator[None]:
    """While this is open, `p`, a StableDiffusionProcessingImg2Img, inpaints this mask (uint8 HxW) in this one picture.

    start: uint8 HxWx3, what to sample from where the mask is 255; where it is less, it is mixed with the picture.
    Without it the masked content is that of `p`.
    The results are the picture where the mask is 0, exactly, and mixed with it by the mask where that is between, or by
    the blurred mask where `p` has mask blur. With `start` and a denoising strength of 0 the network is not called: they
    are `start`.
    """
    with ExitStack() as stack:
        stack.enter_context(changed(p, image_mask=Image.fromarray(mask), inpainting_mask_invert=0, init_images=[image]))
        if start is not None:
            begin = Image.fromarray(fill.blend(pixels(image), start, mask))
            stack.enter_context(changed(p, init_images=[begin], inpainting_fill=ORIGINAL))
            if p.denoising_strength == 0:
                stack.enter_context(changed(p, sample=functools.partial(_not_sampled, p)))
        is_soft = bool(((mask > 0) & (mask < 255)).any())
        if start is not None or is_soft:
            finish = functools.partial(_overlay, p, p.img2img_image_conditioning, image, mask, start)
            stack.enter_context(changed(p, img2img_image_conditioning=finish, paste_to=None))
        yield


def _not_sampled(p: Processing, *_: Any, **__: Any) -> torch.Tensor:
    return p.init_latent


def _overlay(
    p: Processing,
    stock: Callable[..., torch.Tensor],
    image: Image.Image,
    mask: np.ndarray,
    start: Optional[np.ndarray],
    *args: Any,
    **kwargs: Any,
) -> torch.Tensor:
    """Called when `p` has made what it lays over its results: that is of what it samples from, and its mask is twice as
    strong where the whole picture is sampled. Both are put right here.
    """
    if p.mask_for_overlay is not None:
        if p.paste_to is None and not (p.mask_blur_x or p.mask_blur_y):
            p.mask_for_overlay = _sized(p, Image.fromarray(mask))
        weight = np.asarray(p.mask_for_overlay.convert("L"))
        below = pixels(_sized(p, image))
        alpha = 255 - weight
        if start is not None and p.denoising_strength == 0:
            below = fill.blend(below, pixels(_sized(p, Image.fromarray(start))), weight)
            alpha = np.full_like(weight, 255)
        overlay = Image.fromarray(np.dstack([below, alpha]), "RGBA")
        p.overlay_images = [overlay] * len(p.overlay_images or ())
    return stock(*args, **kwargs)


def _sized(p: Processing, image: Image.Image) -> Image.Image:
    """As large as what `p` lays over its results: of its own size where the whole picture is sampled, else as it is."""
    if p.paste_to is not None or image.size == (p.width, p.height):
        return image
    return images.resize_image(p.resize_mode, image, p.width, p.height)
