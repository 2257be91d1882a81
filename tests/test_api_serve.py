"""`inpaint-anything serve`: a process that answers, ends on Ctrl-C, and says what it lacks."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from lib_inpaint.api.guard import LOOPBACK, Password, basic
from lib_inpaint.app.cli import USAGE, main
from lib_inpaint.client import Client, RequestFailed


@contextmanager
def serving(home: Path, *options: str) -> Iterator[str]:
    """The address of `inpaint-anything serve` with these options, in a process of its own."""
    command = [sys.executable, "-m", "lib_inpaint", "serve", "--port", "0", *options]
    environment = {**os.environ, "HOME": str(home)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment) as it:
        assert it.stdout is not None
        try:
            yield it.stdout.readline().strip().partition("/inpaint-anything")[0].rstrip("/")
        finally:
            it.kill()


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send")
def test_it_answers_until_it_is_stopped(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lib_inpaint", "serve", "--port", "0"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        client = Client(address.split("/inpaint-anything")[0])
        assert client.info()["host"]["name"] == "standalone"
        assert address.startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert "Traceback" not in err


def test_without_its_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["serve"]) == USAGE
    assert capsys.readouterr().err == (
        "The server needs starlette, uvicorn: pip install starlette uvicorn python-multipart\n"
    )


def test_a_port_that_is_taken_is_told_in_a_sentence(capsys) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == USAGE
    assert capsys.readouterr().err.startswith(f"127.0.0.1:{port} cannot be listened on: ")


def test_without_gradio_it_answers_the_routes_and_says_so(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    import importlib.util

    from lib_inpaint.api import server

    served = []
    find_spec = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "gradio" else find_spec(name))
    monkeypatch.setattr(server, "serve", lambda *given: served.append(given))
    assert main(["serve", "--port", "0"]) == 0
    assert served[0][-1] is None  # no page
    assert capsys.readouterr().err == (
        'There is no page, as gradio is not installed: pip install "gradio<7". The REST routes answer.\n'
    )


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], LOOPBACK),
        (["--host", "0.0.0.0"], None),
        (["--root-path", "/below"], LOOPBACK),
        (["--host", "::1"], LOOPBACK),
    ],
)
def test_on_its_own_machine_it_answers_to_its_own_names(
    monkeypatch: pytest.MonkeyPatch, options: list[str], names: object
) -> None:
    from lib_inpaint.api import server

    served = []
    monkeypatch.setattr(server, "serve", lambda *given: served.append(given))
    assert main(["serve", *options, "--trusted-host", "pictures.example"]) == 0
    assert (served[0][2].names, served[0][2].trusted) == (names, ["pictures.example"])


# Passwords.


def test_a_password_is_asked_for_the_page_its_files_and_the_routes(tmp_path: Path) -> None:
    """A real server, with gradio's page; the client and a browser's dialog send the same header."""
    secrets = tmp_path / "secrets"
    secrets.write_text("you:oth:er\n\nich:pässwörd\r\n", "utf-8")
    with serving(tmp_path, "--auth", "me:secret", "--auth-file", str(secrets)) as address:
        for path in (
            "/",
            "/inpaint-anything/page/main.mjs",
            "/inpaint-anything/v1/info",
            "/docs",
            "/config",
            "/nowhere",
        ):
            for headers in ({}, told("me:wrong"), told("me:"), told("you:secret"), {"Authorization": "Bearer secret"}):
                status, answer = asked(address + path, headers)
                assert (status, answer["WWW-Authenticate"][:12]) == (401, "Basic realm="), (path, headers)
            for pair in ("me:secret", "you:oth:er", "ich:pässwörd"):
                assert asked(address + path, told(pair))[0] in (200, 404), path
        assert asked(address + "/", told("me:secret"))[0] == 200 or find_spec("gradio") is None
        assert Client(address, "ich", "pässwörd").info()["host"]["name"] == "standalone"
        with pytest.raises(RequestFailed) as failed:
            Client(address, "me", "wrong").info()
        assert (failed.value.status, failed.value.code) == (401, "unauthorized")


def test_who_is_not_asked_gets_in(tmp_path: Path) -> None:
    with serving(tmp_path) as address:
        assert asked(f"{address}/inpaint-anything/v1/info", {})[0] == 200


def test_a_websocket_needs_the_password_too() -> None:
    """gradio 3 has one; it is closed before it was opened."""
    sent: list[dict[str, object]] = []

    async def app(scope: object, receive: object, send: object) -> None:
        raise AssertionError("nobody was asked")

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    asyncio.run(Password(app, basic({"me": "secret"}))({"type": "websocket", "headers": []}, None, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("pair", ["me", "me:", ":secret", "", ":", "me:sec\nret"])
def test_what_is_no_user_and_password_is_refused(pair: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--auth", pair]) == USAGE
    assert capsys.readouterr().err == "--auth: write USER:PASSWORD, such as me:long-and-secret.\n"


def test_a_file_of_passwords_that_is_not_right_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "secrets"
    for text, told_of in (
        (b"me:secret\nyou\n", f"{file}, line 2: write USER:PASSWORD, such as me:long-and-secret."),
        (b"me:secret\nme:other\n", f"{file}, line 2: the user me is there twice."),
        (b"\n", f"{file} is empty; write a USER:PASSWORD in each line."),
        (b"\xff\xfe:\xff", f"{file} cannot be read: it is no text."),
    ):
        file.write_bytes(text)
        assert main(["serve", "--auth-file", str(file)]) == USAGE
        assert capsys.readouterr().err == told_of + "\n"
    assert main(["serve", "--auth-file", str(tmp_path / "none")]) == USAGE
    assert "cannot be read: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "is_told"),
    [([], False), (["--host", "0.0.0.0"], True), (["--host", "0.0.0.0", "--auth", "me:secret"], False)],
)
def test_a_server_that_is_open_to_the_network_says_so(
    options: list[str], is_told: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from lib_inpaint.api import server

    monkeypatch.setattr(server, "serve", lambda *given: None)
    assert main(["serve", *options]) == 0
    sentence = "Anybody in the network can use this server; --auth USER:PASSWORD asks for a password.\n"
    assert (sentence in capsys.readouterr().err) == is_told


def told(pair: str) -> dict[str, str]:
    """The header of a user and password."""
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def asked(address: str, headers: dict[str, str]) -> tuple[int, Any]:
    """Status and headers of an answer."""
    try:
        with urlopen(Request(address, headers=headers), timeout=60) as answer:
            return answer.status, answer.headers
    except HTTPError as error:
        with error:
            return error.code, error.headers
