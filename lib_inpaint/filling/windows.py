"""Which parts of a canvas are sampled to extend a picture: overlapping windows around what is new, and no others.

A window is about as large as the pictures that the checkpoint was made for, sees enough of what is known to go on from
it, and is a multiple of 64 pixels wide and high, so that every level of the network can be halved. Arithmetic only.
"""

from __future__ import annotations

from typing import Iterator

import numpy as np

from ..geometry import Array, Box, Mask, Size

MULTIPLE = 64  # pixels: 8 for a cell of the latent, which is halved three times
CELL = 8  # pixels

Span = tuple[int, int]  # from, to; along one axis


def plan_windows(canvas: Size, old: Box, side: int) -> list[Box]:
    """The windows for what is new on a canvas, in the order of sampling: those first that lie next to the picture.

    old: where the picture lies on the canvas. side: of the square that the checkpoint was made for, a multiple of 64. A
    window is at most half as long again, and holds at most 4/3 as many pixels. Together they cover all that is new.
    Where the canvas is smaller than a window, it sticks out to the right or below. Of the ways to lay them (rows,
    columns, one for all) it is the one with the fewest pixels.
    """
    rows = _in_rows(canvas, old, side)
    columns = _in_rows(Size(canvas.height, canvas.width), _turned(old), side)
    ways = [list(rows), [_turned(window) for window in columns]]
    whole = Box(0, 0, _up(canvas.width), _up(canvas.height))
    if max(whole.size) <= _longest(min(whole.size), side):
        ways.append([whole])
    ways = [[window for window in way if window.clip(canvas).within(old) != window.clip(canvas)] for way in ways]
    windows = min(ways, key=lambda way: (sum(window.size.area for window in way), len(way)))
    return sorted(windows, key=lambda window: _distance(window, old))


def cut(span: Span, longest: int, overlap: int) -> list[Span]:
    """As few pieces as possible, each at most `longest`, that cover the span and share at least `overlap`."""
    start, end = span
    count = max(1, -(-(end - start - overlap) // (longest - overlap)))
    pieces: list[Span] = []
    for left in range(count, 0, -1):
        length = _up(-(-(end - start + (left - 1) * overlap) // left))
        pieces.append((start, min(start + length, end)))
        start += length - overlap
    return pieces


def take(array: Array, window: Box) -> Array:
    """What a window shows of a canvas (HxW or HxWx3); what sticks out of it is mirrored. A copy."""
    inside = window.clip(Size.of(array))
    beyond = [(0, window.bottom - inside.bottom), (0, window.right - inside.right)]
    return np.pad(array[inside.slices], beyond + [(0, 0)] * (array.ndim - 2), mode="symmetric")


def window_mask(todo: Array, weight: Array, size: Size) -> Mask:
    """The mask of a window of that size, uint8 HxW, in which all of a cell of its latent has one value.

    todo: bool, what is to be made; weight: uint8, how much of what is made is blended in; both HxW of the part of the
    canvas that the window shows, its upper left. A cell is 255 where it holds anything to be made, and where all of it
    sticks out of the canvas; else it is the mean of its weights.
    """
    known = np.zeros((size.height, size.width), np.uint8)
    made, mean = known.astype(bool), known.astype(np.float32)
    inside = slice(todo.shape[0]), slice(todo.shape[1])
    known[inside], made[inside], mean[inside] = ~todo, todo, weight
    blocks = (size.height // CELL, CELL, size.width // CELL, CELL)
    is_made = made.reshape(blocks).any(axis=(1, 3)) | ~known.reshape(blocks).any(axis=(1, 3))
    value = np.where(is_made, 255, np.rint(mean.reshape(blocks).mean(axis=(1, 3)))).astype(np.uint8)
    return value.repeat(CELL, 0).repeat(CELL, 1)


def _in_rows(canvas: Size, old: Box, side: int) -> Iterator[Box]:
    """Windows in rows: along the whole width where something is new above or below, else at the ends only."""
    ends, _ = _ends(canvas.width, old.left, old.right, side, is_shared=False)
    edges, between = _ends(canvas.height, old.top, old.bottom, side, is_shared=bool(ends))
    rows = []
    if ends and between[0] < between[1]:
        widest = max(_up(right - left) for left, right in ends)
        top, bottom = max(0, between[0] - side // 8), min(canvas.height, between[1] + side // 8)
        rows = cut((top, bottom), _longest(widest, side), side // 8)
    for row in edges + rows:
        top, bottom = _placed(row, canvas.height)
        columns = ends if row in rows else cut((0, canvas.width), _longest(bottom - top, side), side // 8)
        for left, right in (_placed(column, canvas.width) for column in columns):
            yield Box(left, top, right, bottom)


def _ends(length: int, start: int, end: int, side: int, is_shared: bool) -> tuple[list[Span], Span]:
    """Where, along an axis, windows reach what is new before `start` and after `end`, each with half a side to see.

    Then what is left between them. is_shared: whether something new lies in both, so that the second has to see what
    the first has made of it.
    """
    first = min(length, start + side // 2) if start else 0
    last = max(0, end - side // 2) if end < length else length
    is_joined = start > 0 and end < length and first >= last + (not is_shared)
    if is_joined or ((start > 0 or end < length) and length <= side):
        return cut((0, length), side, side // 8), (0, 0)
    found = [(0, first)] * (start > 0) + [(last, length)] * (end < length)
    return [piece for span in found for piece in cut(span, side, side // 4)], (first, last)


def _longest(other: int, side: int) -> int:
    """How long a window may be whose other side is this long."""
    return max(MULTIPLE, min(side * 3 // 2, side * side * 4 // 3 // other) // MULTIPLE * MULTIPLE)


def _placed(span: Span, length: int) -> Span:
    """The span made a multiple of 64 long, inside of 0..length where that has the room, else from 0 on."""
    whole = _up(span[1] - span[0])
    start = max(0, min(span[0], length - whole))
    return start, start + whole


def _up(length: int) -> int:
    return -(-length // MULTIPLE) * MULTIPLE


def _turned(box: Box) -> Box:
    """With x and y exchanged."""
    return Box(box.top, box.left, box.bottom, box.right)


def _distance(window: Box, old: Box) -> int:
    """How far the middle of a window lies outside of the picture, in half pixels."""
    x, y = window.left + window.right, window.top + window.bottom
    return max(2 * old.left - x, x - 2 * old.right, 0) + max(2 * old.top - y, y - 2 * old.bottom, 0)
