"""Folders of pictures that a server shows and saves to: what is in them by name, and never what is beside them."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import NamedTuple, Optional, Sequence

from PIL import Image, ImageOps

from ..errors import BadImage, OutputFailed
from ..store import Store
from . import imagefile

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
THUMBNAIL = (144, 96)  # pixels that a thumbnail has at most: those of the page's, for screens of twice the density
_THUMBNAILS = 32 << 20  # bytes of them to keep
_LONGEST_STEM = 60  # characters; four bytes each, and a number, an ending and what a draft adds are within 255
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # names that Windows has for devices


class Thumbnail(NamedTuple):
    """A JPEG."""

    data: bytes

    @property
    def nbytes(self) -> int:
        return len(self.data)


class PictureFolder:
    """The pictures that lie in a folder, without its sub-folders, what is hidden, and links that lead out of it.

    Who asks for one by its name gets only what is listed. Thread-safe.
    """

    def __init__(self, root: Path, only: Optional[str] = None) -> None:
        """only: the name of the one picture that is shown of it."""
        self.root = Path(os.path.realpath(root))
        self._only = only
        self._thumbnails: Store[Thumbnail] = Store(_THUMBNAILS)

    def names(self) -> list[str]:
        """All of them, as a person counts: 2.png before 10.png. Raises BadImage where the folder cannot be read."""
        try:
            with os.scandir(self.root) as entries:
                found = [one.name for one in entries if self._is_shown(one.name) and self._lies_here(one)]
        except OSError as error:
            raise BadImage(f"The folder {self.root} cannot be read: {error.strerror or error}.") from None
        return sorted(found, key=_counted)

    def find(self, name: str) -> Optional[Path]:
        """The file of a picture that is listed by that name; None for anything else."""
        if os.path.basename(name) != name or "\0" in name or not self._is_shown(name):
            return None
        path = self.root / name
        real = Path(os.path.realpath(path))
        return real if self.root in real.parents and real.is_file() else None

    def thumbnail(self, path: Path) -> bytes:
        """A small JPEG of a file that was found here, kept until the file is another. Raises BadImage."""
        try:
            found = path.stat()
        except OSError:
            raise BadImage(f"{path.name}: there is no such file.") from None
        key = (str(path), found.st_mtime_ns, found.st_size)
        return self._thumbnails.get_or_make(key, lambda: Thumbnail(_thumbnail(path))).data

    def _is_shown(self, name: str) -> bool:
        if name.startswith(".") or os.path.splitext(name)[1].lower() not in SUFFIXES:
            return False
        return self._only is None or name == self._only

    def _lies_here(self, entry: os.DirEntry[str]) -> bool:
        return self.find(entry.name) is not None if entry.is_symlink() else entry.is_file()


class OutputFolder:
    """Where results are saved, each under the name of its picture; what is there already stays as it is."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def at(cls, path: Path) -> OutputFolder:
        """The folder, made where there is none. Raises OutputFailed where nothing can be written in it."""
        try:
            path.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise OutputFailed(f"{path} is a file; give a folder for the results.") from None
        except OSError as error:
            raise OutputFailed(f"{path} could not be made: {error.strerror or error}.") from None
        if not os.access(path, os.W_OK):
            raise OutputFailed(f"{path} may not be written to; give another folder for the results.")
        return cls(Path(os.path.realpath(path)))

    def save(self, name: str, format: str, data: bytes) -> str:
        """The name under which a file was written: that of the picture, numbered where there is one.

        name: whatever a browser says, of which a safe file name is made. format: as in `image/FORMAT`.
        Raises OutputFailed.
        """
        stem, ending = _safe_stem(name), os.path.splitext(name)[1]
        if imagefile.FORMATS.get(ending.lower()) != format.upper():
            ending = ".jpg" if format == "jpeg" else f".{format}"
        number = 1
        while True:
            called = _numbered(stem, number) + ending
            path = self.path / called
            if not os.path.lexists(path) and imagefile.write_new(path, data):
                return called
            number += 1

    def done(self, names: Sequence[str], source: Path) -> list[bool]:
        """Of which of these pictures of a folder there is a result here."""
        try:
            there = {name.casefold() for name in os.listdir(self.path)}
        except OSError:
            return [False] * len(names)
        first = 2 if os.path.realpath(source) == str(self.path) else 1  # beside the pictures, these have the names
        return [any(_result(name, number).casefold() in there for number in (first, 2)) for name in names]


def _result(name: str, number: int) -> str:
    """What the result of a picture is called."""
    ending = os.path.splitext(name)[1]
    return _numbered(_safe_stem(name), number) + (ending if ending.lower() in imagefile.FORMATS else ".png")


def _numbered(stem: str, number: int) -> str:
    return stem if number == 1 else f"{stem}-{number}"


def _safe_stem(name: str) -> str:
    """The name without folders and its ending, and without what some system does not take in the name of a file."""
    stem = os.path.splitext(re.split(r"[\\/]", name)[-1])[0]
    stem = re.sub(r'[<>:"|?*\x00-\x1f\x7f]|[\ud800-\udfff]', "_", stem).strip(" .")[:_LONGEST_STEM].strip(" .")
    return f"_{stem}" if _RESERVED.fullmatch(stem) else stem or "picture"


def _counted(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """What names are sorted by: numbers in them by what they count."""
    pieces = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(False, int(one), "") if one.isdecimal() else (True, 0, one) for one in pieces], name


def _thumbnail(path: Path) -> bytes:
    """The picture in THUMBNAIL, upright, on white where it is transparent."""

    def small(opened: Image.Image) -> bytes:
        opened.draft("RGB", (2 * THUMBNAIL[0], 2 * THUMBNAIL[1]))  # of a JPEG, an eighth of it is decoded
        opened.thumbnail(THUMBNAIL)
        upright = ImageOps.exif_transpose(opened) or opened
        shown = Image.new("RGB", upright.size, "white")
        rgba = upright.convert("RGBA")
        shown.paste(rgba, mask=rgba.getchannel("A"))
        data = io.BytesIO()
        shown.save(data, "JPEG", quality=80)
        return data.getvalue()

    return imagefile.decoded(path, path.name, small)
