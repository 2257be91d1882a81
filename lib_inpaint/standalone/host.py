"""No WebUI: the command line, the page and the routes on their own."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ..models.files.download import is_offline
from ..models.files.places import named_folders
from ..progress import Progress, held

if TYPE_CHECKING:
    from ..host import Host



class Standalone:
    """The host when there is none: models in a folder of the user's, the CPU, one heavy thing at a time."""

    name = "standalone"
    device = "cpu"
    dtype = "float32"
    embedding_budget = 1 << 30
    model_budget = 4 << 30
    sampling = None

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @property
    def offline(self) -> bool:
        return is_offline()

    @property
    def model_folders(self) -> list[Path]:
        return named_folders() or [Path.home() / ".cache" / "inpaint-anything" / "models"]

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
