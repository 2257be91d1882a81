"""How well the subject of photographs is found, and how honest its detector is about it.

    python benchmarks/subject.py FOLDER [--subject-detector classic_subject] [--cutouts FOLDER]

FOLDER holds photographs with masks as benchmarks/segment.py takes them. Printed are the intersection over union (IoU)
of each, the IoU that was to be expected as the detector says it, and seconds of the processor. A photograph may have
several things of which only one is in its mask. --cutouts writes each subject, with its hair, on magenta.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from segment import iou, machine, photographs

from lib_inpaint.imaging.cutout import mask_picture
from lib_inpaint.imaging.imagefile import Picture
from lib_inpaint.imaging.matting import matted
from lib_inpaint.schema import FindSubjectRequest
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

_MATTING = 12  # pixels


def write_cutout(path: Path, image: np.ndarray, mask: np.ndarray) -> None:
    """The subject of a photograph (uint8 HxWx3, uint8 HxW) on magenta."""
    cutout = mask_picture(Picture(image), matted(image, mask, _MATTING), "cutout")
    assert cutout.alpha is not None
    alpha = cutout.alpha[..., None] / 255
    Image.fromarray((cutout.image * alpha + np.array((255, 0, 255)) * (1 - alpha)).astype(np.uint8)).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description="How well the subject of photographs is found.")
    parser.add_argument("folder", type=Path, help="of NAME.jpg with NAME.gt.png")
    parser.add_argument("--subject-detector", default="auto")
    parser.add_argument("--cutouts", type=Path, metavar="FOLDER", help="write the cutouts there")
    options = parser.parse_args()
    service, rows = Service(Standalone(device="cpu")), []
    asked = FindSubjectRequest(subject_detector=options.subject_detector)
    print(f"{service.resolved(asked).subject_detector}; {machine()}.\n")
    print("| photograph | IoU | expected | seconds |\n| --- | ---: | ---: | ---: |")
    for photograph in photographs(options.folder):
        began = time.process_time()
        found = service.find_subject(photograph.image, asked)
        rows.append((iou(found.mask > 0, photograph), found.score, time.process_time() - began))
        print(f"| {photograph.name} | {rows[-1][0]:.2f} | {rows[-1][1]:.2f} | {rows[-1][2]:.1f} |", flush=True)
        if options.cutouts:
            options.cutouts.mkdir(parents=True, exist_ok=True)
            write_cutout(options.cutouts / f"{photograph.name}.png", photograph.image, found.mask)
    if not rows:
        parser.error(f"{options.folder} has no picture with a mask: NAME.jpg beside NAME.gt.png.")
    values = np.array(rows)
    print("| mean | {:.2f} | {:.2f} | {:.1f} |".format(*values.mean(axis=0)))
    good = values[:, 0] >= 0.7
    print(f"\n{good.sum()} of {len(rows)} at 0.70 or more; the expected IoU is off by "
          f"{np.abs(values[:, 0] - values[:, 1]).mean():.2f} in the mean, and goes with the true one "
          f"(correlation {np.corrcoef(values[:, 0], values[:, 1])[0, 1]:.2f}).")  # fmt: skip


if __name__ == "__main__":
    main()
