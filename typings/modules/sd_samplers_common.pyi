from typing import Any, Callable

from torch import Tensor

from .sd_models import SdModel
from .sd_samplers_cfg_denoiser import CFGDenoiser

class InterruptedException(BaseException): ...

class Sampler:
    func: Callable[..., Tensor]
    model_wrap_cfg: CFGDenoiser
    sampler_extra_args: dict[str, Any]
    last_latent: Tensor | None
    sample_img2img: Callable[..., Tensor]

approximation_indexes: dict[str, int]

def apply_refiner(cfg_denoiser: CFGDenoiser, sigma: Tensor) -> bool: ...
def images_tensor_to_samples(image: Tensor, approximation: int | None = ..., model: SdModel | None = ...) -> Tensor: ...
def store_latent(decoded: Tensor) -> None: ...
