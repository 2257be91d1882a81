"""The fast half of a segmenter: a prompt and an encoded image to masks."""

from __future__ import annotations

import copy
from typing import Any, Optional, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ...geometry import Size
from .attention import EncoderOutput, nbytes_of
from .prompts import SamPrompt
from .square import in_frame


class SamDecoder:
    """SAM's prompt encoder and mask decoder, on a device. It is small and stays in float32, so that scores and edges do
    not suffer.

    Once made it never changes, so that a click under way is not disturbed: `on` makes another one. A family overrides
    what differs in it.
    """

    def __init__(self, prompts: nn.Module, network: nn.Module, device: str) -> None:
        """prompts, network: `PromptEncoder` and `MaskDecoder` of the package."""
        self._prompts: Any = prompts.eval().float().to(device)
        self._network: Any = network.eval().float().to(device)
        self.device = torch.device(device)
        with torch.inference_mode():
            self._places = self._prompts.get_dense_pe()

    @property
    def nbytes(self) -> int:
        """What the weights take in memory, in bytes."""
        return nbytes_of(self._prompts) + nbytes_of(self._network)

    def on(self, device: str) -> SamDecoder:
        """The same on another device; itself where it is there."""
        if torch.device(device) == self.device:
            return self
        return type(self)(_copied(self._prompts, device), _copied(self._network, device), device)

    def features(self, encoded: EncoderOutput) -> tuple[Tensor, ...]:
        """All of the decoder's work that depends on the image alone, in float32."""
        return (encoded.image,)

    def embed(self, prompt: SamPrompt, frame: Size, size: Size) -> tuple[Tensor, Tensor]:
        """The prompt as 1xNx256 tokens and 1x256x64x64. frame: of the square, what a picture of `size` fills."""
        points = box = None
        if len(prompt.points):
            placed = placed_in(frame, size, prompt.points).to(self.device)
            points = placed[None], torch.from_numpy(prompt.labels).to(self.device)[None]
        if prompt.box is not None:
            box = placed_in(frame, size, prompt.box.reshape(2, 2)).to(self.device).reshape(1, 4)
        return self._prompts(points=points, boxes=box, masks=self._rough(prompt))

    def embed_clicks(self, points: np.ndarray, frame: Size, size: Size) -> tuple[Tensor, Tensor]:
        """Each of float Nx2 points as a prompt of its own, which includes what is under it."""
        placed = placed_in(frame, size, points).to(self.device)[:, None]
        labels = torch.ones(len(points), 1, dtype=torch.int, device=self.device)
        return self._prompts(points=(placed, labels), boxes=None, masks=None)

    def predict(self, features: Sequence[Tensor], sparse: Tensor, dense: Tensor) -> tuple[Tensor, Tensor]:
        """One pass for B prompts: logits Bx4x256x256 and scores Bx4, first the single mask, then the three."""
        return self._network.predict_masks(
            image_embeddings=features[0],
            image_pe=self._places,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )

    def _rough(self, prompt: SamPrompt) -> Optional[Tensor]:
        """A prompt's rough mask, 1x1x256x256, where it has one."""
        return None if prompt.logits is None else torch.from_numpy(prompt.logits).to(self.device)[None, None]


def placed_in(frame: Size, size: Size, points: np.ndarray) -> Tensor:
    """See square.in_frame."""
    return torch.from_numpy(in_frame(points, frame, size))


def _copied(module: nn.Module, device: str) -> nn.Module:
    """A copy on another device; nothing is copied on the one that it is on, which may be full."""
    moved: dict[int, Any] = {}
    for parameter in module.parameters():
        moved[id(parameter)] = nn.Parameter(parameter.data.to(device), requires_grad=parameter.requires_grad)
    for buffer in module.buffers():
        moved[id(buffer)] = buffer.to(device)
    return copy.deepcopy(module, moved)
