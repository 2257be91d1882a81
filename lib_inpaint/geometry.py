"""Points, boxes and sizes in pixels, and cutting a box out of a picture and putting it back.

A point is `(x, y)`, a box `(left, top, right, bottom)` with right and bottom exclusive, a size `(width, height)`; all
in pixels of the original picture, origin at the upper left. Arrays are written HxW.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # of the shape and type that its docstring says
Image = NDArray[np.uint8]  # HxWx3 RGB
Mask = NDArray[np.uint8]  # HxW: 255 is inside, 0 outside, what is between is soft
Floats = NDArray[np.float32]


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    @classmethod
    def of(cls, array: Array) -> Size:
        """The size of an HxW or HxWxC array."""
        return cls(array.shape[1], array.shape[0])

    @property
    def area(self) -> int:
        return self.width * self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class Point(NamedTuple):
    """A click. `label` 1 includes what is under it, 0 excludes it, as in Segment Anything."""

    x: float
    y: float
    label: int

    def inside(self, size: Size) -> bool:
        """Whether the point lies on a pixel of a picture of that size."""
        return 0 <= self.x < size.width and 0 <= self.y < size.height


class Box(NamedTuple):
    """A rectangle of pixels, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def whole(cls, size: Size) -> Box:
        """The box that covers a picture of that size."""
        return cls(0, 0, size.width, size.height)

    @property
    def size(self) -> Size:
        return Size(self.right - self.left, self.bottom - self.top)

    @property
    def slices(self) -> tuple[slice, slice]:
        """For indexing an array: `array[box.slices]` is a view of what is inside the box."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def grow(self, pixels: int) -> Box:
        """The box with every side moved outwards by `pixels` (inwards when negative)."""
        return Box(self.left - pixels, self.top - pixels, self.right + pixels, self.bottom + pixels)

    def clip(self, size: Size) -> Box:
        """The part of the box that lies on a picture of that size; without pixels when none does."""
        return self.within(Box.whole(size))

    def within(self, other: Box) -> Box:
        """The part of the box that lies in the other one; without pixels when none does."""
        return Box(
            min(max(self.left, other.left), other.right),
            min(max(self.top, other.top), other.bottom),
            min(max(self.right, other.left), other.right),
            min(max(self.bottom, other.top), other.bottom),
        )

    def shift(self, dx: int, dy: int) -> Box:
        """The box moved by (dx, dy)."""
        return Box(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)


def crop_boxes(size: Size, layers: int) -> list[Box]:
    """The whole picture, then for each layer n from 1 on (2^n)^2 overlapping pieces of it.

    Cut as generate_crop_boxes in github.com/facebookresearch/segment-anything does it, with the overlap it starts from.
    """
    boxes = [Box.whole(size)]
    for count in (2**layer for layer in range(1, layers + 1)):
        shared = int(512 / 1500 * min(size) * 2 / count)
        width, height = (-(-(shared * (count - 1) + side) // count) for side in size)
        for column, row in product(range(count), repeat=2):
            left, top = (width - shared) * column, (height - shared) * row
            boxes.append(Box(left, top, left + width, top + height).clip(size))
    return boxes


def iou(box: Array, others: Array) -> Array:
    """float N: how much of what a box (float 4) and each of others (float Nx4) cover together they share."""
    sides = np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])
    shared = sides.clip(min=0).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    return shared / np.maximum(areas + (box[2:] - box[:2]).prod() - shared, 1e-9)


def nms(boxes: Array, order: Sequence[int], overlap: float) -> list[int]:
    """Non-maximum suppression: of `order`, the rows of `boxes` (float Nx4) best first, those that no better one covers.

    Covering is an IoU above `overlap` with one that stays.
    """
    left = np.asarray(order, int)
    kept: list[int] = []
    while len(left):
        kept.append(int(left[0]))
        left = left[1:][iou(boxes[left[0]], boxes[left[1:]]) <= overlap]
    return kept


def crop(array: Array, box: Box) -> Array:
    """A copy of what is inside the box, which must lie within the array."""
    return array[box.slices].copy()


def pad(array: Array, size: Size) -> Array:
    """Mirror the right and bottom edges outwards until the array, which is no larger, has that size; crop to undo.

    Works for sides shorter than the padding, down to one pixel.
    """
    beyond = [(0, size.height - array.shape[0]), (0, size.width - array.shape[1])]
    return np.pad(array, beyond + [(0, 0)] * (array.ndim - 2), mode="symmetric")


def pad_to_multiple(array: Array, multiple: int) -> Array:
    """As `pad`, to the next size of which both sides are a multiple of `multiple`."""
    return pad(array, Size(*(side + -side % multiple for side in Size.of(array))))


def fit(size: Size, longest: int) -> Size:
    """The size scaled down so that its longer side is at most `longest`; never up, and no side below one pixel."""
    scale = min(1.0, longest / max(size))
    return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))


def resize(array: Array, size: Size) -> Array:
    """Resample to `size`: by area when it shrinks, bicubic when it grows. Always a copy."""
    if Size.of(array) == size:
        return array.copy()
    shrinks = size.width <= array.shape[1] and size.height <= array.shape[0]
    return cv2.resize(array, tuple(size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
