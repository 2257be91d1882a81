"""Fill a hole with pieces of what is around it, so that texture goes on.

Wexler, Shechtman and Irani, "Space-time completion of video", 2007: from coarse to fine, in turn find for each patch
that touches the hole the patch outside that resembles it most, and paint the hole with what those matches say.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple, Sequence

import cv2
import numpy as np

from ...geometry import Box, Size
from ...progress import Progress, part
from .membrane import fill_membrane
from .patchmatch import RADIUS, SIDE, PatchField, gather, split
from .shiftmap import shift_map

CONTEXT, MARGIN = 1.0, 32  # pieces come from within this part of the hole's longer side, or this many pixels, around it
_NEAR = 0.5  # the same part for small holes
_MOST_TARGETS = 70_000  # levels with more take over the matches of the next coarser one without a search
_MOST_PIXELS = 1_500_000
_FEWEST_SOURCES = 64
_PEEL_WORK = 1.5e8  # comparisons of patches for the first guess
_GUIDED = 30_000  # pixels of a hole from which on a shift map leads ...
_MAPPED = 1_500  # ... made where the hole has at most so many
_AROUND = 40  # ... and the picture around it at most so many times as many
_VARIED = 25.0  # levels of 255: the standard deviation of the colours around it
_MANY, _FEW = 10, 4  # rounds at most, without it and with it
_FADE = 1.3  # a pixel is trusted this much less for each pixel that it is further inside the hole
_CONTRAST, _WINDOW = 2.0, 9  # how much local contrast counts, and over how many pixels it is taken
_DENSE, _SPARSE = range(-RADIUS, RADIUS + 1), (-2, 0, 2)


class Level(NamedTuple):
    """One size of the picture: float32 HxWx5 as from `with_contrast`, and bool HxW where it is to be filled."""

    image: np.ndarray
    hole: np.ndarray

    @property
    def enough(self) -> bool:
        """Whether there are patches to copy from."""
        return min(self.hole.shape) >= SIDE and len(split(self.hole)[1]) >= _FEWEST_SOURCES

    @property
    def small(self) -> bool:
        """Whether a search is affordable."""
        return self.hole.size <= _MOST_PIXELS and len(split(self.hole)[0]) <= _MOST_TARGETS


def fill_exemplar(image: np.ndarray, hole: np.ndarray, progress: Progress) -> np.ndarray:
    """uint8 HxWx3 and bool HxW with some of both -> uint8 HxWx3, filled.

    Where there is too little to copy from (tiny pictures, specks or a thin rim of known pixels) the fill is smooth.
    """
    left, top, width, height = cv2.boundingRect(hole.astype(np.uint8))
    context = CONTEXT if hole.sum() >= _GUIDED else _NEAR
    around = max(MARGIN, round(context * max(width, height)))
    near = Box(left, top, left + width, top + height).grow(around).clip(Size.of(image)).slices
    levels = pyramid(image[near], hole[near])
    if not (levels[-1].enough and levels[-1].small):
        return fill_membrane(image, hole, progress)
    result = image.copy()
    result[near] = np.clip(np.rint(complete(levels, progress)[..., :3]), 0, 255).astype(np.uint8)
    return result


def complete(levels: list[Level], progress: Progress) -> np.ndarray:
    """Levels from `pyramid` -> the finest one's image, filled."""
    rng = np.random.default_rng(0)
    # none of a thin long hole, around which there is too much to look at
    fits = (n for n, one in enumerate(levels) if one.hole.sum() <= _MAPPED and one.hole.size <= _AROUND * _MAPPED)
    fewer = next(fits, len(levels))
    guided = levels[0].hole.sum() >= _GUIDED and fewer < len(levels) and varied(levels[fewer])
    if guided:
        levels = levels[: fewer + 1]
        guess, moved = shift_map(levels[-1].image, levels[-1].hole, rng, part(progress, 0.0, 0.1))
    else:
        guess, moved = peel(levels[-1], rng, part(progress, 0.0, 0.1)), None
    rounds = [_rounds(level, n, guided) for n, level in enumerate(levels)]
    costs = [level.hole.sum() * max(1, many) for level, many in zip(levels, rounds)]
    field = None
    for n in reversed(range(len(levels))):
        level, coarse = levels[n], field
        field = PatchField(level.image, level.hole, rng)
        if coarse is not None:
            take_over(field, coarse)
            guess = vote(field, level, _DENSE if level.small else _SPARSE)
        elif moved is not None:
            follow(field, moved)
        start, end = (0.1 + 0.9 * sum(costs[m:]) / sum(costs) for m in (n + 1, n))
        if level.small:
            guess = refine(field, level, guess, rounds[n], part(progress, start, end))
    return guess


def _rounds(level: Level, n: int, guided: bool) -> int:
    """How often to search and paint at a level 2**n times smaller: more where it decides more and costs less.

    What a shift map has decided is to stay: many rounds would spread the smoothest of it over the rest.
    """
    return min(2 + 2 * n, _FEW if guided else _MANY) if level.small else 0


def varied(level: Level) -> bool:
    """Whether the colours around the hole differ: in the middle of grass or bricks there is nothing to be led by."""
    rim = cv2.dilate(level.hole.astype(np.uint8), np.ones((SIDE, SIDE), np.uint8)) > 0
    return float(level.image[rim & ~level.hole, :3].std(axis=0).mean()) > _VARIED


def follow(field: PatchField, moved: np.ndarray) -> None:
    """Start with the matches that a shift map (int HxW, by positions) says, where these are sources."""
    wanted = np.clip(field.targets + moved.ravel()[field.targets], 0, moved.size - 1)
    field.match = np.where(field.source_row[wanted] >= 0, wanted, field.match).astype(np.int32)


def refine(field: PatchField, level: Level, guess: np.ndarray, rounds: int, progress: Progress) -> np.ndarray:
    """Search and paint in turn; the last painting trusts the best matches alone, for sharpness."""
    field.prepare()
    for n in range(rounds):
        progress(n / rounds, f"Matching patches at {level.hole.shape[1]}x{level.hole.shape[0]}")
        field.improve(guess)
        last = n == rounds - 1
        guess = vote(field, level, _DENSE, spread=1.0 if last else 3.0, tolerance=0.05 if last else 0.2)
    return guess


def with_contrast(image: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """uint8 HxWx3 -> float32 HxWx5: whole numbers: RGB, and how much it varies around, across and down.

    Averaging what matches say blurs them a little, and a blurred guess finds the blurred parts of the picture. Carrying
    the contrast along as colours stops that: Newson et al., "Video inpainting of complex scenes", 2014.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    known = (~hole).astype(np.float32)
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, 1:] = np.abs(np.diff(grey, axis=1)) * known[:, 1:] * known[:, :-1]
    down[1:] = np.abs(np.diff(grey, axis=0)) * known[1:] * known[:-1]
    weight = np.maximum(cv2.blur(known, (_WINDOW, _WINDOW)), 1 / _WINDOW**2)
    contrast = [_CONTRAST * cv2.blur(change, (_WINDOW, _WINDOW)) / weight for change in (across, down)]
    return np.rint(np.dstack([image.astype(np.float32), *contrast]))


def pyramid(image: np.ndarray, hole: np.ndarray) -> list[Level]:
    """The picture, halved until the hole is about a patch deep or too little is left to copy from; finest first."""
    levels = [Level(with_contrast(image, hole), hole)]
    while depth(levels[-1].hole).max() > RADIUS or not levels[-1].small:
        coarse = halve(levels[-1])
        if not coarse.enough:
            break
        levels.append(coarse)
    return levels


def halve(level: Level) -> Level:
    """Mean of each 2x2 block; a block is a hole where one of its pixels is, so no unknown colour gets in."""
    height, width = (level.hole.shape[0] + 1) // 2, (level.hole.shape[1] + 1) // 2
    more = ((0, 2 * height - level.hole.shape[0]), (0, 2 * width - level.hole.shape[1]))
    image = np.pad(level.image, (*more, (0, 0)), mode="edge").reshape(height, 2, width, 2, -1)
    hole = np.pad(level.hole, more, mode="edge").reshape(height, 2, width, 2)
    return Level(np.rint(image.mean(axis=(1, 3))), hole.max(axis=(1, 3)))


def depth(hole: np.ndarray) -> np.ndarray:
    """Distance of each pixel to the nearest one outside the hole, float32 HxW."""
    return cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def peel(level: Level, rng: np.random.Generator, progress: Progress) -> np.ndarray:
    """A first guess: from the border inwards, each pixel from the patch that best agrees with what is known there."""
    image, hole = level.image.copy(), level.hole.copy()
    (height, width), whole = hole.shape, hole.sum()
    sources = split(hole)[1]
    most = int(np.clip(_PEEL_WORK / whole, 64, 8192))
    sources = rng.choice(sources, min(most, len(sources)), replace=False)
    patches = gather(image, sources)
    squares = (patches**2).T
    while hole.any():
        progress(1 - hole.sum() / whole, "Growing inwards")
        inner = cv2.erode(hole.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) > 0
        ring = np.flatnonzero(hole & ~inner)
        y, x = _inside(ring // width, height), _inside(ring % width, width)
        centre = y * width + x
        known = gather(np.repeat(~hole[..., None], image.shape[2], axis=2), centre).astype(np.float32)
        error = known @ squares - 2 * (known * gather(image, centre)) @ patches.T  # less what all sources share
        best = sources[error.argmin(axis=1)]
        flat = image.reshape(-1, image.shape[2])
        flat[ring] = flat[best + ring - centre]
        hole = inner
    return image


def take_over(fine: PatchField, coarse: PatchField) -> None:
    """Start `fine` with the matches of a level half the size."""
    (height, width), (fine_height, fine_width) = coarse.shape, fine.shape
    y, x = np.divmod(fine.targets, fine_width)
    near_y, near_x = _inside(y // 2, height), _inside(x // 2, width)
    row = coarse.target_row[near_y * width + near_x]
    match_y, match_x = np.divmod(coarse.match[row], width)
    moved_y, moved_x = y + 2 * (match_y - near_y), x + 2 * (match_x - near_x)
    moved = _inside(moved_y, fine_height) * fine_width + _inside(moved_x, fine_width)
    # At the picture's border the same offset may lead into the hole; twice the coarse match never does.
    doubled = (2 * match_y + y % 2) * fine_width + 2 * match_x + x % 2
    fine.match = np.where(fine.source_row[moved] >= 0, moved, doubled).astype(np.int32)
    fine.shift = coarse.shift[row]


def vote(
    field: PatchField, level: Level, steps: Sequence[int], spread: float = 2.0, tolerance: float = 0.2
) -> np.ndarray:
    """Paint the hole: each pixel is the mean of what the matches of the patches over it say, the trusted ones first.

    steps:     which of the patches over a pixel have a say, by how far their centres are from it across and down.
    spread:    the standard deviation of a Gaussian over that distance.
    tolerance: how fast trust falls with the error of a match; small for a sharp result.
    """
    (height, width), channels = field.shape, level.image.shape[2]
    trust = _FADE ** -np.minimum(depth(level.hole).ravel()[field.targets], 60)
    trust *= np.exp(-field.error / (2 * max(tolerance * np.percentile(field.error, 75), 1.0))) + 1e-6
    result = level.image.copy()
    flat = result.reshape(-1, channels)
    pixels = np.flatnonzero(level.hole).astype(np.int32)
    y, x = np.divmod(pixels, width)
    total, weights = np.zeros((len(pixels), channels), np.float32), np.zeros((len(pixels), 1), np.float32)
    for dy, dx in product(steps, steps):
        centre = _inside(y + dy, height) * width + _inside(x + dx, width)
        row = field.target_row[centre]
        weight = (trust[row] * np.exp(-(dy * dy + dx * dx) / (2 * spread**2))).astype(np.float32)[:, None]
        total += weight * (np.take(flat, field.match[row] + pixels - centre, axis=0) + field.shift[row])
        weights += weight
    flat[pixels] = np.rint(total / weights)
    return result


def _inside(coordinate: np.ndarray, length: int) -> np.ndarray:
    """The nearest coordinate at which a patch lies wholly in a picture of that length."""
    return np.clip(coordinate, RADIUS, length - 1 - RADIUS)
