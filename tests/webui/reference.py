"""The guidance of instruct-pix2pix as its paper has it, the slow way: every prediction of every picture by itself.

Runs inside a WebUI, in place of what it or the extension does, and shares no code with the extension.
"""

from __future__ import annotations

from contextlib import contextmanager
from unittest import mock

import torch


def guided(predict, texts, composition, negative, latent, scales):
    """Equation 3 of Brooks et al. 2023. `predict(b, text, latent)` gives one row; `scales` is (s_T, s_I) of each.

    Gives the guided predictions, and those that CFG++ goes on from: without guidance (`scales` None) the same.
    """
    rows, blank = [], []
    for b, prompts in enumerate(composition):
        image = predict(b, negative[b : b + 1], latent[b : b + 1])
        uncond = predict(b, negative[b : b + 1], torch.zeros_like(latent[b : b + 1]))
        s_t, s_i = scales[b] if scales else (1.0, 1.0)
        difference = sum(w * (predict(b, texts[i : i + 1], latent[b : b + 1]) - image) for i, w in prompts)
        rows.append((uncond.double() + s_i * (image - uncond).double() + s_t * difference.double()).to(image))
        blank.append(uncond if scales else rows[-1])
    return torch.cat(rows), torch.cat(blank)


def a1111_forward(scales_at):
    def forward(self, x, sigma, uncond, cond, cond_scale, s_min_uncond, image_cond):
        from modules import prompt_parser

        composition, texts = prompt_parser.reconstruct_multicond_batch(cond, self.step)
        negative = prompt_parser.reconstruct_cond_batch(uncond, self.step)
        if self.mask_before_denoising and self.mask is not None:
            x = x * self.nmask + self.init_latent * self.mask

        def predict(b, text, latent):
            told = {"c_crossattn": [text], "c_concat": [latent]}
            return self.inner_model(x[b : b + 1], sigma[b : b + 1], cond=told)

        result, self.last_noise_uncond = guided(predict, texts, composition, negative, image_cond, scales_at(self.step))
        if not self.mask_before_denoising and self.mask is not None:
            result = result * self.nmask + self.init_latent * self.mask
        self.sampler.last_latent = result
        self.step += 1
        return result

    return forward


def forge_sampling(scales_at):
    def sampling_function(self, denoiser_params, cond_scale, cond_composition, extra_model_options=None):
        model = self.inner_model.inner_model.forge_objects.unet.model
        x, sigma = denoiser_params.x, denoiser_params.sigma

        def predict(b, text, latent):
            return model.apply_model(x[b : b + 1], sigma[b : b + 1], c_concat=latent, c_crossattn=text)

        result, blank = guided(
            predict,
            denoiser_params.text_cond,
            cond_composition,
            denoiser_params.text_uncond,
            denoiser_params.image_cond,
            scales_at(self.step),
        )
        for told in (extra_model_options or {}).get("sampler_post_cfg_function", []):  # Neo's CFG++ is told this way
            told({"denoised": result, "uncond_denoised": blank})
        return result, result, blank

    return sampling_function


def forge_latent(p, source_image, latent_image, *_):
    vae = p.sd_model.forge_objects.vae
    moments = vae.first_stage_model.encoder(source_image.to(vae.vae_dtype))
    if vae.first_stage_model.quant_conv is not None:
        moments = vae.first_stage_model.quant_conv(moments)
    return moments.chunk(2, dim=1)[0].float()


@contextmanager
def instead(kind: str, scales: list):
    """`scales` of each call of the denoiser: (s_T, s_I) of each picture, None for no guidance. The last one stays."""
    from modules import processing, sd_samplers_cfg_denoiser

    def scales_at(step):
        return scales[min(step, len(scales) - 1)]

    def zeros(p, x, *_):
        return torch.zeros_like(x)

    with mock.patch.object(processing.StableDiffusionProcessing, "txt2img_image_conditioning", zeros):
        if kind == "a1111":
            with mock.patch.object(sd_samplers_cfg_denoiser.CFGDenoiser, "forward", a1111_forward(scales_at)):
                yield
        else:
            base = processing.StableDiffusionProcessing
            with (
                mock.patch.object(base, "img2img_image_conditioning", forge_latent),
                mock.patch.object(sd_samplers_cfg_denoiser, "sampling_function", forge_sampling(scales_at)),
            ):
                yield
