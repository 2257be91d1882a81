"""The routes: every one with good and bad input, down to the pixels that come back."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any, Iterator

import numpy as np
import pytest
from fakes.server import Running, running
from PIL import Image

from lib_inpaint.api.endpoints import ENDPOINTS
from lib_inpaint.api.workers import Workers
from lib_inpaint.geometry import Size
from lib_inpaint.imaging import rle
from lib_inpaint.store import content_id


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("results")) as one:
        yield one


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """uint8 64x128x3: a red square in a green field."""
    image = np.full((64, 128, 3), (20, 160, 40), np.uint8)
    image[16:32, 32:64] = (220, 30, 30)
    return image


RED = np.zeros((64, 128), np.uint8)
RED[16:32, 32:64] = 255
CLICK = {"objects": [{"points": [[40, 20, 1]]}]}


def png(array: np.ndarray, format: str = "PNG", **options: Any) -> bytes:
    data = io.BytesIO()
    Image.fromarray(array).save(data, format, **options)
    return data.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def mask_in(answer: dict[str, Any]) -> np.ndarray:
    """The mask of a JSON answer, uint8 HxW."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["mask"]["data"]))).convert("L"))


@pytest.fixture
def id(server: Running, photo: np.ndarray) -> str:
    return server.call("POST", "/images", png(photo)).json["id"]


# Pictures.


def test_a_picture_has_the_same_id_however_it_is_sent(server: Running, photo: np.ndarray) -> None:
    data, boundary = png(photo), "b0und"
    form = f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'.encode()
    form += data + f"\r\n--{boundary}--\r\n".encode()
    answers = [
        server.call("POST", "/images", data, content_type="image/png"),
        server.call("POST", "/images", data, content_type="application/octet-stream"),
        server.call("POST", "/images", png(photo, "WEBP", lossless=True)),
        server.call("POST", "/images", {"image": text(data)}),
        server.call("POST", "/images", {"image": "data:image/png;base64," + text(data)}),
        server.call("POST", "/images", form, content_type=f"multipart/form-data; boundary={boundary}"),
    ]
    assert [answer.status for answer in answers] == [201] * 6
    assert [answer.json for answer in answers] == [{"id": content_id(photo), "width": 128, "height": 64}] * 6


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


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("/etc/passwd", 422),
        ("http://127.0.0.1/photo.png", 422),
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


# Segmenting.


def test_a_click_selects_the_thing(server: Running, id: str, photo: np.ndarray) -> None:
    reply = server.call("POST", "/segment", {"image": id, **CLICK})
    assert reply.status == 200
    np.testing.assert_array_equal(mask_in(reply.json), RED)
    assert reply.json["image"] == id
    assert reply.json["area"] == 512
    assert reply.json["box"] == [32, 16, 64, 32]
    (found,) = reply.json["objects"]
    assert (found["chosen"], found["scores"], found["areas"]) == (0, [0.9, 0.8, 0.7], [512, 512, 512])
    inline = server.call("POST", "/segment", {"image": text(png(photo)), **CLICK})
    assert inline.json == reply.json


def test_a_mask_as_a_bare_file_and_as_run_lengths(server: Running, id: str) -> None:
    raw = server.call("POST", "/segment", {"image": id, **CLICK}, Accept="image/png")
    assert raw.headers["Content-Type"] == "image/png"
    np.testing.assert_array_equal(np.where(pixels(raw.body), 255, 0), RED)
    assert json.loads(raw.headers["X-Inpaint-Anything"])["objects"][0]["scores"] == [0.9, 0.8, 0.7]
    runs = server.call("POST", "/segment", {"image": id, **CLICK, "mask_format": "rle"}).json["mask"]
    assert runs["size"] == [64, 128]
    np.testing.assert_array_equal(rle.decode(runs["counts"], Size(128, 64)), RED)


def test_logits_go_back_by_id(server: Running, id: str) -> None:
    first = server.call("POST", "/segment", {"image": id, "keep_logits": True, **CLICK}).json["objects"][0]["logits"]
    again = server.call("POST", "/segment", {"image": id, "previous": first, **CLICK})
    np.testing.assert_array_equal(mask_in(again.json), RED)  # FakeSegmenter gives the smaller of both
    reply = server.call("POST", "/segment", {"image": id, "objects": [{"points": [[2, 2, 1]]}], "previous": first})
    assert (reply.status, reply.json["code"]) == (422, "empty_selection")
    reply = server.call("POST", "/segment", {"image": id, "previous": "0" * 32, **CLICK})
    assert (reply.status, reply.json["code"], reply.json["field"]) == (404, "unknown_logits", "previous")
    other = server.call("POST", "/images", png(np.zeros((64, 128, 3), np.uint8))).json["id"]
    assert server.call("POST", "/segment", {"image": other, "previous": first, **CLICK}).status == 422


def test_logits_are_kept_only_if_they_are_asked_for(server: Running, id: str) -> None:
    before = len(server.state.logits)
    (found,) = server.call("POST", "/segment", {"image": id, "objects": [{"points": [[1, 1, 1]]}]}).json["objects"]
    assert sorted(found) == ["areas", "chosen", "scores"]
    assert len(server.state.logits) == before


def test_a_click_goes_to_a_thread_once(server: Running, id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hops: list[str] = []
    submit = Workers.submit
    monkeypatch.setattr(Workers, "submit", lambda self, work: hops.append(self.name) or submit(self, work))
    fresh = server.call("POST", "/images", png(np.full((64, 128, 3), 77, np.uint8))).json["id"]
    hops.clear()
    assert server.call("POST", "/segment", {"image": fresh, **CLICK}).status == 200
    assert hops == ["clicks", "encoding", "clicks"]  # nobody has encoded it yet
    hops.clear()
    assert server.call("POST", "/segment", {"image": fresh, **CLICK}).status == 200
    assert server.call("POST", "/segment", {"image": fresh, **CLICK}, Accept="image/png").status == 200
    assert server.call("POST", "/segment", {"image": fresh}).status == 422
    assert hops == ["clicks"] * 3
    hops.clear()
    many = {"points": [[40, 20, 1]] * 10, "strokes": [{"points": [[1.123, 2.123]] * 6000, "radius": 1}]}
    assert server.call("POST", "/segment", {"image": fresh, "objects": [many]}).status == 200
    assert hops == ["pictures"]  # a large body is read where clicks do not wait


def test_a_drawn_mask_joins_in_whatever_it_is_sent_as(server: Running, id: str) -> None:
    drawn = np.zeros((64, 128), np.uint8)
    drawn[:4, :4] = 255
    as_id = server.call("POST", "/images", png(drawn)).json["id"]
    runs = {"size": [64, 128], "counts": rle.encode(drawn)}
    for mask in (as_id, text(png(drawn)), "data:image/png;base64," + text(png(drawn)), runs):
        reply = server.call("POST", "/segment", {"image": id, "mask": mask, **CLICK})
        np.testing.assert_array_equal(mask_in(reply.json), np.maximum(RED, drawn))
    for mask in (text(png(drawn[:9])), {"size": [9, 128], "counts": "X"}, {"size": [64, 128], "counts": "X"}):
        reply = server.call("POST", "/segment", {"image": id, "mask": mask, **CLICK})
        assert (reply.status, reply.json["field"]) in ((415, "mask"), (422, "mask")), reply.json


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"objects": [{"points": [[1, 2]]}]}, "objects.0.points.0"),
        ({"objects": [{"pionts": []}]}, "objects.0.pionts"),
        ({"objects": "no"}, "objects"),
        ({"options": {"grow": 5000}}, "options.grow"),
        ({"mask_format": "tiff"}, "mask_format"),
        ({"image": 3.5, "more": 1}, "image|more"),
        ({"candidate": 9}, "candidate"),
    ],
)
def test_the_field_that_does_not_fit_is_named(server: Running, id: str, change: dict[str, Any], field: str) -> None:
    reply = server.call("POST", "/segment", {"image": id, **CLICK, **change})
    assert (reply.status, reply.json["code"]) == (422, "bad_request")
    assert any(reply.json["field"].startswith(one) for one in field.split("|")), reply.json
    assert reply.json["error"].endswith(".")


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"x"', b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b"null"])
def test_what_is_no_json_object_is_refused(server: Running, body: bytes) -> None:
    for path in ("/segment", "/mask", "/erase", "/batch", "/images"):
        assert server.call("POST", path, body, content_type="application/json").status in (400, 422)


def test_outside_and_nothing(server: Running, id: str) -> None:
    outside = server.call("POST", "/segment", {"image": id, "objects": [{"points": [[128, 2, 1]]}]})
    assert (outside.status, "outside the picture" in outside.json["error"]) == (422, True)
    nothing = server.call("POST", "/segment", {"image": id})
    assert (nothing.status, nothing.json["code"]) == (422, "empty_selection")
    reply = server.call("POST", "/segment", {"image": id, "segmenter": "clasic", **CLICK})
    assert (reply.status, reply.json["code"]) == (404, "unknown_model")
    assert "did you mean 'classic'" in reply.json["error"]


def test_text_without_a_detector_says_so(server: Running, id: str) -> None:
    reply = server.call("POST", "/segment", {"image": id, "text": "the red square"})
    assert reply.status in (404, 409)
    assert server.call("POST", "/detect", {"image": id, "text": ""}).status == 202  # what is wrong is told by the job


# Masks.


def test_masks_are_changed_and_combined(server: Running) -> None:
    left = np.zeros((40, 40), np.uint8)
    left[10:20, 5:15] = 255
    right = np.roll(left, 5, axis=1)

    def changed(**body: Any) -> np.ndarray:
        reply = server.call("POST", "/mask", body)
        assert reply.status == 200, reply.json
        return mask_in(reply.json) if "mask" in reply.json else np.zeros(0)

    one, two = text(png(left)), text(png(right))
    np.testing.assert_array_equal(changed(mask=one), left)
    np.testing.assert_array_equal(changed(mask=one, other=two), np.maximum(left, right))
    np.testing.assert_array_equal(changed(mask=one, other=two, combine="subtract"), np.minimum(left, 255 - right))
    np.testing.assert_array_equal(changed(mask=one, other=two, combine="intersect"), np.minimum(left, right))
    np.testing.assert_array_equal(changed(mask=one, options={"invert": True}), 255 - left)
    soft = changed(mask=one, options={"feather": 3})
    assert soft[15, 15:19].tolist() == [191, 128, 64, 0]
    assert server.call("POST", "/mask", {"mask": one, "other": text(png(left[:9]))}).json["field"] == "other"
    assert server.call("POST", "/mask", {"mask": {"size": [10**6, 10**6], "counts": "0"}}).status == 422
    assert server.call("POST", "/mask", {"mask": one, "options": {"refine_edges": 4}}).status == 422


def test_a_cutout_is_what_is_masked(server: Running, id: str, photo: np.ndarray) -> None:
    runs = {"size": [64, 128], "counts": rle.encode(RED)}
    small = pixels(server.call("POST", "/cutout", {"image": id, "mask": runs}, Accept="image/png").body)
    np.testing.assert_array_equal(small, np.dstack([photo[16:32, 32:64], np.full((16, 32), 255, np.uint8)]))
    whole = server.call("POST", "/cutout", {"image": id, "mask": runs, "output": "alpha", "format": "webp"}).json
    assert whole["image"]["format"] == "webp"
    np.testing.assert_array_equal(pixels(base64.b64decode(whole["image"]["data"])), np.dstack([photo, RED]))
    empty = server.call("POST", "/cutout", {"image": id, "mask": {"size": [64, 128], "counts": "PP4"}})
    assert (empty.status, empty.json["code"]) in ((422, "empty_selection"), (422, "bad_request"))


# Long work, waited for.


def test_erase_gives_the_picture_and_what_was_replaced(server: Running, id: str, photo: np.ndarray) -> None:
    body = {"image": id, **CLICK, "eraser": "telea", "options": {}}
    expected = photo.copy()
    expected[RED > 0] = (1, 2, 3)
    reply = server.call("POST", "/erase?wait=20", body)
    assert reply.status == 200, reply.json
    np.testing.assert_array_equal(pixels(base64.b64decode(reply.json["image"]["data"])), expected)
    np.testing.assert_array_equal(mask_in(reply.json), RED)
    assert reply.json["id"] == content_id(expected)
    assert server.call("GET", f"/images/{reply.json['id']}").status == 200  # the next step can start from it
    raw = server.call("POST", "/erase?wait=20", body, Accept="image/webp,*/*")
    assert raw.headers["Content-Type"] == "image/webp"
    np.testing.assert_array_equal(pixels(raw.body), expected)
    jpeg = server.call("POST", "/erase?wait=20", {**body, "format": "jpeg"}, Accept="image/*")
    assert jpeg.headers["Content-Type"] == "image/jpeg"
    assert np.abs(pixels(jpeg.body).astype(int) - expected).max() < 60


def test_prefill_and_extend(server: Running, id: str, photo: np.ndarray) -> None:
    runs = {"size": [64, 128], "counts": rle.encode(RED)}
    reply = server.call("POST", "/prefill?wait=20", {"image": id, "mask": runs, "eraser": "telea"}, Accept="image/png")
    assert (pixels(reply.body)[RED > 0] == (1, 2, 3)).all()
    np.testing.assert_array_equal(pixels(reply.body)[RED == 0], photo[RED == 0])
    wide = server.call("POST", "/extend?wait=20", {"image": id, "left": 8, "eraser": "telea"}, Accept="image/png")
    assert pixels(wide.body).shape == (64, 136, 3)
    np.testing.assert_array_equal(pixels(wide.body)[:, 8:], photo)
    nothing = server.call("POST", "/extend?wait=20", {"image": id})
    assert (nothing.status, nothing.json["code"]) == (422, "bad_request")
    see_through = text(png(np.full((8, 8, 4), 90, np.uint8)))
    body = {"image": see_through, "mask": text(png(np.full((8, 8), 255, np.uint8))), "eraser": "telea"}
    assert server.call("POST", "/prefill?wait=20", {**body, "format": "jpeg"}).status == 422
    assert (pixels(server.call("POST", "/prefill?wait=20", body, Accept="image/png").body)[..., 3] == 90).all()


def test_everything_finds_both(server: Running, id: str) -> None:
    body = {"image": id, "points_per_side": 4, "stability_score_thresh": 0.0}
    reply = server.call("POST", "/everything?wait=20", body)
    assert reply.status == 200, reply.json
    masks = [rle.decode(thing["mask"]["counts"], Size(128, 64)) for thing in reply.json["things"]]
    assert any((mask == RED).mean() > 0.97 for mask in masks)
    assert [thing["area"] for thing in reply.json["things"]] == sorted(
        (t["area"] for t in reply.json["things"]), reverse=True
    )


def test_encode_makes_the_first_click_quick(server: Running) -> None:
    image = text(png(np.full((16, 16, 3), 77, np.uint8)))
    before = server.segmenter.encoded
    id = server.call("POST", "/encode?wait=20", {"image": image}).json["image"]
    assert server.segmenter.encoded == before + 1
    assert server.call("POST", "/segment", {"image": id, "objects": [{"points": [[3, 3, 1]]}]}).status == 200
    assert server.segmenter.encoded == before + 1


def test_a_batch_goes_on_past_what_fails(server: Running, id: str) -> None:
    good = {"image": id, **CLICK, "eraser": "telea"}
    items = [good, {"image": "0" * 32, **CLICK}, {**good, "objects": [{"points": [[500, 2, 1]]}]}, good]
    reply = server.call("POST", "/batch?wait=20", {"operation": "erase", "items": items})
    assert [item["ok"] for item in reply.json["items"]] == [True, False, False, True]
    assert reply.json["items"][1]["code"] == "unknown_image"
    for item in (reply.json["items"][0], reply.json["items"][3]):
        file = server.call("GET", "/" + item["image"]["url"])
        assert (pixels(file.body)[20, 40] == (1, 2, 3)).all()
    bad = server.call("POST", "/batch", {"operation": "erase", "items": [good, {**good, "grow": 1}]})
    assert (bad.status, bad.json["field"]) == (422, "items.1.grow")
    assert server.call("POST", "/batch", {"operation": "erase", "items": []}).status == 422
    assert server.call("POST", "/batch", {"operation": "erase", "items": [3]}).json["field"] == "items.0"
    assert server.call("POST", "/batch", {"operation": "format", "items": [good]}).json["field"] == "operation"


# What there is.


def test_models_and_info(server: Running, id: str) -> None:
    models = {model["name"]: model for model in server.call("GET", "/models").json["models"]}
    assert models["classic"]["ready"] is True
    assert models["classic"]["kind"] == "segmenter"
    info = server.call("GET", "/info").json
    assert info["host"]["name"] == "standalone"
    assert info["budgets"]["images"]["holds"] >= 64 * 128 * 3
    assert info["limits"]["pixels"] == 178_000_000
    unknown = server.call("POST", "/models/no-such/download")
    assert (unknown.status, unknown.json["code"]) == (404, "unknown_model")


def test_addresses_and_methods_that_are_not(server: Running) -> None:
    assert server.call("GET", "/nowhere").json["code"] == "not_found"
    assert server.call("GET", "/segment").json["code"] == "method_not_allowed"
    assert server.call("POST", "/segment", b"{}", content_type="text/plain").json["code"] == "not_json"
    assert server.call("POST", "/erase?wait=soon", {}).status == 422


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
