"""Differential diffusion as its paper has it, written out for a few samplers; and what any sampler shows the network.

Runs inside a WebUI, and shares no code with the extension.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from unittest import mock

import numpy as np
import torch


@contextmanager
def within(mask: np.ndarray | None = None, sampler: str = ""):
    """With a mask (uint8 HxW, of the size that is sampled) and a sampler, img2img is sampled by the loop below, held
    back by the mask; without, nothing is changed. Gives a list that the denoiser's calls are written into:
    (what the original is multiplied with at this level, what the noise is, x) and, first, (original, noise).
    """
    from modules import sd_samplers_kdiffusion, sd_samplers_timesteps
    from torch.nn.modules import module

    seen: list = []
    classes = (sd_samplers_kdiffusion.KDiffusionSampler, sd_samplers_timesteps.CompVisSampler)

    def watched(stock):
        def sample_img2img(self, p, x, noise, *args, **kwargs):
            seen.append((x.numpy().copy(), noise.numpy().copy()))
            if mask is None:
                return stock(self, p, x, noise, *args, **kwargs)
            part = torch.from_numpy(mask.reshape(len(mask) // 8, 8, -1, 8).mean((1, 3)) / 255)
            with mock.patch.object(self, "func", LOOPS[sampler](self.func, part, x, noise)):
                p.mask = p.nmask = None
                return stock(self, p, x, noise, *args, **kwargs)

        return sample_img2img

    def after(denoiser, arguments, _):
        if isinstance(denoiser, sd_samplers_kdiffusion.CFGDenoiserKDiffusion):
            factors = 1.0, arguments[1][0].item()
        elif isinstance(denoiser, sd_samplers_timesteps.CFGDenoiserTimesteps):
            factors = _at_timestep(denoiser, arguments[1][0].item())
        else:
            return
        seen.append((*factors, arguments[0].numpy().copy()))

    hook = module.register_module_forward_hook(after)
    try:
        with ExitStack() as stack:
            for kind in classes:
                stack.enter_context(mock.patch.object(kind, "sample_img2img", watched(kind.sample_img2img)))
            yield seen
    finally:
        hook.remove()


def _at_timestep(denoiser, timestep: float) -> tuple[float, float]:
    alphas = denoiser.inner_model.inner_model.alphas_cumprod
    if timestep == int(timestep):
        kept = alphas[int(timestep)].item()
        return kept**0.5, (1 - kept) ** 0.5
    from modules.models.diffusion.uni_pc.uni_pc import NoiseScheduleVP  # UniPC's, which calls between two

    schedule = NoiseScheduleVP("discrete", alphas_cumprod=alphas)
    time = torch.tensor([(timestep + 1) / 1000])
    return schedule.marginal_alpha(time).item(), schedule.marginal_std(time).item()


def _kept(x, part, step, steps, original, noise):
    """Algorithm 1: x, but where the mask does not let it change yet the original, noised as x is."""
    a, s = noise[1:]
    return torch.where(1 - part > step / steps, a * original + s * noise[0], x).to(x)


def euler(stock, part, z, n, ancestral=False):
    def sample_euler(model, x, sigmas, extra_args, callback, disable=None, **_):
        from k_diffusion import sampling

        source = sampling.default_noise_sampler(x)
        for i in range(len(sigmas) - 1):
            sigma, after = sigmas[i], sigmas[i + 1]
            x = _kept(x, part, i, len(sigmas) - 1, z, (n, 1, sigma))
            d = (x - model(x, sigma * torch.ones(len(x)), **extra_args)) / sigma
            down, up = sampling.get_ancestral_step(sigma, after, eta=1.0 if ancestral else 0.0)
            x = x + d * (down - sigma)
            if ancestral and after > 0:
                x = x + source(sigma, after) * up
        return x

    return sample_euler


def heun(stock, part, z, n):
    def sample_heun(model, x, sigmas, extra_args, callback, disable=None, **_):
        count = len(sigmas) - 1
        for i in range(count):
            sigma, after = sigmas[i], sigmas[i + 1]
            x = _kept(x, part, i, count, z, (n, 1, sigma))
            d = (x - model(x, sigma * torch.ones(len(x)), **extra_args)) / sigma
            ahead = x + d * (after - sigma)
            if after == 0:
                return ahead
            ahead = _kept(ahead, part, i + 1, count, z, (n, 1, after))
            second = (ahead - model(ahead, after * torch.ones(len(x)), **extra_args)) / after
            x = x + (d + second) / 2 * (after - sigma)

    return sample_heun


def dpmpp_2m(stock, part, z, n):
    def sample_dpmpp_2m(model, x, sigmas, extra_args, callback, disable=None, **_):
        count, before = len(sigmas) - 1, None
        for i in range(count):
            sigma, after = sigmas[i], sigmas[i + 1]
            x = _kept(x, part, i, count, z, (n, 1, sigma))
            denoised = model(x, sigma * torch.ones(len(x)), **extra_args)
            blended, h = denoised, (sigma / after).log()
            if before is not None and after > 0:
                r = (sigmas[i - 1] / sigma).log() / h
                blended = (1 + 1 / (2 * r)) * denoised - before / (2 * r)
            x = after / sigma * x + (1 - after / sigma) * blended
            before = denoised
        return x

    return sample_dpmpp_2m


def ddim(stock, part, z, n):
    def ddim(model, x, timesteps, extra_args, callback, disable=None, **_):
        alphas = model.inner_model.inner_model.alphas_cumprod
        count = len(timesteps) - 1
        for i in range(count):
            now, after = (int(timesteps[count - i - back]) for back in (0, 1))
            a, after = alphas[now], alphas[after]
            x = _kept(x, part, i, count, z, (n, a.sqrt(), (1 - a).sqrt()))
            e = model(x, now * torch.ones(len(x)), **extra_args)
            x = after.sqrt() * (x - (1 - a).sqrt() * e) / a.sqrt() + (1 - after).sqrt() * e
        return x

    return ddim


LOOPS = {
    "Euler": euler,
    "Euler a": lambda *args: euler(*args, ancestral=True),
    "Heun": heun,
    "DPM++ 2M": dpmpp_2m,
    "DDIM": ddim,
}
