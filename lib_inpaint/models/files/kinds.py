"""What kind of file a model file is, by how it begins: its name and suffix say nothing, as people rename files."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Literal

from ...errors import ModelUnavailable

FileKind = Literal["torchscript", "pickle", "safetensors", "other"]

_ZIP = b"PK\x03\x04"
_LEGACY = b"\x80\x02"  # a pickle of protocol 2, as torch saved before 1.6
_TAR = b"ustar"  # torch before 0.2; what it holds is unpacked into files, and nobody has them any more
_PICKLED = 8_000_000  # bytes; within these are the names of a pickle whose weights lie behind
_LONGEST = 100_000_000  # bytes; more than a safetensors file may have of names and shapes


def kind_of(path: Path) -> FileKind:
    """The kind of a file. One that is damaged or cut short is "other", or what its beginning promises.

    Raises ModelUnavailable when it cannot be read.
    """
    try:
        return _kind_of(path)
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read: {error.strerror or error}.") from error


def holds_weight(path: Path, name: str) -> bool:
    """Whether a weight whose name ends so is in a file of weights. The names are looked at alone, and nothing is run.

    Raises ModelUnavailable when the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            if kind_of(path) == "safetensors":
                names = file.read(8 + int.from_bytes(file.read(8), "little"))
            elif zipfile.is_zipfile(path):
                names = _pickled_in(path)
            else:
                names = file.read(_PICKLED)
    except Exception as error:  # a damaged archive fails with whatever its bytes happen to mean
        raise ModelUnavailable(f"{path} cannot be read: {error}.") from error
    return name.encode() in names


def _pickled_in(path: Path) -> bytes:
    """The pickle in an archive of torch's, or its beginning: what is packed may be far larger than the file."""
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.endswith("/data.pkl"):
                with archive.open(member) as packed:
                    return packed.read(_PICKLED)
    return b""


def _kind_of(path: Path) -> FileKind:
    with open(path, "rb") as file:
        head = file.read(512)
        if head.startswith(_ZIP):
            return _of_archive(path)
        if head.startswith(_LEGACY) and head[257:262] != _TAR:
            return "pickle"
        length = int.from_bytes(head[:8], "little")
        if head[8:9] == b"{" and 2 <= length <= min(_LONGEST, os.fstat(file.fileno()).st_size):
            file.seek(8)
            return "safetensors" if _is_json(file.read(length)) else "other"
    return "other"


def _of_archive(path: Path) -> FileKind:
    if not zipfile.is_zipfile(path):
        return "other"  # cut short: the list of an archive is at its end
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except OSError:
        raise
    except Exception:  # as in holds_weight
        return "other"
    if any(name.endswith("/constants.pkl") for name in names):
        return "torchscript"
    return "pickle" if any(name.endswith("/data.pkl") for name in names) else "other"


def _is_json(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
