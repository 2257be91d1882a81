"""How what img2img makes is blended into the picture, attached to one run.

"off" is img2img's own inpainting without mask blur, "mask blur" the same with it, "differential" is differential
diffusion (blend.py). Nothing that two runs share is changed: what is, belongs to the processing object `p` and to the
sampler that it makes for itself, and is put back.
"""

from __future__ import annotations

import functools
import math
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Callable, Iterator

import numpy as np
import torch
from modules import sd_samplers_common, sd_samplers_timesteps, shared
from torch import Tensor

from ..diffusion.blend import Differential, latent_mask
from ..geometry import Size
from ..schema import Blend
from .changed import changed
from .mask_blur import no_mask_blur
from .noise_levels import noise_levels

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessingImg2Img as Processing

UNIPC = ("unipc", "sample_unipc")  # the sampler's function in A1111 and Forge, and in Neo
LATENT_FILLS = (2, 3)  # masked content "latent noise" and "latent nothing": put into the latent by the WebUI


@contextmanager
def blended(p: Processing, how: Blend) -> Iterator[None]:
    """While this is open, `p`, a StableDiffusionProcessingImg2Img with a mask, is blended like this. Twice is as once.

    Guidance (image_cfg.py) goes on first, where there is any.
    """
    with ExitStack() as stack:
        if how != "mask blur":
            stack.enter_context(changed(p, **no_mask_blur(p)))
        if how == "differential":
            prepare = functools.partial(_prepare, p, p.img2img_image_conditioning, stack)
            stack.enter_context(changed(p, img2img_image_conditioning=prepare))
        yield


def _prepare(
    p: Processing,
    stock: Callable[..., Tensor],
    stack: ExitStack,
    picture: Tensor,
    latent: Tensor,
    mask: Any,
    *rest: Any,
) -> Tensor:
    """Called when `p` has its sampler, its latent and its mask: here the sampling is put in order.

    picture: Bx3xHxW in -1 to 1, what is sampled from. latent: the same as BxCxhxw. mask: PIL L of WxH; None where there
    is nothing to inpaint.
    """
    if mask is not None:
        height, width = latent.shape[-2:]
        soft = latent_mask(np.asarray(mask.convert("L")), Size(width, height)).to(latent.device)
        if p.inpainting_fill in LATENT_FILLS:  # noise is for what may change from the first step on
            latent = torch.where(soft < 1, _encoded(p, picture, latent), latent)
            p.init_latent = latent
        # the WebUI's own blend of latents knows inside and outside only
        stack.enter_context(changed(p, mask=None, nmask=None))
        sample = functools.partial(_sample, p.sampler, p.sampler.sample_img2img, soft)
        stack.enter_context(changed(p.sampler, sample_img2img=sample))
    return stock(picture, latent, mask, *rest)


def _encoded(p: Processing, picture: Tensor, like: Tensor) -> Tensor:
    """The latent of the picture as it was before the WebUI put noise or nothing into it."""
    how = sd_samplers_common.approximation_indexes.get(shared.opts.sd_vae_encode_method)
    latent = sd_samplers_common.images_tensor_to_samples(picture / 2 + 0.5, how, p.sd_model).to(like)
    if latent.shape[-2:] == like.shape[-2:]:
        return latent
    return torch.nn.functional.interpolate(latent, size=like.shape[-2:], mode="bilinear")  # "latent upscale"


def _sample(
    sampler: Any,
    stock: Callable[..., Tensor],
    mask: Tensor,
    p: Processing,
    x: Tensor,
    noise: Tensor,
    *args: Any,
    **kwargs: Any,
) -> Tensor:
    """The sampler's sample_img2img, held back by the mask. x: the original latent. noise: what it adds to it."""
    with changed(sampler, func=_held_back(sampler.func, mask, x, noise)):
        return stock(p, x, noise, *args, **kwargs)


def _held_back(function: Callable[..., Tensor], mask: Tensor, original: Tensor, noise: Tensor) -> Callable[..., Tensor]:
    """A sampler's function that goes on from the original, at each step, where the mask holds it."""

    @functools.wraps(function)  # the WebUI reads the signature
    def sample(denoiser: Any, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        noised = functools.partial(_noised, denoiser, original, noise)
        differential = Differential(mask, noise_levels(function, denoiser, kwargs), noised)
        if function.__name__ in UNIPC:
            return _unipc(function, differential, denoiser, x, *args, **kwargs)
        with _before_each_step(denoiser, differential.hold):
            return function(denoiser, x, *args, **kwargs)

    return sample


@contextmanager
def _before_each_step(denoiser: Any, hold: Callable[[Tensor, float], None]) -> Iterator[None]:
    """`hold` is called with what the denoiser is called with: the sampler's latent and its noise level."""
    handle = denoiser.register_forward_pre_hook(lambda _, arguments: hold(arguments[0], arguments[1][0].item()))
    try:
        yield
    finally:
        handle.remove()


def _unipc(
    function: Callable[..., Tensor], differential: Differential, denoiser: Any, x: Tensor, *args: Any, **kwargs: Any
) -> Tensor:
    """UniPC shows the network what it predicts, and goes on from what it corrects that to: both are held.

    Neo's calls the denoiser in sigmas and goes on in a latent of unit variance. What its last step starts from it tells
    nobody; by then only what is masked least is held.
    """
    last = len(kwargs["sigmas"]) - 2 if "sigmas" in kwargs else None
    seen: list[float] = []  # the level of the last call, until what came of it is corrected
    callback = kwargs.pop("callback")

    def before(x: Tensor, level: float) -> None:
        differential.hold(x, level)
        seen[:] = [level]

    def after(told: dict[str, Any]) -> None:
        if seen and told["i"] != last:  # after the last step, which has no correction, nothing is held
            level = seen.pop()
            scale = 1.0 if last is None else math.sqrt(1 + level**2)
            x = told["x"] * scale
            differential.hold(x, level)
            told["x"].copy_(x / scale)
        callback(told)

    with _before_each_step(denoiser, before):
        return function(denoiser, x, *args, callback=after, **kwargs)


def _noised(denoiser: Any, original: Tensor, noise: Tensor, level: float) -> Tensor:
    """The original latent at a noise level, as the denoiser's samplers have it at the start of their step there."""
    if isinstance(denoiser, sd_samplers_timesteps.CFGDenoiserTimesteps):
        kept = _alpha(denoiser.inner_model.inner_model.alphas_cumprod, level)
        return original * math.sqrt(kept) + noise * math.sqrt(1 - kept)
    predictor = getattr(denoiser.inner_model, "predictor", None)  # Forge's
    if predictor is not None:
        return predictor.noise_scaling(torch.tensor(level, device=noise.device), noise, original.to(noise))
    if hasattr(shared.sd_model, "add_noise_to_latent"):  # A1111's for SD 3
        return shared.sd_model.add_noise_to_latent(original, noise, level)
    return original + noise * level


def _alpha(alphas: Tensor, timestep: float) -> float:
    """Cumulative alpha at a timestep; UniPC calls between two, where its own schedule goes evenly in the logarithm."""
    low = min(max(int(timestep), 0), len(alphas) - 1)
    first, second = alphas[low].item(), alphas[min(low + 1, len(alphas) - 1)].item()
    return first * (second / first) ** (timestep - low)
