"""REST routes that programs, and our own page, lean on: pictures are sent once, clicks are small, long work is a job.

What a request meets, one file a step:

    guard.py      who may ask: no page of another site, and whom the host lets in
    endpoints.py  every address there is; openapi.py describes them, routes.py answers them
    intake.py     what comes in, counted while it comes
    bodies.py     JSON -> the request classes of schema/
    images.py     pictures by what they are
    tasks.py      what is done: looked up and checked first, then run
    workers.py    threads with bounded queues; jobs.py and results.py: long work, and what came of it
    answers.py    pictures and masks on their way out
    problems.py   what goes wrong, for people and programs, without the server's paths
    desk.py       what all of it shares; server.py: without a WebUI
    page.py       the files of our own page
"""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

from starlette.applications import Starlette
from starlette.routing import Mount

from ..service import Service
from .desk import Desk
from .endpoints import PREFIX
from .guard import Allowed, Guard, everybody
from .page import PAGE, Files
from .results import Results
from .routes import application


def mount(
    app: Starlette,
    service: Service,
    results: Path,
    *,
    allowed: Allowed = everybody,
    origins: Sequence[str] = (),
    hosts: Optional[Sequence[str]] = None,
    image_budget: int = 1 << 30,
) -> Desk:
    """Answer PREFIX and PAGE in a Starlette or FastAPI application, which may be running already; again to do so anew.

    results: a folder of our own for what jobs gave. image_budget: bytes of pictures to keep.
    allowed, origins, hosts: as of guard.Guard; `allowed` is how the host's own passwords are honoured.
    Returns what the routes share, whose `jobs.stop()` ends running work.
    """
    desk = Desk(service, Results(results), image_budget)
    ours = [
        Mount(PREFIX, Guard(application(desk), allowed, origins, hosts)),
        Mount(PAGE, Guard(Files(), everybody, origins, hosts)),
    ]
    others = [one for one in app.router.routes if not (isinstance(one, Mount) and one.path in (PREFIX, PAGE))]
    app.router.routes[:] = [*ours, *others]  # in front: gradio's own routes take every address
    return desk
