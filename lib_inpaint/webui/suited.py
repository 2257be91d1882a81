"""What a request puts on the processing object; settings that it does not give are left to the checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..schema import SampleRequest, given
from .checkpoint import chosen

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessingImg2Img as Processing


def suited(request: SampleRequest, name: str) -> Any:
    """A field's value; where the request does not give it, what suits the checkpoint that is chosen."""
    checkpoint = None if name in given(request) else chosen()
    return getattr(request if checkpoint is None else checkpoint, name)


def follow_prompt(p: Processing, scale: float) -> None:
    """How closely a checkpoint that the WebUI shows the picture follows the prompt: for one that was distilled from
    guidance, what it was taught to take for it.
    """
    if getattr(p.sd_model, "use_distilled_cfg_scale", False):
        p.cfg_scale, p.distilled_cfg_scale = 1.0, scale
    else:
        p.cfg_scale = scale


def processing_values(request: SampleRequest, save: bool) -> dict[str, Any]:
    """What all requests to sample put on the processing object."""
    from modules import processing, shared

    is_choice = hasattr(processing.StableDiffusionProcessingImg2Img, "scheduler")
    return {
        **({"scheduler": request.scheduler} if is_choice else {}),
        "outpath_samples": shared.opts.outdir_samples or shared.opts.outdir_img2img_samples,
        "outpath_grids": shared.opts.outdir_grids or shared.opts.outdir_img2img_grids,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "sampler_name": request.sampler,
        "steps": suited(request, "steps"),
        "seed": request.seed,
        "n_iter": request.batch_count,
        "batch_size": request.batch_size,
        "do_not_save_samples": not save,
        "do_not_save_grid": True,
        "inpaint_full_res": True,
    }
