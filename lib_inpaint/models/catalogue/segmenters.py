"""The segmenters, the best first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..entry import Model, ModelFile
from .base import ONNX, TORCH, built_in, conversions

_META = "https://dl.fbaipublicfiles.com"
_SAM = {**TORCH, "torchvision": "torchvision", "segment_anything": "segment-anything"}
# segment-anything-hq imports timm for every variant, but does not ask for it.
_SAM_HQ = {**TORCH, "torchvision": "torchvision", "segment_anything_hq": "segment-anything-hq", "timm": "timm"}
_SAM2 = {**TORCH, "torchvision": "torchvision", "sam2": "sam2"}


def _segmenter(
    name: str, label: str, loader: str, file: ModelFile, packages: dict[str, str], about: str, **options: Any
) -> Model:
    also = conversions(file.name, file.size or 0)
    return Model(name, label, "segmenter", loader, about, (replace(file, also=also),), packages, options)


SEGMENTERS = (
    _segmenter(
        "sam2.1_hiera_large",
        "SAM 2.1 large",
        "sam.sam2:load",
        ModelFile(
            "sam2.1_hiera_large.pt",
            f"{_META}/segment_anything_2/092824/sam2.1_hiera_large.pt",
            "2b30654b6112c42a115563c638d238d9",
            size=898_083_611,
        ),
        _SAM2,
        "898 MB: the best outlines of the second generation, several times faster than SAM ViT-H.",
        variant="configs/sam2.1/sam2.1_hiera_l.yaml",
    ),
    _segmenter(
        "sam2.1_hiera_base_plus",
        "SAM 2.1 base plus",
        "sam.sam2:load",
        ModelFile(
            "sam2.1_hiera_base_plus.pt",
            f"{_META}/segment_anything_2/092824/sam2.1_hiera_base_plus.pt",
            "ec7bd7d23d280d5e3cfa45984c02eda5",
            size=323_606_802,
        ),
        _SAM2,
        "324 MB: close to the large one, faster; a good choice with a GPU.",
        variant="configs/sam2.1/sam2.1_hiera_b+.yaml",
    ),
    _segmenter(
        "sam2.1_hiera_small",
        "SAM 2.1 small",
        "sam.sam2:load",
        ModelFile(
            "sam2.1_hiera_small.pt",
            f"{_META}/segment_anything_2/092824/sam2.1_hiera_small.pt",
            "51713b3d1994696d27f35f9c6de6f5ef",
            size=184_416_285,
        ),
        _SAM2,
        "184 MB: good outlines for its size, and bearable without a GPU.",
        variant="configs/sam2.1/sam2.1_hiera_s.yaml",
    ),
    _segmenter(
        "sam2.1_hiera_tiny",
        "SAM 2.1 tiny",
        "sam.sam2:load",
        ModelFile(
            "sam2.1_hiera_tiny.pt",
            f"{_META}/segment_anything_2/092824/sam2.1_hiera_tiny.pt",
            "6aa6761c9da74fbaa74b4c790a0a2007",
            size=156_008_466,
        ),
        _SAM2,
        "156 MB, the fastest of the second generation; a good choice without a GPU.",
        variant="configs/sam2.1/sam2.1_hiera_t.yaml",
    ),
    _segmenter(
        "sam_hq_vit_h",
        "HQ-SAM ViT-H",
        "sam.sam_hq:load",
        ModelFile(
            "sam_hq_vit_h.pth",
            "hf:lkeab/hq-sam/sam_hq_vit_h.pth",
            "3560f6b6a5a6edacd814a1325c39640a",
            "a7ac14a085326d9fa6199c8c698c4f0e7280afdbb974d2c4660ec60877b45e35",
            size=2_570_940_653,
        ),
        _SAM_HQ,
        "2.6 GB: SAM ViT-H trained further for fine structures such as wires and hair; slow without a GPU.",
        variant="vit_h",
        attention="auto",
    ),
    _segmenter(
        "sam_hq_vit_l",
        "HQ-SAM ViT-L",
        "sam.sam_hq:load",
        ModelFile(
            "sam_hq_vit_l.pth",
            "hf:lkeab/hq-sam/sam_hq_vit_l.pth",
            "08947267966e4264fb39523eccc33f86",
            size=1_250_000_000,
        ),
        _SAM_HQ,
        "1.3 GB: fine structures such as wires, hair and thin edges, at half the size of ViT-H.",
        variant="vit_l",
        attention="auto",
    ),
    _segmenter(
        "sam_hq_vit_b",
        "HQ-SAM ViT-B",
        "sam.sam_hq:load",
        ModelFile(
            "sam_hq_vit_b.pth", "hf:lkeab/hq-sam/sam_hq_vit_b.pth", "c6b8953247bcfdc8bb8ef91e36a6cacc", size=379_000_000
        ),
        _SAM_HQ,
        "379 MB: sharper edges than SAM ViT-B at the same speed.",
        variant="vit_b",
        attention="auto",
    ),
    _segmenter(
        "mobile_sam",
        "MobileSAM",
        "sam.sam_hq:load_mobile",
        ModelFile(
            "mobile_sam.pt",
            "hf:Uminosachi/MobileSAM/mobile_sam.pt",
            "f3c0d8cda613564d499310dab6c812cd",
            "6dbb90523a35330fedd7f1d3dfc66f995213d81b29a5ca8108dbcdd4e37d6c2f",
            size=40_728_226,
        ),
        _SAM_HQ,
        "41 MB, by far the fastest SAM: the one to try first without a GPU; coarser than the large ones.",
    ),
    Model(
        "mobile_sam_onnx",
        "MobileSAM without torch",
        "segmenter",
        "onnx.mobile_sam:load",
        "45 MB in two ONNX files: the same masks as MobileSAM, faster without a GPU, and no torch is needed.",
        (
            ModelFile(
                "mobile_sam_image_encoder.onnx",
                "hf:Acly/MobileSAM/mobile_sam_image_encoder.onnx",
                sha256="580f5fb648ea1062c0aabc26217aed56921985f03f0cbbd852bba81d760cc749",
                size=28_157_093,
            ),
            ModelFile(
                "sam_mask_decoder_multi.onnx",
                "hf:Acly/MobileSAM/sam_mask_decoder_multi.onnx",
                sha256="8976b90a87ba50a6a72217a5ff994f7d25ce16f2229fcc1ed259e1294c622ffe",
                size=16_496_559,
            ),
        ),
        ONNX,
        twin="mobile_sam",
    ),
    _segmenter(
        "sam_vit_h",
        "SAM ViT-H",
        "sam.sam:load",
        ModelFile(
            "sam_vit_h_4b8939.pth",
            f"{_META}/segment_anything/sam_vit_h_4b8939.pth",
            "4b8939a88964f0f4ff5f5b2642c598a6",
            size=2_564_550_879,
        ),
        _SAM,
        "2.6 GB, the largest SAM: the finest outlines of the first generation, and slow without a GPU.",
        variant="vit_h",
        attention="auto",
    ),
    _segmenter(
        "sam_vit_l",
        "SAM ViT-L",
        "sam.sam:load",
        ModelFile(
            "sam_vit_l_0b3195.pth",
            f"{_META}/segment_anything/sam_vit_l_0b3195.pth",
            "0b3195507c641ddb6910d2bb5adee89c",
            size=1_249_524_607,
        ),
        _SAM,
        "1.2 GB: nearly as good as ViT-H at half the size and memory.",
        variant="vit_l",
        attention="auto",
    ),
    _segmenter(
        "sam_vit_b",
        "SAM ViT-B",
        "sam.sam:load",
        ModelFile(
            "sam_vit_b_01ec64.pth",
            f"{_META}/segment_anything/sam_vit_b_01ec64.pth",
            "01ec64d29a2fca3f0661936605ae66f8",
            size=375_042_383,
        ),
        _SAM,
        "375 MB, the smallest SAM: good on clear objects, and bearable without a GPU.",
        variant="vit_b",
        attention="auto",
    ),
    _segmenter(
        "sam2_hiera_large",
        "SAM 2 large",
        "sam.sam2:load",
        ModelFile(
            "sam2_hiera_large.pt",
            f"{_META}/segment_anything_2/072824/sam2_hiera_large.pt",
            "08083462423be3260cd6a5eef94dc01c",
            size=897_952_466,
        ),
        _SAM2,
        "898 MB: the first release of SAM 2, for those who have the file; 2.1 is better at the same speed.",
        variant="configs/sam2/sam2_hiera_l.yaml",
    ),
    _segmenter(
        "sam2_hiera_base_plus",
        "SAM 2 base plus",
        "sam.sam2:load",
        ModelFile(
            "sam2_hiera_base_plus.pt",
            f"{_META}/segment_anything_2/072824/sam2_hiera_base_plus.pt",
            "09dc5a3d7719f64aaea1d37341ef26f2",
            size=323_493_298,
        ),
        _SAM2,
        "323 MB: the first release of SAM 2, for those who have the file; 2.1 is better at the same speed.",
        variant="configs/sam2/sam2_hiera_b+.yaml",
    ),
    _segmenter(
        "sam2_hiera_small",
        "SAM 2 small",
        "sam.sam2:load",
        ModelFile(
            "sam2_hiera_small.pt",
            f"{_META}/segment_anything_2/072824/sam2_hiera_small.pt",
            "7f320dbeb497330a2472da5a16c7324d",
            size=184_309_650,
        ),
        _SAM2,
        "184 MB: the first release of SAM 2, for those who have the file; 2.1 is better at the same speed.",
        variant="configs/sam2/sam2_hiera_s.yaml",
    ),
    _segmenter(
        "sam2_hiera_tiny",
        "SAM 2 tiny",
        "sam.sam2:load",
        ModelFile(
            "sam2_hiera_tiny.pt",
            f"{_META}/segment_anything_2/072824/sam2_hiera_tiny.pt",
            "99eacccce4ada0b35153d4fd7af05297",
            size=155_906_050,
        ),
        _SAM2,
        "156 MB: the first release of SAM 2, for those who have the file; 2.1 is better at the same speed.",
        variant="configs/sam2/sam2_hiera_t.yaml",
    ),
    built_in(
        "classic",
        "Classic",
        "segmenter",
        "classic.classic:load",
        "finds the region by colour and edges; good on clear outlines, coarse on busy ones.",
    ),
)
