"""Extending a picture past its edges: a larger canvas, and the mask of what is new on it."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeVar

import numpy as np

from ..errors import BadRequest
from ..geometry import Box, Image, Mask, Size
from ..imaging import mask as masks
from ..models import registry
from ..schema import CONTENTS, MAX_SIDE, SIDES, ExtendRequest, Outpainting, build, copy_with

WITHOUT_ERASER = (*CONTENTS, "edge", "mirror")  # masked content that no eraser makes
_CANVAS = 100_000_000  # pixels that a canvas may have, or twice as many as the picture: all of it is worked on
AnyOutpainting = TypeVar("AnyOutpainting", bound=Outpainting)


class Canvas(NamedTuple):
    """image: uint8 HxWx3, the old picture at `box` and its edges repeated around it. mask: uint8 HxW, 255 where new."""

    image: Image
    mask: Mask
    box: Box


def extend(image: Image, request: ExtendRequest) -> Canvas:
    """The canvas for a request. Raises BadRequest when nothing is added or the result is too large.

    With a feather, the mask reaches that far into the old picture, falling off in a straight line, so that no seam is
    seen; further in, the old picture stays exact.
    """
    old = Size.of(image)
    extended(old, request)  # or refused
    margins = ((request.up, request.down), (request.left, request.right), (0, 0))
    mask = masks.feather(new(old, request), request.feather)
    return Canvas(np.pad(image, margins, mode="edge"), mask, place(old, request))


def new(old: Size, request: ExtendRequest) -> Mask:
    """The mask (uint8 HxW of the canvas) of what is new on it."""
    margins = ((request.up, request.down), (request.left, request.right))
    return np.pad(masks.blank(old), margins, constant_values=255)


def extended(old: Size, request: ExtendRequest) -> Size:
    """The size of the canvas. Raises BadRequest when nothing is added or it is too large."""
    new = Size(old.width + request.left + request.right, old.height + request.up + request.down)
    if new == old:
        raise BadRequest("Nothing to extend: give the pixels to add on at least one side.", SIDES[0])
    if max(new) > MAX_SIDE:
        side = max(SIDES[:2] if new.width > MAX_SIDE else SIDES[2:], key=lambda side: getattr(request, side))
        raise BadRequest(f"The extended picture would be {new} pixels; the longest side may be {MAX_SIDE}.", side)
    most = max(_CANVAS, 2 * old.area)
    if new.area > most:
        side = max(SIDES, key=lambda side: getattr(request, side))
        told = f"The extended picture would be {new} pixels, which is {new.area // 1_000_000} megapixels"
        raise BadRequest(f"{told}; it may have {most // 1_000_000}.", side)
    return new


def place(old: Size, request: ExtendRequest) -> Box:
    """Where the old picture lies on the canvas."""
    return Box(request.left, request.up, request.left + old.width, request.up + old.height)


def contents() -> list[str]:
    """What masked content may be: the WebUI's own kinds in its order, then ours, then every eraser there is."""
    return [*CONTENTS, "auto", "edge", "mirror", *(model.name for model in registry.models("eraser"))]


def named(request: AnyOutpainting) -> AnyOutpainting:
    """The request with its masked content by name, which a program may give as a number. Raises BadRequest."""
    names, wanted = contents(), request.masked_content
    if isinstance(wanted, int) and 0 <= wanted < len(names):
        wanted = names[wanted]
    if wanted not in names:
        raise BadRequest(f"There is no masked content {wanted}; there are {', '.join(names)}.", "masked_content")
    return copy_with(request, masked_content=wanted)


def total(size: Size, request: Outpainting) -> ExtendRequest:
    """What all rounds together add to a picture of that size. Raises BadRequest as `rounds` and `extended` do."""
    try:
        steps = rounds(size, request)
        whole = copy_with(ExtendRequest(), **{side: sum(getattr(step, side) for step in steps) for side in SIDES})
        extended(size, whole)  # or refused
    except BadRequest as error:
        raise BadRequest(str(error), _field(request) if error.field in SIDES else error.field) from None
    return whole


def _field(request: Outpainting) -> str:
    """The field of the request that says how much is added."""
    chosen = next((field for field in (*SIDES, "width", "height") if getattr(request, field)), "")
    return (
        "aspect_ratio" if request.aspect_ratio.strip() else chosen or ("pixels" if request.direction else "direction")
    )


def rounds(size: Size, request: Outpainting) -> list[ExtendRequest]:
    """What to add to a picture of that size in each round. Raises BadRequest for what contradicts itself.

    Exact sizes per side and "pixels" are added in every round. A target size or aspect ratio is reached with the last.
    """
    exact = {side: getattr(request, side) for side in SIDES}
    ways = [any(exact.values()), bool(request.width or request.height), bool(request.aspect_ratio.strip())]
    if sum(ways) > 1:
        two = "Give pixels per side, a target size or an aspect ratio, and not two of these."
        raise BadRequest(two, "aspect_ratio" if ways[2] else "width" if request.width else "height")
    if not any(ways):
        exact = {side: request.pixels if side in request.direction else 0 for side in SIDES}
    if not any(ways[1:]):
        return [build(ExtendRequest, exact)] * request.rounds
    target = _with_ratio(size, request.aspect_ratio) if ways[2] else Size(request.width, request.height)
    added = {
        **_shared(size.width, target.width or size.width, ("left", "right"), request, "wider"),
        **_shared(size.height, target.height or size.height, ("up", "down"), request, "higher"),
    }
    count = min(request.rounds, max([1, *added.values()]))
    turns = [{side: _part(whole, turn, count) for side, whole in added.items()} for turn in range(count)]
    return [build(ExtendRequest, turn) for turn in turns]


def _shared(old: int, new: int, sides: tuple[str, str], request: Outpainting, word: str) -> dict[str, int]:
    """What each of two opposite sides adds; the second the odd pixel."""
    chosen = [side for side in sides if side in request.direction]
    if new < old:
        smaller = f"The picture has {old} pixels, more than the target's {new}; outpainting only adds to it."
        raise BadRequest(smaller, "width" if "left" in sides else "height")
    if new > old and not chosen:
        missing = f"The target is {word} than the picture: choose {sides[0]} or {sides[1]} as a direction."
        raise BadRequest(missing, "direction")
    return {side: _part(new - old, place, len(chosen)) for place, side in enumerate(chosen)}


def _part(whole: int, place: int, count: int) -> int:
    """How much of `whole` falls on one of `count` places, which together have all of it."""
    return whole * (place + 1) // count - whole * place // count


def _with_ratio(size: Size, text: str) -> Size:
    """The smallest size with this ratio of width to height that holds the other; to the nearest pixel."""
    parts = text.replace("/", ":").replace("x", ":").split(":")
    try:
        width, height = (float(part) for part in (*parts, "1")[:2])
    except ValueError:
        width = height = 0.0
    if len(parts) > 2 or not (0 < width < math.inf and 0 < height < math.inf):
        raise BadRequest(f"{text} is no aspect ratio: give one such as 16:9.", "aspect_ratio")
    return Size(
        max(size.width, round(min(size.height * width / height, 2 * MAX_SIDE))),
        max(size.height, round(min(size.width * height / width, 2 * MAX_SIDE))),
    )
