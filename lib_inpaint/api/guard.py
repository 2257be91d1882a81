"""Who may ask: no web page but our own, and whom the host lets in. Before a byte of the request's body is read."""

from __future__ import annotations

import base64
import hmac
import re
from typing import Any, Awaitable, Callable, Mapping, Optional, Sequence

from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from .http_errors import HttpError, error_answer

Allowed = Callable[[Request], bool]
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_SCHEMES = ("http", "https")
WRONG_HOST = (
    "This server is not called by that name. If it should be, as by a proxy in front of it: docs/proxy.md says how to "
    "name it."
)


def everybody(request: Request) -> bool:
    """For a host without passwords."""
    return True


class Guard:
    """An application in front of another one that answers 401 and 403 in its place.

    allowed: whether the request carries what the host asks for; may read headers and cookies, not the body.
    origins: web pages of other servers that may call, as `https://example.org`; "*" is all.
    hosts:   the names under which this server is called, without port; None is any. Where no password is asked
             for, this keeps out pages whose own name was made to point here (DNS rebinding). The address that a request
             came in at, and the names of `origins`, `origin_pattern` and `trusted`, count as well.
    origin_pattern: a regular expression for further origins, which has to match the whole of one.
    trusted: names, without port, that a proxy in front is called by; their pages may call, whatever Host it sends on.
    """

    def __init__(
        self,
        app: ASGIApp,
        allowed: Allowed = everybody,
        origins: Sequence[str] = (),
        hosts: Optional[Sequence[str]] = None,
        origin_pattern: str = "",
        trusted: Sequence[str] = (),
    ) -> None:
        self.app, self.allowed, self.origins, self.hosts = app, allowed, frozenset(origins), hosts
        self.origin_pattern = re.compile(origin_pattern) if origin_pattern else None
        self.trusted = frozenset(_name(name) for name in trusted)
        self.names = {*(hosts or ()), *self.trusted, *(_name(origin.partition("://")[2]) for origin in origins)} - {""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # there are no websockets below
            return
        refusal = self._refusal(Request(scope))
        await (self.app if refusal is None else _answer(refusal))(scope, receive, send)

    def _refusal(self, request: Request) -> Optional[HttpError]:
        host = request.headers.get("host", "")
        if self.hosts is not None and not self._is_own_name(host, request.scope.get("server")):
            return HttpError(WRONG_HOST, 403, "wrong_host")
        if not self._same_site(request, host):
            return HttpError("Pages of other sites may not call this server.", 403, "cross_site")
        if not self.allowed(request):
            return _unauthorized()
        return None

    def _is_own_name(self, host: str, server: Optional[Sequence[Any]]) -> bool:
        """Whether this server may be called by that `Host`. server: address and port that the request came in at."""
        name = _name(host)
        if name in self.names or (server is not None and name == bracketed(str(server[0]))):
            return True
        return name != "" and any(self._is_known(f"{scheme}://{one}") for scheme in _SCHEMES for one in (host, name))

    def _same_site(self, request: Request, host: str) -> bool:
        """Whether no web page of another origin sent the request. Programs send neither header.

        Sec-Fetch-Site is believed first: it also holds behind a proxy that changes Host. Browsers leave it out where
        the address is neither https nor localhost; then Origin has to name this server.
        """
        origin = request.headers.get("origin")
        if origin is not None and self._is_known(origin):
            return True
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        return origin is None or origin.partition("://")[2].lower() == host.lower() != ""

    def _is_known(self, origin: str) -> bool:
        """Whether pages of that origin may call by name."""
        if "*" in self.origins or origin in self.origins or _name(origin.partition("://")[2]) in self.trusted:
            return True
        return self.origin_pattern is not None and self.origin_pattern.fullmatch(origin) is not None


class Password:
    """An application in front of another one; what is not `allowed` gets to nothing of it: page, files or routes."""

    def __init__(self, app: ASGIApp, allowed: Callable[[HTTPConnection], bool]) -> None:
        self.app, self.allowed = app, allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self.allowed(HTTPConnection(scope)):
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await _answer(_unauthorized())(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})


def basic(credentials: Mapping[str, str]) -> Callable[[HTTPConnection], bool]:
    """Allowed for HTTP Basic authentication with one of {user: password}."""
    known = {base64.b64encode(f"{user}:{password}".encode()) for user, password in credentials.items()}

    def allowed(request: HTTPConnection) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        sent = given.strip().encode()
        matches = [hmac.compare_digest(sent, one) for one in known]  # all of them, so that time tells nothing
        return scheme.lower() == "basic" and any(matches)

    return allowed


def bracketed(address: str) -> str:
    """An IP address as `Host` and addresses of pages have it."""
    return f"[{address.partition('%')[0]}]" if ":" in address else address


def _name(host: str) -> str:
    """`Host` without its port."""
    return (host if host.endswith("]") else host.rpartition(":")[0] or host).lower()


def _unauthorized() -> HttpError:
    headers = {"WWW-Authenticate": 'Basic realm="Inpaint Anything", charset="UTF-8"'}
    return HttpError("A user name and password are needed.", 401, "unauthorized", headers=headers)


def _answer(refusal: HttpError) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    status, body = error_answer(refusal)
    return JSONResponse(body, status, headers=refusal.headers)
