"""From HTTP to tasks and back. What takes time is done in threads; here is only waiting."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Awaitable, Callable, Optional, Type, Union

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import BadRequest, InpaintError
from ..imaging import imagefile
from ..progress import silent
from ..schema import copy_with
from . import bodies, openapi, painted, tasks
from .answers import PLAIN, Made, as_json, respond, wanted_format
from .desk import Desk
from .endpoints import ENDPOINTS
from .images import from_base64
from .intake import MAX_JSON, MAX_UPLOAD
from .job_routes import LOOK, JobRoutes
from .jobs import Job
from .problems import Refused, at, describe, unknown
from .workers import Workers

_LARGE = 64 << 10  # bytes of JSON; a click is not, and what is goes to other threads than clicks
_LONGEST_WAIT = 3600.0  # seconds
Long = Union[tasks.Task, tasks.Batch]
Handler = Callable[[Request], Awaitable[Response]]


def application(desk: Desk) -> Starlette:
    """The application with all endpoints, without a guard."""
    routes = Routes(desk)
    table = [Route(e.path, _told(desk, getattr(routes, e.handler)), methods=[e.method]) for e in ENDPOINTS]
    return Starlette(routes=table, exception_handlers={HTTPException: _http_error})


def _told(desk: Desk, handler: Handler) -> Handler:
    """The handler, with every error answered in the API's own form."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:
            status, body = describe(error, desk.folders())
            return as_json(body, status, getattr(error, "headers", None))

    return answer


async def _http_error(request: Request, error: Exception) -> Response:
    """404 and 405 of the router."""
    assert isinstance(error, HTTPException)
    said = {404: "There is no such address.", 405: "This address does not take that method."}
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
    headers = dict(getattr(error, "headers", None) or {})
    return as_json({"error": said.get(error.status_code, str(error.detail)), "code": code}, error.status_code, headers)


class Routes(JobRoutes):
    """One coroutine for each endpoint, by the name that endpoints.py gives it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._document: Optional[bytes] = None

    # What there is.

    async def info(self, request: Request) -> Response:
        return await self.desk.pictures.run(lambda: as_json(self.desk.info()))

    async def openapi(self, request: Request) -> Response:
        if self._document is None:
            self._document = await self.desk.pictures.run(lambda: json.dumps(openapi.document(ENDPOINTS)).encode())
        return Response(self._document, 200, PLAIN, "application/json")

    async def models(self, request: Request) -> Response:
        return await self.desk.pictures.run(lambda: as_json({"models": self.desk.about_models()}))

    async def download(self, request: Request) -> Response:
        task = await self.desk.pictures.run(lambda: tasks.download(self.desk, request.path_params["name"]))
        return await self._start(request, "download", task, self.desk.downloads)

    # Pictures.

    async def upload(self, request: Request) -> Response:
        with self.desk.intake.body(request, MAX_UPLOAD) as incoming:
            if incoming.is_json:
                pieces = await incoming.json()
                return await self.desk.pictures.run(lambda: self._keep(self._from_json(pieces), "image"))
            if incoming.kind == "multipart/form-data":
                pieces = await incoming.form_file("image")
            elif incoming.kind.startswith("image/") or incoming.kind in ("", "application/octet-stream"):
                pieces = await incoming.read()
            else:
                raise Refused("Send a picture as it is, in a form, or in base64 as JSON.", 415, "not_a_picture")
            return await self.desk.pictures.run(lambda: self._keep(b"".join(pieces), ""))

    @staticmethod
    def _from_json(pieces: list[bytes]) -> bytes:
        try:
            return from_base64(bodies.parse(b"".join(pieces), bodies.UploadBody).image)
        except BadRequest as error:
            raise at("image", error) from None

    def _keep(self, data: bytes, field: str) -> Response:
        try:
            image = self.desk.images.put(imagefile.read(data))
        except InpaintError as error:
            raise at(field, error) from None
        if image.nbytes > self.desk.images.store.limit:
            raise Refused("The picture is larger than what this server keeps.", 413, "too_large", field)
        return as_json(image.about, 201)

    async def image(self, request: Request) -> Response:
        return as_json(self.desk.images.get(request.path_params["id"]).about)

    # Short work.

    async def segment(self, request: Request) -> Response:
        """A click goes to a thread once: parsed, decoded and written there. Only what is not ready goes to another."""
        desk, raw = self.desk, wanted_format(request.headers.get("accept", "")) is not None
        with desk.intake.body(request, MAX_JSON) as incoming:
            pieces = await incoming.json()

            def at_once() -> Union[Response, tasks.Click]:
                click = tasks.look_up(desk, bodies.parse(b"".join(pieces), bodies.SegmentBody))
                return respond(tasks.segment(desk, click), raw) if tasks.is_ready(desk, click) else click

            first = desk.clicks if incoming.nbytes <= _LARGE else desk.pictures
            answer = await first.run(at_once)
        if isinstance(answer, Response):
            return answer
        waiting = answer
        click = await desk.encoding.run(lambda: tasks.make_ready(desk, waiting, silent))
        return await desk.clicks.run(lambda: respond(tasks.segment(desk, click), raw))

    async def mask(self, request: Request) -> Response:
        return await self._short(request, bodies.MaskBody, tasks.mask)

    async def cutout(self, request: Request) -> Response:
        return await self._short(request, bodies.CutoutBody, tasks.cutout)

    async def _short(self, request: Request, kind: Type[Any], prepare: Callable[[Desk, Any], tasks.Task]) -> Response:
        """Work that is answered directly, in the threads for pictures."""
        raw = wanted_format(request.headers.get("accept", "")) is not None
        with self.desk.intake.body(request, MAX_JSON) as incoming:
            pieces = await incoming.json()

            def work() -> Response:
                body = _with_format(bodies.parse(b"".join(pieces), kind), request)
                return respond(prepare(self.desk, body).run(silent), raw)

            return await self.desk.pictures.run(work)

    # Long work.

    async def encode(self, request: Request) -> Response:
        return await self._long(request, "encode", bodies.EncodeBody, tasks.encode, self.desk.encoding)

    async def detect(self, request: Request) -> Response:
        return await self._long(request, "detect", bodies.DetectBody, tasks.detect)

    async def everything(self, request: Request) -> Response:
        return await self._long(request, "everything", bodies.EverythingBody, tasks.everything)

    async def erase(self, request: Request) -> Response:
        return await self._long(request, "erase", bodies.EraseBody, tasks.erase)

    async def prefill(self, request: Request) -> Response:
        return await self._long(request, "prefill", bodies.PrefillBody, tasks.prefill)

    async def extend(self, request: Request) -> Response:
        return await self._long(request, "extend", bodies.ExtendBody, tasks.extend)

    async def inpaint(self, request: Request) -> Response:
        return await self._long(request, "inpaint", bodies.InpaintBody, painted.inpaint)

    async def outpaint(self, request: Request) -> Response:
        return await self._long(request, "outpaint", bodies.OutpaintBody, painted.outpaint)

    async def edit(self, request: Request) -> Response:
        return await self._long(request, "edit", bodies.EditBody, painted.edit)

    async def batch(self, request: Request) -> Response:
        return await self._long(request, "batch", bodies.BatchBody, tasks.batch)

    async def _long(
        self,
        request: Request,
        kind: str,
        body: Type[Any],
        prepare: Callable[[Desk, Any], Long],
        workers: Optional[Workers] = None,
    ) -> Response:
        """Work that becomes a job; what is wrong with the request is answered before there is one."""
        with self.desk.intake.body(request, MAX_JSON) as incoming:
            pieces = await incoming.json()
            task = await self.desk.pictures.run(
                lambda: prepare(self.desk, _with_format(bodies.parse(b"".join(pieces), body), request))
            )
        return await self._start(request, kind, task, workers or self.desk.long)

    async def _start(self, request: Request, kind: str, task: Long, workers: Workers) -> Response:
        """A job for the task: its id now, or its result where the caller waits for it."""
        seconds = _seconds(request.query_params.get("wait", "0"))
        job = self.desk.jobs.start(kind, workers, task.work, task.weight)
        deadline = time.monotonic() + seconds
        while not job.ended.is_set() and time.monotonic() < deadline:
            await asyncio.sleep(LOOK)
        if not seconds or not job.ended.is_set():
            return as_json(job.about, 202, {"Location": f"jobs/{job.id}"})
        if job.error is not None:
            return as_json({**job.error, "job": job.id}, job.status)
        raw = wanted_format(request.headers.get("accept", "")) is not None
        return await self.desk.pictures.run(lambda: self._result(job, raw))

    def _result(self, job: Job, raw: bool) -> Response:
        """The result of a finished job as short work would answer it."""
        made = self.desk.results.made(job.id)
        if made is None:
            raise unknown("The job was cancelled or its result dropped.", "unknown_job")
        return respond(Made({"job": job.id, **made.facts}, made.files), raw)


def _with_format(body: Any, request: Request) -> Any:
    """The body, asking for the format that the header Accept names where it names none itself."""
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
        raise Refused(f"wait: give seconds, from 0 to {_LONGEST_WAIT:.0f}.", 422, "bad_request", "wait")
    return seconds
