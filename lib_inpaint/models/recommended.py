"""Fetching models, among them those to begin with: one to select with and one to erase with, that suit the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Sequence

from ..errors import ModelUnavailable
from ..progress import Progress, part
from . import registry
from .devices import PROCESSOR
from .entry import Model
from .files.download import fetch_model

NAME = "recommended"  # what is asked for in place of a model's name
# The better first. The last of each needs the least: neither a GPU nor torch.
_SEGMENTERS = ("sam2.1_hiera_base_plus", "sam_hq_vit_b", "mobile_sam", "mobile_sam_onnx")
_SEGMENTERS_OF_A_PROCESSOR = ("mobile_sam_onnx", "mobile_sam", "mobile_sam_onnx")
_ERASERS = ("lama", "lama_onnx")


class Machine(Protocol):
    """Where models are fetched to; a Host is one."""

    @property
    def device(self) -> str: ...

    @property
    def model_folders(self) -> list[Path]: ...

    @property
    def offline(self) -> bool: ...


def recommended(device: str) -> list[Model]:
    """A segmenter and an eraser for a machine with that device, as torch spells it: the first whose packages are here.

    Where none has its packages, the one that needs the least.
    """
    segmenters = _SEGMENTERS_OF_A_PROCESSOR if device == PROCESSOR else _SEGMENTERS
    return [_first_of(segmenters), _first_of(_ERASERS)]


def lack_of_packages(models: Sequence[Model]) -> str:
    """What to install before these are of use, without a full stop; empty for nothing."""
    return next(filter(None, map(registry.lack_of_packages, models)), "")


def download(name: str, machine: Machine, progress: Progress) -> list[tuple[Model, list[Path]]]:
    """The model of that name, or all that are recommended, and where the files of each lie now.

    Raises UnknownModel, errors of files.download.fetch, and ModelUnavailable where packages for what is recommended are
    not here: then nothing is fetched that could not be used.
    """
    if name.lower() == NAME:
        models = recommended(machine.device)
        lacking = lack_of_packages(models)
        if lacking:
            raise ModelUnavailable(f"{lacking}. Then again: inpaint-anything models download {NAME}")
    else:
        models = [registry.find(name)]
    folder, *others = machine.model_folders
    sizes, fetched = [model.weight or 1 for model in models], []
    for number, model in enumerate(models):
        start, end = (sum(sizes[:count]) / sum(sizes) for count in (number, number + 1))
        told = part(progress, start, end)
        fetched.append((model, fetch_model(model, folder, told, others=others, offline=machine.offline)))
    return fetched


def _first_of(names: Sequence[str]) -> Model:
    models = [registry.find(name) for name in names]
    return next((model for model in models if not registry.lack_of_packages(model)), models[-1])
