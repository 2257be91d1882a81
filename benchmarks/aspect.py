"""What an eraser that works at one square size makes of wide and tall holes: shown stretched, and as it is shown them.

    python benchmarks/aspect.py [FOLDER]

FOLDER: photographs as JPEG; without one those of benchmarks/fillers.py. In each there are three holes: wide near the
bottom, tall near the left, square in a corner. The eraser stands for MI-GAN and MAT: it is told where its crop lies,
and paints what is really there, but with pixels as wide as high, as a network does that has seen nothing else. Where
its crop is not stretched it is therefore right but for resizing. Markdown on standard output.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable, Iterator, NamedTuple
from unittest import mock

import cv2
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import skimage
from fillers import PHOTOGRAPHS, Case, machine, score

from lib_inpaint.filling import strategy
from lib_inpaint.filling.fill import blend, fill
from lib_inpaint.geometry import Box
from lib_inpaint.models.model import Needs
from lib_inpaint.schema import FillRequest

NEEDS = Needs(native=512, context=0.5, margin=128)  # of MI-GAN and MAT
HOLES = {
    "wide, near the bottom": (0.3, 0.86, 0.61, 0.92),
    "tall, near the left": (0.06, 0.3, 0.11, 0.66),
    "square, in a corner": (0.8, 0.02, 0.98, 0.2),
}  # left, top, right, bottom as parts of the sides


class Way(NamedTuple):
    """How the crops are shown. run: image and mask -> the picture with its hole filled."""

    name: str
    run: Callable[[Case], tuple[np.ndarray, float]]


def photographs(folder: Path | None) -> Iterator[tuple[str, np.ndarray]]:
    data = Path(skimage.__file__).parent / "data"
    paths = [data / name for name in PHOTOGRAPHS] if folder is None else sorted(folder.glob("*.jpg"))
    for path in paths:
        yield path.name, np.array(Image.open(path).convert("RGB"))


def hole_of(shape: tuple[int, ...], parts: tuple[float, ...]) -> np.ndarray:
    mask = np.zeros(shape[:2], np.uint8)
    height, width = shape[:2]
    left, top, right, bottom = (round(part * side) for part, side in zip(parts, (width, height) * 2))
    mask[top:bottom, left:right] = 255
    return mask


class Seer:
    """Paints the truth of the crops that it is shown in turn, unstretched: `painted` at 512x512 from its upper left."""

    needs = NEEDS

    def __init__(self, truth: np.ndarray, boxes: list[Box]) -> None:
        self._truth, self._boxes = truth, iter(boxes)

    def __call__(self, image: np.ndarray, mask: np.ndarray, progress: object) -> np.ndarray:
        return painted(self._truth, next(self._boxes))


def painted(truth: np.ndarray, box: Box) -> np.ndarray:
    """The box at the scale of its longer side, in a picture of 512x512."""
    size = strategy.input_size(box.size, NEEDS)
    part = cv2.resize(truth[box.slices], tuple(size), interpolation=cv2.INTER_AREA)
    rest = [(0, NEEDS.native - size.height), (0, NEEDS.native - size.width), (0, 0)]
    return np.pad(part, rest, mode="symmetric" if min(size) > NEEDS.native // 2 else "edge")


def as_it_is(case: Case) -> tuple[np.ndarray, float]:
    """The result of fill.py, and how much too tall or too wide a crop was shown."""
    plan = strategy.plan_crops(case.mask, NEEDS, FillRequest())
    eraser = Seer(case.image, [crop.box for crop in plan.crops])
    cut = np.where(case.mask[..., None] > 0, np.uint8(128), case.image)
    return fill(cut, case.mask, eraser).image, 1.0


def stretched(case: Case) -> tuple[np.ndarray, float]:
    """Crops as high and wide as the hole and its surroundings, made 512x512 whatever their shape."""
    with mock.patch.object(strategy, "squared", lambda boxes, *rest: boxes):
        plan = strategy.plan_crops(case.mask, NEEDS, FillRequest())
    result, worst = np.where(case.mask[..., None] > 0, np.uint8(128), case.image), 1.0
    for crop in plan.crops:
        box, size = crop.box, crop.box.size
        worst = max(worst, size.width / size.height, size.height / size.width)
        side = round((size.width * size.height) ** 0.5)  # what it takes the crop for: as large, and square
        middle = ((box.left + box.right) // 2, (box.top + box.bottom) // 2)
        around = Box(*(at - side // 2 for at in middle), *(at + side - side // 2 for at in middle))
        seen = cv2.copyMakeBorder(case.image, side, side, side, side, cv2.BORDER_REFLECT)
        moved = Box(*(value + side for value in around))
        filled = cv2.resize(seen[moved.slices], tuple(size), interpolation=cv2.INTER_AREA)
        part = case.mask[box.slices]
        result[box.slices] = blend(result[box.slices], filled, part)
    return result, worst


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    ways = [Way("stretched to a square", stretched), Way("as it is shown them", as_it_is)]
    rows: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    count = 0
    for name, image in photographs(folder):
        count += 1
        for hole, parts in HOLES.items():
            case = Case(name, image, hole_of(image.shape, parts))
            for way in ways:
                result, worst = way.run(case)
                made = score(case, result, 0.0)
                rows.setdefault((hole, way.name), []).append((made.psnr, made.texture, worst))
    print(f"Medians over {count} photographs; {machine()}.\n")
    print("| hole | shown | stretched by | PSNR, dB | texture kept |\n| --- | --- | ---: | ---: | ---: |")
    for (hole, way), values in rows.items():
        psnr, texture, worst = np.median(values, axis=0)
        print(f"| {hole} | {way} | {worst:.2f} | {psnr:.1f} | {texture:.0%} |")


if __name__ == "__main__":
    main()
