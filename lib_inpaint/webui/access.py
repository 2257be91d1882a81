"""Whom the WebUI lets in: its own logins, asked as its own routes ask them; and by which names it is called."""

from __future__ import annotations

import os
from typing import Any, Optional

from modules import shared
from starlette.requests import Request

from ..api.guard import LOOPBACK, basic, bracketed

# Options that make a WebUI public, under names not known beforehand; those after the third are of extensions.
_PUBLIC = ("listen", "share", "ngrok", "cloudflared", "localhostrun", "remotemoe", "googleusercontent")
_EVERYWHERE = ("0.0.0.0", "::")


def may_enter(app: Any, request: Request) -> bool:
    """Whether the WebUI itself would answer this request: `--api-auth` and `--gradio-auth`, as its own routes ask them.

    Where both are set, either will do: programs have the one, the page the other. app: the WebUI's FastAPI application.
    """
    users = _users(app)
    if not users and not _has_login(app):
        return True
    if _has_login(app) and _user(app, request) is not None:
        return True
    return bool(users) and basic(users)(request)


def own_names(app: Any) -> Optional[list[str]]:
    """The names, without port, that the WebUI may be called by, beside the address it listens on; None is any.

    It is any where a password is asked for, and where the WebUI was made public. Else it is for this machine, and a
    page whose name somebody made to point here (DNS rebinding) would be taken for its own.
    """
    options = shared.cmd_opts
    server = options.server_name or os.environ.get("GRADIO_SERVER_NAME", "")
    server = server.strip("[]").lower()  # as gradio reads it
    is_public = server in _EVERYWHERE or any(getattr(options, name, None) for name in _PUBLIC)
    if is_public or options.api_auth or _has_login(app):
        return None
    return [*LOOPBACK, bracketed(server)] if server else list(LOOPBACK)


def trusted_names(setting: str) -> list[str]:
    """The names in the setting "Names of a proxy in front"; addresses of pages are taken as well."""
    addresses = [one.partition("://")[2] or one for one in setting.replace(",", " ").split()]
    return [one.partition("/")[0] for one in addresses]


def other_origins() -> list[str]:
    """The pages of other servers that `--cors-allow-origins` lets call the WebUI."""
    return [origin.strip() for origin in _option("cors_allow_origins", "cors_origins").split(",") if origin.strip()]


def origin_pattern() -> str:
    """As `other_origins`, the regular expression of `--cors-allow-origins-regex`; empty where there is none."""
    return _option("cors_allow_origins_regex", "cors_regex")


def _option(*names: str) -> str:
    """A launch option that has one of these names, the first in A1111 and its kin, the second in SD.Next; empty where
    it was not given.
    """
    return next((getattr(shared.cmd_opts, name) or "" for name in names if hasattr(shared.cmd_opts, name)), "")


def _users(app: Any) -> dict[str, str]:
    """Those that a program may say to be, with their passwords; SD.Next asks programs for gradio's."""
    if hasattr(shared.cmd_opts, "auth") and isinstance(getattr(app, "auth", None), dict):
        return dict(app.auth)
    pairs = shared.cmd_opts.api_auth
    return dict(pair.split(":", 1) for pair in pairs.split(",")) if pairs else {}


def _has_login(app: Any) -> bool:
    """Whether gradio asks who somebody is."""
    return getattr(app, "auth", None) is not None or getattr(app, "auth_dependency", None) is not None


def _user(app: Any, request: Request) -> Any:
    """Who is logged in to gradio, or None; as get_current_user in gradio/routes.py of 3.41 and 4.40 finds out."""
    if getattr(app, "auth_dependency", None) is not None:
        return app.auth_dependency(request)
    cookie_id = getattr(app, "cookie_id", None)  # gradio 4 has one, so that two servers do not share cookies
    suffix = f"-{cookie_id}" if cookie_id is not None else ""
    names = (f"access-token{suffix}", f"access-token-unsecure{suffix}")
    token = next((request.cookies[name] for name in names if request.cookies.get(name)), None)
    return app.tokens.get(token)
