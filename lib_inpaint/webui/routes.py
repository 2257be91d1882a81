"""The REST routes in a WebUI's own application."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..api import mount
from ..service import Service
from .access import may_enter, origin_pattern, other_origins


def add(app: Any, service: Service) -> None:
    """Put the routes into `app`, the WebUI's FastAPI application; again after Reload UI, which makes a new one."""
    mount(
        app,
        service,
        service.host.results_folder,
        allowed=partial(may_enter, app),
        origins=other_origins(),
        origin_pattern=origin_pattern(),
    )
