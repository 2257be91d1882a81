"""A server in a thread of the test, and models that are quick, predictable, and wait where they are told to."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Optional

import cv2
import numpy as np
import uvicorn

from lib_inpaint import api
from lib_inpaint.api.results import Results
from lib_inpaint.api.state import NO_FOLDERS, AppState, Folders
from lib_inpaint.geometry import Point, Size
from lib_inpaint.models.model import Candidates, Needs
from lib_inpaint.models.pool import LoadedModel
from lib_inpaint.schema import Selection
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone


@dataclass
class FakeEmbedding:
    size: Size
    image: np.ndarray
    extent: tuple[float, float] = (64.0, 64.0)

    @property
    def nbytes(self) -> int:
        return self.image.nbytes


class FakeSegmenter:
    """Selects what has nearly the colour of the picture under the first point. Three candidates, ever stricter."""

    def __init__(self) -> None:
        self.encoded = 0
        self.go = threading.Event()  # encoding waits for this
        self.go.set()

    def encode(self, image: np.ndarray, progress: Any) -> FakeEmbedding:
        progress(0.0, "Looking")
        while not self.go.wait(0.02):
            progress(0.5, "Looking")
        self.encoded += 1
        return FakeEmbedding(Size.of(image), cv2.resize(image, (64, 64), interpolation=cv2.INTER_NEAREST))

    def extent(self, size: Size) -> tuple[float, float]:
        return 64.0, 64.0

    def decode(self, embedding: FakeEmbedding, selection: Any, previous: Optional[np.ndarray] = None) -> Candidates:
        if selection.box is not None:
            x, y = (selection.box.left + selection.box.right) / 2, (selection.box.top + selection.box.bottom) / 2
        else:
            x, y, _ = selection.points[0]
        column, row = int(x * 64 / embedding.size.width), int(y * 64 / embedding.size.height)
        pixels = embedding.image.astype(np.float32)
        far = np.abs(pixels - pixels[row, column]).max(axis=2)
        logits = np.stack([limit - far for limit in (40, 20, 10)]).astype(np.float32)
        if previous is not None:
            logits = np.minimum(logits, previous)
        return Candidates(logits, np.array([0.9, 0.8, 0.7], np.float32))

    def decode_batch(self, embedding: FakeEmbedding, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = [self.decode(embedding, Selection(points=(Point(x, y, 1),))) for x, y in points.tolist()]
        return np.stack([one.logits for one in found]), np.stack([one.scores for one in found])

    def upscale(self, embedding: FakeEmbedding, logits: np.ndarray) -> np.ndarray:
        grown = cv2.resize(logits, tuple(embedding.size), interpolation=cv2.INTER_NEAREST)
        return np.where(grown > 0, np.uint8(255), np.uint8(0))


class FakeEraser:
    """Fills with one colour, after `go`; `started` is set when it begins."""

    needs = Needs()

    def __init__(self) -> None:
        self.go, self.started = threading.Event(), threading.Event()
        self.go.set()

    def __call__(self, image: np.ndarray, mask: np.ndarray, progress: Any) -> np.ndarray:
        self.started.set()
        progress(0.25, "a quarter")
        while not self.go.wait(0.02):
            progress(0.5, "half")
        result = image.copy()
        result[mask > 0] = (1, 2, 3)
        return result


class Reply(NamedTuple):
    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Running:
    """A server that answers."""

    port: int
    service: Service
    state: Any
    segmenter: FakeSegmenter
    eraser: FakeEraser

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """One request below the API's prefix; a body that is not bytes is sent as JSON. `accept_` etc.: _ is -."""
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            named = {"Content-Type": "application/json", **named}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            connection.request(method, api.PREFIX + path, body, named)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


def fake_service() -> tuple[Service, FakeSegmenter, FakeEraser]:
    """A service whose classic segmenter and exemplar and telea erasers are fakes."""
    service, segmenter, eraser = Service(Standalone()), FakeSegmenter(), FakeEraser()
    service.models.loaded.put("classic", LoadedModel(segmenter, 0))
    service.models.loaded.put("exemplar", LoadedModel(eraser, 0))
    service.models.loaded.put("telea", LoadedModel(eraser, 0))
    return service, segmenter, eraser


@contextmanager
def running(
    results: Path, app: Any = None, image_budget: int = 1 << 30, folders: Folders = NO_FOLDERS, **options: Any
) -> Iterator[Running]:
    """The routes in `app` (default: an application with nothing else), answering on a port of this machine."""
    from starlette.applications import Starlette

    service, segmenter, eraser = fake_service()
    app, state = app or Starlette(), AppState(service, Results(results), image_budget, folders)
    api.mount(app, state, **options)
    with listening(app) as port:
        try:
            yield Running(port, service, state, segmenter, eraser)
        finally:
            segmenter.go.set(), eraser.go.set()


@contextmanager
def listening(app: Any) -> Iterator[int]:
    """The port of this machine on which the application answers."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    server.install_signal_handlers = lambda: None
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
