"""script_args of our four scripts, as a WebUI hands them over: all, too few, too many, in another order."""

from __future__ import annotations

import runpy
import sys
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from fakes.scripts import Runner

pytest.importorskip("gradio")

from lib_inpaint import schema
from lib_inpaint.errors import BadRequest
from lib_inpaint.webui.entry import DropdownScript

SCRIPTS = Path(__file__).parent.parent / "scripts"
SERVICE = object()
NAMES = ["image_cfg", "lama_prefill", "outpaint", "point_mask"]
OTHERS = [1.5, False, "another's", [], 7]  # arguments of the scripts beside ours


class Called(SimpleNamespace):
    """Stands in for the module that does a script's work: gives back what it was called with."""

    TITLE = "Inpaint Anything: a script"

    @staticmethod
    def run(p: Any, request: Any, service: Any) -> Any:
        assert service is SERVICE
        return request


@pytest.fixture(params=NAMES)
def script(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """One of our scripts, as its file in scripts/ makes it, without the WebUI that does its work."""
    modules = ModuleType("modules")
    modules.scripts = SimpleNamespace(Script=object)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "modules", modules)
    found = runpy.run_path(str(SCRIPTS / f"{request.param}.py")).values()
    (kind,) = (
        one for one in found if isinstance(one, type) and issubclass(one, DropdownScript) and one is not DropdownScript
    )
    host = SimpleNamespace(queue=SimpleNamespace(given=nullcontext))
    per_process = SimpleNamespace(open=lambda: (host, SERVICE))
    return type(kind.__name__, (kind,), {"work": Called, "per_process": per_process, "__init__": lambda self: None})()


def defaults(script: Any) -> list[Any]:
    return [field.default for field in fields(script)]


def fields(script: Any) -> list[Any]:
    return schema.fields_of(getattr(schema, script.request))


@pytest.fixture(params=["first", "between", "last"])
def runner(request: pytest.FixtureRequest, script: Any) -> Runner:
    """Ours beside others, wherever it stands among them."""
    other, ours = (SimpleNamespace(run=None), OTHERS), (script, defaults(script))
    order = {"first": [ours, other, other], "between": [other, ours, other], "last": [other, other, ours]}
    runner = Runner([[True, 0.5], ["always on"]], order[request.param])
    runner.ours = [one.script for one in runner.selectable_scripts].index(script)  # type: ignore[attr-defined]
    return runner


def refused(runner: Any, script_args: list[Any]) -> str:
    with pytest.raises(BadRequest) as caught:
        runner.call_by_api(runner.ours, script_args)
    assert caught.value.status_code == 422, "what the WebUI's API answers"  # type: ignore[attr-defined]
    assert str(caught.value).startswith("Inpaint Anything: a script: ")
    return str(caught.value)


def test_all_of_them_make_the_request(runner: Any, script: Any) -> None:
    wanted = getattr(schema, script.request)()
    assert runner.call_by_api(runner.ours, defaults(script)) == wanted
    assert runner.call_by_page(runner.ours, defaults(script)) == wanted


@pytest.mark.parametrize("more", [1, 2, 7])
def test_too_many_are_refused(runner: Any, script: Any, more: int) -> None:
    told = refused(runner, [*defaults(script), *[0] * more])
    count = len(fields(script))
    assert (
        f"{count + more} script_args are too many; {count} are needed, in this order: {fields(script)[0].name}, "
        in told
    )


@pytest.mark.parametrize("count", [0, 1, 3, -1])
def test_too_few_are_refused_or_at_their_default(runner: Any, script: Any, count: int) -> None:
    """Outpainting takes those of "Poor man's outpainting", point mask those from before it found text: fewer."""
    given, known = defaults(script)[:count], fields(script)
    if type(script).__name__ == "Outpaint" or (type(script).__name__ == "PointMask" and count == -1):
        assert runner.call_by_api(runner.ours, given) == getattr(schema, script.request)()
        return
    told = refused(runner, given)
    order = ", ".join(field.name for field in known)
    assert f"{len(given)} script_args are too few; {len(known)} are needed, in this order: {order}." in told


def wrong(field: Any) -> list[Any]:
    """Values of another kind than the field's, as they are there when the order is another."""
    if isinstance(field.default, bool):
        return ["mask blur", 7, [1]]
    if isinstance(field.default, (int, float)):
        return ["auto", True, *([1.5] if isinstance(field.default, int) else []), [1], None]
    if isinstance(field.default, tuple):
        return [7.5, True, "auto"]
    return [[1], 0.5, True, None]


def test_a_value_of_a_wrong_kind_is_named_with_what_is_expected(runner: Any, script: Any) -> None:
    for place, field in enumerate(fields(script)):
        for value in wrong(field):
            script_args = defaults(script)
            script_args[place] = value
            told = refused(runner, script_args)
            assert f"argument {place + 1}, {field.name}, takes " in told, (field.name, value)
            assert told.endswith(f", but is {value!r}.")
            for choice in field.choices:
                assert choice in told


def test_another_order_names_the_first_that_does_not_fit(runner: Any, script: Any) -> None:
    backwards = defaults(script)[::-1]
    assert ", takes " in refused(runner, backwards)


def test_a_number_out_of_range_is_told_with_its_range(runner: Any, script: Any) -> None:
    for place, field in enumerate(fields(script)):
        if field.high is not None and not isinstance(field.default, bool):
            script_args = defaults(script)
            script_args[place] = field.high + 1
            told = refused(runner, script_args)
            assert f"{field.name}, takes a" in told
            assert f"number from {field.low:g} to {field.high:g}, but is {field.high + 1}." in told
