"""SAM: Kirillov et al., "Segment Anything", 2023, in the package of its authors, facebookresearch/segment-anything.

The image goes through the encoder once. A click is one pass of the prompt encoder and the mask decoder, in which
nothing of the image is worked out again; the mask grows to the size of the picture only where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional, Sequence, Union

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import ModelUnavailable
from ...geometry import Size
from ...progress import Progress
from ...schema import Selection
from ..devices import PROCESSOR, DeviceFailed, attempt
from ..files.weights import load_state_dict
from ..model import Candidates
from .attention import ImageEncoder, VitEncoder
from .decoder import SamDecoder
from .prompts import from_selection, rank
from .square import MEAN, SIDE, STD, extent_of, frame_of, framed, to_picture

VARIANTS = {"vit_b": "ViT-B", "vit_l": "ViT-L", "vit_h": "ViT-H"}


@dataclass(frozen=True)
class SamEmbedding:
    """An encoded image. `features` are float32 tensors, the first 1x256x64x64; what follows depends on the family."""

    size: Size
    features: tuple[Tensor, ...]

    @property
    def nbytes(self) -> int:
        return sum(tensor.numel() * tensor.element_size() for tensor in self.features)

    def to(self, device: str) -> SamEmbedding:
        """See MovableEmbedding."""
        moved = tuple(tensor.to(device) for tensor in self.features)
        return self if all(new is old for new, old in zip(moved, self.features)) else SamEmbedding(self.size, moved)


class SamSegmenter:
    """A `Segmenter` of any family with SAM's prompt encoder and mask decoder.

    Several threads may decode at once, also while it is moved. A family overrides what differs in it.
    """

    def __init__(
        self, encoder: ImageEncoder, prompts: nn.Module, decoder: nn.Module, device: str, dtype: str = "float32"
    ) -> None:
        """encoder: already on the device. prompts, decoder: as of SamDecoder. dtype: of the encoder, where the device
        can work in it."""
        self._encoder = encoder
        self._decoder = self.Decoder(prompts, decoder, device)
        self.device, self._dtype = device, dtype

    @property
    def nbytes(self) -> int:
        """What the weights take in memory, in bytes."""
        return self._encoder.nbytes + self._decoder.nbytes

    def to(self, device: str) -> None:
        """See Movable."""
        self.device = device

        def move() -> None:
            self._encoder.to(device, precision(device, self._dtype))
            self._decoder = self._decoder.on(device)

        attempt(move, device, f"The weights do not fit into the memory of {device}.")

    def encode(self, image: np.ndarray, progress: Progress) -> SamEmbedding:
        """uint8 HxWx3 RGB -> its embedding."""
        progress(0.0, "Looking at the picture")
        short = f"A picture does not fit into the memory of {self.device} to be looked at."
        features = attempt(lambda: self._features(image, progress), self.device, short)
        if self.device != PROCESSOR and not _are_numbers(features) and self._dtype != "float32":
            self._dtype = "float32"  # half the bits are too few on some cards; from now on it works in all of them
            self.to(self.device)
            features = attempt(lambda: self._features(image, progress), self.device, short)
        if self.device != PROCESSOR and not _are_numbers(features):
            raise DeviceFailed(f"{self.device} gives no numbers for this picture.")
        progress(1.0, "")
        return SamEmbedding(Size.of(image), features)

    @torch.inference_mode()
    def _features(self, image: np.ndarray, progress: Progress) -> tuple[Tensor, ...]:
        return self._decoder.features(self._encoder(self._input(image), progress))

    def decode(
        self, embedding: SamEmbedding, selection: Selection, previous: Optional[np.ndarray] = None
    ) -> Candidates:
        """Three candidates, logits float32 3x256x256. Raises BadRequest for `previous` of another shape."""
        prompt = from_selection(selection, embedding.size, self.extent(embedding.size), previous)
        decoder, frame = self._decoder, self._frame(embedding.size)  # the same one for all of it
        logits, scores = self._decoded(decoder, embedding, lambda: decoder.embed(prompt, frame, embedding.size))
        return rank(logits[0], scores[0], prompt, self._falls_back)

    def decode_batch(self, embedding: SamEmbedding, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See BatchSegmenter: the three ambiguous masks of each point, Nx3x256x256, with the scores as they come."""
        decoder, frame = self._decoder, self._frame(embedding.size)
        logits, scores = self._decoded(decoder, embedding, lambda: decoder.embed_clicks(points, frame, embedding.size))
        return logits[:, 1:], scores[:, 1:]

    def _decoded(
        self, decoder: SamDecoder, embedding: SamEmbedding, embed: Callable[[], tuple[Tensor, Tensor]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The decoder's pass over an embedding for prompts, as arrays."""

        @torch.inference_mode()
        def passed() -> tuple[np.ndarray, np.ndarray]:
            logits, scores = decoder.predict(embedding.to(str(decoder.device)).features, *embed())
            return logits.cpu().numpy(), scores.cpu().numpy()

        return attempt(passed, str(decoder.device), f"A click does not fit into the memory of {decoder.device}.")

    def extent(self, size: Size) -> tuple[float, float]:
        """See Segmenter: the frame, in cells of the logits."""
        return extent_of(self._frame(size))

    def upscale(self, embedding: SamEmbedding, logits: np.ndarray) -> np.ndarray:
        """See square.to_picture."""
        return to_picture(logits, self._frame(embedding.size), embedding.size)

    # What differs from family to family.

    Decoder = SamDecoder
    _falls_back = False  # as of prompts.rank

    def _frame(self, size: Size) -> Size:
        """The part of the square that a picture fills."""
        return frame_of(size)

    def _input(self, image: np.ndarray) -> Tensor:
        """uint8 HxWx3 -> float32 1x3x1024x1024; the rest of the square is 0."""
        frame = self._frame(Size.of(image))
        pixels = torch.from_numpy(framed(image)).to(self.device).float()
        mean, std = (torch.tensor(values, device=self.device) for values in (MEAN, STD))
        square = torch.zeros(1, 3, SIDE, SIDE, device=self.device)
        square[0, :, : frame.height, : frame.width] = ((pixels - mean) / std).permute(2, 0, 1)
        return square


def _are_numbers(features: Sequence[Tensor]) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in features)


def restore(build: Callable[[], Any], path: Union[str, Path], label: str) -> Any:
    """The network that `build` makes, with the weights of a file; ModelUnavailable when these are of another one."""
    weights = load_state_dict(path)
    network = build()
    try:
        network.load_state_dict(weights, assign=True)  # strict: another family or size has other names or shapes
    except RuntimeError as error:
        raise ModelUnavailable(
            f"{path} does not hold the weights of {label}; delete it and download it again, or choose its own model."
        ) from error
    return network


def without_weights(build: Callable[[], Any]) -> Any:
    """What `build` makes, with parameters that have no memory yet: drawing ViT-H's at random takes half a minute."""
    with torch.device("meta"):
        return build()


def precision(device: str, dtype: str) -> torch.dtype:
    """What an encoder works in: `dtype`, but on a CPU float32, as the others are slower there or not to be had."""
    return torch.float32 if torch.device(device).type == "cpu" else getattr(torch, dtype)


def load(paths: Sequence[Path], device: str, dtype: str, variant: str, attention: str = "auto") -> SamSegmenter:
    """SAM from one file of its authors; `variant` is one of VARIANTS, `attention` as of attention.choose_kernel.

    Raises ModelUnavailable when the file is damaged, would run code, or is of another model.
    """
    from segment_anything import sam_model_registry

    (path,) = paths
    network = restore(lambda: without_weights(sam_model_registry[variant]), path, f"SAM {VARIANTS[variant]}")
    encoder = VitEncoder(network.image_encoder, attention, device, precision(device, dtype))
    return SamSegmenter(encoder, network.prompt_encoder, network.mask_decoder, device, dtype)
