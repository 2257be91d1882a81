from typing import Any

import torch
from torch import Tensor

from .processing import StableDiffusionProcessingImg2Img
from .sd_samplers_common import Sampler

class CFGDenoiser(torch.nn.Module):
    p: StableDiffusionProcessingImg2Img
    sampler: Sampler
    mask: Tensor | None
    nmask: Tensor
    init_latent: Tensor
    mask_before_denoising: bool
    step: int
    steps: int
    total_steps: int
    cond_scale_miltiplier: float
    need_last_noise_uncond: bool
    last_noise_uncond: Tensor | None
    padded_cond_uncond: bool
    padded_cond_uncond_v0: bool
    @property
    def inner_model(self) -> Any: ...
    def get_pred_x0(self, x_in: Tensor, x_out: Tensor, sigma: Tensor) -> Tensor: ...
    def pad_cond_uncond(self, cond: Any, uncond: Any) -> tuple[Any, Any]: ...
    def pad_cond_uncond_v0(self, cond: Any, uncond: Any) -> tuple[Any, Any]: ...

def catenate_conds(conds: list[Any]) -> Any: ...
def subscript_cond(cond: Any, a: int, b: int) -> Any: ...
