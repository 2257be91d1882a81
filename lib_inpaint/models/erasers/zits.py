"""ZITS: Dong et al., "Incremental Transformer Structure Enhanced Image Inpainting with Masking Positional Encoding",
CVPR 2022.

Four TorchScript files of github.com/Sanster/models. The detector finds straight lines in the picture at 512 pixels; the
structure network goes on with lines and edges through the hole at 256; the upsampler doubles their size, as often as it
takes; the inpainter paints by them. What each is called with is IOPaint's (iopaint/model/zits.py) and the authors'
(single_image_test.py), except that whatever is in the hole is hidden from all of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import numpy as np
import torch
from torch.nn import functional

from ...geometry import Array, Image
from ...progress import Progress
from ..files.torchscript import expect, load_torchscript, read_torchscript, shape_of
from ..model import Needs
from .structure import COARSE, drawn_lines, known_edges, masked_position, resized, resized_hole
from .torch_eraser import TorchEraser

_FINE = 512  # the side at which lines are found
_LINE_MEAN, _LINE_STD = (109.730, 103.832, 98.681), (22.275, 22.124, 23.229)  # of what the detector has learned from
_GREY = 127.5  # what it was shown in holes
_PASSES = 5  # through a hole; IOPaint makes one, the authors make these
_SURE_LINE, _SURE_EDGE = 0.85, 0.25


class Zits(TorchEraser):
    """ZITS. It goes on with walls, windows and horizons. Nothing in it is random."""

    # Trained at up to 512 pixels, and shown at 1024 by the authors; the structure comes from the whole at 256.
    needs = Needs(multiple=32, square=COARSE, best=1024, context=0.4, margin=128)

    def _move(self) -> None:
        # Not the detector: its program was made on a processor, and waits for a number from the device at each step.
        for network in self._networks[1:]:
            network.to(self.device)

    def paint(self, image: torch.Tensor, hole: torch.Tensor, progress: Progress) -> torch.Tensor:
        hidden = hole[0, 0].cpu().numpy().astype(np.uint8)
        levels = (image[0] * 255).round().permute(1, 2, 0).cpu().numpy()
        shown = np.where(hidden[..., None] > 0, np.uint8(_GREY), levels.astype(np.uint8))
        lines = drawn_lines(self._found_lines(shown, hidden), COARSE)
        edges, lines = self._completed(shown, hidden, lines, progress)
        progress(0.6, "Erasing")
        edges, lines = self._enlarged(edges, len(shown)), self._enlarged(lines, len(shown))
        progress(0.7, "Erasing")
        positions = [torch.from_numpy(one)[None].long().to(self.device) for one in masked_position(hidden)]
        return self._networks[3](image * (1 - hole), hole, edges, lines, *positions)

    def _found_lines(self, image: Image, hole: Array) -> Array:
        """The straight lines of a picture, uint8 NxNx3, beside its hole: float Nx4, x and y of both ends in 0..1."""
        hidden = resized_hole(hole, _FINE)[..., None]
        seen = np.where(hidden, np.float32(_GREY), resized(image, _FINE).astype(np.float32))
        seen = (seen - np.array(_LINE_MEAN, np.float32)) / np.array(_LINE_STD, np.float32)
        try:
            found: dict[str, Any] = self._networks[0](_tensor(seen))
        except (RuntimeError, IndexError, torch.jit.Error) as error:
            if "allocate" in str(error):
                raise
            return np.empty((0, 4), np.float32)  # its program fails where there is not a single line
        if int(found["num_proposals"]) == 0:
            return np.empty((0, 4), np.float32)
        return found["lines_pred"][found["lines_score"] > _SURE_LINE].numpy()

    def _completed(
        self, image: Image, hole: Array, lines: Array, progress: Progress
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Edges and lines at 256 pixels, float32 1x1x256x256 in 0..1, those in the hole predicted.

        In each pass a part of what is still hidden becomes known, that first of which the network is the surest.
        """
        small, small_hole = resized(image, COARSE), resized_hole(hole, COARSE)
        arrays = small / 127.5 - 1, known_edges(small, small_hole), lines, small_hole
        picture, edges, straight, hidden = (_tensor(one).to(self.device) for one in arrays)
        picture, edges, straight = (one * (1 - hidden) for one in (picture, edges, straight))
        for number in range(1, _PASSES + 1):
            progress(0.5 * number / _PASSES, f"Finding lines, pass {number} of {_PASSES}")
            edge_logits, line_logits = self._networks[1](picture, edges, straight, masks=hidden)
            edge, line = edge_logits.sigmoid(), ((line_logits + 0.05) * 4).sigmoid()
            edges = (edges + edge * hidden >= _SURE_EDGE).float()
            straight = straight + line * hidden
            hidden = _still_hidden(hidden, _sureness(edge) + _sureness(line), number)
            edges, straight = edges * (1 - hidden), straight * (1 - hidden)
        return edges, straight

    def _enlarged(self, structure: torch.Tensor, side: int) -> torch.Tensor:
        """Edges or lines 1x1x256x256 at another side, as sharp there: 1x1xNxN in 0..1."""
        while structure.shape[-1] < side:
            structure = ((self._networks[2](structure) + 2) * 2).sigmoid()
        return functional.interpolate(structure, size=(side, side), mode="bilinear", align_corners=False)


def _tensor(array: Array) -> torch.Tensor:
    """HxW or HxWxC -> float32 1xCxHxW."""
    return torch.from_numpy(np.ascontiguousarray(np.atleast_3d(array).transpose(2, 0, 1), np.float32))[None]


def _sureness(probability: torch.Tensor) -> torch.Tensor:
    """How sure a prediction is, by the authors' rule, which prefers something to nothing."""
    return torch.maximum(1 - probability, probability + 0.5)


def _still_hidden(hidden: torch.Tensor, sureness: torch.Tensor, number: int) -> torch.Tensor:
    """What of a hole, 1x1xHxW, 0 or 1, is left after the pass of that number, from 1; the last one leaves nothing."""
    flat = hidden.flatten().clone()
    order = torch.where(flat > 0, sureness.flatten(), -torch.inf).sort(descending=True, stable=True).indices
    flat[order[: int(flat.sum()) * number // _PASSES]] = 0
    return flat.reshape(hidden.shape)


def load(paths: Sequence[Path], device: str, dtype: str) -> Zits:
    """ZITS from its files for wireframes, edges and lines, upsampling of structure, and inpainting, in this order.

    dtype is not heeded: it is run in float32, as it was published. Raises ModelUnavailable when a file is damaged or is
    another's.
    """
    wireframe, edge_line, upsample, inpaint = paths
    plane, whole = torch.zeros(1, 1, COARSE, COARSE), torch.zeros(1, 3, COARSE, COARSE)
    # The detector may fail on a picture of nothing; but no other network gives several things by their names.
    detector: Any = read_torchscript(wireframe)
    expect(wireframe, lambda: detector.forward.schema.returns[0].type.kind() == "DictType")
    structure = read_torchscript(edge_line)
    expect(
        edge_line, lambda: [shape_of(one) for one in structure(whole, plane, plane, masks=plane)] == [plane.shape] * 2
    )
    upsampler = load_torchscript(upsample, [(1, 1, 32, 32)], (1, 1, 64, 64))
    painter, where = read_torchscript(inpaint), torch.zeros(1, COARSE, COARSE, 4, dtype=torch.long)
    expect(
        inpaint, lambda: shape_of(painter(whole, plane, plane, plane, where[..., 0], where)) == (1, 3, COARSE, COARSE)
    )
    return Zits([detector, structure, upsampler, painter], device)
