"""What the erasers made of torch networks have in common; a family adds its `Needs` and how its networks are called."""

from __future__ import annotations

from typing import Sequence

import numpy as np
import torch

from ...progress import Progress
from ..devices import PROCESSOR, DeviceFailed, attempt
from ..model import Needs


class TorchEraser:
    """An `Eraser` around one or more networks: arrays to tensors, the pass through them, tensors to arrays.

    Networks are kept in float32, and nothing but their weights stays on the device. What is random is drawn at each
    call from a generator of its own, always from the same seed, so the same input gives the same picture; torch's
    global generators and settings are left alone.
    """

    needs: Needs  # a family's own

    def __init__(self, networks: Sequence[torch.nn.Module], device: str = "cpu") -> None:
        self._networks = tuple(network.eval().float() for network in networks)
        self.to(device)

    @property
    def nbytes(self) -> int:
        """What the weights take in memory, in bytes."""
        tensors = (tensor for network in self._networks for tensor in (*network.parameters(), *network.buffers()))
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def to(self, device: str) -> None:
        """Move the weights to a device, as torch spells it.

        Raises MemoryError where they do not fit, DeviceFailed where the device does not take them; some may have moved
        by then, and `to` another device mends that.
        """
        self.device = device
        attempt(self._move, device, f"The weights do not fit into the memory of {device}.")

    def _move(self) -> None:
        for network in self._networks:
            network.to(self.device)

    def __call__(self, image: np.ndarray, mask: np.ndarray, progress: Progress) -> np.ndarray:
        """As of `Eraser`, for sizes that agree with `needs`."""
        progress(0.0, "Erasing")
        short = f"{image.shape[1]}x{image.shape[0]} pixels do not fit into the memory of {self.device}."
        result = attempt(lambda: self._fill(image, mask, progress), self.device, short)
        progress(1.0, "Erased")
        return result

    @torch.inference_mode()
    def _fill(self, image: np.ndarray, mask: np.ndarray, progress: Progress) -> np.ndarray:
        # Channel by channel in memory: LaMa takes a tenth longer where the channels of a pixel lie together.
        channels = torch.tensor(np.ascontiguousarray(image.transpose(2, 0, 1)), device=self.device)
        hole = torch.tensor(np.ascontiguousarray(mask), device=self.device)[None, None].ne(0).float()
        filled = self.paint(channels[None].float() / 255, hole, progress)[0].permute(1, 2, 0)
        if self.device != PROCESSOR and not filled.isfinite().all():  # it would be a black patch
            raise DeviceFailed(f"{self.device} gives no numbers here.")
        return filled.mul(255).round().clamp(0, 255).to(torch.uint8).cpu().numpy()

    def paint(self, image: torch.Tensor, hole: torch.Tensor, progress: Progress) -> torch.Tensor:
        """The pass: float32 1x3xHxW RGB in 0..1 and 1x1xHxW, 1 in the hole and 0 elsewhere -> 1x3xHxW, about 0..1.

        Only the hole of the result is used. Called in inference mode, with both on the device.
        """
        raise NotImplementedError
