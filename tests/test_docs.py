"""The README and the pages of docs/: what they name is there, and a walk does not go back and forth."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest

from lib_inpaint.models import registry

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
FILE = re.compile(r"`((?:[\w.-]+/)+(?:[\w.-]+\.\w+)?)`")  # a path in backticks, with a folder: a file, or a folder/
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [path for path in FILE.findall(text) if not (ROOT / path).exists()] == []
    assert [path for path, _ in LINK.findall(text) if not (page.parent / path).exists()] == []


def anchors(page: Path) -> set[str]:
    """What may stand behind # in a link to the page: its headings as GitHub names them."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_heading_that_a_page_links_to_is_there(page: Path) -> None:
    links = [(page.parent / path if path else page, anchor) for path, anchor in LINK.findall(page.read_text("utf-8"))]
    assert [(path.name, anchor) for path, anchor in links if anchor and anchor not in anchors(path)] == []


def test_the_readme_leads_to_every_page_and_is_short() -> None:
    text = README.read_text("utf-8")
    assert len(text.splitlines()) <= 150
    linked = {README.parent / path for path, _ in LINK.findall(text)}
    assert set(PAGES) - {README} - linked == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_is_installed_from_an_index_that_has_it_not(page: Path) -> None:
    """Only what is in quotes in every shell, and a folder or an address."""
    for command in re.findall(r"pip install ([^`\n]*(?:\n[^`\n]*)?)`", page.read_text("utf-8")):
        assert not re.match(r"['\"]?inpaint-anything(\[\w+\])?['\"]?$", command.strip())


def test_a_walk_passes_each_file_once() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    walks = re.findall(r"(?:^\d+\. .*\n(?:   .*\n)*)+", text, flags=re.MULTILINE)
    assert len(walks) == 5  # Remove is walked twice: in the tab, and on the command line
    for walk in walks:
        passed = FILE.findall(walk)
        assert len(passed) == len(set(passed)) >= 5


def test_the_table_of_models_has_all_of_them() -> None:
    """With `sam_vit_b/l/h` and `sam2_hiera_*` standing for several."""
    table = (ROOT / "docs" / "models.md").read_text("utf-8").split("\n## ")[0]
    named: list[str] = []
    for name in re.findall(r"`([\w.*/-]+)`", "".join(re.findall(r"^\|[^|]*\|([^|]*)\|", table, re.MULTILINE))):
        head, *others = name.split("/")
        named += [head, *(head[:-1] + other for other in others)]
    for model in registry.models():
        assert any(fnmatch.fnmatch(model.name, name) for name in named), model.name
    for name in named:
        assert fnmatch.filter([model.name for model in registry.models()], name), name
