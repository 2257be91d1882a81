"""PP-OCR's networks that detect text: the probability of text at each pixel, at full resolution.

The network of Liao et al. (2020; see regions.py) as PaddleOCR trained it, in an ONNX file. It knows letters of about 8
to 100 pixels, so the picture is shown to it in tiles as it is, then halved again and again, for what is larger.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Iterator, Sequence

import numpy as np

from ...geometry import Box, Floats, Image, Size, pad_to_multiple, resize
from ...progress import Progress, part
from ..model import TextRegion
from ..onnx.network import Network, open_network
from .regions import merged, regions_of

_INPUT = "x"  # its name, of both networks
_MULTIPLE = 32  # of the sides of what the network is shown
_TILE = 960  # pixels; a pass takes about 400 MB
_SHARED = 96  # pixels that neighbouring tiles both see; half of it each gives up, where it sees little around a letter
_SMALL = 480  # pixels; pictures whose longer side is no more are shown enlarged as well
_COARSEST = 320  # pixels of the longer side; a letter as large as the picture is as large as the network knows then
_PLAIN = 12  # of 255; a tile whose values differ by no more is empty
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet; for B, G, R in this order, as trained


class TextNetwork:
    """A `TextDetector`."""

    threshold = 0.5  # as in PaddleOCR and RapidOCR

    def __init__(self, network: Network) -> None:
        self._network = network
        self.nbytes = network.nbytes

    def __call__(self, image: Image, threshold: float, progress: Progress) -> list[TextRegion]:
        """See TextDetector."""
        size = Size.of(image)
        shown = sizes(size)
        passes = [sum(1 for _ in tiles(one)) for one in shown]
        levels, done = [], 0
        for one, count in zip(shown, passes):
            told = part(progress, done / sum(passes), (done + count) / sum(passes))
            levels.append(regions_of(self._probability(_resized(image, one), told), size, threshold))
            done += count
        return merged(levels, [one.width / size.width for one in shown])

    def _probability(self, image: Image, progress: Progress) -> Floats:
        """float32 HxW: how likely each pixel is text."""
        size = Size.of(image)
        result = np.zeros((size.height, size.width), np.float32)
        parts = list(tiles(size))
        for number, (seen, kept) in enumerate(parts):
            progress(number / len(parts), "Looking for text")
            tile = image[seen.slices]
            if int(tile.max()) - int(tile.min()) > _PLAIN:
                result[kept.slices] = self._pass(tile)[kept.shift(-seen.left, -seen.top).slices]
        return result

    def _pass(self, tile: Image) -> Floats:
        padded = pad_to_multiple(tile, _MULTIPLE)[..., ::-1].astype(np.float32) / 255
        normal = ((padded - np.array(_MEAN, np.float32)) / np.array(_DEVIATION, np.float32)).transpose(2, 0, 1)[None]
        (given,) = self._network({_INPUT: np.ascontiguousarray(normal)})
        return given[0, 0, : tile.shape[0], : tile.shape[1]]


def sizes(size: Size) -> list[Size]:
    """The sizes at which a picture is shown to the network, the finest first."""
    shown = [Size(2 * size.width, 2 * size.height)] if max(size) <= _SMALL else []
    shown.append(size)
    while max(shown[-1]) > 2 * _COARSEST:
        shown.append(Size(*(max(1, side // 2) for side in shown[-1])))
    return shown


def tiles(size: Size) -> Iterator[tuple[Box, Box]]:
    """What is shown at a time, and the part of it whose answer counts; these lie side by side."""
    spans = [list(_spans(side)) for side in size]
    for (above, rows), (before, columns) in product(spans[1], spans[0]):
        yield Box(before[0], above[0], before[1], above[1]), Box(columns[0], rows[0], columns[1], rows[1])


def _spans(side: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Along one side: from where to where is seen, and what counts of it."""
    count = 1 if side <= _TILE else -(-(side - _SHARED) // (_TILE - _SHARED))
    seen = -(-(side + _SHARED * (count - 1)) // count)
    starts = [min(number * (seen - _SHARED), side - seen) for number in range(count)]
    edges = [0, *(start + _SHARED // 2 for start in starts[1:]), side]
    yield from (((start, start + seen), (edges[number], edges[number + 1])) for number, start in enumerate(starts))


def _resized(image: Image, size: Size) -> Image:
    return image if size == Size.of(image) else resize(image, size)


def load(paths: Sequence[Path], device: str, dtype: str, output: str) -> TextNetwork:
    """A detector from its file; `output` is the name of the network's output. Raises as open_network does."""
    return TextNetwork(open_network(paths[0], [_INPUT], [output]))
