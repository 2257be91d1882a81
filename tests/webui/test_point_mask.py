"""The point mask script in a real A1111 or Forge, with small checkpoints."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from pictures import IMG2IMG, as_pixels, as_text, asks, body, example, photo, pixels, refusal, square

from lib_inpaint.schema import PointMaskRequest, fields_of

TITLE = "Inpaint Anything: point mask"
DEFAULTS = {field.name: field.default for field in fields_of(PointMaskRequest)}
TEN = ["Euler", "Euler a", "Heun", "LMS", "DPM2", "DPM++ 2M", "DPM++ 2M SDE", "DPM++ SDE", "DDIM", "PLMS"]


def ask(**values: Any) -> dict[str, Any]:
    """Click on the square; the mask comes with the results."""
    given = {"points": "32,32", "segmenter": "classic", "blend": "off", "show_mask": True, **values}
    return asks(TITLE, PointMaskRequest, **given)


def run(webui: Any, script: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """One request. `script` has the script's arguments, with None it is not used."""
    chosen = {} if script is None else ask(**script)
    return webui.post(path=IMG2IMG, body={**body(webui, **changes), **chosen})


def by_hand(only_masked: bool = True, **changes: Any) -> dict[str, Any]:
    """What img2img inpaint is told for the mask of the square."""
    told = {"mask": as_text(square()), "inpainting_fill": 1, "inpaint_full_res": only_masked}
    return {**told, "inpaint_full_res_padding": 32, **changes}


def outside_is_the_picture(answer: dict[str, Any]) -> None:
    *made, shown = pixels(answer)
    mask = shown[..., 0]
    assert 0 < np.count_nonzero(mask) < mask.size
    for picture in made:
        assert np.array_equal(picture[mask == 0], photo()[mask == 0])
        assert np.abs(picture.astype(int) - photo())[mask > 0].max() > 20


# The same as by hand


@pytest.mark.parametrize("checkpoint", ["tiny", "tiny-inpainting"])
@pytest.mark.parametrize("sampler", [*TEN, "UniPC"])
def test_it_is_img2img_inpaint_with_that_mask_bit_for_bit(webui, sampler: str, checkpoint: str) -> None:
    told = {"checkpoint": checkpoint, "sampler_name": sampler, "steps": 5}
    run(webui, **told)  # A1111's first picture after a change of checkpoint may be off by 1
    ours, stock = run(webui, {}, **told), run(webui, **told, **by_hand())
    assert np.array_equal(pixels(ours)[1][..., 0], square())
    assert np.array_equal(pixels(ours)[0], pixels(stock)[0])
    assert ours["rows"] == stock["rows"] > 0
    outside_is_the_picture(ours)
    assert ours["left_behind"] == []


SETTINGS = {
    "the whole picture": ({"only_masked": False}, by_hand(only_masked=False), {}),
    "padding": ({"padding": 3}, by_hand(inpaint_full_res_padding=3), {}),
    "fill": ({"masked_content": "fill"}, by_hand(inpainting_fill=0), {}),
    "latent noise": ({"masked_content": "latent noise"}, by_hand(inpainting_fill=2), {}),
    "latent nothing": ({"masked_content": "latent nothing"}, by_hand(inpainting_fill=3), {}),
    "inverted": ({"invert": True}, by_hand(mask=as_text(255 - square())), {}),
    "mask blur": ({"blend": "mask blur"}, by_hand(), {"mask_blur": 6}),
    "mask blur, whole": ({"blend": "mask blur", "only_masked": False}, by_hand(only_masked=False), {"mask_blur": 6}),
    "batches": ({}, by_hand(), {"batch_size": 2, "n_iter": 2}),
    "another size": ({}, by_hand(), {"width": 96, "height": 72}),
    "another size, whole": ({"only_masked": False}, by_hand(only_masked=False), {"width": 96, "height": 72}),
    "crop and resize": ({"only_masked": False}, by_hand(only_masked=False), {"width": 96, "resize_mode": 1}),
    "a mask that is not asked for": ({}, by_hand(), {"mask": as_text(255 - square()), "inpainting_mask_invert": 1}),
}


@pytest.mark.parametrize(("script", "stock", "both"), SETTINGS.values(), ids=SETTINGS)
def test_so_it_is_with_other_settings(webui, script: dict, stock: dict, both: dict) -> None:
    run(webui, script, **both)  # A1111's first picture of a kind may be off by 1
    ours = run(webui, script, **both)
    theirs = run(webui, **{**both, "inpainting_mask_invert": 0, **stock})
    made, expected = pixels(ours)[:-1], pixels(theirs)
    assert len(made) == len(expected) == both.get("batch_size", 1) * both.get("n_iter", 1)
    assert all(np.array_equal(one, other) for one, other in zip(made, expected))
    assert ours["rows"] == theirs["rows"]


# What is pointed at


WAYS = {
    "parts": {"points": "0.5,0.5"},
    "per cent": {"points": "50%,50%; -5%,5%"},
    "JSON": {"points": "[[32, 32], [3, 3, 0]]"},
    "objects": {"points": json.dumps({"objects": [{"points": [[32, 32, 1]]}]})},
    "a box": {"points": "", "box": "18,18,46,46"},
    "a box in parts": {"points": "", "box": "0.28,0.28,0.72,0.72"},
    "a rough mask": {"points": "", "use_mask": True},
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_square_is_found_in_every_way(webui, way: dict) -> None:
    rough = np.zeros((64, 64), np.uint8)
    rough[27:36, 23:41] = 255
    answer = run(webui, way, mask=as_text(rough))
    assert np.array_equal(pixels(answer)[1][..., 0], square())


def test_grow_and_feather_are_the_masks_and_it_blends_by_it(webui) -> None:
    answer = run(webui, {"grow": 2, "feather": 6, "only_masked": False})
    mask = pixels(answer)[1][..., 0]
    assert (mask[18:46, 32] == 255).all()
    assert (np.diff(mask[46:53, 32].astype(int)) < 0).all()
    assert mask[53, 32] == 0
    outside_is_the_picture(answer)
    bare = run(webui, {"grow": 2, "feather": 6, "only_masked": False}, override_settings={"overlay_inpaint": False})
    weight = mask[..., None] / 255
    expected = pixels(bare)[0] * weight + photo() * (1 - weight)
    assert np.abs(pixels(answer)[0] - expected).max() <= 1


@pytest.mark.parametrize("whole", [False, True])
def test_every_picture_has_its_own_mask(webui, whole: bool) -> None:
    moved = np.roll(photo(), 12, axis=1)
    script = {"points": "34,32", "only_masked": not whole}
    both = run(webui, script, init_images=[as_text(photo()), as_text(moved)], batch_size=2, n_iter=2)
    found = pixels(both)
    assert len(found) == 6
    assert np.array_equal(found[2][..., 0], square())
    assert np.array_equal(found[5][..., 0], np.roll(square(), 12, axis=1))
    for number, picture in enumerate((photo(), moved)):
        for turn in range(2):
            alone = run(webui, script, init_images=[as_text(picture)], seed=7 + number + 2 * turn)
            assert np.array_equal(found[3 * number + turn], pixels(alone)[0])
            assert both["info"]["all_seeds"][2 * number + turn] == 7 + number + 2 * turn


@pytest.mark.parametrize("eraser", ["telea", "exemplar", "neutral"])
def test_masked_content_may_be_an_erasers(webui, eraser: str) -> None:
    answer = run(webui, {"masked_content": eraser})
    outside_is_the_picture(answer)
    plain = run(webui, {})
    assert (pixels(answer)[0] != pixels(plain)[0]).any()
    pure = pixels(run(webui, {"masked_content": eraser}, denoising_strength=0))[0]
    assert np.abs(pure.astype(int) - [250, 30, 30])[24:40, 24:40].max(axis=2).min() > 40, "nothing of the red is left"


# Parameters


VALUES = {
    "points": "0.5,0.5; -1,2",
    "box": "18,18,46,46",
    "segmenter": "classic",
    "grow": 1,
    "feather": 3,
    "masked_content": "telea",
    "only_masked": False,
    "padding": 8,
    "blend": "differential",
    "show_mask": True,
    "invert": True,
}


def test_its_parameters_are_complete_and_can_be_pasted(webui) -> None:
    for values in (VALUES, {"points": "32,32", "segmenter": "classic", "blend": "mask blur", "show_mask": False}):
        text = run(webui, values)["info"]["infotexts"][0]
        pasted = dict(zip(DEFAULTS, webui.pasted(title=TITLE, text=text)))
        assert {name: pasted[name] for name in DEFAULTS} == {
            name: value if isinstance(value, (bool, str)) else pytest.approx(value)
            for name, value in {**DEFAULTS, **values}.items()
        }
    other = run(webui)["info"]["infotexts"][0]
    assert set(webui.pasted(title=TITLE, text=other)) == {None}


def test_its_parameters_name_what_auto_was(webui) -> None:
    text = run(webui, {"segmenter": "auto", "masked_content": "auto"})["info"]["infotexts"][0]
    pasted = dict(zip(DEFAULTS, webui.pasted(title=TITLE, text=text)))
    _, models = webui.call(method="GET", path="/models")
    ready = {model["name"]: model["kind"] for model in models["models"] if model["ready"]}
    assert (ready[pasted["segmenter"]], ready[pasted["masked_content"]]) == ("segmenter", "eraser")


def test_a_checkpoint_that_cannot_inpaint_is_named(webui) -> None:
    answer = run(webui, {}, checkpoint="tiny-ip2p")
    if webui.kind == "a1111":  # which shows it what it takes
        outside_is_the_picture(answer)
        return
    assert (answer["status"], answer["calls"]) == (409, 0)
    assert "needs an ordinary or an inpainting checkpoint, but forge-tiny-ip2p is instruct-pix2pix" in refusal(answer)


def test_the_webui_describes_its_arguments(webui) -> None:
    (info,) = [one for one in webui.get(path="/sdapi/v1/script-info") if one["name"] == TITLE.lower()]
    assert info["is_img2img"]
    assert [argument["label"] for argument in info["args"]] == [field.label for field in fields_of(PointMaskRequest)]
    assert [argument["value"] for argument in info["args"]] == list(DEFAULTS.values())
    choices = dict(zip(DEFAULTS, (argument["choices"] for argument in info["args"])))
    assert {"original", "latent noise", "auto", "lama", "exemplar"} <= set(np.ravel(choices["masked_content"]))
    assert set(np.ravel(choices["blend"])) == {"off", "differential", "mask blur"}
    assert {"auto", "classic"} <= set(np.ravel(choices["segmenter"]))


WRONG = {
    "nothing": ({"points": ""}, 422, "Nothing is selected"),
    "no point": ({"points": "here"}, 422, "is not a point"),
    "a point outside": ({"points": "64,0"}, 422, "outside the picture, which is 64x64"),
    "no box": ({"box": "1,2,3"}, 422, "is not a box"),
    "a box inside out": ({"box": "40,40,20,20"}, 422, "inside out"),
    "only excluding": ({"points": "-5,5"}, 422, "Nothing is selected"),
    "no such segmenter": ({"segmenter": "sam_vit_z"}, 404, "did you mean"),
    "no such content": ({"masked_content": "telae"}, 404, "did you mean 'telea'"),
    "a missing model file": ({"masked_content": "lama"}, 409, "big-lama.pt is not there"),
    "no detector": ({"text": "a square"}, 409, "To fetch it: inpaint-anything models download"),
    "no mask for a hint": ({"use_mask": True}, 422, "There is no mask"),
    "nothing left": ({"grow": -100}, 422, "The mask is empty"),
    "an unknown blend": ({"blend": "soft"}, 422, "blend"),
    "out of range": ({"feather": 1000}, 422, "feather"),
}


@pytest.mark.parametrize(("script", "status", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_in_words_before_any_sampling(webui, script: dict, status: int, words: str) -> None:
    answer = run(webui, script)
    assert answer["status"] == status
    assert words in refusal(answer)
    assert answer["rows"] == 0


def test_arguments_of_a_wrong_number_are_refused(webui) -> None:
    answer = webui.post(path=IMG2IMG, body={**body(webui), "script_name": TITLE, "script_args": ["32,32", ""]})
    assert answer["status"] == 422
    assert f"{len(DEFAULTS)} are needed, in this order: points" in refusal(answer)


# No trace


def test_nothing_is_left_after_a_run_an_exception_an_interrupt_and_a_refusal(webui) -> None:
    plain, before = run(webui, **by_hand()), webui.state()
    for blend in ("off", "mask blur", "differential"):
        script = {"blend": blend, "feather": 4, "masked_content": "telea"}
        for changes in ({}, {"break_at": 2, "break_how": "raise"}, {"break_at": 2, "break_how": "interrupt"}):
            answer = webui.post(path=IMG2IMG, body={**body(webui), **ask(**script)}, **changes)
            assert answer["status"] == (500 if changes.get("break_how") == "raise" else 200)
            assert answer["left_behind"] == []
            if changes.get("break_how") == "interrupt":
                outside_is_the_picture(answer)
        assert run(webui, {"points": "here"})["status"] == 422
    assert webui.state() == before
    assert np.array_equal(pixels(run(webui, **by_hand()))[0], pixels(plain)[0])


def test_an_interrupt_ends_a_run_of_several_pictures(webui) -> None:
    images = [as_text(np.roll(photo(), shift, axis=1)) for shift in (0, 4, 8)]
    request = {**body(webui, init_images=images, n_iter=2), **ask()}
    answer = webui.post(path=IMG2IMG, body=request, break_at=3, break_how="interrupt")
    assert answer["status"] == 200
    assert len(answer["images"]) == 2, "one picture and its mask"


def test_a_dozen_at_once_do_not_meet(webui) -> None:
    places = [(x, y) for y in (-15, 15) for x in range(-18, 18, 6)]
    pictures = [np.roll(photo(), (y, x), axis=(0, 1)) for x, y in places]
    bodies = []
    for number, ((x, y), picture) in enumerate(zip(places, pictures)):
        point = f"{32 + x},{32 + y}"
        bodies.append({**body(webui, init_images=[as_text(picture)], seed=number, steps=2), **ask(points=point)})
    for (status, images), picture, request in zip(webui.post_all(path=IMG2IMG, bodies=bodies), pictures, bodies):
        assert status == 200
        made, mask = (as_pixels(image) for image in images)
        thing = (picture == [250, 30, 30]).all(axis=2)
        assert np.count_nonzero(thing & (mask[..., 0] > 0)) > 0.9 * np.count_nonzero(thing | (mask[..., 0] > 0))
        assert np.array_equal(made[mask == 0], picture[mask == 0])
        alone = pixels(webui.post(path=IMG2IMG, body=request))[0]
        assert np.array_equal(made, alone)


@pytest.mark.parametrize("only_masked", [True, False])
def test_a_picture_of_one_pixel(webui, only_masked: bool) -> None:
    script = {"points": "0,0", "only_masked": only_masked}
    answer = run(webui, script, init_images=[as_text(photo()[:1, :1])])
    made, mask = pixels(answer)
    assert mask.shape == (1, 1, 3)
    assert made.shape == ((1, 1, 3) if only_masked else (64, 64, 3))


def test_a_very_large_picture_gives_its_memory_back(webui) -> None:
    """Up to what the service keeps of encoded pictures, which a second picture of that size takes nothing of."""
    plain = run(webui, **by_hand())
    after = []
    for shift in (0, 64):
        large = np.roll(photo(8000, 6000), shift, axis=1)
        script = {
            "points": "4000,3000",
            "masked_content": "telea",
            "padding": 0,
            "blend": "differential",
            "feather": 40,
        }
        answer = run(webui, script, init_images=[as_text(large)])
        made, mask = pixels(answer)
        assert made.shape == (6000, 8000, 3)
        assert np.array_equal(made[mask == 0], large[mask == 0])
        assert answer["seconds"] < 120
        after.append(webui.memory())
    print(f"{after[0] >> 20} MiB after one, {after[1] >> 20} MiB after two, {answer['seconds']:.1f} s")
    assert after[1] - after[0] < (300 << 20), "no more than one encoded picture of that size"
    assert np.array_equal(pixels(run(webui, **by_hand()))[0], pixels(plain)[0])


def test_the_pages_example_runs(webui) -> None:
    request = example("point mask example")
    request |= {"init_images": [as_text(photo(640, 480))], "width": 64, "height": 64, "steps": 2}
    request |= {"override_settings": body(webui)["override_settings"]}
    assert pixels(webui.post(path=IMG2IMG, body=request))[0].shape == (480, 640, 3)
