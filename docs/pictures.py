"""The README's pictures of the page, made from the page: `python docs/pictures.py`, in a few seconds.

removal.webp shows a click, Remove, and the line between before and after being moved, with the pointer drawn in as a
browser without a window has none; removal.jpg is before, click and after beside each other. The page is that of
`inpaint-anything serve` without any model, in chromium; the photograph is the demo's. Needs the extras app and browser.
"""

from __future__ import annotations

import io
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests" / "browser")]

import chromium  # noqa: E402
from people import ELSEWHERE  # noqa: E402
from scenes import decoded, encoded  # noqa: E402
from serving import Server  # noqa: E402
from visitor import File, Visitor  # noqa: E402

from lib_inpaint.app import demo  # noqa: E402

WINDOW = {"width": 1280, "height": 760}  # pixels
SHOWN = (960, 570)  # pixels of the animation
PART = (slice(180, 512), slice(30, 362))  # rows and columns of the photograph that removal.jpg shows
STEP = 50  # milliseconds between two frames that move
GLIDE = 12  # frames of a move
AT = demo.SELECTION.points[0][:2]
POINTER = """() => {
  const pointer = document.createElement("div");
  pointer.innerHTML = `<svg width="26" height="26" viewBox="0 0 24 24"><path d="M5 2v17l4.5-4 2.6 6 2.8-1.2-2.6-5.9H18z"
    fill="#fff" stroke="#000" stroke-width="1.4" stroke-linejoin="round"/></svg>`;
  pointer.style.cssText = "position:fixed;z-index:99999;pointer-events:none;left:0;top:0;margin:-2px 0 0 -5px";
  document.body.append(pointer);
  addEventListener("pointermove", (event) => {
    pointer.style.left = `${event.clientX}px`;
    pointer.style.top = `${event.clientY}px`;
  }, true);
}"""


@dataclass
class Film:
    """Pictures of the window, each with the milliseconds that it stays."""

    visitor: Visitor
    frames: list[Image.Image] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    at: tuple[float, float] = (560.0, 520.0)  # where the pointer is

    def shoot(self, milliseconds: int) -> None:
        window = Image.open(io.BytesIO(self.visitor.page.screenshot(scale="css"))).convert("RGB")
        self.frames.append(window.resize(SHOWN, Image.Resampling.LANCZOS))
        self.times.append(milliseconds)

    def glide(self, place: tuple[float, float]) -> None:
        """Move the pointer there, slower at both ends."""
        start, end = np.array(self.at), np.array(place)
        for part in (1 - np.cos(np.linspace(0, np.pi, GLIDE + 1)[1:])) / 2:
            self.visitor.page.mouse.move(*(start + (end - start) * part))
            self.shoot(STEP)
        self.at = place

    def save(self, path: Path) -> None:
        first, *others = self.frames
        first.save(path, save_all=True, append_images=others, duration=self.times, loop=0, quality=72, method=6)


def removal(visitor: Visitor, photo: np.ndarray) -> tuple[Film, list[np.ndarray]]:
    """The film, and what the canvas shows before, after the click and after Remove; each as `photo`."""
    film, mouse = Film(visitor), visitor.page.mouse
    visitor.opens(File("sample.png", encoded(photo)))
    shown = [visitor.shown(photo)]
    visitor.page.evaluate(POINTER)
    mouse.move(*film.at)
    film.shoot(900)
    film.glide(visitor.on_screen(AT))
    film.shoot(200)
    visitor.clicks(AT)
    film.shoot(1300)
    button = visitor.page.locator("#inpaint_anything_run_remove").bounding_box()
    assert button is not None
    film.glide((button["x"] + button["width"] / 2, button["y"] + button["height"] / 2))
    film.shoot(300)
    shown.append(visitor.shown(photo))
    visitor.runs("remove")
    mouse.move(*film.at)
    film.shoot(1200)
    visitor.compares()
    mouse.move(*film.at)
    film.shoot(900)
    frame = visitor.compared()
    across, middle = frame["x"], frame["y"] + frame["height"] / 2
    film.glide((across + frame["width"] / 2, middle))
    mouse.down()
    for part in (0.05, 0.7, 0.05):
        film.glide((across + frame["width"] * part, middle))
        film.shoot(500)
    mouse.up()
    film.glide((across + frame["width"] * 0.05, frame["y"] + frame["height"] * 0.9))
    film.shoot(2000)
    shown.append(after(visitor, photo))
    return film, shown


def after(visitor: Visitor, photo: np.ndarray) -> np.ndarray:
    """The result as it is shown, without the line."""
    frame = visitor.page.locator("#inpaint_anything .ia-compare-frame")
    frame.get_by_role("slider").press("Home")
    visitor.rests()
    hidden = ".ia-chip, .ia-line-handle { opacity: 0 !important }"
    return np.asarray(Image.fromarray(decoded(frame.screenshot(style=hidden))[..., :3]).resize(photo.shape[1::-1]))


def main() -> None:
    photo = demo.photo()
    with tempfile.TemporaryDirectory() as folder, chromium.running() as browser:
        server = Server(Path(folder))
        server.start()
        try:
            context = browser.new_context(viewport=WINDOW, locale="en-US", color_scheme="light")
            context.route(ELSEWHERE, lambda route: route.fulfill(status=200, body=""))
            film, shown = removal(Visitor(context, server.address).comes(), photo)
        finally:
            server.kill()
    film.save(HERE / "removal.webp")
    panels = [(name, picture[PART]) for name, picture in zip(("before", "click", "after"), shown)]
    Image.fromarray(demo.side_by_side(panels)).save(HERE / "removal.jpg", quality=90)
    for name in ("removal.webp", "removal.jpg"):
        print(f"docs/{name}: {(HERE / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
