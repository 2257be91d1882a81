"""Networks for salient object segmentation in the ONNX files that rembg publishes.

U2-Net (Qin et al., "U2-Net: Going deeper with nested U-structure for salient object detection", 2020), IS-Net (Qin et
al., "Highly accurate dichotomous image segmentation", 2022) and BiRefNet (Zheng et al., "Bilateral reference for
high-resolution dichotomous image segmentation", 2024) are all shown the whole picture stretched to a square. Of several
outputs the first one is that of all scales together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Sequence, Union

import cv2
import numpy as np
from scipy.special import expit  # pyright: ignore

from ...errors import ModelUnavailable
from ...geometry import Floats, Image, Mask, Size, resize
from ...imaging.edges import follow
from ...progress import Progress
from ..model import Subject
from .network import Network, open_network
from .signature import signature

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, for R, G, B
Levels = Union[float, Sequence[float]]  # of all three channels, or of each


class SubjectNetwork:
    """A `SubjectDetector`.

    side: of the square, in pixels. mean, deviation: what is taken away from the picture in 0..1, and what it is divided
    by then. by_brightest: 1 is the picture's brightest value, not 255. is_logit: the output is not yet a probability.
    """

    def __init__(
        self,
        path: Path,
        side: int,
        mean: Levels = _MEAN,
        deviation: Levels = _DEVIATION,
        by_brightest: bool = False,
        is_logit: bool = False,
    ) -> None:
        inputs, outputs = signature(path)
        if len(inputs) != 1 or not outputs:
            raise ModelUnavailable(_other(path))
        self._path, self._input, self._side = path, inputs[0], side
        self._network: Network = open_network(path, inputs, outputs[:1])
        self._mean, self._deviation = np.array(mean, np.float32), np.array(deviation, np.float32)
        self._by_brightest, self._is_logit = by_brightest, is_logit
        self.nbytes = self._network.nbytes

    def __call__(self, image: Image, progress: Progress) -> Subject:
        """See SubjectDetector."""
        progress(0.0, "Looking for the subject")
        likely = self._probability(image)
        sure = likely > 0.5
        if not sure.any():
            return Subject(np.zeros(image.shape[:2], np.uint8), 0.0)
        both = float(likely[sure].sum())
        score = both / (float(likely.sum()) + int(sure.sum()) - both)  # the IoU to be expected
        progress(0.9, "Looking for its edge")
        return Subject(_enlarged(image, likely), score)

    def _probability(self, image: Image) -> Floats:
        """float32 hxw, of the square."""
        square = resize(image, Size(self._side, self._side)).astype(np.float32)
        square /= max(float(square.max()), 1.0) if self._by_brightest else 255
        planes = ((square - self._mean) / self._deviation).transpose(2, 0, 1)[None]
        try:
            (given,) = self._network({self._input: np.ascontiguousarray(planes, np.float32)})
        except MemoryError:
            raise
        except Exception as error:  # a network of another side refuses this one
            raise ModelUnavailable(_other(self._path)) from error
        if given.shape != (1, 1, self._side, self._side):
            raise ModelUnavailable(_other(self._path))
        return expit(given[0, 0]) if self._is_logit else given[0, 0]


def _enlarged(image: Image, likely: Floats) -> Mask:
    """uint8 HxW, 0 or 255: the mask, its edge where the picture has one within a pixel of the square or two."""
    size = Size.of(image)
    mask = np.where(cv2.resize(likely, tuple(size)) > 0.5, np.uint8(255), np.uint8(0))
    step = max(size) / likely.shape[0]
    return follow(image, mask, min(256, round(1.5 * step))) if step > 1 else mask


def _other(path: Path) -> str:
    return f"{path} holds another network than the one that is expected there; delete it and download it again."


def load(
    paths: Sequence[Path],
    device: str,
    dtype: str,
    side: int,
    mean: Levels = _MEAN,
    deviation: Levels = _DEVIATION,
    by_brightest: bool = False,
    is_logit: bool = False,
) -> SubjectNetwork:
    """A detector from its file, on the processor in any case. Raises as open_network does, and for another network."""
    return SubjectNetwork(paths[0], side, mean, deviation, by_brightest, is_logit)
