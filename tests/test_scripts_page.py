"""The tables of script arguments in docs/scripts.md, and its requests, held to the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Type

import pytest

from lib_inpaint.schema import (
    FieldInfo,
    ImageCfgRequest,
    OutpaintRequest,
    PointMaskRequest,
    PrefillRequest,
    Request,
    fields_of,
)
from lib_inpaint.ui.fields import from_values

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "scripts.md").read_text("utf-8")
SCRIPTS: dict[str, Type[Request]] = {
    "Image CFG": ImageCfgRequest,
    "Point mask": PointMaskRequest,
    "LaMa pre-fill": PrefillRequest,
    "Outpainting": OutpaintRequest,
}


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}")[1].split("\n## ")[0]


def rows(heading: str) -> list[tuple[str, str, str, str]]:
    """Numbers, names, defaults, and what is said of each line of the table."""
    return re.findall(r"^\| (\d[\d, -]*) \| (.*?) \| (.*?) \| (.*) \|$", section(heading), re.MULTILINE)


def shown(field: FieldInfo) -> str:
    """A default as the table shows it."""
    if isinstance(field.default, tuple):
        return "all" if field.default else '`""`'  # a list of numbers is written as a text
    text = json.dumps(field.default).removesuffix(".0")
    return f"`{text}`" if isinstance(field.default, str) else text


@pytest.mark.parametrize("heading", SCRIPTS)
def test_a_table_has_all_arguments_in_their_order_with_their_defaults(heading: str) -> None:
    fields = fields_of(SCRIPTS[heading])
    told: list[tuple[str, str]] = []
    for _, names, cell, _ in rows(heading):
        each, defaults = names.split(", "), cell.split(", ")
        told += zip(each, defaults * (len(each) // len(defaults)))  # one that is given once for several is that of all
    assert told == [(field.name, shown(field)) for field in fields]


@pytest.mark.parametrize("heading", SCRIPTS)
def test_numbers_and_ranges_are_right(heading: str) -> None:
    fields = {field.name: field for field in fields_of(SCRIPTS[heading])}
    places = list(fields)
    ranges = 0
    for numbers, names, _, told in rows(heading):
        first, last = names.split(", ")[0], names.split(", ")[-1]
        counted = [int(number) for number in re.findall(r"\d+", numbers)]
        assert (counted[0], counted[-1]) == (places.index(first) + 1, places.index(last) + 1)
        said = re.search(r"(-?\d+) to (-?\d+)(?! pixels more)", told.replace("also as 0 to 3", ""))
        if said and fields[first].low is not None:
            ranges += 1
            assert (float(said[1]), float(said[2])) == (fields[last].low, fields[last].high), names
    assert ranges or heading == "LaMa pre-fill"


@pytest.mark.parametrize("heading", SCRIPTS)
def test_words_that_a_table_names_are_choices(heading: str) -> None:
    fields = {field.name: field for field in fields_of(SCRIPTS[heading])}
    for _, names, _, told in rows(heading):
        field = fields[names.split(", ")[0]]
        if field.choices and not told.startswith("the same"):
            assert set(re.findall(r'"([a-z ]+)"', told)) <= set(field.choices), names


@pytest.mark.parametrize("heading", SCRIPTS)
def test_a_request_fits_the_schema(heading: str) -> None:
    (text,) = re.findall(r"<!-- .* example -->\n```json\n(.*?)```", section(heading), re.DOTALL)
    request: dict[str, Any] = json.loads(text)
    modules = [path.read_text("utf-8") for path in (ROOT / "lib_inpaint" / "webui").glob("*.py")]
    assert any(f'TITLE = "{request["script_name"]}"' in module for module in modules)
    values = request["script_args"]
    assert len(values) == len(fields_of(SCRIPTS[heading]))
    from_values(SCRIPTS[heading], values)
