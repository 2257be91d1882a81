"""Who may import whom: the order of the house, held by walking the imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "lib_inpaint"

# A module may import from its own row and from rows below it.
LAYERS = [
    {"scripts"},
    {"__main__"},
    {"cli"},
    {"cli_serve"},
    {"ui", "api", "host", "client"},
    {"painting"},
    {"cli_options", "cli_bar", "commands", "batch", "demo"},
    {"service", "coordinates"},
    {"segment", "everything", "fill", "strategy", "outpaint", "windows", "joining", "blend", "sampling", "infotext"},
    {"models", "store"},
    {"mask", "edges", "labels", "selection", "guidance", "imagefile", "rle"},
    {"schema", "host.base"},
    {"geometry", "errors", "progress", "steps"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
HOST_PACKAGES = {"modules", "modules_forge", "backend", "launch"}


def unit(module: str) -> str:
    """The name in LAYERS of a name below lib_inpaint: `models.sam` -> `models`, `host.base.Host` -> `host.base`."""
    parts = module.split(".")
    return next((name for name in (".".join(parts[:2]), parts[0]) if name in LEVEL), parts[0])


def imports(path: Path) -> list[str]:
    """Absolute dotted names of everything a file imports, wherever in the file."""
    inside = path.relative_to(ROOT).with_suffix("").parts
    package = list(inside[:-1])
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            names += [f"{stem}.{alias.name}" for alias in node.names]
    return names


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path) -> None:
    own = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    if own == "__init__":
        return
    for name in imports(path):
        if name.startswith("lib_inpaint."):
            other = unit(name.removeprefix("lib_inpaint."))
            if other in LEVEL:  # else a name of lib_inpaint/__init__.py, such as __version__
                assert LEVEL[unit(own)] <= LEVEL[other], f"{own} imports {other}, which stands above it"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_file_has_its_place_in_the_order(path: Path) -> None:
    own = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")
    assert own == "__init__" or unit(own) in LEVEL


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_hosts_and_frameworks_stay_in_their_rooms(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0]
    for name in imports(path):
        top = name.split(".")[0]
        assert top not in HOST_PACKAGES or room == "host", f"{path.name} touches the WebUI ({name})"
        assert top != "gradio" or room == "ui", f"{path.name} imports gradio"
        assert top not in ("fastapi", "starlette", "uvicorn") or room in ("api", "host"), f"{path.name} imports {top}"


def test_the_command_line_starts_without_torch_and_gradio() -> None:
    code = (
        "import sys; import lib_inpaint.cli as c; c._parser();"
        "print(sorted(m for m in ('torch', 'gradio', 'fastapi', 'transformers', 'skimage') if m in sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").glob("*.py")), ids=lambda path: path.stem)
def test_loading_a_script_costs_the_start_of_a_webui_nothing(script: Path) -> None:
    """Of ours only the door is imported: no schema, no torch, no work."""
    code = f"""
import runpy, sys, types
modules = sys.modules["modules"] = types.ModuleType("modules")
modules.scripts = types.SimpleNamespace(Script=object)
callbacks = sys.modules["modules.script_callbacks"] = types.ModuleType("modules.script_callbacks")
callbacks.callback_map = dict.fromkeys("callbacks_" + n for n in ("ui_settings", "ui_tabs", "app_started"))
callbacks.add_callback = lambda *args, **kwargs: None
sys.modules["gradio"] = types.ModuleType("gradio")  # a WebUI has it already
runpy.run_path({str(script)!r})
print(sorted(name for name in sys.modules if name.startswith("lib_inpaint") or name in ("torch", "numpy", "pydantic")))
"""
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "['lib_inpaint', 'lib_inpaint.host', 'lib_inpaint.host.doors']"
