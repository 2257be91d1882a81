"""HQ-SAM and MobileSAM, both in the package segment-anything-hq.

HQ-SAM: Ke et al., "Segment Anything in High Quality", 2023: SAM with one more output token, whose mask, drawn from
early features of the encoder as well, is added to the others. MobileSAM: Zhang et al., "Faster Segment Anything", 2023:
SAM with a small encoder and the decoder of ViT-H.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence

from torch import Tensor

from .attention import EncoderOutput, TinyEncoder, VitEncoder
from .decoder import SamDecoder
from .sam import VARIANTS, SamSegmenter, precision, restore, without_weights


class HqDecoder(SamDecoder):
    """Of HQ-SAM. The features of the extra token, which depend on the image alone, are not worked out at each click."""

    def features(self, encoded: EncoderOutput) -> tuple[Tensor, ...]:
        """The embedding, and the HQ features 1x32x256x256; see MaskDecoderHQ.forward."""
        (early,) = encoded.finer
        fine = self._network.embedding_encoder(encoded.image)
        fine = fine + self._network.compress_vit_feat(early.float().permute(0, 3, 1, 2))
        return encoded.image, fine

    def predict(self, features: Sequence[Tensor], sparse: Tensor, dense: Tensor) -> tuple[Tensor, Tensor]:
        """As of SamDecoder: the extra mask is added to each of the four, as with hq_token_only=False."""
        image, fine = features
        masks, scores = self._network.predict_masks(
            image_embeddings=image,
            image_pe=self._places,
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            hq_features=fine,
        )
        return masks[:, :4] + masks[:, 4:], scores


class HqSegmenter(SamSegmenter):
    """HQ-SAM."""

    Decoder = HqDecoder


def load(paths: Sequence[Path], device: str, dtype: str, variant: str, attention: str = "auto") -> HqSegmenter:
    """HQ-SAM from one file of its authors; arguments and errors as of sam.load."""
    from segment_anything_hq import sam_model_registry

    (path,) = paths
    network = restore(lambda: without_weights(sam_model_registry[variant]), path, f"HQ-SAM {VARIANTS[variant]}")
    encoder = VitEncoder(network.image_encoder, attention, device, precision(device, dtype))
    return HqSegmenter(encoder, network.prompt_encoder, network.mask_decoder, device, dtype)


def load_mobile(paths: Sequence[Path], device: str, dtype: str) -> SamSegmenter:
    """MobileSAM from its one file; arguments and errors as of sam.load. Its small windows need no special attention."""
    from segment_anything_hq import sam_model_registry_baseline

    (path,) = paths
    network = restore(sam_model_registry_baseline["vit_tiny"], path, "MobileSAM")
    encoder = TinyEncoder(network.image_encoder, device, precision(device, dtype))
    return SamSegmenter(encoder, network.prompt_encoder, network.mask_decoder, device, dtype)
