"""Sampling over the routes, with a host that remembers what it was asked for, and without one."""

from __future__ import annotations

import base64
import io
import threading
import time
from pathlib import Path
from typing import Any, Iterator

import numpy as np
import pytest
from fakes.server import Running, running
from PIL import Image

from lib_inpaint.errors import BadRequest
from lib_inpaint.filling import outpaint
from lib_inpaint.geometry import Size
from lib_inpaint.host import Checkpoint, Sampled
from lib_inpaint.schema import EditRequest, InpaintRequest, PromptedOutpaintRequest, build

PHOTO = np.random.default_rng(0).integers(0, 255, (40, 50, 3), np.uint8)
MASK = np.zeros((40, 50), np.uint8)
MASK[10:20, 10:30] = 255
JPEG = b"\xff\xd8 a picture"


class FakeSampling:
    """Paints what is masked in `colour`; `go` lets it, and it shows a preview first."""

    can = ("inpaint", "outpaint", "edit")
    checkpoint = Checkpoint("tiny", "ordinary")
    samplers, schedulers = ("Euler",), ("Automatic",)

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.saved: list[tuple[np.ndarray, str]] = []
        self.colour: tuple[int, int, int] = (9, 9, 9)
        self.go = threading.Event()
        self.go.set()

    def inpaint(self, image, mask, start, request, notes, save, progress) -> list[Sampled]:
        return self._made(image, mask, progress, start=start, request=request, notes=notes, save=save)

    def extend(self, image, request, prefill, notes, save, progress) -> list[Sampled]:
        canvas = outpaint.extend(image, outpaint.total(Size.of(image), request))
        return self._made(canvas.image, canvas.mask, progress, request=request, notes=notes, save=save)

    def edit(self, image, mask, request, notes, save, progress) -> list[Sampled]:
        return self._made(image, mask, progress, request=request, notes=notes, save=save)

    def save(self, image: np.ndarray, infotext: str) -> str:
        self.saved.append((image, infotext))
        return "00001.png"

    def _made(self, image, mask, progress, **asked: Any) -> list[Sampled]:
        request = asked["request"]
        if request.sampler == "unknown":
            raise BadRequest("sampler: there is no unknown.")
        self.asked.append({"image": image, "mask": mask, **asked})
        progress(0.25, "step 5 of 20", preview=JPEG)
        while not self.go.wait(0.02):
            progress(0.5, "step 10 of 20", preview=JPEG)
        painted = np.where(mask[..., None] > 0, np.array(self.colour, np.uint8), image)
        saved = "00000-1.png" if asked["save"] else ""
        return [Sampled(painted, 1 + number, f"Seed: {1 + number}", saved) for number in range(request.batch_count)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as one:
        yield one


@pytest.fixture
def host(server: Running) -> FakeSampling:
    server.service.host.sampling = FakeSampling()
    return server.service.host.sampling


def png(pixels: np.ndarray) -> str:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


def pixels(file: dict[str, Any]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(file["data"]))))


def post(server: Running, route: str, wait: bool = True, **body: Any) -> Any:
    body = {"image": png(PHOTO), "mask": png(MASK), **body}
    return server.call(
        "POST", f"/{route}{'?wait=30' if wait else ''}", {k: v for k, v in body.items() if v is not None}
    )


@pytest.mark.parametrize(
    ("route", "change", "field"),
    [
        ("inpaint", {"mask": png(np.zeros((40, 50), np.uint8))}, "mask"),
        ("outpaint", {"direction": []}, "direction"),
        ("outpaint", {"direction": ["left"], "width": 5}, "width"),
        ("outpaint", {"height": 5}, "height"),
        ("outpaint", {"direction": ["left"], "height": 500}, "direction"),
        ("outpaint", {"left": 8, "width": 500}, "width"),
        ("outpaint", {"left": 8, "aspect_ratio": "1:1"}, "aspect_ratio"),
        ("outpaint", {"aspect_ratio": "wide"}, "aspect_ratio"),
        ("outpaint", {"aspect_ratio": "1:8000"}, "aspect_ratio"),
        ("outpaint", {"right": 20000}, "right"),
        ("outpaint", {"pixels": 20000}, "pixels"),
        ("outpaint", {"masked_content": "no-such"}, "masked_content"),
        ("edit", {"text_schedule": "list"}, "text_list"),
        ("edit", {"image_list": [-1]}, "image_list"),
        ("edit", {"interval_start": 0.9, "interval_end": 0.1}, "interval_end"),
        ("edit", {"image_low": 9, "image_high": 2}, "image_high"),
    ],
)
def test_a_wrong_value_has_code_and_field(
    server: Running, host: FakeSampling, route: str, change: dict[str, Any], field: str
) -> None:
    reply = post(server, route, **{"mask": None if route == "outpaint" else png(MASK), **change})
    assert reply.status in (404, 422), reply
    assert (bool(reply.json["code"]), reply.json.get("field")) == (True, field), reply.json


def test_what_is_masked_is_sampled_and_given_back(server: Running, host: FakeSampling) -> None:
    reply = post(server, "inpaint", prompt="a car", feather=0, batch_count=2, save=True)
    assert reply.status == 200
    first, second = reply.json["images"]
    assert (first["seed"], first["infotext"], first["saved"]) == (1, "Seed: 1", "00000-1.png")
    assert second["file"] == "image-1"
    expected = np.where(MASK[..., None] > 0, 9, PHOTO)
    assert np.array_equal(pixels(reply.json[first["file"]]), expected)
    (asked,) = host.asked
    assert asked["request"] == build(InpaintRequest, {"prompt": "a car", "feather": 0, "batch_count": 2})
    assert np.array_equal(asked["mask"], MASK)
    assert asked["start"] is None
    assert (asked["save"], asked["notes"]) == (True, {"Feather": "0", "Inpaint Anything": "fill"})
    assert server.call("GET", f"/images/{first['id']}").status == 200  # so that the next step can refer to it


def test_an_eraser_fills_first(server: Running, host: FakeSampling) -> None:
    assert post(server, "inpaint", masked_content="telea", feather=0).status == 200
    (asked,) = host.asked
    assert (asked["start"][MASK > 0] == (1, 2, 3)).all()
    assert asked["notes"]["Filled with"] == "telea"


def test_auto_is_written_by_the_name_that_it_stood_for(server: Running, host: FakeSampling) -> None:
    assert post(server, "inpaint", masked_content="auto").status == 200
    assert host.asked[0]["notes"]["Filled with"] == host.asked[0]["request"].masked_content != "auto"


def test_the_background_is_what_is_not_masked(server: Running, host: FakeSampling) -> None:
    assert post(server, "inpaint", invert=True, feather=0).status == 200
    assert np.array_equal(host.asked[0]["mask"], 255 - MASK)
    assert host.asked[0]["notes"]["Inpaint Anything"] == "background"


def test_an_edit_needs_no_mask(server: Running, host: FakeSampling) -> None:
    assert post(server, "edit", mask=None, prompt="make it night", image_cfg=1.2).status == 200
    assert post(server, "edit", prompt="make it night").status == 200
    whole, part = host.asked
    assert (whole["mask"] == 255).all()
    assert np.array_equal(part["mask"], MASK)
    assert whole["request"] == build(EditRequest, {"prompt": "make it night", "image_cfg": 1.2})


def test_a_picture_is_extended_from_a_prompt(server: Running, host: FakeSampling) -> None:
    asked = {"prompt": "a car", "pixels": 5, "direction": ["left", "down"], "rounds": 2, "batch_count": 2}
    reply = post(server, "outpaint", mask=None, save=True, masked_content="telea", **asked)
    assert reply.status == 200
    assert [(one["file"], one["seed"], one["saved"]) for one in reply.json["images"]] == [
        ("image-0", 1, "00000-1.png"),
        ("image-1", 2, "00000-1.png"),
    ]
    assert reply.json["offset"] == [10, 0]
    new = np.ones((50, 60), bool)
    new[:40, 10:] = False
    expected = np.where(new[..., None], 9, np.pad(PHOTO, ((0, 10), (10, 0), (0, 0))))
    assert np.array_equal(pixels(reply.json["image-1"]), expected)
    assert np.array_equal(pixels(reply.json["mask"]) > 0, new)
    (called,) = host.asked
    assert called["request"] == build(PromptedOutpaintRequest, {**asked, "masked_content": "telea"})
    assert (called["save"], called["notes"]) == (True, {"Inpaint Anything": "extend"})
    assert server.call("GET", f"/images/{reply.json['images'][0]['id']}").json["width"] == 60


@pytest.mark.parametrize(("asked", "meant"), [(0, "fill"), (6, "mirror"), ("edge", "edge"), ("telea", "telea")])
def test_what_is_extended_from_is_a_name_or_a_number(
    server: Running, host: FakeSampling, asked: object, meant: str
) -> None:
    assert post(server, "outpaint", mask=None, left=3, masked_content=asked).status == 200
    assert host.asked[0]["request"].masked_content == meant


def test_extended_from_auto_is_written_by_the_name_that_it_stood_for(server: Running, host: FakeSampling) -> None:
    server.service.host.preferred = lambda kind: "blur"
    assert post(server, "outpaint", mask=None, left=3).status == 200
    assert host.asked[0]["request"].masked_content == "blur"


def test_what_is_new_beside_a_transparent_picture_is_opaque(server: Running, host: FakeSampling) -> None:
    alpha = np.dstack([PHOTO, np.full(MASK.shape, 100, np.uint8)])
    reply = post(server, "outpaint", mask=None, image=png(alpha), left=6, up=1)
    made = pixels(reply.json["image-0"])
    assert (made[1:, 6:, 3] == 100).all()
    assert (made[:1, :, 3] == 255).all()
    assert (made[:, :6, 3] == 255).all()


@pytest.mark.parametrize(
    ("body", "status", "code", "says"),
    [
        ({"direction": []}, 422, "bad_request", "Nothing to extend"),
        ({"left": 8, "width": 90}, 422, "bad_request", "not two of these"),
        ({"height": 30}, 422, "bad_request", "only adds to it"),
        ({"aspect_ratio": "wide"}, 422, "bad_request", "no aspect ratio"),
        ({"pixels": 8000, "rounds": 3}, 422, "bad_request", "32768"),
        ({"left": -1}, 422, "bad_request", "left"),
        ({"masked_content": "paint"}, 422, "bad_request", "no masked content paint"),
        ({"masked_content": 99}, 422, "bad_request", "no masked content 99"),
        ({"masked_content": "lama"}, 409, "model_unavailable", "lama"),
        ({"show_steps": True}, 422, "bad_request", "show_steps"),
        ({"mask": png(MASK)}, 422, "bad_request", "mask"),
    ],
)
def test_an_extension_that_cannot_be_is_refused_before_it_is_a_job(
    server: Running, host: FakeSampling, body: dict, status: int, code: str, says: str
) -> None:
    reply = post(server, "outpaint", wait=False, **{"mask": None, **body})
    assert (reply.status, reply.json["code"]) == (status, code)
    assert says.lower() in reply.json["error"].lower()
    assert host.asked == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"mask": None}, 422, "bad_request"),
        ({"mask": png(np.zeros_like(MASK))}, 422, "empty_selection"),
        ({"mask": png(MASK[:9])}, 422, "bad_request"),
        ({"steps": 0}, 422, "bad_request"),
        ({"sampler": "unknown"}, 422, "bad_request"),
        ({"masked_content": "nothing I know"}, 404, "unknown_model"),
        ({"styles": ["x"]}, 422, "bad_request"),
    ],
)
def test_what_does_not_fit_is_refused(server: Running, host: FakeSampling, body: dict, status: int, code: str) -> None:
    reply = post(server, "inpaint", **body)
    assert (reply.status, reply.json["code"]) == (status, code)


def until(reached) -> Any:
    deadline = time.monotonic() + 60
    while not (value := reached()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return value


def test_a_preview_can_be_fetched_while_it_runs(server: Running, host: FakeSampling) -> None:
    host.go.clear()
    job = post(server, "inpaint", wait=False).json
    assert server.call("GET", f"/jobs/{job['id']}/preview").status in (200, 204)
    told = until(lambda: (now := server.call("GET", f"/jobs/{job['id']}").json).get("preview", 0) > 1 and now)
    assert (told["state"], told["text"]) == ("running", "step 10 of 20")
    shown = server.call("GET", f"/jobs/{job['id']}/preview")
    assert (shown.status, shown.headers["Content-Type"], shown.body) == (200, "image/jpeg", JPEG)
    host.go.set()
    until(lambda: server.call("GET", f"/jobs/{job['id']}").json["state"] == "done")
    late = server.call("GET", f"/jobs/{job['id']}/preview")
    assert (late.status, late.body) == (200, JPEG)  # who was told of it before the end may ask for it after
    assert server.call("GET", "/jobs/nobody/preview").status == 404


def test_a_job_without_a_preview_has_none_and_is_known(server: Running, host: FakeSampling) -> None:
    done = post(server, "erase", eraser="telea").json["job"]
    reply = server.call("GET", f"/jobs/{done}/preview")
    assert (reply.status, reply.body) == (204, b"")
    assert "Content-Type" not in reply.headers
    server.state.jobs._jobs.clear()  # as after a restart
    assert server.call("GET", f"/jobs/{done}/preview").status == 204


def test_it_can_be_stopped(server: Running, host: FakeSampling) -> None:
    host.go.clear()
    job = post(server, "inpaint", wait=False).json
    until(lambda: host.asked)
    assert server.call("DELETE", f"/jobs/{job['id']}").status == 200
    until(lambda: server.call("GET", f"/jobs/{job['id']}").json["state"] == "cancelled")


def test_results_of_erasers_are_saved_with_what_made_them(server: Running, host: FakeSampling) -> None:
    erased = post(server, "erase", eraser="telea", save=True).json
    extended = post(server, "extend", mask=None, eraser="telea", left=8, save=True).json
    assert erased["saved"] == extended["saved"] == "00001.png"
    (first, text), (second, wider) = host.saved
    assert np.array_equal(first, pixels(erased["image"]))
    assert np.array_equal(second, pixels(extended["image"]))
    assert text == erased["infotext"] == "Eraser: telea, Inpaint Anything: remove, Size: 50x40"
    assert wider == "Eraser: telea, Left: 8, Inpaint Anything: extend, Size: 58x40"


@pytest.mark.parametrize("route", ["inpaint", "edit", "outpaint"])
def test_colour_sampled_into_a_grey_picture_comes_back_as_colour(
    server: Running, host: FakeSampling, route: str
) -> None:
    host.colour = (200, 30, 9)
    more = {"inpaint": {"feather": 0}, "edit": {}, "outpaint": {"mask": None, "left": 4}}[route]
    reply = post(server, route, image=png(PHOTO[..., 0]), **more)
    made = pixels(reply.json["image-0"])
    assert made.ndim == 3
    painted = made[:, :4] if route == "outpaint" else made[MASK > 0]
    assert (painted == host.colour).all()
    kept = made[:, 4:] if route == "outpaint" else made
    assert (kept[MASK == 0] == PHOTO[..., :1][MASK == 0]).all()
    again = server.call(
        "POST", "/cutout", {"image": reply.json["images"][0]["id"], "mask": png(np.full(made.shape[:2], 255, np.uint8))}
    )
    assert np.array_equal(pixels(again.json["image"])[..., :3], made)  # and so has whatever is done with it next


def test_an_eraser_leaves_a_grey_picture_grey(server: Running, host: FakeSampling) -> None:
    assert pixels(post(server, "erase", image=png(PHOTO[..., 0]), eraser="telea").json["image"]).ndim == 2


def test_transparency_is_kept(server: Running, host: FakeSampling) -> None:
    alpha = np.dstack([PHOTO, np.full(MASK.shape, 100, np.uint8)])
    reply = post(server, "inpaint", image=png(alpha), mask=png(MASK))
    assert (pixels(reply.json["image-0"])[..., 3] == 100).all()
    post(server, "erase", image=png(alpha), eraser="telea", save=True)
    assert host.saved[0][0].shape == (40, 50, 4)


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("inpaint", {}),
        ("edit", {}),
        ("outpaint", {"mask": None, "left": 4}),
        ("erase", {"eraser": "telea"}),
        ("extend", {"mask": None, "left": 4, "eraser": "telea"}),
    ],
)
def test_what_the_format_cannot_keep_is_refused_before_anything_is_worked_on_or_saved(
    server: Running, host: FakeSampling, route: str, body: dict
) -> None:
    clear = png(np.dstack([PHOTO, np.full(MASK.shape, 100, np.uint8)]))
    long = png(np.zeros((2, 16_384, 3), np.uint8))
    mask = None if "mask" in body else png(np.full((2, 16_384), 255, np.uint8))
    for asked in (
        {"image": clear, "format": "jpeg"},
        {"image": long, "mask": mask, "format": "webp"},
    ):
        reply = post(server, route, wait=False, save=True, **{**body, **asked})
        assert (reply.status, reply.json["code"]) == (422, "bad_request")
        assert reply.json["error"].startswith("format: ")
    assert (host.asked, host.saved) == ([], [])
    assert not server.eraser.started.is_set()


def test_an_extension_that_grows_past_its_format_is_refused_first(server: Running, host: FakeSampling) -> None:
    wide = {"image": png(np.zeros((2, 16_380, 3), np.uint8)), "mask": None, "format": "webp", "save": True}
    for route in ("outpaint", "extend"):
        assert post(server, route, **wide, left=4).json["code"] == "bad_request"
    assert (host.asked, host.saved) == ([], [])
    reply = post(server, "outpaint", **wide, left=3)
    assert (reply.status, reply.json["image-0"]["width"]) == (200, 16_383)


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("inpaint", {}),
        ("edit", {}),
        ("outpaint", {"mask": None}),
        ("erase", {"save": True}),
        ("extend", {"save": True, "mask": None, "left": 8}),
    ],
)
def test_without_a_webui_it_is_refused_in_words(server: Running, route: str, body: dict) -> None:
    reply = post(server, route, **body)
    assert (reply.status, reply.json["code"]) == (501, "not_here")
    assert "WebUI" in reply.json["error"]


def test_the_host_says_what_it_can(server: Running) -> None:
    info = server.call("GET", "/info").json
    assert info["can"] == {"inpaint": False, "edit": False, "outpaint": False}
    assert info["checkpoint"] is None
    server.service.host.sampling = FakeSampling()
    info = server.call("GET", "/info").json
    assert info["can"] == {"inpaint": True, "edit": True, "outpaint": True}
    suits = {"family": "", "cfg_scale": 7.0, "text_cfg": 7.5, "steps": 20}
    assert info["checkpoint"] == {"name": "tiny", "kind": "ordinary", **suits}


def test_the_hosts_choice_is_what_auto_stands_for(server: Running, host: FakeSampling) -> None:
    server.service.host.preferred = lambda kind: "blur" if kind == "eraser" else "auto"
    assert post(server, "erase", save=True).json["infotext"].startswith("Eraser: blur, ")
    server.service.host.preferred = lambda kind: "one that is gone"
    assert post(server, "erase", save=True).status == 200
