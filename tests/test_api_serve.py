"""`inpaint-anything serve`: a process that answers, ends on Ctrl-C, and says what it lacks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lib_inpaint.api.guard import LOOPBACK
from lib_inpaint.app.cli import USAGE, main
from lib_inpaint.client import Client


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
    assert capsys.readouterr().err == ("The server needs starlette, uvicorn: pip install 'inpaint-anything[app]'\n")


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
        "There is no page, as gradio is not installed: pip install 'inpaint-anything[app]'. The REST routes answer.\n"
    )


@pytest.mark.parametrize(
    ("options", "names"),
    [([], LOOPBACK), (["--host", "0.0.0.0"], None), (["--root-path", "/below"], None), (["--host", "::1"], LOOPBACK)],
)
def test_on_its_own_machine_it_answers_to_its_own_names(
    monkeypatch: pytest.MonkeyPatch, options: list[str], names: object
) -> None:
    from lib_inpaint.api import server

    served = []
    monkeypatch.setattr(server, "serve", lambda *given: served.append(given))
    assert main(["serve", *options, "--trusted-host", "pictures.example"]) == 0
    assert (served[0][2].names, served[0][2].trusted) == (names, ["pictures.example"])
