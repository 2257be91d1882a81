"""What the WebUI calls to open our doors. Nothing is imported before: loading our script costs its start nothing."""

from __future__ import annotations

from typing import Any


def add_settings() -> None:
    """Our section of the Settings page."""
    from ..ui.settings import component
    from . import settings

    settings.add(component)


def tabs() -> list[tuple[Any, str, str]]:
    """The tab, its label and its id."""
    from . import tab

    return tab.tabs()


def add_routes(_: Any, app: Any) -> None:
    """The REST routes and the page's files, in the WebUI's FastAPI application; again after Reload UI."""
    from . import routes

    routes.add(app)
