"""How much memory the command line takes: for photographs of several sizes, and with MobileSAM and LaMa as ONNX files.

    python benchmarks/needs.py [--megapixels 1 12 50 200]

The demo's photo, enlarged; what is removed is its badge, 1.7 % of the picture. Each command is a process of its own,
which is asked how much it held at most. The networks have random weights in the layout of the published
files (torch, onnx, segment-anything, segment-anything-hq and spandrel make them). Markdown on standard output.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fillers import machine  # noqa: E402
from without_torch import files, held  # noqa: E402

from lib_inpaint.app import demo  # noqa: E402
from lib_inpaint.app.cli import main as command_line  # noqa: E402

BOX = "25%,65%,41%,84%"  # around the badge


def peak(folder: Path, *arguments: str) -> float:
    """The most GiB that the command held, in a process of its own."""
    environment = {**os.environ, "INPAINT_ANYTHING_MODELS": str(folder)}
    command = [sys.executable, __file__, "--command", *arguments, "--quiet"]
    told = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return int(told.stdout) / 2**30


def row(folder: Path, megapixels: int) -> str:
    """A line of the table."""
    side = round((1e6 * megapixels) ** 0.5)
    Image.fromarray(demo.photo()).resize((side, side)).save(folder / "photo.jpg", quality=92)
    box = np.array([float(part.rstrip("%")) / 100 * side for part in BOX.split(",")]).astype(int)
    mask = np.zeros((side, side), np.uint8)
    mask[box[1] : box[3], box[0] : box[2]] = 255
    Image.fromarray(mask).save(folder / "mask.png")
    commands = (
        ("remove", "photo.jpg", "--box", BOX, "--segmenter", "classic", "--eraser", "exemplar", "-o", "out.jpg"),
        ("mask", "photo.jpg", "--box", BOX, "--segmenter", "mobile_sam_onnx", "-o", "selected.png"),
        ("remove", "photo.jpg", "--mask", "mask.png", "--eraser", "lama_onnx", "-o", "out.jpg"),
    )
    cells = (f"{peak(folder, *command):.1f} GiB" for command in commands)
    return f"| {megapixels} MP | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=int, nargs="+", default=[1, 12, 50, 200])
    parser.add_argument("--command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.command:
        assert command_line(options.command) == 0
        return print(held())
    with tempfile.TemporaryDirectory() as name:
        files(Path(name))
        print(f"{machine()}.\n\n| photograph | remove with what is built in | select with MobileSAM | fill with LaMa |")
        print("| --- | ---: | ---: | ---: |")
        for megapixels in options.megapixels:
            print(row(Path(name), megapixels), flush=True)


if __name__ == "__main__":
    main()
