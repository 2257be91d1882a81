"""The pure modules of javascript/, by their own tests in tests/js/, with playwright's node or any other."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Optional

import pytest

TESTS = sorted((Path(__file__).parent / "js").glob("*.test.mjs"))


def find_node() -> Optional[str]:
    """The node of playwright's wheel, or the one on PATH."""
    try:
        from playwright._impl._driver import compute_driver_executable
    except ImportError:
        return shutil.which("node")
    executable = compute_driver_executable()
    node = str(executable[0] if isinstance(executable, tuple) else executable)
    return node if Path(node).is_file() else shutil.which("node")


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_javascript(file: Path) -> None:
    node = find_node()
    if node is None:
        assert os.environ.get("BROWSER_TESTS") != "required", "There is no node."
        pytest.skip("needs node: pip install -e '.[browser]', which brings one")
    done = subprocess.run([node, "--test", str(file)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_there_are_tests() -> None:
    assert TESTS
