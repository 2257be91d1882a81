"""No WebUI: the command line, the page and the routes on their own."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Optional

from ..models.devices import PROCESSOR
from ..models.files.download import is_offline
from ..models.files.places import named_folders
from ..progress import Progress, held
from . import accelerator

if TYPE_CHECKING:
    from ..host import Host

_IDLE_SECONDS = 300


class Chosen(NamedTuple):
    """A device and the precision of encoders on it."""

    device: str
    dtype: str


class Standalone:
    """The host when there is none: models in a folder of the user's, one heavy thing at a time."""

    name = "standalone"
    attention = "auto"
    embedding_budget = 256 << 20
    model_budget = 4 << 30
    sampling = None

    def __init__(self, device: str = accelerator.AUTO) -> None:
        """device: as of accelerator.choose, which is asked when it is first needed: that imports torch."""
        self._wanted = device
        self._chosen: Optional[Chosen] = None
        self._lock, self._choosing = threading.Lock(), threading.Lock()

    @property
    def device(self) -> str:
        """Raises BadRequest for one that is not here."""
        return self._choose().device

    @property
    def dtype(self) -> str:
        """As `device`."""
        return self._choose().dtype

    def _choose(self) -> Chosen:
        with self._choosing:
            if self._chosen is None:
                device = accelerator.choose(self._wanted)
                self._chosen = Chosen(device, accelerator.precision(device))
            return self._chosen

    @property
    def idle_seconds(self) -> int:
        """What is on the processor is in nobody's way."""
        return 0 if self._chosen is None or self._chosen.device == PROCESSOR else _IDLE_SECONDS

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

    def make_room(self, nbytes: int) -> bool:
        """There is nobody else whose memory could be freed."""
        return False

    def exclusive(self, progress: Progress) -> AbstractContextManager[None]:
        return held(self._lock, progress)

    def alongside(self) -> AbstractContextManager[None]:
        return nullcontext()


if TYPE_CHECKING:
    _is_a_host: Host = Standalone()
