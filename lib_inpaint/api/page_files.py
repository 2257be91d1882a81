"""The page's own files: modules, style and localisation. They are public code, so no password is asked for them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGE = "/inpaint-anything/page"

_INSTALLED = Path(__file__).resolve().parents[1] / "page"  # where setup.py puts them all
_CHECKOUT = _INSTALLED.parents[1]
_TYPES = {".mjs": "text/javascript", ".css": "text/css", ".json": "application/json"}  # Windows may know others


class PageFiles(StaticFiles):
    """Files that a browser asks for again each time, so that an update is never half loaded."""

    def __init__(self) -> None:
        here = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT / "javascript" / "inpaint_anything"
        super().__init__(directory=here)

    def lookup_path(self, path: str) -> tuple[str, Optional[os.stat_result]]:
        """In a checkout, the style and the localisation are where the WebUI looks for them."""
        found = super().lookup_path(path)
        if found[1] is None and (path == "style.css" or path.startswith(f"localizations{os.sep}")):
            return StaticFiles(directory=_CHECKOUT).lookup_path(path)
        return found

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with a type that browsers take for modules."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        kind = _TYPES.get(os.path.splitext(path)[1])
        if kind is not None and response.status_code == 200:
            response.headers["Content-Type"] = f"{kind}; charset=utf-8"
        return response
