"""Masks, cutouts and long work that is waited for, down to the pixels that come back."""

from __future__ import annotations

import base64
import io
from typing import Any, Iterator

import numpy as np
import pytest
from fakes.pictures import CLICK, PHOTO, RED, mask_in, pixels, png, text
from fakes.server import Running, running
from PIL import Image

from lib_inpaint.geometry import Size
from lib_inpaint.imaging import rle
from lib_inpaint.store import content_id


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("results")) as one:
        yield one


@pytest.fixture
def id(server: Running) -> str:
    return server.call("POST", "/images", png(PHOTO)).json["id"]


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


def test_a_cutout_is_what_is_masked(server: Running, id: str) -> None:
    runs = {"size": [64, 128], "counts": rle.encode(RED)}
    small = pixels(server.call("POST", "/cutout", {"image": id, "mask": runs}, Accept="image/png").body)
    np.testing.assert_array_equal(small, np.dstack([PHOTO[16:32, 32:64], np.full((16, 32), 255, np.uint8)]))
    whole = server.call("POST", "/cutout", {"image": id, "mask": runs, "output": "alpha", "format": "webp"}).json
    assert whole["image"]["format"] == "webp"
    np.testing.assert_array_equal(pixels(base64.b64decode(whole["image"]["data"])), np.dstack([PHOTO, RED]))
    empty = server.call("POST", "/cutout", {"image": id, "mask": {"size": [64, 128], "counts": "PP4"}})
    assert (empty.status, empty.json["code"]) in ((422, "empty_selection"), (422, "bad_request"))


# Long work, waited for.


def test_erase_gives_the_picture_and_what_was_replaced(server: Running, id: str) -> None:
    body = {"image": id, **CLICK, "eraser": "telea", "options": {}}
    expected = PHOTO.copy()
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


def test_the_same_format_is_that_of_the_file_that_was_sent(server: Running) -> None:
    body = {**CLICK, "eraser": "telea", "options": {}, "format": "same"}
    for format, kind in (("JPEG", "jpeg"), ("WEBP", "webp"), ("PNG", "png"), ("BMP", "png")):
        out = io.BytesIO()
        Image.fromarray(PHOTO).save(out, format)
        sent = server.call("POST", "/erase?wait=20", {**body, "image": text(out.getvalue())}, Accept="image/*")
        assert (sent.status, sent.headers["Content-Type"]) == (200, f"image/{kind}")
    clear = server.call("POST", "/erase?wait=20", {**body, "image": text(png(np.dstack([PHOTO, RED // 2 + 9])))})
    assert clear.json["image"]["format"] == "png"


def test_prefill_and_extend(server: Running, id: str) -> None:
    runs = {"size": [64, 128], "counts": rle.encode(RED)}
    reply = server.call("POST", "/prefill?wait=20", {"image": id, "mask": runs, "eraser": "telea"}, Accept="image/png")
    assert (pixels(reply.body)[RED > 0] == (1, 2, 3)).all()
    np.testing.assert_array_equal(pixels(reply.body)[RED == 0], PHOTO[RED == 0])
    wide = server.call("POST", "/extend?wait=20", {"image": id, "left": 8, "eraser": "telea"}, Accept="image/png")
    assert pixels(wide.body).shape == (64, 136, 3)
    np.testing.assert_array_equal(pixels(wide.body)[:, 8:], PHOTO)
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


@pytest.mark.parametrize("side", [1, 2, 16, 32])
def test_points_of_everything_are_pixels_when_they_are_sent_back(server: Running, side: int) -> None:
    """The first click of a grid lies within the first pixel of a small picture."""
    photo = np.full((side, side, 3), (20, 160, 40), np.uint8)
    photo[: side // 3 + 1, : side // 3 + 1] = (220, 30, 30)
    id = server.call("POST", "/images", png(photo)).json["id"]
    grid = {"points_per_side": 32, "stability_score_thresh": 0.0, "pred_iou_thresh": 0.0}
    things = server.call("POST", "/everything?wait=20", {"image": id, **grid}).json["things"]
    assert things
    for thing in things:
        x, y = thing["point"]
        assert not (0 < x < 1 and 0 < y < 1)
        reply = server.call("POST", "/segment", {"image": id, "objects": [{"points": [[x, y, 1]]}]})
        found = rle.decode(thing["mask"]["counts"], Size(side, side))
        assert found[int(y), int(x)] == mask_in(reply.json)[int(y), int(x)] == 255


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
