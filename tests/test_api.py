"""The routes for pictures and for what there is, and how small a click is."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Iterator

import numpy as np
import pytest
from fakes.pictures import CLICK, PHOTO, pixels, png, text
from fakes.server import Running, running

from lib_inpaint.api.endpoints import ENDPOINTS
from lib_inpaint.imaging import rle
from lib_inpaint.store import content_id

EMPTY, SMALL = text(png(np.zeros((64, 128), np.uint8))), text(png(np.full((3, 4), 255, np.uint8)))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("results")) as one:
        yield one


@pytest.fixture
def id(server: Running) -> str:
    return server.call("POST", "/images", png(PHOTO)).json["id"]


# Pictures.


def test_a_picture_has_the_same_id_however_it_is_sent(server: Running) -> None:
    data, boundary = png(PHOTO), "b0und"
    form = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'.encode()
    form += data + f"\r\n--{boundary}--\r\n".encode()
    answers = [
        server.call("POST", "/images", data, content_type="image/png"),
        server.call("POST", "/images", data, content_type="application/octet-stream"),
        server.call("POST", "/images", png(PHOTO, "WEBP", lossless=True)),
        server.call("POST", "/images", {"image": text(data)}),
        server.call("POST", "/images", {"image": "data:image/png;base64," + text(data)}),
        server.call("POST", "/images", form, content_type=f"multipart/form-data; boundary={boundary}"),
        server.call(
            *("POST", "/images", form.replace(b'name="image"', b'name="file"')),
            content_type=f"multipart/form-data; boundary={boundary}",
        ),
    ]
    assert [answer.status for answer in answers] == [201] * 7
    assert [answer.json for answer in answers] == [{"id": content_id(PHOTO), "width": 128, "height": 64}] * 7


def test_base64_is_read_as_encoders_write_it(server: Running) -> None:
    photo = PHOTO.copy()
    photo[40:] = np.random.default_rng(0).integers(0, 255, (24, 128, 3))  # so that all letters occur
    data, id = png(photo), content_id(photo)
    plain, lines = text(data), base64.encodebytes(data).decode()
    safe = base64.urlsafe_b64encode(data).decode()
    assert ("-" in safe, "_" in safe, lines.count("\n") > 100) == (True, True, True)
    spellings = [
        *(lines, lines.replace("\n", "\r\n"), plain + "\n", f"  {plain} ", " ".join(lines.split()), "\t" + plain),
        *(safe, safe.rstrip("="), safe + "\n"),
        *("data:image/png;BASE64," + plain, "DATA:image/png;base64,\n" + lines, "data:;base64," + safe),
    ]
    for spelling in spellings:
        reply = server.call("POST", "/images", {"image": spelling})
        assert (reply.status, reply.json.get("id")) == (201, id), (spelling[:40], reply.json)
        reply = server.call("POST", "/segment", {"image": spelling, **CLICK})
        assert (reply.status, reply.json["image"]) == (200, id), (spelling[:40], reply.json)
    for wrong in (plain[:-3] + "!" + plain[-2:], plain[: len(plain) // 2] + "=" + plain, safe + "+/", plain[:-5]):
        assert server.call("POST", "/images", {"image": wrong}).status in (415, 422), wrong[-9:]


def test_what_is_in_the_file_beside_pixels_gives_another_id_and_comes_back_with_it(server: Running) -> None:
    plain = np.full((8, 8, 3), 7, np.uint8)
    alpha = np.dstack([plain, np.full((8, 8), 128, np.uint8)])
    with_alpha = server.call("POST", "/images", png(alpha)).json["id"]
    with_text = server.call("POST", "/images", png(plain, dpi=(300, 300))).json["id"]
    bare = server.call("POST", "/images", png(plain)).json["id"]
    assert len({bare, with_alpha, with_text}) == 3
    everything = {"size": [8, 8], "counts": rle.encode(np.full((8, 8), 255, np.uint8))}
    body = {"mask": everything, "output": "cutout"}
    assert (
        pixels(server.call("POST", "/cutout", {"image": with_alpha, **body}, Accept="image/png").body)[..., 3] == 128
    ).all()
    assert (
        pixels(server.call("POST", "/cutout", {"image": bare, **body}, Accept="image/png").body)[..., 3] == 255
    ).all()


def test_a_picture_is_known_until_it_is_not(server: Running, id: str) -> None:
    assert server.call("GET", f"/images/{id}").json == {"id": id, "width": 128, "height": 64}
    for gone in ("0" * 32, "nonsense", "..%5c..%00etc"):
        reply = server.call("GET", f"/images/{gone}")
        assert (reply.status, reply.json["code"]) == (404, "unknown_image")
    reply = server.call("POST", "/segment", {"image": "0" * 32, **CLICK})
    assert (reply.status, reply.json["code"], reply.json["field"]) == (404, "unknown_image", "image")


@pytest.mark.parametrize("id", ["0" * 32, "f" * 31, "A" * 32, "nonsense", "6f1ed002-ab55-4f2b-9a3c-1234567890ab", "x"])
def test_an_unknown_id_is_404_whatever_it_looks_like(server: Running, id: str) -> None:
    known = server.call("POST", "/images", png(PHOTO)).json["id"]
    for path, body, field, code in (
        ("/segment", {"image": id, **CLICK}, "image", "unknown_image"),
        ("/erase", {"image": id, **CLICK}, "image", "unknown_image"),
        ("/cutout", {"image": known, "mask": id}, "mask", "unknown_image"),
        ("/segment", {"image": known, **CLICK, "previous": id}, "previous", "unknown_logits"),
    ):
        reply = server.call("POST", path, body)
        assert (reply.status, reply.json["code"], reply.json["field"]) == (404, code, field), reply.json
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/events"), ("GET", "/preview"), ("GET", "/files/image")):
        for shown in (id, f"{id}%0Aand%0A"):
            reply = server.call(method, f"/jobs/{shown}{path}")
            assert (reply.status, reply.json["code"][:8]) == (404, "unknown_")


def test_ids_have_one_name_in_202_and_in_results(server: Running, id: str) -> None:
    body = {"image": id, **CLICK, "eraser": "telea"}
    started = server.call("POST", "/erase", body)
    assert (started.status, started.json["job"]) == (202, started.json["id"])
    waited = server.call("POST", "/erase?wait=20", body).json
    described = server.call("GET", f"/jobs/{waited['job']}").json
    assert (described["job"], described["state"]) == (waited["job"], "done")


@pytest.mark.parametrize(
    ("path", "change", "field"),
    [
        ("/segment", {**CLICK, "segmenter": "no-such"}, "segmenter"),
        ("/erase", {**CLICK, "eraser": "no-such"}, "eraser"),
        ("/detect", {"text": "cat", "detector": "no-such"}, "detector"),
        ("/segment", {**CLICK, "options": {"grow": "much"}}, "options.grow"),
        ("/mask", {"mask": {"size": [1, 1], "counts": "1"}, "options": {"refine_edges": 4}}, "image"),
        ("/batch", {"operation": "erase", "items": [{"image": [5]}]}, "items.0.image"),
        ("/erase?wait=-1", CLICK, "wait"),
        ("/segment", {"objects": [{"points": [[5, 5, 2]]}]}, "objects.0"),
        ("/segment", {"objects": [{"points": [[5, 5000, 1]]}]}, "objects.0"),
        ("/segment", {"objects": [{"points": [[5, 5, 1]] * 1001}]}, "objects.0"),
        ("/segment", {"objects": [{"box": [9, 9, 5, 20]}]}, "objects.0"),
        ("/segment", {**CLICK, "candidate": 7}, "candidate"),
        ("/segment", {"objects": []}, "objects"),
        ("/segment", {"objects": [{"points": [[5, 5, 0]]}]}, "objects"),
        ("/segment", {**CLICK, "mask": {"size": [1, 1], "counts": "1"}}, "mask"),
        ("/segment", {"objects": [], "mask": SMALL}, "mask"),
        ("/segment", {"objects": [], "mask": {"size": [40, 60], "counts": "nonsense!"}}, "mask"),
        ("/detect?wait=20", {"text": " , "}, "text"),
        ("/cutout", {"mask": EMPTY}, "mask"),
        ("/cutout", {"mask": SMALL}, "mask"),
        ("/erase?wait=20", {"objects": []}, "objects"),
        ("/erase?wait=20", {"mask": EMPTY}, "mask"),
        ("/erase?wait=20", {"objects": [{"strokes": [{"points": [[-500, -500]], "radius": 3}]}]}, "objects"),
        ("/extend", {}, "left"),
        ("/prefill", {"mask": SMALL}, "mask"),
    ],
)
def test_a_wrong_value_has_code_and_field(
    server: Running, id: str, path: str, change: dict[str, object], field: str
) -> None:
    body = change if path in ("/batch", "/mask") else {"image": id, **change}
    reply = server.call("POST", path, body)
    assert reply.status in (404, 422), reply
    assert (bool(reply.json["code"]), reply.json["field"]) == (True, field), reply.json


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("/etc/passwd", 422),
        ("http://127.0.0.1/PHOTO.png", 422),
        ("file:///etc/passwd", 422),
        ("data:image/png,abc", 422),
        (text(b"no picture"), 415),
        (text(png(np.zeros((4, 4, 3), np.uint8))[:40]), 415),
        ("", 415),
    ],
)
def test_a_picture_is_never_a_name_or_an_address(server: Running, value: str, status: int) -> None:
    for path, body in (("/images", {}), ("/segment", CLICK), ("/erase", CLICK)):
        reply = server.call("POST", path, {"image": value, **body})
        assert (reply.status, reply.json["field"]) == (status, "image"), reply.json
        assert "passwd" not in reply.json["error"]


def test_uploads_that_make_no_sense(server: Running) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert server.call("POST", "/images", b"x", content_type=kind).status == 415
    assert server.call("POST", "/images", b"").status == 415
    for form in (b"", b"--b\r\n\r\n", b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nx\r\n--b--\r\n'):
        reply = server.call("POST", "/images", form, content_type="multipart/form-data; boundary=b")
        assert reply.status in (400, 422), reply
    assert server.call("POST", "/images", b"x", content_type="multipart/form-data").status == 400


# What there is.


def test_models_and_info(server: Running, id: str) -> None:
    told = server.call("GET", "/models").json
    models = {model["name"]: model for model in told["models"]}
    assert set(told["recommended"]["names"]) <= set(models)
    assert told["recommended"]["bytes"] == sum(models[name]["bytes"] for name in told["recommended"]["names"])
    assert told["attention"] == "written out"  # on the processor
    assert (told["device"], told["dtype"]) == tuple(
        server.call("GET", "/info").json["host"][k] for k in ("device", "dtype")
    )
    assert models["classic"]["ready"] is True
    assert models["classic"]["kind"] == "segmenter"
    info = server.call("GET", "/info").json
    assert info["host"]["name"] == "standalone"
    assert info["budgets"]["images"]["holds"] >= 64 * 128 * 3
    assert info["limits"]["pixels"] == 256_000_000
    unknown = server.call("POST", "/models/no-such/download")
    assert (unknown.status, unknown.json["code"]) == (404, "unknown_model")


def test_addresses_and_methods_that_are_not(server: Running) -> None:
    assert server.call("GET", "/nowhere").json["code"] == "not_found"
    assert server.call("GET", "/segment").json["code"] == "method_not_allowed"
    assert server.call("POST", "/segment", b"{}", content_type="text/plain").json["code"] == "not_json"
    assert server.call("POST", "/erase?wait=soon", {}).status == 422


def test_who_finds_the_routes_is_told_what_they_are(server: Running) -> None:
    bare = server.call("GET", "")
    assert (bare.status, bare.headers["Location"]) == (307, "v1/")
    index = server.call("GET", "/").json
    assert (index["docs"], index["openapi"]) == ("docs", "openapi.json")
    assert "POST /inpaint-anything/v1/segment" in index["routes"]
    page = server.call("GET", "/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    text = page.body.decode()
    assert all(f"{endpoint.method} {endpoint.path}" in text for endpoint in ENDPOINTS)
    assert ("<td>keep_logits" in text, "://" in text) == (True, False)  # its fields, and nothing from elsewhere


def test_the_description_names_every_route(server: Running) -> None:
    document = server.call("GET", "/openapi.json").json
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
    references = set(json.dumps(document).split('"#/components/schemas/')[1:])
    assert {part.split('"')[0] for part in references} <= set(document["components"]["schemas"])
    segment = document["components"]["schemas"]["SegmentBody"]["properties"]
    assert {"image", "objects", "previous", "options", "text"} <= set(segment)


def test_no_answer_names_a_folder_of_the_server(
    server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lib_inpaint.api.http_errors import error_answer, without_paths
    from lib_inpaint.errors import OutputFailed

    folder = tmp_path / "my models (old)"
    message = f"{folder}/big.pth is cut short; put it into {folder}, or see https://example.org/a/b.pth"
    assert without_paths(message, [folder]) == (
        "big.pth is cut short; put it into the folder my models (old), or see https://example.org/a/b.pth"
    )
    assert (
        error_answer(OutputFailed("/srv/data/out.png could not be written."))[1]["error"]
        == "out.png could not be written."
    )
    assert (
        error_answer(OutputFailed(r"C:\Users\me\out.png could not be written."))[1]["error"]
        == "out.png could not be written."
    )
    assert (
        error_answer(OutputFailed("ask for image/png and/or 1/2 x/y."))[1]["error"]
        == "ask for image/png and/or 1/2 x/y."
    )
    assert "Traceback" not in json.dumps(error_answer(RuntimeError("/secret/x")))
    assert "secret" not in str(error_answer(RuntimeError("/secret/x")))


# Sizes.


def test_a_click_is_small_both_ways(server: Running) -> None:
    """A click is under 1 kB up, and the mask of 1920x1080 under 20 kB down, for a shape with a wavy outline."""
    y, x = np.mgrid[:1080, :1920]
    angle = np.arctan2(y - 540, x - 960)
    inside = np.hypot(x - 960, y - 540) < 350 + 40 * np.sin(9 * angle) + 6 * np.sin(70 * angle)
    image = np.where(inside[..., None], np.uint8(220), np.uint8(30)).repeat(3, axis=2)
    id = server.call("POST", "/images", png(image)).json["id"]
    body = {"image": id, "objects": [{"points": [[960, 540, 1], [100, 100, 0]], "box": [500, 100, 1400, 1000]}]}
    kept = server.call("POST", "/segment", {**body, "keep_logits": True}).json
    body["previous"] = kept["objects"][0]["logits"]
    assert len(json.dumps(body)) < 1000
    reply = server.call("POST", "/segment", body)
    assert reply.status == 200
    assert len(reply.body) < 20_000
    mask = text(png(np.where(inside, np.uint8(255), np.uint8(0))))
    for format in ("png", "rle"):
        assert len(server.call("POST", "/mask", {"mask": mask, "mask_format": format}).body) < 20_000
