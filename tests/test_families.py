"""The family of a checkpoint, by the names of its weights as they are in the files that people have."""

from __future__ import annotations

import pytest

from lib_inpaint.diffusion.families import UNKNOWN, family_of

PREFIX = "model.diffusion_model."
FLUX = (f"{PREFIX}double_blocks.0.img_attn.norm.key_norm.scale", f"{PREFIX}img_in.weight")
GUIDED = (*FLUX, f"{PREFIX}guidance_in.in_layer.weight")
QWEN = ("transformer_blocks.0.img_mod.1.weight", "img_in.weight")
NEXT = (f"{PREFIX}cap_embedder.1.weight", f"{PREFIX}noise_refiner.0.attention.k_norm.weight")
SD1 = (f"{PREFIX}input_blocks.0.0.weight", "cond_stage_model.transformer.text_model.embeddings.position_ids")
SDXL = (f"{PREFIX}input_blocks.0.0.weight", "conditioner.embedders.1.model.ln_final.weight")


@pytest.mark.parametrize(
    ("weights", "file", "name", "cfg_scale", "steps"),
    [
        (SD1, "some.safetensors", "Stable Diffusion", 7.0, 20),
        (SDXL, "some.safetensors", "SDXL", 7.0, 20),
        (GUIDED, "flux1-dev.safetensors", "Flux", 1.0, 20),
        (GUIDED, "flux1-dev-Kontext.safetensors", "Flux Kontext", 1.0, 20),
        (FLUX, "flux1-schnell.safetensors", "Flux Schnell", 1.0, 4),
        ((*FLUX, f"{PREFIX}distilled_guidance_layer.norms.0.scale"), "chroma.safetensors", "Chroma", 4.0, 26),
        ((*FLUX, "double_stream_modulation_img.lin.weight"), "x.safetensors", "Flux.2 Klein", 1.0, 4),
        (QWEN, "qwen-image.safetensors", "Qwen-Image", 4.0, 20),
        (QWEN, "qwen_image_edit_2509.safetensors", "Qwen-Image-Edit", 4.0, 20),
        (NEXT, "lumina2.safetensors", "Z-Image or Lumina", 4.0, 30),
        (NEXT, "z_image_turbo.safetensors", "Z-Image Turbo", 1.0, 9),
    ],
)
def test_a_family_is_known_by_its_weights(weights, file, name, cfg_scale, steps) -> None:
    found = family_of(weights, file)
    assert (found.name, found.cfg_scale, found.steps) == (name, cfg_scale, steps)
    assert found.edits == (name in ("Flux Kontext", "Flux.2 Klein", "Qwen-Image-Edit"))


def test_what_is_nothing_of_this_is_unknown() -> None:
    assert family_of(["encoder.weight"], "kontext.safetensors") == UNKNOWN


def test_a_name_alone_makes_no_editor() -> None:
    assert not family_of(SD1, "kontext-edit.safetensors").edits
