from argparse import Namespace
from typing import Any

from PIL import Image

from .sd_models import SdModel

class OptionInfo:
    def __init__(
        self,
        default: Any = ...,
        label: str = ...,
        component: Any = ...,
        component_args: Any = ...,
        *,
        section: tuple[str, str] | None = ...,
    ) -> None: ...
    def info(self, info: str) -> OptionInfo: ...

class Options:
    data: dict[str, Any]

    def add_option(self, key: str, info: OptionInfo) -> None: ...
    def __getattr__(self, item: str) -> Any: ...

class State:
    interrupted: bool
    skipped: bool
    stopping_generation: bool
    job_no: int
    job_count: int
    sampling_step: int
    sampling_steps: int
    textinfo: str | None
    current_image: Image.Image | None
    id_live_preview: int

    def begin(self, job: str = ...) -> None: ...
    def end(self) -> None: ...
    def interrupt(self) -> None: ...
    def set_current_image(self) -> None: ...

class TotalTQDM:
    def clear(self) -> None: ...

cmd_opts: Namespace
opts: Options
state: State
sd_model: SdModel
total_tqdm: TotalTQDM
