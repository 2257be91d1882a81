"""Models and encoded pictures give the memory of the GPU back, come back themselves, and do with less."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest
from fakes.gpu import Gpu, GpuDetector, GpuEraser, GpuHost, GpuSegmenter
from fakes.server import listening
from PIL import Image

from lib_inpaint.api.server import build
from lib_inpaint.client import Client
from lib_inpaint.geometry import Point
from lib_inpaint.models import devices, registry
from lib_inpaint.models.entry import Model
from lib_inpaint.progress import silent
from lib_inpaint.schema import DetectRequest, EverythingRequest, FillRequest, MaskRequest, RemoveRequest, Selection
from lib_inpaint.service import Service

IMAGE = np.zeros((64, 64, 3), np.uint8)
IMAGE[10:30, 10:30] = 200
CLICK = {"segmenter": "mobile_sam", "objects": (Selection(points=(Point(20, 20, 1),)),)}
MASK = np.where(IMAGE[..., 0] > 0, np.uint8(255), np.uint8(0))
MADE = {"segmenter": GpuSegmenter, "eraser": GpuEraser, "detector": GpuDetector}


class OnGpu:
    """A service whose models are on a fake GPU."""

    def __init__(self, room: int) -> None:
        self.gpu, self.host = Gpu(room), GpuHost()
        self.service = Service(self.host)
        self.loaded: dict[str, Any] = {}

    def load(self, model: Model, folders: object, device: str, dtype: str, attention: str = "auto") -> Any:
        assert self.host.is_held, "a model was loaded while somebody else may use the GPU"
        assert model.name not in self.loaded, "a model was loaded twice"
        made = MADE[model.kind](self.gpu, self.host, device)
        self.loaded[model.name] = made
        return made

    def click(self, image: np.ndarray = IMAGE) -> Any:
        return self.service.select(image, MaskRequest(**CLICK))

    def offload(self) -> None:
        with self.host.exclusive(silent):
            self.service.offload()


@pytest.fixture
def on_gpu(monkeypatch: pytest.MonkeyPatch) -> Any:
    def made(room: int = 10_000) -> OnGpu:
        one = OnGpu(room)
        monkeypatch.setattr(registry, "load", one.load)
        monkeypatch.setattr(registry, "require_usable", lambda *_: None)
        return one

    return made


def waits(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_everything_is_loaded_and_works_with_the_host_held(on_gpu: Any) -> None:
    one = on_gpu()
    one.service.prefetch(IMAGE, "mobile_sam")
    one.click()
    one.service.detect(IMAGE, DetectRequest(text="cup", detector="owlvit-base"))
    one.service.remove(IMAGE, RemoveRequest(eraser="lama", **CLICK))
    one.service.prefill(IMAGE, MASK, FillRequest(eraser="mat"))
    assert sorted(one.loaded) == ["lama", "mat", "mobile_sam", "owlvit-base"]  # each looked at who holds the host


def test_all_leaves_the_gpu_and_comes_back_without_being_made_again(on_gpu: Any) -> None:
    one = on_gpu()
    one.click()
    one.service.prefill(IMAGE, MASK, FillRequest(eraser="lama"))
    assert one.gpu.used == 1200
    segmenter = one.loaded["mobile_sam"]
    with one.host.exclusive(silent):  # a checkpoint samples
        one.service.offload()
        assert one.gpu.used == 0
        assert {embedding.device for embedding in one.service.embeddings.items()} == {"cpu"}
        assert (one.click().mask == MASK).all(), "a click works where the model is"
        assert (segmenter.encoded, segmenter.moves, one.gpu.used) == (1, ["cpu"], 0)
    waits(lambda: segmenter.moves == ["cpu", "cuda"])  # it was asked for, and the checkpoint is done
    other = IMAGE[::-1].copy()
    one.click(other)
    one.click()
    assert segmenter.moves == ["cpu", "cuda"]
    assert segmenter.encoded == 2
    assert segmenter.clicked_on == [("cuda", "cuda"), ("cpu", "cpu"), ("cuda", "cuda"), ("cuda", "cuda")]
    assert {embedding.device for embedding in one.service.embeddings.items()} == {"cuda"}
    one.service.prefill(IMAGE, MASK, FillRequest(eraser="lama"))
    assert one.gpu.used == 1200
    assert one.loaded["lama"].moves == ["cpu", "cuda"]


def test_what_is_not_used_for_a_while_leaves_the_gpu(on_gpu: Any) -> None:
    one = on_gpu()
    one.host.idle = 0.2
    one.click()
    assert one.gpu.used == 600
    for _ in range(6):  # a click is a use as well
        time.sleep(0.05)
        one.click()
        assert one.gpu.used == 600
    deadline = time.monotonic() + 30
    while one.gpu.used and time.monotonic() < deadline:
        time.sleep(0.02)
    assert one.gpu.used == 0
    one.service.prefill(IMAGE, MASK, FillRequest(eraser="lama"))
    assert one.gpu.used == 600
    while one.gpu.used and time.monotonic() < deadline:
        time.sleep(0.02)
    assert one.gpu.used == 0


def test_it_stays_where_it_is_while_somebody_holds_the_host(on_gpu: Any) -> None:
    one = on_gpu()
    one.click()
    one.host.idle = 0.05
    with one.host.exclusive(silent):
        one.service._idle.used()
        time.sleep(0.4)
        assert one.gpu.used == 600, "what works there may use it"
    deadline = time.monotonic() + 30
    while one.gpu.used and time.monotonic() < deadline:
        time.sleep(0.02)
    assert one.gpu.used == 0


def test_a_picture_that_does_not_fit_is_looked_at_by_the_processor(on_gpu: Any) -> None:
    one = on_gpu(room=700)  # the model, but not encoding
    selected = one.click()
    assert (selected.mask == MASK).all()
    assert selected.note == "Memory of cuda is short: worked on the processor."
    assert one.click().note == "", "nothing is worked out again"
    assert one.loaded["mobile_sam"].encoded == 1
    result = one.service.remove(IMAGE[::-1].copy(), RemoveRequest(eraser="lama", **CLICK))
    assert result.note.startswith("Memory of cuda is short: worked on the processor.")


def test_a_model_that_does_not_fit_works_on_the_processor(on_gpu: Any) -> None:
    one = on_gpu(room=500)
    told: list[str] = []
    one.service.detect(IMAGE, DetectRequest(text="cup", detector="owlvit-base"), lambda _, text="": told.append(text))
    assert told[-1] == "Memory of cuda is short: worked on the processor."
    found = one.service.select(IMAGE, MaskRequest(**CLICK))
    assert found.note.startswith("Memory of cuda is short")
    assert one.gpu.used == 0
    one.gpu.room = 10_000
    assert one.click(IMAGE[::-1].copy()).note == ""
    assert one.gpu.used == 600


def test_a_click_for_which_there_is_no_room_is_decoded_by_the_processor(on_gpu: Any) -> None:
    one = on_gpu(room=1000)
    one.click()
    one.gpu.room = 605
    assert one.service.click(IMAGE, MaskRequest(**CLICK)) is None, "not in the thread where clicks wait"
    selected = one.click()
    assert (selected.mask == MASK).all()
    assert selected.note.startswith("Memory of cuda is short")
    assert one.gpu.used == 0


def test_everything_falls_back_too(on_gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = on_gpu(room=700)
    monkeypatch.setattr(GpuSegmenter, "decode_batch", _one_by_one)
    found = one.service.everything(IMAGE, EverythingRequest(segmenter="mobile_sam", points_per_side=4))
    assert found.note == "Memory of cuda is short: worked on the processor."
    assert len(found.things) == 2
    assert one.loaded["mobile_sam"].encoded == 1


def _one_by_one(self: Any, embedding: Any, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = [self.decode(embedding, Selection(points=(Point(x, y, 1),))) for x, y in points.tolist()]
    return np.stack([each.logits for each in found]), np.stack([each.scores for each in found])


def test_where_nothing_helps_it_is_said(on_gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = on_gpu(room=700)

    def too_big(*_: object) -> None:
        raise MemoryError("A picture does not fit.")

    monkeypatch.setattr(GpuSegmenter, "encode", too_big)
    with pytest.raises(MemoryError, match="does not fit"):
        one.click()
    assert len(one.service.embeddings) == 0


def test_unloading_drops_all_and_tells_how_much(on_gpu: Any) -> None:
    one = on_gpu()
    one.click()
    one.service.prefill(IMAGE, MASK, FillRequest(eraser="lama"))
    assert one.service.unload() == 1300
    assert len(one.service.models.loaded) == len(one.service.embeddings) == len(one.service.found) == 0
    one.loaded.clear()
    assert (one.click().mask == MASK).all()
    assert list(one.loaded) == ["mobile_sam"]


def test_offloading_and_clicking_at_once_never_meet(on_gpu: Any) -> None:
    one = on_gpu()
    one.click()
    stop = threading.Event()
    errors: list[BaseException] = []

    def clicks() -> None:
        while not stop.is_set():
            try:
                assert (one.click().mask == MASK).all()
            except BaseException as error:
                errors.append(error)
                return

    threads = [threading.Thread(target=clicks) for _ in range(3)]
    for thread in threads:
        thread.start()
    for level in range(20):
        one.offload()
        one.service.prefetch(np.full((64, 64, 3), level, np.uint8), "mobile_sam")
    stop.set()
    for thread in threads:
        thread.join(30)
    assert not errors


def test_torchs_own_error_is_understood_and_others_are_not_hidden() -> None:
    def short() -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    def broken() -> None:
        raise RuntimeError("shapes do not agree")

    with pytest.raises(MemoryError, match="does not fit") as caught:
        devices.attempt(short, "cuda", "It does not fit.")
    assert caught.value.__context__ is None, "the tensors of the failed pass are let go"
    with pytest.raises(RuntimeError, match="shapes"):
        devices.attempt(broken, "cpu", "It does not fit.")


def test_a_server_tells_of_the_note_and_unloads(tmp_path: Path, on_gpu: Any) -> None:
    one = on_gpu(room=700)
    picture = io.BytesIO()
    Image.fromarray(IMAGE).save(picture, "PNG")
    with listening(build(one.service, tmp_path)) as port:
        client = Client(f"http://127.0.0.1:{port}")
        image = client.upload(picture.getvalue())
        clicked = client.segment(image, [(20, 20, 1)], segmenter="mobile_sam")
        assert clicked.facts["note"] == "Memory of cuda is short: worked on the processor."
        assert "note" not in client.segment(image, [(20, 20, 1)], segmenter="mobile_sam").facts
        assert client.unload() == 700
        assert client.info()["budgets"]["models"]["holds"] == 0


def test_what_is_away_already_costs_no_sampling_anything(on_gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one, given = on_gpu(), []
    one.click()
    monkeypatch.setattr(devices, "give_back", lambda: given.append(1))
    for _ in range(3):
        one.offload()
    assert given == [1]


def test_a_model_that_encoding_brought_back_is_not_called_back_again(on_gpu: Any) -> None:
    one = on_gpu()
    one.click()
    one.offload()
    one.service.prefetch(IMAGE[::-1].copy(), "mobile_sam")
    assert not one.service.models.call_back(registry.find("mobile_sam"))


def test_idling_switched_off_meanwhile_sends_nothing_away(on_gpu: Any) -> None:
    one = on_gpu()
    one.host.idle = 0.3
    one.click()
    one.host.idle = 0
    time.sleep(0.6)
    assert one.gpu.used == 600
