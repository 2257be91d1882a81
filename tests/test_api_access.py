"""Who may ask, how much, and that the routes hold their own inside a host's application."""

from __future__ import annotations

import base64
import io
import socket
from pathlib import Path
from typing import Any, Iterator
from urllib.request import urlopen

import numpy as np
import pytest
from fakes.server import Running, fake_service, listening, running
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from lib_inpaint import api
from lib_inpaint.api import incoming
from lib_inpaint.api.endpoints import ENDPOINTS
from lib_inpaint.api.guard import LOOPBACK, basic
from lib_inpaint.api.results import Results
from lib_inpaint.api.state import AppState


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as one:
        yield one


def png(side: int = 8) -> bytes:
    data = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)).save(data, "PNG")
    return data.getvalue()


def test_every_route_wants_the_password(tmp_path: Path) -> None:
    with running(tmp_path, allowed=basic({"me": "pässword", "you": "other"})) as server:
        good = "Basic " + base64.b64encode("me:pässword".encode()).decode()
        wrong = "Basic " + base64.b64encode(b"me:other").decode()
        for endpoint in (*ENDPOINTS, ENDPOINTS[0]._replace(path="/nowhere")):
            path = endpoint.path.format(id="x", name="x")
            for headers in ({}, {"Authorization": wrong}, {"Authorization": "Bearer x"}, {"Authorization": "Basic é"}):
                reply = server.call(endpoint.method, path, **headers)
                assert (reply.status, reply.json["code"]) == (401, "unauthorized"), (path, headers)
                assert reply.headers["WWW-Authenticate"].startswith("Basic realm=")
            assert server.call(endpoint.method, path, Authorization=good).status != 401


CROSS_SITE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1"},  # another port
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://{own}"},  # a browser never sends this
]


@pytest.mark.parametrize("headers", CROSS_SITE)
def test_pages_of_other_sites_are_refused(server: Running, headers: dict[str, str]) -> None:
    sent = {key: value.format(own=f"127.0.0.1:{server.port}") for key, value in headers.items()}
    for method, path in (("POST", "/images"), ("GET", "/info"), ("DELETE", "/jobs/x"), ("OPTIONS", "/images")):
        reply = server.call(method, path, **sent)
        assert (reply.status, reply.json["code"]) == (403, "cross_site")
        assert "Access-Control-Allow-Origin" not in reply.headers


def test_our_own_page_and_programs_are_let_in(server: Running, tmp_path: Path) -> None:
    own = f"http://127.0.0.1:{server.port}"
    for headers in ({}, {"Origin": own}, {"Sec-Fetch-Site": "same-origin", "Origin": own}, {"Sec-Fetch-Site": "none"}):
        assert server.call("GET", "/info", **headers).status == 200
    behind_a_proxy = {"Sec-Fetch-Site": "same-origin", "Origin": "https://pictures.example", "Host": "10.0.0.7:7860"}
    assert server.call("GET", "/info", **behind_a_proxy).status == 200
    with running(tmp_path / "2", origins=["https://friend.example"]) as open_server:
        friend = {"Sec-Fetch-Site": "cross-site", "Origin": "https://friend.example"}
        assert open_server.call("GET", "/info", **friend).status == 200
        assert open_server.call("GET", "/info", **{**friend, "Origin": "https://friend.example.evil"}).status == 403


def test_on_loopback_only_under_its_own_names(tmp_path: Path) -> None:
    with running(tmp_path, hosts=LOOPBACK) as server:
        for host in (f"localhost:{server.port}", "127.0.0.1", f"[::1]:{server.port}", f"LOCALHOST:{server.port}"):
            assert server.call("GET", "/info", Host=host).status == 200
        for host in ("evil.example", f"127.0.0.1.evil.example:{server.port}", ""):
            assert server.call("GET", "/info", Host=host).json["code"] == "wrong_host"


def test_behind_a_proxy_whose_name_is_trusted(tmp_path: Path) -> None:
    """nginx sends on the Host of the server behind it, or the browser's; over plain http there is no Sec-Fetch-Site."""
    with running(tmp_path, hosts=LOOPBACK, trusted=["Pictures.example:8443"]) as server:
        for host in (f"127.0.0.1:{server.port}", "pictures.example", "pictures.example:8080"):
            for origin in ("http://pictures.example", "https://pictures.example", "http://pictures.example:8080"):
                assert server.call("GET", "/info", Host=host, Origin=origin).status == 200
                assert server.call("POST", "/images", png(), Host=host, Origin=origin).status == 201
            for origin in ("http://evil.example", "http://pictures.example.evil", "http://x.pictures.example", "null"):
                assert server.call("GET", "/info", Host=host, Origin=origin).json["code"] == "cross_site"
        assert server.call("GET", "/info", Host="evil.example").json["code"] == "wrong_host"


def test_origins_by_pattern(tmp_path: Path) -> None:
    with running(tmp_path, origin_pattern=r"https://.*\.friends\.example") as server:
        assert server.call("GET", "/info", Origin="https://a.friends.example").status == 200
        for origin in ("https://a.friends.example.evil", "http://a.friends.example", "https://friends.example"):
            assert server.call("GET", "/info", Origin=origin).status == 403


def test_too_large_is_refused_before_it_came(server: Running) -> None:
    head = "POST {} HTTP/1.1\r\nHost: x\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n"
    for path, kind, size in (
        ("/images", "image/png", incoming.MAX_UPLOAD + 1),
        ("/images", "multipart/form-data; boundary=b", incoming.MAX_UPLOAD + 1),
        ("/images", "application/json", incoming.MAX_JSON + 1),
        ("/segment", "application/json", incoming.MAX_JSON + 1),
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
            raw.sendall(head.format(api.PREFIX + path, kind, size).encode())
            assert raw.recv(4096).startswith(b"HTTP/1.1 413"), path


def test_what_comes_in_pieces_is_counted(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "MAX_JSON", 1000)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        head = f"POST {api.PREFIX}/mask HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        raw.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(30):
            raw.sendall(b"40\r\n" + b" " * 64 + b"\r\n")
        assert raw.recv(4096).startswith(b"HTTP/1.1 413")


def test_more_values_than_a_hand_can_draw_are_refused(server: Running) -> None:
    strokes = [{"points": [[1.5, 2.5]] * 4000}] * 5
    reply = server.call("POST", "/segment", {"image": "0" * 32, "objects": [{"strokes": strokes}]})
    assert (reply.status, reply.json["code"]) == (413, "too_many_values")


def test_all_bodies_together_are_bounded(server: Running) -> None:
    server.state.bodies.limit = 3000
    assert server.call("POST", "/images", png(16)).status == 201
    reply = server.call("POST", "/images", png(64))
    assert (reply.status, reply.json["code"]) == (503, "busy")
    assert server.state.bodies.nbytes == 0


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(server: Running) -> None:
    data = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(data, "PNG")
    reply = server.call("POST", "/images", data.getvalue())
    assert (reply.status, "megapixels" in reply.json["error"]) == (415, True)


def test_old_pictures_make_room_for_new_ones(tmp_path: Path) -> None:
    with running(tmp_path, image_budget=40_000) as server:  # two of 3 x 80 x 80 bytes
        ids = [server.call("POST", "/images", png(side)).json["id"] for side in (80, 81, 82)]
        assert server.state.images.store.nbytes <= 40_000
        assert [server.call("GET", f"/images/{id}").status for id in ids] == [404, 200, 200]
        assert server.call("POST", "/images", png(200)).json["code"] == "too_large"


# In a host.


def host_application() -> Starlette:
    """As a WebUI's: middleware of both kinds, its own page on every address, and no lifespan that runs."""

    async def page(request: Any) -> Any:
        return PlainTextResponse("the WebUI " * 500)

    app = Starlette(routes=[Mount("/", Route("/{path:path}", page))])
    app.add_middleware(GZipMiddleware, minimum_size=1000)

    async def log(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    app.add_middleware(BaseHTTPMiddleware, dispatch=log)
    return app


def test_inside_a_host_with_middleware_and_a_page_on_every_address(tmp_path: Path) -> None:
    with running(tmp_path, host_application()) as server:
        gzip = {"Accept-Encoding": "gzip"}
        upload = server.call("POST", "/images", png(200), **gzip)
        assert upload.status == 201
        body = {"image": upload.json["id"], "left": 20, "eraser": "telea"}
        picture = server.call("POST", "/extend?wait=10", body, **gzip, Accept="image/png")
        assert picture.headers["Content-Encoding"] == "identity"  # the host compresses nothing of ours on its loop
        assert np.asarray(Image.open(io.BytesIO(picture.body))).shape == (200, 220, 3)
        assert server.call("GET", "/nowhere").json["code"] == "not_found"
        id = server.call("POST", "/extend", body).json["id"]
        stream = server.call("GET", f"/jobs/{id}/events", **gzip)
        assert b"event: done" in stream.body


def test_mounting_again_answers_once_and_anew(tmp_path: Path) -> None:
    app = host_application()
    api.mount(app, AppState(fake_service()[0], Results(tmp_path)))
    with running(tmp_path, app) as server:
        assert [route.path for route in app.router.routes].count(api.PREFIX) == 2  # itself, and what is below
        assert app.router.routes[0].path == api.PREFIX
        assert server.call("GET", "/info").status == 200


def test_docs_of_a_server_of_our_own_lead_to_the_routes(tmp_path: Path) -> None:
    from lib_inpaint.api.server import build

    with listening(build(fake_service()[0], tmp_path)) as port:
        for path in ("/docs", "/inpaint-anything/v1", "/inpaint-anything/v1/"):
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
                assert "/segment" in answer.read().decode(), path


def test_a_real_gradio_page_beside_it(tmp_path: Path) -> None:
    """gradio answers every address of its application; ours still come first."""
    gradio = pytest.importorskip("gradio")
    fastapi = pytest.importorskip("fastapi")
    with gradio.Blocks() as blocks:
        gradio.Textbox()
    app = gradio.mount_gradio_app(fastapi.FastAPI(), blocks, path="/")
    with running(tmp_path, app) as server:
        assert server.call("GET", "/info").json["host"]["name"] == "standalone"
        assert server.call("POST", "/images", png()).status == 201
