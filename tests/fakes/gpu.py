"""A GPU of so many bytes, and models that weigh something on it, without torch."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Iterator, Optional

import numpy as np
from fakes.server import FakeEmbedding, FakeEraser, FakeSegmenter

from lib_inpaint.geometry import Box, Size
from lib_inpaint.models.model import Candidates, Hit
from lib_inpaint.progress import Progress, held
from lib_inpaint.standalone.host import Standalone


@dataclass
class Gpu:
    """Counts what is on it. What does not fit raises MemoryError, as torch's error does once it is understood."""

    room: int
    taken: dict[int, int] = field(default_factory=dict)

    @property
    def used(self) -> int:
        return sum(self.taken.values())

    def put(self, thing: object, nbytes: int) -> None:
        self.taken.pop(id(thing), None)
        if self.used + nbytes > self.room:
            raise MemoryError("The fake GPU is full.")
        self.taken[id(thing)] = nbytes

    def take(self, thing: object) -> None:
        self.taken.pop(id(thing), None)

    @contextmanager
    def working(self, nbytes: int) -> Iterator[None]:
        """Work that needs so many bytes meanwhile."""
        work = object()
        self.put(work, nbytes)
        try:
            yield
        finally:
            self.take(work)


class GpuHost(Standalone):
    """A host with that GPU. Knows whether it is held for somebody alone."""

    device = "cuda"

    def __init__(self) -> None:
        super().__init__()
        self.idle = 0.0
        self.holder: Optional[int] = None

    @property
    def idle_seconds(self) -> float:  # type: ignore[override]
        return self.idle

    @property
    def is_held(self) -> bool:
        """By the thread that asks."""
        return self.holder == threading.get_ident()

    @contextmanager
    def exclusive(self, progress: Progress) -> Iterator[None]:  # type: ignore[override]
        with held(self._lock, progress):
            self.holder = threading.get_ident()
            try:
                yield
            finally:
                self.holder = None


class _OnGpu:
    """A model of so many bytes, which must be moved and work while the host is held, and counts its moves."""

    nbytes = 600

    def __init__(self, gpu: Gpu, host: GpuHost, device: str) -> None:
        self.gpu, self.host, self.device = gpu, host, "cpu"
        self.moves: list[str] = []
        super().__init__()
        if device != "cpu":
            self.to(device)
        self.moves.clear()

    def to(self, device: str) -> None:
        assert self.host.is_held, "a model was moved while somebody else may use the GPU"
        self.device = device
        self.moves.append(device)
        if device == "cpu":
            self.gpu.take(self)
        else:
            self.gpu.put(self, self.nbytes)

    @contextmanager
    def _working(self, nbytes: int) -> Iterator[None]:
        if self.device == "cpu":
            yield
        else:
            with self.gpu.working(nbytes):
                yield


@dataclass
class GpuEmbedding(FakeEmbedding):
    """An encoded image of 100 bytes."""

    device: str = "cuda"

    @property
    def nbytes(self) -> int:
        return 100

    def to(self, device: str) -> GpuEmbedding:
        return self if device == self.device else GpuEmbedding(self.size, self.image, self.extent, device)


class GpuSegmenter(_OnGpu, FakeSegmenter):
    """Encoding needs 300 bytes, a click 10. Keeps where the model and the embedding were at each click."""

    def __init__(self, *where: Any) -> None:
        super().__init__(*where)
        self.clicked_on: list[tuple[str, str]] = []

    def encode(self, image: np.ndarray, progress: Any) -> GpuEmbedding:
        assert self.host.is_held
        with self._working(300):
            made = FakeSegmenter.encode(self, image, progress)
        return GpuEmbedding(made.size, made.image, device=self.device)

    def decode(self, embedding: Any, selection: Any, previous: Optional[np.ndarray] = None) -> Candidates:
        self.clicked_on.append((self.device, embedding.device))
        with self._working(10):
            return FakeSegmenter.decode(self, embedding.to(self.device), selection, previous)


class GpuEraser(_OnGpu, FakeEraser):
    """Filling needs 200 bytes."""

    def __call__(self, image: np.ndarray, mask: np.ndarray, progress: Any) -> np.ndarray:
        assert self.host.is_held
        with self._working(200):
            return FakeEraser.__call__(self, image, mask, progress)


class GpuDetector(_OnGpu):
    """Finds the whole picture. Looking needs 200 bytes."""

    threshold = 0.5

    def __call__(self, image: np.ndarray, names: Any, threshold: float) -> list[Hit]:
        assert self.host.is_held
        with self._working(200):
            return [Hit(Box.whole(Size.of(image)), 0.9, names[0])]
