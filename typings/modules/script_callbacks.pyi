from typing import Any, Callable

from torch import Tensor

class ScriptCallback:
    def __init__(self, script: str, callback: Callable[..., Any]) -> None: ...

callback_map: dict[str, list[Any]]

def add_callback(
    callbacks: list[Any], fun: Callable[..., Any], *, name: str | None = ..., category: str, filename: str | None = ...
) -> None: ...

class CFGDenoiserParams:
    x: Tensor
    image_cond: Tensor
    sigma: Tensor
    text_cond: Any
    text_uncond: Any

    def __init__(
        self,
        x: Tensor,
        image_cond: Tensor,
        sigma: Tensor,
        sampling_step: int,
        total_sampling_steps: int,
        text_cond: Any,
        text_uncond: Any,
        denoiser: Any = ...,
    ) -> None: ...

class CFGDenoisedParams:
    def __init__(self, x: Tensor, sampling_step: int, total_sampling_steps: int, inner_model: Any) -> None: ...

class AfterCFGCallbackParams:
    x: Tensor

    def __init__(self, x: Tensor, sampling_step: int, total_sampling_steps: int) -> None: ...

def cfg_denoiser_callback(params: CFGDenoiserParams) -> None: ...
def cfg_denoised_callback(params: CFGDenoisedParams) -> None: ...
def cfg_after_cfg_callback(params: AfterCFGCallbackParams) -> None: ...
