"""What a removal costs, and how well the strategies for large pictures do. Markdown on standard output.

    python benchmarks/erase.py [--iopaint-python PATH] [--rounds 3] [--threads 2] [--only cost quality ...]
    python benchmarks/erase.py --only quality --eraser lama     with the weights that you have

cost and memory run LaMa's architecture (torch and spandrel are needed) with random weights in the layout of the
published big-lama.pt: what it costs does not depend on what was learnt. With --iopaint-python, an interpreter that has
IOPaint, the same file is run by IOPaint's Crop strategy in a process of its own. What is compared takes turns, and the
fastest round counts. Time on the clock suffers from whatever else the machine does, so the processor's time is given as
well, and with --threads 1 that is the one to go by on a busy machine (threads that wait for each other count as busy).

quality is over the holes of benchmarks/fillers.py, and explained there. These photographs are small, so the limits of
the strategies are scaled down with them: see STRATEGIES.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fillers import cases, machine, score

from lib_inpaint.filling.fill import fill
from lib_inpaint.filling.strategy import plan_crops
from lib_inpaint.geometry import Box, crop
from lib_inpaint.models import registry
from lib_inpaint.models.model import Eraser
from lib_inpaint.schema import FillRequest
from lib_inpaint.standalone.host import Standalone

PHOTO = (3000, 4000)  # 12 megapixels, HxW
THING = Box(1800, 1300, 2200, 1700)
STRATEGIES = {
    "auto": FillRequest(),
    "crop, margin 32": FillRequest(large_image="crop", crop_trigger=0, crop_margin=32),
    "resize to 256": FillRequest(large_image="resize", resize_limit=256),
    "resize to 256, refine": FillRequest(large_image="resize", resize_limit=256, refine=True),
    "original": FillRequest(large_image="original"),
}
IOPAINT = """
import json, sys, time
import numpy as np, torch
from iopaint.model.lama import LaMa
from iopaint.schema import HDStrategy, InpaintRequest
torch.set_num_threads(int(sys.argv[1]))
image, mask = np.load(sys.argv[2]), np.load(sys.argv[3])
model, config = LaMa(torch.device("cpu")), InpaintRequest(hd_strategy=HDStrategy.CROP)
for line in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    result = model(image.copy(), mask, config)
    print("time", time.perf_counter() - wall, time.process_time() - cpu, flush=True)
"""


@dataclass
class Clock:
    """The fastest of some rounds, in seconds: on the clock, and of the processor."""

    wall: float = float("inf")
    cpu: float = float("inf")

    def add(self, wall: float, cpu: float) -> None:
        self.wall, self.cpu = min(self.wall, wall), min(self.cpu, cpu)

    def time(self, work: Callable[[], object]) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        self.add(time.perf_counter() - wall, time.process_time() - cpu)


def photo() -> np.ndarray:
    """Smooth noise of the size of a photograph; what it shows does not change what it costs."""
    coarse = np.random.default_rng(0).integers(0, 256, (PHOTO[0] // 50, PHOTO[1] // 50, 3), np.uint8)
    return np.ascontiguousarray(coarse.repeat(50, axis=0).repeat(50, axis=1))


def masked(*things: Box) -> np.ndarray:
    mask = np.zeros(PHOTO, np.uint8)
    for thing in things:
        mask[thing.slices] = 255
    return mask


def random_lama(path: Path, threads: int) -> Eraser:
    """LaMa with random weights, from a file in the layout of big-lama.pt that is written to `path`."""
    import torch
    from spandrel.architectures.LaMa import LaMa

    from lib_inpaint.models.erasers import lama

    class Published(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.generator = importlib.import_module(LaMa.__module__).FFCResNetGenerator(4, 3)  # spandrel 0.3 or 0.4

        def forward(self, image: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return mask * self.generator(image * (1 - mask), mask) + (1 - mask) * image

    torch.manual_seed(0)
    torch.set_num_threads(threads)
    example = (torch.rand(1, 3, 64, 64), torch.zeros(1, 1, 64, 64))
    with torch.no_grad():
        torch.jit.save(torch.jit.trace(Published().eval(), example, check_trace=False), os.fspath(path))
    return lama.load([path], "cpu", "float32")


def cost(options: argparse.Namespace, folder: Path) -> str:
    """One thing, in the photo and in its own crop, here and in IOPaint; and twenty things, at once and one by one."""
    eraser = random_lama(folder / "big-lama.pt", options.threads)
    image, mask = photo(), masked(THING)
    ((box, _),) = plan_crops(mask, eraser.needs, FillRequest()).crops
    own, own_mask = crop(image, box), crop(mask, box)
    places = np.random.default_rng(1).integers(0, (PHOTO[1] - 60, PHOTO[0] - 60), (20, 2)).tolist()
    twenty = [Box(x, y, x + 60, y + 60) for x, y in places]
    names = ["the thing in its own crop", "400x400 thing in 12 megapixels", "twenty things at once", "twenty calls"]
    works: list[Callable[[], object]] = [
        lambda: eraser(own, own_mask, lambda fraction, text="": None),
        lambda: fill(image, mask, eraser),
        lambda: fill(image, masked(*twenty), eraser),
        lambda: [fill(image, masked(thing), eraser) for thing in twenty],
    ]
    if options.iopaint_python:
        names.append("IOPaint's Crop, 400x400 thing in 12 megapixels")
        peer = start_iopaint(options, folder, image, mask)
    clocks = {name: Clock() for name in names}
    for _ in range(options.rounds):
        for name, work in zip(names, works):
            clocks[name].time(work)
        if options.iopaint_python:
            clocks[names[4]].add(*ask(peer))
    return cost_table(clocks, names)


def start_iopaint(
    options: argparse.Namespace, folder: Path, image: np.ndarray, mask: np.ndarray
) -> subprocess.Popen[str]:
    """IOPaint with the same weights and picture, waiting for a line for each round. It has loaded when this returns."""
    for name, array in (("image", image), ("mask", mask)):
        np.save(folder / f"{name}.npy", array)
    files = [str(folder / f"{name}.npy") for name in ("image", "mask")]
    peer = subprocess.Popen(
        [options.iopaint_python, "-c", IOPAINT, str(options.threads), *files],
        env={**os.environ, "LAMA_MODEL_URL": str(folder / "big-lama.pt")},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    ask(peer)  # loading and warming up are not measured
    return peer


def ask(peer: subprocess.Popen[str]) -> tuple[float, float]:
    """One round in the other process: its seconds on the clock and of the processor."""
    assert peer.stdin is not None
    assert peer.stdout is not None
    peer.stdin.write("go\n")
    peer.stdin.flush()
    for line in peer.stdout:
        if line.startswith("time "):
            wall, cpu = line.split()[1:]
            return float(wall), float(cpu)
    sys.exit("IOPaint stopped; run its interpreter by hand to see why: import iopaint.model.lama")


def cost_table(clocks: dict[str, Clock], names: list[str]) -> str:
    """Each with its time as a part of what it is held against."""
    against = dict([(names[1], names[0]), (names[2], names[3]), *((peer, names[1]) for peer in names[4:])])
    lines = ["| LaMa, random weights | seconds | of the processor | compared with | ratio | of the processor |",
             "| --- | ---: | ---: | --- | ---: | ---: |"]  # fmt: skip
    for name, clock in clocks.items():
        other = against.get(name)
        ratios = " | | "
        if other:
            ratios = f" {other} | {clock.wall / clocks[other].wall:.2f} | {clock.cpu / clocks[other].cpu:.2f} "
        lines.append(f"| {name} | {clock.wall:.1f} | {clock.cpu:.1f} |{ratios}|")
    return "\n".join(lines)


def memory(options: argparse.Namespace, folder: Path) -> str:
    """The most memory that a process of its own holds while it removes 2000x1500 pixels from the photo."""
    command = [sys.executable, __file__, "--only", "peak", "--threads", str(options.threads)]
    peak = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])
    return f"A 2000x1500 mask in the same photo takes {peak / 1024**3:.2f} GiB at most, with Python, torch and weights."


def peak(options: argparse.Namespace, folder: Path) -> str:
    """For `memory`: does the removal and tells the bytes."""
    fill(photo(), masked(Box(1000, 750, 3000, 2250)), random_lama(folder / "big-lama.pt", options.threads))
    unit = 1 if sys.platform == "darwin" else 1024
    return str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def quality(options: argparse.Namespace, folder: Path) -> str:
    """The table of strategies for each eraser."""
    head = "| eraser | strategy | PSNR, dB | SSIM | texture kept | seconds |"
    lines = [head, "| --- | --- | ---: | ---: | ---: | ---: |"]
    every = list(cases())[:: options.every]
    for name in options.eraser:
        eraser = registry.load(registry.find(name, "eraser"), Standalone().model_folders)
        for label, how in STRATEGIES.items():
            scores = []
            for case in every:
                cut = np.where(case.mask[..., None] > 0, np.uint8(255), case.image)
                start = time.process_time()
                result = fill(cut, case.mask, eraser, how).image
                scores.append(score(case, result, time.process_time() - start))
            psnr, ssim, texture, seconds = np.mean(scores, axis=0)
            lines.append(f"| {name} | {label} | {psnr:.1f} | {ssim:.3f} | {100 * texture:.0f} % | {seconds:.2f} |")
    return "\n".join([f"Mean of {len(every)} holes.", "", *lines])


SECTIONS = {"cost": cost, "memory": memory, "quality": quality, "peak": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS), default=["cost", "memory", "quality"])
    parser.add_argument("--iopaint-python", help="the interpreter of an environment with IOPaint")
    parser.add_argument("--eraser", nargs="+", default=["exemplar", "telea"], help="for quality: from the catalogue")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="for quality: each Nth hole only")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        parts = [SECTIONS[name](options, Path(folder)) for name in options.only]
    print("\n\n".join(parts if options.only == ["peak"] else [f"{machine()}, {options.threads} threads.", *parts]))


if __name__ == "__main__":
    main()
