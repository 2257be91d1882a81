"""Whom a WebUI lets in, and by which names it answers: a WebUI's options in, statuses over a real socket out."""

from __future__ import annotations

import base64
import logging
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator, Optional

import pytest
from fakes.server import Running, fake_service, listening
from fakes.webui import install, launch_options
from starlette.applications import Starlette

from lib_inpaint.api.page_files import PAGE
from lib_inpaint.api.results import Results
from lib_inpaint.api.state import AppState

OWN = ("localhost", "127.0.0.1:{port}", "[::1]:{port}", "LocalHost:{port}")
OTHERS = ("evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example", "")


@contextmanager
def webui(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    login: Optional[dict[str, str]] = None,
    names: str = "",
    **options: Any,
) -> Iterator[Running]:
    """Our routes in a WebUI with these launch options. login: gradio's, by user. names: the setting."""
    install(monkeypatch, shared={"cmd_opts": launch_options(), "opts": SimpleNamespace(data={})})
    from modules import shared

    from lib_inpaint.webui import access, routes

    monkeypatch.setattr(access, "shared", shared)  # one that is imported already has that of another test
    monkeypatch.setattr(shared, "cmd_opts", launch_options(**options))
    monkeypatch.setitem(shared.opts.data, "inpaint_anything_trusted_names", names)
    monkeypatch.delenv("GRADIO_SERVER_NAME", raising=False)
    service, segmenter, eraser = fake_service()
    app: Any = Starlette()
    app.auth, app.auth_dependency, app.tokens = login, None, {}  # as gradio's application has them
    routes.add(app, AppState(service, Results(folder)))
    with listening(app) as port:
        yield Running(port, service, None, segmenter, eraser)


def statuses(server: Running, hosts: tuple[str, ...], **headers: str) -> set[Any]:
    """What is answered under each name: the status, or the code of the refusal."""
    replies = [server.call("GET", "/info", Host=host.format(port=server.port), **headers) for host in hosts]
    return {reply.json.get("code", reply.status) for reply in replies}


def test_on_this_machine_alone_only_under_its_own_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with webui(monkeypatch, tmp_path) as server:
        assert statuses(server, OWN) == {200}
        assert statuses(server, OTHERS) == {"wrong_host"}
        rebound = {"Host": f"evil.example:{server.port}", "Origin": f"http://evil.example:{server.port}"}
        for headers in (rebound, {**rebound, "Sec-Fetch-Site": "same-origin"}):
            reply = server.call("POST", "/images", b"", **headers)
            assert (reply.status, reply.json["code"]) == (403, "wrong_host")
            assert "docs/proxy.md" in reply.json["error"]


@pytest.mark.parametrize(
    "options",
    [
        {"listen": True},
        {"share": True},
        {"ngrok": "a token"},
        {"cloudflared": True},  # of an extension
        {"server_name": "0.0.0.0"},
        {"server_name": "[::]"},
        {"cors_allow_origins": "*"},
    ],
)
def test_a_webui_that_was_made_public_answers_to_any(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: dict[str, Any]
) -> None:
    with webui(monkeypatch, tmp_path, **options) as server:
        assert statuses(server, (*OWN, "abc.gradio.live", "192.168.1.5:7860")) == {200}


def test_the_environment_of_gradio_makes_it_public_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    install(monkeypatch, shared={"cmd_opts": launch_options()})
    from modules import shared

    from lib_inpaint.webui import access

    monkeypatch.setattr(access, "shared", shared)
    for server, names in (("0.0.0.0", None), ("::", None), ("10.0.0.7", [*access.LOOPBACK, "10.0.0.7"])):
        monkeypatch.setenv("GRADIO_SERVER_NAME", server)
        assert access.own_names(Starlette()) == names


def test_a_password_keeps_such_pages_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    authorization = "Basic " + base64.b64encode(b"me:secret").decode()
    with webui(monkeypatch, tmp_path, api_auth="me:secret") as server:
        assert statuses(server, ("evil.example", *OWN)) == {"unauthorized"}
        assert statuses(server, ("pictures.example", *OWN), Authorization=authorization) == {200}
    with webui(monkeypatch, tmp_path, login={"me": "secret"}, gradio_auth="me:secret") as server:
        assert statuses(server, ("evil.example", *OWN)) == {"unauthorized"}
        assert statuses(server, ("evil.example", *OWN), Authorization=authorization) == {"unauthorized"}


def test_a_name_of_its_own_is_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("Studio.local", "192.168.1.5", "fe80::1"):
        with webui(monkeypatch, tmp_path, server_name=name) as server:
            host = f"[{name}]" if ":" in name else name
            assert statuses(server, (host, host + ":{port}", *OWN)) == {200}
            assert statuses(server, OTHERS) == {"wrong_host"}


@pytest.mark.parametrize(
    "options",
    [
        {"cors_allow_origins": "https://a.example,https://pictures.example"},
        {"cors_allow_origins": "http://pictures.example:8080"},
        {"cors_allow_origins_regex": r"https?://pictures\.example(:\d+)?"},
        {"names": "a.example, Pictures.example"},
        {"names": "https://pictures.example/"},
    ],
)
def test_names_that_are_allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: dict[str, Any]) -> None:
    port = ":8080" if "8080" in str(options) else ""
    with webui(monkeypatch, tmp_path, **options) as server:
        for origin in (f"https://pictures.example{port}", f"http://pictures.example{port}"):
            known = "cors_allow_origins" not in options or origin in options["cors_allow_origins"]
            if known:
                assert statuses(server, (f"pictures.example{port}", "127.0.0.1"), Origin=origin) == {200}
        assert statuses(server, (f"pictures.example{port}", "pictures.example", *OWN)) == {200}
        assert statuses(server, (*OTHERS, "pictures.example.evil")) == {"wrong_host"}
        assert statuses(server, OWN, Origin="https://evil.example") == {"cross_site"}


def test_the_files_of_the_page_are_kept_alike(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with webui(monkeypatch, tmp_path) as server:
        for host, status in (("127.0.0.1", 200), ("evil.example", 403)):
            connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
            connection.request("GET", f"{PAGE}/main.mjs", headers={"Host": host})
            assert connection.getresponse().status == status
            connection.close()


@pytest.mark.parametrize(
    ("handlers", "is_shown"), [([logging.NullHandler()], True), ([logging.StreamHandler()], False)]
)
def test_errors_are_shown_where_the_webui_shows_no_log_but_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, handlers: list[logging.Handler], is_shown: bool
) -> None:
    monkeypatch.setattr(logging.root, "handlers", handlers)
    monkeypatch.setattr(ours := logging.getLogger("lib_inpaint"), "handlers", [])
    with webui(monkeypatch, tmp_path):
        assert len(ours.handlers) == is_shown


def test_sd_next_lets_programs_in_that_know_a_password_of_its_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with webui(monkeypatch, tmp_path, login={"me": "secret"}, auth="me:secret") as server:
        known, wrong = (base64.b64encode(pair).decode() for pair in (b"me:secret", b"me:guess"))
        assert statuses(server, OWN) == {"unauthorized"}
        assert statuses(server, OWN, Authorization=f"Basic {wrong}") == {"unauthorized"}
        assert statuses(server, OWN, Authorization=f"Basic {known}") == {200}
