"""Networks as ONNX files in the layout of the published ones, exported from torch. Needs torch and onnx."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch


def export(module: Any, example: tuple, path: Path, inputs: list[str], outputs: list[str], **dynamic: Any) -> Path:
    """As the published files were made: by the exporter that goes through TorchScript, for opset 17."""
    old = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    names = {"input_names": inputs, "output_names": outputs, "dynamic_axes": dynamic}
    torch.onnx.export(module.eval(), example, str(path), opset_version=17, **names, **old)
    return path


class Encoder(torch.nn.Module):
    """As Acly/MobileSAM's was exported: a picture of any size in float32, normalised and padded within."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, image):
        mean, std = torch.tensor([123.675, 116.28, 103.53]), torch.tensor([58.395, 57.12, 57.375])
        planes = ((image - mean) / std).permute(2, 0, 1)
        height, width = planes.shape[-2:]
        features = self.encoder(torch.nn.functional.pad(planes, (0, 1024 - width, 0, 1024 - height))[None])
        return features[0] if isinstance(features, tuple) else features


def mobile_sam(network: Any, folder: Path) -> list[Path]:
    """MobileSAM as its two files: the encoder, then the decoder as segment-anything's own exporter has it."""
    from segment_anything.utils.onnx import SamOnnxModel

    prompt = {
        "image_embeddings": torch.randn(1, 256, 64, 64),
        "point_coords": torch.rand(1, 5, 2) * 1024,
        "point_labels": torch.randint(0, 4, (1, 5)).float(),
        "mask_input": torch.randn(1, 1, 256, 256),
        "has_mask_input": torch.ones(1),
        "orig_im_size": torch.tensor([333.0, 500.0]),
    }
    size = {0: "image_height", 1: "image_width"}
    several = {name: {1: "num_points"} for name in ("point_coords", "point_labels")}
    with torch.no_grad():
        encoder = export(
            Encoder(network.image_encoder),
            (torch.rand(683, 1024, 3) * 255,),
            folder / "mobile_sam_image_encoder.onnx",
            ["input_image"],
            ["image_embeddings"],
            input_image=size,
        )
        decoder = export(
            SamOnnxModel(network, return_single_mask=False),
            tuple(prompt.values()),
            folder / "sam_mask_decoder_multi.onnx",
            list(prompt),
            ["masks", "iou_predictions", "low_res_masks"],
            **several,
        )
    return [encoder, decoder]


class Complex:
    """What torch.complex gives, of which ONNX has none."""

    def __init__(self, real: Any, imag: Any) -> None:
        self.real, self.imag = real, imag


def waves(length: int) -> tuple[Any, Any]:
    """The matrices of the discrete Fourier transform, orthonormal: cosines and sines."""
    turns = torch.arange(length)[:, None] * torch.arange(length)[None] % length
    angle = 2 * np.pi * turns.double() / length
    return (angle.cos() / length**0.5).float(), (angle.sin() / length**0.5).float()


def rfftn(values: Any, dim: Any = None, norm: Any = None) -> Complex:
    (down, down_sine), (across, across_sine) = map(waves, values.shape[-2:])
    half = values.shape[-1] // 2 + 1
    real, imag = values @ across[:, :half], -(values @ across_sine[:, :half])
    return Complex(down @ real + down_sine @ imag, down @ imag - down_sine @ real)


def irfftn(values: Complex, s: Any, dim: Any = None, norm: Any = None) -> Any:
    height, width = map(int, s)
    (down, down_sine), (across, across_sine) = waves(height), waves(width)
    half = width // 2 + 1
    real, imag = down @ values.real - down_sine @ values.imag, down @ values.imag + down_sine @ values.real
    twice = torch.full((half,), 2.0)
    twice[0] = twice[-1] = 1.0  # an even width: the constant and the fastest wave have no partner
    return (real * twice) @ across[:half] - (imag * twice) @ across_sine[:half]


class LamaOfCarve(torch.nn.Module):
    """As Carve/LaMa-ONNX: the picture with its hole filled, in 0..255."""

    def __init__(self, generator: Any) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, image, mask):
        filled = self.generator(image * (1 - mask), mask)
        return ((mask * filled + (1 - mask) * image) * 255).clamp(0, 255)


def lama(generator: Any, path: Path) -> Path:
    """LaMa as Carve/LaMa-ONNX has it, for 512x512."""
    batch = {name: {0: "batch"} for name in ("image", "mask", "output")}
    example = torch.rand(1, 3, 512, 512), torch.rand(1, 1, 512, 512).round()
    with mock.patch.multiple(torch.fft, rfftn=rfftn, irfftn=irfftn), mock.patch.object(torch, "complex", Complex):
        return export(LamaOfCarve(generator), example, path, ["image", "mask"], ["output"], **batch)


class PipelineOfMigan(torch.nn.Module):
    """As scripts/create_onnx_pipeline.py of MI-GAN at 512x512, where its crop is the whole: blended at the rim."""

    def __init__(self, generator: Any) -> None:
        super().__init__()
        self.generator = generator
        bell = torch.exp(-(((torch.arange(5.0) - 2) / 2) ** 2))
        self.register_buffer("bell", (bell[:, None] * bell / bell.sum() ** 2)[None, None])

    def forward(self, image, mask):
        picture, known = image.float(), mask.float()
        filled = self.generator(torch.cat([known / 255 - 0.5, (picture * 2 / 255 - 1) * (known / 255)], dim=1))
        filled = ((filled * 0.5 + 0.5) * 255).clamp(0, 255)
        near = torch.nn.functional.max_pool2d(known, 3, stride=1, padding=1)
        near = torch.nn.functional.pad(near, (2, 2, 2, 2), mode="reflect")
        share = torch.nn.functional.conv2d(near, self.bell) / 255
        return (picture * share + filled * (1 - share)).clamp(0, 255).to(torch.uint8)


def migan(generator: Any, path: Path) -> Path:
    """MI-GAN as andraniksargsyan/migan has it."""
    size = {2: "height", 3: "width"}
    example = (torch.zeros(1, 3, 512, 512, dtype=torch.uint8), torch.full((1, 1, 512, 512), 255, dtype=torch.uint8))
    return export(PipelineOfMigan(generator), example, path, ["image", "mask"], ["result"], image=size, mask=size)
