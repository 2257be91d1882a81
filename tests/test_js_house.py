"""javascript/inpaint_anything: which folder may import which, who knows the browser, and that the map is the tree."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "javascript"
HOME = ROOT / "inpaint_anything"
FILES = {path.relative_to(HOME).with_suffix("").as_posix(): path for path in sorted(HOME.rglob("*.mjs"))}

# Who may import whom, be it for types alone: each those above it that it names. Two are files and no folders.
MAY_IMPORT = {
    "words": "",
    "mask": "",
    "work": "mask",
    "server": "words mask",
    "view": "words mask",
    "input": "mask view",
    "session": "words mask work server view input",
    "page": "words work server input session",
    "webui": "words page",
    "main": "words input server session page webui",
}

# What of the browser is known where; all that is not listed here is known everywhere.
KNOWN_BY = {
    r"fetch\(": "server",
    r"(?:document|window)\.|new MutationObserver|getComputedStyle": "view input page webui main",
    r"indexedDB|sessionStorage|localStorage|IDBKeyRange": "session/storage",
    r"OffscreenCanvas|createImageBitmap|requestAnimationFrame": "view session/results page webui",
    r"navigator\.": "server/files session/storage page",
    r"setTimeout|performance\.|new Blob|URL\b|AbortController|EventTarget": "server view input session page webui main",
}


def folder(name: str) -> str:
    return name.partition("/")[0]


@cache
def imports(name: str) -> frozenset[str]:
    """The modules that one imports, be it for their types alone."""
    found = re.findall(r'(?:from|import\()\s*"(\.[^"]*)\.mjs"', FILES[name].read_text("utf-8"))
    return frozenset((FILES[name].parent / one).resolve().relative_to(HOME.resolve()).as_posix() for one in found)


@cache
def code(name: str) -> str:
    """A module without its comments and texts."""
    text = FILES[name].read_text("utf-8")
    parts = r'"(?:[^"\\\n]|\\.)*"|/\*.*?\*/|(?<![:\\])//[^\n]*'
    return re.sub(parts, lambda part: '""' if part[0].startswith('"') else " ", text, flags=re.DOTALL)


def test_a_folder_imports_those_above_it_alone() -> None:
    found: dict[str, set[str]] = {one: set() for one in MAY_IMPORT}
    for name in FILES:
        found[folder(name)] |= {folder(one) for one in imports(name)} - {folder(name)}
    assert {one: " ".join(sorted(others)) for one, others in found.items()} == {
        one: " ".join(sorted(others.split())) for one, others in MAY_IMPORT.items()
    }
    above: set[str] = set()
    for one, others in MAY_IMPORT.items():
        assert set(others.split()) <= above, one
        above.add(one)


def test_no_modules_import_each_other_in_a_circle() -> None:
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way, name))
        if name not in done:
            for one in imports(name):
                visit(one, (*way, name))
            done.add(name)

    for name in FILES:
        visit(name, ())


@pytest.mark.parametrize(("known", "by"), KNOWN_BY.items())
def test_what_of_the_browser_is_known_where(known: str, by: str) -> None:
    knowing = [name for name in FILES if re.search(rf"(?<![\w.$])(?:{known})", code(name))]
    assert [name for name in knowing if folder(name) not in by.split() and name not in by.split()] == []
    assert {one for one in by.split() if not any(name == one or folder(name) == one for name in knowing)} == set()


def test_every_module_is_imported() -> None:
    assert set(FILES) - {one for name in FILES for one in imports(name)} == {"main"}


def uses(path: Path) -> set[str]:
    """What a module or a test imports, as "mask/runs: union"."""
    text, found = path.read_text("utf-8"), set()
    for names, source in re.findall(r'^import (.*?) from "(\.[^"]*)\.mjs"', text, re.MULTILINE | re.DOTALL):
        there = (path.parent / source).resolve().relative_to(HOME.resolve()).as_posix()
        every = re.search(r"\* as (\w+)", names)
        wanted = re.findall(rf"\b{every[1]}\.(\w+)", text) if every else re.findall(r"\w+", names)
        found |= {f"{there}: {name}" for name in wanted}
    return found


def test_every_export_is_used_by_another_module() -> None:
    """Or by a test, where it is used in its own too."""
    used = set().union(*map(uses, FILES.values()))
    tested = set().union(*map(uses, (Path(__file__).parent / "js").glob("*.mjs")))
    for name in FILES:
        for export in re.findall(r"^export (?:async )?(?:const|let|function\*?|class) (\w+)", code(name), re.MULTILINE):
            here = len(re.findall(rf"\b{export}\b", code(name))) > 1
            known = f"{name}: {export}"
            assert known in used or (here and known in tested) or known == "main: start", known


def test_the_map_is_the_tree() -> None:
    """README lists every folder with its files."""
    listed = re.findall(r"^- `(\w+)/`: (.*?)(?=^- |^$)", (ROOT / "README.md").read_text("utf-8"), re.M | re.DOTALL)
    told = {f"{one}/{name}" for one, text in listed for name in re.findall(r"`(\w+)`", text)}
    assert told == {name for name in FILES if "/" in name}


@pytest.mark.parametrize("name", FILES)
def test_files_are_short(name: str) -> None:
    assert len(FILES[name].read_text("utf-8").splitlines()) <= 260
