"""LaMa: Suvorov et al., "Resolution-robust Large Mask Inpainting with Fourier Convolutions", WACV 2022.

Two kinds of file hold it. TorchScript (big-lama.pt, anime-manga-big-lama.pt) is what github.com/Sanster/models
publishes: the call is network(image, hole), and the result is the picture with its hole filled. Weights (the authors'
best.ckpt, ControlNetLama.pth, conversions to safetensors) go into spandrel's architecture, whose layers are then run
one by one.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any, Mapping, Sequence

import torch

from ...errors import ModelUnavailable
from ...progress import Progress
from ..files.kinds import kind_of
from ..files.torchscript import load_torchscript
from ..files.weights import load_state_dict
from ..model import Needs
from .torch_eraser import TorchEraser

_FIRST = "1.bn_l.running_mean"  # of the generator's first convolution; what is before it in a key is the prefix
_BLOCK = re.compile(r"\d+\.conv1\.ffc\.convl2l\.weight")  # there is one such key in each residual block


class Lama(TorchEraser):
    """LaMa from a TorchScript file."""

    # The network halves its input three times and then mirrors one pixel at its border, for which it must have two: 16
    # and not 8, or pictures of up to 8 pixels would fail. A small thing gets about the 256 pixels that it was trained
    # on; beyond about 1000, large holes lose their structure (Kulshreshtha et al., "Feature Refinement to Improve High
    # Resolution Image Inpainting", 2022). The time it takes goes with the area of the crop, hence little context.
    needs = Needs(multiple=16, best=1024, context=0.3, margin=96)

    def paint(self, image: torch.Tensor, hole: torch.Tensor, progress: Progress) -> torch.Tensor:
        return self._networks[0](image, hole)


class LamaLayers(Lama):
    """LaMa from weights. Its layers are run one after the other, so it tells how far it is and can be stopped."""

    def paint(self, image: torch.Tensor, hole: torch.Tensor, progress: Progress) -> torch.Tensor:
        layers: Any = self._networks[0].model
        features = torch.cat([image * (1 - hole), hole], dim=1)
        for number, layer in enumerate(layers):
            features = layer(features)
            progress((number + 1) / len(layers), "Erasing")
        return features


def load(paths: Sequence[Path], device: str, dtype: str) -> TorchEraser:
    """LaMa from one file of either kind; the content tells which, not the name.

    dtype is not heeded: LaMa is run in float32, as its Fourier transforms need it. Raises ModelUnavailable when the
    file is damaged or is not LaMa's, or when spandrel is missing for a file of weights.
    """
    (path,) = paths
    if kind_of(path) == "torchscript":
        return Lama([load_torchscript(path, inputs=[(1, 3, 64, 64), (1, 1, 64, 64)], output=(1, 3, 64, 64))], device)
    return LamaLayers([_generator(load_state_dict(path), path)], device)


def _generator(weights: Mapping[str, torch.Tensor], path: Path) -> torch.nn.Module:
    """The network that the weights are of; how wide and deep it is, they tell. Raises ModelUnavailable."""
    try:
        from spandrel.architectures.LaMa import LaMa
    except ModuleNotFoundError as error:
        package = (error.name or "spandrel").split(".")[0]
        raise ModelUnavailable(f"{path} needs the Python package {package}: pip install {package}") from error
    # Keys begin with "generator.model." in a training checkpoint, beside a discriminator, and variously elsewhere.
    first = next((key for key in weights if f".{key}".endswith(f".{_FIRST}")), None)
    if first is None:
        raise ModelUnavailable(f"{path} holds the weights of something else than LaMa; download it again.")
    prefix = first.removesuffix(_FIRST)
    own = {key.removeprefix(prefix): value for key, value in weights.items() if key.startswith(prefix)}
    width, blocks = own[_FIRST].numel(), sum(_BLOCK.fullmatch(key) is not None for key in own)
    architecture = importlib.import_module(LaMa.__module__)  # whose name is not the same in spandrel 0.3 and 0.4
    with torch.device("meta"):  # neither memory nor random numbers for what is replaced at once
        generator = architecture.FFCResNetGenerator(4, 3, ngf=width, n_blocks=blocks)
    try:
        generator.model.load_state_dict(own, assign=True)
    except RuntimeError as error:
        raise ModelUnavailable(f"{path} holds a LaMa that is not handled, or only a part of one.") from error
    return generator
