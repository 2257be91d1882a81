"""The REST routes in a WebUI's own application."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..api import mount
from ..api.state import AppState
from .access import may_enter, origin_pattern, other_origins


def add(app: Any, state: AppState) -> None:
    """Put the routes into `app`, the WebUI's FastAPI application; again after Reload UI, which makes a new one."""
    allowed = partial(may_enter, app)
    mount(app, state, allowed=allowed, origins=other_origins(), origin_pattern=origin_pattern())
