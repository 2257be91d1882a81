"""What the scripts of img2img have alike: one run of its pipeline for each picture, parameters, interruption."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Sequence

import numpy as np
from modules import processing, shared
from PIL import Image

from ..diffusion.infotext import parameters
from ..errors import BadRequest, Cancelled
from ..progress import Progress
from ..schema import Request
from .changed import changed
from .stopping import is_stopped, raise_if_stopped

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessingImg2Img as Processing

LATENT_UPSCALE = 3  # resize mode "Just resize (latent upscale)", as the WebUI counts it


class PictureRun(NamedTuple):
    """One picture to inpaint: what puts `p` in order meanwhile, and what to show with the results (uint8)."""

    prepared: Callable[[], AbstractContextManager[None]]
    shown: Sequence[np.ndarray] = ()


def pictures_of(p: Processing) -> list[Image.Image]:
    """The different pictures that `p` is to work on; its batch tab gives one of them many times over."""
    if not p.init_images or any(image is None for image in p.init_images):
        raise BadRequest("There is no picture: put one into img2img first.")
    return list({id(image): image for image in p.init_images}.values())


def validate_resize_mode(p: Processing, image: Image.Image) -> None:
    """Raises BadRequest for a resize mode at which the WebUI itself would end with a traceback."""
    if p.resize_mode == LATENT_UPSCALE and not p.inpaint_full_res and image.size != (p.width, p.height):
        raise BadRequest("Latent upscale cannot be inpainted as a whole: choose another resize mode, or only masked.")


def write_parameters(p: Processing, title: str, request: Request) -> None:
    """The request into the parameters of the pictures; what is at its default is left out."""
    p.extra_generation_params = {**p.extra_generation_params, "Script": title, **parameters(request)}


def webui_progress(fraction: float, text: str = "") -> None:
    """A progress that the WebUI shows, and that its Interrupt ends: raises Cancelled, which `inpaint_each` catches."""
    raise_if_stopped()
    if text:
        shared.state.textinfo = text


def inpaint_each(p: Processing, prepare: Callable[[Image.Image, Progress], PictureRun]) -> Any:
    """The WebUI's Processed of all pictures of `p`. All are prepared before the first is sampled, so that what is wrong
    with one is told before any work. Interrupted, it gives what is done.
    """
    images = pictures_of(p)
    try:
        runs = [prepare(image, webui_progress) for image in images]
    except Cancelled:
        return processing.Processed(p, [], p.seed, "")
    finally:
        shared.state.textinfo = None
    if len(runs) == 1:
        with runs[0].prepared():
            processed = processing.process_images(p)
        return _with(processed, runs[0].shown)
    return _together(p, runs)


def _together(p: Processing, runs: Sequence[PictureRun]) -> Any:
    """Several pictures, each by itself; the seeds are those that the WebUI would give them in one batch."""
    processing.fix_seed(p)
    if shared.state.job_count == -1:
        shared.state.job_count = len(runs) * p.n_iter
    done = []
    for number, one in enumerate(runs):
        if is_stopped():
            break
        steps = [number + len(runs) * turn for turn in range(p.n_iter)]
        seeds = [p.seed + (step if p.subseed_strength == 0 else 0) for step in steps]
        subseeds = [p.subseed + step for step in steps]
        with changed(p, seed=seeds, subseed=subseeds, batch_size=1, do_not_save_grid=True), one.prepared():
            done.append(_with(processing.process_images(p), one.shown))
    if not done:
        return processing.Processed(p, [], p.seed, "")
    first = done[0]
    for other in done[1:]:
        for name in ("images", "infotexts", "all_seeds", "all_subseeds", "all_prompts", "all_negative_prompts"):
            setattr(first, name, [*getattr(first, name), *getattr(other, name)])
    return first


def _with(processed: Any, shown: Sequence[np.ndarray]) -> Any:
    """The result, and after it more pictures, which have its parameters."""
    if processed.images:
        processed.images.extend(Image.fromarray(picture) for picture in shown)
        processed.infotexts.extend([processed.infotexts[-1]] * len(shown))
    return processed
