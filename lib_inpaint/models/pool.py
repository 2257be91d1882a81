"""The models that are loaded: which one "auto" stands for, loaded at the first use, kept within a number of bytes.

They are on the machine's device while they are used, and leave it for a checkpoint that wants to sample there.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional, Protocol, TypeVar

from ..errors import ModelUnavailable
from ..progress import Progress, silent
from ..store import Store
from . import devices, registry
from .devices import PROCESSOR, DeviceFailed
from .entry import Kind, Model
from .model import Movable

Made = TypeVar("Made")
_ALL_OF_IT = 1 << 60  # bytes, more than any device has
_CHOICE_HOLDS = 2.0  # seconds; to look for packages and files takes a while, and pictures are clicked on in quick turn


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
    def attention(self) -> str: ...

    def make_room(self, nbytes: int) -> bool: ...

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
        self._looked = 0  # how often files came since: a look that began before does not know of them
        self._away: set[str] = set()  # models that left the device for somebody else

    def choose(self, name: str, kind: Kind) -> Model:
        """The model asked for; for "auto" the best one that can be used now. Raises UnknownModel."""
        if name != "auto":
            return registry.find(name, kind)
        until, chosen = self._chosen.get(kind, (0.0, None))
        if chosen is None:
            return self._choose(kind)
        if time.monotonic() > until:  # a click does not wait for that: folders may be many, or far away
            self._chosen[kind] = time.monotonic() + _CHOICE_HOLDS, chosen
            threading.Thread(target=self._choose, args=(kind,), name="inpaint-anything looks", daemon=True).start()
        return chosen

    def look_again(self) -> None:
        """What "auto" stands for is found out anew at the next use: files have come."""
        self._looked += 1
        self._chosen.clear()

    def _choose(self, kind: Kind) -> Model:
        looked, chosen = self._looked, self._best(kind)
        if looked == self._looked:
            self._chosen[kind] = time.monotonic() + _CHOICE_HOLDS, chosen
        return chosen

    def load(self, model: Model) -> Any:
        """The model, on the machine's device, or on the processor where it cannot be there.

        It is loaded at its first use, and again when others have taken its place since. Only for who has the device for
        himself. Raises ModelUnavailable, with what to do.
        """
        loaded = self.loaded.get_or_make(model.name, lambda: self._load(model)).model
        self._away.discard(model.name)
        if isinstance(loaded, Movable):
            self._move(loaded, self._machine.device)
        return loaded

    def get(self, model: Model) -> Optional[Any]:
        """The model if it is loaded, wherever it is; else None. A segmenter can decode there."""
        found = self.loaded.get(model.name)
        return None if found is None else found.model

    def dtype_of(self, model: Model) -> str:
        """What a model works in, as torch spells it; for one without torch no device is asked."""
        return self._machine.dtype if "torch" in model.packages else "float32"

    def working(self, loaded: Any, work: Callable[[], Made], progress: Progress = silent) -> tuple[Made, str]:
        """What `work` gives, which uses a loaded model, and what to tell a person about where it worked.

        Where the device has too little memory, it works again with all of it, if the machine keeps something of its own
        there; where that does not help, or the device cannot do it, on the processor. Only for who has the device for
        himself. Raises MemoryError where the processor has too little as well.
        """
        if not isinstance(loaded, Movable) or self._machine.device == PROCESSOR:
            return work(), ""
        failure: Exception = MemoryError()  # why it is on the processor now, if it is
        if loaded.device != PROCESSOR:
            try:
                return self._with_room(work), ""
            except (MemoryError, DeviceFailed) as error:
                failure = error
            loaded.to(PROCESSOR)
        note = devices.note(self._machine.device, failure)
        progress(0.0, note)
        return work(), note

    def _with_room(self, work: Callable[[], Made]) -> Made:
        """What `work` gives; tried once more where the machine could free memory for it."""
        try:
            return work()
        except MemoryError as error:
            short = error.with_traceback(None)  # its frames hold the tensors of the failed pass
        if not self._machine.make_room(_ALL_OF_IT):
            raise short
        return work()

    def offload(self) -> None:
        """Move all that is loaded off the device, into the machine's own memory, from where `load` brings it back.

        Only for who has the device for himself.
        """
        left = set()
        for name, loaded in self.loaded.named():
            if isinstance(loaded.model, Movable) and loaded.model.device != PROCESSOR:
                self._move(loaded.model, PROCESSOR)
                left.add(str(name))
        if left:
            self._away |= left
            self.give_back()

    def call_back(self, model: Model) -> bool:
        """Whether the model was sent away, and this is the first to ask for it again."""
        if model.name not in self._away:
            return False
        self._away.discard(model.name)
        return True

    def give_back(self) -> None:
        """Return to the device the memory of what was let go."""
        devices.give_back()

    def _load(self, model: Model) -> LoadedModel:
        machine = self._machine
        device = machine.device if "torch" in model.packages else PROCESSOR  # what does without torch knows no other

        attention = machine.attention if "attention" in model.options else "auto"

        def on(device: str) -> Any:
            if device != PROCESSOR:
                machine.make_room(model.weight)
            return registry.load(model, machine.model_folders, device, self.dtype_of(model), attention)

        try:
            loaded = devices.attempt(lambda: on(device), device, f"There is not enough memory to load {model.label}.")
        except (MemoryError, DeviceFailed):
            if device == PROCESSOR:
                raise
            loaded = on(PROCESSOR)
        return LoadedModel(loaded, getattr(loaded, "nbytes", 0))

    def _move(self, loaded: Movable, device: str) -> None:
        """Move a model there; to the processor where it cannot be there."""
        if loaded.device == device:
            return
        if device != PROCESSOR:
            self._machine.make_room(getattr(loaded, "nbytes", 0))
        try:
            loaded.to(device)
        except (MemoryError, DeviceFailed):
            loaded.to(PROCESSOR)

    def require_usable(self, name: str, kind: Kind) -> None:
        """Raise UnknownModel or ModelUnavailable, before any work, unless a model of that name can be used now."""
        if name == "auto":
            return
        model = registry.find(name, kind)
        if self.loaded.get(model.name) is None:
            registry.require_usable(model, self._machine.model_folders)

    def _best(self, kind: Kind) -> Model:
        """The first one that can be used now: the list begins with the best.

        Without a GPU the smallest segmenter goes before better ones, since a click there waits for its encoder. Of two
        that have the same network, the one for the processor goes first there, and last elsewhere.
        """
        known = registry.models(kind)
        if not known:
            raise ModelUnavailable(f"There is no {kind} in this version.")
        preferred = self._machine.preferred(kind)
        for model in known:
            if model.name == preferred:
                return model
        now = registry.states(known, self._machine.model_folders)
        ready = [model for model in known if now[model.name].ready]
        if not ready:
            return registry.nearest(known, self._machine.model_folders)
        if not any("torch" in model.packages for model in ready):  # to ask for the device would import it
            return ready[0]
        on_processor = self._machine.device == PROCESSOR
        is_small_first = on_processor and kind == "segmenter"

        def place(model: Model) -> tuple[float, bool]:
            twin = registry.find(model.twin) if model.twin else model
            by = (twin.weight or float("inf")) if is_small_first else known.index(twin)
            return by, bool(model.twin) != on_processor

        return min(ready, key=place)
