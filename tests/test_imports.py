"""Who may import whom: the order of the house, held by walking the imports."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import house
import pytest

ROOT = Path(__file__).parent.parent
BASE = "errors geometry progress store"

# One line a room: what it may import from. `python tests/house.py` draws what that makes.
MAY_IMPORT = {
    "errors": "",
    "geometry": "",
    "progress": "",
    "store": "progress",
    "client": "",
    "schema": f"{BASE}",
    "imaging": f"schema {BASE}",
    "models": f"imaging schema {BASE}",
    "selecting": f"models imaging schema {BASE}",
    "filling": f"models imaging schema {BASE}",
    "diffusion": f"imaging schema {BASE}",
    "host": f"schema {BASE}",
    "service": f"host selecting filling diffusion models imaging schema {BASE}",
    "api": f"service host selecting filling diffusion models imaging schema {BASE}",
    "ui": f"host selecting filling diffusion models imaging schema {BASE}",
    "standalone": f"host models schema {BASE}",
    "webui": f"ui api service host selecting filling diffusion models imaging schema {BASE}",
    "app": f"standalone ui api service host selecting filling diffusion models imaging schema {BASE}",
    "__main__": "app",
    "scripts": "webui ui filling",
    "benchmarks": f"app standalone ui api service host selecting filling diffusion models imaging schema client {BASE}",
}
HOST_PACKAGES = {"modules", "modules_forge", "backend", "ldm_patched", "launch"}
IMPORTS = house.imports(ROOT)


@pytest.mark.parametrize("module", sorted(IMPORTS))
def test_a_room_imports_only_from_those_below_it(module: str) -> None:
    own = house.room(module)
    if own == house.PACKAGE:
        return
    others = {house.room(target) for target in IMPORTS[module]} - {own}
    assert others <= set(MAY_IMPORT[own].split()), f"{module} imports from {others - set(MAY_IMPORT[own].split())}"


def test_the_order_has_no_way_back_up() -> None:
    order = {name: set(allowed.split()) for name, allowed in MAY_IMPORT.items()}
    assert not house.circles(order)


def test_no_files_import_each_other_in_a_circle() -> None:
    assert house.circles(IMPORTS) == []


def test_the_house_is_small() -> None:
    rooms = house.rooms(IMPORTS)
    assert len(rooms) <= 22
    assert max(house.floors(rooms).values()) <= 10


FILES = sorted((ROOT / house.PACKAGE).rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_hosts_and_frameworks_stay_in_their_rooms(path: Path) -> None:
    room = path.relative_to(ROOT / house.PACKAGE).parts[0]
    for name in house.names(path, ROOT):
        top = name.split(".")[0]
        assert top not in HOST_PACKAGES or room == "webui", f"{path.name} touches the WebUI ({name})"
        assert top != "gradio" or room == "ui", f"{path.name} imports gradio"
        assert top != "diffusers" or room == "standalone", f"{path.name} imports diffusers"
        assert top not in ("fastapi", "starlette", "uvicorn") or room in ("api", "webui"), f"{path.name} imports {top}"


# Names on PyPI that differ from the name that is imported.
CALLED = {"cv2": "opencv-python", "pil": "pillow", "skimage": "scikit-image"}
# The host's, the user's own torch, what gradio brings, and what a person may add; asked for where they are used.
NOT_OURS = HOST_PACKAGES | {"torch", "fastapi", "xformers", "sam2", "hydra", "omegaconf"}


def test_what_is_imported_is_declared() -> None:
    told = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[project.scripts]")[0]
    told += (ROOT / "setup.py").read_text(encoding="utf-8")
    declared = set(re.findall(r'"([a-z][a-z0-9-]*)(?:\[[a-z]+\])?[>="]', told))
    for path in FILES:
        for top in {name.split(".")[0] for name in house.names(path, ROOT)} - sys.stdlib_module_names - NOT_OURS:
            package = CALLED.get(top.lower(), top.lower().replace("_", "-"))
            assert top == house.PACKAGE or package in declared, f"{path.name} imports {top}: not declared"


def test_the_command_line_starts_without_torch_and_gradio() -> None:
    code = (
        "import sys; import lib_inpaint.app.cli as c; c._parser();"
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
callbacks.ScriptCallback = None
callbacks.add_callback = lambda callbacks, fun, *, category, filename: None
sys.modules["gradio"] = types.ModuleType("gradio")  # a WebUI has it already
runpy.run_path({str(script)!r})
print(sorted(name for name in sys.modules if name.startswith("lib_inpaint") or name in ("torch", "numpy", "pydantic")))
"""
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "['lib_inpaint', 'lib_inpaint.webui', 'lib_inpaint.webui.entry']"
