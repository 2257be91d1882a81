"""What axe-core, which the package axe-playwright-python carries, finds wrong for people who see or hear otherwise."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Callable

import chromium
import pytest
from people import THINGS
from scenes import RED
from visitor import Visitor

_RUN = """async () => (await axe.run("#inpaint_anything", { resultTypes: ["violations"] })).violations
  .filter(({ impact }) => ["serious", "critical"].includes(impact))
  .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" ")}`)"""


def axe_core() -> str:
    """The script; skips where there is none."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        if chromium.required():
            pytest.fail("needs axe-playwright-python: pip install 'inpaint-anything[browser]'")
        pytest.skip("needs axe-playwright-python: pip install 'inpaint-anything[browser]'")
    return (Path(next(iter(found.submodule_search_locations))) / "axe.min.js").read_text("utf-8")


def faults(visitor: Visitor) -> list[str]:
    return visitor.page.evaluate(_RUN)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_there_is_no_serious_fault(visit: Callable[..., Visitor], theme: Any) -> None:
    script = axe_core()
    visitor = visit(color_scheme=theme)
    visitor.address += f"/?__theme={theme}"
    visitor.comes()
    visitor.page.evaluate(script)
    assert faults(visitor) == []
    visitor.opens(THINGS)
    visitor.clicks(RED.centre)
    visitor.fold_out()
    assert faults(visitor) == []
    visitor.runs("remove")
    assert faults(visitor) == []
    visitor.compares()
    assert faults(visitor) == []
    visitor.presses("c")
    visitor.goes_to("mask")
    visitor.presses("?")
    assert faults(visitor) == []


def test_faults_are_found(visitor: Visitor) -> None:
    visitor.page.evaluate(axe_core())
    page = visitor.page.locator("#inpaint_anything")
    page.evaluate("(page) => page.append(Object.assign(new Image(20, 20), { src: 'favicon.ico' }))")  # of what?
    assert any(fault.startswith("image-alt") for fault in faults(visitor))
