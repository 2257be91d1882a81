"""localizations/zh_CN.json: every text of the page has a translation, and nothing else is in it."""

import ast
import inspect
import json
import re
from pathlib import Path

import pytest

from lib_inpaint import schema
from lib_inpaint.models import registry
from lib_inpaint.ui.actions import ACTIONS, WITHOUT

ROOT = Path(__file__).parent.parent
SCRIPTS = sorted((ROOT / "javascript" / "inpaint_anything").rglob("*.mjs"))
PYTHON = [ROOT / "lib_inpaint" / "ui" / name for name in ("tab.py", "pasting.py")]
CHINESE = re.compile(r"[\u4e00-\u9fff\uff08]")
NAMES = {"Inpaint Anything"}  # the same in every language


def pairs() -> list[tuple[str, str]]:
    """What the file says, in its order, an entry that is there twice included."""
    return json.loads((ROOT / "localizations" / "zh_CN.json").read_text("utf-8"), object_pairs_hook=list)


def of_scripts() -> set[str]:
    """The texts that JavaScript gives to t()."""
    source = "\n".join(path.read_text("utf-8") for path in SCRIPTS)
    texts = re.findall(r'\bt\(\s*("(?:[^"\\]|\\.)*")', source)
    return {json.loads(text) for text in texts}


def of_schema() -> set[str]:
    """Labels and explanations of the requests, as the widgets show them."""
    requests = [one for _, one in inspect.getmembers(schema, inspect.isclass) if issubclass(one, schema.Request)]
    fields = [field for request in requests for field in schema.fields_of(request)]
    return {text for field in fields for text in (field.label, field.help) if text}


def of_python() -> set[str]:
    """What the page's Python gives a component to show."""
    shown = {"label", "info", "placeholder"}
    components = {"Tab", "TabItem", "Button", "UploadButton", "Accordion", "Markdown"}
    texts = {text for action in ACTIONS for text in (action.label, action.button, action.note) if text}
    texts |= set(WITHOUT.values())
    for path in PYTHON:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            given = [keyword.value for keyword in call.keywords if keyword.arg in shown]
            if isinstance(call.func, ast.Attribute) and call.func.attr in components:
                given += call.args[:1]
            texts |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return texts


def wanted() -> set[str]:
    return of_scripts() | of_schema() | of_python() | {model.about for model in registry.models()} | NAMES


def test_every_text_has_a_translation_and_every_translation_a_text():
    there = {text for text, _ in pairs()}
    assert {"missing": sorted(wanted() - there), "stale": sorted(there - wanted())} == {"missing": [], "stale": []}


def test_no_text_is_translated_twice():
    texts = [text for text, _ in pairs()]
    assert sorted(texts) == sorted(set(texts))


@pytest.mark.parametrize(("text", "translation"), pairs())
def test_translations_are_chinese_and_keep_what_is_put_in(text: str, translation: str):
    assert CHINESE.search(translation) or text in NAMES
    assert set(re.findall(r"\{\w+\}", translation)) == set(re.findall(r"\{\w+\}", text))
