"""Whom the WebUI lets in: its own logins, asked as its own routes ask them."""

from __future__ import annotations

from typing import Any

from modules import shared
from starlette.requests import Request

from ..api.guard import basic


def may_enter(app: Any, request: Request) -> bool:
    """Whether the WebUI itself would answer this request: `--api-auth` and `--gradio-auth`, as its own routes ask them.

    Where both are set, either will do: programs have the one, the page the other. app: the WebUI's FastAPI application.
    """
    api_auth = shared.cmd_opts.api_auth
    has_login = getattr(app, "auth", None) is not None or getattr(app, "auth_dependency", None) is not None
    if not api_auth and not has_login:
        return True
    if has_login and _user(app, request) is not None:
        return True
    return bool(api_auth) and basic(dict(pair.split(":", 1) for pair in api_auth.split(",")))(request)


def other_origins() -> list[str]:
    """The pages of other servers that `--cors-allow-origins` lets call the WebUI."""
    return [origin.strip() for origin in (shared.cmd_opts.cors_allow_origins or "").split(",") if origin.strip()]


def origin_pattern() -> str:
    """As `other_origins`, the regular expression of `--cors-allow-origins-regex`; empty where there is none."""
    return shared.cmd_opts.cors_allow_origins_regex or ""


def _user(app: Any, request: Request) -> Any:
    """Who is logged in to gradio, or None; as get_current_user in gradio/routes.py of 3.41 and 4.40 finds out."""
    if getattr(app, "auth_dependency", None) is not None:
        return app.auth_dependency(request)
    cookie_id = getattr(app, "cookie_id", None)  # gradio 4 has one, so that two servers do not share cookies
    suffix = f"-{cookie_id}" if cookie_id is not None else ""
    names = (f"access-token{suffix}", f"access-token-unsecure{suffix}")
    token = next((request.cookies[name] for name in names if request.cookies.get(name)), None)
    return app.tokens.get(token)
