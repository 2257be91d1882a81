"""Pictures with text whose letters are known, drawn here: for benchmarks/text.py and the test of the real networks."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple, Optional, Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIZE = (720, 960)  # of a picture, HxW
LINES = 5  # at the most, in a picture
BACKGROUNDS = ("paper", "gradient", "texture", "photo")
_CONTRAST = 90  # of 255, in lightness, at the least between letters and what is under them
_TEXTS = {
    "latin": ("Sale ends on Sunday", "Quick brown fox 2024", "Chapter twelve", "Grand Hotel"),
    "cyrillic": ("Добрый вечер", "Съешь ещё булок"),
    "greek": ("Καλημέρα κόσμε", "Ξενοδοχείο"),
    "chinese": ("今天天气很好", "快速删除文字"),
    "japanese": ("ありがとうございます", "カタカナと漢字"),
    "korean": ("안녕하세요 여러분", "지우개"),
}
_CJK = ("NotoSansCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc", "NotoSansCJK-Bold.ttc")
_OURS = ("DejaVuSans.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSansMono.ttf", "LiberationSerif-Italic.ttf")
_NAMES = {"latin": _OURS, "cyrillic": _OURS, "greek": _OURS, "chinese": _CJK, "japanese": _CJK, "korean": _CJK}
_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/Library/Fonts", "/Library/Fonts")


class Page(NamedTuple):
    """image: uint8 HxWx3. letters: uint8 HxW, 255 where a letter covers half of a pixel or more, its outline too."""

    image: np.ndarray
    letters: np.ndarray


class Kind(NamedTuple):
    """What a page is like. size: of the letters, in pixels. turn: degrees. curve: whether lines are arcs."""

    background: str
    script: str
    size: int
    turn: int = 0
    curve: bool = False
    outline: bool = False

    def __str__(self) -> str:
        more = [f"turned {self.turn}"] * bool(self.turn) + ["curved"] * self.curve + ["outlined"] * self.outline
        return ", ".join([f"{self.script} of {self.size} on {self.background}", *more])


def kinds(scripts: Sequence[str]) -> list[Kind]:
    """The pages of the benchmark: every size on every background, upright and turned; some curved, some outlined."""
    made: list[Kind] = []
    for size in (12, 16, 24, 32, 48, 72, 120, 200):
        for background in BACKGROUNDS:
            for turn in (0, (90, 15, -30, 45)[len(made) // 2 % 4]):
                made.append(Kind(background, scripts[len(made) % len(scripts)], size, turn))
    made += [Kind(BACKGROUNDS[n], "latin", size, curve=True) for n, size in enumerate((16, 24, 32, 48))]
    return made + [Kind("photo", "latin", size, outline=True) for size in (24, 32, 48, 72)]


def fonts(folders: Sequence[Path] = ()) -> dict[str, list[str]]:
    """For each script the font files that are here: in these folders, in the system's, and in matplotlib's wheel."""
    places = [*folders, *(Path(name).expanduser() for name in _FOLDERS)]
    try:
        import matplotlib

        places.append(Path(matplotlib.get_data_path(), "fonts", "ttf"))
    except ImportError:
        pass
    there = {path.name: str(path) for place in reversed(places) for path in place.rglob("*.tt[fc]")}
    found = {script: [there[name] for name in names if name in there] for script, names in _NAMES.items()}
    return {script: files for script, files in found.items() if files}


def draw(kind: Kind, files: Optional[dict[str, list[str]]], photos: Sequence[np.ndarray], seed: int) -> Page:
    """A page of that kind. files: as of `fonts`; None takes the font that Pillow brings."""
    rng = np.random.default_rng(seed)
    image = _background(kind.background, photos, rng)
    covered = np.zeros(SIZE, np.uint8)
    for _ in range(LINES):
        text = str(rng.choice(_TEXTS[kind.script]))
        file = None if files is None else str(rng.choice(files[kind.script]))
        stamp = _fitting(kind, text, file)
        place = None if stamp is None else _free(covered, stamp, kind.size, rng)
        if stamp is not None and place is not None:
            _print(image[place], covered[place], stamp, kind, rng)
    return Page(image, np.where(covered >= 128, np.uint8(255), np.uint8(0)))


def _background(name: str, photos: Sequence[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    height, width = SIZE
    if name == "paper":
        low, high = ((225, 256), (10, 70))[rng.integers(2)]
        return np.full((height, width, 3), rng.integers(low, high, 3), np.uint8)
    if name == "gradient":
        corners = rng.integers(0, 256, (2, 2, 3)).astype(np.uint8)
        return cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)
    if name == "texture":
        grain = cv2.GaussianBlur(rng.normal(0, 40, SIZE).astype(np.float32), (0, 0), 1.2)
        waves = 10 * np.sin(np.arange(height) / 4)[:, None]
        return np.clip(rng.integers(90, 200, 3) + (grain + waves)[..., None], 0, 255).astype(np.uint8)
    photo = photos[int(rng.integers(len(photos)))]
    scale = 1.001 * max(height / photo.shape[0], width / photo.shape[1])
    return cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)[:height, :width].copy()


def _fitting(kind: Kind, text: str, file: Optional[str]) -> Optional[np.ndarray]:
    """The text as a stamp that fits on a page, shortened where it has to be; uint8 hxw."""
    while text:
        stamp = _stamp(kind, text, file)
        rows, columns = (np.flatnonzero(stamp.any(axis=axis)) for axis in (1, 0))
        stamp = stamp[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if all(side < whole - 8 for side, whole in zip(stamp.shape, SIZE)):
            return stamp
        text = text[:-1].strip()
    return None


def _stamp(kind: Kind, text: str, file: Optional[str]) -> np.ndarray:
    font = ImageFont.load_default(kind.size) if file is None else ImageFont.truetype(file, kind.size)
    if kind.curve:
        drawn = _arc(text, font, 4 * kind.size)
    else:
        left, top, right, bottom = font.getbbox(text)
        edge = kind.size // 2 + 4
        drawn = Image.new("L", (int(right - left) + 2 * edge, int(bottom - top) + 2 * edge))
        ImageDraw.Draw(drawn).text((edge - left, edge - top), text, font=font, fill=255)
    return np.array(drawn.rotate(kind.turn, resample=Image.Resampling.BICUBIC, expand=True))


def _arc(text: str, font: ImageFont.FreeTypeFont, radius: int) -> Image.Image:
    """A line along a circle, letter by letter."""
    side = 4 * radius
    whole, angle = np.zeros((side, side), np.uint8), -font.getlength(text) / radius / 2
    for letter in text:
        width = font.getlength(letter)
        one = Image.new("L", (side, side))
        ImageDraw.Draw(one).text((side / 2 - width / 2, side / 2 - radius), letter, font=font, fill=255)
        turned = one.rotate(-math.degrees(angle + width / radius / 2), resample=Image.Resampling.BICUBIC)
        whole, angle = np.maximum(whole, np.array(turned)), angle + width / radius
    return Image.fromarray(whole)


def _free(covered: np.ndarray, stamp: np.ndarray, size: int, rng: np.random.Generator) -> Optional[tuple[slice, slice]]:
    """A place for a stamp with half a letter's height to the next one; None where none was met."""
    (height, width), gap = stamp.shape, size // 2
    for _ in range(30):
        top, left = (int(rng.integers(4, whole - side - 3)) for side, whole in zip(stamp.shape, SIZE))
        around = covered[max(0, top - gap) : top + height + gap, max(0, left - gap) : left + width + gap]
        if not around.any():
            return slice(top, top + height), slice(left, left + width)
    return None


def _print(image: np.ndarray, covered: np.ndarray, stamp: np.ndarray, kind: Kind, rng: np.random.Generator) -> None:
    """Print a stamp (uint8 hxw) onto a part of a page, in a colour that can be told from it."""
    weights = (0.299, 0.587, 0.114)
    under = image[stamp > 0].mean(axis=0) @ weights
    colours = rng.integers(0, 256, (200, 3))
    colour = next(one for one in colours if abs(one @ weights - under) > _CONTRAST)
    if kind.outline:
        side = max(3, kind.size // 12 | 1)
        around = cv2.dilate(stamp, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        _blend(image, around, np.array([0, 0, 0] if colour.mean() > 128 else [255, 255, 255]))
        np.maximum(covered, around, out=covered)
    _blend(image, stamp, colour)
    np.maximum(covered, stamp, out=covered)


def _blend(image: np.ndarray, stamp: np.ndarray, colour: np.ndarray) -> None:
    share = stamp[..., None] / 255
    image[:] = np.rint(image * (1 - share) + colour * share)
