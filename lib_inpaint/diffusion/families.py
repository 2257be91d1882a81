"""What family a checkpoint is of, by the weights in its file, and the settings that suit one.

Stable Diffusion 1 and SDXL have 4 channels of latent and are guided away from a negative prompt. Those that follow
(Flux, Chroma, Z-Image, Lumina, Qwen-Image, ...) have 16 or more, are sampled along straight flows (Lipman et al.,
"Flow matching for generative modeling", 2023), and are often distilled, so that guidance spoils them.
"""

from __future__ import annotations

from typing import Collection, NamedTuple


class Family(NamedTuple):
    """name: for people. sign: what the name of one of its weights ends with.

    cfg_scale, steps: what its authors, and Forge Neo's presets, take. text_cfg: the same for one that edits, by the
    authors of the editing. edits: shown a picture, it edits it by instruction.
    """

    name: str
    sign: str
    cfg_scale: float
    steps: int
    text_cfg: float = 7.5
    edits: bool = False


_SD = "input_blocks.0.0.weight"
UNKNOWN = Family("", "", 7.0, 20)
# The first whose sign is there: those before have what those behind have too, and more.
FAMILIES = (
    Family("Flux.2 Klein", "double_stream_modulation_img.lin.weight", 1.0, 4, 1.0, edits=True),
    Family("Chroma", "distilled_guidance_layer.norms.0.scale", 4.0, 26),
    Family("Flux", "guidance_in.in_layer.weight", 1.0, 20),
    Family("Flux Schnell", "double_blocks.0.img_attn.norm.key_norm.scale", 1.0, 4),
    Family("Qwen-Image", "transformer_blocks.0.img_mod.1.weight", 4.0, 20),
    Family("Z-Image or Lumina", "cap_embedder.1.weight", 4.0, 30),
    Family("SDXL", "conditioner.embedders.1.model.ln_final.weight", 7.0, 20),
    Family("Stable Diffusion", _SD, 7.0, 20),
)
# Of these the file's name says that they were taught to edit, as Neo itself takes it.
_EDITORS = {
    "Flux": ("kontext", Family("Flux Kontext", "", 1.0, 20, 2.5, edits=True)),
    "Qwen-Image": ("edit", Family("Qwen-Image-Edit", "", 4.0, 20, 4.0, edits=True)),
}
_TURBO = Family("Z-Image Turbo", "", 1.0, 9)


def family_of(weights: Collection[str], file: str = "") -> Family:
    """The family of a checkpoint, by the names of its weights and that of its file; UNKNOWN where they do not say."""
    found = next((one for one in FAMILIES if any(name.endswith(one.sign) for name in weights)), UNKNOWN)
    name = file.lower()
    if found.name.startswith("Z-Image") and "turbo" in name:
        return _TURBO
    word, editor = _EDITORS.get(found.name, ("", found))
    return editor if word in name else found
