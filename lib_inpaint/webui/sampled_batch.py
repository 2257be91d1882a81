"""Pictures that were put together of several runs of the WebUI, given back and saved as it does its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Sequence

import numpy as np
from modules import images, shared
from PIL import Image

from .changed import changed

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessing as Processing


class SampledBatch(NamedTuple):
    """One batch of pictures, with their parameters in them where the WebUI writes these, and what else is to be shown
    (uint8).

    infotexts: the parameters of each picture. first: a Processed of the WebUI's with their prompts and seeds.
    """

    images: Sequence[Image.Image]
    infotexts: Sequence[str]
    first: Any
    shown: Sequence[np.ndarray] = ()


def sampled_batch(
    pictures: Sequence[np.ndarray], infotexts: Sequence[str], first: Any, shown: Sequence[np.ndarray] = ()
) -> SampledBatch:
    """A batch of these pictures (uint8 HxWx3)."""
    found = [Image.fromarray(picture) for picture in pictures]
    if shared.opts.enable_pnginfo:
        for image, text in zip(found, infotexts):
            image.info["parameters"] = text
    return SampledBatch(found, infotexts, first, shown)


def save_batch(p: Processing, batch: SampledBatch, turn: int) -> None:
    """Save the pictures of the `turn`-th batch, from 0, where the WebUI would save its own; they know then as what."""
    if not p.save_samples():
        return
    opts = shared.opts
    for place, (image, text) in enumerate(zip(batch.images, batch.infotexts)):
        seed, prompt = batch.first.all_seeds[place], batch.first.all_prompts[place]
        with changed(p, iteration=turn, batch_index=place):
            images.save_image(image, p.outpath_samples, "", seed, prompt, opts.samples_format, info=text, p=p)


def processed_of(p: Processing, batches: Sequence[SampledBatch]) -> Any:
    """The WebUI's Processed of all batches, with a grid where it makes one, and after them what else is to be shown."""
    result = batches[0].first
    for name in ("all_seeds", "all_subseeds", "all_prompts", "all_negative_prompts"):
        setattr(result, name, [value for batch in batches for value in getattr(batch.first, name)])
    result.images = [image for batch in batches for image in batch.images]
    result.infotexts = [text for batch in batches for text in batch.infotexts]
    result.info = result.infotexts[0]
    result.width, result.height = result.images[0].size
    result.batch_size, result.index_of_first_image = p.batch_size, 0
    result.extra_generation_params = p.extra_generation_params
    _add_grid(p, result)
    for batch in batches:
        result.images += [Image.fromarray(picture) for picture in batch.shown]
        result.infotexts += [batch.infotexts[0]] * len(batch.shown)
    return result


def _add_grid(p: Processing, result: Any) -> None:
    opts = shared.opts
    is_wanted = (opts.return_grid or opts.grid_save) and not p.do_not_save_grid
    if not is_wanted or (len(result.images) < 2 and opts.grid_only_if_multiple):
        return
    grid = images.image_grid(result.images, p.batch_size)
    if opts.grid_save:
        seed, prompt, kind = result.all_seeds[0], result.all_prompts[0], opts.grid_format
        short = not opts.grid_extended_filename
        images.save_image(
            grid, p.outpath_grids, "grid", seed, prompt, kind, info=result.info, short_filename=short, p=p, grid=True
        )
    if opts.return_grid:
        if opts.enable_pnginfo:
            grid.info["parameters"] = result.info
        result.images.insert(0, grid)
        result.infotexts.insert(0, result.info)
        result.index_of_first_image = 1
