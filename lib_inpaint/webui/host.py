"""The WebUI as a host, in what A1111, Forge and their kin have alike.

They keep the modules used here under the same names. What they do differently (guidance, so far) has a file each.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from ..models.files.download import is_offline
from ..models.files.places import folders_in, named_folders
from ..progress import Progress
from . import accelerator, features, settings
from .img2img import Img2img
from .queue_lock import QueueLock

if TYPE_CHECKING:
    from ..host import Host


class Webui:
    """The WebUI this process is. Asked anew at each use, as its settings change while it runs."""

    def __init__(self) -> None:
        self.name = features.name()
        self.queue = QueueLock()
        sampling = Img2img(self.queue)
        self.sampling = sampling if sampling.can else None

    @property
    def device(self) -> str:
        """Where models run: the WebUI's own choice, which is the processor under `--use-cpu all`."""
        from modules import devices

        choose = getattr(devices, "get_device_for", None)  # SD.Next has one device for all
        return str(devices.device if choose is None else choose("inpaint-anything"))

    @property
    def dtype(self) -> str:
        """See accelerator.dtype."""
        return accelerator.dtype(self.device)

    @property
    def attention(self) -> str:
        """See accelerator.attention."""
        return accelerator.attention()

    def make_room(self, nbytes: int) -> bool:
        """See accelerator.make_room."""
        return accelerator.make_room(nbytes)

    @property
    def offline(self) -> bool:
        return settings.read_settings().offline or is_offline()

    @property
    def embedding_budget(self) -> int:
        return settings.read_settings().embeddings << 20

    @property
    def model_budget(self) -> int:
        return settings.read_settings().models << 20

    @property
    def idle_seconds(self) -> int:
        return 0 if self.device == "cpu" else settings.read_settings().idle

    def preferred(self, kind: str) -> str:
        """As the settings say."""
        return getattr(settings.read_settings(), kind)

    @property
    def model_folders(self) -> list[Path]:
        """What is named in the settings and the environment, our own folder below the WebUI's models, then all of the
        WebUI's, with those of other extensions.
        """
        from modules import paths

        models = Path(paths.models_path).absolute()
        named = [*folders_in(settings.read_settings().folders_of_models), *named_folders()]
        return [*named, models / "inpaint-anything", models, Path(paths.data_path).absolute()]

    @property
    def results_folder(self) -> Path:
        """Where the routes keep what jobs gave."""
        from modules import paths

        return Path(paths.data_path).absolute() / "cache" / "inpaint-anything"

    def exclusive(self, progress: Progress) -> AbstractContextManager[None]:
        """The WebUI's queue lock: nothing of its own is sampled meanwhile."""
        return self.queue.held(progress)

    def alongside(self) -> AbstractContextManager[None]:
        """Nothing: a decoder pass takes tens of milliseconds and fits beside a checkpoint that is sampling."""
        return nullcontext()


if TYPE_CHECKING:
    _is_a_host: Host = Webui()
