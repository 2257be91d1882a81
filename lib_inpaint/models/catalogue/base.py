"""What the entries of the catalogue share."""

from __future__ import annotations

from typing import Any

from ..entry import Kind, Model

TORCH = {"torch": "torch"}


def built_in(name: str, label: str, kind: Kind, loader: str, about: str, **options: Any) -> Model:
    """A model that comes with this project."""
    about = f"Nothing to download: {about}"
    return Model(name, f"{label} (no download)", kind, loader, about, options=options, licence="Same as this project")
