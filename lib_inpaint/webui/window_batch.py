"""One batch of pictures sampled window by window, each a run of img2img's own pipeline."""

from __future__ import annotations

import copy
import functools
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Callable, Optional

import numpy as np
from modules import processing
from PIL import Image

from ..schema import Blend
from .blending import blended
from .changed import changed
from .mask_blur import no_mask_blur
from .masked import ORIGINAL

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessingImg2Img as Processing

_NEXT_SEED = 1_000_003  # between one window and the next of a picture: far from the seeds of other pictures


class WindowBatch:
    """The windows of one batch of `p`, whose seed and subseed are fixed numbers.

    The first window has the seed that the WebUI gives the picture, and makes its parameters (`infotexts`); the others
    have seeds of their own, as equal noise would make them alike, and the prompt that an extension made for the first.
    """

    def __init__(self, p: Processing, turn: int, size: int, content: int = ORIGINAL, blend: Blend = "off") -> None:
        self._p, self._content = p, content
        self._blend: Blend = blend
        numbers = range(turn * size, (turn + 1) * size)
        self.seeds = [p.seed + (number if p.subseed_strength == 0 else 0) for number in numbers]
        self.subseeds = [p.subseed + number for number in numbers]
        self.first: Optional[Any] = None  # the WebUI's Processed of the first window
        self._windows = 0

    @property
    def strength(self) -> float:
        """The denoising strength, 0 to 1."""
        return self._p.denoising_strength

    @property
    def infotexts(self) -> list[str]:
        """The parameters of each picture, once a window was begun."""
        assert self.first is not None
        texts = self.first.infotexts
        return [texts[min(place, len(texts) - 1)] for place in range(len(self.seeds))]

    def sample(self, views: list[np.ndarray], mask: np.ndarray) -> list[np.ndarray]:
        """The same part of each picture (uint8 HxWx3), sampled where the mask (uint8 HxW) says.

        As the checkpoint decodes it: what is not masked is only nearly as it was. Not sampled, since the WebUI was
        interrupted or the denoising strength is 0, views come back as they are.
        """
        p = self._window(views, mask)
        with ExitStack() as stack:
            bare = functools.partial(_bare, p, p.img2img_image_conditioning)
            stack.enter_context(changed(p, img2img_image_conditioning=bare))
            if p.denoising_strength == 0:
                stack.enter_context(changed(p, sample=lambda **_: p.init_latent))
            stack.enter_context(blended(p, self._blend))
            processed = processing.process_images(p)
        self.first = self.first or processed
        self._windows += 1
        if p.denoising_strength == 0:
            return views
        made = [np.asarray(image.convert("RGB")) for image in processed.images[: len(views)]]
        return made + views[len(made) :]

    def _window(self, views: list[np.ndarray], mask: np.ndarray) -> Any:
        """A processing object for one window."""
        p = copy.copy(self._p)
        p.extra_generation_params = dict(p.extra_generation_params)
        if self.first is not None:  # styles and the like are in these already
            p.prompt, p.negative_prompt, p.styles = self.first.all_prompts, self.first.all_negative_prompts, []
        p.seed, p.subseed = ([seed + self._windows * _NEXT_SEED for seed in s] for s in (self.seeds, self.subseeds))
        p.n_iter, p.batch_size = 1, len(views)
        p.height, p.width = mask.shape
        p.resize_mode = 0
        p.init_images = [Image.fromarray(view) for view in views]
        p.image_mask, p.latent_mask = Image.fromarray(mask), None
        p.mask_round = self._blend != "differential"
        for name, value in no_mask_blur(p).items():
            setattr(p, name, value)
        p.inpainting_mask_invert, p.inpaint_full_res, p.inpainting_fill = 0, False, self._content
        p.do_not_save_samples = p.do_not_save_grid = True
        return p


def _bare(p: Processing, stock: Callable[..., Any], *args: Any) -> Any:
    """Called when `p` has made what it lays over its results: here it gets nothing to lay, as the blend is ours."""
    p.overlay_images = p.mask_for_overlay = None
    return stock(*args)
