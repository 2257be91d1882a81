"""Guidance by prompt and picture in Forge and its kin: through UnetPatcher's own hooks, on a clone, for one sampling.

They have no third prediction, so their own call gives the first prompt's and one of the other two, and what is missing
is computed where they would have put them together.
"""

from __future__ import annotations

import copy
import functools
import math
from contextlib import ExitStack, contextmanager
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Callable, Iterator

import torch
from torch import Tensor

from ..diffusion.guidance import GuidanceSchedule, Passes, PromptRow, Scales, combine, needed_passes, rescale
from ..errors import BadRequest
from . import features
from .changed import changed

if features.exists("backend.sampling.condition"):
    from backend.sampling.condition import Condition
    from backend.sampling.sampling_function import calc_cond_uncond_batch
else:  # as it was in Forge's first year, which reForge and Forge Classic go on from
    from ldm_patched.modules.conds import CONDRegular as Condition
    from ldm_patched.modules.samplers import calc_cond_uncond_batch

    features.needs("modules.models.diffusion.ddpm_edit")  # what loads an instruct-pix2pix checkpoint there

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessing as Processing

NOT_QUITE_1 = 1.000001  # a CFG scale; with 1, Forge leaves the negative prompt out


def cfg_scale(text_cfg: float) -> float:
    """What p.cfg_scale is to be."""
    return NOT_QUITE_1 if text_cfg == 1 else text_cfg


def validate_run(p: Processing) -> None:
    """Raises BadRequest for a run that cannot be guided."""
    if p.refiner_checkpoint_info is not None:
        raise BadRequest("On Forge, image CFG cannot go on with a refiner: it would be shown the picture's latent too.")


def picture_latent(p: Processing, stock: Callable[..., Tensor], picture: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """The mode of what the VAE encodes the picture to, not scaled, Bx4xhxw. Forge's own would be for inpainting."""
    vae = copy.copy(p.sd_model.forge_objects.vae)  # what reForge's own clone() leaves out is needed for encoding
    network = vae.first_stage_model
    with ExitStack() as stack:
        if hasattr(vae.patcher, "set_model_vae_regulation"):
            vae.patcher = vae.patcher.clone()
            vae.patcher.set_model_vae_regulation(lambda posterior: posterior.mode())
        else:  # Neo's, which always draws from the posterior
            stack.enter_context(changed(network, encode=functools.partial(_mode, network)))
        return vae.encode(picture.movedim(1, -1) * 0.5 + 0.5).to(picture)


def _mode(network: Any, picture: Tensor) -> Tensor:
    """The mode of the posterior of a picture (Bx3xHxW in -1 to 1), which is the first half of its moments' channels."""
    moments = network.encoder(picture)
    if network.quant_conv is not None:
        moments = network.quant_conv(moments)
    return moments.chunk(2, dim=1)[0]


@contextmanager
def guiding(denoiser: Any, schedule: GuidanceSchedule, amount: float) -> Iterator[None]:
    """While this is open, the denoiser guides by the schedule, and rescales by `amount`."""
    objects = denoiser.inner_model.inner_model.forge_objects
    guide = _Guide(denoiser, schedule, amount)
    unet = objects.unet.clone()
    unet.add_conditioning_modifier(guide.choose)
    functions = unet.model_options.get("sampler_post_cfg_function", [])
    unet.model_options["sampler_post_cfg_function"] = [guide.guide, *functions]
    with ExitStack() as stack:
        stack.enter_context(changed(objects, unet=unet))
        stack.callback(denoiser.register_forward_pre_hook(guide.begin).remove)
        yield


class _Guide:
    """One sampling. Forge calls `begin`, `choose` and `guide`, in this order, once for each call of the denoiser.

    An entry is what Forge calls a condition: a dict for one prompt of every picture in the batch.
    """

    def __init__(self, denoiser: Any, schedule: GuidanceSchedule, amount: float) -> None:
        self.denoiser = denoiser
        self.schedule = schedule
        self.amount = amount
        self.planned: Scales | None = None
        self.scales = Scales((), ())
        self.passes = Passes(True, True, True)
        self.is_uncond_read = False  # by the sampler, which goes on from it
        self.prompts: list[PromptRow] = []
        self.more_texts: list[dict[str, Any]] = []  # prompts after the first, with AND
        self.image: dict[str, Any] | None = None  # the image prediction, where it is the third

    def begin(self, _: Any, args: tuple[Any, ...]) -> None:
        self.planned = self.schedule.at(args[1][0].item())

    def choose(
        self, model: Any, x: Tensor, sigma: Tensor, uncond: Any, cond: Any, cond_scale: float, options: Any, seed: Any
    ) -> tuple[Any, ...]:
        """Which predictions Forge computes itself, and which are left for `guide`."""
        latent = self.denoiser.sampler.sampler_extra_args["image_cond"]
        batch = len(x)
        # at scale 1 the settings Skip Early CFG, NGMS and Hires CFG have turned guidance off
        planned = None if uncond is None or math.isclose(cond_scale, 1.0) else self.planned
        self.scales = Scales.off(batch) if planned is None else self._scaled(planned)
        # with no negative prompt there is nothing to add to but the prompts' own mean
        total = (sum(entry["strength"] for entry in cond) or 1.0) if uncond is None else 1.0
        self.prompts = [PromptRow(picture, entry["strength"] / total) for entry in cond for picture in range(batch)]
        passes = needed_passes(self.scales, self.prompts)
        # how the samplers with CFG++ ask for it, in Forge and in Neo
        self.is_uncond_read = self.denoiser.need_last_noise_uncond or options.get("disable_cfg1_optimization", False)
        if planned is not None and self.is_uncond_read:
            passes = passes._replace(uncond=True)
        self.passes = passes if uncond is not None else Passes(True, False, False)

        texts = [_shown(entry, latent) for entry in cond] if self.passes.text else []
        (negative,) = uncond or [{}]
        image = _shown(negative, latent) if self.passes.image else None
        nothing = _shown(negative, torch.zeros_like(latent)) if self.passes.uncond else None
        self.more_texts = texts[1:]
        self.image = image if nothing is not None else None
        other = nothing if nothing is not None else image
        if other is not None and math.isclose(cond_scale, 1.0):
            cond_scale = NOT_QUITE_1
        return model, x, sigma, None if other is None else [other], texts[:1], cond_scale, options, seed

    def _scaled(self, scales: Scales) -> Scales:
        """CFG++ wants its own scale, which Forge forgets."""
        factor = getattr(self.denoiser, "cond_scale_miltiplier", 1.0)
        return scales._replace(text=tuple(scale * factor for scale in scales.text))

    def guide(self, args: dict[str, Any]) -> Tensor:
        """The guided prediction of the picture, BxCxHxW."""
        x, passes = args["input"], self.passes
        texts = [args["cond_denoised"]] if passes.text else []
        image = uncond = None
        if passes.uncond:
            uncond = args["uncond_denoised"]
        elif passes.image:
            image = args["uncond_denoised"]
        for entry, third in zip_longest(self.more_texts, [] if self.image is None else [self.image]):
            as_cond, as_uncond = ([] if one is None else [one] for one in (entry, third))
            first, second = calc_cond_uncond_batch(
                args["model"], as_cond, as_uncond, x, args["sigma"], args["model_options"]
            )
            texts += [first] if as_cond else []
            image = second if as_uncond else image
        text = torch.cat(texts) if texts else None
        guided = combine(text, image, uncond, self.scales, self.prompts)
        if not passes.uncond and self.is_uncond_read:
            args["uncond_denoised"].copy_(guided)  # else CFG++ goes on from zeros
        if self.amount:
            unguided = next(part for part in (texts[0] if texts else None, image, uncond) if part is not None)
            guided = x - rescale(x - guided, x - unguided, self.amount)
        return guided


def _shown(entry: dict[str, Any], latent: Tensor) -> dict[str, Any]:
    """The entry with this latent for the picture. Weights are for `combine`, so Forge is to see none."""
    return {**entry, "strength": 1.0, "model_conds": {**entry["model_conds"], "c_concat": Condition(latent)}}
