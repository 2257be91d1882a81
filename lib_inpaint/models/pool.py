"""The models that are loaded: which one "auto" stands for, loaded at the first use, kept within a number of bytes.

They are on the machine's device while they are used, and leave it for a checkpoint that wants to sample there.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional, Protocol, TypeVar

from ..errors import ModelUnavailable
from ..progress import Progress, silent
from ..store import Store
from . import memory, registry
from .entry import Kind, Model
from .model import Movable

Made = TypeVar("Made")
PROCESSOR = "cpu"  # as torch spells it
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
    def idle_seconds(self) -> int: ...

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
        """The model, on the machine's device, or on the processor where that has too little memory.

        It is loaded at its first use, and again when others have taken its place since. Only for who has the device for
        himself. Raises ModelUnavailable, with what to do.
        """
        loaded = self.loaded.get_or_make(model.name, lambda: self._load(model)).model
        self._use(loaded, self._machine.device)
        return loaded

    def get(self, model: Model) -> Optional[Any]:
        """The model if it is loaded, wherever it is; else None. A segmenter can decode there."""
        found = self.loaded.get(model.name)
        return None if found is None else found.model

    def working(self, loaded: Any, work: Callable[[], Made], progress: Progress = silent) -> tuple[Made, str]:
        """What `work` gives, which uses a loaded model, and what to tell a person about where it worked.

        Where the device has too little memory it works again on the processor. Only for who has the device for himself.
        Raises MemoryError where that has too little as well.
        """
        if not isinstance(loaded, Movable) or self._machine.device == PROCESSOR:
            return work(), ""
        note = f"Memory of {self._machine.device} is short: worked on the processor."
        if loaded.device != PROCESSOR:
            try:
                return work(), ""
            except MemoryError:
                pass
            loaded.to(PROCESSOR)
        progress(0.0, note)
        return work(), note

    def offload(self) -> None:
        """Move all that is loaded off the device, into the machine's own memory, from where `load` brings it back.

        Only for who has the device for himself.
        """
        for loaded in self.loaded.items():
            self._use(loaded.model, PROCESSOR)
        self.give_back()

    def give_back(self) -> None:
        """Return to the device the memory of what was let go."""
        memory.give_back()

    def _load(self, model: Model) -> LoadedModel:
        machine = self._machine

        def on(device: str) -> Any:
            return registry.load(model, machine.model_folders, device, machine.dtype)

        try:
            loaded = memory.within_memory(lambda: on(machine.device), "")
        except MemoryError:
            if machine.device == PROCESSOR:
                raise MemoryError(f"There is not enough memory to load {model.label}.") from None
            loaded = on(PROCESSOR)
        return LoadedModel(loaded, getattr(loaded, "nbytes", 0))

    def _use(self, loaded: Any, device: str) -> None:
        """Move a model there, if it can be moved; to the processor where it does not fit."""
        if not isinstance(loaded, Movable) or loaded.device == device:
            return
        try:
            loaded.to(device)
        except MemoryError:
            loaded.to(PROCESSOR)

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
        ready = (model for model in known if registry.state(model, self._machine.model_folders).ready)
        return next(ready, known[0])  # where none is, loading the first one says what to do
