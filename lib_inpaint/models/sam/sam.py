"""SAM: Kirillov et al., "Segment Anything", 2023, in the package of its authors, facebookresearch/segment-anything.

The image goes through the encoder once. A click is one pass of the prompt encoder and the mask decoder, in which
nothing of the image is worked out again; the mask grows to the size of the picture only where it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Optional, Sequence, Union

import cv2
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from ...errors import ModelUnavailable
from ...geometry import Size
from ...progress import Progress
from ...schema import Selection
from ..files.weights import load_state_dict
from ..model import Candidates
from .attention import EncoderOutput, ImageEncoder, VitEncoder, choose_kernel, nbytes_of
from .enlarge import enlarge
from .prompts import GRID, SamPrompt, from_selection, rank

_MEAN, _STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)  # of ImageNet, as in build_sam.py
SIDE = 1024  # of the square that the encoder sees
VARIANTS = {"vit_b": "ViT-B", "vit_l": "ViT-L", "vit_h": "ViT-H"}


@dataclass(frozen=True)
class SamEmbedding:
    """An encoded image. `features` are float32 tensors, the first 1x256x64x64; what follows depends on the family."""

    size: Size
    features: tuple[Tensor, ...]

    @property
    def nbytes(self) -> int:
        return sum(tensor.numel() * tensor.element_size() for tensor in self.features)


class SamSegmenter:
    """A `Segmenter` of any family with SAM's prompt encoder and mask decoder. Safe to use from several threads.

    The encoder works in the dtype it was given; the rest is small and stays in float32, so that scores and edges do not
    suffer. A family overrides what differs in it.
    """

    def __init__(self, encoder: ImageEncoder, prompts: nn.Module, decoder: nn.Module, device: str) -> None:
        """encoder: already on the device. prompts, decoder: `PromptEncoder` and `MaskDecoder` of the package."""
        self._encoder = encoder
        self._prompts: Any = prompts.eval().float().to(device)
        self._decoder: Any = decoder.eval().float().to(device)
        self._device = torch.device(device)
        with torch.inference_mode():
            self._places = self._prompts.get_dense_pe()

    @property
    def nbytes(self) -> int:
        """What the weights take in memory, in bytes."""
        return self._encoder.nbytes + nbytes_of(self._prompts) + nbytes_of(self._decoder)

    @torch.inference_mode()
    def encode(self, image: np.ndarray, progress: Progress) -> SamEmbedding:
        """uint8 HxWx3 RGB -> its embedding."""
        progress(0.0, "Looking at the picture")
        features = self._features(self._encoder(self._input(image), progress))
        embedding = SamEmbedding(Size.of(image), features)
        progress(1.0, "")
        return embedding

    @torch.inference_mode()
    def decode(
        self, embedding: SamEmbedding, selection: Selection, previous: Optional[np.ndarray] = None
    ) -> Candidates:
        """Three candidates, logits float32 3x256x256. Raises BadRequest for `previous` of another shape."""
        prompt = from_selection(selection, embedding.size, self.extent(embedding.size), previous)
        sparse, dense = self._embed(prompt, self._frame(embedding.size), embedding.size)
        logits, scores = self._predict(embedding.features, sparse, dense)
        return rank(logits[0].cpu().numpy(), scores[0].cpu().numpy(), prompt, self._falls_back)

    @torch.inference_mode()
    def decode_batch(self, embedding: SamEmbedding, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See BatchSegmenter: the three ambiguous masks of each point, Nx3x256x256, with the scores as they come."""
        placed = placed_in(self._frame(embedding.size), embedding.size, points).to(self._device)[:, None]
        labels = torch.ones(len(points), 1, dtype=torch.int, device=self._device)
        sparse, dense = self._prompts(points=(placed, labels), boxes=None, masks=None)
        logits, scores = self._predict(embedding.features, sparse, dense)
        return logits[:, 1:].cpu().numpy(), scores[:, 1:].cpu().numpy()

    def extent(self, size: Size) -> tuple[float, float]:
        """See Segmenter: the frame, in cells of the logits."""
        frame = self._frame(size)
        return frame.width * GRID / SIDE, frame.height * GRID / SIDE

    def upscale(self, embedding: SamEmbedding, logits: np.ndarray) -> np.ndarray:
        """float32 256x256 -> uint8 HxW, 0 or 255: as Sam.postprocess_masks, over 1024x1024 without its padding."""
        frame = self._frame(embedding.size)
        square = cv2.resize(logits, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        return enlarge(square[: frame.height, : frame.width], embedding.size)

    # What differs from family to family.

    _falls_back = False  # as of prompts.rank

    def _frame(self, size: Size) -> Size:
        """The part of the square that a picture fills: ResizeLongestSide.get_preprocess_shape, but never none."""
        scale = SIDE / max(size)
        return Size(max(1, int(size.width * scale + 0.5)), max(1, int(size.height * scale + 0.5)))

    def _input(self, image: np.ndarray) -> Tensor:
        """uint8 HxWx3 -> float32 1x3x1024x1024, resized as the packages do, by Pillow; the rest of the square is 0."""
        frame = self._frame(Size.of(image))
        small = np.array(Image.fromarray(image).resize(frame, Image.Resampling.BILINEAR))
        pixels = torch.from_numpy(small).to(self._device).float()
        mean, std = (torch.tensor(values, device=self._device) for values in (_MEAN, _STD))
        square = torch.zeros(1, 3, SIDE, SIDE, device=self._device)
        square[0, :, : frame.height, : frame.width] = ((pixels - mean) / std).permute(2, 0, 1)
        return square

    def _features(self, encoded: EncoderOutput) -> tuple[Tensor, ...]:
        """All of the decoder's work that depends on the image alone, in float32."""
        return (encoded.image,)

    def _embed(self, prompt: SamPrompt, frame: Size, size: Size) -> tuple[Tensor, Tensor]:
        """The prompt as 1xNx256 tokens and 1x256x64x64."""
        points = box = mask = None
        if len(prompt.points):
            placed = placed_in(frame, size, prompt.points).to(self._device)
            points = placed[None], torch.from_numpy(prompt.labels).to(self._device)[None]
        if prompt.box is not None:
            box = placed_in(frame, size, prompt.box.reshape(2, 2)).to(self._device).reshape(1, 4)
        if prompt.logits is not None:
            mask = torch.from_numpy(prompt.logits).to(self._device)[None, None]
        return self._prompts(points=points, boxes=box, masks=mask)

    def _predict(self, features: Sequence[Tensor], sparse: Tensor, dense: Tensor) -> tuple[Tensor, Tensor]:
        """One pass for B prompts: logits Bx4x256x256 and scores Bx4, first the single mask, then the three."""
        return self._decoder.predict_masks(
            image_embeddings=features[0],
            image_pe=self._places,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
        )


def placed_in(frame: Size, size: Size, points: np.ndarray) -> Tensor:
    """float Nx2 in pixels of the picture -> float32 Nx2 in those of the square, as ResizeLongestSide.apply_coords."""
    scale = np.array([frame.width / size.width, frame.height / size.height])
    return torch.from_numpy((points * scale).astype(np.float32))


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
    encoder = VitEncoder(network.image_encoder, choose_kernel(attention, device), device, precision(device, dtype))
    return SamSegmenter(encoder, network.prompt_encoder, network.mask_decoder, device)
