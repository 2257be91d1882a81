"""The command `models`: listing them, fetching them, and where they live."""

from __future__ import annotations

from typing import Any, Optional

from ..errors import BadRequest
from ..host import Host
from ..models import recommended, registry
from ..progress import Progress


def models(host: Host, action: str, name: Optional[str], progress: Progress) -> list[dict[str, Any]]:
    """The lines to show: every model with its state, the files just downloaded, or the folders."""
    if action == "where":
        return [{"folder": str(folder)} for folder in host.model_folders]
    if action == "download":
        if name is None:
            raise BadRequest(
                "Say which model to download: `recommended` for what suits this machine, or one that "
                "`inpaint-anything models` lists."
            )
        fetched = recommended.download(name, host, progress)
        return [{"name": model.name, "path": str(path)} for model, paths in fetched for path in paths]
    now = registry.states(registry.models(), host.model_folders)
    return [_about(model, now[model.name]) for model in registry.models()]


def _about(model: registry.Model, now: registry.State) -> dict[str, Any]:
    return {
        "name": model.name,
        "kind": model.kind,
        "ready": now.ready,
        "about": model.about,
        "licence": model.licence,
        "reason": now.reason,
    }


def first_line(host: Host) -> str:
    """What stands above the list, for people: the device, and how to begin where no network is there."""
    try:
        device, dtype = host.device, host.dtype
    except Exception as error:  # a torch that cannot be imported, among others
        return f"The device could not be asked: {error}"
    told = f"Models work on {device} in {dtype}."
    networks = [model for model in registry.models("segmenter") if model.files]
    if any(now.ready for now in registry.states(networks, host.model_folders).values()):
        return told
    first = recommended.recommended(device)
    lacking = recommended.lack_of_packages(first)
    size = sum(model.weight for model in first) / 1e6
    names = " and ".join(model.label for model in first)
    before = f" {lacking}. Then:" if lacking else ""
    return f"{told}{before} To begin with {names} ({size:.0f} MB): inpaint-anything models download {recommended.NAME}"


def line(told: dict[str, Any]) -> str:
    """One line of `models` for people."""
    if "folder" in told or "path" in told:
        return told.get("folder") or f"{told['name']}: {told['path']}"
    state = "ready" if told["ready"] else told["reason"]
    return f"{told['kind']:<10} {told['name']:<22} {told['about']} Licence: {told['licence']}.\n{'':<33} {state}"
