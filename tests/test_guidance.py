"""The arithmetic of guidance by prompt and picture, against the equation written out."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from lib_inpaint.diffusion.guidance import (  # noqa: E402
    GuidanceSchedule,
    Passes,
    PromptRow,
    Scales,
    combine,
    draw_scales,
    needed_passes,
    rescale,
    scale_at_each_step,
)
from lib_inpaint.errors import BadRequest  # noqa: E402
from lib_inpaint.schema import ImageCfgRequest, build  # noqa: E402

ONE = [PromptRow(0, 1.0)]
LEVELS = [10.0, 8.0, 6.0, 4.0]


def predictions(batch: int = 1, rows: int | None = None) -> list:
    source = torch.Generator().manual_seed(0)
    return [torch.randn(n, 4, 8, 8, generator=source) for n in (rows or batch, batch, batch)]


def sum_of_all(text, image, uncond, scales: Scales, prompts: list[PromptRow]):
    """Equation 3 in float64, picture by picture."""
    text, image, uncond = text.double(), image.double(), uncond.double()
    pictures = []
    for b, (s_t, s_i) in enumerate(zip(*scales)):
        term = sum(p.weight * (text[row] - image[b]) for row, p in enumerate(prompts) if p.picture == b)
        pictures.append(uncond[b] + s_i * (image[b] - uncond[b]) + s_t * term)
    return torch.stack(pictures)


def test_with_all_three_it_is_a1111s_expression_bit_for_bit() -> None:
    text, image, uncond = predictions()
    expected = uncond + 7.5 * (text - image) + 1.5 * (image - uncond)
    assert torch.equal(combine(text, image, uncond, Scales((7.5,), (1.5,)), ONE), expected)


def test_half_precision_stays_half_precision() -> None:
    text, image, uncond = (part.half() for part in predictions(2))
    for scales in (Scales((7.5, 7.5), (1.5, 1.5)), Scales((7.5, 6.0), (1.5, 1.2))):
        assert combine(text, image, uncond, scales, [PromptRow(0, 1.0), PromptRow(1, 1.0)]).dtype == torch.float16


CASES = {
    "all three": (7.5, 1.5, [1.0], Passes(True, True, True)),
    "image CFG 1": (7.5, 1.0, [1.0], Passes(True, True, False)),
    "equal scales": (4.0, 4.0, [1.0], Passes(True, False, True)),
    "both 1": (1.0, 1.0, [1.0], Passes(True, False, False)),
    "image CFG 0": (7.5, 0.0, [1.0], Passes(True, True, True)),
    "text CFG 0": (0.0, 1.5, [1.0], Passes(False, True, True)),
    "text CFG 0, image CFG 1": (0.0, 1.0, [1.0], Passes(False, True, False)),
    "both 0": (0.0, 0.0, [1.0], Passes(False, False, True)),
    "two prompts": (7.5, 1.5, [0.7, 0.6], Passes(True, True, True)),
    "two prompts, no guidance": (1.0, 1.0, [0.7, 0.6], Passes(True, True, False)),
    "two prompts that add up to 1, no guidance": (1.0, 1.0, [0.7, 0.3], Passes(True, False, False)),
    "two prompts that cancel": (7.5, 1.0, [1.0, -1.0], Passes(True, True, False)),
    "two prompts, equal in sum": (2.0, 3.0, [1.0, 0.5], Passes(True, False, True)),
}


@pytest.mark.parametrize(("s_t", "s_i", "weights", "expected"), CASES.values(), ids=CASES)
def test_what_is_left_out_does_not_change_the_result(s_t, s_i, weights, expected) -> None:
    scales, prompts = Scales((s_t,), (s_i,)), [PromptRow(0, weight) for weight in weights]
    parts = predictions(rows=len(weights))
    passes = needed_passes(scales, prompts)
    assert passes == expected
    less = [part if wanted else None for part, wanted in zip(parts, passes)]
    full = sum_of_all(*parts, scales, prompts)
    assert torch.allclose(combine(*less, scales, prompts).double(), full, atol=1e-5)


def test_each_picture_of_a_batch_has_its_own_scales_and_prompts() -> None:
    prompts = [PromptRow(0, 1.0), PromptRow(1, 0.5), PromptRow(1, 0.8)]
    scales = Scales((7.0, 3.0), (1.5, 1.0))
    parts = predictions(batch=2, rows=3)
    assert needed_passes(scales, prompts) == Passes(True, True, True)
    assert torch.allclose(combine(*parts, scales, prompts).double(), sum_of_all(*parts, scales, prompts), atol=1e-5)


def test_rescale_gives_the_unguided_contrast_and_half_of_it_at_half() -> None:
    guided, unguided = torch.randn(2, 4, 8, 8) * 5, torch.randn(2, 4, 8, 8)
    assert torch.allclose(rescale(guided, unguided, 1).std((1, 2, 3)), unguided.std((1, 2, 3)))
    assert torch.equal(rescale(guided, unguided, 0), guided)
    halfway = (guided + rescale(guided, unguided, 1)) / 2
    assert torch.allclose(rescale(guided, unguided, 0.5), halfway, atol=1e-5)
    assert torch.equal(rescale(guided * 0, unguided, 1), guided * 0)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("constant", [9, 9, 9, 9, 9]),
        ("linear", [9, 7.5, 6, 4.5, 3]),
        ("cosine", [9, 6 + 3 * 0.5**0.5, 6, 6 - 3 * 0.5**0.5, 3]),
        ("list", [8, 5, 2, 3, 4]),
    ],
)
def test_schedules(kind: str, expected: list[float]) -> None:
    assert scale_at_each_step(kind, 9, 3, (8, 2, 4), 5) == pytest.approx(expected)
    assert scale_at_each_step(kind, 9, 3, (8, 2, 4), 1) == [expected[0]]


def test_a_list_as_long_as_the_steps_is_the_steps() -> None:
    assert scale_at_each_step("list", 0, 0, (8, 2, 4), 3) == [8, 2, 4]


def plan(levels=LEVELS, seeds=(1,), picture=True, **values) -> GuidanceSchedule:
    return GuidanceSchedule(build(ImageCfgRequest, values), seeds, levels, picture)


def test_a_step_is_found_by_its_noise() -> None:
    ramp = plan(text_schedule="list", text_list=(4, 3, 2, 1))
    for level, text in [(10.4, 4), (10, 4), (9.9999, 4), (9, 4), (8.00001, 3), (7.99999, 3), (4, 1), (0.1, 1)]:
        scales = ramp.at(level)
        assert scales is not None
        assert scales.text == (text,), level


@pytest.mark.parametrize(
    ("start", "end", "on"), [(0, 1, "1111"), (0.25, 0.75, "0110"), (0, 0.5, "1100"), (1, 1, "0000"), (0.3, 1, "0111")]
)
def test_outside_the_interval_there_is_no_guidance(start: float, end: float, on: str) -> None:
    here = plan(interval_start=start, interval_end=end)
    assert "".join("0" if here.at(level) is None else "1" for level in LEVELS) == on


def test_random_scales_are_the_seeds_and_in_range() -> None:
    request = build(ImageCfgRequest, {"random": True})
    drawn = [draw_scales(seed, request) for seed in range(200)]
    assert drawn == [draw_scales(seed, request) for seed in range(200)]
    assert all(6 <= text <= 9 and 1.2 <= image <= 1.8 for text, image in drawn)
    assert len(set(drawn)) > 190
    assert draw_scales(7, request) == (6.971, 1.291), "pictures that were made must stay possible to make again"
    scales = plan(seeds=(3, 4), random=True).at(5.0)
    assert scales == Scales((drawn[3][0], drawn[4][0]), (drawn[3][1], drawn[4][1]))


def test_with_no_picture_its_scale_does_not_matter() -> None:
    scales = plan(picture=False, image_cfg=3, image_schedule="linear").at(5.0)
    assert scales == Scales((7.5,), (1.0,))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"text_schedule": "list"}, "The text CFG schedule is a list, but the list is empty."),
        ({"image_schedule": "list", "image_list": (1, 99)}, "The image CFG list has a value outside 0 to 30."),
        ({"image_schedule": "list", "image_list": (float("nan"),)}, "The image CFG list has a value outside 0 to 30."),
        ({"interval_start": 0.6, "interval_end": 0.5}, "Guidance ends at 0.5, before it starts at 0.6."),
        ({"text_low": 9, "text_high": 6}, "The range of the random text CFG ends at 6, before it starts at 9."),
    ],
)
def test_contradictions_are_told_in_words(values: dict, words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        plan(**values)
    assert str(caught.value) == words
