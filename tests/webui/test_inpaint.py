"""Fill, replace background and edit over our routes in a real A1111 or Forge, with the tiny checkpoints."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import pytest
from fakes.infotext import parse
from pictures import as_pixels, as_text, choose, photo, square
from PIL import Image

from lib_inpaint.diffusion.infotext import request_from
from lib_inpaint.imaging import mask as masks
from lib_inpaint.schema import EditRequest, InpaintRequest, fields_of

pytestmark = pytest.mark.usefixtures("own_options")


def ask(webui: Any, route: str = "inpaint", **changes: Any) -> dict[str, Any]:
    """What a request gives; without what is None."""
    sizes = {} if route == "edit" else {"width": 64, "height": 64, "feather": 0}
    body = {"image": as_text(photo()), "mask": as_text(square()), "prompt": "a lawn", "steps": 3, "seed": 7, **sizes}
    body = {name: value for name, value in {**body, **changes}.items() if value is not None}
    status, answer = webui.call(method="POST", path=f"/{route}?wait=300", body=body)
    return {"status": status, **answer}


def pictures(answer: dict[str, Any]) -> list[np.ndarray]:
    assert answer["status"] == 200, answer
    return [as_pixels(answer[one["file"]]["data"]) for one in answer["images"]]


@pytest.fixture(params=["tiny", "tiny-inpainting"])
def checkpoint(request: pytest.FixtureRequest, webui: Any) -> str:
    choose(webui, request.param)
    return request.param


WAYS = [
    {},
    {"blend": "off"},
    {"masked_content": "telea"},
    {"masked_content": "fill"},
    {"masked_content": "latent noise"},
    {"masked_content": "latent nothing", "blend": "off"},
    {"only_masked": False},
    {"only_masked": False, "width": 0, "height": 64},
    {"invert": True},
    {"denoising_strength": 1.0, "sampler": "Euler a", "scheduler": "Karras"},
    {"width": 96, "height": 64, "padding": 4},
    {"batch_count": 2, "batch_size": 2},
]


@pytest.mark.parametrize("way", WAYS, ids=[" ".join(f"{k}={v}" for k, v in way.items()) or "as it is" for way in WAYS])
def test_outside_the_mask_it_is_the_picture_byte_for_byte(webui: Any, checkpoint: str, way: dict[str, Any]) -> None:
    made = pictures(ask(webui, **way))
    assert len(made) == way.get("batch_count", 1) * way.get("batch_size", 1)
    outside = square() == (255 if way.get("invert") else 0)
    for picture in made:
        assert picture.shape == photo().shape
        assert np.array_equal(picture[outside], photo()[outside])
        assert (picture[~outside] != photo()[~outside]).any(axis=-1).mean() > 0.5


@pytest.mark.parametrize("feather", [1, 4, 12])
def test_the_feather_reaches_so_far_and_no_further(webui: Any, checkpoint: str, feather: int) -> None:
    reached = masks.feather(square(), feather) > 0
    (made,) = pictures(ask(webui, feather=feather))
    assert np.array_equal(made[~reached], photo()[~reached])
    changed = (made != photo()).any(axis=-1)
    assert changed[square() == 0].any()


def test_a_picture_of_odd_size_stays_so(webui: Any, checkpoint: str) -> None:
    for size in ((61, 47), (130, 33)):
        picture, mask = photo(*size), square(*size)
        (made,) = pictures(ask(webui, image=as_text(picture), mask=as_text(mask)))
        assert made.shape == picture.shape
        assert np.array_equal(made[mask == 0], picture[mask == 0])


def test_a_seed_gives_the_same_picture_again(webui: Any, checkpoint: str) -> None:
    ask(webui)  # A1111's first picture after a change of checkpoint may be off by 1
    first, again, other = (pictures(ask(webui, seed=seed))[0] for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    drawn = ask(webui, seed=-1)["images"][0]["seed"]
    assert drawn >= 0


def test_a_saved_picture_tells_how_to_make_it_again(webui: Any, checkpoint: str) -> None:
    asked = {"prompt": 'a lawn, "green"', "negative_prompt": "grey", "masked_content": "telea", "blend": "off"}
    asked |= {"cfg_scale": 5.5, "denoising_strength": 0.6, "sampler": "Euler", "feather": 3, "save": True}
    answer = ask(webui, **asked)
    (one,) = answer["images"]
    parsed, file = webui.read(name=one["saved"])
    assert (parsed["Prompt"], parsed["Negative prompt"], parsed["Steps"]) == ('a lawn, "green"', "grey", "3")
    assert (parsed["Sampler"], parsed["Seed"], parsed["Size-1"]) == ("Euler", "7", "64")
    assert (parsed["Filled with"], parsed["Inpaint Anything"]) == ("telea", "fill")
    (made,) = pictures(answer)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(file)).convert("RGB")), made)
    for found in (parsed, parse(one["infotext"])):
        request = request_from(InpaintRequest, {name: str(value) for name, value in found.items()})
        values = {field.name: getattr(request, field.name) for field in fields_of(InpaintRequest)}
        assert np.array_equal(pictures(ask(webui, **values))[0], made)


def test_without_save_nothing_is_saved(webui: Any, checkpoint: str) -> None:
    before = webui.saved()
    assert ask(webui)["images"][0]["saved"] == ""
    assert webui.saved() == before
    assert ask(webui, save=True)["images"][0]["saved"]
    assert webui.saved() == before + 1


def test_what_img2img_is_asked_for_elsewhere_does_not_come_between(webui: Any) -> None:
    choose(webui, "tiny")
    names = ("return_grid", "return_mask", "return_mask_composite")
    for name in names:
        webui.option(name=name, value=True)
    try:
        ask(webui)  # Forge loads the checkpoint now, and writes down which
        expected = webui.state()["options"]
        made = pictures(ask(webui, batch_count=2))
        assert len(made) == 2
        assert all(np.array_equal(picture[square() == 0], photo()[square() == 0]) for picture in made)
        assert webui.state()["options"] == expected
    finally:
        for name in names:
            webui.option(name=name, value=name == "return_grid")


def test_it_leaves_nothing_behind(webui: Any) -> None:
    choose(webui, "tiny")
    ask(webui)
    before = webui.state()
    ask(webui, masked_content="telea")
    ask(webui, sampler="no such")
    assert webui.state() == before


def test_stopping_stops_the_webui(webui: Any) -> None:
    choose(webui, "tiny")
    saved = webui.saved()
    body = {"image": as_text(photo()), "mask": as_text(square()), "steps": 150, "denoising_strength": 1.0, "save": True}
    started = time.monotonic()
    _, job = webui.call(method="POST", path="/inpaint", body={**body, "width": 256, "height": 256, "batch_count": 20})
    path = f"/jobs/{job['id']}"
    while "step" not in (now := webui.call(method="GET", path=path)[1])["text"]:
        assert now["state"] in ("queued", "running"), now
        assert time.monotonic() - started < 120
        time.sleep(0.1)
    webui.call(method="DELETE", path=path)
    stopped = time.monotonic()
    while webui.call(method="GET", path=path)[1]["state"] == "running":
        assert time.monotonic() - stopped < 60
        time.sleep(0.1)
    assert webui.call(method="GET", path=path)[1]["state"] == "cancelled"
    assert webui.saved() == saved
    assert webui.get(path="/sdapi/v1/progress")["state"]["job_count"] == 0  # the WebUI is free again
    assert pictures(ask(webui))  # and the next one is not interrupted


def test_progress_and_previews_are_told(webui: Any) -> None:
    choose(webui, "tiny")
    webui.option(name="show_progress_every_n_steps", value=1)
    body = {"image": as_text(photo()), "mask": as_text(square()), "steps": 40, "width": 256, "height": 256}
    _, job = webui.call(method="POST", path="/inpaint", body=body)
    fractions, previews = set(), 0
    while (now := webui.call(method="GET", path=f"/jobs/{job['id']}")[1])["state"] in ("queued", "running"):
        fractions.add(now["progress"])
        previews = max(previews, now.get("preview", 0))
        time.sleep(0.05)
    assert now["state"] == "done", now
    assert len(fractions) > 3
    assert previews > 0


@pytest.mark.parametrize(
    ("asked", "status", "says"),
    [({"sampler": "no such"}, 422, "sampler: there is no no such; there are "), ({"scheduler": "x"}, 422, "Karras")],
)
def test_names_that_the_webui_does_not_know_are_refused(webui: Any, asked: dict, status: int, says: str) -> None:
    answer = ask(webui, **asked)
    assert answer["status"] == status
    assert says in answer["error"]


def test_an_edit_needs_a_checkpoint_for_it(webui: Any) -> None:
    choose(webui, "tiny")
    answer = ask(webui, "edit")
    assert (answer["status"], answer["code"]) == (409, "model_unavailable")
    assert "instruct-pix2pix" in answer["error"]
    assert webui.call(method="GET", path="/info")[1]["checkpoint"]["kind"] == "ordinary"


@pytest.mark.parametrize("route", ["inpaint", "outpaint"])
def test_an_instruct_pix2pix_checkpoint_is_named_where_it_cannot_fill(webui: Any, route: str) -> None:
    choose(webui, "tiny-ip2p")
    asked = {"mask": None, "feather": None, "width": None, "height": None, "left": 8} if route == "outpaint" else {}
    answer = ask(webui, route, **asked)
    if webui.kind == "a1111":  # which shows it what it takes
        assert pictures(answer)
        return
    assert (answer["status"], answer["code"]) == (409, "model_unavailable")
    assert "needs an ordinary or an inpainting checkpoint" in answer["error"]
    assert "is instruct-pix2pix" in answer["error"]


def test_an_edit_changes_all_or_what_is_masked(webui: Any) -> None:
    choose(webui, "tiny-ip2p")
    assert webui.call(method="GET", path="/info")[1]["checkpoint"]["kind"] == "edit"
    picture, mask = photo(96, 64), square(96, 64)
    given = {"image": as_text(picture), "prompt": "make it night", "text_cfg": 6.0, "image_cfg": 1.3, "save": True}
    whole = ask(webui, "edit", mask=None, **given)
    (made,) = pictures(whole)
    assert made.shape == picture.shape
    assert (made != picture).any(axis=-1).mean() > 0.9
    parsed, _ = webui.read(name=whole["images"][0]["saved"])
    request = request_from(EditRequest, {name: str(value) for name, value in parsed.items()})
    assert (request.text_cfg, request.image_cfg, request.prompt) == (6.0, 1.3, "make it night")
    (part,) = pictures(ask(webui, "edit", **{**given, "mask": as_text(mask)}))
    assert np.array_equal(part[mask == 0], picture[mask == 0])
    assert (part[mask > 0] != picture[mask > 0]).any()


def test_what_an_eraser_made_is_saved_with_what_made_it(webui: Any) -> None:
    body = {"image": as_text(photo()), "mask": as_text(square()), "eraser": "telea", "save": True}
    _, answer = webui.call(method="POST", path="/erase?wait=60", body=body)
    parsed, file = webui.read(name=answer["saved"])
    assert (parsed["Eraser"], parsed["Inpaint Anything"], parsed["Size-1"]) == ("telea", "remove", "64")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(file)).convert("RGB")), as_pixels(answer["image"]["data"]))
