"""A WebUI that lacks what is imported of it, one module after the other: the tab comes all the same, and the log has a
sentence on what is not there for it.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Iterator
from unittest.mock import MagicMock

import pytest

pytest.importorskip("torch")
pytest.importorskip("gradio")
from lib_inpaint.ui import actions  # needs both
from lib_inpaint.webui import entry, features

ROOT = Path(__file__).parent.parent
WEBUI = ROOT / "lib_inpaint" / "webui"
SCRIPTS = {"image_cfg": "ImageCfg", "lama_prefill": "LamaPrefill", "outpainting": "Outpaint", "point_mask": "PointMask"}
# Of a WebUI without these nothing can be asked: where it runs, who may enter, where models lie.
NEEDED = {"shared", "script_callbacks", "scripts", "devices", "paths"}


def imported() -> set[str]:
    """All modules of the WebUI that are imported in webui/ at run time, by name; of Forge's kin none."""
    names: set[str] = set()
    for path in WEBUI.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").startswith("modules"):
                _, _, name = (node.module or "").partition(".")
                names |= {name} if name else {alias.name for alias in node.names}
    return names


class Made(ModuleType):
    """A module in which whatever is asked for is there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return MagicMock(name=f"{self.__name__}.{name}")


class Finder:
    """Finds the modules of a WebUI that has all but some."""

    def __init__(self, lacks: set[str]) -> None:
        self.lacks = lacks
        self.parameters = {"script_callbacks": callbacks(), "scripts": {"Script": object, "scripts_data": []}}
        self.parameters["shared"] = {"opts": SimpleNamespace(data={}, localization="None")}
        self.parameters["devices"] = {"get_device_for": lambda task: "cpu"}
        self.parameters["paths"] = {"models_path": "models", "data_path": "data"}
        self.parameters["sd_samplers"] = {"visible_sampler_names": lambda: ["Euler"]}
        self.parameters["sd_schedulers"] = {"schedulers": [SimpleNamespace(label="Automatic")]}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        package, _, module = name.partition(".")
        if package != "modules" or module in self.lacks:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=True)

    def create_module(self, spec: Any) -> ModuleType:
        module = ModuleType("modules") if spec.name == "modules" else Made(spec.name)
        vars(module).update(self.parameters.get(spec.name.partition(".")[2], {}))
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass


def callbacks() -> dict[str, Any]:
    """modules.script_callbacks as Forge Classic and SD.Next have it."""
    registered: dict[str, list[Any]] = {f"callbacks_{event}": [] for event in ("ui_settings", "ui_tabs", "app_started")}
    return {
        "callback_map": registered,
        "add_callback": lambda callbacks, fun: callbacks.append((None, fun)),
        "ScriptCallback": lambda script, callback: (script, callback),
    }


class Host:
    """A WebUI that starts: it loads our scripts, asks which are to be shown, and builds the tab."""

    def __init__(self, lacks: set[str], capsys: pytest.CaptureFixture[str]) -> None:
        self.finder, self.capsys = Finder(lacks), capsys

    def starts(self) -> tuple[set[str], set[str], str]:
        """The scripts that it shows, the texts in the tab, and its log."""
        loaded: dict[str, Any] = {}
        for path in sorted((ROOT / "scripts").glob("*.py")):
            loaded |= runpy.run_path(str(path))
        scripts = {home: loaded[name]() for home, name in SCRIPTS.items()}
        assert all(script.title() for script in scripts.values()), "asked of all, for their order"
        shown = {home for home, script in scripts.items() if script.show(True)}
        assert {home for home, script in scripts.items() if script.show(False)} <= {"image_cfg"}
        ((_, tabs),) = self.finder.parameters["script_callbacks"]["callback_map"]["callbacks_ui_tabs"]
        ((blocks, label, _),) = tabs()
        assert label == "Inpaint Anything"
        parts = blocks.get_config_file()["components"]
        texts = {str(part["props"].get(key)) for part in parts for key in ("label", "value") if part["props"].get(key)}
        return shown, texts, self.capsys.readouterr().err


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """Makes a WebUI that lacks what is named. Our modules are imported anew in it."""
    monkeypatch.setattr(entry, "_per_process", fresh := entry.PerProcess())
    monkeypatch.setattr(entry.DropdownScript, "per_process", fresh)
    forget()

    def make(*lacks: str) -> Host:
        made = Host(set(lacks), capsys)
        monkeypatch.setattr(sys, "meta_path", [made.finder, *sys.meta_path])
        return made

    yield make
    forget()


def forget() -> None:
    """What was imported of the WebUI, our modules that may have done so, and what was found to be missing."""
    features.lack.cache_clear()
    kept = (entry.__name__, features.__name__)
    for name in list(sys.modules):
        package, _, module = name.rpartition(".")
        if package == "lib_inpaint.webui" and name not in kept:
            del sys.modules[name]
            vars(sys.modules[package]).pop(module, None)
        elif name.partition(".")[0] == "modules":
            del sys.modules[name]


def test_a_webui_that_has_all_shows_all_and_says_nothing(host: Any) -> None:
    shown, texts, log = host().starts()
    assert shown == set(SCRIPTS)
    assert {"Remove", "Fill", "Background", "Extend", "Edit"} <= texts
    assert log == ""


@pytest.mark.parametrize("module", sorted(imported() - NEEDED))
def test_without_one_module_the_tab_comes_and_the_log_says_what_is_not_there(host: Any, module: str) -> None:
    shown, texts, log = host(module).starts()
    assert "Remove" in texts
    for home in set(SCRIPTS) - shown:
        assert f"the script {home} cannot be had in this WebUI: " in log
    assert all(module in line for line in log.splitlines())
    for action, sentence in (("Fill", "what Fill and Background need"), ("Edit", "what Edit needs")):
        assert (action in texts) != any(sentence in text for text in texts)
    assert log.count("Fill and Background") == ("Fill" not in texts)


def test_without_what_sampling_is_hooked_into_all_that_samples_is_absent(host: Any) -> None:
    """SD.Next's samplers are those of diffusers."""
    shown, texts, _ = host("sd_samplers_timesteps", "sd_samplers_cfg_denoiser", "sd_schedulers", "sysinfo").starts()
    assert shown == set()
    assert not {"Fill", "Background", "Edit"} & texts
    assert {"Remove", "Extend", *actions.WITHOUT.values()} <= texts


def test_without_schedules_of_their_own_samplers_can_be_chosen_all_the_same(host: Any) -> None:
    """Forge Classic's are named with their schedule."""
    shown, texts, log = host("sd_schedulers").starts()
    assert (shown, log) == (set(SCRIPTS), "")
    assert "Fill" in texts


def test_a_module_that_the_webui_itself_cannot_import_is_one_that_it_lacks(host: Any) -> None:
    webui = host()

    def fails(module: ModuleType) -> None:
        if module.__name__ == "modules.masking":
            importlib.import_module("no_such_package")

    webui.finder.exec_module = fails
    shown, _, log = webui.starts()
    assert shown == {"image_cfg", "lama_prefill", "point_mask"}
    assert "the script outpainting cannot be had in this WebUI: No module named 'no_such_package'." in log


def test_an_import_of_ours_that_is_wrong_is_not_hidden(host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("lib_inpaint.errors.BadRequest")
    with pytest.raises(ImportError, match="BadRequest"):
        host().starts()
