"""The parts of webui/ that can be tried without a WebUI: patches, the queue lock, flags, files of checkpoints."""

from __future__ import annotations

import importlib
import runpy
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fakes.webui import install

from lib_inpaint.errors import Cancelled
from lib_inpaint.models import registry
from lib_inpaint.models.files import look, places
from lib_inpaint.webui import entry
from lib_inpaint.webui.changed import changed, changed_options
from lib_inpaint.webui.checkpoint_file import content_of
from lib_inpaint.webui.entry import PerProcess
from lib_inpaint.webui.queue_lock import QueueLock

SCRIPTS = Path(__file__).parent.parent / "scripts"


def imported(monkeypatch: pytest.MonkeyPatch, name: str) -> Any:
    """A module of webui/ that sees the modules of the WebUI that are there now, until the end of the test."""
    full = f"lib_inpaint.webui.{name}"
    monkeypatch.setitem(sys.modules, full, None)
    del sys.modules[full]
    return importlib.import_module(full)


# Patches


class Thing:
    def method(self) -> str:
        return "its own"


def test_what_is_changed_is_put_back_on_every_path() -> None:
    thing, other = Thing(), Thing()
    thing.number = 1  # type: ignore[attr-defined]
    before = dict(vars(thing))
    with changed(thing, number=2, method=lambda: "ours", new=3):
        assert (thing.number, thing.method(), thing.new) == (2, "ours", 3)  # type: ignore[attr-defined]
        assert other.method() == "its own"
    assert vars(thing) == before
    with pytest.raises(ValueError, match="broken"), changed(thing, number=2, method=None, new=3):
        raise ValueError("broken")
    assert vars(thing) == before
    assert thing.method() == "its own"


def test_changed_twice_the_inner_one_counts_until_it_ends() -> None:
    thing = Thing()
    with changed(thing, method=lambda: "outer"):
        with changed(thing, method=lambda: "inner"):
            assert thing.method() == "inner"
        assert thing.method() == "outer"
    assert vars(thing) == {}


def test_what_is_deleted_meanwhile_is_no_error() -> None:
    thing = Thing()
    with changed(thing, new=1):
        del thing.new  # type: ignore[attr-defined]
    assert vars(thing) == {}


def test_settings_are_put_back_and_those_that_were_not_there_go() -> None:
    options = SimpleNamespace(data={"a": 1})
    with changed_options(options, {"a": 2, "b": 3}):
        assert options.data == {"a": 2, "b": 3}
    assert options.data == {"a": 1}
    with pytest.raises(ValueError, match="broken"), changed_options(options, {"a": 2, "b": 3}):
        raise ValueError("broken")
    assert options.data == {"a": 1}


# The queue lock


class CountedLock:
    """The WebUI's lock: a thread that takes it twice waits for itself. Says who has it."""

    def __init__(self) -> None:
        self._lock, self.taken = threading.Lock(), 0

    def acquire(self, blocking: bool = True) -> bool:
        got = self._lock.acquire(timeout=5) if blocking else self._lock.acquire(False)
        assert got or not blocking, "a thread waits for itself"
        self.taken += got
        return got

    def release(self) -> None:
        self._lock.release()

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: Any) -> None:
        self.release()


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch) -> CountedLock:
    lock = CountedLock()
    install(monkeypatch, call_queue={"queue_lock": lock})
    return lock


def test_a_thread_that_has_the_lock_takes_it_again(lock: CountedLock) -> None:
    queue = QueueLock()
    with queue.held(), queue.held(), queue.held():
        assert lock.taken == 1
    with queue.held():
        assert lock.taken == 2
    with pytest.raises(ValueError, match="broken"), queue.held():
        raise ValueError("broken")
    with queue.held():
        assert lock.taken == 4


def test_a_script_was_given_the_lock_by_the_webui(lock: CountedLock) -> None:
    queue = QueueLock()
    with lock, queue.given(), queue.held():
        assert lock.taken == 1
    with queue.held():
        assert lock.taken == 2


def test_waiting_for_the_webui_can_be_stopped(lock: CountedLock) -> None:
    """As somebody samples in the WebUI, and a person presses Stop for what waits here."""
    queue, told = QueueLock(), []

    def stop(fraction: float, text: str) -> None:
        told.append((fraction, text))
        raise Cancelled()

    with ThreadPoolExecutor(1) as webui:
        webui.submit(lock.acquire).result()
        with pytest.raises(Cancelled), queue.held(stop):
            raise AssertionError("the lock is somebody else's")
        webui.submit(lock.release).result()
    assert told == [(0.0, "Waiting for the WebUI")]
    with queue.held(stop):
        pass


def test_another_thread_waits(lock: CountedLock) -> None:
    queue, inside, order = QueueLock(), threading.Event(), []

    def other() -> None:
        inside.wait()
        with queue.held():
            order.append("other")

    thread = threading.Thread(target=other)
    thread.start()
    with queue.held():
        inside.set()
        time.sleep(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "other"]
    assert lock.taken == 2


def test_all_doors_of_a_process_open_one_service(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Slow:
        def __init__(self, *_: Any) -> None:
            time.sleep(0.05)
            made.append(self)

    monkeypatch.setitem(sys.modules, "lib_inpaint.webui.host", SimpleNamespace(Webui=Slow))
    monkeypatch.setattr("lib_inpaint.service.Service", Slow)
    per_process, found = PerProcess(), []
    threads = [threading.Thread(target=lambda: found.append(per_process.open())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2, "one host and one service"
    assert all(one is found[0] for one in found)


def test_what_is_installed_is_looked_for_once_a_page_in_one_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A WebUI asks for each of our forms several times while it starts, and there are some thirty models."""
    looks = []
    existing = places.existing
    monkeypatch.setattr(look, "existing", lambda *asked: looks.append(asked) or existing(*asked))
    per_process = PerProcess()
    per_process._opened = entry.Opened(SimpleNamespace(model_folders=[tmp_path]), None)  # type: ignore[arg-type]
    assert "telea" not in per_process.absent_models()
    assert "lama" in per_process.absent_models()
    assert len(looks) == 1
    (tmp_path / "lama").mkdir()
    name = registry.find("lama").files[0].name
    with (tmp_path / "lama" / name).open("wb") as file:
        file.truncate(registry.find("lama").files[0].size)
    assert "lama" in per_process.absent_models(), "the page is the one that was built"
    monkeypatch.setattr(registry, "lack_of_packages", lambda model: "")  # torch may not be there
    per_process.begin_page()
    assert "lama" not in per_process.absent_models()
    assert len(looks) == 2


def test_before_the_webui_samples_what_is_loaded_leaves_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    offloaded = []

    class Counting:
        def __init__(self, *_: Any) -> None: ...

        def offload(self) -> None:
            offloaded.append(self)

    monkeypatch.setitem(sys.modules, "lib_inpaint.webui.host", SimpleNamespace(Webui=Counting))
    monkeypatch.setattr("lib_inpaint.service.Service", Counting)
    monkeypatch.setattr(entry, "_per_process", PerProcess())
    install(monkeypatch, scripts={"Script": object, "AlwaysVisible": "always"})
    script = runpy.run_path(str(SCRIPTS / "offload.py"))["Offload"]()
    assert script.show(False) == script.show(True) == "always"
    script.before_process(None)
    assert not offloaded, "nothing is loaded, and nothing is made for this"
    opened = entry._per_process.open()
    script.before_process(None)
    assert offloaded == [opened.service]


# Flags


@pytest.mark.parametrize(
    ("flags", "is_stopped", "is_cut_short"),
    [
        ({}, False, False),
        ({"interrupted": True}, True, True),
        ({"stopping_generation": True}, True, False),
        ({"skipped": True}, False, True),
    ],
)
def test_what_each_button_of_the_webui_ends(
    monkeypatch: pytest.MonkeyPatch, flags: dict[str, bool], is_stopped: bool, is_cut_short: bool
) -> None:
    state = {"interrupted": False, "stopping_generation": False, "skipped": False, **flags}
    install(monkeypatch, shared={"state": SimpleNamespace(**state)})
    stopping = imported(monkeypatch, "stopping")
    assert (stopping.is_stopped(), stopping.is_cut_short()) == (is_stopped, is_cut_short)
    if is_stopped:
        with pytest.raises(Cancelled):
            stopping.raise_if_stopped()
    else:
        stopping.raise_if_stopped()


class State:
    """shared.state, with what its buttons call."""

    interrupted = stopping_generation = skipped = False

    def stop_generating(self) -> None:
        self.stopping_generation = True

    def interrupt(self) -> None:
        self.interrupted = True

    def begin(self, job: str) -> None:
        self.interrupted = self.stopping_generation = self.skipped = False

    def end(self) -> None:
        pass


@pytest.mark.parametrize(("clicks", "flags"), [(0, (False, False)), (1, (False, False)), (2, (True, False))])
def test_a_picture_of_many_samplings_is_finished_unless_its_end_is_asked_for_twice(
    monkeypatch: pytest.MonkeyPatch, clicks: int, flags: tuple[bool, bool]
) -> None:
    state = State()
    install(monkeypatch, shared={"state": state})
    stopping = imported(monkeypatch, "stopping")
    with stopping.finishing():
        for _ in range(clicks):
            state.stop_generating()
        assert (state.interrupted, state.stopping_generation) == flags
        assert stopping.is_cut_short() == (clicks == 2)
    assert stopping.is_stopped() == (clicks > 0)
    assert "stop_generating" not in vars(state)


@pytest.mark.parametrize("button", ["stop_generating", "interrupt"])
def test_what_is_done_is_given_unless_all_was_to_end(monkeypatch: pytest.MonkeyPatch, button: str) -> None:
    state = State()
    install(monkeypatch, shared={"state": state, "total_tqdm": SimpleNamespace(clear=lambda: None)})
    with imported(monkeypatch, "watching").watched(lambda *_, **__: None) as watch:

        def work() -> str:
            getattr(state, button)()
            return "a picture"

        if button == "stop_generating":
            assert watch(work) == "a picture"
        else:
            with pytest.raises(Cancelled):
                watch(work)


# Checkpoints


@pytest.fixture
def checkpoint(monkeypatch: pytest.MonkeyPatch) -> Any:
    install(monkeypatch, sd_models={}, shared={})
    return imported(monkeypatch, "checkpoint")


def network(channels: int) -> dict[str, np.ndarray]:
    return {
        "first_stage_model.decoder.conv_in.weight": np.zeros((2, 4, 3, 3), np.float16),
        "model.diffusion_model.input_blocks.0.0.bias": np.zeros(8, np.float16),
        "model.diffusion_model.input_blocks.0.0.weight": np.zeros((8, channels, 3, 3), np.float16),
    }


@pytest.mark.parametrize(
    ("channels", "name"),
    [(4, "ordinary"), (5, "depth"), (7, "upscaler"), (8, "edit"), (9, "inpainting"), (16, "")],
)
def test_the_kind_of_a_checkpoint_is_in_its_file_and_in_its_network(
    checkpoint: Any, tmp_path: Path, channels: int, name: str
) -> None:
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file(network(channels), tmp_path / "some.safetensors")
    assert content_of(tmp_path / "some.safetensors", 0.0).channels == channels
    diffusion_model = SimpleNamespace(in_channels=channels)
    a1111 = SimpleNamespace(model=SimpleNamespace(diffusion_model=diffusion_model))
    forge = SimpleNamespace(forge_objects=SimpleNamespace(unet=a1111))
    assert checkpoint.input_channels(a1111) == checkpoint.input_channels(forge) == channels
    assert checkpoint.kind_of(channels).name == name


def test_a_checkpoint_in_bfloat16_says_its_kind_too(checkpoint: Any, tmp_path: Path) -> None:
    torch, save_file = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch").save_file
    tensors = {name: torch.from_numpy(value).bfloat16() for name, value in network(8).items()}
    save_file(tensors, tmp_path / "some.safetensors")
    assert content_of(tmp_path / "some.safetensors", 0.0).channels == 8


def test_a_file_that_does_not_say_is_of_no_known_kind(checkpoint: Any, tmp_path: Path) -> None:
    save_file = pytest.importorskip("safetensors.numpy").save_file
    save_file({"transformer.weight": np.zeros((2, 2), np.float16)}, tmp_path / "other.safetensors")
    save_file(network(8), tmp_path / "cut.safetensors")
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "cut.safetensors").read_bytes()[:100])
    for name, content in (("empty", b""), ("noise", bytes(range(256))), ("long", b"\xff" * 64)):
        (tmp_path / f"{name}.safetensors").write_bytes(content)
    (tmp_path / "some.ckpt").write_bytes(b"\x80\x02")
    for path in tmp_path.iterdir():
        assert content_of(path, 0.0).channels == 0, path.name
    assert checkpoint.kind_of(0).name == ""
    with pytest.raises(OSError, match="gone"):
        content_of(tmp_path / "gone.safetensors", 0.0)
