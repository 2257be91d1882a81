"""How well and how fast the fillers without weights restore what was cut out of real photographs.

    python benchmarks/fillers.py [--json] [--method exemplar ...]

Squares and irregular blobs of three sizes are cut from the photographs that come with scikit-image, at places that are
the same in each run; the truth is what was there. PSNR and SSIM (Wang et al., 2004) are taken over the bounding box of
the hole. They reward a smooth guess over a sharp one that is a pixel off, so a third figure says how much fine detail
there is: with e the energy of the Laplacian in the hole (the focus measure of Subbarao, Choi and Nikzad, 1993) and
r = sqrt(e_result / e_truth), "texture kept" is the mean of min(r, 1/r). A blurred hole is near 0 %, and so is one of
noise; a hole filled with a texture of the right strength is near 100 %.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Iterator, NamedTuple

import cv2
import numpy as np
import skimage
from PIL import Image
from skimage.metrics import structural_similarity

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib_inpaint.models.fillers.fillers import FILLERS, load
from lib_inpaint.progress import silent

PHOTOGRAPHS = (
    *("astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png"),
    *("grass.png", "gravel.png", "motorcycle_left.png", "rocket.jpg"),
)
SIZES = (32, 64, 128)


class Case(NamedTuple):
    """One hole in one picture: uint8 HxWx3 and uint8 HxW of 0 and 255."""

    name: str
    image: np.ndarray
    mask: np.ndarray


class Score(NamedTuple):
    """How one filler did on one case. PSNR in dB, SSIM and texture in 0..1."""

    psnr: float
    ssim: float
    texture: float
    seconds: float


def cases() -> Iterator[Case]:
    """Each photograph with a square and a blob of each size, at seeded places."""
    folder = Path(skimage.__file__).parent / "data"
    for number, name in enumerate(PHOTOGRAPHS):
        image = np.array(Image.open(folder / name).convert("RGB"))
        rng = np.random.default_rng(number)
        for size in SIZES:
            for shape in (square, blob):
                place = rng.integers(size, np.array(image.shape[:2]) - size)
                yield Case(f"{name} {shape.__name__} {size}", image, shape(image.shape[:2], place, size, rng))


def square(shape: tuple[int, int], centre: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A mask with a square of that side around the centre (y, x)."""
    mask = np.zeros(shape, np.uint8)
    top, left = centre - size // 2
    mask[top : top + size, left : left + size] = 255
    return mask


def blob(shape: tuple[int, int], centre: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A mask with a rounded star of about that diameter: a circle with waves on its radius."""
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    waves = sum(rng.normal(0, 0.12) * np.cos(k * angle + rng.uniform(0, 2 * np.pi)) for k in (2, 3, 4, 5))
    radius = size / 2 * np.clip(1 + waves, 0.3, 1.8)
    points = np.stack([centre[1] + radius * np.cos(angle), centre[0] + radius * np.sin(angle)], axis=1)
    return cv2.fillPoly(np.zeros(shape, np.uint8), [np.rint(points).astype(np.int32)], 255)


def measure(method: str, case: Case) -> Score:
    """Fill the hole of the case, and hold the result against what was there."""
    cut = np.where(case.mask[..., None] > 0, np.uint8(255), case.image)
    eraser = load([], "cpu", "float32", method=method)
    start = time.perf_counter()
    result = eraser(cut, case.mask, silent)
    return score(case, result, time.perf_counter() - start)


def score(case: Case, result: np.ndarray, seconds: float) -> Score:
    """How near a result (uint8 HxWx3) comes to what was there."""
    left, top, width, height = cv2.boundingRect(case.mask)
    box = np.s_[top : top + height, left : left + width]
    error = np.mean((result[box].astype(float) - case.image[box]) ** 2)
    ssim = np.mean(structural_similarity(result[box], case.image[box], channel_axis=2, data_range=255))
    ratio = detail(result, case.mask) / max(detail(case.image, case.mask), 1e-6)
    texture = min(ratio, 1 / max(ratio, 1e-6))
    return Score(10 * np.log10(255**2 / max(error, 1e-6)), float(ssim), texture, seconds)


def detail(image: np.ndarray, mask: np.ndarray) -> float:
    """Root of the mean energy of the Laplacian inside the mask, away from its edge: a seam there is no texture."""
    inside = cv2.erode(mask, np.ones((5, 5), np.uint8)) > 0
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64)
    return float(np.sqrt(np.mean(cv2.Laplacian(grey, cv2.CV_64F)[inside] ** 2)))


def machine() -> str:
    """What this ran on, in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, OpenCV {cv2.__version__}"
    return f"{platform.machine()}, {cores} cores, {versions}"


def table(scores: dict[str, list[Score]], number: int) -> str:
    """The means as Markdown."""
    lines = [
        f"Mean of {number} holes of {SIZES[0]} to {SIZES[-1]} pixels in {len(PHOTOGRAPHS)} photographs; {machine()}.",
        "",
        "| filler | PSNR, dB | SSIM | texture kept | seconds | time, Telea = 1 |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for method, each in scores.items():
        psnr, ssim, texture, seconds = np.mean(each, axis=0)
        relative = f"{seconds / np.mean([score.seconds for score in scores['telea']]):.2f}" if "telea" in scores else ""
        lines.append(f"| {method} | {psnr:.1f} | {ssim:.3f} | {100 * texture:.0f} % | {seconds:.3f} | {relative} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="How well and how fast the fillers without weights do.")
    parser.add_argument("--json", action="store_true", help="every single measurement, as JSON")
    parser.add_argument("--method", nargs="+", default=list(FILLERS), choices=list(FILLERS))
    options = parser.parse_args()
    every = list(cases())
    scores = {method: [measure(method, case) for case in every] for method in options.method}
    if options.json:
        rows = {m: [{"case": c.name, **s._asdict()} for c, s in zip(every, each)] for m, each in scores.items()}
        print(json.dumps({"machine": machine(), "scores": rows}, indent=1))
    else:
        print(table(scores, len(every)))


if __name__ == "__main__":
    main()
