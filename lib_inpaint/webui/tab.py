"""The tab in a WebUI."""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any, Callable, Collection, Optional

from modules import shared
from PIL import Image

from ..host import Host
from ..ui import tab
from ..ui.pasting import InfotextReader
from . import settings

# The WebUI finds a tab by its id, and tells apart by it whose contents to show; another extension of our name has the
# plain one.
_ID = f"{tab.ID}_page"
# What reads generation parameters, in which of the WebUI's modules; the last is SD.Next's.
_PARSERS = {
    "infotext_utils": "parse_generation_parameters",
    "generation_parameters_copypaste": "parse_generation_parameters",
    "infotext": "parse",
}


def tabs(host: Host, absent: Collection[str]) -> list[tuple[Any, str, str]]:
    """What the WebUI asks for when it builds its page: the tab, its label, and its id. absent: as in page_context."""
    parse = _parser()
    reader = InfotextReader(_infotext_of, partial(_parsed, parse)) if parse is not None else None
    language = getattr(shared.opts, "localization", "")
    context = tab.page_context(host, settings.read_settings(), language, reader, absent)
    return [(tab.tab_blocks(context), "Inpaint Anything", _ID)]


def _infotext_of(path: str) -> str:
    """The generation parameters in a picture's file; empty where there are none."""
    from modules import images

    try:
        with Image.open(path) as picture:
            return images.read_info_from_image(picture)[0] or ""
    except OSError:
        return ""


def _parser() -> Optional[Callable[[str], dict[str, Any]]]:
    """What this WebUI reads generation parameters with; None where there is nothing known."""
    for module, name in _PARSERS.items():
        try:
            return getattr(importlib.import_module(f"modules.{module}"), name)
        except (ImportError, AttributeError):
            continue
    return None


def _parsed(parse: Callable[[str], dict[str, Any]], text: str) -> dict[str, str]:
    """Generation parameters by name, as the WebUI reads them for its own tabs."""
    return {name: str(value) for name, value in parse(text).items() if isinstance(value, (str, int, float))}
