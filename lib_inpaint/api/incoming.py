"""What comes in, counted while it comes: no request is larger than allowed, nor all of them together."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import Callable, Iterator, Optional, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from ..errors import Cancelled
from ..progress import Progress
from .http_errors import HttpError, busy
from .workers import Workers

MAX_UPLOAD = 256 << 20  # bytes of a picture's file
MAX_JSON = 16 << 20  # bytes; Python runs nothing else while it takes JSON apart, so that more would be felt
MAX_TOGETHER = 1 << 30  # bytes of all bodies that are there at once


Value = TypeVar("Value")


async def until_gone(request: Request, workers: Workers, work: Callable[[Progress], Value]) -> Value:
    """The result of `work`, whose next report to its progress ends it once the caller is gone; its body was read.

    Raises ClientDisconnect then, and what `work` raises.
    """
    gone = threading.Event()

    def progress(fraction: float, text: str = "", preview: Optional[bytes] = None) -> None:
        if gone.is_set():
            raise Cancelled()

    result = asyncio.ensure_future(workers.result_of(lambda: work(progress)))
    watching = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({result, watching}, return_when=asyncio.FIRST_COMPLETED)
        if result.done():
            return result.result()
        raise ClientDisconnect()
    finally:
        gone.set()
        result.cancel()
        watching.cancel()


async def _disconnected(request: Request) -> None:
    """Returns when the caller is gone; never where the host's middleware does not tell."""
    try:
        while (await request.receive())["type"] != "http.disconnect":
            pass
    except RuntimeError:  # of Starlette's BaseHTTPMiddleware, for what it does not expect
        await asyncio.Event().wait()


class BodyBudget:
    """The bodies of requests that are being answered. Used from the event loop alone."""

    def __init__(self, limit: int = MAX_TOGETHER) -> None:
        self.limit, self.nbytes = limit, 0

    @contextmanager
    def incoming(self, request: Request, limit: int) -> Iterator[IncomingBody]:
        """The request's body, which counts until the context ends."""
        body = IncomingBody(self, request, limit)
        try:
            yield body
        finally:
            self.nbytes -= body.nbytes


class IncomingBody:
    """One body on its way. Its methods raise HttpError: 413 when it is too large, 503 when all together are."""

    def __init__(self, budget: BodyBudget, request: Request, limit: int) -> None:
        self._budget, self._request, self._limit = budget, request, limit
        self.nbytes = 0

    @property
    def kind(self) -> str:
        """Its content type, without parameters."""
        return self._request.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        return self.kind == "application/json" or (self.kind.startswith("application/") and self.kind.endswith("+json"))

    async def pieces(self) -> list[bytes]:
        """All of it in pieces, which are joined in a thread."""
        self._announced()
        return [piece async for piece in self._counted().stream()]

    async def json_pieces(self) -> list[bytes]:
        """As `pieces`; refused with 415 unless it says that it is JSON, which a form on somebody's web page cannot."""
        if not self.is_json:
            raise HttpError("Send JSON, with the header Content-Type: application/json.", 415, "not_json")
        self._limit = min(self._limit, MAX_JSON)
        return await self.pieces()

    async def form_file(self, *names: str) -> list[bytes]:
        """The file in the form's field of one of these names. Raises HttpError, 422, when there is none."""
        self._announced()
        try:
            form = await self._counted().form()
        except (HTTPException, AssertionError, KeyError, ValueError) as error:  # by version of the parser
            raise HttpError(f"The form cannot be read ({getattr(error, 'detail', error)}).", 400, "bad_form") from None
        try:
            file = next((form[name] for name in names if name in form), None)
            if file is None or isinstance(file, str):
                known = " or ".join(names)
                raise HttpError(f"{known}: the form has no file in this field.", 422, "bad_request", names[0])
            return [await file.read()]
        finally:
            await form.close()

    def _announced(self) -> None:
        length: Optional[str] = self._request.headers.get("content-length")
        if length is not None and length.isdigit() and int(length) > self._limit:
            raise self._too_large()

    def _counted(self) -> Request:
        """The request as one whose pieces are counted as they come; what was announced may not be true."""

        async def receive() -> Message:
            message = await self._request.receive()
            size = len(message.get("body", b""))
            self.nbytes += size
            self._budget.nbytes += size
            if self.nbytes > self._limit:
                raise self._too_large()
            if self._budget.nbytes > self._budget.limit:
                raise busy("The server is busy: pictures are coming in faster than they can be read")
            return message

        return Request(self._request.scope, receive)

    def _too_large(self) -> HttpError:
        hint = "" if self._limit > MAX_JSON else " Larger pictures are sent to /images as they are, not in JSON."
        return HttpError(f"The body is larger than {self._limit >> 20} MiB.{hint}", 413, "too_large")
