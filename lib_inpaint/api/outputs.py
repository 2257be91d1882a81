"""Results on their way out: pictures and masks as files, whole answers as JSON, or one picture as it is."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Optional

import numpy as np
from PIL import Image
from starlette.responses import Response

from ..errors import BadRequest
from ..geometry import Box, Size
from ..imaging import imagefile, rle
from ..imaging import mask as masks
from ..imaging.imagefile import Picture

# With an encoding named, middleware of the host leaves the body alone: it would compress PNG once more, on the event
# loop, and hold events back until there are enough of them.
PLAIN = {"Content-Encoding": "identity", "Cache-Control": "no-store"}
_LONGEST_HEADER = 4000  # bytes


class OutputFile(NamedTuple):
    """A picture as a file; `format` as in `image/FORMAT`."""

    data: bytes
    format: str
    size: Size


@dataclass(frozen=True)
class JobOutput:
    """What a piece of work gives: facts, as JSON has them, and pictures by name, the one asked for first."""

    facts: dict[str, Any]
    files: dict[str, OutputFile] = field(default_factory=dict)


def format_of(picture: Picture, size: Size, asked: Optional[str]) -> str:
    """The format to write what is made of the picture, of that size: the one asked for, png for None, and for "same"
    that of the file, or png where that cannot hold it.
    """
    if asked != "same":
        return asked or "png"
    keeps = picture.format == "WEBP" or (picture.format == "JPEG" and not picture.is_transparent)
    fits = max(size) <= imagefile.LARGEST_SIDE.get(picture.format, max(size))
    return picture.format.lower() if keeps and fits else "png"


def picture_file(picture: Picture, asked: Optional[str]) -> OutputFile:
    """A picture with all that it holds; asked: as of format_of. Raises BadRequest as `validate_format` does."""
    validate_format(picture, picture.size, asked)
    format = format_of(picture, picture.size, asked)
    return OutputFile(imagefile.encode(picture, format.upper()), format, picture.size)


def validate_format(picture: Picture, size: Size, format: Optional[str]) -> None:
    """Raise BadRequest if what is made of the picture, of that size, cannot be written in the format asked for.

    Called before the work, which may save a result as soon as there is one.
    """
    format = format_of(picture, size, format)
    if format == "jpeg" and picture.is_transparent:
        raise BadRequest(
            "format: the picture is transparent in places, which jpeg cannot keep; ask for png or webp.", "format"
        )
    largest = imagefile.LARGEST_SIDE.get(format.upper())
    if largest is not None and max(size) > largest:
        raise BadRequest(f"format: {format} has at most {largest} pixels a side, and the result is {size}.", "format")


def mask_file(mask: np.ndarray) -> OutputFile:
    """A mask (uint8 HxW) as PNG, with one bit a pixel where it is not soft."""
    image = Image.fromarray(mask)
    if not ((mask > 0) & (mask < 255)).any():
        image = image.convert("1", dither=Image.Dither.NONE)
    data = io.BytesIO()
    image.save(data, "PNG", compress_level=6)
    return OutputFile(data.getvalue(), "png", Size.of(mask))


def with_mask(facts: dict[str, Any], mask: np.ndarray, format: str) -> JobOutput:
    """An answer about a mask, which is in it as a file or as run lengths."""
    box = masks.bounds(mask)
    facts = {**facts, "area": int(np.count_nonzero(mask)), "box": list(box) if box else None}
    if format == "rle":
        return JobOutput({**facts, "mask": run_lengths(mask)})
    return JobOutput(facts, {"mask": mask_file(mask)})


def run_lengths(mask: np.ndarray) -> dict[str, Any]:
    """As pycocotools has it, but that `counts` is text."""
    return run_lengths_of_part(mask, Box.whole(Size.of(mask)), Size.of(mask))


def run_lengths_of_part(mask: np.ndarray, box: Box, size: Size) -> dict[str, Any]:
    """As run_lengths, of a mask of that size of which all that is inside lies in the box: `mask` (uint8 hxw)."""
    return {"size": [size.height, size.width], "counts": rle.encode_part(mask, box, size)}


def wanted_format(accept: str) -> Optional[str]:
    """The picture format the header asks for before JSON: png, webp, jpeg; "any" for image/*; None for JSON."""
    for one in accept.lower().split(","):
        kind = one.partition(";")[0].strip()
        if kind in ("image/png", "image/webp", "image/jpeg"):
            return kind.removeprefix("image/")
        if kind == "image/*":
            return "any"
        if kind in ("application/json", "*/*"):
            return None
    return None


def inline(output: JobOutput) -> dict[str, Any]:
    """The answer with its pictures in base64."""
    files = {n: {**file_facts(file), "data": base64.b64encode(file.data).decode()} for n, file in output.files.items()}
    return {**output.facts, **files}


def file_facts(file: OutputFile) -> dict[str, Any]:
    """What JSON says of a picture beside its bytes."""
    return {"format": file.format, "width": file.size.width, "height": file.size.height}


def respond(output: JobOutput, raw: bool) -> Response:
    """The answer as a response. raw: the first picture alone; the facts are in a header, if they are short."""
    if not raw or not output.files:
        return as_json(inline(output))
    file = next(iter(output.files.values()))
    facts = json.dumps(output.facts)
    headers = {"X-Inpaint-Anything": facts} if len(facts) <= _LONGEST_HEADER else {}
    return Response(file.data, 200, {**PLAIN, **headers}, f"image/{file.format}")


def as_json(content: Any, status: int = 200, headers: Optional[dict[str, str]] = None) -> Response:
    """JSON output here, in the thread of the caller, and left alone by everybody after."""
    data = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    return Response(data, status, {**PLAIN, **(headers or {})}, "application/json")
