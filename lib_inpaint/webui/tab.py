"""The tab in a WebUI."""

from __future__ import annotations

from typing import Any

from modules import images, infotext_utils, shared
from PIL import Image

from ..host import Host
from ..ui import tab
from ..ui.pasting import InfotextReader
from . import settings

# The WebUI finds a tab by its id, and tells apart by it whose contents to show; another extension of our name has the
# plain one.
_ID = f"{tab.ID}_page"


def tabs(host: Host) -> list[tuple[Any, str, str]]:
    """What the WebUI asks for when it builds its page: the tab, its label, and its id."""
    reader = InfotextReader(_infotext_of, _parsed)
    context = tab.page_context(host, settings.read_settings(), shared.opts.localization, reader)
    return [(tab.tab_blocks(context), "Inpaint Anything", _ID)]


def _infotext_of(path: str) -> str:
    """The generation parameters in a picture's file; empty where there are none."""
    try:
        with Image.open(path) as picture:
            return images.read_info_from_image(picture)[0] or ""
    except OSError:
        return ""


def _parsed(text: str) -> dict[str, str]:
    """Generation parameters by name, as the WebUI reads them for its own tabs."""
    found = infotext_utils.parse_generation_parameters(text)
    return {name: value for name, value in found.items() if isinstance(value, str)}
