"""Models over the routes: which there are, and fetching them."""

from __future__ import annotations

from typing import Any

from ..errors import InpaintError
from ..models import recommended, registry
from ..models.devices import PROCESSOR, attention_on
from ..progress import Progress
from .outputs import JobOutput
from .state import AppState
from .tasks.task import Task


def describe_models(state: AppState) -> dict[str, Any]:
    """All models with their state, the device that they work on, and what is recommended to begin with."""
    host = state.service.host
    try:
        device, dtype, attention = host.device, host.dtype, host.attention
    except InpaintError:  # a torch that cannot be imported: what needs none works all the same
        device, dtype, attention = PROCESSOR, "float32", "auto"
    first = recommended.recommended(device)
    now = registry.states(registry.models(), host.model_folders)
    return {
        "models": [_describe(model, now[model.name]) for model in registry.models()],
        "device": device,
        "dtype": dtype,
        "attention": attention_on(device, attention),
        "recommended": {
            "names": [model.name for model in first],
            "bytes": sum(model.weight for model in first),
            "reason": recommended.lack_of_packages(first),
        },
    }


def _describe(model: registry.Model, now: registry.State) -> dict[str, Any]:
    return {
        "name": model.name,
        "label": model.label,
        "kind": model.kind,
        "about": model.about,
        "licence": model.licence,
        "ready": now.ready,
        "reason": now.reason,
        "bytes": model.weight,
        "packages": list(model.packages.values()),
    }


def download(state: AppState, name: str) -> Task:
    """The files of a model, or of all that are recommended, into the host's folder."""
    if name.lower() != recommended.NAME:
        registry.find(name)

    def perform(progress: Progress) -> JobOutput:
        try:
            fetched = recommended.download(name, state.service.host, progress)
        finally:  # of several, some may be there
            state.service.models.look_again()
        return JobOutput(
            {
                "model": name.lower() if len(fetched) > 1 else fetched[0][0].name,
                "files": [path.name for _, paths in fetched for path in paths],
            }
        )

    return Task(perform)
