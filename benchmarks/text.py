"""How well text is found and removed: pages with known letters, and a mark that many photographs share.

    python benchmarks/text.py [--fonts FOLDER] [--eraser exemplar] [--text-detector auto] [--every 1] [--show FOLDER]

For each page: which part of the letters' pixels is erased (recall), how much is erased as a part of the letters with
the margin that was asked for (area), and whether the network still finds text there after the removal. The network is
the one that is installed. Of six scripts those are drawn for which a font is found: fonts-dejavu, fonts-liberation and
fonts-noto-cjk are the packages of Debian. Photographs are scikit-image's. Markdown on standard output.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from text_pages import BACKGROUNDS, Kind, Page, draw, fonts, kinds

from lib_inpaint.errors import EmptySelection
from lib_inpaint.geometry import Size
from lib_inpaint.imaging import mask as masks
from lib_inpaint.schema import FillRequest, FindTextRequest
from lib_inpaint.selecting.text import margin_of, mask_of
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

GOAL = (16, 0.98, 1.5)  # letters from this size on; recall at least; area at most
_LINE = 1.2  # a line's height, as a part of its letters' size


class Row(NamedTuple):
    """One page. recall, area, lines: see above; lines is how many are found after the removal, of how many before."""

    kind: Kind
    recall: float
    area: float
    lines: int
    before: int


def score(service: Service, page: Page, kind: Kind, asked: FindTextRequest, eraser: str) -> tuple[Row, np.ndarray]:
    """The row, and the page without its text."""
    try:
        found = service.find_text(page.image, asked)
    except EmptySelection:
        return Row(kind, 0.0, 0.0, 0, 0), page.image
    erased, letters = mask_of(found, Size.of(page.image)), page.letters > 0
    wanted = masks.grow(page.letters, margin_of(_LINE * kind.size, asked)) > 0
    clean = service.prefill(page.image, erased, FillRequest(eraser=eraser)).image
    left = left_of(service, clean, page, asked)
    recall = float((letters & (erased > 0)).sum() / letters.sum())
    return Row(kind, recall, float((erased > 0).sum() / wanted.sum()), left, len(found)), clean


def left_of(service: Service, clean: np.ndarray, page: Page, asked: FindTextRequest) -> int:
    """How many lines are found where letters of the page were; what a photograph shows by itself does not count."""
    try:
        found = service.find_text(clean, FindTextRequest(text_detector=asked.text_detector, text_as="box"))
    except EmptySelection:
        return 0
    return sum(bool((page.letters[line.box.slices] & line.mask).any()) for line in found)


def table(rows: list[Row]) -> str:
    """By size, then by background, in Markdown; the last line is of what the goal is about."""
    shown = [
        (f"{size} px", [row for row in rows if row.kind.size == size]) for size in sorted({r.kind.size for r in rows})
    ]
    least, recall, area = GOAL
    counted = [row for row in rows if row.kind.size >= least]
    shown += [(f"on {name}", [row for row in counted if row.kind.background == name]) for name in BACKGROUNDS]
    shown += [
        ("turned", [row for row in counted if row.kind.turn]),
        ("curved", [row for row in counted if row.kind.curve]),
    ]
    shown.append((f"**all of {least} px and more**", counted))
    lines = ["| pages | recall | area | no text left | both goals met |", "|---|---|---|---|---|"]
    for name, some in shown:
        if some:
            met = np.mean([row.recall >= recall and row.area <= area for row in some])
            clean = np.mean([row.lines == 0 for row in some])
            mean = [np.mean([getattr(row, which) for row in some]) for which in ("recall", "area")]
            lines.append(f"| {name} ({len(some)}) | {mean[0]:.3f} | {mean[1]:.2f} | {clean:.0%} | {met:.0%} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--fonts", type=Path, nargs="*", default=[])
    parser.add_argument("--eraser", default="exemplar")
    parser.add_argument("--text-detector", default="auto")
    parser.add_argument("--every", type=int, default=1, help="one of so many pages")
    parser.add_argument("--show", type=Path, help="write before | after of each page into this folder")
    options = parser.parse_args()
    from skimage import data

    files, photos = fonts(options.fonts), [data.astronaut(), data.chelsea(), data.coffee(), data.rocket()]
    service, asked = Service(Standalone(device="cpu")), FindTextRequest(text_detector=options.text_detector)
    name, began, rows = service.resolved(asked).text_detector, time.process_time(), []
    for seed, kind in list(enumerate(kinds(list(files))))[:: options.every]:
        page = draw(kind, files, photos, seed)
        row, clean = score(service, page, kind, asked, options.eraser)
        rows.append(row)
        print(f"{kind}: {row.recall:.3f} {row.area:.2f} {row.lines} of {row.before}", file=sys.stderr, flush=True)
        if options.show is not None:
            options.show.mkdir(parents=True, exist_ok=True)
            sheet = np.hstack([page.image, clean])[..., ::-1]
            cv2.imwrite(str(options.show / f"{seed:03d} {kind}.jpg"), sheet)
    seconds = (time.process_time() - began) / len(rows)
    print(f"{len(rows)} pages, {name}, {options.eraser}, scripts: {', '.join(files)}; {seconds:.1f} s a page\n")
    print(table(rows))


if __name__ == "__main__":
    main()
