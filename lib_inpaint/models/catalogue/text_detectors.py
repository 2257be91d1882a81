"""The detectors of text, the best first. RapidOCR publishes PaddleOCR's networks as ONNX."""

from __future__ import annotations

from typing import Any

from ..entry import Model, ModelFile

_RAPIDAI = "https://www.modelscope.cn/models/RapidAI/RapidOCR/resolve"


def _detector(name: str, label: str, about: str, file: ModelFile, **options: Any) -> Model:
    """Every OpenCV here runs these networks, so that no package is needed."""
    return Model(name, label, "text_detector", "text.db:load", about, (file,), options=options)


TEXT_DETECTORS = (
    _detector(
        "ppocr_v6",
        "PP-OCRv6",
        "10 MB: finds text of any script, size and direction.",
        ModelFile(
            "PP-OCRv6_det_small.onnx",
            f"{_RAPIDAI}/v3.10.0/onnx/PP-OCRv6/det/PP-OCRv6_det_small.onnx",
            sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
            size=9_929_594,
        ),
        output="fetch_name_0",
    ),
    _detector(
        "ppocr_v4",
        "PP-OCRv4",
        "5 MB: finds text as PP-OCRv6 does, a little quicker; it misses more on photographs.",
        ModelFile(
            "ch_PP-OCRv4_det_infer.onnx",
            f"{_RAPIDAI}/v2.0.7/onnx/PP-OCRv4/det/ch_PP-OCRv4_det_infer.onnx",
            sha256="d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
            size=4_745_517,
        ),
        output="sigmoid_0.tmp_0",
    ),
)
