"""install.py, with a stand-in for the WebUI's `launch` module; and what setup.py asks pip for."""

from __future__ import annotations

import importlib.util
import re
import runpy
import sys
import venv
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPT = Path(__file__).parent.parent / "install.py"


def run(monkeypatch: pytest.MonkeyPatch, installed: set[str], fails: bool = False) -> list[str]:
    """The pip commands that install.py gives when only `installed` can be imported."""
    commands = []

    def run_pip(command: str, _: str) -> None:
        commands.append(command)
        if fails:
            raise RuntimeError("no network")

    monkeypatch.setitem(sys.modules, "launch", SimpleNamespace(run_pip=run_pip))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name in installed else None)
    runpy.run_path(str(SCRIPT))
    return commands


def test_what_is_there_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = set(re.findall(r'^    "(\w+)":', SCRIPT.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(everything) >= 8
    assert run(monkeypatch, everything) == []
    assert run(monkeypatch, everything - {"timm"}) == ["install --no-deps timm"]


def test_nothing_of_the_hosts_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in run(monkeypatch, set()):
        verb, option, package = command.split()
        assert (verb, option) == ("install", "--no-deps")
        assert package not in (
            "torch",
            "torchvision",
            "numpy",
            "gradio",
            "pydantic",
            "pillow",
            "fastapi",
            "transformers",
        )


def test_a_package_that_cannot_be_installed_is_told_and_the_rest_goes_on(monkeypatch, capsys) -> None:
    commands = run(monkeypatch, set(), fails=True)
    told = capsys.readouterr().out
    assert len(commands) >= 8
    assert told.count("could not be installed (no network)") == len(commands)


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        (None, "opencv-python-headless>=4.7"),
        ("opencv-python", "opencv-python>=4.7"),
        ("opencv-contrib-python", "opencv-contrib-python>=4.7"),
    ],
)
def test_pip_is_asked_for_no_second_cv2(
    there: str | None, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setuptools = pytest.importorskip("setuptools")
    venv.create(tmp_path, symlinks=sys.platform != "win32")
    (python,) = [path for path in tmp_path.glob("*/python*") if path.stem == "python"]
    if there is not None:
        (packages,) = tmp_path.glob("[lL]ib/**/site-packages")
        about = packages / f"{there.replace('-', '_')}-4.9.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {there}\nVersion: 4.9.0\n")
    asked: list[str] = []
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(setuptools, "setup", lambda install_requires, **more: asked.extend(install_requires))
    monkeypatch.setenv("PYTHONPATH", str(SCRIPT.parent))  # as pip sets it for its builds
    runpy.run_path(str(SCRIPT.parent / "setup.py"))
    assert [name for name in asked if "opencv" in name] == [wanted]
    assert "numpy>=1.24" in asked
