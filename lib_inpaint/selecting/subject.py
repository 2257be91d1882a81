"""The subject of a picture, and what a person has to know of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import EmptySelection
from ..geometry import Box, Image, Mask
from ..imaging import mask as masks
from ..models.model import SubjectDetector
from ..progress import Progress

_LEAST = 0.0005  # of the picture; less is a speck, and no subject


@dataclass(frozen=True)
class FoundSubject:
    """mask: uint8 HxW, 0 or 255. box: of it. score: the IoU with the true mask to be expected, 0..1. note: what to
    tell a person.
    """

    mask: Mask
    box: Box
    score: float
    note: str = ""

    @property
    def area(self) -> int:
        return int(np.count_nonzero(self.mask))


def find(image: Image, detector: SubjectDetector, is_guess: bool, progress: Progress) -> FoundSubject:
    """The subject of a picture (uint8 HxWx3). is_guess: the detector is no network. Raises EmptySelection."""
    subject = detector(image, progress)
    box = masks.bounds(subject.mask)
    if box is None or np.count_nonzero(subject.mask) < _LEAST * subject.mask.size:
        raise EmptySelection("Nothing in this picture stands out as its subject; point at what is meant.")
    return FoundSubject(subject.mask, box, subject.score, guess_note(subject.score) if is_guess else "")


def guess_note(score: float) -> str:
    """What is said of a subject that no network found."""
    return (
        f"The subject was guessed without a network, {score:.0%} sure: look whether it is what you mean. "
        "A network is surer: inpaint-anything models download u2netp"
    )
