"""The WebUI's own img2img pipeline for the tab and the routes: any checkpoint, sampler and always-on script."""

from __future__ import annotations

import functools
import os
from contextlib import ExitStack, closing, nullcontext
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence

import numpy as np
from PIL import Image

from ..diffusion import sizes
from ..errors import Cancelled, ModelUnavailable, NotHere
from ..filling import outpaint
from ..geometry import Size
from ..host import Checkpoint, Prefill, Sampled, Sampling
from ..progress import Progress
from ..schema import (
    CONTENTS,
    EditRequest,
    InpaintRequest,
    Outpainting,
    OutpaintRequest,
    PromptedOutpaintRequest,
    SampleRequest,
    fields_of,
)
from . import features
from .changed import changed_options
from .queue_lock import QueueLock

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessingImg2Img as Processing

# What each verb is called in the log, and the modules here that it is done with.
_NEEDED = {
    "inpaint": ("Fill and Background", "samplers", "masked", "blending"),
    "outpaint": ("Extend by a prompt", "samplers", "outpainting"),
    "edit": ("Edit", "samplers", "masked", "blending", "image_cfg"),
}
UNFIT = ("return_grid", "return_mask", "return_mask_composite")  # what would come between the pictures


class Img2img:
    """Sampling with the WebUI's checkpoint, one at a time."""

    def __init__(self, queue: QueueLock) -> None:
        self._queue = queue
        self.can = [verb for verb in _NEEDED if not features.lack(*_NEEDED[verb])]

    @property
    def checkpoint(self) -> Optional[Checkpoint]:
        from .checkpoint import chosen

        return chosen()

    @property
    def samplers(self) -> Sequence[str]:
        from .samplers import sampler_names

        return sampler_names()

    @property
    def schedulers(self) -> Sequence[str]:
        from .samplers import scheduler_names

        return scheduler_names()

    def inpaint(
        self,
        image: np.ndarray,
        mask: np.ndarray,
        start: Optional[np.ndarray],
        request: InpaintRequest,
        notes: dict[str, str],
        save: bool,
        progress: Progress,
    ) -> list[Sampled]:
        """As host.Sampling."""
        self._validate(request, "inpaint")
        content = CONTENTS.index(request.masked_content) if start is None else CONTENTS.index("original")
        around = sizes.padding(mask, request)

        def sample(p: Processing, side: int) -> Any:
            from modules import processing

            from .blending import blended
            from .checkpoint import validate_painting
            from .masked import masked
            from .suited import suited

            validate_painting(p, p.batch_size)
            p.cfg_scale, p.denoising_strength = suited(request, "cfg_scale"), request.denoising_strength
            p.inpainting_fill, p.mask_blur = content, request.feather
            p.width, p.height = sizes.size_for(sizes.region(mask, around), request.width, request.height, side)
            p.inpaint_full_res_padding = around
            with masked(p, Image.fromarray(image), mask, start), blended(p, request.blend):
                return processing.process_images(p)

        return self._sampled(request, sample, notes, save, progress)

    def extend(
        self,
        image: np.ndarray,
        request: PromptedOutpaintRequest,
        prefill: Prefill,
        notes: dict[str, str],
        save: bool,
        progress: Progress,
    ) -> list[Sampled]:
        """As host.Sampling. It is what the script "outpaint" does, whose parameters the results have."""
        self._validate(request, "outpaint")
        size = outpaint.extended(Size.of(image), outpaint.total(Size.of(image), request))
        how = OutpaintRequest(**{field.name: getattr(request, field.name) for field in fields_of(Outpainting)})

        def sample(p: Processing, side: int) -> Any:
            from .outpainting import extend_pictures
            from .suited import suited

            p.cfg_scale, p.denoising_strength = suited(request, "cfg_scale"), request.denoising_strength
            p.init_images = [Image.fromarray(image)]
            return extend_pictures(p, how, prefill)

        made = self._sampled(request, sample, notes, save, progress, unit="part")
        whole = [one for one in made if Size.of(one.image) == size]  # Skip ends a picture with the round it is in
        if not whole:
            raise Cancelled()
        return whole

    def edit(
        self,
        image: np.ndarray,
        mask: np.ndarray,
        request: EditRequest,
        notes: dict[str, str],
        save: bool,
        progress: Progress,
    ) -> list[Sampled]:
        """As host.Sampling."""
        self._validate(request, "edit")

        def sample(p: Processing, side: int) -> Any:
            from modules import processing

            from .blending import blended
            from .checkpoint import require_editing
            from .image_cfg import guided
            from .masked import masked
            from .suited import follow_prompt, suited

            guidance = guided(p, request)
            if require_editing(p):
                guidance = nullcontext()
                follow_prompt(p, suited(request, "text_cfg"))
            p.denoising_strength, p.inpainting_fill = 1.0, CONTENTS.index("original")
            around = max(mask.shape)
            p.inpaint_full_res_padding = around
            p.width, p.height = sizes.size_for(sizes.region(mask, around), 0, 0, side)
            with guidance, masked(p, Image.fromarray(image), mask), blended(p, "differential"):
                return processing.process_images(p)

        return self._sampled(request, sample, notes, save, progress)

    def save(self, image: np.ndarray, infotext: str) -> str:
        """As host.Sampling."""
        from modules import images, shared

        options = shared.opts
        folder = options.outdir_samples or options.outdir_img2img_samples
        made = Image.fromarray(image)
        if options.samples_format.lower() in ("jpg", "jpeg"):
            made = made.convert("RGB")
        path, _ = images.save_image(made, folder, "", extension=options.samples_format, info=infotext)
        return os.path.basename(path)

    def _validate(self, request: SampleRequest, verb: str) -> None:
        """Raises NotHere for a verb that cannot be done, BadRequest for names that this WebUI does not know."""
        from .samplers import validate

        if verb not in self.can:
            raise NotHere(f"This WebUI has not what {_NEEDED[verb][0]} needs: its log says more.")
        validate(request)

    def _sampled(
        self,
        request: SampleRequest,
        sample: Callable[[Any, int], Any],
        notes: dict[str, str],
        save: bool,
        progress: Progress,
        unit: str = "picture",
    ) -> list[Sampled]:
        """What `sample` gives, called with the processing object and the side that suits the checkpoint.

        unit: what is sampled one by one, for the progress.
        """
        from modules import processing, scripts, shared

        from .checkpoint import best_side
        from .script_arguments import script_defaults
        from .suited import processing_values
        from .watching import watched

        with ExitStack() as stack:
            stack.enter_context(self._queue.held(progress))
            p = stack.enter_context(
                closing(processing.StableDiffusionProcessingImg2Img(**processing_values(request, save)))
            )
            p.is_api = True  # else the page's own sampler, steps and seed are put in place of these
            p.scripts = scripts.scripts_img2img
            p.script_args = script_defaults(p.scripts)
            p.extra_generation_params.update(notes)
            stack.enter_context(changed_options(shared.opts, dict.fromkeys(UNFIT, False)))
            watch = stack.enter_context(watched(progress, unit))
            progress(0.0, "Loading the checkpoint")
            side = best_side(p)
            if not hasattr(shared.sd_model, "sd_checkpoint_info"):
                raise ModelUnavailable("No checkpoint is loaded: choose one at the top of the WebUI.")
            processed = watch(functools.partial(sample, p, side))
        made = _results(processed, request.batch_count * request.batch_size)
        if not made:  # stopped before the first
            raise Cancelled()
        return made


def _results(processed: Any, count: int) -> list[Sampled]:
    """The pictures themselves; scripts may have put others behind them."""
    first = processed.index_of_first_image
    pictures = processed.images[first : first + count]
    return [
        Sampled(
            np.asarray(picture.convert("RGB")),
            int(seed),
            infotext,
            os.path.basename(getattr(picture, "already_saved_as", "") or ""),
        )
        for picture, seed, infotext in zip(pictures, processed.all_seeds, processed.infotexts[first:])
    ]


if TYPE_CHECKING:
    _can_sample: Sampling = Img2img(QueueLock())
