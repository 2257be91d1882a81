"""Where model files are found: in the folders of other tools, behind links, and beside folders that do not answer."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

import pytest
from fakes.webui import install

from lib_inpaint.models import registry
from lib_inpaint.models.entry import Alias, Model, ModelFile
from lib_inpaint.models.files import places

TINY = ModelFile("tiny.pt", "https://example.invalid/tiny.pt")


def model(*files: ModelFile) -> Model:
    return Model("tiny", "Tiny", "eraser", "fillers.fillers:load", "A test.", files=files or (TINY,))


def put(path: Path, content: bytes = b"weights") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    "below",
    [
        "ComfyUI/models/inpaint",
        "ComfyUI/models/sams",
        "ComfyUI/models/sam2",
        "webui/models/sam",
        "webui/models/ControlNetPreprocessor",
        "webui/extensions/a1111-sd-webui-segment-anything/models/sam",
        "webui/extensions/sd-webui-segment-anything/models/sam",
        "webui/extensions/sd-webui-inpaint-anything/models",
        "webui/extensions/sd-webui-controlnet/annotator/downloads/lama",
        "webui/models/big-lama/models",
    ],
)
def test_the_folders_of_other_tools(tmp_path: Path, below: str) -> None:
    file = put(tmp_path / below / "tiny.pt")
    assert registry.locate(model(), [tmp_path / below.split("/")[0]]) == [file]


def test_a_models_folder_itself_is_named_too(tmp_path: Path) -> None:
    file = put(tmp_path / "models" / "sams" / "tiny.pt")
    assert registry.locate(model(), [tmp_path / "gone", tmp_path / "models"]) == [file]


def test_links_are_followed_and_circles_are_passed_over(tmp_path: Path) -> None:
    file = put(tmp_path / "elsewhere" / "tiny.pt")
    (tmp_path / "models").mkdir()
    try:
        (tmp_path / "models" / "sam").symlink_to(tmp_path / "models" / "sam")
        (tmp_path / "models" / "tiny.pt").symlink_to(tmp_path / "models" / "tiny.pt")
        (tmp_path / "models" / "lama").symlink_to(tmp_path / "models")
        (tmp_path / "models" / "inpaint").symlink_to(tmp_path / "gone")
        (tmp_path / "models" / "sams").symlink_to(file.parent)
    except OSError:
        pytest.skip("no links here")
    assert registry.locate(model(), [tmp_path / "models"]) == [tmp_path / "models" / "sams" / "tiny.pt"]


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, threading.Event]]:
    """Folders that do not answer until their event: as on another machine that went away."""
    events: dict[str, threading.Event] = {}
    listdir = os.listdir

    def waits(folder: Any) -> list[str]:
        for name, event in events.items():
            if str(folder).startswith(name):
                event.wait()
                raise FileNotFoundError(folder)
        return listdir(folder)

    monkeypatch.setattr(places.os, "listdir", waits)
    monkeypatch.setattr(places, "_PATIENCE", 0.2)
    monkeypatch.setattr(places, "_silent", set())
    yield events
    for event in events.values():
        event.set()


def test_a_folder_that_does_not_answer_is_passed_over_until_it_does(
    tmp_path: Path, hanging: dict[str, threading.Event]
) -> None:
    away, here = tmp_path / "away", tmp_path / "here"
    hanging[str(away)] = threading.Event()
    file = put(here / "tiny.pt")
    before = threading.active_count()
    for _ in range(5):
        assert registry.locate(model(), [away, here]) == [file]
    assert threading.active_count() <= before + 1
    state = registry.state(model(ModelFile("other.pt", TINY.source)), [away, here])
    assert f"{away} does not answer" in state.reason
    hanging.pop(str(away)).set()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon and "_run" in thread.name:
            thread.join()
    moved = put(away / "tiny.pt")
    assert registry.locate(model(), [away, here]) == [moved]


def test_one_link_to_a_folder_that_does_not_answer(tmp_path: Path, hanging: dict[str, threading.Event]) -> None:
    hanging[str(tmp_path / "models")] = threading.Event()
    file = put(tmp_path / "extensions" / "sd-webui-inpaint-anything" / "models" / "tiny.pt")
    assert registry.locate(model(), [tmp_path]) == [file]
    assert places.is_silent(tmp_path / "models" / "sams")
    assert not places.is_silent(tmp_path)


def test_other_names_come_after_its_own(tmp_path: Path) -> None:
    file = ModelFile(
        "tiny.pt", TINY.source, also=(Alias("best.ckpt", holds="layer.weight"), Alias("tiny.safetensors", 9))
    )
    tiny = model(file)
    put(tmp_path / "tiny.safetensors", b"<html>404 not found")
    put(tmp_path / "best.ckpt", b"\x80\x02of another network")
    assert registry.locate(tiny, [tmp_path]) == [None]
    best = put(tmp_path / "best.ckpt", b"\x80\x02its first.layer.weight")
    assert registry.locate(tiny, [tmp_path]) == [best]
    own = put(tmp_path / "second" / "tiny.pt")
    assert registry.locate(tiny, [tmp_path, tmp_path / "second"]) == [own]


def test_another_layout_may_need_a_package(tmp_path: Path) -> None:
    alias = Alias("best.ckpt", packages={"no_such_package": "no-such-package"})
    best = put(tmp_path / "best.ckpt", b"\x80\x02")
    state = registry.state(model(ModelFile("tiny.pt", TINY.source, also=(alias,))), [tmp_path])
    assert not state.ready
    assert str(best) in state.reason
    assert "pip install no-such-package" in state.reason
    assert "models download tiny" in state.reason


def test_a_webui_looks_where_its_settings_and_the_environment_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = os.pathsep.join([str(tmp_path / "one"), str(tmp_path / "two")])
    install(
        monkeypatch,
        shared={"opts": SimpleNamespace(data={"inpaint_anything_folders_of_models": named})},
        paths={"models_path": str(tmp_path / "models"), "data_path": str(tmp_path)},
    )
    monkeypatch.setenv(places.MODELS_VARIABLE, str(tmp_path / "three"))
    monkeypatch.delitem(sys.modules, "lib_inpaint.webui.host", raising=False)
    host = importlib.import_module("lib_inpaint.webui.host")
    folders = host.Webui.model_folders.fget(None)
    assert [folder.name for folder in folders[:4]] == ["one", "two", "three", "inpaint-anything"]


def test_a_folder_that_cannot_be_is_no_error() -> None:
    assert places.folders_in("~nobody-of-that-name/models")
    assert places.names_in(Path("models\0"), ["net.pt"]) == []
