"""The table in docs/models.md: each name and layout of a model file, loaded or refused with which sentence.

Every row is tried with random weights. `python tests/test_models_page.py` writes the table; rows that cannot be tried
here, as their packages are not installed, are kept as they are on the page.
"""

from __future__ import annotations

import functools
import importlib
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional
from unittest import mock

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: nothing loads weights")

from fakes.networks import LDM_FILES, ZITS_FILES, ldm_networks, save_scripts, zits_networks  # noqa: E402
from test_detect import grounding, owl  # noqa: E402
from test_erasers import (  # noqa: E402
    Published,
    SmallDrawer,
    SmallInpainter,
    SmallMigan,
    assert_fills,
    pixels,
    save_script,
    scene,
    small_lama,
    tensors,
)

from lib_inpaint.errors import ModelUnavailable  # noqa: E402
from lib_inpaint.models import registry  # noqa: E402
from lib_inpaint.models.entry import Model  # noqa: E402

PAGE = Path(__file__).parent.parent / "docs" / "models.md"
SAM_ONNX = "mobile_sam_image_encoder.onnx, sam_mask_decoder_multi.onnx"
BEGIN, END = "<!-- layouts -->\n", "<!-- end -->"


class Row(NamedTuple):
    """A file of a model. make: writes it into a folder. check: of what was loaded. packages: needed to try it."""

    model: str
    file: str
    layout: str
    make: Callable[[Path], Any]
    check: Optional[Callable[[Any], None]] = None
    packages: tuple[str, ...] = ()


class Callback:
    """Of a trainer, which keeps its callbacks by their classes."""


class Harmful:
    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit('it ran')",)


# LaMa


def generator(prefix: str) -> dict[str, Any]:
    return {prefix + name: value.clone() for name, value in small_lama().model.model.state_dict().items()}


def lightning(prefix: str = "generator.model.") -> dict[str, Any]:
    weights = {**generator(prefix), "discriminator.model0.0.weight": torch.ones(2)}
    return {"state_dict": weights, "epoch": 39, "callbacks": {Callback: {"best": Harmful()}}}


def fills(eraser: Any) -> None:
    image, mask = scene()
    with torch.no_grad():
        assert_fills(eraser, image, mask, pixels(small_lama()(*tensors(image, mask))))


def safetensors(weights: dict[str, Any], path: Path) -> None:
    from safetensors.torch import save_file

    save_file({name: value.contiguous() for name, value in weights.items()}, path)


def halved(weights: dict[str, Any]) -> dict[str, Any]:
    return {name: value.half() if value.is_floating_point() else value for name, value in weights.items()}


def lama_script(path: Path) -> None:
    save_script(Published(small_lama().model), path, torch.rand(1, 3, 120, 120), torch.rand(1, 1, 120, 120).round())


def saves(make: Callable[[], Any], file: str, **options: Any) -> Callable[[Path], None]:
    return lambda folder: torch.save(make(), folder / file, **options)


def lama_rows() -> list[Row]:
    def row(file: str, layout: str, make: Callable[[Path], Any], check: Any = fills) -> Row:
        return Row("lama", file, layout, make, check, ("spandrel",))

    whole = functools.partial(generator, "generator.model.")
    st, half = "big-lama.safetensors", "big-lama-fp16.safetensors"
    part = {name: value for name, value in list(whole().items())[:9]}
    return [
        row("big-lama.pt", "TorchScript", lambda folder: lama_script(folder / "big-lama.pt")),
        row("big-lama.pt", "weights, renamed", saves(whole, "big-lama.pt")),
        row("big-lama.pt", "safetensors, renamed", lambda folder: safetensors(whole(), folder / "big-lama.pt")),
        row("big-lama.pt", "cut short", lambda folder: (folder / "big-lama.pt").write_bytes(b"PK\x03\x04 and no end")),
        row("big-lama.pt", "a page of a web site", lambda folder: (folder / "big-lama.pt").write_text("<html>404")),
        row("big-lama.pt", "a pickle of code alone", saves(lambda: {"weight": Harmful()}, "big-lama.pt")),
        row("best.ckpt", "Lightning: generator.model.*, callbacks by class", saves(lightning, "best.ckpt")),
        row(
            "best.ckpt",
            "the same, as torch saved before 1.6",
            saves(lightning, "best.ckpt", _use_new_zipfile_serialization=False),
        ),
        row("best.ckpt", "of another network", saves(lambda: {"state_dict": {"a": torch.ones(2)}}, "best.ckpt")),
        row("ControlNetLama.pth", "state_dict: generator.model.*", saves(lightning, "ControlNetLama.pth")),
        row(
            "ControlNetLama.pth",
            "model.generator.model.*",
            saves(lambda: generator("model.generator.model."), "ControlNetLama.pth"),
        ),
        *(
            row(
                st, f"safetensors: {prefix}*", lambda folder, prefix=prefix: safetensors(generator(prefix), folder / st)
            )
            for prefix in ("generator.model.", "model.model.", "model.")
        ),
        row(st, "safetensors: bare, 1.bn_l.*", lambda folder: safetensors(generator(""), folder / st)),
        row(st, "a pickle, renamed", saves(whole, st)),
        row(st, "a part of the weights", lambda folder: safetensors(part, folder / st), None),
        row(half, "safetensors in float16", lambda folder: safetensors(halved(whole()), folder / half), None),
        Row(
            "anime-lama",
            "anime-manga-big-lama.pt",
            "TorchScript",
            lambda folder: lama_script(folder / "anime-manga-big-lama.pt"),
            fills,
            ("spandrel",),
        ),
    ]


# The other erasers


def small_mat(prefix: str = "") -> dict[str, Any]:
    architecture = importlib.import_module(mat_class().__module__)
    torch.manual_seed(0)
    network = architecture.Generator(z_dim=512, c_dim=0, w_dim=512, img_resolution=512, img_channels=3)
    return {prefix + name: value for name, value in network.state_dict().items()}


def mat_class() -> Any:
    from spandrel_extra_arches.architectures.MAT import MAT

    return MAT


def eraser_rows() -> list[Row]:
    def mat(file: str, layout: str, make: Callable[[Path], Any]) -> Row:
        return Row("mat", file, layout, make, None, ("spandrel", "spandrel_extra_arches"))

    half, own = "MAT_Places512_G_fp16.safetensors", "Places_512_FullData_G.pth"
    manga = [SmallInpainter(), SmallDrawer()]

    def manga_files(folder: Path, networks: list[Any]) -> None:
        for network, name in zip(networks, ["manga_inpaintor.jit", "erika.jit"]):
            save_script(network, folder / name)

    def scripts(networks: list[Any], names: list[str]) -> Callable[[Path], Any]:
        return lambda folder: save_scripts(networks, names, folder)

    def several(model: str, networks: list[Any], names: list[str]) -> list[Row]:
        *others, last = names
        swapped = [*networks[:-2], networks[-1], networks[-2]]
        return [
            Row(model, ", ".join(names), "TorchScript", scripts(networks, names)),
            Row(model, "the same", "the last two in each other's place", scripts(swapped, names)),
            Row(model, "the same", f"without {last}", scripts(networks, others)),
        ]

    def migan(folder: Path) -> None:
        save_script(SmallMigan(), folder / "migan_traced.pt", torch.rand(1, 4, 512, 512))

    return [
        mat(own, "weights", saves(small_mat, own)),
        mat(own, "of another network", saves(lambda: generator("generator.model."), own)),
        mat(half, "safetensors in float16", lambda folder: safetensors(halved(small_mat()), folder / half)),
        mat(half, "the same: model.*", lambda folder: safetensors(halved(small_mat("model.")), folder / half)),
        Row("migan", "migan_traced.pt", "TorchScript", migan),
        Row("migan", "migan_traced.pt", "weights", saves(lambda: SmallMigan().state_dict(), "migan_traced.pt")),
        *several("zits", zits_networks(), ZITS_FILES),
        *several("ldm", ldm_networks(), LDM_FILES),
        Row("manga", "manga_inpaintor.jit, erika.jit", "TorchScript", lambda folder: manga_files(folder, manga)),
        Row("manga", "the same", "each in the other's place", lambda folder: manga_files(folder, manga[::-1])),
    ]


def onnx_rows() -> list[Row]:
    def row(model: str, file: str, layout: str, make: Callable[[Path], Any]) -> Row:
        return Row(model, file, layout, lambda folder: make(folder), None, ("onnx", "onnxruntime"))

    def made(name: str, file: str) -> Callable[[Path], Any]:
        return lambda folder: getattr(importlib.import_module("fakes.onnx_files"), name)(folder / file)

    def both(encoder: str, decoder: str) -> Callable[[Path], Any]:
        first, second = made(encoder, SAM_ONNX.split(", ")[0]), made(decoder, SAM_ONNX.split(", ")[1])
        return lambda folder: [make(folder) for make in (first, second)]

    name = "lama_fp32.onnx"

    def cut(folder: Path) -> None:
        path = made("lama", name)(folder)
        path.write_bytes(path.read_bytes()[:99])

    return [
        row("lama_onnx", name, "ONNX", made("lama", name)),
        row("lama_onnx", name, "of another network", made("encoder", name)),
        row("lama_onnx", name, "cut short", cut),
        row("migan_onnx", "migan_pipeline_v2.onnx", "ONNX", made("migan", "migan_pipeline_v2.onnx")),
        row("mobile_sam_onnx", SAM_ONNX, "ONNX", both("encoder", "decoder")),
        row("mobile_sam_onnx", "the same", "each in the other's place", both("decoder", "encoder")),
    ]


# The segmenters


def vit_b(package: str) -> Any:
    """ViT-B of a package, as wide as it is, but of three blocks in place of twelve."""
    build = importlib.import_module(f"{package}.build_sam")._build_sam
    return lambda checkpoint=None: build(768, encoder_depth=3, encoder_num_heads=12, encoder_global_attn_indexes=[1])


def sam(package: str = "segment_anything") -> dict[str, Any]:
    return vit_b(package)().state_dict()


def mobile() -> dict[str, Any]:
    from segment_anything_hq import sam_model_registry_baseline

    return sam_model_registry_baseline["vit_tiny"]().state_dict()


def sam_2_1() -> dict[str, Any]:
    from lib_inpaint.models.sam import sam2

    return sam2._build("configs/sam2.1/sam2.1_hiera_t.yaml").state_dict()


def segmenter_rows() -> list[Row]:
    hq = "segment_anything_hq"

    def row(model: str, file: str, layout: str, make: Callable[[Path], Any], *packages: str) -> Row:
        return Row(model, file, layout, make, None, ("torchvision", *packages))

    def st(make: Callable[[], Any], file: str) -> Callable[[Path], None]:
        return lambda folder: safetensors(make(), folder / file)

    first, second = "sam_vit_b_01ec64", "sam2.1_hiera_tiny"
    return [
        row("mobile_sam", "mobile_sam.pt", "weights", saves(mobile, "mobile_sam.pt"), hq, "timm"),
        row("mobile_sam", "mobile_sam.safetensors", "safetensors", st(mobile, "mobile_sam.safetensors"), hq, "timm"),
        row(
            "mobile_sam",
            "mobile_sam_fp16.safetensors",
            "safetensors in float16",
            st(lambda: halved(mobile()), "mobile_sam_fp16.safetensors"),
            hq,
            "timm",
        ),
        row("sam_vit_b", f"{first}.pth", "weights", saves(sam, f"{first}.pth"), "segment_anything"),
        row("sam_vit_b", f"{first}.safetensors", "safetensors", st(sam, f"{first}.safetensors"), "segment_anything"),
        row("sam_vit_b", f"{first}.pth", "of HQ-SAM", saves(lambda: sam(hq), f"{first}.pth"), "segment_anything", hq),
        row("sam_hq_vit_b", "sam_hq_vit_b.pth", "weights", saves(lambda: sam(hq), "sam_hq_vit_b.pth"), hq, "timm"),
        row(second, f"{second}.pt", "model: weights", saves(lambda: {"model": sam_2_1()}, f"{second}.pt"), "sam2"),
        row(
            second,
            f"{second}-fp16.safetensors",
            "safetensors in float16",
            st(lambda: halved(sam_2_1()), f"{second}-fp16.safetensors"),
            "sam2",
        ),
    ]


# The detectors


def detector_rows() -> list[Row]:
    def row(made: Any, model: str, layout: str, change: Callable[[Path], Any] = lambda folder: None) -> Row:
        def make(folder: Path) -> None:
            made.__wrapped__(folder) if hasattr(made, "__wrapped__") else made._get_wrapped_function()(folder)
            change(folder / model)

        return Row(model, "a folder of its name", layout, make, None, ("transformers", "safetensors"))

    def lacks_some(folder: Path) -> None:
        from safetensors.torch import load_file, save_file

        weights = load_file(folder / "model.safetensors")
        kept = {name: value for name, value in weights.items() if "class_head" not in name}
        save_file(kept, folder / "model.safetensors", {"format": "pt"})

    def cut(folder: Path) -> None:
        data = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(data[: len(data) // 2])

    return [
        row(grounding, "grounding-dino-tiny", "the files of IDEA-Research/grounding-dino-tiny"),
        row(owl, "owlvit-base", "the files of google/owlvit-base-patch32"),
        row(owl, "owlvit-base", "weights are missing in the file", lacks_some),
        row(owl, "owlvit-base", "weights cut short", cut),
    ]


# The table


def rows() -> list[Row]:
    return [*lama_rows(), *eraser_rows(), *onnx_rows(), *segmenter_rows(), *detector_rows()]


def plain(model: Model) -> Model:
    """The model with files of any size: the networks here are small."""
    files = [replace(file, size=None, also=tuple(replace(a, least=1) for a in file.also)) for file in model.files]
    return replace(model, files=tuple(files))


def outcome(row: Row, folder: Path) -> str:
    """What the table says of a row. Skips the test where it cannot be tried."""
    for package in row.packages:
        pytest.importorskip(package, reason=f"this layout is read with {package}")
    architecture = importlib.import_module(mat_class().__module__) if row.model == "mat" else None
    with mock.patch.dict("os.environ", TORCH_HOME=str(folder), HF_HUB_CACHE=str(folder)):
        if architecture is None:
            return tried(row, folder)
        narrow = functools.partial(architecture.FirstStage, dim=18)
        with mock.patch.multiple(architecture, nf=lambda stage: 8, FirstStage=narrow):
            return tried(row, folder)


def tried(row: Row, folder: Path) -> str:
    row.make(folder)
    model = plain(registry.find(row.model))
    try:
        if row.model in ("sam_vit_b", "sam_hq_vit_b"):
            package = "segment_anything" if row.model == "sam_vit_b" else "segment_anything_hq"
            known = importlib.import_module(package).sam_model_registry
            with mock.patch.dict(known, vit_b=vit_b(package)):
                loaded = registry.load(model, [folder])
        else:
            loaded = registry.load(model, [folder])
    except ModelUnavailable as error:
        return "refused: " + re.sub(r"\s+", " ", str(error).replace(f"{folder}/", ""))
    if row.check is not None:
        row.check(loaded)
    return "loaded"


def written() -> dict[tuple[str, str, str], str]:
    """The table on the page: by model, file and layout, the result."""
    table = PAGE.read_text("utf-8").split(BEGIN)[1].split(END)[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {(model.strip("`"), file, layout): result for model, file, layout, result in cells}


def line(row: Row, result: str) -> str:
    return f"| `{row.model}` | {row.file} | {row.layout} | {result} |\n"


def test_the_page_has_these_rows() -> None:
    assert list(written()) == [(row.model, row.file, row.layout) for row in rows()]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.model}, {row.file}, {row.layout}")
def test_a_row_is_so(row: Row, tmp_path: Path) -> None:
    assert outcome(row, tmp_path) == written()[row.model, row.file, row.layout]


def write() -> None:
    """Put what is so now into the page."""
    old, text = written(), PAGE.read_text("utf-8")
    table = "| model | file | layout | |\n| --- | --- | --- | --- |\n"
    for row in rows():
        with tempfile.TemporaryDirectory() as folder:
            try:
                result = outcome(row, Path(folder))
            except pytest.skip.Exception:
                result = old.get((row.model, row.file, row.layout), "not tried")
        table += line(row, result)
        print(line(row, result), end="")
    before, rest = text.split(BEGIN)
    PAGE.write_text(before + BEGIN + table + END + rest.split(END)[1], "utf-8")


if __name__ == "__main__":
    write()
