"""SAM 2 and 2.1: Ravi et al., "SAM 2: Segment Anything in Images and Videos", 2024, where `sam2` is installed.

Only the part for pictures is kept; what remembers the frames of a video is dropped after loading.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from ...geometry import Size
from ...progress import Progress
from .attention import EncoderOutput, nbytes_of
from .decoder import SamDecoder, placed_in
from .enlarge import enlarge
from .prompts import SamPrompt
from .sam import SamEmbedding, SamSegmenter, precision, restore
from .square import SIDE

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # as in sam2/utils/transforms.py
_CORNERS = np.array([2, 3], np.int32)  # labels of a box's upper left and lower right
_LIMIT = 32.0  # of the logits, so that they can be fed back


class Sam2Decoder(SamDecoder):
    """Of SAM 2. Two finer levels of features draw the edges."""

    def features(self, encoded: EncoderOutput) -> tuple[Tensor, ...]:
        """1x256x64x64, 1x32x256x256 and 1x64x128x128, the last two as in SAM2Base.forward_image."""
        fine, middle = encoded.finer
        return encoded.image, self._network.conv_s0(fine.float()), self._network.conv_s1(middle.float())

    def embed(self, prompt: SamPrompt, frame: Size, size: Size) -> tuple[Tensor, Tensor]:
        """As of SamDecoder; a box is two points in front of the others."""
        places, labels = prompt.points, prompt.labels
        if prompt.box is not None:
            places = np.concatenate([prompt.box.reshape(2, 2), places])
            labels = np.concatenate([_CORNERS, labels])
        points = placed_in(frame, size, places).to(self.device)[None], torch.from_numpy(labels).to(self.device)[None]
        return self._prompts(points=points, boxes=None, masks=self._rough(prompt))

    def predict(self, features: Sequence[Tensor], sparse: Tensor, dense: Tensor) -> tuple[Tensor, Tensor]:
        masks, scores, _, _ = self._network.predict_masks(
            image_embeddings=features[0],
            image_pe=self._places,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            repeat_image=True,
            high_res_features=features[1:],
        )
        return masks.clamp(-_LIMIT, _LIMIT), scores


class Sam2Segmenter(SamSegmenter):
    """SAM 2. It sees the whole picture stretched to a square."""

    Decoder = Sam2Decoder
    _falls_back = True

    def _frame(self, size: Size) -> Size:
        return Size(SIDE, SIDE)

    def _input(self, image: np.ndarray) -> Tensor:
        """uint8 HxWx3 -> float32 1x3x1024x1024; as SAM2Transforms."""
        pixels = torch.tensor(image).to(self.device).permute(2, 0, 1)[None].float() / 255
        square = functional.interpolate(pixels, (SIDE, SIDE), mode="bilinear", align_corners=False, antialias=True)
        mean, std = (torch.tensor(values, device=self.device).view(1, 3, 1, 1) for values in (_MEAN, _STD))
        return (square - mean) / std

    def upscale(self, embedding: SamEmbedding, logits: np.ndarray) -> np.ndarray:
        """float32 256x256 -> uint8 HxW, 0 or 255: as SAM2Transforms.postprocess_masks, in one step."""
        return enlarge(logits, embedding.size)


class HieraEncoder:
    """The image encoder of `SAM2Base`; what it adds for a picture that is no frame of a video is added here."""

    def __init__(self, network: Any, device: str, dtype: torch.dtype) -> None:
        self._encoder = network.image_encoder.eval()
        self._no_memory = network.no_mem_embed.detach().float().view(1, -1, 1, 1)
        self.to(device, dtype)

    @property
    def nbytes(self) -> int:
        return nbytes_of(self._encoder)

    def to(self, device: str, dtype: torch.dtype) -> None:
        """See ImageEncoder."""
        self._encoder.to(device, dtype)
        self._no_memory, self._dtype = self._no_memory.to(device), dtype

    def __call__(self, image: Tensor, progress: Progress) -> EncoderOutput:
        """As of ImageEncoder; `finer` are two levels, 1x256x256x256 and 1x256x128x128."""
        fine, middle, coarse = self._encoder(image.to(self._dtype))["backbone_fpn"]
        return EncoderOutput(coarse.float() + self._no_memory, (fine, middle))


def load(paths: Sequence[Path], device: str, dtype: str, variant: str, attention: str = "auto") -> Sam2Segmenter:
    """SAM 2 from one file of its authors; `variant` is its configuration in the package: "configs/sam2/...yaml".

    Its encoder has its attention from torch, whatever `attention` says. Raises ModelUnavailable when the file is
    damaged, would run code, or is of another model.
    """
    (path,) = paths
    network = restore(lambda: _build(variant), path, Path(variant).stem)
    encoder = HieraEncoder(network, device, precision(device, dtype))
    return Sam2Segmenter(encoder, network.sam_prompt_encoder, network.sam_mask_decoder, device, dtype)


def _build(variant: str) -> Any:
    """`SAM2Base` as its configuration file says, with random weights.

    The package's build_sam2 asks hydra's one global state for the file, which another extension may hold for its own.
    """
    import sam2
    from hydra.utils import instantiate  # pyright: ignore[reportMissingImports]
    from omegaconf import OmegaConf  # pyright: ignore[reportMissingImports]

    return instantiate(OmegaConf.load(Path(sam2.__path__[0], variant)).model)
