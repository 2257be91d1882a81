"""What outpainting costs, and how well it joins: ours against the WebUI's own two scripts, in one run of a real WebUI.

    WEBUI_ROOT=... WEBUI_PYTHON=... WEBUI_MODELS=... python benchmarks/outpaint.py

tests/webui/process.py says what these are. 512x512 plus 128 pixels on all sides at ten steps with each script's own
defaults; runs alternate, the median counts. Work is what the network is given: rows times the pixels they stand for.
The processor's seconds are those of the WebUI's process, which other load changes less than the clock's.

A seam is the mean difference of brightness between the pixels on both sides of the old border, divided by that between
neighbours 16 to 40 pixels inside of it in the same result; and the same of the worst line from 16 pixels inside of the
border to 8 outside: mk2 makes 16 pixels of the picture anew, so that its border lies there. All sides of a photograph
count together, "all" are all photographs together, "each" is the mean of the sixteen sides' own ratios, which flat sky
leads, where mk2 roughens the inside that is divided by. The last column is undivided, in grey levels.

The checkpoint is a toy whose latents are means of 8x8 pixels, so what it makes has steps between these, also at the
border: the figures compare how the scripts join it to the picture, and say nothing of how good it is. How strong those
steps are goes with the size of what it is shown, which is 256x256 for the WebUI's scripts, as img2img says; so ours is
measured with windows of that size too.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from skimage import data

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "webui")]

from pictures import IMG2IMG, as_text, body, pixels  # noqa: E402
from process import running  # noqa: E402

from lib_inpaint.filling.joining import matched  # noqa: E402
from lib_inpaint.filling.outpaint import extend as extend_canvas  # noqa: E402
from lib_inpaint.schema import ExtendRequest  # noqa: E402

SIDES = ["left", "right", "up", "down"]
OVERLAP = 8  # pixels, with the default mask blur
CELL = 16  # pixels; what is finer is texture
SEAM_PHOTOS = ("astronaut", "coffee", "chelsea", "rocket")


def scripts(margin: int) -> dict[str, dict]:
    """The script and arguments of each way to extend all sides by so many pixels."""
    return {
        "ours": {"script_name": "Inpaint Anything: outpaint", "script_args": [margin]},
        "poor man's": {"script_name": "Poor man's outpainting", "script_args": [margin, 4, 0, SIDES]},
        "mk2": {"script_name": "Outpainting mk2", "script_args": ["", margin, 8, SIDES, 1.0, 0.05]},
    }


def extend(webui, photo: np.ndarray, script: dict, **changes) -> dict:
    height, width = photo.shape[:2]
    request = {
        "init_images": [as_text(photo)],
        "width": width,
        "height": height,
        "steps": 10,
        "denoising_strength": 0.8,
    }
    answer = webui.post(path=IMG2IMG, body=body(webui, **{**request, **script, **changes}))
    assert answer["status"] == 200, answer["error"]
    return answer


def cost(webui, repeats: int) -> None:
    photo = data.astronaut()
    ways = {**scripts(128), "whole canvas": {"width": 768, "height": 768}}
    runs: dict[str, list[dict]] = {name: [] for name in ways}
    extend(webui, photo, {}, steps=1)  # whatever is loaded at first
    for _ in range(repeats):
        for name, script in ways.items():
            runs[name].append(extend(webui, photo, script))
    keys = ("calls", "pixels", "network_seconds", "cpu_seconds", "seconds")
    print("| | calls | work, Mpixels | network, s | processor, s | all, s | calls, work, processor and all, ours = 1 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    found = {name: [statistics.median(run[key] for run in some) for key in keys] for name, some in runs.items()}
    for name, (calls, work, *seconds) in found.items():
        ratios = ", ".join(f"{found[name][n] / found['ours'][n]:.2f}" for n in (0, 1, 3, 4))
        spent = " | ".join(f"{one:.1f}" for one in seconds)
        print(f"| {name} | {calls} | {work / 1e6:.1f} | {spent} | {ratios} |", flush=True)


def seams(webui, size: int, margin: int) -> None:
    """The seams of each script in photographs of size x size."""
    photos = {name: cropped(getattr(data, name)(), size) for name in SEAM_PHOTOS}
    ways = scripts(margin)
    in_windows = [margin, 4, "auto", SIDES, 0, 0, 0, 0, 0, 0, "", 1, "mask blur", size]
    ways[f"ours in {size}x{size}"] = {**ways["ours"], "script_args": in_windows}
    print(f"\n{size}x{size} plus {margin}\n\n| | " + " | ".join(photos) + " | all | each | undivided |")
    print("| --- |" + " ---: |" * (len(photos) + 3))
    for name, script in ways.items():
        found = np.array([differences(pixels(extend(webui, photo, script))[0], margin) for photo in photos.values()])
        ratios = [divided(sides) for sides in found.mean(axis=1)]
        ratios += [divided(found.mean(axis=(0, 1))), divided(found).mean(axis=(0, 1))]
        shown = [f"{at:.2f}, {worst:.2f}" for at, worst in ratios]
        shown.append("{:.1f}, {:.1f}".format(*found.mean(axis=(0, 1))[:2]))
        print(f"| {name} | " + " | ".join(shown) + " |", flush=True)


def divided(found: np.ndarray) -> np.ndarray:
    """...x3 as of `differences` -> ...x2, divided by the third."""
    return found[..., :2] / found[..., 2:]


def lights(size: int, margin: int) -> None:
    """The join alone, without a WebUI: photographs as they go on outside of their middle, but in another light.

    Lighter and warmer, with the blur of a decoder; darker; and lighter from left to right. How far the means of cells
    are from those of the photograph, in levels of 255, next to its middle and in all that is new.
    """
    step = ExtendRequest(left=margin, right=margin, up=margin, down=margin)
    slope = np.linspace(-20, 20, size + 2 * margin)[None, :, None]
    changes = {
        "lighter, warmer": lambda made: cv2.GaussianBlur(made, (0, 0), 0.7) * 1.08 + (8, 4, -4),
        "darker": lambda made: made * 0.85,
        "a slope": lambda made: made + slope,
        "none": lambda made: made,
    }
    print(
        f"\n{size}x{size} plus {margin}\n\n| light | next to it as made | joined | all that is new as made | joined |"
    )
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, change in changes.items():
        found = []
        for photo in SEAM_PHOTOS:
            whole = cropped(getattr(data, photo)(), size + 2 * margin)
            canvas = extend_canvas(whole[margin:-margin, margin:-margin], step)
            made = np.clip(np.rint(change(whole.astype(np.float32))), 0, 255).astype(np.uint8)
            joined = matched(made, canvas.image, canvas.mask > 0, OVERLAP)
            beside = canvas.box.grow(CELL).slices
            off = [np.abs(means(one) - means(whole)) for one in (made, joined)]
            new = means(canvas.mask) == 255
            near = np.zeros_like(canvas.mask)
            near[beside] = canvas.mask[beside]
            found.append([one[where].mean() for where in (means(near) > 0, new) for one in off])
        print(f"| {name} | " + " | ".join(f"{one:.1f}" for one in np.mean(found, axis=0)) + " |")


def means(picture: np.ndarray) -> np.ndarray:
    """The mean of each cell, as float."""
    size = picture.shape[1] // CELL, picture.shape[0] // CELL
    return cv2.resize(picture.astype(np.float32), size, interpolation=cv2.INTER_AREA)


def cropped(photo: np.ndarray, size: int) -> np.ndarray:
    """The middle of a photograph, shrunk to size x size."""
    side = min(photo.shape[:2])
    top, left = (photo.shape[0] - side) // 2, (photo.shape[1] - side) // 2
    square = Image.fromarray(photo[top : top + side, left : left + side])
    return np.asarray(square.resize((size, size), Image.Resampling.LANCZOS))


def differences(picture: np.ndarray, margin: int) -> np.ndarray:
    """4x3, of each side: between neighbours at the border `margin` pixels inside, at the worst line near it, and
    further inside.
    """
    grey = picture.astype(float).mean(axis=2)
    found = []
    for turned in (np.rot90(grey, turns) for turns in range(4)):
        inside = turned[margin:-margin]  # between the corners
        lines = np.abs(np.diff(inside, axis=1)).mean(axis=0)  # line n lies between columns n and n + 1
        further = lines[margin + 15 : margin + 40].mean()
        found.append((lines[margin - 1], lines[margin - 9 : margin + 16].max(), further))
    return np.array(found)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--only", choices=["cost", "seams", "lights"])
    arguments.add_argument("--repeats", type=int, default=3)
    chosen = arguments.parse_args()
    if chosen.only in (None, "lights"):
        lights(256, 64)
    if chosen.only == "lights":
        return
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "log.txt") as webui:
        print(webui.kind)
        if chosen.only != "seams":
            cost(webui, chosen.repeats)
        if chosen.only != "cost":
            seams(webui, 256, 64)


if __name__ == "__main__":
    main()
