"""What the WebUI calls to open our doors. Nothing is imported before: loading our scripts costs its start nothing."""

from __future__ import annotations

import importlib
from typing import Any, Callable, Sequence


class Door:
    """What our entries in the Script dropdown have alike. Each is this and the WebUI's Script.

    home: the name of the module of webui/ that does the work, with a TITLE and `run(p, request)`. request: the name of
    its request in the schema. rows: how many of the request's fields stand in each row.
    """

    home = ""
    request = ""
    rows: tuple[int, ...] = ()
    elem_id: Callable[[str], str]  # the Script's
    infotext_fields: Any
    paste_field_names: Any

    def names(self) -> dict[str, list[str]]:
        """What there is to choose from in fields whose choice depends on the models there are."""
        return {}

    def arguments(self, p: Any, values: Sequence[Any]) -> Sequence[Any]:
        """The values of all fields, in order, from those that the WebUI gives."""
        return values

    def title(self) -> str:
        return self.work.TITLE

    def show(self, is_img2img: bool) -> bool:
        return is_img2img

    def ui(self, is_img2img: bool) -> list[Any]:
        from ..ui import fields

        widgets = fields.widgets(self._request, self.elem_id, self.rows, self.names())
        self.infotext_fields, self.paste_field_names = fields.pasting(self._request, widgets, self.title())
        return widgets

    def run(self, p: Any, *values: Any) -> Any:
        from ..ui import fields
        from .refusals import answered

        with answered():
            return self.work.run(p, fields.from_values(self._request, self.arguments(p, values)))

    @property
    def work(self) -> Any:
        """The module that does the work."""
        return importlib.import_module(f".{self.home}", __package__)

    @property
    def _request(self) -> Any:
        return getattr(importlib.import_module("..schema", __package__), self.request)


def models(kind: str) -> list[str]:
    """What there is to choose from: the models of a kind, and "auto"."""
    from ..ui import settings

    return settings.model_names(kind)


def add_axes() -> None:
    """Axes for X/Y/Z plot, before its form is made. Once is enough."""
    from modules import scripts

    from . import image_cfg

    for script in scripts.scripts_data:
        if script.script_class.__module__ == "xyz_grid.py":
            image_cfg.add_axes(script.module)


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
