"""Our REST routes in a real A1111 or Forge that asks for passwords; see process.py for what the environment names."""

from __future__ import annotations

import base64
import io
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Iterator, Optional

import numpy as np
import pytest
from PIL import Image
from process import missing, serving

from lib_inpaint.client import Client, RequestFailed

API, LOGIN = ("program", "api-secret"), ("person", "page-secret")


def answered(url: str, opener: Optional[urllib.request.OpenerDirector] = None, method: str = "GET") -> int:
    request = urllib.request.Request(url, method=method, headers={"Content-Type": "application/json"})
    try:
        with (opener or urllib.request.build_opener()).open(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if missing():
        pytest.skip(f"needs a real WebUI: set {', '.join(missing())} (see tests/webui/process.py)")
    log = tmp_path_factory.mktemp("webui") / "log.txt"
    with serving(log, "--api-auth", ":".join(API), "--gradio-auth", ":".join(LOGIN)) as address:
        yield address


@pytest.fixture
def client(address: str) -> Client:
    return Client(address, *API)


@pytest.fixture(scope="module")
def photo() -> bytes:
    from skimage import data

    out = io.BytesIO()
    Image.fromarray(data.coffee()).save(out, "PNG")
    return out.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def grey(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"))


def test_every_route_answers_401_without_credentials_and_not_with_them(address: str) -> None:
    base = f"{address}/inpaint-anything/v1"
    with_basic = urllib.request.build_opener()
    known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    known.add_password(None, address, *API)
    with_basic.add_handler(urllib.request.HTTPBasicAuthHandler(known))
    described = json.load(with_basic.open(f"{base}/openapi.json"))
    routes = [(path, method) for path, methods in described["paths"].items() for method in methods]
    assert len(routes) >= 15
    for path, method in routes:
        path = path.split("/inpaint-anything/v1")[-1].replace("{", "").replace("}", "")
        assert answered(f"{base}{path}", method=method.upper()) == 401, path
        assert answered(f"{base}{path}", with_basic, method.upper()) != 401, path
    assert answered(f"{base}/no-such-route") == 401


def test_whoever_is_logged_in_to_the_page_may_use_the_routes(address: str) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    assert answered(f"{address}/inpaint-anything/v1/info", browser) == 401
    form = urllib.parse.urlencode({"username": LOGIN[0], "password": LOGIN[1]}).encode()
    browser.open(f"{address}/login", form).read()
    assert answered(f"{address}/inpaint-anything/v1/info", browser) == 200


def test_wrong_credentials_are_refused(address: str) -> None:
    for wrong in ((API[0], "guess"), LOGIN):  # the page's password is not the API's, as for /sdapi
        with pytest.raises(RequestFailed) as caught:
            Client(address, *wrong).info()
        assert caught.value.status == 401


def test_the_host_is_what_it_is(client: Client) -> None:
    host = client.info()["host"]
    assert host["name"] in ("a1111", "forge")
    assert (host["device"], host["dtype"]) == ("cpu", "float32")


def test_from_a_click_to_pixels(client: Client, photo: bytes) -> None:
    sent = client.upload(photo)
    assert (sent.width, sent.height) == (600, 400)
    mask = grey(client.segment(sent, box=(318, 225, 412, 330), segmenter="classic").file("mask"))
    assert mask.shape == (400, 600)
    assert mask[280, 365] == 255
    assert not mask[:200].any()
    erased = client.erase(sent, objects=[{"box": (318, 225, 412, 330)}], segmenter="classic", eraser="telea")
    result, hole = pixels(erased.file("image")), grey(erased.file("mask"))
    assert (result[hole == 0] == pixels(photo)[hole == 0]).all()
    assert (result[hole == 255] != pixels(photo)[hole == 255]).any(axis=1).mean() > 0.9


def test_bad_input_is_told_in_a_sentence(client: Client, photo: bytes) -> None:
    sent = client.upload(photo)
    for request, words in (
        ({"points": [(900, 10, 1)]}, "outside the picture"),
        ({"box": (50, 50, 10, 90)}, "inside out"),
        ({"points": [(10, 10, 1)], "segmenter": "clasic"}, "did you mean 'classic'"),
    ):
        with pytest.raises(RequestFailed, match=words) as caught:
            client.segment(sent, **request)
        assert 400 <= caught.value.status < 500


BOX = {"objects": [{"box": [318, 225, 412, 330]}], "segmenter": "classic"}
GOOD = {  # route: (body, where "IMAGE" and "MASK" stand for a picture and a mask, and what is in the answer)
    "encode": ({"image": "IMAGE", "segmenter": "classic"}, ()),
    "segment": ({"image": "IMAGE", **BOX}, ("mask", "objects")),
    "everything": ({"image": "IMAGE", "segmenter": "classic", "points_per_side": 2}, ("things",)),
    "mask": ({"mask": "MASK", "options": {"grow": 5}}, ("mask",)),
    "cutout": ({"image": "IMAGE", "mask": "MASK"}, ("image",)),
    "erase": ({"image": "IMAGE", "mask": "MASK", "eraser": "telea"}, ("image", "mask")),
    "prefill": ({"image": "IMAGE", "mask": "MASK", "eraser": "blur"}, ("image",)),
    "extend": ({"image": "IMAGE", "left": 33, "eraser": "blur"}, ("image",)),
    "batch": ({"operation": "extend", "items": [{"image": "IMAGE", "up": 7, "eraser": "blur"}]}, ("items",)),
}
BAD = {
    "encode": {"image": "IMAGE", "segmenter": "clasic"},
    "segment": {"image": "IMAGE", "objects": [{"points": [[1, 1]]}]},
    "detect": {"image": "IMAGE", "text": " "},
    "everything": {"image": "IMAGE", "points_per_side": 0},
    "mask": {"mask": "bm90IGEgcGljdHVyZQ=="},
    "cutout": {"image": "IMAGE"},
    "erase": {"image": "IMAGE", "mask": "MASK", "eraser": "lamma"},
    "prefill": {"image": "IMAGE", "mask": "MASK", "erasor": "blur"},
    "extend": {"image": "IMAGE"},
    "batch": {"operation": "sell", "items": []},
    "images": {"image": "/etc/passwd"},
    "models/clasic/download": {},
}


@pytest.fixture(scope="module")
def square() -> str:
    """A mask of 40x40 pixels in base64."""
    mask = np.zeros((400, 600), np.uint8)
    mask[100:140, 200:240] = 255
    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def call(client: Client, route: str, body: dict, image: str, mask: str) -> dict:
    text = json.dumps(body).replace('"IMAGE"', json.dumps(image)).replace('"MASK"', json.dumps(mask))
    answer = json.loads(client.request("POST", route, text.encode(), {"Content-Type": "application/json"}))
    while answer.get("state") in ("queued", "running"):
        time.sleep(0.1)
        answer = json.loads(client.request("GET", f"jobs/{answer['id']}"))
    return answer


@pytest.mark.parametrize("route", GOOD)
def test_every_route_does_its_work(route: str, client: Client, photo: bytes, square: str) -> None:
    body, expected = GOOD[route]
    image = client.upload(photo).id
    assert json.loads(client.request("GET", f"images/{image}"))["width"] == 600
    answer = call(client, route, body, image, square)
    if "state" in answer:
        assert answer["state"] == "done", answer
        events = client.request("GET", f"jobs/{answer['id']}/events")
        assert b'"state": "done"' in events or b'"state":"done"' in events
        client.request("DELETE", f"jobs/{answer['id']}")
        answer = answer["result"]
    assert all(name in answer for name in expected), answer


@pytest.mark.parametrize("route", BAD)
def test_every_route_refuses_bad_input_in_a_sentence(route: str, client: Client, photo: bytes, square: str) -> None:
    try:
        answer = call(client, route, BAD[route], client.upload(photo).id, square)
        told, status = answer.get("error", {}).get("error", "no error"), 422  # found out while the job ran
    except RequestFailed as error:
        told, status = str(error), error.status
    assert 400 <= status < 500
    assert told.endswith((".", "?")), told
    assert "/tmp" not in told
    assert "Traceback" not in told
