"""The models that are loaded: which one "auto" stands for, loaded at the first use, kept within a number of bytes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple, Optional, Protocol

from ..errors import ModelUnavailable
from ..store import Store
from . import registry
from .entry import Kind, Model

_CHOICE_HOLDS = 2.0  # seconds; to look for packages and files takes 10 ms, and pictures are clicked on in quick turn


class Machine(Protocol):
    """Where models lie and run; a Host is one."""

    @property
    def device(self) -> str: ...

    @property
    def dtype(self) -> str: ...

    @property
    def model_budget(self) -> int: ...

    @property
    def model_folders(self) -> list[Path]: ...

    def preferred(self, kind: str) -> str: ...


class LoadedModel(NamedTuple):
    """A model that was loaded, and what it weighs in bytes; 0 for those without weights."""

    model: Any  # a Segmenter, an Eraser or a Detector
    nbytes: int


class ModelPool:
    """The models of one machine. Thread-safe: threads that ask for the same model at once load it once."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self.loaded: Store[LoadedModel] = Store(machine.model_budget)
        self._chosen: dict[str, tuple[float, Model]] = {}  # by kind: until when "auto" is that one

    def choose(self, name: str, kind: Kind) -> Model:
        """The model asked for; for "auto" the best one that can be used now. Raises UnknownModel."""
        if name != "auto":
            return registry.find(name, kind)
        until, chosen = self._chosen.get(kind, (0.0, None))
        if chosen is None or time.monotonic() > until:
            chosen = self._best(kind)
            self._chosen[kind] = time.monotonic() + _CHOICE_HOLDS, chosen
        return chosen

    def load(self, model: Model) -> Any:
        """The model, loaded at its first use and again when others have taken its place since.

        Raises ModelUnavailable, with what to do.
        """

        def make() -> LoadedModel:
            machine = self._machine
            loaded = registry.load(model, machine.model_folders, machine.device, machine.dtype)
            return LoadedModel(loaded, getattr(loaded, "nbytes", 0))

        return self.loaded.get_or_make(model.name, make).model

    def get(self, model: Model) -> Optional[Any]:
        """The model if it is loaded, else None."""
        found = self.loaded.get(model.name)
        return None if found is None else found.model

    def require_usable(self, name: str, kind: Kind) -> None:
        """Raise UnknownModel or ModelUnavailable, before any work, unless a model of that name can be used now."""
        if name != "auto":
            registry.require_usable(registry.find(name, kind), self._machine.model_folders)

    def _best(self, kind: Kind) -> Model:
        """The first one that can be used now: the list begins with the best.

        Without a GPU the smallest segmenter goes before better ones, since a click there waits for its encoder.
        """
        known = registry.models(kind)
        if not known:
            raise ModelUnavailable(f"There is no {kind} in this version.")
        preferred = self._machine.preferred(kind)
        for model in known:
            if model.name == preferred:
                return model
        if kind == "segmenter" and self._machine.device == "cpu":
            known.sort(key=lambda model: model.weight or float("inf"))
        return registry.first_usable(known, self._machine.model_folders)  # where none is, loading it says what to do
