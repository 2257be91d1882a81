"""What is done to pictures, over HTTP: short work is answered directly, long work is a job."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Callable, Union

from starlette.requests import Request
from starlette.responses import Response

from ..progress import silent
from ..schema import copy_with
from .bodies import parse
from .endpoints import Endpoint
from .http_errors import HttpError, unknown
from .incoming import MAX_JSON
from .job_routes import LOOK, read_patiently
from .jobs import Job
from .outputs import JobOutput, as_json, respond, wanted_format
from .state import AppState
from .tasks import batch, filling, sampling, selecting
from .tasks.batch import BatchTask
from .tasks.task import Task
from .workers import Workers

_LONGEST_WAIT = 3600.0  # seconds

# What each endpoint does, by its name. Its body is in endpoints.py.
SHORT: dict[str, Callable[[AppState, Any], Task]] = {"mask": selecting.mask, "cutout": selecting.cutout}
LONG: dict[str, Callable[[AppState, Any], Union[Task, BatchTask]]] = {
    "encode": selecting.encode,
    "detect": selecting.detect,
    "find_text": selecting.find_text,
    "find_subject": selecting.find_subject,
    "everything": selecting.everything,
    "erase": filling.erase,
    "prefill": filling.prefill,
    "extend": filling.extend,
    "inpaint": sampling.inpaint,
    "outpaint": sampling.outpaint,
    "edit": sampling.edit,
    "batch": batch.batch,
}


class WorkRoutes:
    """How the endpoints named above are answered."""

    def __init__(self, state: AppState) -> None:
        self.state = state

    async def short(self, endpoint: Endpoint, request: Request) -> Response:
        """Work that is answered directly, in the threads for pictures."""
        raw = wanted_format(request.headers.get("accept", "")) is not None
        with self.state.bodies.incoming(request, MAX_JSON) as incoming:
            pieces = await incoming.json_pieces()

            def work() -> Response:
                task = SHORT[endpoint.name](self.state, _body(endpoint, pieces, request))
                return respond(task.perform(silent), raw)

            return await self.state.pictures.result_of(work)

    async def long(self, endpoint: Endpoint, request: Request) -> Response:
        """Work that becomes a job; what is wrong with the request is answered before there is one."""
        with self.state.bodies.incoming(request, MAX_JSON) as incoming:
            pieces = await incoming.json_pieces()
            task = await self.state.pictures.result_of(
                lambda: LONG[endpoint.name](self.state, _body(endpoint, pieces, request))
            )
        workers = self.state.encoding if endpoint.name == "encode" else self.state.long
        return await self.start(request, endpoint.name, task, workers)

    async def start(self, request: Request, kind: str, task: Union[Task, BatchTask], workers: Workers) -> Response:
        """A job for the task: its id now, or its result where the caller waits for it."""
        seconds = _seconds(request.query_params.get("wait", "0"))
        job = self.state.jobs.start(kind, workers, task.work, task.weight)
        deadline = time.monotonic() + seconds
        while not job.ended.is_set() and time.monotonic() < deadline:
            await asyncio.sleep(LOOK)
        if not seconds or not job.ended.is_set():
            return as_json(job.describe(), 202, {"Location": f"jobs/{job.id}"})
        if job.error is not None:
            return as_json({**job.error, "job": job.id}, job.http_status)
        raw = wanted_format(request.headers.get("accept", "")) is not None
        return await read_patiently(self.state, lambda: self._result(job, raw))

    def _result(self, job: Job, raw: bool) -> Response:
        """The result of a finished job as short work would answer it."""
        output = self.state.results.output(job.id)
        if output is None:
            raise unknown("The job was cancelled or its result dropped.", "unknown_job")
        return respond(JobOutput({"job": job.id, **output.facts}, output.files), raw)


def _body(endpoint: Endpoint, pieces: list[bytes], request: Request) -> Any:
    """The endpoint's body, asking for the format that the header Accept names where it names none itself."""
    assert endpoint.body is not None
    body = parse(b"".join(pieces), endpoint.body)
    accepted = wanted_format(request.headers.get("accept", ""))
    if getattr(body, "format", "") is None and accepted not in (None, "any"):
        return copy_with(body, format=accepted)
    return body


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise HttpError(f"wait: give seconds, from 0 to {_LONGEST_WAIT:.0f}.", 422, "bad_request", "wait")
    return seconds
