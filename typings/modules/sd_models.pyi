from typing import Any

from torch import Tensor

class CheckpointInfo:
    filename: str
    model_name: str
    name_for_extra: str

class SdModel:
    """A loaded checkpoint. What it has beside depends on its architecture."""

    sd_checkpoint_info: CheckpointInfo
    model: Any  # A1111
    forge_objects: Any  # Forge

    def add_noise_to_latent(self, x: Tensor, noise: Tensor, amount: float) -> Tensor: ...  # A1111's of SD 3

checkpoints_list: dict[str, CheckpointInfo]
checkpoint_aliases: dict[str, CheckpointInfo]

def get_closet_checkpoint_match(search_string: str) -> CheckpointInfo | None: ...
def reload_model_weights(sd_model: SdModel | None = ..., info: CheckpointInfo | None = ...) -> SdModel: ...
def forge_model_reload() -> tuple[SdModel, bool]: ...  # Forge
