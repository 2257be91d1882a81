"""Writes small checkpoints of Flux's kind that Forge Neo loads: tiny-flux, and tiny-flux-kontext, which is the same.

    cd WEBUI_ROOT && python .../tests/webui/tiny_flux.py FOLDER_WITH_THE_TINY_CHECKPOINTS

with Neo's own Python. The layout is that of the files that people have, with 16 channels of latent, one block of each
sort, and random weights. Neo reads the sizes of the network from the file, but those of the text encoders and the VAE
from its own folders: there they are made small as well, so the checkout must be one that is for tests only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CONFIGS = Path("backend/huggingface/black-forest-labs/FLUX.1-dev")
WIDTH = 128  # of one head, which is as narrow as it gets
TEXT = 64  # the width of T5's
NETWORK = {
    "in_channels": 16,
    "out_channels": 16,
    "vec_in_dim": 768,
    "context_in_dim": TEXT,
    "hidden_size": WIDTH,
    "mlp_ratio": 4.0,
    "num_heads": 1,
    "depth": 1,
    "depth_single_blocks": 1,
    "axes_dim": [16, 56, 56],
    "theta": 10000,
    "patch_size": 2,
    "qkv_bias": True,
    "guidance_embed": True,
}
SMALL = {
    "text_encoder": {"num_hidden_layers": 2, "intermediate_size": 256},
    "text_encoder_2": {"num_layers": 2, "d_model": TEXT, "d_ff": 64, "d_kv": 16, "num_heads": 4},
    "vae": {"block_out_channels": [32, 32, 32, 32], "layers_per_block": 1},
}


def made_small(part: str) -> dict[str, Any]:
    """The configuration of a part, which Neo reads too, with the small sizes."""
    path = CONFIGS / part / "config.json"
    config = {**json.loads(path.read_text(encoding="utf-8")), **SMALL[part]}
    path.write_text(json.dumps(config, indent=2), encoding="utf-8")
    return config


def weights() -> dict[str, Any]:
    """The state dict, with names as in Flux' files."""
    import torch
    from backend.nn.clip import IntegratedCLIP
    from backend.nn.flux import IntegratedFluxTransformer2DModel
    from backend.nn.t5 import IntegratedT5
    from backend.nn.vae import IntegratedAutoencoderKL
    from backend.operations import using_forge_operations
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(3)
    clip, t5, vae = (made_small(part) for part in SMALL)
    with using_forge_operations(device=torch.device("cpu"), dtype=torch.float32):
        parts = {
            "model.diffusion_model.": IntegratedFluxTransformer2DModel(**NETWORK),
            "text_encoders.clip_l.": IntegratedCLIP(CLIPTextModel, CLIPTextConfig(**clip), add_text_projection=True),
            "text_encoders.t5xxl.": IntegratedT5(t5),
            "vae.": IntegratedAutoencoderKL.from_config(vae),
        }
    found = {}
    for prefix, module in parts.items():
        for name, value in module.state_dict().items():
            ones = "norm" in name and name.endswith(("weight", "scale"))
            drawn = torch.ones_like(value) if ones else torch.randn_like(value.float()) * 0.05
            found[prefix + name] = drawn.contiguous()
    return found


def main() -> None:
    from safetensors.torch import save_file

    models = Path(sys.argv.pop()).resolve()
    sys.path[:0] = [str(Path().resolve()), str(Path("modules_forge/packages").resolve())]
    sys.argv += ["--cpu", "--force-fp32", "--disable-triton-backend"]
    found = weights()
    for name in ("tiny-flux", "tiny-flux-kontext"):
        save_file(found, models / f"{name}.safetensors")


if __name__ == "__main__":
    main()
