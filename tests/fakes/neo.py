"""What Forge Neo does otherwise than A1111 and Forge, where our code meets it: its processing, VAE and sampling."""

from __future__ import annotations

import math
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, Callable

import torch
from torch import Tensor


class Processing:
    """img2img's processing object: both mask blurs give back the one that counts, and none of them can be set."""

    def __init__(self, **given: Any) -> None:
        self.mask_blur = 4
        vars(self).update(given)

    @property
    def mask_blur_x(self) -> int:
        return self.mask_blur

    @property
    def mask_blur_y(self) -> int:
        return self.mask_blur


class AutoencoderKL(torch.nn.Module):
    """Encodes to what it draws from the posterior, and has no other way to say it. quant_conv: whether it has one."""

    def __init__(self, quant_conv: bool = True) -> None:
        super().__init__()
        self.encoder = torch.nn.Conv2d(3, 8, 8, stride=8)
        self.quant_conv = torch.nn.Conv2d(8, 8, 1) if quant_conv else None

    def encode(self, x: Tensor) -> Tensor:
        moments = self.encoder(x) if self.quant_conv is None else self.quant_conv(self.encoder(x))
        mean, logarithm = moments.chunk(2, dim=1)
        return mean + torch.exp(0.5 * logarithm) * torch.randn_like(mean)


class Vae:
    """With a patcher that knows no regulation; loads its network, as all that is Neo's, before each use."""

    def __init__(self, network: AutoencoderKL) -> None:
        self.first_stage_model, self.patcher = network, SimpleNamespace()
        self.loaded: list[int] = []  # how many pictures each time

    def encode(self, picture: Tensor) -> Tensor:
        """picture: BxHxWx3 in 0 to 1."""
        self.loaded.append(len(picture))
        return self.first_stage_model.encode(picture.movedim(-1, 1) * 2 - 1)


class Condition:
    def __init__(self, cond: Any) -> None:
        self.cond = cond


class Denoiser:
    """A CFGDenoiser: its samplers never set `need_last_noise_uncond`. predict: what the network makes of a text and a
    picture's latent.
    """

    need_last_noise_uncond = False

    def __init__(self, predict: Callable[[Tensor, Tensor], Tensor], latent: Tensor) -> None:
        self.predict = predict
        self.sampler = SimpleNamespace(sampler_extra_args={"image_cond": latent})
        self.objects = SimpleNamespace(unet=Unet())
        self.inner_model = SimpleNamespace(inner_model=SimpleNamespace(forge_objects=self.objects))
        self.hooks: list[Callable[..., None]] = []

    def register_forward_pre_hook(self, hook: Callable[..., None]) -> Any:
        self.hooks.append(hook)
        return SimpleNamespace(remove=lambda: self.hooks.remove(hook))

    def __call__(
        self, x: Tensor, sigma: Tensor, cond: Tensor, uncond: Tensor, cond_scale: float, model_options: dict[str, Any]
    ) -> Tensor:
        for hook in self.hooks:
            hook(self, (x, sigma))
        own = self.objects.unet.model_options
        options = {**own, **model_options}
        functions = "sampler_post_cfg_function"
        options[functions] = own.get(functions, []) + model_options.get(functions, [])
        conds, unconds = ([{"model_conds": {"text": Condition(text)}, "strength": 1.0}] for text in (cond, uncond))
        state: Any = (self, x, sigma, unconds, conds, cond_scale, options, 7)
        for modifier in own.get("conditioning_modifiers", []):
            state = modifier(*state)
        return sampled(*state)


class Unet:
    def __init__(self) -> None:
        self.model_options: dict[str, Any] = {}

    def clone(self) -> Unet:
        other = Unet()
        other.model_options = dict(self.model_options)
        return other

    def add_conditioning_modifier(self, modifier: Callable[..., Any]) -> None:
        self.model_options["conditioning_modifiers"] = [*self.model_options.get("conditioning_modifiers", []), modifier]


def calc_cond_uncond_batch(
    model: Denoiser, cond: list[Any], uncond: list[Any] | None, x: Tensor, sigma: Tensor, options: dict[str, Any]
) -> tuple[Tensor, Tensor]:
    """The prediction of each; zeros for one that nobody asks for, and not None."""

    def predicted(entries: list[Any] | None) -> Tensor:
        conds = [entry["model_conds"] for entry in entries or []]
        made = [model.predict(one["text"].cond, one["c_concat"].cond) for one in conds]
        return torch.stack(made).mean(0) if made else torch.zeros_like(x)

    return predicted(cond), predicted(uncond)


def sampled(model, x, sigma, uncond, cond, cond_scale: float, options: dict[str, Any], seed: int) -> Tensor:
    """sampling_function_inner of Neo's: what CFG++ asks for is an option, and it reads what the functions are told."""
    is_off = math.isclose(cond_scale, 1.0) and not options.get("disable_cfg1_optimization", False)
    text, none = calc_cond_uncond_batch(model, cond, None if is_off else uncond, x, sigma, options)
    result = none + (text - none) * cond_scale
    for function in options.get("sampler_post_cfg_function", []):
        told = {"denoised": result, "cond_denoised": text, "uncond_denoised": none, "cond_scale": cond_scale}
        told |= {"model": model, "sigma": sigma, "model_options": options, "input": x}
        result = function(told)
    return result


def euler_cfg_pp(denoiser: Denoiser, x: Tensor, sigmas: list[float], **extra: Any) -> Tensor:
    """A CFG++ sampler of Neo's: Euler, which goes on from the negative prediction."""
    seen: list[Tensor] = []

    def read(told: dict[str, Any]) -> Tensor:
        seen.append(told["uncond_denoised"])
        return told["denoised"]

    options = {"sampler_post_cfg_function": [read], "disable_cfg1_optimization": True}
    for sigma, lower in pairwise(sigmas):
        made = denoiser(x, torch.tensor([sigma]), model_options=options, **extra)
        x = made + (x - seen[-1]) / sigma * lower
    return x
