"""What the lists of models offer: plain names as values, and for people what is not installed."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, Union

from ..models import registry
from .compat import takes_pairs

Choice = Union[str, tuple[str, str]]  # a name, or what is shown for it and the name


def marked(names: Sequence[str], folders: Sequence[Path]) -> list[Choice]:
    """The names in their order; those of models that cannot be used now say so. folders: as of registry.state."""
    known = {model.name: model for model in registry.models()}
    absent = {name for name in names if name in known and not registry.state(known[name], folders).ready}
    return [(f"{name} (not installed)", name) if name in absent else name for name in names]


def listed(choices: Sequence[Choice], is_plain: bool = False) -> tuple[list[Choice], str]:
    """The choices as the installed gradio takes them, and what it cannot show in them, to be written below the list.

    is_plain: nothing is shown in them. A WebUI describes a Script to programs by what is shown, and takes the names.
    """
    pairs = [choice for choice in choices if isinstance(choice, tuple)]
    if not pairs or (takes_pairs() and not is_plain):
        return list(choices), ""
    names = [choice[1] if isinstance(choice, tuple) else choice for choice in choices]
    return list(names), f"Not installed: {', '.join(name for _, name in pairs)}."
