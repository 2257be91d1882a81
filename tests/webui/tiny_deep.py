"""Writes a checkpoint as deep as SD1 and as narrow as `tiny`: tiny-deep.safetensors and its .yaml, beside that.

    cd WEBUI_ROOT && python .../tests/webui/tiny_deep.py FOLDER_WITH_THE_TINY_CHECKPOINTS

with A1111's own Python. sd-webui-controlnet counts the network's blocks by SD1's numbers, of which `tiny` has too few.
The network is random; all else is that of `tiny`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import yaml

LDM = Path("repositories/stable-diffusion-stability-ai")
NETWORK = {"attention_resolutions": [4, 2, 1], "num_res_blocks": 2, "channel_mult": [1, 2, 4, 4]}  # as SD1's


def main() -> None:
    models = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(LDM.resolve()))
    from ldm.modules.diffusionmodules.openaimodel import UNetModel
    from safetensors.torch import load_file, save_file

    whole = yaml.safe_load((models / "tiny.yaml").read_text())
    described = whole["model"]["params"]["unet_config"]["params"]
    described.update(NETWORK)
    torch.manual_seed(3)
    network = UNetModel(**described)
    with torch.no_grad():
        for value in network.parameters():  # a new network's last layers are zero, and it would ignore all it is given
            if not value.any():
                value.normal_(0, 0.02)
    kept = {
        k: v for k, v in load_file(models / "tiny.safetensors").items() if not k.startswith("model.diffusion_model.")
    }
    made = {f"model.diffusion_model.{name}": value.contiguous() for name, value in network.state_dict().items()}
    (models / "tiny-deep.yaml").write_text(yaml.safe_dump(whole, sort_keys=False))
    save_file({**kept, **made}, models / "tiny-deep.safetensors")


if __name__ == "__main__":
    main()
