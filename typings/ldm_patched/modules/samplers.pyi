from typing import Any

from torch import Tensor

def calc_cond_uncond_batch(
    model: Any, cond: Any, uncond: Any, x_in: Tensor, timestep: Tensor, model_options: dict[str, Any]
) -> tuple[Tensor, Tensor]: ...
