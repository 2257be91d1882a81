"""Large pictures: which crops an eraser is shown, at which size, and which of them fills which pixel.

The names are IOPaint's: Original shows the whole picture, Resize the whole picture shrunk to a limit, Crop each thing
with a fixed margin. Auto, ours, shows each thing with the context that the eraser wants, and shrinks a crop only when
it is larger than what the eraser does well. All are one rule with other numbers: see `effective_needs`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np

from ..geometry import Array, Box, Mask, Size, fit
from ..imaging import mask as masks
from ..models.model import Needs
from ..schema import FillRequest

_MANY = 500  # things in one mask; of more, those close to each other are taken as one


class Crop(NamedTuple):
    """A part of the picture, and the size at which the eraser is shown it."""

    box: Box
    size: Size


class CropPlan(NamedTuple):
    """crops: in the order of filling. owner: int32 HxW, which crop (from 1) fills a pixel; 0 where none does."""

    crops: list[Crop]
    owner: Array


def plan_crops(mask: Mask, needs: Needs, how: FillRequest) -> CropPlan:
    """How to fill what is masked (uint8 HxW, above 0) in a picture of the mask's size.

    Every masked pixel has one owner and lies in its crop; crops may overlap. The cost goes with the masked region.
    """
    size = Size.of(mask)
    owner = np.zeros(mask.shape, np.int32)  # memory that is not touched costs nothing
    region = masks.bounds(mask)
    if region is None:
        return CropPlan([], owner)
    needs = effective_needs(needs, how, size)
    labels, holes = find_holes(mask[region.slices])
    reach = np.maximum(needs.margin, np.rint(needs.context * np.maximum(*_sides(holes)))).astype(int)
    labels, holes, reach = cut_long(labels, holes, reach, needs, region, size)
    groups, boxes = merge(_grown(holes, reach, region, size), needs)
    if needs.native or needs.square:
        boxes = squared(boxes, size, needs.native or needs.square or 0)
    number = np.zeros(len(holes) + 1, np.int32)
    for n, group in enumerate(groups, 1):
        number[np.array(group) + 1] = n
    owner[region.slices] = number[labels]
    return CropPlan([Crop(Box(*box), input_size(Box(*box).size, needs)) for box in boxes.tolist()], owner)


def effective_needs(needs: Needs, how: FillRequest, size: Size) -> Needs:
    """What the eraser needs, with context and limit as asked for. A margin as wide as the picture gives the whole."""
    whole = max(size)
    if how.large_image == "original":
        return replace(needs, margin=whole, best=None)
    if how.large_image == "resize":
        return replace(needs, margin=whole, best=how.resize_limit)
    if how.large_image == "crop":
        return replace(needs, context=0.0, margin=how.crop_margin if whole > how.crop_trigger else whole, best=None)
    return needs


def input_size(size: Size, needs: Needs) -> Size:
    """The size at which an eraser is shown a crop of that size, before padding; nothing is stretched."""
    if needs.native:
        scale = needs.native / max(size)
        return Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))
    return fit(size, needs.best) if needs.best else size


def padded_size(size: Size, needs: Needs) -> Size:
    """The size of what an eraser is given that is shown a crop at `size`; what is beyond that is padding."""
    multiple = needs.native or needs.multiple
    width, height = (side + -side % multiple for side in size)
    if needs.square:
        width = height = max(width, height, needs.square)
    return Size(width, height)


def squared(boxes: Array, size: Size, least: int) -> Array:
    """Crops (int Nx4) widened to squares, of at least that side, where the picture has room.

    What is not widened is padded, which costs as much.
    """
    side = np.maximum(np.maximum(*_sides(boxes)), least)[:, None]
    sides = np.minimum(side, tuple(size))
    low = boxes[:, :2] - (sides - np.stack(_sides(boxes), axis=1)) // 2
    low = np.clip(low, 0, np.array(size) - sides)
    return np.hstack([low, low + sides])


def find_holes(mask: Mask) -> tuple[Array, Array]:
    """Connected holes: int32 HxW of labels from 1, 0 outside, and int Nx4 of their boxes (left, top, right, bottom)."""
    inside = masks.binary(mask)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside, connectivity=8)
    apart = 2
    while count - 1 > _MANY:  # dust: what is this close together would share a crop in any case
        near = cv2.dilate(inside, np.ones((2 * apart + 1, 2 * apart + 1), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
        labels[inside == 0] = 0
        apart *= 2
    boxes = stats[1:, :4].astype(int)
    boxes[:, 2:] += boxes[:, :2]
    return labels, boxes


def cut_long(
    labels: Array, holes: Array, reach: Array, needs: Needs, region: Box, size: Size
) -> tuple[Array, Array, Array]:
    """Cut long thin holes (a wire across the picture) into pieces that need no shrinking; the others stay as they are.

    What such a hole needs around it goes with its thickness, not with its length. Same in and out, with new labels.
    """
    limit = needs.native or needs.best or 0
    _, scale = crop_cost(_grown(holes, reach, region, size), needs)
    for index in np.flatnonzero(scale < 1) if limit > 2 * needs.margin else ():
        hole = Box(*holes[index].tolist())
        part = labels[hole.slices] == index + 1
        thickness = 2 * cv2.distanceTransform(np.pad(part, 1).astype(np.uint8), cv2.DIST_L2, 3).max()
        around = max(needs.margin, round(needs.context * thickness))
        side = int(limit - 2 * around)
        if side < 2 * thickness:
            continue
        ys, xs = np.nonzero(part)
        cells, piece = np.unique((ys // side) * hole.size.width + xs // side, return_inverse=True)
        pixels = [np.stack([xs[piece == n], ys[piece == n]], axis=1) for n in range(len(cells))]
        tight = np.array([[*each.min(axis=0), *(each.max(axis=0) + 1)] for each in pixels])
        labels[hole.slices][part] = np.where(piece == 0, index + 1, len(holes) + piece)
        tight += (hole.left, hole.top) * 2
        holes, reach = np.vstack([holes, tight[1:]]), np.append(reach, np.full(len(cells) - 1, around))
        holes[index], reach[index] = tight[0], around
    return labels, holes, reach


def merge(boxes: Array, needs: Needs) -> tuple[list[list[int]], Array]:
    """Join crops (int Nx4) where one is not dearer than two, and shows nothing smaller than they would.

    So neighbours share a crop, but a row of things along a diagonal does not become the whole picture.
    Returns the members of each group and int Mx4 of their common crops, from top to bottom.
    """
    groups: list[list[int]] = []
    kept: Array = np.empty((0, 4), int)
    for index, box in enumerate(boxes):
        group = [index]
        while groups:
            both = np.hstack([np.minimum(kept[:, :2], box[:2]), np.maximum(kept[:, 2:], box[2:])])
            (cost, scale), (others, other_scale), (own, own_scale) = (
                crop_cost(b, needs) for b in (both, kept, box[None])
            )
            saved = np.where(scale >= np.minimum(1, np.maximum(other_scale, own_scale)), others + own - cost, -1)
            best = int(saved.argmax())
            if saved[best] < 0:
                break
            box, group = both[best], group + groups.pop(best)
            kept = np.delete(kept, best, axis=0)
        groups.append(group)
        kept = np.vstack([kept, box])
    order = np.lexsort((kept[:, 0], kept[:, 1]))
    return [groups[n] for n in order], kept[order]


def crop_cost(boxes: Array, needs: Needs) -> tuple[Array, Array]:
    """For crops (int Nx4): the pixels that the eraser works through, and how large it is shown one of the picture's."""
    width, height = _sides(boxes)
    longest = np.maximum(width, height)
    if needs.native:
        return np.full(len(boxes), float(needs.native**2)), needs.native / longest
    scale = np.minimum(1, (needs.best or np.inf) / longest)
    if needs.square:
        return np.maximum(longest * scale, needs.square) ** 2, scale
    return width * height * scale**2, scale


def _sides(boxes: Array) -> tuple[Array, Array]:
    return boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]


def _grown(holes: Array, reach: Array, region: Box, size: Size) -> Array:
    """The holes of a region as boxes of the picture, with their context; int Nx4."""
    low = holes[:, :2] + (region.left, region.top) - reach[:, None]
    high = holes[:, 2:] + (region.left, region.top) + reach[:, None]
    return np.hstack([np.maximum(low, 0), np.minimum(high, tuple(size))])
