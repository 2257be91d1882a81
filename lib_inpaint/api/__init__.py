"""REST routes that programs, and our own page, lean on: pictures are sent once, clicks are small, long work is a job.

What a request meets, one file a step:

    guard.py        who may ask: no page of another site, and whom the host lets in
    endpoints.py    every address there is; openapi.py describes them, routes.py and job_routes.py answer them
    incoming.py     bodies, counted while they come
    bodies.py       JSON -> the request classes of schema/
    images.py       pictures by what they are
    tasks/          what is done: looked up and checked first, then performed
    workers.py      threads with bounded queues; jobs.py and results.py: long work, and what came of it
    outputs.py      pictures and masks on their way out
    http_errors.py  what goes wrong, for people and programs, without the server's paths
    state.py        what all of it shares; server.py: without a WebUI
    folder_routes.py  the pictures of a folder that the server was given
    docs_page.py    what the routes tell of themselves
    models.py       the models there are; page_files.py: the files of our own page
"""

from __future__ import annotations

import re
from typing import Optional, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from .endpoints import PREFIX
from .guard import Allowed, Guard, everybody
from .page_files import PAGE, PageFiles
from .routes import application
from .state import AppState


class _Below(Mount):
    """All that is below an address; Starlette's own passes over what has a line feed (%0A) in it."""

    def __init__(self, path: str, app: Guard) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def mount(
    app: Starlette,
    state: AppState,
    *,
    allowed: Allowed = everybody,
    origins: Sequence[str] = (),
    hosts: Optional[Sequence[str]] = None,
    origin_pattern: str = "",
    trusted: Sequence[str] = (),
) -> None:
    """Answer PREFIX and PAGE in a Starlette or FastAPI application, which may be running already; again to do so anew.

    state: what the routes share. It is the caller's, and may be mounted in several applications, one after the other or
    beside each other: its pictures, jobs and results are in all of them.
    allowed, origins, hosts, origin_pattern, trusted: as of guard.Guard; `allowed` honours the host's own passwords.
    """
    ours = [
        Route(PREFIX, _to_index),
        _Below(PREFIX, Guard(application(state), allowed, origins, hosts, origin_pattern, trusted)),
        _Below(PAGE, Guard(PageFiles(), everybody, origins, hosts, origin_pattern, trusted)),
    ]
    others = [one for one in app.router.routes if not (isinstance(one, (Mount, Route)) and one.path in (PREFIX, PAGE))]
    app.router.routes[:] = [*ours, *others]  # in front: gradio's own routes take every address


def _to_index(request: Request) -> Response:
    """From PREFIX to what is below it; relative, so that a proxy in front may call it by another address."""
    return RedirectResponse(PREFIX.rpartition("/")[2] + "/")
