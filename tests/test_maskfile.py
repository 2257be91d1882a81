"""What a mask file means: the cases that people have, and thousands of others against the rules stated once more."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest
from PIL import Image

from lib_inpaint.errors import BadImage, BadRequest
from lib_inpaint.geometry import Size
from lib_inpaint.imaging import imagefile, maskfile
from lib_inpaint.imaging.maskfile import to_mask

SIZE = (40, 60)  # HxW
SQUARE = np.zeros(SIZE, np.uint8)
SQUARE[12:28, 20:36] = 255
RAMP = np.broadcast_to(np.linspace(0, 255, 60).round().astype(np.uint8), SIZE).copy()
PHOTO = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)


def saved(pixels: Any, format: str = "PNG", **options: Any) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    data = io.BytesIO()
    image.save(data, format, **options)
    return data.getvalue()


def rgba(colour: Any, alpha: Any) -> np.ndarray:
    """uint8 HxWx4; colour: a picture, or one colour for all of it, or a level for each pixel."""
    pixels = np.asarray(colour, np.uint8)
    pixels = pixels[..., None] if pixels.shape == SIZE else pixels
    return np.dstack([np.broadcast_to(pixels, (*SIZE, 3)), np.broadcast_to(np.asarray(alpha, np.uint8), SIZE)])


def disc(radius: float) -> np.ndarray:
    y, x = np.mgrid[:100, :120]
    return np.where(np.hypot(x - 60, y - 50) <= radius, np.uint8(255), np.uint8(0))


def one_pixel_of_254() -> np.ndarray:
    alpha = np.full(SIZE, 255, np.uint8)
    alpha[3, 4] = 254
    return alpha


HOLE = 255 - SQUARE
HALF = np.where(SQUARE > 0, np.uint8(128), np.uint8(0))

# Each line: what a file holds, and the mask that is meant by it.
MEANT = {
    "white on black": (SQUARE, SQUARE),
    "opaque": (rgba(SQUARE, 255), SQUARE),
    "opaque black ground, white square of alpha 128": (rgba(SQUARE, 255 - HALF + (HALF > 0)), HALF),
    "black and white with one pixel of alpha 254": (rgba(SQUARE, one_pixel_of_254()), SQUARE),
    "at half its strength all over": (rgba(SQUARE, 128), SQUARE),
    "photo with a hole": (rgba(PHOTO, HOLE), SQUARE),
    "photo with half a hole": (rgba(PHOTO, 255 - HALF), HALF),
    "white with a hole": (rgba(255, HOLE), SQUARE),
    "white with a hole that is black below": (rgba(HOLE, HOLE), SQUARE),
    "black with a hole": (rgba(0, HOLE), SQUARE),
    "red with a hole": (rgba((200, 10, 10), HOLE), SQUARE),
    "black strokes": (rgba(0, SQUARE), SQUARE),
    "white strokes": (rgba(SQUARE, SQUARE), SQUARE),
    "red strokes": (rgba((200, 10, 10), SQUARE), SQUARE),
    "strokes of many colours": (rgba(PHOTO, SQUARE), SQUARE),
    "faint strokes": (rgba(255, SQUARE // 9), SQUARE // 9),
    "nothing at all": (rgba(255, 0), SQUARE * 0),
    "ground of level 1": (np.maximum(SQUARE, 1), SQUARE),
    "levels 0 and 1": (SQUARE // 255, SQUARE),
    "true and false": (SQUARE > 0, SQUARE),
    "a ramp": (RAMP, RAMP),
    "a ramp in 16 bits": (RAMP.astype(np.uint16) * 257, RAMP),
    "a ramp as alpha": (rgba(255, RAMP), RAMP),
    "a ramp from 0 to 1": (RAMP.astype(np.float32) / 255, RAMP),
    "a ramp in floats of 8 bits": (RAMP.astype(np.float32), RAMP),
    "floats that are no numbers": (np.where(SQUARE > 0, 1, np.nan).astype(np.float32), SQUARE),
    "16 bits": (SQUARE.astype(np.uint16) * 257, SQUARE),
    "0 and 255 in 16 bits": (SQUARE.astype(np.uint16), SQUARE),
    "0 and 255 in 32 bits": (SQUARE.astype(np.int32), SQUARE),
    "numbers of things": (np.where(SQUARE > 0, RAMP // 9 + 1, 0).astype(np.uint16), SQUARE),
    "white all over": (SQUARE * 0 + 255, SQUARE * 0 + 255),
    "black all over": (SQUARE * 0, SQUARE * 0),
    "one level all over": (SQUARE * 0 + 90, SQUARE * 0 + 90),
}


@pytest.mark.parametrize("name", MEANT)
def test_a_mask_means_what_people_mean(name: str) -> None:
    pixels, meant = MEANT[name]
    before = pixels.copy()
    mask = to_mask(pixels)
    assert np.array_equal(pixels, before, equal_nan=pixels.dtype.kind == "f")
    assert (mask.dtype, mask.shape) == (np.uint8, SIZE)
    np.testing.assert_array_equal(mask, meant)
    assert not np.shares_memory(mask, pixels)


@pytest.mark.parametrize("name", [name for name, (pixels, _) in MEANT.items()])
def test_the_same_from_a_file(name: str, tmp_path: Path) -> None:
    pixels, meant = MEANT[name]
    format = "TIFF" if pixels.dtype in (np.float32, np.int32) else "PNG"
    (tmp_path / "mask").write_bytes(saved(pixels, format))
    np.testing.assert_array_equal(maskfile.read(tmp_path / "mask"), meant)
    np.testing.assert_array_equal(maskfile.read(saved(pixels, format)), meant)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I;16B", "F"])
def test_every_mode_of_pillow(mode: str) -> None:
    image = Image.fromarray(SQUARE)
    if mode.startswith("I"):
        image = Image.fromarray(SQUARE.astype(np.uint16) * 257)
    format = "JPEG" if mode in ("CMYK", "YCbCr") else "TIFF" if mode in ("I;16B", "F") else "PNG"
    options = {"quality": 95} if format == "JPEG" else {}
    data = saved(image if mode.startswith("I") else image.convert(mode), format, **options)
    np.testing.assert_array_equal(maskfile.read(data), SQUARE)


def test_a_palette_with_a_transparent_colour() -> None:
    image = Image.fromarray(SQUARE // 255, "P")
    image.putpalette([255, 0, 0, 10, 200, 10] + [0] * 750)
    np.testing.assert_array_equal(maskfile.read(saved(image, transparency=1)), SQUARE)  # a hole
    np.testing.assert_array_equal(maskfile.read(saved(image, transparency=0)), SQUARE)  # a stroke
    np.testing.assert_array_equal(maskfile.read(saved(image), label=1), SQUARE)
    np.testing.assert_array_equal(maskfile.read(saved(image), label=0), HOLE)


def test_a_mask_of_a_turned_photo_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for pixels in (SQUARE, SQUARE.astype(np.uint16) * 257):
        np.testing.assert_array_equal(maskfile.read(saved(pixels, exif=exif.tobytes())), np.rot90(SQUARE, -1))


@pytest.mark.parametrize("radius", [5, 17.5, 27.6, 35])
@pytest.mark.parametrize("saved_as", ["JPEG 50", "JPEG 75", "JPEG 90", "JPEG 100", "WEBP 50", "WEBP 80"])
def test_the_noise_around_a_disc_is_ground(radius: float, saved_as: str) -> None:
    format, quality = saved_as.split()
    np.testing.assert_array_equal(maskfile.read(saved(disc(radius), format, quality=int(quality))), disc(radius))


@pytest.mark.parametrize(("format", "quality"), [("JPEG", 75), ("JPEG", 95), ("WEBP", 80)])
def test_a_soft_edge_stays_soft_in_a_jpeg(format: str, quality: int) -> None:
    import cv2

    soft = cv2.GaussianBlur(disc(25), (0, 0), 4)
    mask = maskfile.read(saved(soft, format, quality=quality))
    assert np.abs(mask.astype(int) - soft).max() <= 16
    assert (mask[disc(45) == 0] == 0).all()


def test_labels_are_chosen_by_number(tmp_path: Path) -> None:
    labels = np.zeros(SIZE, np.uint16)
    labels[5:9, 5:9], labels[20:30, 30:50] = 1, 300
    (tmp_path / "cat.labels.png").write_bytes(imagefile.encode_labels(labels))
    np.testing.assert_array_equal(maskfile.read(tmp_path / "cat.labels.png"), np.where(labels > 0, 255, 0))
    for label in (1, 300):
        mask = maskfile.read(tmp_path / "cat.labels.png", label=label)
        np.testing.assert_array_equal(mask, np.where(labels == label, 255, 0))
    with pytest.raises(BadRequest, match=r"no label 7; its labels go up to 300\."):
        to_mask(labels, 7)
    with pytest.raises(BadRequest, match="has colours, so it has no labels"):
        to_mask(PHOTO, 7)
    np.testing.assert_array_equal(to_mask(np.dstack([labels.clip(0, 9).astype(np.uint8)] * 3), 9) > 0, labels > 8)


def test_another_size_is_refused_unless_it_is_to_fit() -> None:
    with pytest.raises(BadRequest, match=r"The mask a\.png is 60x40 pixels, but the picture is 30x20"):
        maskfile.fitting(SQUARE, Size(30, 20), name="a.png")
    assert maskfile.fitting(SQUARE, Size(60, 40)) is SQUARE
    np.testing.assert_array_equal(maskfile.fitting(SQUARE, Size(30, 20), fit=True), SQUARE[::2, ::2])
    np.testing.assert_array_equal(maskfile.fitting(SQUARE, Size(120, 80), fit=True), SQUARE.repeat(2, 0).repeat(2, 1))
    odd = maskfile.fitting(SQUARE, Size(37, 91), fit=True)
    assert (odd.shape, set(np.unique(odd))) == ((91, 37), {0, 255})
    soft = maskfile.fitting(RAMP, Size(120, 80), fit=True).astype(int)
    assert np.abs(np.diff(soft, axis=1)).max() <= 4


def test_a_sentence_where_nearly_all_is_selected() -> None:
    assert maskfile.note(SQUARE, "--invert") == ""
    assert maskfile.note(RAMP, "--invert") == ""
    most = np.full(SIZE, 255, np.uint8)
    most[:2] = 0
    assert maskfile.note(most, "--invert") == ""
    most[1:2] = 255
    assert maskfile.note(most, "--invert") == (
        "The mask selects 98% of the picture, as white is what is selected; --invert turns it round."
    )


def test_what_is_no_picture_is_refused_as_ever(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="no such file"):
        maskfile.read(tmp_path / "none.png")
    with pytest.raises(BadImage, match="not a picture"):
        maskfile.read(b"nothing")
    with pytest.raises(BadImage, match="damaged"):
        maskfile.read(saved(PHOTO)[:200])
    with pytest.raises(BadImage, match="2 frames"):
        maskfile.read(saved(SQUARE, save_all=True, append_images=[Image.fromarray(RAMP)]))


# The rules once more, pixel by pixel.


def expected(pixels: np.ndarray) -> list[list[int]]:
    """The mask by the rules in maskfile's docstring, without numpy's arithmetic."""
    table = pixels.tolist()
    rows, columns = range(len(table)), range(len(table[0]))
    depth = "bool" if pixels.dtype == bool else "8" if pixels.dtype == np.uint8 else pixels.dtype.kind
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]

    def at(y: int, x: int) -> list[Any]:
        return [table[y][x]] if pixels.ndim == 2 else table[y][x]

    colours = channels - (channels in (2, 4))
    levels = iter(to_levels([value for y in rows for x in columns for value in at(y, x)[:colours]], depth))
    colour = [[[next(levels) for _ in range(colours)] for _ in columns] for _ in rows]
    bright = [[luma(value) for value in row] for row in colour]
    if channels in (1, 3):
        return without_noise(bright)
    levels = iter(to_levels([at(y, x)[-1] for y in rows for x in columns], depth))
    alpha = [[next(levels) for _ in columns] for _ in rows]
    frame = [(y, x) for y in rows for x in columns if y in (0, rows[-1]) or x in (0, columns[-1])]
    flat = [value for row in alpha for value in row]
    if min(flat) >= 32 and max(flat) - min(flat) < 32:
        return without_noise(bright)
    if sum(alpha[y][x] < 128 for y, x in frame) >= len(frame) / 2:
        return without_noise(alpha)
    seen = [(y, x) for y in rows for x in columns if alpha[y][x] >= 32]
    black = {(y, x) for y, x in seen if max(colour[y][x]) <= 31}
    white = {(y, x) for y, x in seen if min(colour[y][x]) >= 224}
    black_ground = sum(place in black for place in frame) > len(frame) / 2
    if black_ground and white and (len(black) + len(white)) * 10 >= 9 * len(seen):
        return without_noise([[round(bright[y][x] * alpha[y][x] / 255) for x in columns] for y in rows])
    return without_noise([[255 - value for value in row] for row in alpha])


def luma(colour: list[int]) -> int:
    """What Rec. 601 makes of a colour; of grey the level itself."""
    if len(colour) == 1:
        return colour[0]
    red, green, blue = colour
    return (299 * red + 587 * green + 114 * blue + 500) // 1000


def to_levels(values: list[Any], depth: str) -> list[int]:
    none = (float("inf"), -float("inf"))
    known = [0 if value != value or value in none else value for value in values]
    top = max(known)

    def level(value: Any) -> int:
        if depth == "bool" or (depth == "8" and top <= 1) or (depth in "ui" and top < 65536 / 8):
            return 255 if value > 0 else 0
        if depth == "8":
            return value
        if depth in "ui":
            return round(min(max(value, 0), 65535) / 257)
        full = 1 if top <= 1 else 255 if top <= 255 else 65535 if top <= 65535 else top
        return round(max(value, 0) / full * 255)

    return [level(value) for value in known]


def without_noise(levels: list[list[int]]) -> list[list[int]]:
    flat = [value for row in levels for value in row]
    weak, between = sum(1 <= value <= 31 for value in flat), sum(32 <= value <= 223 for value in flat)
    if weak <= between:
        return levels
    pairs = [pair for row in levels for pair in pairwise(row)]
    pairs += [pair for column in zip(*levels) for pair in pairwise(column)]
    across = [abs(a - b) for a, b in pairs if (a < 128) != (b < 128)]
    if sum(jump >= 128 for jump in across) > len(across) / 2:
        return [[255 if value >= 128 else 0 for value in row] for row in levels]
    return [[0 if value <= 8 else 255 if value >= 247 else value for value in row] for row in levels]


def any_picture(random: np.random.Generator) -> np.ndarray:
    """Shapes of few or many levels on some ground, in some depth, with some alpha."""
    size = tuple(random.integers(1, 14, 2))

    def layer() -> np.ndarray:
        palette = random.choice([0, 1, 2, 8, 9, 31, 32, 60, 127, 128, 200, 223, 224, 246, 247, 254, 255], 4)
        some = np.full(size, palette[0])
        for level in palette[1 : random.integers(1, 5)]:
            top, left = random.integers(0, size[0]), random.integers(0, size[1])
            some[top : top + random.integers(1, 9), left : left + random.integers(1, 9)] = level
        kind = random.integers(0, 5)
        if kind == 0:
            some = random.integers(0, 256, size)
        elif kind == 1:
            some = some + random.integers(-12, 13, size)
        elif kind == 2:
            some = np.where(some > 100, 255, 0)
        return some.clip(0, 255)

    channels = random.choice([1, 2, 3, 4])
    colour = [layer() for _ in range(3)] if random.random() < 0.3 else [layer()] * 3
    parts = (colour if channels > 2 else colour[:1]) + ([layer()] if channels in (2, 4) else [])
    pixels = np.dstack(parts) if len(parts) > 1 or random.random() < 0.5 else parts[0]
    if len(parts) > 1:
        return (pixels // 255 if random.random() < 0.1 else pixels).astype(np.uint8)
    depth = random.integers(0, 8)
    if depth == 0:
        return pixels > 100
    if depth == 1:
        return (pixels * random.choice([1, 32, 257])).astype(np.uint16)
    if depth == 2:
        return (pixels * random.choice([1, 257, 700]) - random.integers(0, 2)).astype(np.int32)
    if depth == 3:
        known = (pixels / random.choice([255, 1, 0.5, 0.001])).astype(np.float32)
        known[random.random(known.shape) < 0.05] = random.choice([np.nan, -1, np.inf])
        return known
    return (pixels // 255 if random.random() < 0.2 else pixels).astype(np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_thousands_of_pictures_follow_the_rules(seed: int) -> None:
    random = np.random.default_rng(seed)
    for number in range(500):
        pixels = any_picture(random)
        mask = to_mask(pixels)
        assert np.abs(mask.astype(int) - expected(pixels)).max() <= 0, (seed, number, pixels)


def shapes(random: np.random.Generator) -> np.ndarray:
    """A hard mask (uint8 HxW) of rectangles and discs that leaves most of the border free."""
    height, width = random.integers(24, 90, 2)
    mask = np.zeros((height, width), np.uint8)
    y, x = np.mgrid[:height, :width]
    for _ in range(random.integers(1, 4)):
        top, left = random.integers(3, height - 14), random.integers(3, width - 14)
        bottom, right = min(top + random.integers(8, 40), height - 3), min(left + random.integers(8, 40), width - 3)
        middle = ((top + bottom - 1) / 2, (left + right - 1) / 2)
        round_ = ((y - middle[0]) / (bottom - top) * 2) ** 2 + ((x - middle[1]) / (right - left) * 2) ** 2 <= 1
        inside = (y >= top) & (y < bottom) & (x >= left) & (x < right)
        mask[inside & (round_ | (random.random() < 0.5))] = 255
    return mask


def written(mask: np.ndarray, random: np.random.Generator) -> tuple[str, bytes, Optional[int]]:
    """The mask (uint8 HxW, 0 or 255) as somebody might save it: in which way, the file, and the label to ask for."""
    colour = random.integers(0, 256, 3)
    photo = random.integers(0, 256, (*mask.shape, 3))
    either = [np.broadcast_to(colour, photo.shape), photo][random.integers(0, 2)]
    opaque = np.full(mask.shape, 255 - random.integers(0, 31))
    white = np.repeat(mask[..., None], 3, axis=2)
    things = np.where(mask > 0, random.integers(1, 7000, mask.shape), 0).astype(np.uint16)
    ways: dict[str, Any] = {
        "grey": lambda: saved(mask),
        "rgb": lambda: saved(white),
        "one bit": lambda: saved(Image.fromarray(mask).convert("1")),
        "palette": lambda: saved(Image.fromarray(white).quantize(2)),
        "16 bits": lambda: saved(mask.astype(np.uint16) * 257),
        "numbers": lambda: saved(things),
        "0 and 1": lambda: saved(mask // 255),
        "float": lambda: saved((mask / 255).astype(np.float32), "TIFF"),
        "level 1": lambda: saved(np.maximum(mask, random.integers(1, 9)).astype(np.uint8)),
        "opaque": lambda: saved(np.dstack([white, opaque]).astype(np.uint8)),
        "strokes": lambda: saved(np.dstack([either, mask]).astype(np.uint8)),
        "hole": lambda: saved(np.dstack([either, 255 - mask]).astype(np.uint8)),
        "grey and alpha": lambda: saved(np.dstack([mask, opaque]).astype(np.uint8)),
        "webp": lambda: saved(white, "WEBP", lossless=True),
        "lossy webp": lambda: saved(white, "WEBP", quality=int(random.integers(60, 100))),
        "jpeg": lambda: saved(mask, "JPEG", quality=int(random.integers(50, 100))),
        "colour jpeg": lambda: saved(white, "JPEG", quality=int(random.integers(50, 100)), subsampling=2),
    }
    name = random.choice(list(ways))
    return name, ways[name](), None


@pytest.mark.parametrize("seed", range(8))
def test_whichever_way_a_mask_is_saved_it_is_the_mask(seed: int) -> None:
    random = np.random.default_rng(1000 + seed)
    for number in range(250):
        mask = shapes(random)
        name, data, label = written(mask, random)
        np.testing.assert_array_equal(maskfile.read(data, label=label), mask, f"{seed}, {number}: {name}")
