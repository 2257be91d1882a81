"""The routes without a WebUI: `inpaint-anything serve`."""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from pathlib import Path
from typing import AsyncIterator, Callable, Optional, Sequence

import uvicorn
from starlette.applications import Starlette

from ..errors import OutputFailed
from ..service import Service
from . import PREFIX, mount
from .guard import LOOPBACK


def build(service: Service, results: Path, hosts: Optional[Sequence[str]] = None) -> Starlette:
    """The application. `hosts`: the names it may be called by, see guard.Guard."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        desk.jobs.stop()

    app = Starlette(lifespan=lifespan)
    desk = mount(app, service, results, hosts=hosts)
    return app


def serve(service: Service, results: Path, host: str, port: int, ready: Callable[[str], object] = print) -> None:
    """Answer requests until Ctrl-C; `ready` is told the address once it does. Port 0 takes any that is free.

    On the machine's own address it answers only under its own names. Raises OutputFailed where it cannot listen.
    """
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise OutputFailed(f"{host}:{port} cannot be listened on: {error.strerror or error}.") from None
    names = LOOPBACK if host in ("localhost", "127.0.0.1", "::1") else None
    with listening:
        shown = f"[{host}]" if ":" in host else host
        ready(f"http://{shown}:{listening.getsockname()[1]}{PREFIX}/info")  # from here on, requests wait to be answered
        uvicorn.Server(uvicorn.Config(build(service, results, names), log_level="warning")).run([listening])
