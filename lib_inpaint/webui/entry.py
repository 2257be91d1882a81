"""Where the WebUI enters: what scripts/ registers. Nothing else is imported before it is asked for, so that loading our
scripts costs the WebUI's start nothing.
"""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Optional

if TYPE_CHECKING:
    from ..api.state import AppState
    from ..service import Service
    from .host import Webui


class Opened(NamedTuple):
    """What this process has one of."""

    host: Webui
    service: Service


class PerProcess:
    """Makes the host, the service and what the routes share at the first use, whichever of our doors is opened first.

    They are kept over Reload UI, which runs scripts/ again but imports nothing of this package anew: a model is loaded
    once, and a job that runs goes on, can be watched and stopped, and has its result.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: Optional[Opened] = None
        self._state: Optional[AppState] = None
        self._absent: Optional[frozenset[str]] = None

    def open(self) -> Opened:
        with self._lock:
            if self._opened is None:
                from ..service import Service
                from .host import Webui

                host = Webui()
                self._opened = Opened(host, Service(host))
            return self._opened

    def begin_page(self) -> None:
        """The WebUI begins to build its page; what is installed is looked for again."""
        with self._lock:
            self._absent = None

    def absent_models(self) -> frozenset[str]:
        """As of choices.absent_models, once for a page: a WebUI asks for each of our forms several times."""
        from ..ui import choices

        folders = self.open().host.model_folders
        with self._lock:
            if self._absent is None:
                self._absent = choices.absent_models(folders)
            return self._absent

    def offload(self) -> None:
        """What is loaded leaves the GPU, if anything is. With the WebUI's queue lock held."""
        with self._lock:
            opened = self._opened
        if opened is not None:
            opened.service.offload()

    def routes_state(self) -> AppState:
        """What the REST routes share, for each application that answers them."""
        service = self.open().service
        with self._lock:
            if self._state is None:
                from ..api.results import Results
                from ..api.state import AppState

                self._state = AppState(service, Results(service.host.results_folder))
            return self._state


_per_process = PerProcess()


class DropdownScript:
    """What our scripts in the Script dropdown have alike. Each is this and the WebUI's Script.

    home: the name of the module of webui/ that does the work, with a TITLE and `run(p, request, service)`. request: the
    name of its request in the schema. rows: how many of the request's fields stand in each row. least: how many
    arguments a program has to give; the others have defaults. None: all. in_txt2img: whether it is in txt2img's
    dropdown too.
    """

    home = ""
    request = ""
    rows: tuple[int, ...] = ()
    least: Optional[int] = None
    in_txt2img = False
    per_process = _per_process
    elem_id: Callable[[str], str]  # the Script's
    infotext_fields: Any
    paste_field_names: Any

    def names(self) -> dict[str, list[str]]:
        """What there is to choose from in fields whose choice depends on the models there are."""
        return {}

    def title(self) -> str:
        return self.work.TITLE if self.is_possible() else self.home

    def show(self, is_img2img: bool) -> bool:
        return (is_img2img or self.in_txt2img) and self.is_possible()

    def is_possible(self) -> bool:
        """Whether this WebUI has what the work needs."""
        from . import features

        return not features.lack(f"the script {self.home}", self.home)

    def ui(self, is_img2img: bool) -> list[Any]:
        from ..ui import choices, fields

        absent = self.per_process.absent_models()
        offered = {name: choices.marked(names, absent) for name, names in self.names().items()}
        widgets = fields.widgets(self._request, self.elem_id, self.rows, offered, is_plain=True)
        self.infotext_fields, self.paste_field_names = fields.pasting(self._request, widgets, self.title())
        return widgets

    def run(self, p: Any, *values: Any) -> Any:
        """The WebUI's Processed. Called with its queue lock held."""
        from .http_status import with_http_status
        from .script_arguments import request_of

        with with_http_status():
            request = request_of(self.work.TITLE, self._request, p, values, self.least)
            host, service = self.per_process.open()
            with host.queue.given():
                return self.work.run(p, request, service)

    @property
    def work(self) -> Any:
        """The module that does the work."""
        return importlib.import_module(f".{self.home}", __package__)

    @property
    def _request(self) -> Any:
        return getattr(importlib.import_module("..schema", __package__), self.request)


def offload() -> None:
    """Before the WebUI samples anything, with its queue lock held: the GPU is given to the checkpoint."""
    _per_process.offload()


def models(kind: str) -> list[str]:
    """What there is to choose from: the models of a kind, and "auto"."""
    from ..ui import settings

    return settings.model_names(kind)


def add_axes() -> None:
    """Axes for X/Y/Z plot, before its form is made. Once is enough."""
    from modules import scripts

    from . import image_cfg_axes

    for script in scripts.scripts_data:
        if script.script_class.__module__ == "xyz_grid.py":
            image_cfg_axes.add_axes(script.module)


def add_settings() -> None:
    """Our section of the Settings page, which a WebUI builds before all else."""
    _per_process.begin_page()
    from ..ui.settings import component
    from . import settings

    settings.add(component)


def tabs() -> list[tuple[Any, str, str]]:
    """The tab, its label and its id."""
    from . import tab

    return tab.tabs(_per_process.open().host, _per_process.absent_models())


def add_routes(_: Any, app: Any) -> None:
    """The REST routes and the page's files, in the WebUI's FastAPI application; again after Reload UI."""
    from . import routes

    routes.add(app, _per_process.routes_state())
