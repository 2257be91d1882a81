"""Picture files at the edge of the house: bytes in, `uint8 HxWx3 RGB` inside, bytes out with everything else kept.

A Picture is what a file shows: upright, 8 bits a channel. What the core does not work on (alpha, colour profile, EXIF,
text, resolution, JPEG quality) travels beside it and is written again. What cannot be kept exactly is refused in words.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import struct
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, Callable, Generator, Optional, TypeVar, Union

import numpy as np
from PIL import Image, ImageOps, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, UnidentifiedImageError

from ..errors import BadImage, InpaintError, OutputFailed
from ..geometry import Size

Taken = TypeVar("Taken")

MAX_PIXELS = 256_000_000  # the largest of phones have 200; 768 MB as RGB
_STRIP = 4_000_000  # pixels
_LEVEL = 4  # of a PNG's compression
_TIFF_WIDTH, _TIFF_HEIGHT, _ORIENTATION = 256, 257, 274  # tags
_LYING = (5, 6, 7, 8)  # orientations that turn a picture on its side
_LARGE = 2_000_000  # pixels; a PNG of more is a photograph as a rule, in which zlib searches long and finds nothing
_QUICK = {"compress_type": zlib.Z_RLE}  # a third of the time; of a photograph no larger a file, but of a page of text
_SAMPLE, _LARGER = 48, 1.05  # rows in the middle that are written both ways; how much larger a file may be for that
READABLE = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
LARGEST_SIDE = {"JPEG": 65_500, "WEBP": 16_383}  # pixels that their writers take
XMP_KEYS = ("XML:com.adobe.xmp", "xmp")  # where Pillow puts XMP, by format and version
XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"  # what an APP1 segment with XMP begins with in a JPEG


@dataclass(frozen=True)
class Picture:
    """A picture as shown, and what else its file holds.

    image: uint8 HxWx3 RGB. alpha: uint8 HxW or None. grey: whether the file has no colour.
    format: as Pillow names it. keep: what Pillow's save() needs to write the rest again.
    """

    image: np.ndarray
    alpha: Optional[np.ndarray] = None
    grey: bool = False
    format: str = "PNG"
    keep: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def size(self) -> Size:
        return Size.of(self.image)

    @property
    def is_transparent(self) -> bool:
        """Whether it is anywhere, in the least."""
        return self.alpha is not None and bool(self.alpha.min() < 255)

    def with_image(self, image: np.ndarray, alpha: Optional[np.ndarray] = None) -> Picture:
        """The same file with other pixels; without `alpha`, the alpha it had."""
        return replace(self, image=image, alpha=self.alpha if alpha is None else alpha)

    def in_colour(self) -> Picture:
        """The same, no longer grey where its pixels are not: for what is painted into it from somewhere else."""
        return replace(self, grey=self.grey and bool((self.image == self.image[..., :1]).all()))


def read(source: Union[str, Path, bytes], name: str = "") -> Picture:
    """The picture in a file or in bytes. `name` is what to call it in errors (default: the file's name).

    Raises BadImage for what is missing, damaged, too large, animated, or not 8 bits RGB, grey or palette.
    """

    def picture(opened: Image.Image) -> Picture:
        _refuse_deep(opened, called)
        opened.load()
        return _picture(opened)

    called = name or ("The picture" if isinstance(source, bytes) else Path(source).name)
    return decoded(source, called, picture)


def decoded(source: Union[str, Path, bytes], name: str, take: Callable[[Image.Image], Taken]) -> Taken:
    """What `take` makes of the Pillow image in a file or in bytes, which is loaded when it first needs the pixels.

    Raises BadImage, with `name` in it, for what is missing, damaged, too large or animated.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file, _open(file) as opened:
            _refuse(opened, name)
            return take(opened)
    except InpaintError:
        raise
    except FileNotFoundError:
        raise BadImage(f"{source}: there is no such file.") from None
    except IsADirectoryError:
        raise BadImage(f"{source} is a folder, not a picture.") from None
    except PermissionError:
        raise BadImage(f"{source}: no permission to read this file.") from None
    except UnidentifiedImageError:
        raise BadImage(f"{name} is not a picture that can be read (PNG, JPEG, WebP, BMP, TIFF).") from None
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:  # what Pillow's decoders raise
        raise BadImage(f"{name} is damaged and cannot be read ({error}).") from None


def announced_size(data: bytes) -> Optional[Size]:
    """The size that a file's header gives, before anything is decoded; None where `read` will refuse the file."""
    try:
        with _open(io.BytesIO(data)) as opened:
            return Size(opened.width, opened.height)
    except Exception:  # what Pillow's parsers raise; `read` says it in words
        return None


def upright_size(source: Path) -> Optional[Size]:
    """The size of the picture that `read` makes of a file, from its headers alone; None where `read` refuses them."""

    def size(opened: Image.Image) -> Size:
        stored = Size(opened.width, opened.height)
        if isinstance(opened, TiffImagePlugin.TiffImageFile):  # newer versions of Pillow turn its size themselves
            stored = Size(int(opened.tag_v2[_TIFF_WIDTH]), int(opened.tag_v2[_TIFF_HEIGHT]))
        exif = Image.Image.getexif(opened)  # that of PNG would decode all of it
        return Size(stored.height, stored.width) if exif.get(_ORIENTATION) in _LYING else stored

    try:
        return decoded(source, source.name, size)
    except Exception:  # as above
        return None


def format_for(path: Path) -> str:
    """The format a file name asks for. Raises OutputFailed for an ending that is not written."""
    try:
        return FORMATS[path.suffix.lower()]
    except KeyError:
        raise OutputFailed(
            f"{path.name}: results are written as {', '.join(FORMATS)}; give it one of these endings."
        ) from None


def encode(picture: Picture, format: Optional[str] = None) -> bytes:
    """The picture as a file in `format` (default: its own). PNG and WebP are lossless; JPEG drops the alpha."""
    format = format or picture.format
    image = Image.fromarray(picture.image)
    if picture.grey and format != "WEBP":
        image = image.convert("L")
    if picture.alpha is not None and format != "JPEG":
        image.putalpha(Image.fromarray(picture.alpha))
    data = io.BytesIO()
    try:
        image.save(data, format, **_save_options(picture, format))
    except (OSError, ValueError) as error:  # JPEG and WebP have a largest side
        raise OutputFailed(f"A picture of {picture.size} pixels cannot be written as {format} ({error}).") from None
    return data.getvalue()


def encode_labels(labels: np.ndarray) -> bytes:
    """A label map (uint16 HxW) as bytes of a PNG with 16 bits grey."""
    data = io.BytesIO()
    Image.fromarray(labels).save(data, "PNG", compress_level=4)
    return data.getvalue()


def write(path: Path, data: bytes) -> None:
    """Put `data` into the file `path` whole or not at all: what was there stays until the new file is complete.

    Raises OutputFailed.
    """
    with _complete(path, data) as draft:
        os.replace(draft, path)


def write_new(path: Path, data: bytes) -> bool:
    """As `write`, where there is no such file, nor comes one meanwhile: whether that was so. Raises OutputFailed."""
    with _complete(path, data) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        except OSError:  # the file system has no links, as that of many memory cards
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            except FileExistsError:
                return False
            os.replace(draft, path)
    return True


@contextlib.contextmanager
def _complete(path: Path, data: bytes) -> Generator[Path, None, None]:
    """A file with the data, beside `path`, that has reached the disk; gone after the block. Raises OutputFailed."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(draft, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    except OSError as error:
        raise OutputFailed(f"{path} could not be written: {error.strerror or error}.") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _open(file: BinaryIO) -> Image.Image:
    """As Image.open of Pillow, for READABLE alone and without a limit of its own.

    Its limit is a setting of the whole process, which is the WebUI's, and it warns from half of it on.
    Raises UnidentifiedImageError.
    """
    Image.init()
    start = file.read(16)
    for format in READABLE:
        factory, accept = Image.OPEN.get(format, (None, None))
        if factory is None or (accept is not None and accept(start) is not True):
            continue
        file.seek(0)
        try:
            return factory(file, "")
        except (SyntaxError, IndexError, TypeError, struct.error):  # what Image.open takes for another format
            continue
    raise UnidentifiedImageError


def _refuse(opened: Image.Image, name: str) -> None:
    """Raise BadImage for what would not come out as it went in."""
    if opened.width * opened.height > MAX_PIXELS:
        raise BadImage(f"{name} is too large: the limit is {MAX_PIXELS // 1_000_000} megapixels.")
    frames = getattr(opened, "n_frames", 1)
    if frames > 1 and opened.format != "MPO":  # MPO is what phones write: the photo, and previews of it
        raise BadImage(f"{name} has {frames} frames or pages; save the one you mean as a picture of its own.")


def _refuse_deep(opened: Image.Image, name: str) -> None:
    """Raise BadImage for pixels that 8 bits a channel of grey or RGB do not hold."""
    tiles = getattr(opened, "tile", None)
    rawmode = str(tiles[0][3]) if tiles else ""
    if opened.mode in ("I", "F") or ";16" in opened.mode or ";16" in rawmode:
        raise BadImage(f"{name} has more than 8 bits a channel; save it with 8 bits a channel first.")
    if opened.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA"):
        raise BadImage(f"{name} has {opened.mode} colours; convert it to RGB first.")


def _picture(opened: Image.Image) -> Picture:
    """A loaded Pillow image as a Picture, turned upright once."""
    upright = ImageOps.exif_transpose(opened) or opened
    alpha = None
    if upright.mode in ("LA", "PA", "RGBA") or "transparency" in upright.info:
        rgba = pixels_of(upright.convert("RGBA"))
        image, alpha = rgba[..., :3].copy(), rgba[..., 3].copy()
    else:
        image = pixels_of(upright.convert("RGB"))
    grey = opened.mode in ("1", "L", "LA")
    format = {"MPO": "JPEG"}.get(opened.format or "", opened.format or "PNG")
    return Picture(image, alpha, grey, format if format in FORMATS.values() else "PNG", _kept(opened, upright))


def pixels_of(image: Image.Image) -> np.ndarray:
    """A loaded Pillow image as np.asarray has it: HxW, or HxWxC; a strip at a time.

    Pillow hands all of it over as one bytes object, and while that is put together every other thread stands still.
    """
    corner = np.asarray(image.crop((0, 0, 1, 1)))
    pixels = np.empty((image.height, image.width, *corner.shape[2:]), corner.dtype)
    rows = max(1, _STRIP // max(1, image.width))
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        pixels[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    return pixels


def _kept(opened: Image.Image, upright: Image.Image) -> dict[str, Any]:
    """What else the file holds, as Pillow's save() takes it; `text` and `xmp` are put in place by _save_options."""
    keep = {key: upright.info[key] for key in ("icc_profile", "exif", "dpi", "comment") if upright.info.get(key)}
    if isinstance(opened, PngImagePlugin.PngImageFile):
        keep["text"] = {key: str(value) for key, value in opened.text.items() if key not in XMP_KEYS}
        keep["gamma"] = opened.info.get("gamma")
    if isinstance(opened, JpegImagePlugin.JpegImageFile):
        keep["qtables"] = opened.quantization  # written with these, blocks that did not change stay nearly as they were
        keep["progressive"] = bool(opened.info.get("progressive"))
        if JpegImagePlugin.get_sampling(opened) >= 0:
            keep["subsampling"] = JpegImagePlugin.get_sampling(opened)
        marked = [data for marker, data in opened.applist if marker == "APP1" and data.startswith(XMP_MARK)]
        keep["xmp"] = marked[0][len(XMP_MARK) :] if marked else None
    else:
        xmp = next((upright.info[key] for key in XMP_KEYS if upright.info.get(key)), None)
        keep["xmp"] = xmp.encode() if isinstance(xmp, str) else xmp
    if keep["xmp"]:  # the pixels are upright now, so must say the metadata
        keep["xmp"] = re.sub(rb'(tiff:Orientation(?:="|>))\d', rb"\g<1>1", keep["xmp"])
    return keep


def _save_options(picture: Picture, format: str) -> dict[str, Any]:
    """The arguments of Pillow's save() for this picture in this format."""
    keep = {key: value for key, value in picture.keep.items() if value}
    options = {key: keep[key] for key in ("icc_profile", "exif") if key in keep}
    is_grey = picture.grey and format != "WEBP"
    if not is_grey and options.get("icc_profile", b"")[16:20] == b"GRAY":
        del options["icc_profile"]  # it does not fit colours
    if format == "PNG":
        text = PngImagePlugin.PngInfo()
        for key, value in keep.get("text", {}).items():
            text.add_text(key, value)
        if "xmp" in keep:
            text.add_itxt(XMP_KEYS[0], keep["xmp"].decode("utf-8", "replace"))
        if "gamma" in keep:
            text.add(b"gAMA", struct.pack(">I", round(keep["gamma"] * 100_000)))
        quick = _QUICK if picture.size.area > _LARGE and _is_quick(picture.image) else {}
        return {**options, "dpi": keep.get("dpi"), "pnginfo": text, "compress_level": _LEVEL, **quick}
    if format == "WEBP":
        return {**options, "xmp": keep.get("xmp", b""), "lossless": True, "exact": True, "quality": 75}
    if "xmp" in keep and len(keep["xmp"]) < 65_000:  # a longer one needs Adobe's extended form
        options["extra"] = b"\xff\xe1" + struct.pack(">H", len(XMP_MARK + keep["xmp"]) + 2) + XMP_MARK + keep["xmp"]
    options.update(
        {key: keep[key] for key in ("dpi", "comment", "qtables", "subsampling", "progressive") if key in keep}
    )
    return options if "qtables" in options else {**options, "quality": 95, "subsampling": 0}


def _is_quick(image: np.ndarray) -> bool:
    """Whether _QUICK suits a picture (uint8 HxWx3): by some rows in its middle, written both ways."""
    top = max(0, (len(image) - _SAMPLE) // 2)
    rows = Image.fromarray(image[top : top + _SAMPLE])
    sizes: list[int] = []
    for more in (_QUICK, {}):
        rows.save(data := io.BytesIO(), "PNG", compress_level=_LEVEL, **more)
        sizes.append(len(data.getvalue()))
    return sizes[0] <= _LARGER * sizes[1]
