"""POST /segment, with good and bad input, down to the pixels of the mask."""

from __future__ import annotations

import http.client
import io
import json
import threading
import time
from typing import Any, Callable, Iterator, Optional

import numpy as np
import pytest
from fakes.pictures import CLICK, PHOTO, RED, mask_in, pixels, png, text
from fakes.server import Running, running
from PIL import Image

from lib_inpaint import api
from lib_inpaint.api.workers import Workers
from lib_inpaint.geometry import Size
from lib_inpaint.imaging import imagefile, maskfile, rle
from lib_inpaint.imaging.imagefile import Picture


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("results")) as one:
        yield one


@pytest.fixture
def id(server: Running) -> str:
    return server.call("POST", "/images", png(PHOTO)).json["id"]


def test_a_click_selects_the_thing(server: Running, id: str) -> None:
    reply = server.call("POST", "/segment", {"image": id, **CLICK})
    assert reply.status == 200
    np.testing.assert_array_equal(mask_in(reply.json), RED)
    assert reply.json["image"] == id
    assert reply.json["area"] == 512
    assert reply.json["box"] == [32, 16, 64, 32]
    (found,) = reply.json["objects"]
    assert (found["chosen"], found["scores"], found["areas"]) == (0, [0.9, 0.8, 0.7], [512, 512, 512])
    inline = server.call("POST", "/segment", {"image": text(png(PHOTO)), **CLICK})
    assert inline.json == reply.json


def test_points_are_parts_of_the_picture_by_the_one_rule(server: Running, id: str) -> None:
    """The red square is 32 to 64 of 128 across, 16 to 32 of 64 down."""
    for points in ([[0.375, 0.375, 1]], [[48, 24, 1]], [[48.5, 24.5, 1]]):
        reply = server.call("POST", "/segment", {"image": id, "objects": [{"points": points}]})
        np.testing.assert_array_equal(mask_in(reply.json), RED)
    for points in ([[1.0, 24, 1]], [[0.375, 24, 1]], [[0, 0.375, 1]], [[1.0, 1.0, 1]], [[0, 0, 1]]):
        reply = server.call("POST", "/segment", {"image": id, "objects": [{"points": points}]})
        np.testing.assert_array_equal(mask_in(reply.json), 255 - RED)  # the field's first pixels
    body = {"image": id, "objects": [{"points": [[0.375, 0.375, 1]]}], "eraser": "telea"}
    erased = pixels(server.call("POST", "/erase?wait=20", body, Accept="image/png").body)
    assert (erased[20, 48] == (1, 2, 3)).all()


def test_points_and_box_at_the_top_are_an_object(server: Running, id: str) -> None:
    inside = server.call("POST", "/segment", {"image": id, **CLICK}).json
    for one in ({"points": [[40, 20, 1]]}, {"box": [32, 16, 64, 32]}, {"points": [[40, 20, 1]], "box": [9, 9, 70, 40]}):
        reply = server.call("POST", "/segment", {"image": id, **one})
        assert (reply.status, reply.json["mask"]) == (200, inside["mask"]), reply.json
    both = server.call("POST", "/segment", {"image": id, **CLICK, "points": [[2, 2, 1]]}).json
    assert (len(both["objects"]), both["area"]) == (2, 64 * 128)
    item = {"image": id, "points": [[40, 20, 1]]}
    (done,) = server.call("POST", "/batch?wait=20", {"operation": "segment", "items": [item]}).json["items"]
    assert done["area"] == 512
    for wrong, field in (
        ({"points": [[128, 2, 1]]}, "points"),
        ({"box": [9, 9, 9, 20]}, "box"),
        ({"objects": [CLICK["objects"][0], {"points": [[2, 64, 1]]}]}, "objects.1"),
    ):
        reply = server.call("POST", "/segment", {"image": id, **wrong})
        assert (reply.status, reply.json["code"], reply.json["field"]) == (422, "bad_request", field)


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


def test_another_proposal_of_a_click_costs_no_segmentation(
    server: Running, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded, decode = [], server.segmenter.decode
    monkeypatch.setattr(server.segmenter, "decode", lambda *given: decoded.append(given[1].points) or decode(*given))
    server.service.proposals.clear()

    def chosen(candidate: Any, *points: list[float], **more: Any) -> Any:
        body = {"image": id, "objects": [{"points": points}], "candidate": candidate, **more}
        return server.call("POST", "/segment", body).json["objects"][0]

    answers = [chosen(candidate, [40, 20, 1]) for candidate in (None, 1, 2, 0)]
    assert [answer["chosen"] for answer in answers] == [0, 1, 2, 0]
    assert [answer["scores"] for answer in answers] == [answers[0]["scores"]] * 4
    assert len(decoded) == 1
    chosen(None, [40, 20, 1], [50, 20, 0])
    assert len(decoded) == 2
    chosen(0, [40, 20, 1], previous=chosen(0, [40, 20, 1], keep_logits=True)["logits"])
    assert len(decoded) == 3  # what is refined is another question


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
    assert hops == ["clicks", "encoding"]  # nobody has encoded it yet
    hops.clear()
    assert server.call("POST", "/segment", {"image": fresh, **CLICK}).status == 200
    assert server.call("POST", "/segment", {"image": fresh, **CLICK}, Accept="image/png").status == 200
    assert server.call("POST", "/segment", {"image": fresh}).status == 422
    assert hops == ["clicks"] * 3
    hops.clear()
    many = {"points": [[40, 20, 1]] * 10, "strokes": [{"points": [[1.123, 2.123]] * 6000, "radius": 1}]}
    assert server.call("POST", "/segment", {"image": fresh, "objects": [many]}).status == 200
    assert hops == ["pictures"]  # a large body is read where clicks do not wait


def bomb(side: int) -> bytes:
    """A picture of few bytes and many pixels."""
    data = io.BytesIO()
    Image.new("1", (side, side)).save(data, "PNG")
    return data.getvalue()


def test_a_bomb_is_refused_by_its_header(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bomb(13_000)
    assert len(data) < 40_000
    monkeypatch.setattr(imagefile, "read", lambda *_: pytest.fail("it was decoded"))
    for path, body in (("/segment", CLICK), ("/erase", CLICK), ("/cutout", {"mask": text(data)})):
        reply = server.call("POST", path, {"image": text(data), **body})
        assert (reply.status, reply.json["code"], reply.json["field"]) == (413, "too_large", "image")
    monkeypatch.setattr(server.state.images.store, "limit", 400_000_000)
    assert server.call("POST", "/images", data).json["code"] == "too_large"


def test_large_pictures_are_not_decoded_where_clicks_wait(
    server: Running, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[int, str] = {}
    load = imagefile.read

    def noted(data: bytes, name: str = "") -> Picture:
        picture = load(data, name)
        threads[picture.size.width] = threading.current_thread().name
        return picture

    monkeypatch.setattr(imagefile, "read", noted)
    for side in (100, 3000):
        reply = server.call("POST", "/segment", {"image": text(bomb(side)), "objects": [{"points": [[5, 5, 1]]}]})
        assert reply.status == 200, reply.json
    assert ("clicks" in threads[100], "pictures" in threads[3000]) == (True, True)


def test_many_objects_are_capped_and_do_not_hold_up_clicks(
    server: Running, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    thing = CLICK["objects"][0]
    reply = server.call("POST", "/segment", {"image": id, "objects": [thing] * 101})
    assert (reply.status, reply.json["field"]) == (422, "objects")
    hops: list[str] = []
    submit = Workers.submit
    monkeypatch.setattr(Workers, "submit", lambda self, work: hops.append(self.name) or submit(self, work))
    reply = server.call("POST", "/segment", {"image": id, "objects": [thing] * 100})
    assert (reply.status, reply.json["area"], hops) == (200, 512, ["clicks", "pictures", "encoding"])


def test_work_stops_when_its_caller_is_gone(server: Running, id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded, go = [], threading.Event()
    decode = server.segmenter.decode

    def slow(*given: Any) -> Any:
        decoded.append(1)
        go.wait(10)
        return decode(*given)

    server.call("POST", "/encode?wait=20", {"image": id})
    server.service.proposals.clear()
    monkeypatch.setattr(server.segmenter, "decode", slow)
    body = json.dumps(
        {"image": id, "objects": [{"points": [[40 + number / 9, 20, 1]]} for number in range(50)]}
    ).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", api.PREFIX + "/segment", body, {"Content-Type": "application/json"})
    until(lambda: decoded)
    connection.close()
    time.sleep(0.5)  # the server is told
    go.set()
    until(lambda: server.call("POST", "/encode?wait=20", {"image": id}).status == 200)  # the same thread is free
    assert len(decoded) == 1


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


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


def test_a_large_mask_by_its_id_is_not_worked_out_where_clicks_wait(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: dict[int, str] = {}
    of_picture = maskfile.of_picture

    def noted(picture: Picture, label: Optional[int] = None) -> np.ndarray:
        threads[picture.size.width] = threading.current_thread().name
        return of_picture(picture, label)

    monkeypatch.setattr(maskfile, "of_picture", noted)
    for side in (100, 3000):
        photo = np.full((side, side, 3), 90, np.uint8)
        sent = [server.call("POST", "/images", png(one)).json["id"] for one in (photo, 255 - photo)]
        click = {"image": sent[0], "mask": sent[1], "objects": [{"points": [[5, 5, 1]]}]}
        assert server.call("POST", "/segment", click).status == 200
    assert ["clicks" in threads[side] for side in (100, 3000)] == [True, False]
