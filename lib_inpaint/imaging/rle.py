"""Masks as run lengths in COCO's compressed form, the strings that pycocotools writes and reads.

The mask is read column by column; the runs of outside and inside alternate, beginning with outside. Each length but the
first three is given as its difference to the one before the last, in groups of five bits, the lowest first: 32 is added
where another group follows, 48 to make it a printable character, and the top bit of the last group is the sign.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..errors import BadRequest
from ..geometry import Box, Size

_MORE, _SIGN, _FIRST = 0x20, 0x10, 48
_GROUPS = 7  # of five bits; more than any length of a picture takes


def encode(mask: np.ndarray) -> str:
    """The run lengths of a mask (uint8 HxW); half and more of 255 is inside."""
    return encode_part(mask, Box.whole(Size.of(mask)), Size.of(mask))


def encode_part(mask: np.ndarray, box: Box, size: Size) -> str:
    """The run lengths of a mask of that size, of which all that is inside lies in the box: `mask` (uint8 hxw).

    It takes as long as the box is large, whatever the size.
    """
    lengths = _runs(mask, box, size)
    differences = lengths.astype(np.int32)
    differences[3:] -= lengths[1:-2]
    groups = np.empty((len(differences), _GROUPS), np.uint8)
    used = np.zeros(groups.shape, bool)
    left: np.ndarray = differences
    open_: np.ndarray = np.ones(len(differences), bool)
    for index in range(_GROUPS):
        if not open_.any():
            break
        bits, left = left & 0x1F, left >> 5
        ends: np.ndarray = left == np.where(bits & _SIGN, -1, 0)
        used[:, index] = open_
        groups[:, index] = bits + np.where(ends, 0, _MORE) + _FIRST
        open_ = open_ & ~ends
    return groups[used].tobytes().decode("ascii")


def decode(counts: str, size: Size) -> np.ndarray:
    """The mask (uint8 HxW, 0 or 255) of that size. Raises BadRequest when the lengths do not fill it exactly."""
    lengths = _lengths(counts)
    if (lengths < 0).any() or (lengths > size.area).any() or lengths.sum() != size.area:
        raise BadRequest(f"The run lengths of the mask do not add up to {size} pixels.")
    inside = np.arange(len(lengths)) % 2 == 1
    flat = np.repeat(np.where(inside, np.uint8(255), np.uint8(0)), lengths)
    return _transposed(flat.reshape(size.width, size.height))


def _runs(mask: np.ndarray, box: Box, size: Size) -> np.ndarray:
    """int64 N: the run lengths of a mask of that size that is outside but for the box's part of it (uint8 hxw)."""
    inside = _transposed(mask) >= 128
    if box.size.height < size.height:  # between a column's end and the next one's beginning it is outside
        inside = np.pad(inside, ((0, 0), (0, 1)))
    flat = inside.ravel()
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate([np.flatnonzero(flat[:1]), turns, np.flatnonzero(flat[-1:]) + len(flat)])
    columns, rows = np.divmod(edges, max(1, inside.shape[1]))
    places = (box.left + columns) * size.height + box.top + rows
    lengths = np.diff(np.concatenate([[0], places, [size.area]]))
    return lengths if lengths[-1] else lengths[:-1]


def _transposed(mask: np.ndarray) -> np.ndarray:
    """With columns as rows, in memory too. OpenCV goes by blocks that fit the cache: a tenth of numpy's time."""
    return cv2.transpose(np.ascontiguousarray(mask)) if mask.size else np.ascontiguousarray(mask.T)


def _lengths(counts: str) -> np.ndarray:
    """int64 N: the run lengths that the string stands for, whatever they are."""
    codes = np.frombuffer(counts.encode("ascii", "replace"), np.uint8).astype(np.int64) - _FIRST
    if not len(codes) or codes.min() < 0 or codes.max() >= 2 * _MORE or codes[-1] & _MORE:
        raise BadRequest("The run lengths of the mask are not COCO's compressed form, a string such as 'PPYo0'.")
    last = np.flatnonzero((codes & _MORE) == 0)
    first = np.concatenate([[0], last[:-1] + 1])
    if (last - first).max() >= _GROUPS:
        raise BadRequest("The run lengths of the mask have a number that no picture is large enough for.")
    place = np.arange(len(codes)) - np.repeat(first, last - first + 1)
    lengths = np.add.reduceat((codes & 0x1F) << (5 * place), first)
    lengths -= np.where(codes[last] & _SIGN, np.int64(1) << (5 * (place[last] + 1)), 0)
    lengths[1::2] = np.cumsum(lengths[1::2])
    lengths[2::2] = np.cumsum(lengths[2::2])
    return lengths
