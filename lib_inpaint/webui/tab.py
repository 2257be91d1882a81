"""The tab in a WebUI."""

from __future__ import annotations

from typing import Any

from PIL import Image

from ..ui import tab
from . import settings
from .host import Webui


def tabs() -> list[tuple[Any, str, str]]:
    """What the WebUI asks for when it builds its page: the tab, its label, and its id."""
    from modules import shared

    context = tab.page_context(Webui(), settings.read(), shared.opts.localization, _parameters)
    return [(tab.tab_blocks(context), "Inpaint Anything", tab.ID)]


def _parameters(path: str) -> str:
    """The generation parameters in a picture's file; empty where there are none."""
    from modules import images

    try:
        with Image.open(path) as picture:
            return images.read_info_from_image(picture)[0] or ""
    except OSError:
        return ""
