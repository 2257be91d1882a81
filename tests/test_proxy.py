"""Behind a real nginx, with the configurations that docs/proxy.md gives. Runs where nginx is installed."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Optional

import pytest
from fakes.pictures import CLICK, PHOTO, png
from fakes.server import fake_service

from lib_inpaint.api import server as api_server
from lib_inpaint.standalone.host import Standalone

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
DOCS = (Path(__file__).parent.parent / "docs" / "proxy.md").read_text("utf-8")
ROOT, BELOW = re.findall(r"```nginx\n(.*?)```", DOCS, re.DOTALL)
NAME = "pictures.example"

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx")


class Site(NamedTuple):
    """What people call: a port of nginx, and the address of the page below it, such as "/pictures"."""

    port: int
    below: str

    def call(self, method: str, path: str, body: Optional[bytes] = None, **headers: str) -> Any:
        """One request as a browser sends it over plain http: Host, Origin where it posts, and no Sec-Fetch-Site."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        origin = {"Origin": f"http://{NAME}"} if method != "GET" else {}
        connection.request(method, self.below + path, body, {"Host": NAME, **origin, **headers})
        return connection.getresponse()

    def post(self, path: str, body: Any) -> Any:
        """JSON there and back. The route is below the API's prefix."""
        sent = json.dumps(body).encode()
        answer = self.call("POST", f"/inpaint-anything/v1{path}", sent, **{"Content-Type": "application/json"})
        assert answer.status in (200, 202), (answer.status, answer.read())
        return json.loads(answer.read())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def until_open(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")


@contextmanager
def nginx(folder: Path, servers: str) -> Iterator[None]:
    """nginx with these servers, in a folder of its own, as the user that the tests run as."""
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    folder.mkdir(parents=True)
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors;\n"
        f"events {{}}\nhttp {{ access_log off;\n{places}{servers}\n}}\n"
    )
    process = subprocess.Popen(
        [str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.PIPE
    )
    try:
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


@contextmanager
def site(folder: Path, text: str, root_path: str = "", **options: Any) -> Iterator[Site]:
    """A server of ours behind nginx. text: as in the docs; only ports are replaced, and https is left out."""
    gradio = pytest.importorskip("gradio")
    assert gradio
    from lib_inpaint.ui import page

    port, ours = free_port(), free_port()
    assert text.count("127.0.0.1:7866") == text.count("listen 443 ssl;") == 1
    text = text.replace("127.0.0.1:7866", f"127.0.0.1:{ours}").replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    address = api_server.ListenAddress("127.0.0.1", ours, **options)
    add_page = partial(page.add, host=Standalone(), root_path=root_path)
    service = fake_service()[0]
    serve = partial(api_server.serve, service, folder / "results", address, lambda _: None, add_page=add_page)
    with nginx(folder / "nginx", text):
        threading.Thread(target=serve, daemon=True).start()  # ends with the tests
        until_open(ours)
        until_open(port)
        yield Site(port, root_path)


def without_headers(text: str) -> str:
    """nginx's defaults: the Host of the server behind it."""
    return re.sub(r"\n *proxy_set_header [^\n]*", "", text)


CONFIGURATIONS = {
    "root": (ROOT, ""),
    "root, nginx's defaults": (without_headers(ROOT), ""),
    "below an address": (BELOW, "/pictures"),
    "below an address, nginx's defaults": (without_headers(BELOW), "/pictures"),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_page_modules_and_posts_work(tmp_path: Path, name: str) -> None:
    text, below = CONFIGURATIONS[name]
    assert "proxy_set_header" in text or "defaults" in name
    with site(tmp_path, text, below, trusted=[NAME]) as site_:
        page = site_.call("GET", "/").read().decode()
        assert "inpaint_anything_workspace" in page
        module = site_.call("GET", "/inpaint-anything/page/main.mjs")
        assert (module.status, module.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
        upload = site_.call("POST", "/inpaint-anything/v1/images", png(PHOTO), **{"Content-Type": "image/png"})
        assert upload.status == 201
        id = json.loads(upload.read())["id"]
        assert site_.post("/segment", {"image": id, **CLICK})["objects"][0]["areas"]
        job = site_.post("/erase", {"image": id, **CLICK, "eraser": "telea"})["id"]
        stream = site_.call("GET", f"/inpaint-anything/v1/jobs/{job}/events").read()
        assert b"event: done" in stream
        assert site_.call("GET", f"/inpaint-anything/v1/jobs/{job}/files/image").status == 200


def test_without_the_name_it_is_told_what_is_missing(tmp_path: Path) -> None:
    with site(tmp_path, ROOT) as site_:
        answer = site_.call("GET", "/inpaint-anything/page/main.mjs")
        told = json.loads(answer.read())
        assert (answer.status, told["code"]) == (403, "wrong_host")
        assert "docs/proxy.md" in told["error"]


def test_pages_of_other_names_are_refused_behind_it_too(tmp_path: Path) -> None:
    for number, text in enumerate((ROOT, without_headers(ROOT))):
        with site(tmp_path / str(number), text, trusted=[NAME]) as site_:
            answer = site_.call("POST", "/inpaint-anything/v1/images", b"", Origin="http://evil.example")
            assert (answer.status, json.loads(answer.read())["code"]) == (403, "cross_site")
