"""Guidance by prompt and picture in A1111: in place of CFGDenoiser.forward, for one denoiser and one sampling."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Callable

import torch
from modules import (
    prompt_parser,
    scripts,
    sd_samplers_cfg_denoiser,
    sd_samplers_common,
    sd_samplers_timesteps,
    shared,
)
from modules.script_callbacks import (
    AfterCFGCallbackParams,
    CFGDenoisedParams,
    CFGDenoiserParams,
    cfg_after_cfg_callback,
    cfg_denoised_callback,
    cfg_denoiser_callback,
)
from torch import Tensor

from ..diffusion.guidance import GuidanceSchedule, Passes, PromptRow, Scales, combine, needed_passes, rescale
from .changed import changed
from .checkpoint import input_channels
from .edit_rows import Inputs, fill_in, first_rows
from .stopping import is_cut_short

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessing as Processing


def cfg_scale(text_cfg: float) -> float:
    """What p.cfg_scale is to be."""
    return text_cfg


def validate_run(p: Processing) -> None:
    """Nothing is refused here."""


def picture_latent(p: Processing, stock: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
    """The mode of what the VAE encodes the picture to, not scaled, Bx4xhxw: A1111 does this right."""
    return stock(*args, **kwargs)


def guiding(denoiser: Any, schedule: GuidanceSchedule, amount: float) -> AbstractContextManager[None]:
    """While this is open, the denoiser guides by the schedule, and rescales by `amount`."""
    return changed(denoiser, forward=_Forward(denoiser, schedule, amount))


class _Forward:
    """CFGDenoiser.forward with its arguments. It keeps its order of events: callbacks, masks, previews, counting."""

    def __init__(self, denoiser: Any, schedule: GuidanceSchedule, amount: float) -> None:
        self.denoiser = denoiser
        self.stock = denoiser.forward
        self.schedule = schedule
        self.amount = amount

    def __call__(
        self,
        x: Tensor,
        sigma: Tensor,
        uncond: Any,
        cond: Any,
        cond_scale: float,
        s_min_uncond: float,
        image_cond: Tensor,
    ) -> Tensor:
        denoiser = self.denoiser
        if is_cut_short():
            raise sd_samplers_common.InterruptedException
        if sd_samplers_common.apply_refiner(denoiser, sigma):
            cond, uncond = (denoiser.sampler.sampler_extra_args[name] for name in ("cond", "uncond"))
        if input_channels(shared.sd_model) != 2 * x.shape[1]:  # the refiner is of another kind
            return self.stock(x, sigma, uncond, cond, cond_scale, s_min_uncond, image_cond)

        if denoiser.mask_before_denoising and denoiser.mask is not None:
            x = self._masked(x, sigma)
        inputs, prompts = self._inputs(x, sigma, uncond, cond, image_cond)
        scales = None if self._skips(sigma, s_min_uncond) else self.schedule.at(sigma[0].item())
        denoised, predictions = self._guide(inputs, prompts, scales)
        if not denoiser.mask_before_denoising and denoiser.mask is not None:
            denoised = self._masked(denoised, sigma)
        self._show(inputs, prompts, predictions, denoised, sigma)

        params = AfterCFGCallbackParams(denoised, shared.state.sampling_step, shared.state.sampling_steps)
        cfg_after_cfg_callback(params)
        denoiser.step += 1
        return params.x

    def _inputs(
        self, x: Tensor, sigma: Tensor, uncond: Any, cond: Any, latent: Tensor
    ) -> tuple[Inputs, list[PromptRow]]:
        """All rows that there are, after other extensions have seen and perhaps changed them."""
        denoiser = self.denoiser
        composition, text = prompt_parser.reconstruct_multicond_batch(cond, denoiser.step)
        negative = prompt_parser.reconstruct_cond_batch(uncond, denoiser.step)
        prompts = [PromptRow(picture, weight) for picture, parts in enumerate(composition) for _, weight in parts]
        owners = [prompt.picture for prompt in prompts]
        params = CFGDenoiserParams(
            torch.cat([x[owners], x, x]),
            torch.cat([latent[owners], latent, torch.zeros_like(latent)]),
            torch.cat([sigma[owners], sigma, sigma]),
            shared.state.sampling_step,
            shared.state.sampling_steps,
            text,
            negative,
            denoiser,
        )
        cfg_denoiser_callback(params)
        text, negative = self._padded(params.text_cond, params.text_uncond)
        return Inputs(params.x, params.sigma, params.image_cond, text, negative), prompts

    def _padded(self, text: Any, negative: Any) -> tuple[Any, Any]:
        """Prompts and negative prompts in one length, if the settings want that; they need not be."""
        denoiser = self.denoiser
        denoiser.padded_cond_uncond = denoiser.padded_cond_uncond_v0 = False
        if text.shape[1] != negative.shape[1]:
            if shared.opts.pad_cond_uncond_v0:
                return denoiser.pad_cond_uncond_v0(text, negative)
            if shared.opts.pad_cond_uncond:
                return denoiser.pad_cond_uncond(text, negative)
        return text, negative

    def _skips(self, sigma: Tensor, s_min_uncond: float) -> bool:
        """Whether the settings Skip Early CFG and NGMS turn guidance off in this step."""
        denoiser, opts, written = self.denoiser, shared.opts, self.denoiser.p.extra_generation_params
        if opts.skip_early_cond != 0 and denoiser.step / denoiser.total_steps <= opts.skip_early_cond:
            written["Skip Early CFG"] = opts.skip_early_cond
            return True
        if (denoiser.step % 2 or opts.s_min_uncond_all) and s_min_uncond > 0 and sigma[0] < s_min_uncond:
            written["NGMS"] = s_min_uncond
            if opts.s_min_uncond_all:
                written["NGMS all steps"] = opts.s_min_uncond_all
            return True
        return False

    def _guide(self, inputs: Inputs, prompts: list[PromptRow], scales: Scales | None) -> tuple[Tensor, Tensor]:
        """The guided prediction, BxCxHxW, and the predictions it is made of in the layout of the inputs."""
        denoiser = self.denoiser
        if scales is None:
            passes = needed_passes(Scales.off(inputs.batch), prompts)
            scales = Scales.off(inputs.batch)
        else:
            # CFG++ scales what it is given, and goes on from the unconditioned prediction
            scales = scales._replace(text=tuple(s * denoiser.cond_scale_miltiplier for s in scales.text))
            passes = needed_passes(scales, prompts)
            passes = passes._replace(uncond=passes.uncond or denoiser.need_last_noise_uncond)
        predictions = self._predict(inputs, prompts, passes)
        params = CFGDenoisedParams(
            predictions, shared.state.sampling_step, shared.state.sampling_steps, denoiser.inner_model
        )
        cfg_denoised_callback(params)
        if denoiser.need_last_noise_uncond:
            denoiser.last_noise_uncond = torch.clone(predictions[-inputs.batch :])
        parts = zip(predictions.split(inputs.split), passes)
        text, image, uncond = (part if wanted else None for part, wanted in parts)
        guided = combine(text, image, uncond, scales, prompts)
        if self.amount:
            guided = self._rescaled(guided, predictions[first_rows(prompts)], inputs.x[-inputs.batch :])
        return guided, predictions

    def _predict(self, inputs: Inputs, prompts: list[PromptRow], passes: Passes) -> Tensor:
        """The network's predictions, in the layout of the inputs.

        Conds of different lengths go in separate batches, so nothing needs to be padded; else all go in one.
        """
        parts = zip(inputs.numbers(), (inputs.text, inputs.negative, inputs.negative), passes)
        wanted = [(rows, conds) for rows, conds, is_wanted in parts if is_wanted]
        out = None
        for length in dict.fromkeys(conds.shape[1] for _, conds in wanted):
            same = [(rows, conds) for rows, conds in wanted if conds.shape[1] == length]
            together = [row for rows, _ in same for row in rows]
            conds = sd_samplers_cfg_denoiser.catenate_conds([conds for _, conds in same])
            size = len(together) if shared.opts.batch_cond_uncond else inputs.batch
            for start in range(0, len(together), size):
                some = together[start : start + size]
                told = _told(sd_samplers_cfg_denoiser.subscript_cond(conds, start, start + size), inputs.latent[some])
                result = self.denoiser.inner_model(inputs.x[some], inputs.sigma[some], cond=told)
                out = torch.zeros_like(inputs.x, dtype=result.dtype) if out is None else out
                out[some] = result
        assert out is not None, "one prediction at least is needed"
        fill_in(out, inputs, prompts, passes)
        return out

    def _rescaled(self, guided: Tensor, unguided: Tensor, x: Tensor) -> Tensor:
        """CFG rescale on the noise, which is what DDIM and its kin predict; the others predict the picture in x."""
        if isinstance(self.denoiser, sd_samplers_timesteps.CFGDenoiserTimesteps):
            return rescale(guided, unguided, self.amount)
        return x - rescale(x - guided, x - unguided, self.amount)

    def _masked(self, latent: Tensor, sigma: Tensor) -> Tensor:
        """The original outside the mask, as A1111 and its scripts (soft inpainting) want it."""
        denoiser = self.denoiser
        blended = latent * denoiser.nmask + denoiser.init_latent * denoiser.mask
        if denoiser.p.scripts is None:
            return blended
        arguments = scripts.MaskBlendArgs(
            latent, denoiser.nmask, denoiser.init_latent, denoiser.mask, blended, denoiser=denoiser, sigma=sigma
        )
        denoiser.p.scripts.on_mask_blend(denoiser.p, arguments)
        return arguments.blended_latent

    def _show(
        self, inputs: Inputs, prompts: list[PromptRow], predictions: Tensor, denoised: Tensor, sigma: Tensor
    ) -> None:
        """The live preview, and what A1111 gives back after an interrupt."""
        denoiser, first = self.denoiser, first_rows(prompts)
        denoiser.sampler.last_latent = denoiser.get_pred_x0(inputs.x[first], predictions[first], sigma)
        content = shared.opts.live_preview_content
        if content == "Prompt":
            preview = denoiser.sampler.last_latent
        elif content == "Negative prompt":
            preview = denoiser.get_pred_x0(inputs.x[-inputs.batch :], predictions[-inputs.batch :], sigma)
        else:
            preview = denoiser.get_pred_x0(inputs.x[-inputs.batch :], denoised, sigma)
        sd_samplers_common.store_latent(preview)


def _told(conds: Any, latent: Tensor) -> dict[str, Any]:
    """What the network is told, in the form that A1111 gives it."""
    crossattn = conds if isinstance(conds, dict) else {"c_crossattn": [conds]}
    return {**crossattn, "c_concat": [latent]}
