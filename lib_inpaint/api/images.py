"""Pictures by what they are: sent once, referred to by an id, or sent along in a field. Never fetched from anywhere.

An image field holds one of

    an id         32 hexadecimal digits, as an upload answered
    base64        of a PNG, JPEG, WebP, BMP or TIFF file, with or without `data:image/...;base64,` before it, in either
                  alphabet (`+/` or `-_`), with blanks and line breaks anywhere

and a mask field also {"size": [height, width], "counts": "..."}, COCO's compressed run lengths.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Optional, Tuple, Union

import numpy as np
from pydantic import Field

from ..errors import BadRequest, InpaintError
from ..geometry import Size
from ..imaging import imagefile, maskfile, rle
from ..imaging.imagefile import Picture
from ..schema import MaskFile, Request
from ..selecting.segment import Photo
from ..store import Store, content_id
from .http_errors import HttpError, for_field, unknown

_ID = re.compile(r"[\w-]{1,40}")  # what may be meant as one, right or wrong; no picture's file is that short in base64
_DATA_URL = re.compile(r"\s*data:[\w.+/;= -]*,", re.IGNORECASE)
MAX_INLINE = 64_000_000  # pixels of a picture that is sent along; a few bytes may stand for as many as one likes
_QUICK = 2_000_000  # pixels that are decoded in some 20 ms
_PIECE = 1 << 20  # characters of base64 decoded at once; Python runs nothing else meanwhile


class RunLengths(Request):
    """A mask in COCO's compressed run-length encoding, as pycocotools writes it."""

    size: Tuple[int, int] = Field(..., title="Size", description="Height and width in pixels")
    counts: str = Field(..., title="Counts")

    @property
    def pixels(self) -> Size:
        return Size(self.size[1], self.size[0])

    def decode(self) -> np.ndarray:
        """The mask (uint8 HxW). Raises BadRequest for a size that no picture has."""
        if min(self.pixels) < 1 or self.pixels.area > imagefile.MAX_PIXELS:
            raise BadRequest(f"No picture is {self.pixels} pixels.")
        return rle.decode(self.counts, self.pixels)


MaskField = Union[str, RunLengths]


@dataclass(frozen=True)
class StoredImage:
    """A picture that was sent. `photo` holds its pixels for the segmenters, which know them by their own id."""

    picture: Picture
    photo: Photo = field(repr=False)

    @classmethod
    def of(cls, picture: Picture) -> StoredImage:
        """Hashes the pixels: some milliseconds a megapixel."""
        image = cls(picture, Photo(picture.image))
        image.id  # noqa: B018 - worked out here, in the thread that decoded it, and not in a click
        return image

    @cached_property
    def id(self) -> str:
        """That of the pixels; where the file holds more than these (alpha, EXIF, ...), one of all of it.

        So what is given back for an id is what was sent under it, also when somebody else sent the same pixels.
        """
        picture = self.picture
        kept = {key: value for key, value in picture.keep.items() if value}
        if picture.alpha is None and not kept and not picture.grey:
            return self.photo.id
        digest = hashlib.blake2b(self.photo.id.encode(), digest_size=16)
        digest.update(content_id(picture.alpha).encode() if picture.alpha is not None else b"")
        digest.update(repr((picture.grey, sorted(kept.items()))).encode())
        return digest.hexdigest()

    @property
    def nbytes(self) -> int:
        kept = sum(len(value) for value in self.picture.keep.values() if isinstance(value, (bytes, str)))
        return self.photo.nbytes + (0 if self.picture.alpha is None else self.picture.alpha.nbytes) + kept

    def describe(self) -> dict[str, Any]:
        """What is told of it."""
        return {"id": self.id, "width": self.picture.size.width, "height": self.picture.size.height}


class ImageStore:
    """Pictures by id, the least recently used out first beyond `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self.store: Store[StoredImage] = Store(limit)

    def put(self, picture: Picture) -> StoredImage:
        """Keep a picture. One that is there already stays the same object, with all that was found out about it."""
        image = StoredImage.of(picture)
        return self.store.get_or_make(image.id, lambda: image)

    def get(self, id: str, field: str = "id") -> StoredImage:
        """The picture of that id. Raises HttpError, 404, `unknown_image`: send the picture again."""
        image = self.store.get(id) if _ID.fullmatch(id) else None
        if image is None:
            raise unknown("There is no picture of this id, or no longer; send it again.", "unknown_image", field)
        return image

    def resolve(self, value: str, field: str) -> StoredImage:
        """The picture that a field refers to or holds; one that was sent along is kept too."""
        if _ID.fullmatch(value):
            return self.get(value, field)
        return self.put(self._load(value, field))

    def resolve_mask(self, value: MaskField, size: Optional[Size], field: str, how: MaskFile) -> np.ndarray:
        """The mask (uint8 HxW) that a field refers to or holds.

        Raises HttpError when its size is not `size`, unless `how` says to fit it.
        """
        try:
            if isinstance(value, RunLengths):
                if size is not None and not how.fit_mask:
                    maskfile.require_size(value.pixels, size)
                mask = value.decode()
            elif _ID.fullmatch(value):
                mask = maskfile.of_picture(self.get(value, field).picture, how.mask_label)
            else:
                mask = maskfile.read(self._bounded(from_base64(value), MAX_INLINE), label=how.mask_label)
            return mask if size is None else maskfile.fitting(mask, size, how.fit_mask)
        except InpaintError as error:
            raise for_field(field, error) from None

    def is_quick_mask(self, value: Optional[MaskField]) -> bool:
        """As `is_quick`, of a mask. One that was sent as a picture is worked out anew from its pixels each time."""
        if isinstance(value, RunLengths):
            return value.pixels.area <= _QUICK
        image = self.store.get(value) if value is not None else None
        return value is None or (is_quick(value) if image is None else image.picture.size.area <= _QUICK)

    def load(self, data: bytes, most: int = imagefile.MAX_PIXELS) -> Picture:
        """A picture's file, of `most` pixels. Raises HttpError, 413, by its header, before memory is taken for it."""
        return imagefile.read(self._bounded(data, most), "The picture")

    def _bounded(self, data: bytes, most: int) -> bytes:
        """The file itself, if its header says that it is not too large."""
        size = imagefile.announced_size(data)
        if size is not None and most < size.area <= imagefile.MAX_PIXELS:
            most_told = f"{most // 1_000_000} megapixels can be sent along"
            raise HttpError(f"The picture is {size} pixels; {most_told}, larger ones to /images.", 413, "too_large")
        if size is not None and size.area <= imagefile.MAX_PIXELS and 3 * size.area > self.store.limit:
            raise HttpError("The picture is larger than what this server keeps.", 413, "too_large")
        return data

    def _load(self, value: str, field: str) -> Picture:
        try:
            return self.load(from_base64(value), MAX_INLINE)
        except InpaintError as error:
            raise for_field(field, error) from None


def is_quick(value: str) -> bool:
    """Whether the picture of a field is looked up or decoded in no time that a click would feel."""
    if _ID.fullmatch(value):
        return True
    try:
        size = imagefile.announced_size(from_base64(value))
    except BadRequest:
        return True  # is refused at once
    return size is None or size.area <= _QUICK


def from_base64(text: str) -> bytes:
    """The bytes of a base64 string or data URL. Raises BadRequest for anything else, such as a path or an address."""
    url = _DATA_URL.match(text)
    if url and not url.group().lower().replace(" ", "").endswith(";base64,"):
        raise BadRequest("A data URL has to be in base64: data:image/png;base64,...")
    letters = _letters(text[url.end() :] if url else text)
    try:
        pieces = [
            base64.b64decode(letters[place : place + _PIECE], validate=True) for place in range(0, len(letters), _PIECE)
        ]
    except (binascii.Error, ValueError):
        raise BadRequest(
            "This is neither the id of a picture nor base64 of one; file names and addresses are not taken."
        ) from None
    return b"".join(pieces)


def _letters(text: str) -> str:
    """Base64 as encoders write it, in the plain alphabet and in one line.

    The alphabet for addresses often comes without the `=` at its end, which are put back.
    """
    letters = "".join(text.split())
    if ("-" in letters or "_" in letters) and not ("+" in letters or "/" in letters):
        return letters.replace("-", "+").replace("_", "/") + "=" * (-len(letters) % 4)
    return letters
