"""No WebUI: the command line, the page and the routes on their own."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ..models.files.download import is_offline
from ..progress import Progress, held

if TYPE_CHECKING:
    from ..host import Host

MODELS_VARIABLE = "INPAINT_ANYTHING_MODELS"  # folders, separated as in PATH


class Standalone:
    """The host when there is none: models in a folder of the user's, the CPU, one heavy thing at a time."""

    name = "standalone"
    device = "cpu"
    dtype = "float32"
    embedding_budget = 1 << 30
    model_budget = 4 << 30
    idle_seconds = 0  # what is on the processor is in nobody's way
    sampling = None

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @property
    def offline(self) -> bool:
        return is_offline()

    @property
    def model_folders(self) -> list[Path]:
        named = [
            Path(folder).expanduser() for folder in os.environ.get(MODELS_VARIABLE, "").split(os.pathsep) if folder
        ]
        return named or [Path.home() / ".cache" / "inpaint-anything" / "models"]

    @property
    def results_folder(self) -> Path:
        """Where the server keeps what jobs gave."""
        return Path.home() / ".cache" / "inpaint-anything" / "results"

    def preferred(self, kind: str) -> str:
        return "auto"

    def exclusive(self, progress: Progress) -> AbstractContextManager[None]:
        return held(self._lock, progress)

    def alongside(self) -> AbstractContextManager[None]:
        return nullcontext()


if TYPE_CHECKING:
    _is_a_host: Host = Standalone()
