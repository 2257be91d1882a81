"""The rows that A1111 shows an edit model in one call, and in which it has the predictions: text, image, uncond.

With N prompts for B pictures these are N + B + B rows: each prompt, then each picture with the negative prompt, then
each negative prompt with zeros for the picture. Callbacks of other extensions expect this layout.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..diffusion.guidance import Passes, PromptRow


class Inputs(NamedTuple):
    """What the network is shown."""

    x: Tensor  # (N + 2B)xCxHxW, noisy
    sigma: Tensor  # N + 2B
    latent: Tensor  # (N + 2B)xCxHxW, of the picture
    text: Any  # N conds; a dict of tensors for some networks
    negative: Any  # B conds

    @property
    def batch(self) -> int:
        return self.negative.shape[0]

    @property
    def split(self) -> tuple[int, int, int]:
        """How many rows are text, image and uncond."""
        return len(self.x) - 2 * self.batch, self.batch, self.batch

    def numbers(self) -> tuple[list[int], list[int], list[int]]:
        """The numbers of the rows of text, image and uncond."""
        text, image, uncond = torch.arange(len(self.x)).split(self.split)
        return text.tolist(), image.tolist(), uncond.tolist()


def first_rows(prompts: list[PromptRow]) -> list[int]:
    """The row of each picture's first prompt."""
    rows: dict[int, int] = {}
    for row, prompt in enumerate(prompts):
        rows.setdefault(prompt.picture, row)
    return list(rows.values())


def fill_in(predictions: Tensor, inputs: Inputs, prompts: list[PromptRow], passes: Passes) -> None:
    """Where a prediction was not computed, put one of the same picture that was, in place."""
    text, image, uncond = inputs.numbers()
    shown = next(rows for rows, is_wanted in zip((first_rows(prompts), image, uncond), passes) if is_wanted)
    if not passes.text:
        predictions[text] = predictions[[shown[prompt.picture] for prompt in prompts]]
    for rows, is_wanted in ((image, passes.image), (uncond, passes.uncond)):
        if not is_wanted:
            predictions[rows] = predictions[shown]
