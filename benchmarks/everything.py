"""What finding everything costs in memory and time, and what colouring its label map costs.

    python benchmarks/everything.py [--size 6720x4480] [--model vit_b] [--points 32] [--json]

SAM with random weights in a process of its own, all filters off, so that every mask of every click is held: no picture
and no weights can need more. Memory is the peak of the process above what it holds once model and picture are loaded,
as Linux counts it (VmHWM, set back by /proc/self/clear_refs). The encoder is measured apart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

SHOWN = 50
ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lib_inpaint.geometry import Size  # noqa: E402
from lib_inpaint.imaging.labels import colour, overlay, palette  # noqa: E402
from lib_inpaint.progress import silent  # noqa: E402
from lib_inpaint.schema import EverythingRequest  # noqa: E402
from lib_inpaint.selecting import everything  # noqa: E402
from lib_inpaint.selecting.segment import LoadedSegmenter, Photo, encode  # noqa: E402
from lib_inpaint.store import Store  # noqa: E402


def peak_of(work) -> tuple[object, float, float]:
    """What `work()` gives, by how many MiB the process grew meanwhile at the most, and the seconds it took."""
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _status("VmRSS"), time.perf_counter()
    result = work()
    return result, (_status("VmHWM") - before) / 1024, time.perf_counter() - start


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def picture(size: Size) -> np.ndarray:
    """Coloured patches, uint8 HxWx3, made without large temporaries."""
    small = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    rows, columns = np.arange(size.height) * 16 // size.height, np.arange(size.width) * 24 // size.width
    return small[rows][:, columns].copy()


def load(model: str, folder: Path) -> LoadedSegmenter:
    """SAM with random weights of logits as wide as trained ones, through the real loader."""
    import torch
    from segment_anything import sam_model_registry

    from lib_inpaint.models.sam import sam

    torch.manual_seed(0)
    network = sam_model_registry[model]()
    for head in network.mask_decoder.output_hypernetworks_mlps:
        head.layers[-1].weight.data *= 100
        head.layers[-1].bias.data *= 100
    path = folder / "random.pth"
    torch.save(network.state_dict(), path)
    del network
    return LoadedSegmenter(model, "float32", sam.load([path], "cpu", "float32", variant=model))


def child(size: Size, model: str, points: int, folder: Path) -> dict[str, object]:
    """One measurement, in this process."""
    segmenter, store = load(model, folder), Store(1 << 30)
    photo = Photo(picture(size))
    _, encoding, encoding_seconds = peak_of(lambda: encode(photo, segmenter, store))
    request = EverythingRequest(
        points_per_side=points, pred_iou_thresh=0.0, stability_score_thresh=0.0, box_nms_thresh=1.0, specks=0
    )
    segmenter.model.decode_batch = _always_good(segmenter.model.decode_batch)
    found, finding, seconds = peak_of(lambda: everything.find(photo, segmenter, store, request, silent))
    shown = everything.Everything(size, found.things[:SHOWN])  # a trained model finds about so many
    labels, showing, label_seconds = peak_of(shown.label_map)
    colours = palette(len(found.things))
    _, colouring, colour_seconds = peak_of(lambda: colour(labels, colours))
    _, tinting, tint_seconds = peak_of(lambda: overlay(photo.image, labels, colours))
    megapixels = size.area / 1e6
    return {
        "size": str(size),
        "things": len(found.things),
        "encode_mib": encoding, "encode_s": encoding_seconds,
        "find_mib": finding, "find_s": seconds,
        "label_map_mib": showing, "label_map_s": label_seconds,
        "colour_mib": colouring, "colour_s_per_megapixel": colour_seconds / megapixels,
        "overlay_mib": tinting, "overlay_s_per_megapixel": tint_seconds / megapixels,
    }  # fmt: skip


def _always_good(decode):
    def decode_batch(embedding, points):
        logits, scores = decode(embedding, points)
        return logits, 1 / (1 + np.exp(-scores))  # untrained scores are below 0

    return decode_batch


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", nargs="+", default=["1920x1080", "6720x4480"])
    parser.add_argument("--model", default="vit_b", choices=("vit_b", "vit_l", "vit_h"))
    parser.add_argument("--points", type=int, default=32)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        (text,) = options.size
        size = Size(*(int(side) for side in text.split("x")))
        print(json.dumps(child(size, options.model, options.points, options.child)))
        return
    for size in options.size:
        print(table(measure(size, options), options.json), flush=True)


def measure(size: str, options: argparse.Namespace) -> dict[str, object]:
    """One measurement, in a process of its own."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--size", size, "--model", options.model, "--points", str(options.points)]
        out = subprocess.run([*command, "--child", folder], capture_output=True, text=True, check=True)
    return json.loads(out.stdout.splitlines()[-1])


def table(row: dict[str, object], as_json: bool) -> str:
    """The figures, one a line."""
    if as_json:
        return json.dumps(row)
    return "\n".join(
        f"{name:<24} {value:.3f}" if isinstance(value, float) else f"{name:<24} {value}" for name, value in row.items()
    )


if __name__ == "__main__":
    main()
