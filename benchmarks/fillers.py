"""How well and how fast the fillers without weights restore what was cut out of real photographs.

    python benchmarks/fillers.py [--json] [--method exemplar ...] [--large] [--folder FOLDER]

Squares and irregular blobs of three sizes are cut from the photographs that come with scikit-image, at places that are
the same in each run; the truth is what was there. With --large the holes have 200 to 400 pixels, squares and lying
rectangles, where of several places the most edges run into them. With --folder the photographs are those of a folder.

PSNR and SSIM (Wang et al., 2004) are taken over the bounding box of the hole. They reward a smooth guess over a sharp
one that is a pixel off, so a third figure says how much fine detail there is: with e the energy of the Laplacian in the
hole (the focus measure of Subbarao, Choi and Nikzad, 1993) and r = sqrt(e_result / e_truth), "texture kept" is the mean
of min(r, 1/r). A blurred hole is near 0 %, and so is one of noise; a hole filled with a texture of the right strength
is near 100 %. The last figure is the part of the squares of 16 pixels in the hole that melted: they have less than a
third of the detail that was there.

Baselines run beside it where they are installed: shiftmap of OpenCV's contrib modules, PyPatchMatch, and G'MIC.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator, NamedTuple, Optional, Sequence

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
LARGE = (200, 280, 400)
_PLACES = 12  # of which the one with the most edges is taken for a large hole
_BLOCK = 16


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
    melted: float
    seconds: float


def photographs(folder: Optional[Path]) -> Iterator[tuple[str, np.ndarray]]:
    """Name and uint8 HxWx3 of each photograph of a folder, or of those of scikit-image."""
    if folder is None:
        paths = [Path(skimage.__file__).parent / "data" / name for name in PHOTOGRAPHS]
    else:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    for path in paths:
        yield path.name, np.array(Image.open(path).convert("RGB"))


def cases(folder: Optional[Path] = None) -> Iterator[Case]:
    """Each photograph with a square and a blob of each size, at seeded places."""
    for number, (name, image) in enumerate(photographs(folder)):
        rng = np.random.default_rng(number)
        for size in SIZES:
            for shape in (square, blob):
                place = rng.integers(size, np.array(image.shape[:2]) - size)
                yield Case(f"{name} {shape.__name__} {size}", image, shape(image.shape[:2], place, size, rng))


def large_cases(folder: Optional[Path] = None) -> Iterator[Case]:
    """Each photograph with a square and a lying rectangle of each large size that leaves a third of either side."""
    for number, (name, image) in enumerate(photographs(folder)):
        rng = np.random.default_rng(number)
        edges = cv2.morphologyEx(cv2.GaussianBlur(image, (0, 0), 2), cv2.MORPH_GRADIENT, np.ones((3, 3))).max(axis=2)
        for size, shape in itertools.product(LARGE, (square, lying)):
            sides = np.array([size if shape is square else size // 2, size])
            room = np.array(image.shape[:2]) - sides
            if (3 * sides > 2 * np.array(image.shape[:2])).any():
                continue
            places = rng.integers(room // 8, room - room // 8 + 1, (_PLACES, 2)) + sides // 2
            masks = [shape(image.shape[:2], place, size, rng) for place in places]
            rims = [cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((9, 9))) > 0 for mask in masks]
            best = int(np.argmax([(edges[rim] > 40).mean() for rim in rims]))
            yield Case(f"{name} {shape.__name__} {size}", image, masks[best])


def square(shape: tuple[int, int], centre: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A mask with a square of that side around the centre (y, x)."""
    mask = np.zeros(shape, np.uint8)
    top, left = centre - size // 2
    mask[top : top + size, left : left + size] = 255
    return mask


def lying(shape: tuple[int, int], centre: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A mask with a rectangle of that width and half that height around the centre (y, x)."""
    mask = np.zeros(shape, np.uint8)
    (top, left), height = centre - np.array([size // 2, size]) // 2, size // 2
    mask[top : top + height, left : left + size] = 255
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
    start = time.perf_counter()
    if method in FILLERS:
        result = load([], "cpu", "float32", method=method)(cut, case.mask, silent)
    else:
        result = np.where(case.mask[..., None] > 0, BASELINES[method](cut, case.mask), cut)
    return score(case, result, time.perf_counter() - start)


def shiftmap(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """OpenCV's xphoto: He and Sun, 2012; in Lab, as its documentation asks for."""
    result = np.zeros_like(image)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    cv2.xphoto.inpaint(lab, 255 - mask, result, cv2.xphoto.INPAINT_SHIFTMAP)  # type: ignore
    return cv2.cvtColor(result, cv2.COLOR_LAB2RGB)


def pypatchmatch(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """InvokeAI's; patches of 3x3, as it uses them."""
    from patchmatch import patch_match  # type: ignore

    return patch_match.inpaint(np.ascontiguousarray(image), (mask > 0).astype(np.uint8)[..., None] * 255, patch_size=3)


def gmic(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The command gmic with its inpaint_matchpatch."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder, name)) for name in ("image.png", "mask.png", "result.png")]
        Image.fromarray(image).save(paths[0])
        Image.fromarray(mask).save(paths[1])
        how = ["-inpaint_matchpatch[0]", "[1]", "-keep[0]", "-output", paths[2]]
        subprocess.run(["gmic", *paths[:2], *how], check=True, capture_output=True)
        return np.array(Image.open(paths[2]).convert("RGB"))


BASELINES = {"shiftmap": shiftmap, "pypatchmatch": pypatchmatch, "gmic": gmic}


def score(case: Case, result: np.ndarray, seconds: float) -> Score:
    """How near a result (uint8 HxWx3) comes to what was there."""
    left, top, width, height = cv2.boundingRect(case.mask)
    box = np.s_[top : top + height, left : left + width]
    error = np.mean((result[box].astype(float) - case.image[box]) ** 2)
    ssim = np.mean(structural_similarity(result[box], case.image[box], channel_axis=2, data_range=255))
    ratio = detail(result, case.mask) / max(detail(case.image, case.mask), 1e-6)
    texture = min(ratio, 1 / max(ratio, 1e-6))
    return Score(10 * np.log10(255**2 / max(error, 1e-6)), float(ssim), texture, melted(result, case), seconds)


def melted(result: np.ndarray, case: Case) -> float:
    """0..1: the part of the squares wholly in the hole whose detail is less than a third of what was there."""
    inside, *details = (
        cv2.resize(values.astype(np.float32), None, fx=1 / _BLOCK, fy=1 / _BLOCK, interpolation=cv2.INTER_AREA)
        for values in (case.mask > 0, *(laplacian(image) ** 2 for image in (result, case.image)))
    )
    whole = inside > 0.999
    return float((details[0] < details[1] / 9)[whole].mean()) if whole.any() else 0.0


def laplacian(image: np.ndarray) -> np.ndarray:
    """uint8 HxWx3 -> float64 HxW, of its lightness."""
    return cv2.Laplacian(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64), cv2.CV_64F)


def detail(image: np.ndarray, mask: np.ndarray) -> float:
    """Root of the mean energy of the Laplacian inside the mask, away from its edge: a seam there is no texture."""
    inside = cv2.erode(mask, np.ones((5, 5), np.uint8)) > 0
    return float(np.sqrt(np.mean(laplacian(image)[inside] ** 2)))


def machine() -> str:
    """What this ran on, in one line."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, OpenCV {cv2.__version__}"
    return f"{platform.machine()}, {cores} cores, {versions}"


def table(scores: dict[str, list[Score]], names: Sequence[str]) -> str:
    """The means as Markdown."""
    sizes = sorted({int(name.split()[-1]) for name in names})
    lines = [
        f"Mean of {len(names)} holes of {sizes[0]} to {sizes[-1]} pixels; {machine()}.",
        "",
        "| filler | PSNR, dB | SSIM | texture kept | melted | seconds | time, Telea = 1 |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for method, each in scores.items():
        psnr, ssim, texture, gone, seconds = np.mean(each, axis=0)
        relative = f"{seconds / np.mean([score.seconds for score in scores['telea']]):.2f}" if "telea" in scores else ""
        quality = f"{psnr:.1f} | {ssim:.3f} | {100 * texture:.0f} % | {100 * gone:.0f} %"
        lines.append(f"| {method} | {quality} | {seconds:.3f} | {relative} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="How well and how fast the fillers without weights do.")
    parser.add_argument("--json", action="store_true", help="every single measurement, as JSON")
    parser.add_argument("--method", nargs="+", default=list(FILLERS), choices=[*FILLERS, *BASELINES])
    parser.add_argument("--large", action="store_true", help="holes of 200 to 400 pixels over structure")
    parser.add_argument("--folder", type=Path, help="photographs of one's own")
    parser.add_argument("--every", type=int, default=1, help="only each so-manieth hole")
    options = parser.parse_args()
    every = list((large_cases if options.large else cases)(options.folder))[:: options.every]
    scores = {method: [measure(method, case) for case in every] for method in options.method}
    if options.json:
        rows = {m: [{"case": c.name, **s._asdict()} for c, s in zip(every, each)] for m, each in scores.items()}
        print(json.dumps({"machine": machine(), "scores": rows}, indent=1))
    else:
        print(table(scores, [case.name for case in every]))


if __name__ == "__main__":
    main()
