"""Jobs over HTTP: how they are, and what they gave."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, AsyncIterator, Callable, Optional

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from .http_errors import HttpError, error_answer, unknown
from .jobs import Job
from .outputs import PLAIN, as_json
from .state import AppState
from .workers import Value

LOOK = 0.05  # seconds between two looks at a job
_STILL_THERE = 15.0  # seconds without news after which a stream shows that it lives


class JobRoutes:
    """One coroutine for each endpoint below /jobs, by the name that endpoints.py gives it."""

    def __init__(self, state: AppState) -> None:
        self.state = state

    async def job(self, request: Request) -> Response:
        return await self.state.finished.result_of(lambda: as_json(self.state.jobs.describe(request.path_params["id"])))

    async def cancel(self, request: Request) -> Response:
        return await self.state.finished.result_of(lambda: as_json(self.state.jobs.cancel(request.path_params["id"])))

    async def file(self, request: Request) -> Response:
        def work() -> Response:
            file = self.state.results.file(request.path_params["id"], request.path_params["name"])
            if file is None:
                raise unknown("There is no such file, or no longer.", "unknown_file", "name")
            return Response(file.data, 200, PLAIN, f"image/{file.format}")

        return await self.state.finished.result_of(work)

    async def preview(self, request: Request) -> Response:
        job = await self.state.finished.result_of(lambda: self.state.jobs.find(request.path_params["id"]))
        jpeg = None if job is None else job.preview
        if jpeg is None:  # none yet, or no longer; no error, as the job may have ended while this was on its way
            return Response(status_code=204, headers=PLAIN)
        return Response(jpeg, 200, PLAIN, "image/jpeg")

    async def events(self, request: Request) -> Response:
        id = request.path_params["id"]
        job = await self.state.finished.result_of(lambda: self.state.jobs.find(id))
        headers = {**PLAIN, "X-Accel-Buffering": "no"}
        return StreamingResponse(self._events(id, job), 200, headers, "text/event-stream")

    async def _events(self, id: str, job: Optional[Job]) -> AsyncIterator[str]:
        """An event at each change, named by the job's state; the last one says how it ended."""
        seen, quiet = -1, time.monotonic()
        while job is not None and not job.ended.is_set():
            if job.version != seen:
                seen, quiet = job.version, time.monotonic()
                yield _event(job.describe())
            elif time.monotonic() - quiet > _STILL_THERE:
                quiet = time.monotonic()
                yield ": still there\n\n"
            await asyncio.sleep(LOOK)
        try:
            yield _event(await read_patiently(self.state, lambda: self.state.jobs.describe(id)))
        except HttpError as error:  # dropped in this moment
            yield _event({"id": id, "state": "failed", "error": error_answer(error)[1]})


async def read_patiently(state: AppState, work: Callable[[], Value]) -> Value:
    """What `work` reads of a job that has ended, when a thread has time for it.

    That the server is busy says nothing of the job, and whoever watched it to its end is not sent away with that.
    """
    while True:
        try:
            future = state.finished.submit(work)
        except HttpError:
            await asyncio.sleep(LOOK)
        else:
            return await asyncio.wrap_future(future)


def _event(described: dict[str, Any]) -> str:
    return f"event: {described['state']}\ndata: {json.dumps(described)}\n\n"
