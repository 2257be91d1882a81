"""Requests as generation parameters, and back."""

from __future__ import annotations

import pytest
from fakes.infotext import parse
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_inpaint.diffusion import infotext
from lib_inpaint.schema import EditRequest, InpaintRequest, PromptedOutpaintRequest, RemoveRequest, build

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40).map(str.strip)


def again(request):
    """The request after it was written and read."""
    return infotext.request_from(type(request), parse(infotext.write(infotext.parameters(request))))


FULL = {
    "prompt": 'a "red" car, 2: the\nsecond line',
    "negative_prompt": "blurry, Steps: no",
    "sampler": "Euler a",
    "scheduler": "Karras",
    "steps": 7,
    "seed": 3,
    "cfg_scale": 5.5,
    "denoising_strength": 0.4,
    "masked_content": "lama",
    "only_masked": False,
    "padding": 0,
    "width": 512,
    "height": 640,
    "feather": 0,
    "blend": "mask blur",
}


def test_all_that_is_written_comes_back() -> None:
    request = build(InpaintRequest, FULL)
    assert again(request) == request


def test_an_edit_comes_back_with_its_lists() -> None:
    values = {"prompt": "make it night", "steps": 4, "text_schedule": "list", "text_list": (9, 7.5), "image_cfg": 1.2}
    request = build(EditRequest, values)
    assert again(request) == request


@pytest.mark.parametrize(
    "size",
    [
        {"left": 3, "right": 8, "up": 1, "down": 1000},
        {"width": 1024, "height": 512},
        {"aspect_ratio": "16:9", "rounds": 3},
        {"pixels": 7, "direction": ("left", "down")},
    ],
)
def test_an_extension_comes_back_with_its_size(size: dict) -> None:
    values = {"prompt": "a hill", "steps": 4, "cfg_scale": 3, "denoising_strength": 0, "masked_content": "mirror"}
    how = {"mask_blur": 0, "blend": "differential", "window": 640}
    request = build(PromptedOutpaintRequest, {**values, **how, **size})
    assert again(request) == request


@settings(deadline=None)
@given(prompt=TEXT, negative=TEXT)
def test_any_prompt_comes_back(prompt: str, negative: str) -> None:
    request = build(InpaintRequest, {**FULL, "prompt": prompt, "negative_prompt": negative})
    if negative and not prompt.startswith("Negative prompt:"):
        assert again(request).negative_prompt == negative.removeprefix("Negative prompt:").strip() or negative
    assert again(request).steps == 7


def test_it_is_written_as_the_webui_writes_it() -> None:
    request = build(
        InpaintRequest, {"prompt": "a car", "negative_prompt": "blurry", "steps": 5, "width": 64, "height": 32}
    )
    text = infotext.write({**infotext.parameters(request), infotext.DONE: "fill"})
    assert text == "a car\nNegative prompt: blurry\nSteps: 5, Inpaint Anything: fill, Size: 64x32"


def test_what_the_webui_wrote_is_read() -> None:
    text = (
        "a car, (red:1.2)\nNegative prompt: blurry\nSteps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, "
        'Seed: 5, Size: 64x56, Model hash: 55dbb87716, Lora hashes: "a: 1, b: 2", Version: 1.10.1'
    )
    found = parse(text)
    assert found["Prompt"] == "a car, (red:1.2)"
    assert found["Lora hashes"] == "a: 1, b: 2"
    request = infotext.request_from(InpaintRequest, found)
    assert (request.steps, request.scheduler, request.seed, request.width, request.height) == (20, "Karras", 5, 64, 56)


@pytest.mark.parametrize(
    "text", ["", "only a prompt", "a\nb\nc", "Negative prompt:", "x: y", ": , : ,", '"', "Size: 1x1"]
)
def test_anything_can_be_read(text: str) -> None:
    assert infotext.request_from(InpaintRequest, parse(text)).steps == 20


def test_a_value_that_does_not_fit_leaves_the_others() -> None:
    request = infotext.request_from(
        InpaintRequest, {"Steps": "9000", "Seed": "4", "Blend": "no such", "CFG scale": "x"}
    )
    assert request == build(InpaintRequest, {"seed": 4})


def test_what_has_no_name_is_not_written() -> None:
    request = build(InpaintRequest, {"batch_count": 3, "batch_size": 2})
    assert infotext.parameters(request) == {}
    assert infotext.parameters(build(RemoveRequest, {"eraser": "telea"})) == {"Eraser": "telea"}
