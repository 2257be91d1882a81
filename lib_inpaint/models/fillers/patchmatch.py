"""Approximate nearest neighbours between the patches of one picture: PatchMatch, on whole arrays at once.

Barnes, Shechtman, Finkelstein and Goldman, "PatchMatch: a randomized correspondence algorithm for structural image
editing", 2009. Three things differ, all so that numpy has large arrays to work on: patches are compared by their lower
frequencies instead of pixel by pixel (as in Korman and Avidan, "Coherency sensitive hashing", 2011); good matches
spread by jumps of 8, 4, 2, 1 pixels in place of scan order; and the offsets that most targets have come to use are
tried by all (He and Sun, "Statistics of patch offsets for image completion", 2012).

A position is the index of a patch's centre in the flattened picture. Only patches that lie wholly in it are used.
"""

from __future__ import annotations

from typing import Union

import cv2
import numpy as np

RADIUS = 3
SIDE = 2 * RADIUS + 1
_FINEST = 8  # frequency of lightness, in half waves across and down a patch
_JUMPS = (8, 4, 2, 1)
_POPULAR = 12
_SHIFT = 6.0  # a match may be made lighter or darker by up to this much in each colour ...
_SHIFT_COST = 0.3  # ... at this part of what the difference would cost otherwise

Which = Union[np.ndarray, slice]


class PatchField:
    """For each target patch (one that touches the hole), the source patch (one that does not) it resembles most.

    A match may be made a little lighter or darker (the bias of Darabi et al., "Image melding", 2012), so that shading
    goes on where no source has the very same colour.

    image:   float32 HxWx5, whole numbers: RGB and two of contrast, the hole filled with the current guess.
    targets: int32 T, positions of the targets.
    sources: int32 S, positions of the sources, S > 0.
    match:   int32 T, the source position found for each target.
    shift:   float32 Tx5, what is to be added to the pixels of the match.
    error:   float32 T, squared distance of target and shifted match; 0 before the first `improve`.
    """

    def __init__(self, image: np.ndarray, hole: np.ndarray, rng: np.random.Generator) -> None:
        self.image, self.rng, self.shape = image, rng, hole.shape
        self.targets, self.sources = split(hole)
        self.target_row = _rows(self.targets, hole.size)
        self.source_row = _rows(self.sources, hole.size)
        self.match = rng.choice(self.sources, len(self.targets))
        self.shift = np.zeros((len(self.targets), image.shape[2]), np.float32)
        self.error = np.zeros(len(self.targets), np.float32)

    def prepare(self) -> None:
        """Describe the sources; the costly part, needed before the first `improve`."""
        self.basis = cosine_basis()
        self.source_features = self._describe(self.sources)

    def improve(self, image: np.ndarray) -> None:
        """Given a new guess of the hole: one round of propagation, popular offsets and random search around matches."""
        self.image = image
        self.target_features = self._describe(self.targets)
        self.error = self._distance(self.match, slice(None))
        for jump in _JUMPS:
            for dy, dx in ((0, jump), (0, -jump), (jump, 0), (-jump, 0)):
                self._follow(dy * self.shape[1] + dx)
        self._try_popular()
        reach = max(self.shape)
        while reach >= 1:
            self._try_near(reach)
            reach //= 2
        means = self.target_features[:, :3] - self.source_features[self.source_row[self.match], :3]
        self.shift[:, :3] = np.clip(means / SIDE, -_SHIFT, _SHIFT)

    def _follow(self, step: int) -> None:
        """Offer each target the match of the target that is `step` positions on, moved back by as much."""
        other = np.clip(self.targets + step, 0, len(self.target_row) - 1)
        row = self.target_row[other]
        self._offer(np.where(row >= 0, self.match[row] - step, -1))

    def _try_popular(self) -> None:
        """Offer all targets the offsets that are most frequent now."""
        offsets, counts = np.unique(self.match - self.targets, return_counts=True)
        for offset in offsets[np.argsort(-counts, kind="stable")[:_POPULAR]]:
            self._offer(self.targets + offset)

    def _try_near(self, reach: int) -> None:
        """Offer each target a random position within `reach` of its match."""
        height, width = self.shape
        dy, dx = self.rng.integers(-reach, reach + 1, (2, len(self.match)))
        y = np.clip(self.match // width + dy, 0, height - 1)
        x = np.clip(self.match % width + dx, 0, width - 1)
        self._offer(y * width + x)

    def _offer(self, candidate: np.ndarray) -> None:
        """Take those of the candidates (int T, any number) that are positions of sources and fit better."""
        row = self.source_row[np.clip(candidate, 0, len(self.source_row) - 1)]
        inside = (candidate >= 0) & (candidate < len(self.source_row))
        able = np.flatnonzero(inside & (row >= 0) & (candidate != self.match))
        error = self._distance(candidate[able], able)
        better = error < self.error[able]
        self.match[able[better]] = candidate[able[better]]
        self.error[able[better]] = error[better]

    def _distance(self, positions: np.ndarray, which: Which) -> np.ndarray:
        """Squared distance of the sources at `positions` to the targets `which`, float32."""
        difference = self.source_features[self.source_row[positions]] - self.target_features[which]
        means = difference[:, :3]
        means -= (1 - _SHIFT_COST) * np.clip(means, -SIDE * _SHIFT, SIDE * _SHIFT)
        return np.einsum("ij,ij->i", difference, difference)

    def _describe(self, positions: np.ndarray) -> np.ndarray:
        """The patches at `positions` in `basis`, float32 Nx(3 + K); in pieces, raw patches take a kilobyte each."""
        pieces = np.array_split(positions, len(positions) // 16384 + 1)
        return np.concatenate([gather(self.image, piece) @ self.basis for piece in pieces])


def split(hole: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """bool HxW -> the positions of patches that touch the hole and of those that do not, int32 each."""
    touching = cv2.dilate(hole.astype(np.uint8), np.ones((SIDE, SIDE), np.uint8)) > 0
    inner = np.zeros_like(hole)
    inner[RADIUS : hole.shape[0] - RADIUS, RADIUS : hole.shape[1] - RADIUS] = True
    targets, sources = np.flatnonzero(inner & touching), np.flatnonzero(inner & ~touching)
    return targets.astype(np.int32), sources.astype(np.int32)


def gather(image: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The patches of an HxWxC picture around `positions`, NxP with P = SIDE * SIDE * C."""
    y, x = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1].astype(np.int32)
    pixels = positions[:, None] + (y * image.shape[1] + x).ravel()
    return np.take(image.reshape(-1, image.shape[2]), pixels, axis=0).reshape(len(positions), -1)


def cosine_basis() -> np.ndarray:
    """Columns that turn patches of RGB and two channels of contrast, SIDE x SIDE x 5, into what is compared.

    float32 Px(3 + K), nearly orthonormal: mean red, green and blue, then the lower frequencies of a cosine transform,
    more of lightness than of colour and contrast. Multiples of 1/1024, so that whole numbers go through a product with
    it exactly: the sum of rounded ones would depend on the threads of the linear algebra, and so would the picture.
    """
    k, x = np.mgrid[:SIDE, :SIDE]
    waves = np.cos(np.pi * k * (x + 0.5) / SIDE) * np.sqrt(np.where(k == 0, 1, 2) / SIDE)
    lightness, warm, green = (1, 1, 1, 0, 0), (1, 0, -1, 0, 0), (1, -2, 1, 0, 0)
    across, down = (0, 0, 0, 1, 0), (0, 0, 0, 0, 1)
    columns = [np.multiply.outer(np.outer(waves[0], waves[0]), channel) for channel in np.eye(3, 5)]
    for channel, lowest, highest in (lightness, 1, _FINEST), (warm, 1, 2), (green, 1, 2), (across, 0, 1), (down, 0, 1):
        for v, u in np.ndindex(SIDE, SIDE):
            if lowest <= u + v <= highest:
                columns.append(
                    np.multiply.outer(np.outer(waves[v], waves[u]), np.divide(channel, np.linalg.norm(channel)))
                )
    return np.rint(np.stack([column.ravel() for column in columns], axis=1) * 1024).astype(np.float32) / 1024


def _rows(positions: np.ndarray, size: int) -> np.ndarray:
    """Where in `positions` each pixel of the picture stands, -1 where it does not; int32 of that size."""
    rows = np.full(size, -1, np.int32)
    rows[positions] = np.arange(len(positions), dtype=np.int32)
    return rows
