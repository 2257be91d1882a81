import base64
import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageFile, PngImagePlugin

from lib_inpaint.errors import BadImage, OutputFailed
from lib_inpaint.geometry import Size
from lib_inpaint.imaging import imagefile, maskfile

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
# Make "Cam", orientation 6, a date in the Exif IFD and a GPS latitude reference
EXIF = base64.b64decode(
    "RXhpZgAATU0AKgAAAAgABAEPAAIAAAAEQ2FtAAESAAMAAAABAAYAAIdpAAQAAAABAAAAPoglAAQAAAABAAAAZAAAAAAAAZADAAIAAAAUAAAAUAAA"
    "AAAyMDIwOjAxOjAxIDAwOjAwOjAwAAABAAEAAgAAAAJOAAAAAAAAAA=="
)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6" dc:title="t"/></x:xmpmeta>'
ICC = b"\0" * 36 + b"acsp" + b"\0" * 88  # kept as it is, so it need not be a good one


def saved(image: Image.Image, format: str = "PNG", **options) -> bytes:
    data = io.BytesIO()
    image.save(data, format, **options)
    return data.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_lossless_formats_give_back_every_pixel(mode: str, format: str) -> None:
    rgba = Image.fromarray(np.dstack([PIXELS, PIXELS[..., :1]]))
    data = saved(rgba.convert("LA") if mode == "LA" else rgba.convert("RGB").convert(mode) if mode != "RGBA" else rgba)
    picture = imagefile.read(data)
    again = opened(imagefile.encode(picture, format))
    assert (np.asarray(again.convert("RGBA")) == np.asarray(opened(data).convert("RGBA"))).all()
    if format == "PNG":
        assert again.mode == {"1": "L", "P": "RGB"}.get(mode, mode)


def test_palette_with_transparency_keeps_it() -> None:
    palette = Image.fromarray(PIXELS).quantize(8)
    data = saved(palette, transparency=3)
    picture = imagefile.read(data)
    assert picture.alpha is not None
    assert set(np.unique(picture.alpha)) == {0, 255}
    assert (np.asarray(opened(imagefile.encode(picture))) == np.asarray(opened(data).convert("RGBA"))).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(Image.fromarray(PIXELS), exif=exif.tobytes())
    picture = imagefile.read(data)
    assert picture.size == (Size(30, 20) if orientation < 5 else Size(20, 30))
    once = imagefile.encode(picture)
    assert opened(once).getexif().get(0x0112, 1) == 1
    assert (imagefile.read(once).image == picture.image).all()
    if orientation == 6:
        assert (picture.image == np.rot90(PIXELS, -1)).all()


@pytest.mark.parametrize("target", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP"])
def test_a_grey_file_is_of_colour_once_colour_is_in_it(source: str, target: str) -> None:
    """Its profile for grey fits colours no longer. What is still grey, or filled by an eraser, is written as grey."""
    profile = bytes(16) + b"GRAY" + bytes(108)
    keep = {"icc_profile": profile} if source != "WEBP" else {}  # WebP has no grey
    grey = imagefile.read(saved(Image.fromarray(PIXELS[..., 0]), source, **keep))
    red = np.full_like(PIXELS, (200, 30, 30))
    coloured = opened(imagefile.encode(grey.with_image(red).in_colour(), target))
    assert coloured.mode == "RGB"
    assert "icc_profile" not in coloured.info
    assert np.abs(np.asarray(coloured).astype(int) - red).max() < 25
    written = "L" if source != "WEBP" and target != "WEBP" else "RGB"
    for still_grey in (grey.in_colour(), grey.with_image(red)):
        if source != "WEBP":
            assert opened(imagefile.encode(still_grey, target)).mode == written


@pytest.mark.parametrize("target", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP"])
def test_metadata_travels_between_formats(source: str, target: str) -> None:
    options = {"exif": EXIF, "icc_profile": ICC}
    if source == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", XMP.decode())
        options["pnginfo"] = info
    elif source == "WEBP":
        options["xmp"] = XMP
    else:
        mark = b"http://ns.adobe.com/xap/1.0/\0"
        options["extra"] = b"\xff\xe1" + struct.pack(">H", len(mark + XMP) + 2) + mark + XMP
    data = imagefile.encode(imagefile.read(saved(Image.fromarray(PIXELS), source, **options)), target)
    exif = opened(data).getexif()
    assert exif[0x010F] == "Cam"
    assert exif.get(0x0112, 1) == 1
    assert exif.get_ifd(0x8825)[1] == "N"
    assert exif.get_ifd(0x8769)[0x9003] == "2020:01:01 00:00:00"
    assert opened(data).info["icc_profile"] == ICC
    assert b'dc:title="t"' in data
    assert b'tiff:Orientation="6"' not in data


def test_png_text_resolution_and_gamma_are_kept() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a cat, ü 中\nSteps: 20")
    info.add(b"gAMA", struct.pack(">I", 45455))
    data = saved(Image.fromarray(PIXELS), pnginfo=info, dpi=(300, 300))
    again = opened(imagefile.encode(imagefile.read(data)))
    assert again.text == {"parameters": "a cat, ü 中\nSteps: 20"}  # type: ignore[attr-defined]
    assert again.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert again.info["gamma"] == pytest.approx(0.45455)


def test_a_jpeg_is_written_as_it_was_compressed() -> None:
    smooth = cv2.resize(PIXELS, (300, 200), interpolation=cv2.INTER_CUBIC)
    data = saved(Image.fromarray(smooth), "JPEG", quality=70, subsampling=1, comment=b"hello", dpi=(72, 72))
    picture = imagefile.read(data)
    again = opened(imagefile.encode(picture))
    assert again.quantization == opened(data).quantization  # type: ignore[attr-defined]
    assert again.info["comment"] == b"hello"
    assert again.info["dpi"] == (72, 72)
    assert np.abs(np.asarray(again).astype(int) - picture.image).mean() < 1


def test_a_phone_photo_with_a_preview_inside_is_its_photo() -> None:
    first, second = Image.fromarray(PIXELS), Image.fromarray(PIXELS[:5, :5])
    data = io.BytesIO()
    first.save(data, "MPO", save_all=True, append_images=[second], quality=95)
    picture = imagefile.read(data.getvalue())
    assert (picture.size, picture.format) == (Size(30, 20), "JPEG")


def hollow(side: int) -> bytes:
    """A PNG of a few hundred bytes that says it is side x side pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def animation() -> bytes:
    frames = [Image.fromarray(PIXELS), Image.fromarray(PIXELS[::-1].copy())]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


WRONG = {
    "cut.png": (saved(Image.fromarray(PIXELS))[:200], "damaged"),
    "cut.jpg": (saved(Image.fromarray(PIXELS), "JPEG")[:300], "damaged"),
    "empty.png": (b"", "not a picture"),
    "text.png": (b"hello", "not a picture"),
    "bomb.png": (hollow(60_000), "too large"),
    "large.png": (hollow(16_001), "too large"),
    "animation.gif": (animation(), "2 frames"),
    "animation.png": (
        saved(Image.fromarray(PIXELS), save_all=True, append_images=[Image.fromarray(PIXELS[::-1].copy())]),
        "2 frames",
    ),
    "cmyk.jpg": (saved(Image.fromarray(PIXELS).convert("CMYK"), "JPEG"), "CMYK"),
    "grey16.png": (saved(Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 257)), "8 bits"),
    "rgb16.png": (cv2.imencode(".png", PIXELS.astype(np.uint16) * 257)[1].tobytes(), "8 bits"),
    "float.tiff": (saved(Image.fromarray(PIXELS[..., 0].astype(np.float32)), "TIFF"), "8 bits"),
    "picture.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
def test_what_cannot_be_kept_is_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    data, words = WRONG[name]
    (tmp_path / name).write_bytes(data)
    for source in (tmp_path / name, data):
        with pytest.raises(BadImage, match=words) as caught:
            imagefile.read(source, name)
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_what_is_not_there_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="no such file"):
        imagefile.read(tmp_path / "no.png")
    with pytest.raises(BadImage, match=r"folder|permission"):
        imagefile.read(tmp_path)


def test_writing_replaces_whole_files_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "new" / "out.png"
    imagefile.write(target, b"good")
    imagefile.write(target, b"better")
    assert target.read_bytes() == b"better"

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputFailed, match="No space left on device"):
        imagefile.write(target, b"worse")
    assert target.read_bytes() == b"better"
    assert [file.name for file in target.parent.iterdir()] == ["out.png"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputFailed, match="could not be written"):
        imagefile.write(tmp_path / "file" / "out.png", b"x")


@pytest.mark.parametrize("name", ["out.gif", "out", "out.txt"])
def test_other_endings_are_refused(name: str) -> None:
    with pytest.raises(OutputFailed, match=r"\.png, \.jpg, \.jpeg, \.webp"):
        imagefile.format_for(Path(name))


@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
def test_the_limit_of_pillow_is_not_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(Image.new("RGB", (3000, 3000), (1, 2, 3)), "JPEG", quality=100)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4_400_000)  # Pillow warns above it, and raises above twice as much
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(data))
    assert imagefile.read(data).size == imagefile.announced_size(data) == (3000, 3000)
    assert maskfile.read(data).shape == (3000, 3000)


def test_a_picture_too_large_for_its_format_is_refused() -> None:
    picture = imagefile.Picture(np.zeros((1, 70_000, 3), np.uint8))
    for format in ("JPEG", "WEBP"):
        with pytest.raises(OutputFailed, match="70000x1"):
            imagefile.encode(picture, format)


def test_a_large_png_is_written_quickly_and_gives_back_every_pixel() -> None:
    noise = np.random.default_rng(0).normal(128, 4, (1500, 1500, 3)).astype(np.uint8)
    picture = imagefile.Picture(noise)
    data = imagefile.encode(picture, "PNG")
    assert (imagefile.read(data).image == noise).all()
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG", compress_level=4)
    assert len(data) < 1.05 * len(out.getvalue())


def test_a_large_page_of_text_is_packed_as_a_small_one_and_a_photograph_quickly() -> None:
    rng = np.random.default_rng(0)
    word = rng.integers(0, 2, (12, 40, 1), dtype=np.uint8).repeat(3, 2) * 255
    page = np.full((1500, 1600, 3), 255, np.uint8)
    for top in range(8, 1480, 24):
        for left in range(8, 1540, 48):
            page[top : top + 12, left : left + 40] = word
    photo = rng.integers(0, 256, (1500, 1600, 3), dtype=np.uint8)
    for image, is_quick in ((page, False), (photo, True)):
        data = imagefile.encode(imagefile.Picture(image), "PNG")
        plain = io.BytesIO()
        Image.fromarray(image).save(plain, "PNG", compress_level=4)
        assert (data != plain.getvalue()) is is_quick
        assert len(data) <= 1.06 * len(plain.getvalue())


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(9))  # 0: none is said
def test_the_upright_size_is_known_without_decoding(
    tmp_path: Path, format: str, orientation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    path = tmp_path / "turned"
    Image.new("RGB", (40, 30)).save(path, format, exif=exif)
    size = imagefile.read(path).size
    if format == "TIFF" and size == (40, 30) and orientation in (5, 6, 7, 8):
        pytest.skip("this Pillow turns no TIFF")
    assert size == ((30, 40) if orientation in (5, 6, 7, 8) else (40, 30))
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("it was decoded"))
    assert imagefile.upright_size(path) == size
    path.write_bytes(b"no picture")
    assert imagefile.upright_size(path) is None
