"""The erasers, the best first."""

from __future__ import annotations

from ..entry import Alias, Model, ModelFile
from .base import ONNX, TORCH, built_in, conversions

_SANSTER = "https://github.com/Sanster/models/releases/download"
_SPANDREL = {**TORCH, "spandrel": "spandrel", "spandrel_extra_arches": "spandrel-extra-arches"}
_LAMAS = "1.bn_l.running_mean"  # the end of a weight's name, in LaMa's first convolution
_ITS_LAYERS = {"spandrel": "spandrel"}  # for weights; a TorchScript file brings them itself


def _zits(what: str, md5: str) -> ModelFile:
    name = f"zits-{what}-0717.pt"
    return ModelFile(name, f"{_SANSTER}/add_zits/{name}", md5)


def _ldm(name: str, md5: str, size: int) -> ModelFile:
    return ModelFile(name, f"{_SANSTER}/add_ldm/{name}", md5, size=size)  # at least what the architecture weighs


ERASERS = (
    Model(
        "lama",
        "LaMa",
        "eraser",
        "erasers.lama:load",
        "206 MB: the best all-round eraser for photographs, repeats patterns well, and quick even without a GPU.",
        (
            ModelFile(
                "big-lama.pt",
                f"{_SANSTER}/add_big_lama/big-lama.pt",
                "e3aa4aaa15225a33ec84f9f4bc47e500",
                size=205_669_692,
                also=(
                    *(Alias(name, 90_000_000, _LAMAS, _ITS_LAYERS) for name in ("best.ckpt", "ControlNetLama.pth")),
                    *conversions("big-lama.pt", 205_669_692, _LAMAS, _ITS_LAYERS),
                ),
            ),
        ),
        TORCH,
    ),
    Model(
        "lama_onnx",
        "LaMa without torch",
        "eraser",
        "onnx.erasers:load_lama",
        "208 MB as ONNX: LaMa without torch. It sees 512x512 pixels, so large holes become softer than with LaMa.",
        (
            ModelFile(
                "lama_fp32.onnx",
                "hf:Carve/LaMa-ONNX@c3c0c9e468934d62e79c329e35d82dd09ff8c444/lama_fp32.onnx",
                sha256="1faef5301d78db7dda502fe59966957ec4b79dd64e16f03ed96913c7a4eb68d6",
                size=208_044_816,
            ),
        ),
        ONNX,
    ),
    Model(
        "anime-lama",
        "LaMa for anime and manga",
        "eraser",
        "erasers.lama:load",
        "206 MB: LaMa trained on drawings; keeps flat colours and ink lines clean.",
        (
            ModelFile(
                "anime-manga-big-lama.pt",
                f"{_SANSTER}/AnimeMangaInpainting/anime-manga-big-lama.pt",
                "29f284f36a0a510bcacf39ecf4c4d54f",
                size=205_000_000,
                also=conversions("anime-manga-big-lama.pt", 205_000_000, _LAMAS, _ITS_LAYERS),
            ),
        ),
        TORCH,
        licence="see source",
    ),
    Model(
        "migan",
        "MI-GAN",
        "eraser",
        "erasers.migan:load",
        "28 MB, made for phones: the fastest neural eraser; good for small things on plain backgrounds.",
        (
            ModelFile(
                "migan_traced.pt",
                f"{_SANSTER}/migan/migan_traced.pt",
                "76eb3b1a71c400ee3290524f7a11b89c",
                size=27_000_000,
            ),
        ),
        TORCH,
        licence="MIT",
    ),
    Model(
        "migan_onnx",
        "MI-GAN without torch",
        "eraser",
        "onnx.erasers:load_migan",
        "28 MB as ONNX: the same as MI-GAN, faster without a GPU, and no torch is needed.",
        (
            ModelFile(
                "migan_pipeline_v2.onnx",
                "hf:andraniksargsyan/migan/migan_pipeline_v2.onnx",
                sha256="6f1f3530a1a2324b19752018ce756088b07973cda8d7d890034ace5c8a48c40b",
                size=28_079_181,
            ),
        ),
        ONNX,
        licence="MIT",
        twin="migan",
    ),
    Model(
        "mat",
        "MAT",
        "eraser",
        "erasers.mat:load",
        "251 MB: invents plausible content for very large holes; slower, works at 512, not for commercial use.",
        (
            ModelFile(
                "Places_512_FullData_G.pth",
                f"{_SANSTER}/add_mat/Places_512_FullData_G.pth",
                "8ca927835fa3f5e21d65ffcb165377ed",
                size=245_000_000,
                also=(
                    Alias("MAT_Places512_G_fp16.safetensors", 110_000_000),
                    *conversions("Places_512_FullData_G.pth", 245_000_000),
                ),
            ),
        ),
        _SPANDREL,
        licence="CC BY-NC 4.0",
    ),
    Model(
        "zits",
        "ZITS",
        "eraser",
        "erasers.zits:load",
        "Four files: finds lines and edges and goes on with them first; good for rooms, houses and horizons.",
        (
            _zits("wireframe", "a9727c63a8b48b65c905d351b21ce46b"),
            _zits("edge-line", "55e31af21ba96bbf0c80603c76ea8c5f"),
            _zits("structure-upsample", "3d88a07211bd41b2ec8cc0d999f29927"),
            _zits("inpaint", "9978cc7157dc29699e42308d675b2154"),
        ),
        TORCH,
    ),
    Model(
        "ldm",
        "LDM",
        "eraser",
        "erasers.ldm:load",
        "1.8 GB in three files: latent diffusion, paints fine detail into holes of any shape; very slow without a GPU.",
        (
            _ldm("cond_stage_model_encode.pt", "23239fc9081956a3e70de56472b3f296", 85_000_000),
            _ldm("cond_stage_model_decode.pt", "fe419cd15a750d37a4733589d0d3585c", 127_000_000),
            _ldm("diffusion.pt", "b0afda12bf790c03aba2a7431f11d22d", 1_540_000_000),
        ),
        TORCH,
        licence="MIT",
    ),
    Model(
        "manga",
        "Manga (black and white)",
        "eraser",
        "erasers.manga:load",
        "246 MB in two files: goes on with ink lines and screentone of black-and-white manga; grey only.",
        (
            ModelFile(
                "manga_inpaintor.jit", f"{_SANSTER}/manga/manga_inpaintor.jit", "7d8b269c4613b6b3768af714610da86c"
            ),
            ModelFile("erika.jit", f"{_SANSTER}/manga/erika.jit", "0c926d5a4af8450b0d00bc5b9a095644"),
        ),
        TORCH,
        licence="see source",
    ),
    built_in(
        "exemplar",
        "Exemplar",
        "eraser",
        "fillers.fillers:load",
        "goes on with the texture around, in pieces of it; good for grass, walls and sand.",
        method="exemplar",
    ),
    built_in(
        "telea",
        "Telea",
        "eraser",
        "fillers.fillers:load",
        "marches inwards from the border; good for scratches, wires and small spots.",
        method="telea",
    ),
    built_in(
        "navier-stokes",
        "Navier-Stokes",
        "eraser",
        "fillers.fillers:load",
        "lets lines at the border flow on into the hole; good for thin marks across edges.",
        method="navier-stokes",
    ),
    built_in(
        "blur",
        "Blur",
        "eraser",
        "fillers.fillers:load",
        "a smooth blend of the colours around; good for skies, and as a start for a prompt.",
        method="blur",
    ),
    built_in(
        "neutral",
        "Neutral colour",
        "eraser",
        "fillers.fillers:load",
        "one flat colour, the mean of the border; only a start for filling from a prompt.",
        method="neutral",
    ),
)
