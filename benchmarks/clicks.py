"""What a click costs, with random weights: the time does not depend on what they are.

    python benchmarks/clicks.py [--threads 2] [--models mobile_sam vit_b] [--runs 7]
    python benchmarks/clicks.py --device cuda [--dtype float16] [--models vit_b vit_l vit_h]

On a CPU: a click on a picture that was encoded before, through selecting/segment.py, from the prompt to a mask of the
picture's size; against one bare pass of the package's prompt encoder and mask decoder, and against a click that encodes
again. Then what speeds up an encoder, and what that does to its masks. On a GPU: the encoders against their package's,
in float32 and by autocast. What is compared is run in turns and the best run counts, as others use the machine.
"""

from __future__ import annotations

import argparse
import copy
import platform
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib_inpaint.geometry import Point, Size
from lib_inpaint.models.sam import attention
from lib_inpaint.models.sam.sam import SamSegmenter
from lib_inpaint.progress import silent
from lib_inpaint.schema import MaskRequest, Selection
from lib_inpaint.selecting import segment
from lib_inpaint.store import Store

SIZES = (Size(1920, 1080), Size(4000, 3000))


class Model(NamedTuple):
    """A family with the same random weights twice: the package's network as it is, and our segmenter."""

    name: str
    network: Any
    segmenter: SamSegmenter


def build(name: str, device: str = "cpu", dtype: str = "float32") -> Model:
    """The model with random weights, scaled so that masks are neither empty nor full."""
    from segment_anything import sam_model_registry

    torch.manual_seed(0)
    if name == "mobile_sam":
        from segment_anything_hq import sam_model_registry_baseline

        network = sam_model_registry_baseline["vit_tiny"]()
    else:
        network = sam_model_registry[name]()
    with torch.no_grad():
        for value in network.parameters():
            if value.std() == 0 or value.ndim < 2:
                value.add_(0.05 * torch.randn_like(value))
    mine = copy.deepcopy(network)
    if name == "mobile_sam":
        encoder: Any = attention.TinyEncoder(mine.image_encoder, device, getattr(torch, dtype))
    else:
        encoder = attention.VitEncoder(mine.image_encoder, "auto", device, getattr(torch, dtype))
    segmenter = SamSegmenter(encoder, mine.prompt_encoder, mine.mask_decoder, device)
    return Model(name, network.eval().to(device), segmenter)


def picture(size: Size) -> np.ndarray:
    """A smooth random picture, uint8 HxWx3."""
    coarse = np.random.default_rng(0).integers(0, 256, (9, 16, 3), np.uint8)
    return cv2.resize(coarse, tuple(size), interpolation=cv2.INTER_CUBIC)


def best(runs: int, **work: Callable[[], Any]) -> dict[str, float]:
    """The least seconds that each took, in turns."""
    seconds = dict.fromkeys(work, float("inf"))
    for _ in range(runs):
        for name, call in work.items():
            start = time.perf_counter()
            call()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return seconds


@torch.inference_mode()
def bare_pass(network: Any, image: torch.Tensor) -> None:
    """What the packages do between a click and 256x256 logits: image float32 1x256x64x64."""
    device = image.device
    point = torch.tensor([[[500.0, 300.0]]], device=device), torch.ones(1, 1, dtype=torch.int, device=device)
    sparse, dense = network.prompt_encoder(points=point, boxes=None, masks=None)
    network.mask_decoder.predict_masks(image, network.prompt_encoder.get_dense_pe(), sparse, dense)


def _click(
    photo: segment.Photo, request: MaskRequest, segmenter: segment.LoadedSegmenter, store: Store
) -> segment.Selected:
    """As the service does it, the picture encoded if it was not before."""
    embedding = segment.encode(photo, segmenter, store)
    return segment.select(photo.size, request, segment.EncodedPhoto(segmenter.model, embedding))


def clicks(model: Model, runs: int) -> Iterator[str]:
    """Rows of the table of clicks, one a size."""
    loaded = segment.LoadedSegmenter(model.name, "float32", model.segmenter)
    for size in SIZES:
        photo, store = segment.Photo(picture(size)), Store(1 << 30)
        request = MaskRequest(objects=(Selection(points=(Point(size.width / 2, size.height / 2, 1),)),))
        start = time.perf_counter()
        mask = _click(photo, request, loaded, store).mask
        first = time.perf_counter() - start
        embedding = segment.encode(photo, loaded, store)
        logits = model.segmenter.decode(embedding, request.objects[0]).logits[0]
        took = best(
            runs,
            click=lambda p=photo, r=request, s=store: _click(p, r, loaded, s),
            bare=lambda e=embedding: bare_pass(model.network, e.features[0]),
            upscale=lambda e=embedding, logits=logits: model.segmenter.upscale(e, logits),
        )
        again = best(2, click=lambda p=photo, r=request: _click(p, r, loaded, Store(1 << 30)))["click"]
        again = min(again, first)
        bare, click, upscale = (1e3 * took[name] for name in ("bare", "click", "upscale"))
        ratios = f"**{click / bare:.2f}** | **{1e3 * again / click:.0f}**"
        row = f"{bare:.0f} | {click:.0f} | {upscale:.1f} | {again:.2f} | {ratios} | {(mask > 0).mean():.0%}"
        yield f"| {model.name} | {size} | {row} |"


def quantised(network: Any) -> Callable[[torch.Tensor], Any]:
    """The package's encoder with its linear layers in int8."""
    encoder = copy.deepcopy(network.image_encoder)
    return torch.ao.quantization.quantize_dynamic(encoder, {torch.nn.Linear}, torch.qint8)


def bfloat16(network: Any) -> Callable[[torch.Tensor], Any]:
    def encode(image: torch.Tensor) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return network.image_encoder(image)

    return encode


@torch.inference_mode()
def masks_of(model: Model, image: torch.Tensor) -> np.ndarray:
    """bool Nx256x256: the first masks of 16 clicks on an embedding."""
    from lib_inpaint.models.sam.sam import SamEmbedding

    places = np.stack(np.meshgrid(np.linspace(100, 900, 4), np.linspace(100, 900, 4)), -1).reshape(-1, 2)
    embedding = SamEmbedding(Size(1024, 1024), (image.float(),))
    return model.segmenter.decode_batch(embedding, places)[0][:, 0] > 0


@torch.inference_mode()
def encoders(model: Model, runs: int) -> Iterator[str]:
    """Rows of the table of encoders: time against the package's, and what becomes of embedding and masks."""
    image = model.segmenter._input(picture(Size(1024, 1024)))
    fast = model.segmenter._encoder
    ways: dict[str, Callable[[torch.Tensor], Any]] = {
        "package": model.network.image_encoder,
        "ours": lambda x: fast(x, silent).image,
        "int8 linear layers": quantised(model.network),
        "bfloat16 autocast": bfloat16(model.network),
    }
    if isinstance(fast, attention.VitEncoder):
        whole = copy.copy(fast)
        whole._kernel = attention.scaled_dot_product
        ways["ours, torch's attention"] = lambda x: whole(x, silent).image

    def plain(result: Any) -> torch.Tensor:
        return result[0] if isinstance(result, tuple) else result

    results = {name: plain(encode(image)).float() for name, encode in ways.items()}
    took = best(runs, **{name: (lambda encode=encode: encode(image)) for name, encode in ways.items()})
    exact, exact_masks = results["package"], masks_of(model, results["package"])
    for name, result in results.items():
        masks = masks_of(model, result)
        iou = ((masks & exact_masks).sum((1, 2)) / np.maximum((masks | exact_masks).sum((1, 2)), 1)).mean()
        error = ((result - exact).norm() / exact.norm()).item()
        gain = took["package"] / took[name]
        yield f"| {model.name} | {name} | {took[name]:.2f} | {gain:.2f} | {error:.1e} | {iou:.4f} |"


@torch.inference_mode()
def on_gpu(name: str, dtype: str, runs: int) -> Iterator[str]:
    """Rows of the table for a GPU: the package in float32 and by autocast, and ours."""
    model = build(name, "cuda", dtype)
    image = model.segmenter._input(picture(SIZES[0]))
    photo = picture(SIZES[0])

    def autocast() -> None:
        with torch.autocast("cuda", getattr(torch, dtype)):
            model.network.image_encoder(image)

    ways = {
        "package, float32": lambda: model.network.image_encoder(image),
        f"package, {dtype} autocast": autocast,
        f"ours, {dtype}": lambda: model.segmenter._encoder(image, silent),
    }
    took: dict[str, float] = {}
    peaks: dict[str, float] = {}
    for way, encode in ways.items():
        encode()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        took[way] = best(runs, it=encode)["it"]
        peaks[way] = (torch.cuda.max_memory_allocated() - before) / 2**20
    embedding = model.segmenter.encode(photo, silent)
    click = Selection(points=(Point(900, 500, 1),))
    mine = model.segmenter
    decode = best(10 * runs, it=lambda: mine.upscale(embedding, mine.decode(embedding, click).logits[0]))
    for way, seconds in took.items():
        rate = f"{1 / decode['it']:.0f}" if way.startswith("ours") else ""
        times = took["package, float32"] / seconds
        yield f"| {name} | {way} | {1e3 * seconds:.1f} | {times:.2f} | {peaks[way]:.0f} | {rate} |"


def _header(*names: str) -> str:
    return f"| {' | '.join(names)} |\n|{'---|' * len(names)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float16", help="of the encoders on a GPU")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--models", nargs="*")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    if args.device == "cuda":
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}\n")
        print(_header("model", "encoder", "ms", "times the package", "peak MiB above the weights", "clicks a second"))
        for name in args.models or ["vit_b", "vit_l", "vit_h"]:
            print(*on_gpu(name, args.dtype, args.runs), sep="\n", flush=True)
        return
    print(f"{platform.machine()}, {args.threads} threads, torch {torch.__version__}\n")
    models = [build(name) for name in args.models or ["mobile_sam", "vit_b"]]
    times = (
        "bare pass ms",
        "click ms",
        "of it, upscaling ms",
        "re-encoding click s",
        "click / bare",
        "re-encoding / click",
    )
    print(_header("model", "picture", *times, "selected"))
    for model in models:
        print(*clicks(model, args.runs), sep="\n", flush=True)
    print("\n" + _header("model", "encoder", "s", "times the package", "error of the embedding", "IoU of masks"))
    for model in models:
        print(*encoders(model, max(2, args.runs // 3)), sep="\n", flush=True)


if __name__ == "__main__":
    main()
