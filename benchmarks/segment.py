"""How well and how fast clicks and boxes select things in photographs, without weights.

    python benchmarks/segment.py FOLDER [--each] [--json] [--method classic grabcut walker] [--clicks 20]

FOLDER holds NAME.jpg or NAME.png and NAME.gt.png: 255 is the thing, 0 is not, all between is not counted. The protocol
is that of research in interactive segmentation (Xu et al., "Deep interactive object selection", 2016): the first click
is the place in the thing farthest from its edge; each further one lies in the middle of the largest error, includes
what is missing or excludes what is too much; at most 20. NoC@85 and NoC@90 are the mean number of clicks until the
intersection over union (IoU) is 0.85 or 0.90, 20 where it never is. The box is the bounds of the thing. A leak is a
proposal for the first click that covers more than half of the picture although the thing covers less than a fifth.

The baselines run beside it: OpenCV's grabCut alone (Rother et al., 2004), and scikit-image's random walker (Grady,
2006) with the border of the picture, or all outside of the box, as background. Seconds are those of the processor, so
that other work on the machine does not count; set OMP_NUM_THREADS=1 for those of one core.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import sys
import time
from pathlib import Path
from typing import Callable, Iterator, NamedTuple, Optional, Sequence

import cv2
import numpy as np
from PIL import Image
from skimage.segmentation import random_walker

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib_inpaint.geometry import Box, Point, Size
from lib_inpaint.imaging import mask as masks
from lib_inpaint.models.classic.classic import load
from lib_inpaint.progress import silent
from lib_inpaint.schema import Selection

SPOT = 3  # radius of what a click marks for the baselines, in pixels
SIDE = 500  # the baselines work on a copy of at most this side


class Photograph(NamedTuple):
    """uint8 HxWx3, and bool HxW twice: the thing, and what counts."""

    name: str
    image: np.ndarray
    truth: np.ndarray
    counted: np.ndarray


class Result(NamedTuple):
    """How one method did on one photograph."""

    name: str
    first: float  # IoU after one click
    best: float  # of the best of its proposals
    noc85: int
    noc90: int
    box: float
    encode: float  # seconds, once a picture
    click: float  # seconds, of the first click
    further: float  # seconds, the mean of those after it
    worse: int  # clicks after which IoU was lower by more than 0.01
    leaks: int
    curve: tuple[float, ...]


# prompts -> proposals bool HxW, the best first
Segment = Callable[[Sequence[Point], Optional[Box]], list[np.ndarray]]


def photographs(folder: Path) -> Iterator[Photograph]:
    """Each picture of the folder that has a mask."""
    for path in sorted(folder.glob("*.gt.png")):
        name = path.name[: -len(".gt.png")]
        picture = next(p for p in (path.with_name(name + end) for end in (".jpg", ".png", ".bmp")) if p.exists())
        mask = np.array(Image.open(path).convert("L"))
        image = np.array(Image.open(picture).convert("RGB"))
        yield Photograph(name, image, mask == 255, (mask == 255) | (mask == 0))


def iou(mask: np.ndarray, photograph: Photograph) -> float:
    both = (mask & photograph.truth).sum()
    return float(both / max(1, ((mask | photograph.truth) & photograph.counted).sum()))


def middle(region: np.ndarray) -> tuple[int, int]:
    """(y, x) of the place in a region (bool HxW) that is farthest from its edge and the border of the picture."""
    padded = np.pad(region.astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    y, x = np.unravel_index(distance.argmax(), distance.shape)
    return int(y), int(x)


def next_click(mask: Optional[np.ndarray], photograph: Photograph) -> Point:
    """Where somebody would click who sees this mask (bool HxW, or None at first)."""
    region, label = photograph.truth, 1
    if mask is not None:
        wrong = (mask != photograph.truth) & photograph.counted
        largest = 0
        for kind, wanted in ((wrong & photograph.truth, 1), (wrong & ~photograph.truth, 0)):
            _, labels, stats, _ = cv2.connectedComponentsWithStats(kind.astype(np.uint8), connectivity=4)
            areas = stats[1:, cv2.CC_STAT_AREA]
            if len(areas) and areas.max() > largest:
                largest, region, label = areas.max(), labels == 1 + areas.argmax(), wanted
    y, x = middle(region)
    return Point(x + 0.5, y + 0.5, label)


def classic(image: np.ndarray) -> Segment:
    """The built-in segmenter, as the service calls it: each click is told what the last one found."""
    model = load([], "cpu", "float32")
    embedding = model.encode(image, silent)
    previous: list[np.ndarray] = []

    def segment(points: Sequence[Point], box: Optional[Box]) -> list[np.ndarray]:
        if len(points) < 2:
            previous.clear()
        found = model.decode(embedding, Selection(points=tuple(points), box=box), previous[-1] if previous else None)
        previous.append(found.logits[0])
        return [model.upscale(embedding, logits) > 0 for logits in found.logits]

    return segment


def _reduced(image: np.ndarray) -> tuple[np.ndarray, float]:
    scale = min(1.0, SIDE / max(image.shape[:2]))
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), scale


def _marked(shape: tuple[int, ...], points: Sequence[Point], label: int, scale: float) -> np.ndarray:
    drawn = np.zeros(shape[:2], np.uint8)
    for point in points:
        if point.label == label:
            cv2.circle(drawn, (int(point.x * scale), int(point.y * scale)), SPOT, 1, -1)
    return drawn > 0


def grabcut(image: np.ndarray) -> Segment:
    """OpenCV's grabCut: the clicks are certain, all else is probably background, or what is in the box the thing."""
    small, scale = _reduced(image)

    def segment(points: Sequence[Point], box: Optional[Box]) -> list[np.ndarray]:
        state = np.full(small.shape[:2], cv2.GC_PR_BGD if box is None else cv2.GC_BGD, np.uint8)
        if box is not None:
            inside = Box(*(int(side * scale) for side in box)).clip(Size.of(small))
            state[inside.slices] = cv2.GC_PR_FGD
        state[_marked(small.shape, points, 1, scale)] = cv2.GC_FGD
        state[_marked(small.shape, points, 0, scale)] = cv2.GC_BGD
        cv2.setRNGSeed(0)
        if ((state & 1) == 1).all() or not (state & 1).any():
            found = state & 1
        else:
            cv2.grabCut(small, state, None, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_MASK)  # type: ignore
            found = state & 1
        return [cv2.resize(found, image.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0]

    return segment


def walker(image: np.ndarray) -> Segment:
    """scikit-image's random walker from the clicks; the border, or what is outside the box, is background."""
    small, scale = _reduced(image)

    def segment(points: Sequence[Point], box: Optional[Box]) -> list[np.ndarray]:
        seeds = np.full(small.shape[:2], 2, np.int32)
        if box is None:
            seeds[1:-1, 1:-1] = 0
        else:
            inside = Box(*(int(side * scale) for side in box)).clip(Size.of(small))
            seeds[inside.slices] = 0
            across, down = (inside.right - inside.left) // 4, (inside.bottom - inside.top) // 4
            if not points:
                seeds[inside.top + down : inside.bottom - down, inside.left + across : inside.right - across] = 1
        seeds[_marked(small.shape, points, 0, scale)] = 2
        seeds[_marked(small.shape, points, 1, scale)] = 1
        labels = random_walker(small, seeds, beta=1000, mode="cg_j", tol=1e-2, channel_axis=2, prob_tol=1)
        found = (np.asarray(labels) == 1).astype(np.uint8)
        return [cv2.resize(found, image.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0]

    return segment


METHODS: dict[str, Callable[[np.ndarray], Segment]] = {"classic": classic, "grabcut": grabcut, "walker": walker}


def measure(method: str, photograph: Photograph, most: int) -> Result:
    """Click until it is good, then once with a box."""
    start = time.process_time()
    segment = METHODS[method](photograph.image)
    encoded = time.process_time() - start
    points: list[Point] = []
    curve: list[float] = []
    seconds: list[float] = []
    found: list[np.ndarray] = []
    best, leaks = 0.0, 0
    small = photograph.truth.mean() < 0.2
    while len(points) < most and (not curve or max(curve) < 0.9):
        points.append(next_click(found[0] if found else None, photograph))
        start = time.process_time()
        found = segment(points, None)
        seconds.append(time.process_time() - start)
        curve.append(iou(found[0], photograph))
        if len(points) == 1:
            best = max(iou(mask, photograph) for mask in found)
            leaks = sum(small and mask.mean() > 0.5 for mask in found)
    bounds = masks.bounds(photograph.truth.astype(np.uint8))
    assert bounds is not None
    boxed = iou(segment((), bounds)[0], photograph)
    worse = sum(later < earlier - 0.01 for earlier, later in itertools.pairwise(curve))
    noc85, noc90 = (next((n for n, value in enumerate(curve, 1) if value >= least), most) for least in (0.85, 0.9))
    further = float(np.mean(seconds[1:])) if len(seconds) > 1 else float("nan")
    quality = photograph.name, curve[0], best, noc85, noc90, boxed
    return Result(*quality, encoded, seconds[0], further, worse, leaks, tuple(curve))


def machine() -> str:
    """What this ran on, in one line."""
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, OpenCV {cv2.__version__}"
    return f"{platform.machine()}, {versions}"


COLUMNS = (
    "IoU, one click | best of three | NoC@85 | NoC@90 | IoU, box "
    "| s to prepare | s first click | s each further | made worse | leaks"
)


def row(name: str, results: Sequence[Result]) -> str:
    """The means of these results as a line of a Markdown table."""
    first, best, noc85, noc90, box, encode, click = np.mean([r[1:8] for r in results], axis=0)
    times = [result.further for result in results if not np.isnan(result.further)]
    further = f"{np.mean(times):.2f}" if times else ""
    worse, leaks = sum(r.worse for r in results), sum(r.leaks for r in results)
    quality = f"{first:.2f} | {best:.2f} | {noc85:.1f} | {noc90:.1f} | {box:.2f}"
    return f"| {name} | {quality} | {encode:.2f} | {click:.2f} | {further} | {worse} | {leaks} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="How well clicks and boxes select things, without weights.")
    parser.add_argument("folder", type=Path, help="of NAME.jpg with NAME.gt.png")
    parser.add_argument("--method", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--clicks", type=int, default=20, help="at most so many")
    parser.add_argument("--each", action="store_true", help="a line for each photograph as well")
    parser.add_argument("--json", action="store_true", help="every single measurement, as JSON")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    every = list(photographs(options.folder))
    if not every:
        parser.error(f"{options.folder} has no picture with a mask: NAME.jpg beside NAME.gt.png.")
    results = {method: [measure(method, one, options.clicks) for one in every] for method in options.method}
    if options.json:
        rows = {method: [result._asdict() for result in each] for method, each in results.items()}
        print(json.dumps({"machine": machine(), "results": rows}, indent=1))
        return
    print(f"{len(every)} photographs; {machine()}.\n\n| method | {COLUMNS} |\n| --- |{' ---: |' * 10}")
    for method, each in results.items():
        print(row(method, each))
        if options.each:
            print(*(row(f"{method}, {result.name}", [result]) for result in each), sep="\n")


if __name__ == "__main__":
    main()
