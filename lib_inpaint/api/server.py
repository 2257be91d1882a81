"""The routes without a WebUI, and the page where there is one: `inpaint-anything serve`."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, AsyncIterator, Callable, Mapping, NamedTuple, Optional, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Route

from ..errors import OutputFailed
from ..service import Service
from . import mount
from .endpoints import PREFIX
from .guard import LOOPBACK, Password, basic
from .results import Results
from .state import NO_FOLDERS, AppState, Folders

_NOBODY: Mapping[str, str] = MappingProxyType({})
AddPage = Callable[[Any], None]  # puts a page at "/" into a FastAPI application


def build(
    service: Service,
    results: Path,
    hosts: Optional[Sequence[str]] = None,
    add_page: Optional[AddPage] = None,
    trusted: Sequence[str] = (),
    passwords: Mapping[str, str] = _NOBODY,
    folders: Folders = NO_FOLDERS,
) -> Starlette:
    """The application. `hosts`: the names it may be called by; `trusted`: those of a proxy; see guard.Guard.

    passwords: by user, one of which everything is asked for, the page too; empty asks nobody.
    """
    state = AppState(service, Results(results), folders=folders)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        state.jobs.stop()

    if add_page is None:
        app = Starlette(lifespan=lifespan)
    else:
        from fastapi import FastAPI  # which gradio brings, and mounts itself in

        app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
        add_page(app)
    mount(app, state, hosts=hosts, trusted=trusted)
    if passwords:
        app.add_middleware(Password, allowed=basic(passwords))
    app.router.routes.insert(0, Route("/docs", lambda _: RedirectResponse(PREFIX[1:] + "/docs")))
    return app


class ListenAddress(NamedTuple):
    """Where to listen; port 0 takes any that is free.

    trusted: the names that people call a proxy by. passwords: as of build.
    """

    host: str
    port: int
    trusted: Sequence[str] = ()
    passwords: Mapping[str, str] = _NOBODY

    @property
    def is_own(self) -> bool:
        """Whether only this machine can call it."""
        return self.host in ("localhost", "127.0.0.1", "::1")

    @property
    def names(self) -> Optional[Sequence[str]]:
        """The names that it may be called by: on the machine's own address only its own."""
        return LOOPBACK if self.is_own else None


def serve(
    service: Service,
    results: Path,
    address: ListenAddress,
    ready: Callable[[str], object] = print,
    folders: Folders = NO_FOLDERS,
    add_page: Optional[AddPage] = None,
) -> None:
    """Answer requests until Ctrl-C; `ready` is told the address once it does. Raises OutputFailed where it cannot."""
    host, port = address.host, address.port
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise OutputFailed(f"{host}:{port} cannot be listened on: {error.strerror or error}.") from None
    with listening:
        app = build(service, results, address.names, add_page, address.trusted, address.passwords, folders)
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{listening.getsockname()[1]}")  # from here on, requests wait to be answered
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run([listening])
