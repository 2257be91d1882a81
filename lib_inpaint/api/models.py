"""Models over the routes: which there are, and fetching one."""

from __future__ import annotations

from typing import Any

from ..models import registry
from ..models.files import download as downloads
from ..progress import Progress
from .outputs import JobOutput
from .state import AppState
from .tasks.task import Task


def describe_models(state: AppState) -> list[dict[str, Any]]:
    """All models with their state."""
    return [_describe(state, model) for model in registry.models()]


def _describe(state: AppState, model: registry.Model) -> dict[str, Any]:
    now = registry.state(model, state.service.host.model_folders)
    return {
        "name": model.name,
        "label": model.label,
        "kind": model.kind,
        "about": model.about,
        "licence": model.licence,
        "ready": now.ready,
        "reason": now.reason,
        "bytes": sum(file.size or 0 for file in model.files),
        "packages": list(model.packages.values()),
    }


def download(state: AppState, name: str) -> Task:
    """A model's files, into the host's folder."""
    model, host = registry.find(name), state.service.host

    def perform(progress: Progress) -> JobOutput:
        folder, *others = host.model_folders
        paths = downloads.fetch_model(model, folder, progress, others=others, offline=host.offline)
        state.service.models.look_again()
        return JobOutput({"model": model.name, "files": [path.name for path in paths]})

    return Task(perform)
