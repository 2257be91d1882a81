"""The commands that the README and docs/ show, run as they stand there, one after the other, in an empty folder."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Iterator

import numpy as np
import pytest
from PIL import Image

from lib_inpaint.app import cli

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_RUN = re.compile(r" serve\b|--serve|--text|models download|doctor|^inpaint-anything demo")  # a network, or long


def blocks(page: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands(page: Path) -> Iterator[str]:
    """Each `inpaint-anything ...` of the page's blocks, without what follows a #."""
    for line in (line for block in blocks(page) for line in block.splitlines()):
        for command in line.split("#")[0].split("&&"):
            if command.strip().startswith("inpaint-anything "):
                yield command.strip()


WITH_COMMANDS = [page for page in PAGES if list(commands(page))]


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_the_commands_of_a_page_run_one_after_the_other(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INPAINT_ANYTHING_MODELS", str(tmp_path / "models"))
    for command in commands(page):
        words = shlex.split(command)[1:]
        cli._parser().parse_args(words)
        if NOT_RUN.search(command):
            continue
        assert cli.main(words) == 0, (command, capsys.readouterr().err)
        if "-o" in words:
            written = Path(words[words.index("-o") + 1])
            assert any(tmp_path.glob(f"{written.stem}*")), command


def test_what_the_examples_say_they_write_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The points and boxes of the examples are on the badge."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["sample", "--quiet"]) == 0
    masks = []
    for number, where in enumerate((["--at", "169,385"], ["--at", "33%,75%"], ["--box", "130,335,210,430"])):
        assert cli.main(["mask", "sample.jpg", *where, "-o", f"{number}.png", "--quiet"]) == 0
        masks.append(np.asarray(Image.open(f"{number}.png")) > 127)
    for mask in masks[1:]:
        assert (mask & masks[0]).sum() / (mask | masks[0]).sum() > 0.8
    rows, columns = np.nonzero(masks[0])
    assert (abs(rows.mean() - 385) < 8, abs(columns.mean() - 169) < 8) == (True, True)


def test_what_ci_runs_is_in_the_readme() -> None:
    """.ci/run reads these two commands, so that what it tests is what people type."""
    text = (ROOT / "README.md").read_text("utf-8")
    for name, word in re.findall(r"in_readme '([\w ]+)' (\w+)", (ROOT / ".ci" / "run").read_text("utf-8")):
        (block,) = re.findall(rf"<!-- {name} -->\n```sh\n(.*?)\n```", text, re.DOTALL)
        assert word in block
        assert len(block.splitlines()) == 1
