"""What this project asks of the program it runs in."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Host(Protocol):
    """A WebUI, or nobody. Only entry points find out which; everybody else is given one."""

    name: str
    device: str  # as torch spells it: "cpu", "cuda"
    dtype: str  # "float32", "float16", "bfloat16"
    offline: bool  # nothing may be downloaded
    embedding_budget: int  # bytes of encoded images to keep

    @property
    def model_folders(self) -> list[Path]:
        """Where model files are looked for; downloads go into the first."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Held while heavy work uses the GPU, so that it does not meet the host's own."""
        ...
