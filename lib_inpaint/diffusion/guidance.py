"""Classifier-free guidance with two conditions, the prompt and the picture: the arithmetic of instruct-pix2pix.

The network gives up to three predictions, which differ in what it is told (Brooks, Holynski, Efros, "InstructPix2Pix",
2023, section 3.2.1): `text` is told the prompt and the picture, `image` the negative prompt and the picture, `uncond`
the negative prompt and zeros for the picture. Equation 3 puts them together with two scales, s_T and s_I:

    uncond + s_I (image - uncond) + s_T (text - image)

Tensors only; nothing here knows a WebUI. Predictions are BxCxHxW of any one float type; with several prompts to a
picture (`AND`) `text` is NxCxHxW, N >= B, and each of its rows has a weight and belongs to one picture.
"""

from __future__ import annotations

import math
import random
from typing import NamedTuple, Optional, Sequence, Union

import torch
from torch import Tensor

from ..errors import BadRequest
from ..schema import ImageCfgRequest
from .steps import step_at

NEGLIGIBLE = 1e-6  # a prediction whose coefficient is below this is not computed
LARGEST = 30  # scale in a list, as the schema has it for single ones


class Scales(NamedTuple):
    """s_T and s_I of each picture in the batch. All 1 is no guidance: the result is the text prediction."""

    text: tuple[float, ...]
    image: tuple[float, ...]

    @classmethod
    def off(cls, batch: int) -> Scales:
        return cls((1.0,) * batch, (1.0,) * batch)


class PromptRow(NamedTuple):
    """One row of the text prediction: the picture in the batch that it belongs to, and its weight."""

    picture: int
    weight: float


class Passes(NamedTuple):
    """Which of the three predictions are needed."""

    text: bool
    image: bool
    uncond: bool


def needed_passes(scales: Scales, prompts: Sequence[PromptRow]) -> Passes:
    """The predictions that some picture's result depends on; what is multiplied by zero or cancels is left out.

    As a sum, equation 3 is  s_T sum(w text) + (s_I - s_T sum(w)) image + (1 - s_I) uncond.
    """
    total = [0.0] * len(scales.text)
    for prompt in prompts:
        total[prompt.picture] += prompt.weight
    return Passes(
        text=any(abs(scales.text[prompt.picture] * prompt.weight) > NEGLIGIBLE for prompt in prompts),
        image=any(abs(i - t * w) > NEGLIGIBLE for t, i, w in zip(scales.text, scales.image, total)),
        uncond=any(abs(1 - i) > NEGLIGIBLE for i in scales.image),
    )


def combine(
    text: Optional[Tensor],
    image: Optional[Tensor],
    uncond: Optional[Tensor],
    scales: Scales,
    prompts: Sequence[PromptRow],
) -> Tensor:
    """Equation 3, BxCxHxW, from the predictions that `needed_passes` asks for and None for the others.

    With all three and one prompt a picture the operations and their order are A1111's, so the result is its, bit for
    bit. Without `image` the terms with it cancel, and without `uncond` s_I is 1: the other one stands in its place.
    """
    base = uncond if uncond is not None else image
    anchor = image if image is not None else uncond
    if base is None or anchor is None:
        assert text is not None, "the three coefficients add up to 1, so one of them is not zero"
        base = anchor = torch.zeros_like(text[: len(scales.text)])
    result = base
    if text is not None:
        result = base + _text_term(text, anchor, scales, prompts)
    if image is not None and uncond is not None:
        result = result + _factor(scales.image, image) * (image - uncond)
    return result


def _text_term(text: Tensor, anchor: Tensor, scales: Scales, prompts: Sequence[PromptRow]) -> Tensor:
    """s_T times the weighted sum over prompts of text - anchor, BxCxHxW."""
    owners = [prompt.picture for prompt in prompts]
    factors = _factor([scales.text[prompt.picture] * prompt.weight for prompt in prompts], text)
    if owners == list(range(len(anchor))):
        return factors * (text - anchor)
    rows = factors * (text - anchor[owners])
    term = torch.zeros_like(anchor)
    for row, owner in zip(rows, owners):  # in this order: index_add is not the same from run to run on a GPU
        term[owner] += row
    return term


def _factor(values: Sequence[float], like: Tensor) -> Union[float, Tensor]:
    """One number for all rows, or a column of them.

    A number where it can be: in half precision a product with it is rounded once, with a column twice, and A1111's
    own result is the former.
    """
    if all(value == values[0] for value in values):
        return values[0]
    return torch.tensor(values, dtype=like.dtype, device=like.device).reshape(-1, *[1] * (like.ndim - 1))


def rescale(guided: Tensor, unguided: Tensor, amount: float) -> Tensor:
    """Bring the contrast of `guided` towards that of `unguided`, by `amount` from 0 (not at all) to 1.

    Lin et al., "Common Diffusion Noise Schedules and Sample Steps are Flawed", 2023, equations 15 and 16. Both are
    predictions of the noise (any constant factor cancels), BxCxHxW.
    """
    dimensions = tuple(range(1, guided.ndim))
    spread = guided.std(dimensions, keepdim=True).clamp_min(torch.finfo(guided.dtype).tiny)
    return guided * (amount * unguided.std(dimensions, keepdim=True) / spread + (1 - amount))


def draw_scales(seed: int, request: ImageCfgRequest) -> tuple[float, float]:
    """The random text and image scale of the picture with this seed, in the request's ranges.

    Rounded to what is written into the picture's parameters, so that these make the same picture again.
    """
    source = random.Random(int(seed))
    text = source.uniform(request.text_low, request.text_high)
    image = source.uniform(request.image_low, request.image_high)
    return round(text, 3), round(image, 3)


def first_scales(seed: int, request: ImageCfgRequest) -> tuple[float, float]:
    """The text and image scale that the schedules of the picture with this seed start from."""
    return draw_scales(seed, request) if request.random else (request.text_cfg, request.image_cfg)


def scale_at_each_step(kind: str, first: float, last: float, listed: Sequence[float], steps: int) -> list[float]:
    """A scale for each step. A list that is not as long as the steps is stretched, linearly in between."""
    parts = [step / max(steps - 1, 1) for step in range(steps)]
    if kind == "linear":
        return [first + (last - first) * part for part in parts]
    if kind == "cosine":
        return [last + (first - last) * (1 + math.cos(math.pi * part)) / 2 for part in parts]
    if kind == "list":
        places = [part * (len(listed) - 1) for part in parts]
        pairs = [(listed[int(place)], listed[min(int(place) + 1, len(listed) - 1)], place % 1) for place in places]
        return [low + (high - low) * part for low, high, part in pairs]
    return [first] * steps


def validate_guidance(request: ImageCfgRequest) -> None:
    """Raises BadRequest where two fields contradict each other."""
    for what, kind, listed in (
        ("text", request.text_schedule, request.text_list),
        ("image", request.image_schedule, request.image_list),
    ):
        if kind == "list" and not listed:
            raise BadRequest(f"The {what} CFG schedule is a list, but the list is empty.", f"{what}_list")
        if not all(0 <= value <= LARGEST for value in listed):
            raise BadRequest(f"The {what} CFG list has a value outside 0 to {LARGEST}.", f"{what}_list")
    for what, first, last in (
        ("Guidance", "interval_start", "interval_end"),
        ("The range of the random text CFG", "text_low", "text_high"),
        ("The range of the random image CFG", "image_low", "image_high"),
    ):
        low, high = getattr(request, first), getattr(request, last)
        if low > high:
            raise BadRequest(f"{what} ends at {high:g}, before it starts at {low:g}.", last)


class GuidanceSchedule:
    """The scales of every picture at every step of one sampling.

    `levels` are the noise levels at which the steps start, as of steps.step_at.
    """

    def __init__(self, request: ImageCfgRequest, seeds: Sequence[int], levels: Sequence[float], picture: bool) -> None:
        validate_guidance(request)
        firsts = [first_scales(seed, request) for seed in seeds]
        count = len(levels)
        self._levels = list(levels)
        self._text = [
            scale_at_each_step(request.text_schedule, text, request.text_end, request.text_list, count)
            for text, _ in firsts
        ]
        self._image = [
            scale_at_each_step(request.image_schedule, image, request.image_end, request.image_list, count)
            if picture
            # with no picture to be told of, image and uncond are the same prediction, and any scale between them is
            else [1.0] * count
            for _, image in firsts
        ]  # fmt: skip
        # Kynkäänniemi et al., "Applying Guidance in a Limited Interval Improves Sample and Distribution Quality", 2024:
        # on where the middle of the step is inside
        self._on = [request.interval_start <= (step + 0.5) / count < request.interval_end for step in range(count)]

    def at(self, level: float) -> Optional[Scales]:
        """The scales at a noise level; None outside the interval, where there is no guidance."""
        step = step_at(self._levels, level)
        if not self._on[step]:
            return None
        return Scales(tuple(row[step] for row in self._text), tuple(row[step] for row in self._image))
