from types import ModuleType
from typing import Any, NamedTuple

from torch import Tensor

from .processing import StableDiffusionProcessing

AlwaysVisible: object

class Script:
    args_from: int | None
    args_to: int | None

    def title(self) -> str: ...
    def ui(self, is_img2img: bool) -> list[Any] | None: ...
    def show(self, is_img2img: bool) -> Any: ...
    def before_process(self, p: StableDiffusionProcessing, *args: Any) -> None: ...
    def run(self, p: StableDiffusionProcessing, *args: Any) -> Any: ...
    def elem_id(self, item_id: str) -> str: ...

class ScriptRunner:
    scripts: list[Script]
    inputs: list[Any]

    def on_mask_blend(self, p: StableDiffusionProcessing, mba: MaskBlendArgs) -> None: ...

class ScriptClassData(NamedTuple):
    script_class: type[Script]
    path: str
    basedir: str
    module: ModuleType

class MaskBlendArgs:
    blended_latent: Tensor

    def __init__(
        self,
        current_latent: Tensor,
        nmask: Tensor,
        init_latent: Tensor,
        mask: Tensor,
        blended_latent: Tensor,
        denoiser: Any = ...,
        sigma: Tensor | None = ...,
    ) -> None: ...

scripts_data: list[ScriptClassData]
scripts_img2img: ScriptRunner
