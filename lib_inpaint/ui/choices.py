"""What the lists of models offer: plain names as values, and for people what is not installed."""

from __future__ import annotations

from pathlib import Path
from typing import Collection, Sequence, Union

from ..models import registry
from .compat import takes_pairs

Choice = Union[str, tuple[str, str]]  # a name, or what is shown for it and the name


def absent_models(folders: Sequence[Path]) -> frozenset[str]:
    """The names of the models that cannot be used now. folders: as of registry.states."""
    return frozenset(name for name, now in registry.states(registry.models(), folders).items() if not now.ready)


def marked(names: Sequence[str], absent: Collection[str]) -> list[Choice]:
    """The names in their order; those of models that are absent say so."""
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
