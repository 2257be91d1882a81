"""The LaMa pre-fill script in a real A1111 or Forge, with fillers that need no weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pictures import IMG2IMG, as_pixels, as_text, asks, body, example, photo, pixels, refusal, square

from lib_inpaint.filling.fill import blend
from lib_inpaint.schema import FillRequest, PrefillRequest, fields_of
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

TITLE = "Inpaint Anything: LaMa pre-fill"
DEFAULTS = {field.name: field.default for field in fields_of(PrefillRequest)}
TEN = ["Euler", "Euler a", "Heun", "LMS", "DPM2", "DPM++ 2M", "DPM++ 2M SDE", "DPM++ SDE", "DDIM", "PLMS"]


def run(webui: Any, script: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """One request with the mask of the square. `script` has the script's arguments, with None it is not used."""
    asked = {} if script is None else asks(TITLE, PrefillRequest, **{"eraser": "telea", "blend": "off", **script})
    told = {"mask": as_text(square()), "inpaint_full_res": False, "inpainting_fill": 1, **changes}
    return webui.post(path=IMG2IMG, body={**body(webui, **told), **asked})


def filled(mask: np.ndarray | None = None, **how: Any) -> np.ndarray:
    """What the service gives for the same, here and not in the WebUI; by default for the square."""
    mask = square() if mask is None else mask
    return Service(Standalone()).prefill(photo(), mask, FillRequest(**{"eraser": "telea", **how})).image


@pytest.mark.parametrize("checkpoint", ["tiny", "tiny-inpainting"])
@pytest.mark.parametrize("sampler", [*TEN, "UniPC"])
def test_it_is_img2img_inpaint_of_the_filled_picture_bit_for_bit(webui, sampler: str, checkpoint: str) -> None:
    told = {"checkpoint": checkpoint, "sampler_name": sampler, "steps": 5}
    run(webui, **told)  # A1111's first picture after a change of checkpoint may be off by 1
    ours = run(webui, {}, **told)
    stock = run(webui, init_images=[as_text(filled())], **told)
    assert np.array_equal(pixels(ours)[0], pixels(stock)[0])
    assert ours["rows"] == stock["rows"] > 0
    assert np.array_equal(pixels(ours)[0][square() == 0], photo()[square() == 0])
    assert ours["left_behind"] == []


@pytest.mark.parametrize("eraser", ["telea", "exemplar", "navier-stokes", "blur", "neutral"])
@pytest.mark.parametrize("only_masked", [True, False])
def test_denoising_0_is_the_pure_fill(webui, eraser: str, only_masked: bool) -> None:
    answer = run(webui, {"eraser": eraser}, denoising_strength=0, inpaint_full_res=only_masked, batch_size=2, n_iter=2)
    made = pixels(answer)
    assert len(made) == 4
    assert all(np.array_equal(picture, filled(eraser=eraser)) for picture in made)
    assert answer["rows"] == 0


def test_denoising_0_of_a_soft_mask_is_the_fill_blended_by_it(webui) -> None:
    soft = np.minimum(square(), np.arange(64, dtype=np.uint8)[None] * 6)
    answer = run(webui, {"show_filled": True}, denoising_strength=0, mask=as_text(soft))
    expected = blend(photo(), filled(soft), soft)
    assert np.array_equal(pixels(answer)[0], expected)
    assert np.array_equal(pixels(answer)[1], expected), "what is shown"


@pytest.mark.parametrize("strength", [0, 0.75])
def test_mask_blur_is_img2imgs(webui, strength: float) -> None:
    told = {"mask_blur": 4, "inpaint_full_res": True, "denoising_strength": strength}
    made = pixels(run(webui, {"blend": "mask blur"}, **told))[0]
    sharp = pixels(run(webui, {"blend": "off"}, **told))[0]
    edge = np.abs(made.astype(int) - sharp).max(axis=(2))
    assert edge[20:44, 18:23].max() > 10
    if strength == 0:
        assert edge[31:33, 31:33].max() == 0
    far = np.zeros((64, 64), bool)
    far[:6] = far[-6:] = True
    assert np.array_equal(made[far], photo()[far])


@pytest.mark.parametrize("blending", ["off", "differential"])
def test_only_masked_leaves_the_rest_as_it_is(webui, blending: str) -> None:
    told = {"inpaint_full_res": True, "inpaint_full_res_padding": 4, "width": 96, "height": 96}
    answer = run(webui, {"blend": blending}, **told)
    (made,) = pixels(answer)
    assert made.shape == (64, 64, 3)
    assert np.array_equal(made[square() == 0], photo()[square() == 0])
    assert (made != filled())[square() > 0].any()


MASKS = {
    "uploaded": {"mask": as_text(square())},
    "inverted": {"mask": as_text(255 - square()), "inpainting_mask_invert": 1},
    "alpha": {"mask": as_text(np.dstack([photo(), square()]))},
}


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_a_mask_of_any_kind(webui, mask: dict) -> None:
    assert np.array_equal(pixels(run(webui, {}, denoising_strength=0, **mask))[0], filled())


def test_its_own_settings_reach_the_service(webui) -> None:
    how = {"large_image": "original", "refine": True}
    answer = run(webui, how, denoising_strength=0)
    assert np.array_equal(pixels(answer)[0], filled(**how))


VALUES = {"eraser": "telea", "large_image": "crop", "crop_trigger": 50, "crop_margin": 9, "resize_limit": 640}


def test_its_parameters_are_complete_and_can_be_pasted(webui) -> None:
    for values in ({**VALUES, "refine": True, "blend": "differential", "show_filled": True}, {"blend": "mask blur"}):
        text = run(webui, {"eraser": "telea", **values})["info"]["infotexts"][0]
        pasted = dict(zip(DEFAULTS, webui.pasted(title=TITLE, text=text)))
        expected = {**DEFAULTS, "eraser": "telea", **values}
        assert {name: pasted[name] for name in DEFAULTS} == {
            name: value if isinstance(value, (bool, str)) else pytest.approx(value) for name, value in expected.items()
        }


def test_the_webui_describes_its_arguments(webui) -> None:
    (info,) = [one for one in webui.get(path="/sdapi/v1/script-info") if one["name"] == TITLE.lower()]
    assert [argument["label"] for argument in info["args"]] == [field.label for field in fields_of(PrefillRequest)]
    assert {"auto", "lama", "telea"} <= set(np.ravel(info["args"][0]["choices"]))


WRONG = {
    "a missing model file": ({"eraser": "lama"}, {}, 409, "big-lama.pt is not there"),
    "no such eraser": ({"eraser": "lame"}, {}, 404, "did you mean 'lama'"),
    "no mask": ({}, {"mask": None}, 422, "There is nothing to fill"),
    "an empty mask": ({}, {"mask": as_text(square() * 0)}, 422, "There is nothing to fill"),
    "latent upscale": ({}, {"resize_mode": 3, "width": 128}, 422, "choose another resize mode"),
    "out of range": ({"crop_margin": 9999}, {}, 422, "crop_margin"),
}


@pytest.mark.parametrize(("script", "changes", "status", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_in_words_before_any_sampling(
    webui, script: dict, changes: dict, status: int, words: str
) -> None:
    answer = run(webui, script, **changes)
    assert answer["status"] == status
    assert words in refusal(answer)
    assert answer["rows"] == 0


def test_nothing_is_left_after_a_run_an_exception_and_an_interrupt(webui) -> None:
    plain, before = run(webui), webui.state()
    script = asks(TITLE, PrefillRequest, eraser="telea", blend="differential")
    for strength in (0.75, 0):
        for changes in ({}, {"break_at": 2, "break_how": "raise"}, {"break_at": 2, "break_how": "interrupt"}):
            told = {"mask": as_text(square()), "denoising_strength": strength}
            answer = webui.post(path=IMG2IMG, body={**body(webui, **told), **script}, **changes)
            is_broken = changes.get("break_how") == "raise" and strength
            assert answer["status"] == (500 if is_broken else 200)
            assert answer["left_behind"] == []
            if not is_broken:
                assert np.array_equal(pixels(answer)[0][square() == 0], photo()[square() == 0])
    assert webui.state() == before
    assert np.array_equal(pixels(run(webui))[0], pixels(plain)[0])


def test_a_dozen_at_once_do_not_meet(webui) -> None:
    masks = [np.roll(square(), 3 * shift, axis=1) for shift in range(-6, 6)]
    script = asks(TITLE, PrefillRequest, eraser="telea", blend="off")
    bodies = [
        {**body(webui, mask=as_text(mask), seed=number, steps=2, denoising_strength=0.75 * (number % 2)), **script}
        for number, mask in enumerate(masks)
    ]
    answers = webui.post_all(path=IMG2IMG, bodies=bodies)
    for number, ((status, images), mask) in enumerate(zip(answers, masks)):
        assert status == 200
        made = as_pixels(images[0])
        if number % 2:
            assert np.array_equal(made[mask == 0], photo()[mask == 0])
            (alone,) = pixels(webui.post(path=IMG2IMG, body=bodies[number]))
            # but for rounding: attention in pieces sums in an order that free memory decides
            assert np.abs(made.astype(int) - alone).max() <= 3, "another one's seed or mask would differ by tens"
        else:
            assert np.array_equal(made, filled(mask))


@pytest.mark.parametrize("only_masked", [True, False])
def test_a_picture_of_one_pixel(webui, only_masked: bool) -> None:
    one = {"init_images": [as_text(photo()[:1, :1])], "mask": as_text(np.full((1, 1), 255, np.uint8))}
    (made,) = pixels(run(webui, {}, inpaint_full_res=only_masked, **one))
    assert made.shape == ((1, 1, 3) if only_masked else (64, 64, 3))


def test_a_very_large_picture_gives_its_memory_back(webui) -> None:
    large, mask = photo(8000, 6000), np.zeros((6000, 8000), np.uint8)
    mask[2900:3100, 3900:4100] = 255
    run(webui, {})
    before = webui.memory()
    for strength in (0.75, 0):
        told = {"init_images": [as_text(large)], "mask": as_text(mask), "denoising_strength": strength}
        answer = run(webui, {"blend": "differential"}, inpaint_full_res=True, **told)
        (made,) = pixels(answer)
        assert made.shape == large.shape
        assert np.array_equal(made[mask == 0], large[mask == 0])
        print(f"{(webui.memory() - before) >> 20} MiB more, {answer['seconds']:.1f} s")
    assert webui.memory() - before < (150 << 20), "less than one picture of that size"


def test_the_pages_example_runs(webui) -> None:
    request = example("LaMa pre-fill example")
    request |= {"init_images": [as_text(photo())], "mask": as_text(square()), "width": 64, "height": 64, "steps": 2}
    request |= {"override_settings": body(webui)["override_settings"]}
    assert pixels(webui.post(path=IMG2IMG, body=request))[0].shape == (64, 64, 3)
