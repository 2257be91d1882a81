"""The outpainting script in a real A1111 or Forge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pictures import IMG2IMG, as_pixels, as_text, asks, body, example, photo, pixels, refusal
from skimage import data

from lib_inpaint.filling.outpaint import extended, place
from lib_inpaint.filling.windows import plan_windows
from lib_inpaint.geometry import Box, Size
from lib_inpaint.models import registry
from lib_inpaint.schema import SIDES, ExtendRequest, OutpaintRequest, fields_of
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

TITLE = "Inpaint Anything: outpaint"
DEFAULTS = {field.name: field.default for field in fields_of(OutpaintRequest)}
BLEND = 8  # pixels inside the old edge, with the default mask blur
OFF_BY_ROUNDING = 1  # of 255: the same sum in another order


def request(webui: Any, script: dict[str, Any] | list[Any], picture: np.ndarray | None = None, **changes: Any) -> dict:
    """`script` has the script's arguments that are not at their default, or is all its arguments."""
    changes = {"steps": 2, "init_images": [as_text(photo() if picture is None else picture)], **changes}
    if isinstance(script, list):
        return {**body(webui, **changes), "script_name": TITLE, "script_args": script}
    return {**body(webui, **changes), **asks(TITLE, OutpaintRequest, **{"masked_content": "edge", **script})}


def run(webui: Any, script: dict[str, Any] | list[Any], picture: np.ndarray | None = None, **more: Any) -> dict:
    breaking = {name: more.pop(name) for name in ("break_at", "break_how") if name in more}
    return webui.post(path=IMG2IMG, body=request(webui, script, picture, **more), **breaking)


def windows(picture: np.ndarray, side: int, **margins: int) -> list[Box]:
    """Where the script samples, on the canvas."""
    step = ExtendRequest(**margins)
    size = Size.of(picture)
    return plan_windows(extended(size, step), place(size, step), side)


def edges(picture: np.ndarray, left: int = 0, right: int = 0, up: int = 0, down: int = 0) -> np.ndarray:
    return np.pad(picture, ((up, down), (left, right), (0, 0)), mode="edge")


# Sizes, and what stays


ODD = {
    "1 on all sides": ({}, 1, (61, 47)),
    "7 to the left": ({"direction": ["left"]}, 7, (64, 64)),
    "33 up and down": ({"direction": ["up", "down"]}, 33, (63, 65)),
    "as much as it is wide": ({"direction": ["left", "right", "down"]}, 64, (64, 64)),
    "256 to the right": ({"direction": ["right"]}, 256, (40, 57)),
    "in two rounds": ({"rounds": 2}, 5, (31, 33)),
    "of one pixel": ({}, 3, (1, 1)),
    "of one row": ({"blend": "differential"}, 9, (90, 1)),
}


@pytest.mark.parametrize("blend", ["off", "differential", "mask blur"])
@pytest.mark.parametrize(("script", "amount", "size"), ODD.values(), ids=ODD)
def test_the_size_is_exact_and_so_is_the_picture_inside(webui, script: dict, amount: int, size: tuple, blend) -> None:
    picture = photo(*size)
    script = {"window": 64, "blend": blend, **script}
    (made,) = pixels(run(webui, {**script, "pixels": amount}, picture))
    sides = script.get("direction", SIDES)
    left, right, up, down = (amount * script.get("rounds", 1) * (side in sides) for side in SIDES)
    width, height = size
    assert made.shape == (height + up + down, width + left + right, 3)
    kept = BLEND if script["blend"] != "off" else 0
    inner = slice(kept * (up > 0), height - kept * (down > 0)), slice(kept * (left > 0), width - kept * (right > 0))
    assert np.array_equal(made[up : up + height, left : left + width][inner], picture[inner])
    changed = (made != edges(picture, left, right, up, down)).any(axis=2)
    assert changed.mean() > 0.05


SIZES = {
    "exact": ({"left": 3, "down": 11}, (75, 67)),
    "a target": ({"width": 93, "height": 65}, (65, 93)),
    "a ratio": ({"aspect_ratio": "16:9"}, (64, 114)),
    "a ratio in rounds": ({"aspect_ratio": "2:1", "rounds": 3}, (64, 128)),
}


@pytest.mark.parametrize(("script", "shape"), SIZES.values(), ids=SIZES)
def test_other_ways_to_say_the_size(webui, script: dict, shape: tuple) -> None:
    assert pixels(run(webui, script))[0].shape == (*shape, 3)


@pytest.mark.parametrize("checkpoint", ["tiny", "tiny-inpainting"])
@pytest.mark.parametrize("sampler", ["Euler a", "DPM++ 2M SDE", "DPM++ SDE", "DDIM", "UniPC", "Restart"])
@pytest.mark.parametrize("blend", ["mask blur", "differential"])
def test_with_any_sampler_and_checkpoint(webui, sampler: str, checkpoint: str, blend: str) -> None:
    told = {"sampler_name": sampler, "checkpoint": checkpoint, "steps": 5}
    answer = run(webui, {"pixels": 16, "window": 64, "blend": blend}, **told)
    (made,) = pixels(answer)
    assert np.array_equal(made[24:72, 24:72], photo()[8:56, 8:56])
    assert np.ptp(made[:16]) > 20
    assert answer["rows"] > 0
    assert answer["left_behind"] == []


@pytest.mark.parametrize("content", ["fill", "original", "latent noise", "latent nothing", "auto", "mirror", "telea"])
def test_masked_content_is_what_denoising_0_gives(webui, content: str) -> None:
    script = {"pixels": 16, "direction": ["right"], "masked_content": content}
    answer = run(webui, script, denoising_strength=0)
    (made,) = pixels(answer)
    new = made[:, 64:]
    assert np.array_equal(made[:, :64], photo())
    assert answer["rows"] == 0
    if content == "original":
        assert not new.any()
    elif content == "mirror":
        assert np.array_equal(new, photo()[:, :-17:-1])
    else:
        assert np.abs(new.mean(axis=1) - photo()[:, -16:].mean(axis=1)).mean() < 40
    assert not np.array_equal(pixels(run(webui, script))[0][:, 64:], new)


def test_denoising_0_shows_the_eraser_the_picture_in_full(webui) -> None:
    """And so gives what is extended without a checkpoint; what is sampled needs no such detail to start from."""
    picture, script = np.asarray(data.coffee()), {"right": 96, "masked_content": "auto", "window": 64}
    (pure,) = pixels(run(webui, script, picture, denoising_strength=0))
    assert np.array_equal(pure, Service(Standalone()).extend(picture, ExtendRequest(right=96)).image)
    answer = run(webui, {**script, "show_steps": True}, picture, break_at=1, break_how="interrupt")
    _, start, _ = pixels(answer)
    assert np.array_equal(start[:, :-96], picture)
    full, less = (np.abs(np.diff(made[:, -96:].astype(float), axis=0)).mean() for made in (pure, start))
    assert 0.1 * full < less < 0.8 * full


# Windows


def test_each_window_sees_what_the_one_before_made(webui) -> None:
    picture, script = photo(200, 64), {"down": 32, "window": 128}
    boxes = windows(picture, 128, down=32)
    assert len(boxes) > 1
    answer = run(webui, script, picture)
    assert answer["calls"] == len(boxes) * run(webui, {"down": 8}, photo(64, 56))["calls"]
    assert answer["pixels"] == answer["rows"] // len(boxes) * sum(box.size.area for box in boxes)
    first = run(webui, script, picture, break_at=answer["calls"] // len(boxes) + 1, break_how="interrupt")
    size = Size(200, 96)
    before, after = (box.clip(size) for box in boxes[:2])
    (made,), (whole,) = pixels(first), pixels(answer)
    done = slice(before.top, before.bottom), slice(before.left, after.left - BLEND)
    assert np.array_equal(made[done], whole[done])


def test_stopped_half_way_it_gives_what_is_done_and_the_pre_fill(webui) -> None:
    picture, script = photo(300, 64), {"down": 32, "window": 128, "rounds": 2}
    boxes = windows(picture, 128, down=32)
    assert len(boxes) >= 3
    each = run(webui, {"down": 8}, photo(64, 56))["calls"]
    answer = run(webui, script, picture, n_iter=2, break_at=each + 1, break_how="interrupt")
    (made,) = pixels(answer)
    prefilled = edges(picture, down=32)
    assert made.shape == prefilled.shape
    done = boxes[0].clip(Size.of(made))
    begun = max(boxes[1].right, done.right)
    assert not np.array_equal(made[64:, : done.right - BLEND], prefilled[64:, : done.right - BLEND])
    assert np.array_equal(made[:, begun + BLEND :], prefilled[:, begun + BLEND :])
    assert len(answer["info"]["infotexts"]) == len(answer["images"]) == 1
    assert answer["info"]["infotexts"][0].endswith(", Outpaint interrupted: True")


def test_a_picture_that_is_skipped_ends_and_the_next_is_made(webui) -> None:
    picture, script = photo(300, 64), {"down": 32, "window": 128}
    whole = run(webui, script, picture, n_iter=2)
    skipped = run(webui, script, picture, n_iter=2, break_at=2, break_how="skip")
    (one, two), (complete, other) = pixels(skipped), pixels(whole)
    assert np.array_equal(two, other)
    assert np.array_equal(one[:, -64:], edges(picture, down=32)[:, -64:])
    assert not np.array_equal(one, complete)
    assert skipped["calls"] < whole["calls"]


def test_stop_after_the_current_one_is_honoured(webui) -> None:
    picture, script = photo(300, 64), {"down": 32, "window": 128}
    whole = pixels(run(webui, script, picture))
    answer = run(webui, script, picture, n_iter=3, break_at=2, break_how="stop_generating")
    assert np.array_equal(pixels(answer), whole), "one, to its end"
    assert "interrupted" not in answer["info"]["infotexts"][0]


def test_a_large_picture_is_sampled_in_bounded_windows(webui) -> None:
    picture = photo(700, 500)
    answer = run(webui, {"pixels": 16, "window": 128}, picture, steps=1)
    boxes = windows(picture, 128, left=16, right=16, up=16, down=16)
    assert pixels(answer)[0].shape == (532, 732, 3)
    assert answer["pixels"] / answer["rows"] <= max(box.size.area for box in boxes) <= 128 * 128 * 4 / 3
    assert answer["pixels"] <= 2 * sum(box.size.area for box in boxes), "prompt and negative prompt, one step"
    assert sum(box.size.area for box in boxes) < 532 * 732


# Batches, seeds, parameters


def test_batch_size_and_count_give_the_pictures_of_their_seeds(webui) -> None:
    script = {"pixels": 16, "window": 64}
    answer = run(webui, script, batch_size=2, n_iter=2)
    several = pixels(answer)
    assert len(several) == 4
    assert answer["info"]["all_seeds"] == [7, 8, 9, 10]
    for number in range(4):
        assert f"Seed: {7 + number}," in answer["info"]["infotexts"][number]
    if webui.kind != "a1111":  # where a masked picture of a batch is not what it is alone, without the script too
        several = pixels(run(webui, script, n_iter=4))
    for number, one in enumerate(several):
        (alone,) = pixels(run(webui, script, seed=7 + number))
        assert np.abs(one.astype(int) - alone).max() <= OFF_BY_ROUNDING
    assert len({one.tobytes() for one in several}) == 4


def test_variation_seeds_are_those_of_img2img(webui) -> None:
    told = {"subseed": 5, "subseed_strength": 0.5, "n_iter": 2}
    answer = run(webui, {"pixels": 8}, **told)
    assert answer["info"]["all_seeds"] == [7, 7]
    assert answer["info"]["all_subseeds"] == [5, 6]
    one, two = pixels(answer)
    assert not np.array_equal(one, two)


def test_several_pictures_of_one_size_are_one_batch(webui) -> None:
    images = [photo(), photo()[::-1]]
    made = pixels(run(webui, {"pixels": 16}, init_images=[as_text(image) for image in images]))
    assert all(np.array_equal(one[24:72, 24:72], image[8:56, 8:56]) for one, image in zip(made, images))
    answer = run(webui, {}, init_images=[as_text(photo()), as_text(photo(32, 64))])
    assert answer["status"] == 422
    assert "different sizes" in refusal(answer)


def test_intermediate_results_are_shown_when_asked(webui) -> None:
    answer = run(webui, {"pixels": 8, "rounds": 2, "show_steps": True})
    made = pixels(answer)
    assert [picture.shape[0] for picture in made] == [96, 80, 80, 96, 96]
    assert np.array_equal(made[0], made[-1])
    assert np.array_equal(made[1], edges(photo(), 8, 8, 8, 8))
    assert len(answer["info"]["infotexts"]) == len(made)


def test_the_parameters_make_the_same_picture_again(webui) -> None:
    script = {"pixels": 11, "direction": ["left", "down"], "mask_blur": 2, "blend": "differential", "window": 64}
    answer = run(webui, script)
    text = answer["info"]["infotexts"][0]
    assert f'Script: "{TITLE}"' in text
    assert "Size: 75x75," in text
    values = webui.pasted(title=TITLE, text=text)
    assert values == list({**DEFAULTS, "masked_content": "edge", **script}.values()) or values[3] == ["left", "down"]
    again = run(webui, values)
    assert np.array_equal(pixels(again)[0], pixels(answer)[0])
    assert again["info"]["infotexts"] == answer["info"]["infotexts"]


def test_a_pasted_picture_of_the_defaults_sets_them_all(webui) -> None:
    text = run(webui, {"masked_content": "auto", "pixels": 128}, denoising_strength=0)["info"]["infotexts"][0]
    values = [tuple(value) if isinstance(value, list) else value for value in webui.pasted(title=TITLE, text=text)]
    pasted = dict(zip(DEFAULTS, values))
    assert pasted == {**DEFAULTS, "masked_content": pasted["masked_content"]}
    erasers = [model.name for model in registry.models("eraser")]
    assert pasted["masked_content"] in erasers, "what auto was"


def test_old_arguments_keep_their_meaning(webui) -> None:
    old = run(webui, [16, 2, 3, ["left", "up"]])
    new = run(webui, {"pixels": 16, "mask_blur": 2, "masked_content": "latent nothing", "direction": ["left", "up"]})
    assert np.array_equal(pixels(old)[0], pixels(new)[0])
    assert old["info"]["infotexts"] == new["info"]["infotexts"]
    assert pixels(run(webui, [8]))[0].shape == (80, 80, 3)


def test_the_script_says_what_it_takes(webui) -> None:
    (info,) = (one for one in webui.get(path="/sdapi/v1/script-info") if one["name"] == TITLE.lower())
    assert [argument["label"] for argument in info["args"]] == [field.label for field in fields_of(OutpaintRequest)]
    assert info["args"][3]["value"] == list(SIDES)
    assert info["args"][2]["choices"][:4] == ["fill", "original", "latent noise", "latent nothing"]


# What the stock scripts cannot


@pytest.mark.parametrize("picture", [np.full((64, 64, 3), 90, np.uint8), photo()], ids=["flat", "photo"])
def test_flat_pictures_and_pixels_equal_to_the_size(webui, picture: np.ndarray) -> None:
    (made,) = pixels(run(webui, {"pixels": 64, "masked_content": "auto"}, picture, width=64, height=64))
    assert made.shape == (192, 192, 3)
    corners = [made[:40, :40], made[-40:, :40], made[:40, -40:], made[-40:, -40:]]
    assert all(corner.mean() > 20 for corner in corners), "no black tiles"


# What cannot be, and no trace


WRONG = {
    "no pixels": ({"pixels": 0}, "pixels"),
    "words": ({"pixels": "many"}, "pixels"),
    "an unknown content": ({"masked_content": "paint"}, "no masked content paint"),
    "a number too high": ({"masked_content": 99}, "no masked content 99"),
    "a direction that is none": ({"direction": ["inside"]}, "direction"),
    "no direction": ({"direction": []}, "Nothing to extend"),
    "two targets": ({"width": 100, "left": 3}, "not two"),
    "too large": ({"width": 40_000}, "8192"),
    "a blend that is none": ({"blend": "soft"}, "blend"),
    "an eraser that is not there": ({"masked_content": "lama"}, "lama"),
}


@pytest.mark.parametrize(("script", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_in_words(webui, script: dict, words: str) -> None:
    answer = run(webui, script)
    assert answer["status"] in (409, 422)
    assert words.lower() in refusal(answer).lower()
    assert answer["rows"] == 0


def test_too_many_arguments_are_refused(webui) -> None:
    answer = run(webui, [*DEFAULTS.values(), 1])
    assert answer["status"] == 422
    assert "too many" in refusal(answer)


def test_nothing_is_left_after_a_run_an_exception_and_an_interrupt(webui) -> None:
    plain = webui.post(path=IMG2IMG, body=body(webui))
    before = webui.state()
    for how in ("", "raise", "interrupt"):
        answer = run(
            webui, {"pixels": 16, "blend": "differential"}, **({"break_at": 2, "break_how": how} if how else {})
        )
        assert answer["status"] == (500 if how == "raise" else 200)
        assert answer["left_behind"] == []
        assert webui.state() == before
    after = webui.post(path=IMG2IMG, body=body(webui))
    assert np.array_equal(pixels(after)[0], pixels(plain)[0])


def test_a_dozen_calls_at_once(webui) -> None:
    amounts = range(1, 13)
    requests = [request(webui, {"pixels": amount}, seed=amount) for amount in amounts]
    for amount, asked, (status, images) in zip(amounts, requests, webui.post_all(path=IMG2IMG, bodies=requests)):
        assert status == 200
        (made,) = (as_pixels(image) for image in images)
        assert made.shape == (64 + 2 * amount, 64 + 2 * amount, 3)
        inner = made[amount + BLEND : amount + 64 - BLEND, amount + BLEND : amount + 64 - BLEND]
        assert np.array_equal(inner, photo()[BLEND:-BLEND, BLEND:-BLEND])
        (alone,) = pixels(webui.post(path=IMG2IMG, body=asked))
        assert np.abs(made.astype(int) - alone).max() <= OFF_BY_ROUNDING


def test_a_very_large_picture_gives_its_memory_back(webui) -> None:
    run(webui, {"pixels": 8})  # the first picture of a kind may be off by 1
    plain, large = run(webui, {"pixels": 8}), photo(8000, 6000)
    before = webui.memory()
    for changes in ({}, {"break_at": 5, "break_how": "interrupt"}):
        answer = run(webui, {"right": 16, "window": 64, "masked_content": "auto"}, large, steps=1, **changes)
        (made,) = pixels(answer)
        assert made.shape == (6000, 8016, 3)
        assert np.array_equal(made[:, : 8000 - BLEND], large[:, : 8000 - BLEND])
        assert answer["left_behind"] == []
        print(f"{answer['calls']} calls, {(webui.memory() - before) >> 20} MiB more, {answer['seconds']:.1f} s")
    assert webui.memory() - before < (150 << 20), "about one picture of that size"
    assert np.array_equal(pixels(run(webui, {"pixels": 8}))[0], pixels(plain)[0])


def test_the_pages_example_runs(webui) -> None:
    request = {**example("outpainting example"), "init_images": [as_text(photo())], "steps": 2}
    answer = webui.post(path=IMG2IMG, body=body(webui, **request))
    assert pixels(answer)[0].shape[1] > 64
