"""What this project asks of the program it runs in."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class Host(Protocol):
    """A WebUI, or nobody. Only entry points find out which; everybody else is given one."""

    @property
    def name(self) -> str:
        """Which one: "standalone", "a1111", "forge"."""
        ...

    @property
    def device(self) -> str:
        """Where models run, as torch spells it: "cpu", "cuda"."""
        ...

    @property
    def dtype(self) -> str:
        """In what precision: "float32", "float16", "bfloat16"."""
        ...

    @property
    def offline(self) -> bool:
        """Whether nothing may be downloaded."""
        ...

    @property
    def embedding_budget(self) -> int:
        """Bytes of encoded images to keep."""
        ...

    @property
    def model_budget(self) -> int:
        """Bytes of loaded models to keep."""
        ...

    @property
    def model_folders(self) -> list[Path]:
        """Where model files are looked for; downloads go into the first."""
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Held while heavy work uses the GPU, so that it does not meet the host's own."""
        ...

    def alongside(self) -> AbstractContextManager[None]:
        """Held while a click is decoded: small work, over at once, that may go on beside what holds `exclusive`.

        Where the device cannot do two things at a time, this waits as `exclusive` does.
        """
        ...
