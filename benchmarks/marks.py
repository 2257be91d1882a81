"""How well a semi-transparent mark that many photographs share is found and erased.

    python benchmarks/marks.py FOLDER [--size 480x320] [--opacity 0.4] [--eraser exemplar]

The photographs of a folder are cut to one size, a mark is drawn on all of them, and it is looked for in the set, as
`remove FOLDER --same-mark` does. Then it is erased by the mask that was found, and for comparison by the box around it.
PSNR to the photographs without it, over the box. Markdown on standard output.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib_inpaint.geometry import Box, Size, resize
from lib_inpaint.imaging import mask as masks
from lib_inpaint.imaging.imagefile import read
from lib_inpaint.schema import FillRequest
from lib_inpaint.selecting import same_mark
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone


def cut(image: np.ndarray, size: Size) -> np.ndarray:
    """The middle of a photograph, as large as it can be in that size's shape, at that size."""
    here = Size.of(image)
    scale = min(here.width / size.width, here.height / size.height)
    width, height = int(size.width * scale), int(size.height * scale)
    left, top = (here.width - width) // 2, (here.height - height) // 2
    return resize(image[top : top + height, left : left + width], size)


def mark(size: Size) -> np.ndarray:
    """float32 HxW, 0..1: a ring with a word in it, in the middle."""
    drawn = np.zeros((size.height, size.width), np.uint8)
    middle, radius = (size.width // 2, size.height // 2), size.height // 4
    cv2.circle(drawn, middle, radius, 255, max(3, radius // 12), cv2.LINE_AA)
    corner = (middle[0] - int(1.1 * radius), middle[1] + radius // 6)
    cv2.putText(drawn, "PREVIEW", corner, cv2.FONT_HERSHEY_DUPLEX, radius / 55, 255, max(2, radius // 22), cv2.LINE_AA)
    return drawn.astype(np.float32) / 255


def psnr(one: np.ndarray, other: np.ndarray, box: Box) -> float:
    """In dB, over the box."""
    error = np.square(one[box.slices].astype(float) - other[box.slices]).mean()
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="480x320")
    parser.add_argument("--opacity", type=float, default=0.4)
    parser.add_argument("--eraser", default="exemplar")
    options = parser.parse_args()
    size = Size(*map(int, options.size.split("x")))
    photos = [cut(read(path).image, size) for path in sorted(options.folder.glob("*.jpg"))]
    share, service = options.opacity * mark(size)[..., None], Service(Standalone(device="cpu"))
    marked = [np.rint(photo * (1 - share) + 255 * share).astype(np.uint8) for photo in photos]
    found = same_mark.find([cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in marked])
    if found is None:
        raise SystemExit("The mark was not found.")
    wanted = mark(size) >= 0.5
    box = masks.bounds(np.where(mark(size) > 0, np.uint8(255), np.uint8(0)))
    assert box is not None, "the mark has pixels"
    whole = masks.blank(size)
    whole[box.grow(2).clip(size).slices] = 255
    recall, area = (wanted & (found > 0)).sum() / wanted.sum(), (found > 0).sum() / wanted.sum()
    print(f"{len(photos)} photographs of {size}, opacity {options.opacity:g}, {options.eraser}; of the mark's pixels ")
    print(f"{recall:.3f} are found, and {area:.2f} times as many erased\n")
    rows = {"with the mark": marked}
    for name, mask in (("erased by its box", whole), ("erased as found", found)):
        rows[name] = [service.prefill(one, mask, FillRequest(eraser=options.eraser)).image for one in marked]
    print("| | PSNR in the box |\n|---|---|")
    for name, made in rows.items():
        print(f"| {name} | {np.mean([psnr(one, photo, box) for one, photo in zip(made, photos)]):.1f} dB |")


if __name__ == "__main__":
    main()
