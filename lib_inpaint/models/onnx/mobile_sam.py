"""MobileSAM (Zhang et al., "Faster Segment Anything", 2023) in the two ONNX files of Hugging Face's Acly/MobileSAM.

mobile_sam_image_encoder.onnx takes the square as float32 1024x1024x3 of 0..255 and brings it to zero mean itself.
sam_mask_decoder_multi.onnx is what segment-anything's own exporter (utils/onnx.py, SamOnnxModel) makes: prompt encoder,
mask decoder, and an enlargement that is not used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence

import numpy as np

from ...geometry import Array, Floats, Image, Mask, Size
from ...progress import Progress
from ...schema import Selection
from ..model import Candidates
from ..sam.prompts import GRID, SamPrompt, from_selection, rank
from ..sam.square import MEAN, SIDE, extent_of, frame_of, framed, in_frame, to_picture
from .network import Network, open_network

_PROMPT = ("point_coords", "point_labels", "mask_input", "has_mask_input", "orig_im_size")
_NO_POINT, _UPPER_LEFT, _LOWER_RIGHT = -1, 2, 3  # labels besides 0 and 1


@dataclass(frozen=True)
class OnnxEmbedding:
    """An encoded image: float32 1x256x64x64."""

    size: Size
    features: Floats

    @property
    def nbytes(self) -> int:
        return self.features.nbytes


class MobileSam:
    """A `BatchSegmenter`, with the numbers of sam_hq.load_mobile. Several threads may decode at once."""

    def __init__(self, encoder: Network, decoder: Network) -> None:
        self._encoder, self._decoder = encoder, decoder
        self.nbytes = encoder.nbytes + decoder.nbytes

    def encode(self, image: Image, progress: Progress) -> OnnxEmbedding:
        """uint8 HxWx3 RGB -> its embedding."""
        progress(0.0, "Looking at the picture")
        square = np.empty((SIDE, SIDE, 3), np.float32)
        square[:] = MEAN  # the network takes it away, which leaves the 0 that SAM was trained with
        small = framed(image)
        square[: small.shape[0], : small.shape[1]] = small
        (features,) = self._encoder({"input_image": square})
        progress(1.0, "")
        return OnnxEmbedding(Size.of(image), features)

    def decode(self, embedding: OnnxEmbedding, selection: Selection, previous: Optional[Floats] = None) -> Candidates:
        """Three candidates, logits float32 3x256x256. Raises BadRequest for `previous` of another shape."""
        prompt = from_selection(selection, embedding.size, self.extent(embedding.size), previous)
        logits, scores = self._predict(embedding, prompt)
        return rank(logits, scores, prompt)

    def decode_batch(self, embedding: OnnxEmbedding, points: Array) -> tuple[Floats, Floats]:
        """See BatchSegmenter. The file takes one prompt at a time."""
        label = np.ones(1, np.int32)
        every = [
            self._predict(embedding, SamPrompt(point[None].astype(np.float32), label, None, None)) for point in points
        ]
        return np.stack([logits[1:] for logits, _ in every]), np.stack([scores[1:] for _, scores in every])

    def upscale(self, embedding: OnnxEmbedding, logits: Floats) -> Mask:
        """See square.to_picture."""
        return to_picture(logits, frame_of(embedding.size), embedding.size)

    def extent(self, size: Size) -> tuple[float, float]:
        """See Segmenter."""
        return extent_of(frame_of(size))

    def _predict(self, embedding: OnnxEmbedding, prompt: SamPrompt) -> tuple[Floats, Floats]:
        """Logits 4x256x256 and scores 4, first the single mask, then the three for ambiguous prompts."""
        points, labels = prompt.points, prompt.labels
        if prompt.box is None:  # as PromptEncoder does where there is no box
            points, labels = np.vstack([points, np.zeros((1, 2))]), np.append(labels, _NO_POINT)
        else:
            points, labels = (
                np.vstack([points, prompt.box.reshape(2, 2)]),
                np.append(labels, (_UPPER_LEFT, _LOWER_RIGHT)),
            )
        placed = in_frame(points, frame_of(embedding.size), embedding.size)
        placed[labels == _NO_POINT] = 0
        rough = np.zeros((GRID, GRID), np.float32) if prompt.logits is None else prompt.logits
        given = (
            placed[None],
            labels[None].astype(np.float32),
            rough[None, None],
            np.array([prompt.logits is not None], np.float32),
            np.array([GRID, GRID], np.float32),  # the least enlargement
        )
        feeds = {"image_embeddings": embedding.features, **dict(zip(_PROMPT, given))}
        logits, scores = self._decoder(feeds)
        return logits[0], scores[0]


def load(paths: Sequence[Path], device: str, dtype: str) -> MobileSam:
    """MobileSAM from its encoder and its decoder, in this order. It is on the processor and in float32 in any case.

    Raises ModelUnavailable when a file is damaged or is another's.
    """
    encoder, decoder = paths
    return MobileSam(
        open_network(encoder, ["input_image"], ["image_embeddings"]),
        open_network(decoder, ["image_embeddings", *_PROMPT], ["low_res_masks", "iou_predictions"]),
    )
