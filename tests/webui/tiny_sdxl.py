"""Writes a small SDXL checkpoint that A1111 loads: tiny-sdxl.safetensors and its .yaml, beside the other tiny ones.

    cd WEBUI_ROOT && python .../tests/webui/tiny_sdxl.py FOLDER_WITH_THE_TINY_CHECKPOINTS

with the WebUI's own Python. Its text encoders, size conditioning and network are SDXL's with fewer and narrower
layers, and random; the VAE is that of `tiny`. Forge knows checkpoints by the sizes of their layers, and none so small.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
import yaml

SGM = Path("repositories/generative-models")
SECOND_ENCODER, SECOND_WIDTH = "ViT-B-32", 512  # in place of ViT-bigG-14
NETWORK = {
    "adm_in_channels": SECOND_WIDTH + 6 * 256,
    "context_dim": 768 + SECOND_WIDTH,
    "model_channels": 32,
    "channel_mult": [1, 2],
    "attention_resolutions": [2],
    "transformer_depth": [1, 1],
    "num_res_blocks": 1,
    "num_head_channels": 16,
    "use_checkpoint": False,
    "spatial_transformer_attn_type": "softmax",
}


def config(models: Path) -> dict[str, Any]:
    """SDXL's own, made small."""
    whole = yaml.safe_load((SGM / "configs/inference/sd_xl_base.yaml").read_text())
    params = whole["model"]["params"]
    params["network_config"]["params"].update(NETWORK)
    first, second, *_ = params["conditioner_config"]["params"]["emb_models"]
    first["params"].update(version=str(models / "clip-vit-large-patch14"), layer_idx=1)
    second["params"].update(arch=SECOND_ENCODER)
    like = yaml.safe_load((models / "tiny.yaml").read_text())["model"]["params"]["first_stage_config"]["params"]
    params["first_stage_config"]["params"]["ddconfig"].update(like["ddconfig"])
    return whole


def weights(models: Path, whole: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The state dict, with names as in SDXL's files."""
    import open_clip
    from safetensors.torch import load_file
    from sgm.modules.diffusionmodules.discretizer import LegacyDDPMDiscretization
    from sgm.modules.diffusionmodules.openaimodel import UNetModel

    torch.manual_seed(2)
    network = UNetModel(**whole["model"]["params"]["network_config"]["params"])
    with torch.no_grad():
        for value in network.parameters():  # a new network's last layers are zero, and it would ignore all it is given
            if not value.any():
                value.normal_(0, 0.02)
    second = open_clip.create_model(SECOND_ENCODER, pretrained=None)
    del second.visual
    tiny = load_file(models / "tiny.safetensors")
    first = {name: value for name, value in tiny.items() if name.startswith("cond_stage_model.")}
    return {
        **{f"model.diffusion_model.{name}": value for name, value in network.state_dict().items()},
        **{name.replace("cond_stage_model", "conditioner.embedders.0"): value for name, value in first.items()},
        **{f"conditioner.embedders.1.model.{name}": value for name, value in second.state_dict().items()},
        **{name: value for name, value in tiny.items() if name.startswith("first_stage_model.")},
        "denoiser.sigmas": LegacyDDPMDiscretization()(1000, do_append_zero=False, flip=True),
    }


def main() -> None:
    from safetensors.torch import save_file

    models = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(SGM.resolve()))
    whole = config(models)
    found = {name: value.contiguous().clone() for name, value in weights(models, whole).items()}
    (models / "tiny-sdxl.yaml").write_text(yaml.safe_dump(whole, sort_keys=False))
    save_file(found, models / "tiny-sdxl.safetensors")


if __name__ == "__main__":
    main()
