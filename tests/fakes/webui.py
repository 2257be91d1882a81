"""Modules of a WebUI that tests put in its place: each has what a test gives it, and nothing else."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest


def install(monkeypatch: pytest.MonkeyPatch, **modules: dict[str, Any]) -> None:
    """`import modules.NAME` gives a module with these attributes, for each NAME, until the end of the test."""
    package = ModuleType("modules")
    monkeypatch.setitem(sys.modules, "modules", package)
    for name, attributes in modules.items():
        module = ModuleType(f"modules.{name}")
        vars(module).update(attributes)
        setattr(package, name, module)
        monkeypatch.setitem(sys.modules, f"modules.{name}", module)


def launch_options(**given: Any) -> SimpleNamespace:
    """modules.shared.cmd_opts as a WebUI has it that was started without arguments, or with these."""
    said = dict.fromkeys(("api_auth", "gradio_auth", "cors_allow_origins", "cors_allow_origins_regex", "server_name"))
    return SimpleNamespace(**{**said, "listen": False, "share": False, "ngrok": None, **given})
