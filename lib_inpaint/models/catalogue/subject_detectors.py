"""The detectors of the subject, the best first: the files that rembg publishes, and what does without one."""

from __future__ import annotations

from typing import Any, Optional

from ..entry import Alias, Model, ModelFile
from .base import ONNX, built_in

_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"


def _network(
    name: str, label: str, about: str, md5: str, size: int, file: Optional[str] = None, licence: str = "Apache-2.0"
) -> Any:
    """A network of rembg's; it keeps the file as NAME.onnx."""
    published = file or f"{name}.onnx"
    also = (Alias(f"{name}.onnx", size),) if file else ()
    files = (ModelFile(published, f"{_REMBG}/{published}", md5, size=size, also=also),)

    def made(**options: Any) -> Model:
        return Model(name, label, "subject_detector", "onnx.subject:load", about, files, ONNX, options, licence)

    return made


SUBJECT_DETECTORS = (
    _network(
        "birefnet-general-lite",
        "BiRefNet lite",
        "224 MB: the finest edges; slow without many cores.",
        "4fab47adc4ff364be1713e97b7e66334",
        224_005_088,
        "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
        "MIT",
    )(side=1024, is_logit=True),
    _network(
        "isnet-general-use",
        "IS-Net",
        "179 MB: thin parts and clean edges.",
        "fc16ebd8b0c10d971d3513d564d01e29",
        178_648_008,
    )(side=1024, mean=0.5, deviation=1.0),
    _network(
        "silueta",
        "Silueta",
        "44 MB: as U2-Net, a quarter of its size.",
        "55e59e0d8062d2f5d013f4725ee84782",
        44_173_029,
    )(side=320, by_brightest=True),
    _network(
        "u2netp",
        "U2-Net small",
        "5 MB: quick, and good where the subject is plain to see.",
        "8e83ca70e441ab06c318d82300c84806",
        4_574_861,
    )(side=320, by_brightest=True),
    built_in(
        "classic_subject",
        "Likeliest thing",
        "subject_detector",
        "classic.subject:load",
        "the likeliest of what the built-in segmenter finds; a guess, of which it says how sure it is.",
    ),
)
