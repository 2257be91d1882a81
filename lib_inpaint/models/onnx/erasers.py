"""LaMa and MI-GAN in ONNX files. Both see 512x512 pixels, no more and no less."""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, cast

import numpy as np
from scipy import ndimage

from ...geometry import Array, Image, Mask
from ...progress import Progress
from ..model import Needs
from .network import Network, open_network

_SIDE = 512


class _OnnxEraser:
    """An `Eraser` around one network, on the processor."""

    needs = Needs(native=_SIDE, context=0.5, margin=128)

    def __init__(self, network: Network) -> None:
        self._network = network
        self.nbytes = network.nbytes

    def __call__(self, image: Image, mask: Mask, progress: Progress) -> Image:
        """As of `Eraser`."""
        progress(0.0, "Erasing")
        filled = self._fill(image, mask)
        progress(1.0, "Erased")
        return filled

    def _fill(self, image: Image, mask: Mask) -> Image:
        raise NotImplementedError


class Lama(_OnnxEraser):
    """LaMa as Hugging Face's Carve/LaMa-ONNX has it: float32 RGB in 0..1 and the hole -> float32 RGB in 0..255.

    Its Fourier transforms are products of matrices, which is why its size is fixed.
    """

    def _fill(self, image: Image, mask: Mask) -> Image:
        hole = (mask > 0).astype(np.float32)
        (filled,) = self._network({"image": _planes(image.astype(np.float32) / 255), "mask": hole[None, None]})
        return _pixels(filled.round().clip(0, 255).astype(np.uint8))


class Migan(_OnnxEraser):
    """MI-GAN as Hugging Face's andraniksargsyan/migan has it, with what is around it: uint8 RGB and 255 where it is
    known, 0 in the hole -> uint8 RGB.

    The file crops and resizes, which at 512x512 does nothing, and blends what it made with what was in the hole, a few
    pixels deep (MI-GAN, scripts/create_onnx_pipeline.py). What is to go would show through there; so the nearest known
    pixels are put into the hole first.
    """

    def _fill(self, image: Image, mask: Mask) -> Image:
        known = _goes_on(image, mask)
        (filled,) = self._network(
            {"image": _planes(known), "mask": np.where(mask > 0, 0, 255)[None, None].astype("u1")}
        )
        return _pixels(filled)


def load_lama(paths: Sequence[Path], device: str, dtype: str) -> Lama:
    """LaMa from lama_fp32.onnx. It is on the processor and in float32 in any case.

    Raises ModelUnavailable when the file is damaged or is another's.
    """
    (path,) = paths
    return Lama(open_network(path, ["image", "mask"], ["output"]))


def load_migan(paths: Sequence[Path], device: str, dtype: str) -> Migan:
    """MI-GAN from migan_pipeline_v2.onnx; as `load_lama`."""
    (path,) = paths
    return Migan(open_network(path, ["image", "mask"], ["result"]))


def _goes_on(image: Image, mask: Mask) -> Image:
    """The picture with each pixel of the hole as the nearest one outside of it; itself where there is none."""
    if mask.all():
        return image
    rows, columns = cast(Array, ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True))
    return image[rows, columns]


def _planes(image: Array) -> Array:
    """HxWx3 -> 1x3xHxW."""
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None])


def _pixels(planes: Array) -> Array:
    """1x3xHxW -> HxWx3."""
    return np.ascontiguousarray(planes[0].transpose(1, 2, 0))
