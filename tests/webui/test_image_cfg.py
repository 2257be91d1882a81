"""The image CFG script in a real A1111 or Forge, with a small instruct-pix2pix checkpoint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pictures
import pytest
from pictures import as_text, example

from lib_inpaint.schema import ImageCfgRequest, fields_of

TITLE = "Inpaint Anything: image CFG"
IMG2IMG, TXT2IMG = "/sdapi/v1/img2img", "/sdapi/v1/txt2img"
DEFAULTS = {field.name: field.default for field in fields_of(ImageCfgRequest)}
LONG = ", ".join(f"thing number {n} of the night" for n in range(20))  # more than 75 tokens
TEN = ["Euler", "Euler a", "Heun", "LMS", "DPM2", "DPM++ 2M", "DPM++ 2M SDE", "DPM++ SDE", "DDIM", "PLMS"]
MORE = ["DPM++ 2S a", "DPM++ 3M SDE", "DPM++ 2M SDE Heun", "DPM2 a", "DPM fast", "DPM adaptive", "Restart", "UniPC"]
FORGES = ["DDPM", "LCM", "HeunPP2", "IPNDM", "IPNDM_V", "DEIS"]
NEOS = ["ER SDE", "Res Multistep", "Kohaku LoNyu Yog"]  # and one for other kinds of checkpoints
EVERYWHERE = [*TEN, *MORE]
OFF_BY_ROUNDING = 1  # of 255: the same sum in another order


def picture(size: int = 64) -> np.ndarray:
    y, x = np.mgrid[:size, :size] * 255 // size
    return np.stack([x, y, (x + y) // 2], axis=2).astype(np.uint8)


def pixels(answer: dict[str, Any]) -> np.ndarray:
    """The pictures of an answer, without the grid: NxHxWx3."""
    found = np.stack(pictures.pixels(answer))
    assert np.ptp(found) > 50, "a picture, not a surface: of NaN all comparisons would hold"
    return found


def body(script: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """An img2img request. `script` has the script's fields that are not at their default; with None it is not used."""
    # the tiny text encoder's output has a mean of 0, by which the WebUI's own emphasis would divide: then all is NaN
    settings = {"emphasis": "No norm", **changes.pop("override_settings", {})}
    request = {
        "init_images": [as_text(picture())],
        "prompt": "make it night",
        "negative_prompt": "sun",
        "seed": 7,
        "steps": 4,
        "width": 64,
        "height": 64,
        "denoising_strength": 0.75,
        "sampler_name": "Euler",
        "cfg_scale": 7.5,
        "image_cfg_scale": 1.5,
        "override_settings": settings,
        **changes,
    }
    if script is not None:
        request |= {"script_name": TITLE, "script_args": list({**DEFAULTS, **script}.values())}
    return request


def difference(one: dict[str, Any], other: dict[str, Any]) -> int:
    return int(np.abs(pixels(one).astype(int) - pixels(other)).max())


def parameters(answer: dict[str, Any], place: int = 0) -> str:
    return answer["info"]["infotexts"][answer["info"]["index_of_first_image"] + place]


@pytest.fixture
def a1111(webui):
    if webui.kind != "a1111":
        pytest.skip("Forge has no edit path of its own to compare with")
    return webui


# Right where the WebUI is right


@pytest.mark.parametrize("sampler", [*EVERYWHERE, "DDIM CFG++"])
def test_constant_scales_are_a1111s_own_output_bit_for_bit(a1111, sampler: str) -> None:
    own = a1111.post(path=IMG2IMG, body=body(sampler_name=sampler))
    ours = a1111.post(path=IMG2IMG, body=body({}, sampler_name=sampler))
    assert np.array_equal(pixels(ours), pixels(own))
    assert ours["rows"] == own["rows"]


@pytest.mark.parametrize("scales", [(7.5, 1.0), (7.5, 0.0), (1.0, 1.5), (3.0, 1.25)])
def test_so_are_other_constants(a1111, scales: tuple[float, float]) -> None:
    own = a1111.post(path=IMG2IMG, body=body(cfg_scale=scales[0], image_cfg_scale=scales[1]))
    ours = a1111.post(path=IMG2IMG, body=body({"text_cfg": scales[0], "image_cfg": scales[1]}))
    assert np.array_equal(pixels(ours), pixels(own))


def test_so_are_batches_and_masks(a1111) -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    for changes in (
        {"batch_size": 2, "n_iter": 2},
        {"mask": as_text(mask), "inpainting_fill": 1, "inpaint_full_res": False},
        {"mask": as_text(mask), "inpainting_fill": 0, "inpaint_full_res": True, "sampler_name": "DDIM"},
        {"override_settings": {"batch_cond_uncond": False}},
    ):
        a1111.post(path=IMG2IMG, body=body(**changes))  # A1111's first picture of a kind may be off by 1
        own = a1111.post(path=IMG2IMG, body=body(**changes))
        ours = a1111.post(path=IMG2IMG, body=body({}, **changes))
        assert np.array_equal(pixels(ours), pixels(own)), changes


# Right where it is not


FAULTS = {
    "long prompt": (IMG2IMG, {"prompt": LONG}),
    "long negative prompt": (IMG2IMG, {"negative_prompt": LONG}),
    "Skip Early CFG": (IMG2IMG, {"override_settings": {"skip_early_cond": 0.3}}),
    "AND": (IMG2IMG, {"prompt": "night :0.7 AND snow :0.6"}),
    "txt2img": (TXT2IMG, {}),
}


@pytest.mark.parametrize(("path", "changes"), FAULTS.values(), ids=FAULTS)
def test_where_the_webui_alone_fails_there_is_a_picture(webui, path: str, changes: dict) -> None:
    alone = webui.post(path=path, body=body(**changes))
    assert alone["status"] == 500, "the WebUI has learnt this; compare with it, and take it out of docs/scripts.md"
    assert len(pixels(webui.post(path=path, body=body({}, **changes)))) == 1


@pytest.mark.parametrize("sampler", [*EVERYWHERE, *FORGES, *NEOS])
def test_every_sampler_gives_what_three_separate_predictions_give(webui, sampler: str) -> None:
    ours = webui.post(path=IMG2IMG, body=body({}, sampler_name=sampler))
    slow = webui.post(path=IMG2IMG, body=body(sampler_name=sampler), reference={"scales": [[(7.5, 1.5)]]})
    # DPM adaptive decides on its steps by a threshold, where the last digit counts
    assert difference(ours, slow) <= (8 if sampler == "DPM adaptive" else OFF_BY_ROUNDING)
    assert ours["left_behind"] == []


@pytest.mark.parametrize("sampler", ["DDIM CFG++"])
def test_cfg_plus_plus_has_its_own_text_scale_and_goes_on_from_uncond(webui, sampler: str) -> None:
    ours = webui.post(path=IMG2IMG, body=body({"interval_end": 0.5}, sampler_name=sampler))
    scales = [[(7.5 / 12.5, 1.5)], None]  # of 4 steps at a denoising strength of 0.75, DDIM takes 2
    slow = webui.post(path=IMG2IMG, body=body(sampler_name=sampler), reference={"scales": scales})
    assert ours["rows"] == 3 + 1
    assert difference(ours, slow) <= OFF_BY_ROUNDING


@pytest.mark.parametrize("image_cfg", [1.5, 1.0])
@pytest.mark.parametrize("sampler", ["Euler CFG++", "DPM++ 2M CFG++"])
def test_cfg_plus_plus_of_neo_goes_on_from_uncond_too(webui, sampler: str, image_cfg: float) -> None:
    script = {"text_cfg": 3.0, "image_cfg": image_cfg, "interval_end": 0.5}
    ours = webui.post(path=IMG2IMG, body=body(script, sampler_name=sampler))
    on = [(3.0, image_cfg)]
    slow = webui.post(path=IMG2IMG, body=body(sampler_name=sampler), reference={"scales": [on, on, None]})
    assert ours["rows"] == 3 + 3 + 1 + 1, "all three, also where the one it goes on from has no weight"
    assert difference(ours, slow) <= OFF_BY_ROUNDING
    plain = webui.post(path=IMG2IMG, body=body(script, sampler_name=sampler.removesuffix(" CFG++")))
    assert difference(ours, plain) > 10


PROMPTS = {
    "long prompt": {"prompt": LONG},
    "long negative prompt": {"negative_prompt": LONG},
    "no negative prompt": {"negative_prompt": ""},
    "AND": {"prompt": "night :0.7 AND snow :0.6"},
    "AND, long": {"prompt": f"night :1.2 AND {LONG} :-0.4"},
    "AND of weights that cancel": {"prompt": "night :1 AND day :-1"},
}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
@pytest.mark.parametrize("sampler", ["Euler", "DDIM"])
def test_any_prompt_gives_what_three_separate_predictions_give(webui, prompt: dict, sampler: str) -> None:
    ours = webui.post(path=IMG2IMG, body=body({}, sampler_name=sampler, **prompt))
    slow = webui.post(path=IMG2IMG, body=body(sampler_name=sampler, **prompt), reference={"scales": [[(7.5, 1.5)]]})
    assert difference(ours, slow) <= OFF_BY_ROUNDING


@pytest.mark.parametrize(("prompt", "rows"), [("make it night", (1, 3)), ("night :0.7 AND snow :0.6", (3, 4))])
def test_skip_early_cfg_is_no_guidance_in_the_first_steps(webui, prompt: str, rows: tuple[int, int]) -> None:
    ours = webui.post(path=IMG2IMG, body=body({}, prompt=prompt, override_settings={"skip_early_cond": 0.3}))
    on, skipped = [(7.5, 1.5)], [1] if webui.kind == "neo" else [0, 1]  # the very first step Neo guides
    scales = [None if step in skipped else on for step in range(4)]
    slow = webui.post(path=IMG2IMG, body=body(prompt=prompt), reference={"scales": scales})
    assert difference(ours, slow) <= OFF_BY_ROUNDING
    assert ours["rows"] == sum(rows[step not in skipped] for step in range(4))
    assert "Skip Early CFG: 0.3" in parameters(ours)


def test_ngms_is_no_guidance_in_every_other_step_of_little_noise(webui) -> None:
    ours = webui.post(path=IMG2IMG, body=body({}, s_min_uncond=100.0))
    on = [(7.5, 1.5)]
    slow = webui.post(path=IMG2IMG, body=body(), reference={"scales": [on, None, on, None]})
    assert difference(ours, slow) <= OFF_BY_ROUNDING
    assert ours["rows"] == 3 + 1 + 3 + 1
    assert "NGMS: 100.0" in parameters(ours)


@pytest.mark.parametrize("scales", [(7.5, 1.0), (7.5, 0.0), (0.0, 1.5), (1.5, 1.5), (1.0, 1.0), (0.0, 0.0)])
def test_special_scales_give_what_three_separate_predictions_give(webui, scales: tuple[float, float]) -> None:
    ours = webui.post(path=IMG2IMG, body=body({"text_cfg": scales[0], "image_cfg": scales[1]}))
    slow = webui.post(path=IMG2IMG, body=body(), reference={"scales": [[scales]]})
    assert difference(ours, slow) <= OFF_BY_ROUNDING


def test_a_batch_of_two_is_the_two_pictures(webui) -> None:
    both = webui.post(path=IMG2IMG, body=body({}, batch_size=2))
    for place in range(2):
        one = webui.post(path=IMG2IMG, body=body({}, seed=7 + place))
        assert np.abs(pixels(both)[place].astype(int) - pixels(one)[0]).max() <= OFF_BY_ROUNDING


def test_only_the_masked_part_is_edited(webui) -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    changes = {"mask": as_text(mask), "mask_blur": 0, "inpaint_full_res": False, "inpainting_fill": 1}
    edited = pixels(webui.post(path=IMG2IMG, body=body({}, **changes)))[0].astype(int)
    assert np.array_equal(edited[mask == 0], picture()[mask == 0])
    assert np.abs(edited - picture())[mask > 0].max() > 20


TWICE = {"enable_hr": True, "hr_scale": 2, "hr_upscaler": "Latent", "hr_cfg": 7.5, "hr_additional_modules": []}


@pytest.mark.parametrize("changes", [{}, TWICE], ids=["once", "hires. fix"])
def test_txt2img_gives_a_picture_that_follows_the_prompt_alone(webui, changes: dict) -> None:
    if changes and not webui.get(path="/sdapi/v1/latent-upscale-modes"):
        pytest.skip("this WebUI has no latent upscaler, between whose passes no picture is encoded")
    request = body({}, **changes)
    ours = webui.post(path=TXT2IMG, body=request)
    without = {name: value for name, value in request.items() if not name.startswith("script")}
    slow = webui.post(path=TXT2IMG, body=without, reference={"scales": [[(7.5, 1.0)]]})
    assert difference(ours, slow) <= OFF_BY_ROUNDING
    assert ours["left_behind"] == []
    if not changes:
        assert ours["rows"] == 2 * 4


# Richer


def test_schedules_are_followed_step_by_step(webui) -> None:
    linear = {"text_schedule": "linear", "text_cfg": 9, "text_end": 3, "image_schedule": "list", "image_list": "2, 1.4"}
    ours = webui.post(path=IMG2IMG, body=body(linear))
    scales = [[(9, 2)], [(7, 1.8)], [(5, 1.6)], [(3, 1.4)]]
    slow = webui.post(path=IMG2IMG, body=body(), reference={"scales": scales})
    assert difference(ours, slow) <= OFF_BY_ROUNDING
    written = parameters(ours)
    assert "CFG scale: 9" in written
    assert "Text CFG schedule: linear" in written
    assert 'Image CFG list: "2, 1.4"' in written


@pytest.mark.parametrize("sampler", ["Euler", "Heun", "DDIM", "DPM++ 2M", "Restart"])
def test_outside_the_interval_one_pass_of_three_is_run(webui, sampler: str) -> None:
    half, never, always = (
        webui.post(path=IMG2IMG, body=body(script, sampler_name=sampler))
        for script in ({"interval_end": 0.5}, {"interval_start": 1}, {})
    )
    assert never["rows"] == always["rows"] / 3
    assert never["rows"] < half["rows"] < always["rows"]


def test_inside_the_interval_there_is_guidance(webui) -> None:
    ours = webui.post(path=IMG2IMG, body=body({"interval_start": 0.25, "interval_end": 0.75}))
    on = [(7.5, 1.5)]
    slow = webui.post(path=IMG2IMG, body=body(), reference={"scales": [None, on, on, None]})
    assert difference(ours, slow) <= OFF_BY_ROUNDING
    assert ours["rows"] == 1 + 3 + 3 + 1


def test_random_scales_come_from_the_seed_and_are_written_for_each_picture(webui) -> None:
    several = webui.post(path=IMG2IMG, body=body({"random": True}, batch_size=2, n_iter=2))
    found = []
    for place in range(4):
        written = dict(part.split(": ", 1) for part in parameters(several, place).splitlines()[-1].split(", "))
        drawn = [float(written[name]) for name in ("CFG scale", "Image CFG scale")]
        found.append(tuple(drawn))
        again = webui.post(path=IMG2IMG, body=body({"text_cfg": drawn[0], "image_cfg": drawn[1]}, seed=7 + place))
        assert np.abs(pixels(several)[place].astype(int) - pixels(again)[0]).max() <= OFF_BY_ROUNDING
    assert len(set(found)) == 4
    assert all(6 <= text <= 9 and 1.2 <= image <= 1.8 for text, image in found)


def test_rescale_changes_the_picture_and_leaves_it_without_guidance(webui) -> None:
    plain, rescaled = (webui.post(path=IMG2IMG, body=body({"rescale": amount})) for amount in (0, 0.7))
    assert difference(plain, rescaled) > OFF_BY_ROUNDING
    ones = {"text_cfg": 1, "image_cfg": 1}
    plain, rescaled = (webui.post(path=IMG2IMG, body=body({**ones, "rescale": amount})) for amount in (0, 0.7))
    assert difference(plain, rescaled) <= OFF_BY_ROUNDING


def test_xyz_plot_has_the_scales_as_axes(webui) -> None:
    axes = webui.axes()
    places = [axes.index(f"[Inpaint Anything] {name} CFG") for name in ("Text", "Image")]
    values = [places[0], "3, 8", [], places[1], "1.2, 2", [], 0, "", []]
    scripts = webui.get(path="/sdapi/v1/script-info")
    (plot,) = [script for script in scripts if script["name"] == "x/y/z plot" and script["is_img2img"]]
    rest = [False, True, *(argument["value"] for argument in plot["args"][11:])]  # no legend, with the single pictures
    request = body() | {"script_name": "X/Y/Z plot", "script_args": [*values, *rest]}
    plot = pixels(webui.post(path=IMG2IMG, body=request))
    for place, (image, text) in enumerate([(1.2, 3), (1.2, 8), (2, 3), (2, 8)]):
        one = webui.post(path=IMG2IMG, body=body({"text_cfg": text, "image_cfg": image}))
        assert np.array_equal(plot[-4 + place], pixels(one)[0])


# Cheaper


CHEAPER = {"image CFG 1": ((7.5, 1.0), 2), "equal scales": ((4.0, 4.0), 2), "both 1": ((1.0, 1.0), 1)}


@pytest.mark.parametrize(("scales", "passes"), CHEAPER.values(), ids=CHEAPER)
def test_passes_that_cancel_are_not_run(webui, scales: tuple[float, float], passes: int) -> None:
    large = {"width": 256, "height": 256, "steps": 6}
    full = webui.post(path=IMG2IMG, body=body({}, **large))
    less = webui.post(path=IMG2IMG, body=body({"text_cfg": scales[0], "image_cfg": scales[1]}, **large))
    assert less["rows"] * 3 == full["rows"] * passes  # benchmarks/image_cfg.py has the time


# No trace


def test_nothing_is_left_after_a_run_an_exception_and_an_interrupt(webui) -> None:
    before = webui.state()
    plain = webui.post(path=IMG2IMG, body=body())
    runs = {
        "run": webui.post(path=IMG2IMG, body=body({})),
        "raise": webui.post(path=IMG2IMG, body=body({}), break_at=2, break_how="raise"),
        "interrupt": webui.post(path=IMG2IMG, body=body({}), break_at=2, break_how="interrupt"),
        "refused": webui.post(path=IMG2IMG, body=body({"image_cfg": 99})),
    }
    assert {name: run["status"] for name, run in runs.items()} == {
        "run": 200,
        "raise": 500,
        "interrupt": 200,
        "refused": 422,
    }
    assert [run["left_behind"] for run in runs.values()] == [[], [], [], []]
    assert webui.state() == before
    after = webui.post(path=IMG2IMG, body=body())
    assert after["status"] == plain["status"]
    if plain["status"] == 200:
        assert np.array_equal(pixels(after), pixels(plain))


@pytest.mark.parametrize(
    ("checkpoint", "words"), [("tiny-inpainting", "9: an inpainting one"), ("tiny", "4: an ordinary")]
)
def test_another_checkpoint_is_told_what_is_needed_and_nothing_is_done(webui, checkpoint: str, words: str) -> None:
    settings = {"override_settings": {"sd_model_checkpoint": webui.checkpoint(checkpoint)}}
    webui.post(path=IMG2IMG, body=body(**settings))  # A1111's first picture after a change may be off by 1
    plain = webui.post(path=IMG2IMG, body=body(**settings))
    ours = webui.post(path=IMG2IMG, body=body({}, **settings))
    assert np.array_equal(pixels(ours), pixels(plain))
    assert "needs an instruct-pix2pix checkpoint (8 input channels)" in parameters(ours)
    assert words in parameters(ours)
    assert np.array_equal(pixels(webui.post(path=IMG2IMG, body=body(**settings))), pixels(plain))


WRONG = {
    "a scale out of range": ({"image_cfg": 31}, "image_cfg"),
    "an unknown schedule": ({"text_schedule": "exponential"}, "text_schedule"),
    "a list without one": ({"text_schedule": "list"}, "the list is empty"),
    "words in a list": ({"text_schedule": "list", "text_list": "high, low"}, "text_list"),
    "an interval that ends before it starts": ({"interval_start": 0.8, "interval_end": 0.2}, "before it starts"),
}


@pytest.mark.parametrize(("script", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_in_words(webui, script: dict, words: str) -> None:
    answer = webui.post(path=IMG2IMG, body=body(script))
    assert answer["status"] == 422
    assert words in answer["error"].get("errors", "") + answer["error"].get("message", "")


def test_a_refiner_of_another_kind_goes_on_as_it_does_without_us(a1111) -> None:
    refiner = {"refiner_checkpoint": "tiny", "refiner_switch_at": 0.5}
    own, ours = (a1111.post(path=IMG2IMG, body=body(script, **refiner)) for script in (None, {}))
    assert difference(ours, own) <= OFF_BY_ROUNDING
    assert ours["rows"] == own["rows"] < 3 * 4
    assert ours["left_behind"] == []


def test_forge_has_no_refiner_for_it(webui) -> None:
    if webui.kind == "a1111":
        pytest.skip("A1111 has one")
    answer = webui.post(path=IMG2IMG, body=body({}, refiner_checkpoint="forge-tiny", refiner_switch_at=0.5))
    assert answer["status"] == 422
    assert "refiner" in answer["error"]["message"]


def test_the_pages_example_runs(webui) -> None:
    request = example("image CFG example")
    request |= {"init_images": [as_text(picture())], "width": 64, "height": 64, "steps": 4}
    assert pixels(webui.post(path=IMG2IMG, body=request)).shape == (1, 64, 64, 3)
