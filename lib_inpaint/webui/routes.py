"""The REST routes in a WebUI's own application."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from ..api import mount
from ..api.state import AppState
from . import access
from .settings import read_settings


def add(app: Any, state: AppState) -> None:
    """Put the routes into `app`, the WebUI's FastAPI application; again after Reload UI, which makes a new one."""
    _show_errors()
    mount(
        app,
        state,
        allowed=partial(access.may_enter, app),
        origins=access.other_origins(),
        hosts=access.own_names(app),
        origin_pattern=access.origin_pattern(),
        trusted=access.trusted_names(read_settings().trusted_names),
    )


def _show_errors() -> None:
    """SD.Next shows no log but its own, so that nobody could see what went wrong: there ours has a way out itself."""
    logger, handlers = logging.getLogger("lib_inpaint"), logging.root.handlers
    if handlers and not logger.handlers and all(isinstance(handler, logging.NullHandler) for handler in handlers):
        logger.addHandler(logging.StreamHandler())
