"""The models there are, in the order in which they are shown. Data only: what the words mean is in registry.py.

Sizes are exact, except that those that end in 000_000 are rounded down: a file below 95 % of it counts as cut short.
"""

from __future__ import annotations

from typing import Any

from .registry import File, Kind, Model

_META = "https://dl.fbaipublicfiles.com"
_SANSTER = "https://github.com/Sanster/models/releases/download"
_TORCH = {"torch": "torch"}
_SAM = {**_TORCH, "torchvision": "torchvision", "segment_anything": "segment-anything"}
# segment-anything-hq imports timm for every variant, but does not ask for it.
_SAM_HQ = {**_TORCH, "torchvision": "torchvision", "segment_anything_hq": "segment-anything-hq", "timm": "timm"}
_SAM2 = {**_TORCH, "torchvision": "torchvision", "sam2": "sam2"}
_SPANDREL = {**_TORCH, "spandrel": "spandrel", "spandrel_extra_arches": "spandrel-extra-arches"}


def _segmenter(
    name: str, label: str, loader: str, file: File, packages: dict[str, str], about: str, **options: Any
) -> Model:
    return Model(name, label, "segmenter", loader, about, (file,), packages, options)


def _built_in(name: str, label: str, kind: Kind, loader: str, about: str, **options: Any) -> Model:
    about = f"Nothing to download: {about}"
    return Model(name, f"{label} (no download)", kind, loader, about, options=options, licence="Same as this project")


_SEGMENTERS = (
    _segmenter(
        "sam2.1_hiera_large",
        "SAM 2.1 large",
        "sam2:load",
        File(
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
        "sam2:load",
        File(
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
        "sam2:load",
        File(
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
        "sam2:load",
        File(
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
        "sam_hq:load",
        File(
            "sam_hq_vit_h.pth",
            "hf:lkeab/hq-sam/sam_hq_vit_h.pth",
            "3560f6b6a5a6edacd814a1325c39640a",
            size=2_570_940_653,
        ),
        _SAM_HQ,
        "2.6 GB: SAM ViT-H trained further for fine structures such as wires and hair; slow without a GPU.",
        variant="vit_h",
    ),
    _segmenter(
        "sam_hq_vit_l",
        "HQ-SAM ViT-L",
        "sam_hq:load",
        File(
            "sam_hq_vit_l.pth",
            "hf:lkeab/hq-sam/sam_hq_vit_l.pth",
            "08947267966e4264fb39523eccc33f86",
            size=1_250_000_000,
        ),
        _SAM_HQ,
        "1.3 GB: fine structures such as wires, hair and thin edges, at half the size of ViT-H.",
        variant="vit_l",
    ),
    _segmenter(
        "sam_hq_vit_b",
        "HQ-SAM ViT-B",
        "sam_hq:load",
        File(
            "sam_hq_vit_b.pth", "hf:lkeab/hq-sam/sam_hq_vit_b.pth", "c6b8953247bcfdc8bb8ef91e36a6cacc", size=379_000_000
        ),
        _SAM_HQ,
        "379 MB: sharper edges than SAM ViT-B at the same speed.",
        variant="vit_b",
    ),
    _segmenter(
        "mobile_sam",
        "MobileSAM",
        "sam_hq:load_mobile",
        File(
            "mobile_sam.pt",
            "hf:Uminosachi/MobileSAM/mobile_sam.pt",
            "f3c0d8cda613564d499310dab6c812cd",
            size=40_728_226,
        ),
        _SAM_HQ,
        "41 MB, by far the fastest SAM: the one to try first without a GPU; coarser than the large ones.",
    ),
    _segmenter(
        "sam_vit_h",
        "SAM ViT-H",
        "sam:load",
        File(
            "sam_vit_h_4b8939.pth",
            f"{_META}/segment_anything/sam_vit_h_4b8939.pth",
            "4b8939a88964f0f4ff5f5b2642c598a6",
            size=2_564_550_879,
        ),
        _SAM,
        "2.6 GB, the largest SAM: the finest outlines of the first generation, and slow without a GPU.",
        variant="vit_h",
    ),
    _segmenter(
        "sam_vit_l",
        "SAM ViT-L",
        "sam:load",
        File(
            "sam_vit_l_0b3195.pth",
            f"{_META}/segment_anything/sam_vit_l_0b3195.pth",
            "0b3195507c641ddb6910d2bb5adee89c",
            size=1_249_524_607,
        ),
        _SAM,
        "1.2 GB: nearly as good as ViT-H at half the size and memory.",
        variant="vit_l",
    ),
    _segmenter(
        "sam_vit_b",
        "SAM ViT-B",
        "sam:load",
        File(
            "sam_vit_b_01ec64.pth",
            f"{_META}/segment_anything/sam_vit_b_01ec64.pth",
            "01ec64d29a2fca3f0661936605ae66f8",
            size=375_042_383,
        ),
        _SAM,
        "375 MB, the smallest SAM: good on clear objects, and bearable without a GPU.",
        variant="vit_b",
    ),
    _segmenter(
        "sam2_hiera_large",
        "SAM 2 large",
        "sam2:load",
        File(
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
        "sam2:load",
        File(
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
        "sam2:load",
        File(
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
        "sam2:load",
        File(
            "sam2_hiera_tiny.pt",
            f"{_META}/segment_anything_2/072824/sam2_hiera_tiny.pt",
            "99eacccce4ada0b35153d4fd7af05297",
            size=155_906_050,
        ),
        _SAM2,
        "156 MB: the first release of SAM 2, for those who have the file; 2.1 is better at the same speed.",
        variant="configs/sam2/sam2_hiera_t.yaml",
    ),
    _built_in(
        "classic",
        "Classic",
        "segmenter",
        "classic:load",
        "finds the region by colour and edges; good on clear outlines, coarse on busy ones.",
    ),
)

_ERASERS = (
    Model(
        "lama",
        "LaMa",
        "eraser",
        "lama:load",
        "206 MB: the best all-round eraser for photographs, repeats patterns well, and quick even without a GPU.",
        (
            File(
                "big-lama.pt",
                f"{_SANSTER}/add_big_lama/big-lama.pt",
                "e3aa4aaa15225a33ec84f9f4bc47e500",
                size=205_669_692,
            ),
        ),
        _TORCH,
    ),
    Model(
        "anime-lama",
        "LaMa for anime and manga",
        "eraser",
        "lama:load",
        "206 MB: LaMa trained on drawings; keeps flat colours and ink lines clean.",
        (
            File(
                "anime-manga-big-lama.pt",
                f"{_SANSTER}/AnimeMangaInpainting/anime-manga-big-lama.pt",
                "29f284f36a0a510bcacf39ecf4c4d54f",
                size=205_000_000,
            ),
        ),
        _TORCH,
        licence="see source",
    ),
    Model(
        "migan",
        "MI-GAN",
        "eraser",
        "migan:load",
        "28 MB, made for phones: the fastest neural eraser; good for small things on plain backgrounds.",
        (
            File(
                "migan_traced.pt",
                f"{_SANSTER}/migan/migan_traced.pt",
                "76eb3b1a71c400ee3290524f7a11b89c",
                size=27_000_000,
            ),
        ),
        _TORCH,
        licence="MIT",
    ),
    Model(
        "mat",
        "MAT",
        "eraser",
        "mat:load",
        "251 MB: invents plausible content for very large holes; slower, works at 512, not for commercial use.",
        (
            File(
                "Places_512_FullData_G.pth",
                f"{_SANSTER}/add_mat/Places_512_FullData_G.pth",
                "8ca927835fa3f5e21d65ffcb165377ed",
                size=245_000_000,
            ),
        ),
        _SPANDREL,
        licence="CC BY-NC 4.0",
    ),
    Model(
        "manga",
        "Manga (black and white)",
        "eraser",
        "manga:load",
        "246 MB in two files: goes on with ink lines and screentone of black-and-white manga; grey only.",
        (
            File("manga_inpaintor.jit", f"{_SANSTER}/manga/manga_inpaintor.jit", "7d8b269c4613b6b3768af714610da86c"),
            File("erika.jit", f"{_SANSTER}/manga/erika.jit", "0c926d5a4af8450b0d00bc5b9a095644"),
        ),
        _TORCH,
        licence="see source",
    ),
    _built_in(
        "exemplar",
        "Exemplar",
        "eraser",
        "fillers:load",
        "goes on with the texture around, in pieces of it; good for grass, walls and sand.",
        method="exemplar",
    ),
    _built_in(
        "telea",
        "Telea",
        "eraser",
        "fillers:load",
        "marches inwards from the border; good for scratches, wires and small spots.",
        method="telea",
    ),
    _built_in(
        "navier-stokes",
        "Navier-Stokes",
        "eraser",
        "fillers:load",
        "lets lines at the border flow on into the hole; good for thin marks across edges.",
        method="navier-stokes",
    ),
    _built_in(
        "blur",
        "Blur",
        "eraser",
        "fillers:load",
        "a smooth blend of the colours around; good for skies, and as a start for a prompt.",
        method="blur",
    ),
    _built_in(
        "neutral",
        "Neutral colour",
        "eraser",
        "fillers:load",
        "one flat colour, the mean of the border; only a start for filling from a prompt.",
        method="neutral",
    ),
)

_TEXT = {**_TORCH, "transformers": "transformers"}


def _of_repository(folder: str, repository: str, *names: str, weights: int) -> tuple[File, ...]:
    """The files of a Hugging Face repository in a folder of their own, the weights last."""
    small = tuple(File(f"{folder}/{name}", f"hf:{repository}/{name}") for name in names)
    return (*small, File(f"{folder}/model.safetensors", f"hf:{repository}/model.safetensors", size=weights))


_DETECTORS = (
    Model(
        name="grounding-dino-tiny",
        label="Grounding DINO tiny",
        kind="detector",
        loader="detect:load",
        about="690 MB: finds things by a description; needs transformers 4.40 or newer.",
        files=_of_repository(
            "grounding-dino-tiny",
            "IDEA-Research/grounding-dino-tiny",
            *("config.json", "preprocessor_config.json", "special_tokens_map.json", "tokenizer.json"),
            *("tokenizer_config.json", "vocab.txt"),
            weights=689_000_000,
        ),
        packages={**_TORCH, "transformers": "transformers>=4.40"},
        options={"threshold": 0.3},
    ),
    Model(
        name="owlvit-base",
        label="OWL-ViT base",
        kind="detector",
        loader="detect:load",
        about="610 MB: finds things by a short name, such as: the red car.",
        files=_of_repository(
            "owlvit-base",
            "google/owlvit-base-patch32",
            *("config.json", "preprocessor_config.json", "special_tokens_map.json", "tokenizer_config.json"),
            *("vocab.json", "merges.txt"),
            weights=612_000_000,
        ),
        packages=_TEXT,
        options={"threshold": 0.1},
    ),
)

MODELS: tuple[Model, ...] = (*_SEGMENTERS, *_ERASERS, *_DETECTORS)
