"""From HTTP to tasks and back. What takes time is done in threads; here is only waiting."""

from __future__ import annotations

import json
from functools import partial
from typing import Awaitable, Callable, Optional, Union

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ..errors import BadRequest, InpaintError
from ..progress import Progress
from . import bodies, docs_page, models, openapi
from .endpoints import ENDPOINTS, Endpoint
from .folder_routes import FolderRoutes
from .http_errors import HttpError, error_answer, for_field
from .images import from_base64, is_quick
from .incoming import MAX_JSON, MAX_UPLOAD, until_gone
from .job_routes import JobRoutes
from .outputs import PLAIN, as_json, respond, wanted_format
from .state import AppState
from .tasks import selecting
from .work_routes import LONG, SHORT, WorkRoutes

_LARGE = 64 << 10  # bytes of JSON; a click is not, and what is goes to other threads than clicks
_AT_ONCE = 4  # objects of a click
Handler = Callable[[Request], Awaitable[Response]]


def application(state: AppState) -> Starlette:
    """The application with all endpoints, without a guard."""
    routes = Routes(state)
    table = [Route(e.path, _answering(state, routes.handler(e)), methods=[e.method]) for e in ENDPOINTS]
    return Starlette(routes=table, exception_handlers={HTTPException: _http_error})


def _answering(state: AppState, handler: Handler) -> Handler:
    """The handler, with every error answered in the API's own form."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:
            status, body = error_answer(error, state.folders())
            return as_json(body, status, getattr(error, "headers", None))

    return answer


async def _http_error(request: Request, error: Exception) -> Response:
    """404 and 405 of the router."""
    assert isinstance(error, HTTPException)
    said = {404: "There is no such address.", 405: "This address does not take that method."}
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
    headers = dict(getattr(error, "headers", None) or {})
    return as_json({"error": said.get(error.status_code, str(error.detail)), "code": code}, error.status_code, headers)


class Routes(JobRoutes, FolderRoutes, WorkRoutes):
    """One coroutine for each endpoint, by the name that endpoints.py gives it."""

    def __init__(self, state: AppState) -> None:
        super().__init__(state)
        self._document: Optional[bytes] = None

    def handler(self, endpoint: Endpoint) -> Handler:
        """What answers an endpoint."""
        if endpoint.name in SHORT:
            return partial(self.short, endpoint)
        return partial(self.long, endpoint) if endpoint.name in LONG else getattr(self, endpoint.name)

    # What there is.

    async def info(self, request: Request) -> Response:
        return await self.state.pictures.result_of(lambda: as_json(self.state.info()))

    async def index(self, request: Request) -> Response:
        return as_json(docs_page.index(ENDPOINTS))

    async def docs(self, request: Request) -> Response:
        text = await self.state.pictures.result_of(lambda: docs_page.page(ENDPOINTS))
        return Response(text, 200, PLAIN, "text/html; charset=utf-8")

    async def openapi(self, request: Request) -> Response:
        if self._document is None:
            self._document = await self.state.pictures.result_of(
                lambda: json.dumps(openapi.document(ENDPOINTS)).encode()
            )
        return Response(self._document, 200, PLAIN, "application/json")

    async def models(self, request: Request) -> Response:
        return await self.state.pictures.result_of(lambda: as_json(models.describe_models(self.state)))

    async def download(self, request: Request) -> Response:
        task = await self.state.pictures.result_of(lambda: models.download(self.state, request.path_params["name"]))
        return await self.start(request, "download", task, self.state.downloads)

    async def unload(self, request: Request) -> Response:
        return await self.state.pictures.result_of(lambda: as_json({"freed": self.state.service.unload()}))

    # Pictures.

    async def upload(self, request: Request) -> Response:
        with self.state.bodies.incoming(request, MAX_UPLOAD) as incoming:
            if incoming.is_json:
                pieces = await incoming.json_pieces()
                return await self.state.pictures.result_of(lambda: self._keep(self._from_json(pieces), "image"))
            if incoming.kind == "multipart/form-data":
                pieces = await incoming.form_file("image", "file")
            elif incoming.kind.startswith("image/") or incoming.kind in ("", "application/octet-stream"):
                pieces = await incoming.pieces()
            else:
                raise HttpError("Send a picture as it is, in a form, or in base64 as JSON.", 415, "not_a_picture")
            return await self.state.pictures.result_of(lambda: self._keep(b"".join(pieces), ""))

    @staticmethod
    def _from_json(pieces: list[bytes]) -> bytes:
        try:
            return from_base64(bodies.parse(b"".join(pieces), bodies.UploadBody).image)
        except BadRequest as error:
            raise for_field("image", error) from None

    def _keep(self, data: bytes, field: str) -> Response:
        try:
            image = self.state.images.put(self.state.images.load(data))
        except InpaintError as error:
            raise for_field(field, error) from None
        if image.nbytes > self.state.images.store.limit:
            raise HttpError("The picture is larger than what this server keeps.", 413, "too_large", field)
        return as_json(image.describe(), 201)

    async def image(self, request: Request) -> Response:
        return as_json(self.state.images.get(request.path_params["id"]).describe())

    # Clicks.

    async def segment(self, request: Request) -> Response:
        """A click goes to a thread once: parsed, decoded and written there. What is slow is done in another.

        It stops when the caller is gone.
        """
        state, raw = self.state, wanted_format(request.headers.get("accept", "")) is not None
        answer = await self._click(request, raw)
        if isinstance(answer, Response):
            return answer

        def work(progress: Progress) -> Response:
            return respond(selecting.segment(state, answer, progress), raw)

        return await until_gone(request, state.encoding, work)

    async def _click(self, request: Request, raw: bool) -> Union[Response, selecting.Click]:
        """The answer to a click, or the click itself where something slow has to come first."""
        with self.state.bodies.incoming(request, MAX_JSON) as incoming:
            pieces = await incoming.json_pieces()

            def parsed() -> bodies.SegmentBody:
                return bodies.parse(b"".join(pieces), bodies.SegmentBody)

            def done(body: bodies.SegmentBody) -> Union[Response, selecting.Click]:
                click = selecting.look_up(self.state, body)
                output = None if _is_long(body) else selecting.segment_at_once(self.state, click)
                return click if output is None else respond(output, raw)

            def clicked() -> Union[Response, selecting.Click, bodies.SegmentBody]:
                body = parsed()
                quick = not _is_long(body) and is_quick(body.image) and self.state.images.is_quick_mask(body.mask)
                return done(body) if quick else body

            if incoming.nbytes > _LARGE:
                return await self.state.pictures.result_of(lambda: done(parsed()))
            answer = await self.state.clicks.result_of(clicked)
            if not isinstance(answer, bodies.SegmentBody):
                return answer
            return await self.state.pictures.result_of(lambda: done(answer))


def _is_long(body: bodies.SegmentBody) -> bool:
    """Whether so many things are asked for that other people's clicks should not wait for all of them."""
    return len(body.objects) > _AT_ONCE
