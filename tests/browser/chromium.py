"""Debian's Chromium, driven by the package playwright."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Iterator, Optional

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",  # root, as in a container, has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
)


def required() -> bool:
    """Whether a browser has to be there, so that a test fails where it would skip: BROWSER_TESTS=required."""
    return os.environ.get("BROWSER_TESTS") == "required"


def find_browser() -> Optional[str]:
    """The program: what CHROMIUM names, or the first there is on PATH."""
    return os.environ.get("CHROMIUM") or next((path for path in map(shutil.which, NAMES) if path), None)


def missing() -> str:
    """What a browser test lacks here, in words; empty where it lacks nothing."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "needs chromium and playwright: pip install -e '.[browser]'"
    if find_browser() is None:
        return "needs chromium and playwright: install chromium, or name it in the variable CHROMIUM"
    return ""


@contextmanager
def running() -> Iterator[Browser]:
    """A browser without a window, until the end of the block."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()
