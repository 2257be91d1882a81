"""ONNX files against torch on the processor: what looking at a picture, a click and an erase cost, and how much memory.

    python benchmarks/without_torch.py [--rounds 3] [--migan-torch migan_traced.pt --migan-onnx migan_pipeline_v2.onnx]

With random weights in the layout of the published files, on which the time does not depend; MI-GAN's architecture is in
no package, so it takes part where both of its files are given. One thread, a picture of 1024x768, holes that need all
of 512x512. Each way of running has a process of its own, which takes turns with the others; the fastest round counts,
in seconds of the processor. Memory is the most that the process held, less what it held before anything was loaded.
torch, onnx, onnxruntime, segment-anything, segment-anything-hq and spandrel are needed. Markdown on standard output.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "tests"))

from fillers import machine

from lib_inpaint.geometry import Point
from lib_inpaint.models.onnx import erasers, mobile_sam, network
from lib_inpaint.progress import silent
from lib_inpaint.schema import Selection

WAYS = ("torch", "onnxruntime", "OpenCV")
CLICK = Selection(points=(Point(500, 375, 1),))
SAM, LAMA, MIGAN = "MobileSAM", "LaMa, 512x512", "MI-GAN"


def files(folder: Path) -> None:
    """The networks with random weights, for torch and as ONNX."""
    import torch
    from fakes import exported
    from segment_anything_hq import sam_model_registry_baseline
    from spandrel.architectures.LaMa import LaMa

    torch.manual_seed(0)
    sam = sam_model_registry_baseline["vit_tiny"]().eval()
    torch.save(sam.state_dict(), folder / "mobile_sam.pt")
    exported.mobile_sam(sam, folder)
    generator = importlib.import_module(LaMa.__module__).FFCResNetGenerator(4, 3).eval()  # spandrel 0.3 or 0.4
    example = (torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64))
    torch.jit.save(torch.jit.trace(generator, example, check_trace=False), str(folder / "big-lama.pt"))
    exported.lama(generator, folder / "lama_fp32.onnx")


def works(way: str, folder: Path, migan: dict[str, str]) -> dict[str, Callable[[], Any]]:
    """What is timed, by what it is called in the table. Loads what it needs."""
    image = np.random.default_rng(0).integers(0, 256, (768, 1024, 3), np.uint8)
    square, mask = image[:512, :512].copy(), np.zeros((512, 512), np.uint8)
    mask[150:350, 100:400] = 255
    network._has_onnxruntime = lambda: way == "onnxruntime"
    if way == "torch":
        import torch

        from lib_inpaint.models.erasers import lama
        from lib_inpaint.models.erasers import migan as migans
        from lib_inpaint.models.sam.sam_hq import load_mobile

        torch.set_num_threads(1)
        segmenter: Any = load_mobile([folder / "mobile_sam.pt"], "cpu", "float32")
        large: Any = lama.load([folder / "big-lama.pt"], "cpu", "float32")
        small: Any = migans.load([Path(migan["torch"])], "cpu", "float32") if migan else None
    else:
        names = ("mobile_sam_image_encoder.onnx", "sam_mask_decoder_multi.onnx")
        segmenter = mobile_sam.load([folder / name for name in names], "cpu", "float32")
        large = erasers.load_lama([folder / "lama_fp32.onnx"], "cpu", "float32")
        small = erasers.load_migan([Path(migan["onnx"])], "cpu", "float32") if migan else None
    embedding = segmenter.encode(image, silent)
    timed = {
        f"{SAM}: looking at a picture": lambda: segmenter.encode(image, silent),
        f"{SAM}: a click": lambda: segmenter.decode(embedding, CLICK),
        f"{LAMA}: an erase": lambda: large(square, mask, silent),
    }
    return {**timed, f"{MIGAN}: an erase": lambda: small(square, mask, silent)} if migan else timed


def held() -> int:
    """The most bytes of memory that this process held. Linux counts what its parent held into ru_maxrss."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def serve(way: str, folder: Path, migan: dict[str, str]) -> None:
    """In a process of its own: for each line of input a round of everything, as a line of JSON."""
    before = held()
    timed = works(way, folder, migan)
    for _ in sys.stdin:
        seconds = {}
        for name, work in timed.items():
            start = time.process_time()
            work()
            seconds[name] = time.process_time() - start
        print(json.dumps({"seconds": seconds, "memory": held() - before}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--migan-torch", default="")
    parser.add_argument("--migan-onnx", default="")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    migan = {"torch": options.migan_torch, "onnx": options.migan_onnx} if options.migan_torch else {}
    if options.serve:
        return serve(options.serve[0], Path(options.serve[1]), migan)
    with tempfile.TemporaryDirectory() as folder:
        files(Path(folder))
        print(table(measured(options.rounds, folder, migan)))


def measured(rounds: int, folder: str, migan: dict[str, str]) -> dict[str, dict[str, Any]]:
    """By way: the least seconds of each work, and the memory."""
    own = [f"--migan-{name}={path}" for name, path in migan.items()]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    peers = {
        way: subprocess.Popen([sys.executable, __file__, "--serve", way, folder, *own], env=environment, **pipes)
        for way in WAYS
    }
    best: dict[str, dict[str, Any]] = {way: {} for way in WAYS}
    for _ in range(rounds):
        for way, peer in peers.items():
            peer.stdin.write("go\n")
            peer.stdin.flush()
            told = json.loads(peer.stdout.readline())
            for name, seconds in told["seconds"].items():
                best[way][name] = min(seconds, best[way].get(name, seconds))
            best[way]["memory"] = told["memory"]
    for peer in peers.values():
        peer.stdin.close()
        peer.wait()
    return best


def table(best: dict[str, dict[str, Any]]) -> str:
    """Markdown: seconds and, in brackets, how many times as fast as torch."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "onnxruntime"))
    lines = [
        f"{machine()}, {versions}; one thread.",
        "",
        f"| | {' | '.join(WAYS)} |",
        f"| --- |{' ---: |' * len(WAYS)}",
    ]
    for name in [name for name in best["torch"] if name != "memory"]:
        cells = [f"{best[way][name]:.3f} s ({best['torch'][name] / best[way][name]:.1f})" for way in WAYS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    cells = [f"{best[way]['memory'] / 2**20:.0f} MiB" for way in WAYS]
    lines.append(f"| memory, all of these | {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
