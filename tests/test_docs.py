"""The pages of docs/: what they name is there, and a walk does not go back and forth."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
FILE = re.compile(r"`((?:[\w.-]+/)+(?:[\w.-]+\.\w+)?)`")  # a path in backticks, with a folder: a file, or a folder/
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [path for path in FILE.findall(text) if not (ROOT / path).exists()] == []
    assert [path for path in LINK.findall(text) if not (page.parent / path).exists()] == []


def test_a_walk_passes_each_file_once() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    walks = re.findall(r"(?:^\d+\. .*\n(?:   .*\n)*)+", text, flags=re.MULTILINE)
    assert len(walks) == 5  # Remove is walked twice: in the tab, and on the command line
    for walk in walks:
        passed = FILE.findall(walk)
        assert len(passed) == len(set(passed)) >= 5
