"""What this project asks of the program it runs in."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Collection, NamedTuple, Optional, Protocol, Sequence

import numpy as np

from .progress import Progress
from .schema import EditRequest, FillRequest, InpaintRequest, PromptedOutpaintRequest


class Checkpoint(NamedTuple):
    """The diffusion model that is chosen.

    kind: "ordinary", "inpainting", "edit" (by instruction), "depth", "upscaler"; empty where its file does not say.
    family: as of diffusion.families, with the settings that suit it.
    """

    name: str
    kind: str
    family: str = ""
    cfg_scale: float = 7.0
    text_cfg: float = 7.5
    steps: int = 20


class Sampled(NamedTuple):
    """A picture that was sampled: uint8 HxWx3. saved: the name of its file, empty where it was not saved."""

    image: np.ndarray
    seed: int
    infotext: str
    saved: str = ""


class Filled(Protocol):
    """What an eraser made of a picture."""

    @property
    def image(self) -> np.ndarray:
        """uint8 HxWx3."""
        ...


class Prefill(Protocol):
    """Fills a picture before it is sampled, with an eraser; the service's `prefill` is one."""

    def __call__(self, image: np.ndarray, mask: np.ndarray, request: FillRequest, progress: Progress, /) -> Filled:
        """image: uint8 HxWx3. mask: uint8 HxW; all that is masked in the least is filled."""
        ...


class Sampling(Protocol):
    """What a host with a checkpoint can do. The verbs wait for their turn, and hold the GPU for themselves."""

    @property
    def can(self) -> Collection[str]:
        """Of "inpaint", "outpaint" and "edit" those that it does; the others raise NotHere."""
        ...

    @property
    def checkpoint(self) -> Optional[Checkpoint]:
        """The one that is chosen now, whether it is loaded or not."""
        ...

    @property
    def samplers(self) -> Sequence[str]:
        """By the names that requests have."""
        ...

    @property
    def schedulers(self) -> Sequence[str]:
        """By the names that requests have."""
        ...

    def inpaint(
        self,
        image: np.ndarray,
        mask: np.ndarray,
        start: Optional[np.ndarray],
        request: InpaintRequest,
        notes: dict[str, str],
        save: bool,
        progress: Progress,
    ) -> list[Sampled]:
        """The image (uint8 HxWx3) with what is masked (uint8 HxW, soft) sampled, batch count times batch size of them.

        start: uint8 HxWx3 to sample from in place of the masked content. notes: more for the infotext, by name.
        The results have the image's size, and are the image, exactly, where the mask is 0.
        Raises BadRequest for what the host does not know, Cancelled when `progress` did.
        """
        ...

    def extend(
        self,
        image: np.ndarray,
        request: PromptedOutpaintRequest,
        prefill: Prefill,
        notes: dict[str, str],
        save: bool,
        progress: Progress,
    ) -> list[Sampled]:
        """The image on a larger canvas, what is new filled and then sampled. As `inpaint` in all else.

        The results have exactly the size that the request asks for, and are the image where it lies, but for the blend.
        """
        ...

    def edit(
        self,
        image: np.ndarray,
        mask: np.ndarray,
        request: EditRequest,
        notes: dict[str, str],
        save: bool,
        progress: Progress,
    ) -> list[Sampled]:
        """As `inpaint`, by instruction. Raises ModelUnavailable unless the checkpoint is for that."""
        ...

    def save(self, image: np.ndarray, infotext: str) -> str:
        """Save a picture (uint8 HxWx3 or HxWx4) where the host saves those of img2img; gives the file's name."""
        ...


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
    def attention(self) -> str:
        """By what attention is worked out where a network leaves the choice: as of models.devices.attention_on."""
        ...

    def make_room(self, nbytes: int) -> bool:
        """Have so many bytes of the device free, by sending away what the host itself keeps there.

        Gives whether any were freed. Only for who holds `exclusive`.
        """
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
    def idle_seconds(self) -> int:
        """Without use for so long, models and encoded images leave the device; 0: never."""
        ...

    @property
    def model_folders(self) -> list[Path]:
        """Where model files are looked for; downloads go into the first."""
        ...

    @property
    def results_folder(self) -> Path:
        """Where the routes keep what jobs gave, for a while."""
        ...

    @property
    def sampling(self) -> Optional[Sampling]:
        """What needs a checkpoint; None where there is none."""
        ...

    def preferred(self, kind: str) -> str:
        """The model that "auto" stands for: a name, or "auto" for the best there is. kind: as in models.registry."""
        ...

    def exclusive(self, progress: Progress) -> AbstractContextManager[None]:
        """Held while heavy work uses the GPU, so that it does not meet the host's own.

        `progress` is told while it is waited for, and what it raises ends the waiting.
        """
        ...

    def alongside(self) -> AbstractContextManager[None]:
        """Held while a click is decoded: small work, over at once, that may go on beside what holds `exclusive`.

        Where the device cannot do two things at a time, this waits as `exclusive` does.
        """
        ...
