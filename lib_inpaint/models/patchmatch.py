"""Approximate nearest neighbours between the patches of one picture: PatchMatch, on whole arrays at once.

Barnes, Shechtman, Finkelstein and Goldman, "PatchMatch: a randomized correspondence algorithm for structural image
editing", 2009. Three things differ, all so that numpy has large arrays to work on: patches are compared by their main
components instead of pixel by pixel (He and Sun, "Computing nearest-neighbor fields via propagation-assisted
kd-trees", 2012); good matches spread by jumps of 8, 4, 2, 1 pixels in place of scan order; and the offsets that most
targets have come to use are tried by all (He and Sun, "Statistics of patch offsets for image completion", 2012).

A position is the index of a patch's centre in the flattened picture. Only patches that lie wholly in it are used.
"""

from __future__ import annotations

from typing import Union

import cv2
import numpy as np

RADIUS = 3
SIDE = 2 * RADIUS + 1
_COMPONENTS = 32
_SAMPLE = 4096  # patches that the components are learnt from
_JUMPS = (8, 4, 2, 1)
_POPULAR = 12
_SHIFT = 16.0  # a match may be made lighter or darker by up to this much in each colour ...
_SHIFT_COST = 0.3  # ... at this part of what the difference would cost otherwise

Which = Union[np.ndarray, slice]


class PatchField:
    """For each target patch (one that touches the hole), the source patch (one that does not) it resembles most.

    Matches may be a little lighter or darker than their target (the bias of Darabi et al., "Image melding", 2012), which
    lets shading go on where no source has the very same colour.

    image:   float32 HxWxC, the first three channels RGB, the hole filled with the current guess.
    targets: int32 T, positions of the targets.
    sources: int32 S, positions of the sources, S > 0.
    match:   int32 T, the source position found for each target.
    shift:   float32 TxC, what is to be added to the pixels of the match.
    error:   float32 T, squared distance between target and shifted match; 0 before the first `improve`.
    """

    def __init__(self, image: np.ndarray, hole: np.ndarray, rng: np.random.Generator) -> None:
        self.image, self.rng, self.shape = image, rng, hole.shape
        self.targets, self.sources = split(hole)
        self.target_row = _rows(self.targets, hole.size)
        self.source_row = _rows(self.sources, hole.size)
        self.match = rng.choice(self.sources, len(self.targets))
        self.shift = np.zeros((len(self.targets), image.shape[2]), np.float32)
        self.error = np.zeros(len(self.targets), np.float32)

    def learn(self) -> None:
        """Describe the sources; the costly part, needed before the first `improve`."""
        sample = self.rng.choice(self.sources, min(len(self.sources), _SAMPLE))
        self.basis = basis_of(gather(self.image, sample), self.image.shape[2])
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
        """The patches at `positions` in `basis`, float32 Nx(3 + K); in pieces, as raw patches take a kilobyte each."""
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


def basis_of(patches: np.ndarray, channels: int) -> np.ndarray:
    """Orthonormal columns for patches float32 NxP: their mean red, green and blue, then the main components of the rest.

    float32 Px(3 + K). A mean counts as SIDE times itself: the patch has SIDE * SIDE pixels.
    """
    means = np.tile(np.eye(channels, 3, dtype=np.float32), (SIDE * SIDE, 1)) / SIDE
    rest = patches - patches @ means @ means.T
    _, vectors = np.linalg.eigh(rest.T @ (rest - rest.mean(axis=0)))  # in ascending order of variance
    return np.ascontiguousarray(np.hstack([means, vectors[:, : -_COMPONENTS - 1 : -1]]), dtype=np.float32)


def _rows(positions: np.ndarray, size: int) -> np.ndarray:
    """Where in `positions` each pixel of the picture stands, -1 where it does not; int32 of that size."""
    rows = np.full(size, -1, np.int32)
    rows[positions] = np.arange(len(positions), dtype=np.int32)
    return rows
