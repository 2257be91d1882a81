"""The first thing a newcomer runs: a sample photo, a thing pointed at, and before | mask | after in one picture."""

from __future__ import annotations

import cv2
import numpy as np

from ..geometry import Point
from ..progress import Progress
from ..schema import RemoveRequest, Selection
from ..service import Service

GAP = 12
CAPTION = 34
INK, PAPER, ACCENT = (32, 33, 36), (255, 255, 255), (230, 57, 70)

WHAT = "The badge is removed from scikit-image's photo of an astronaut, with one click"
SELECTION = Selection(points=(Point(169, 385, 1),))


def photo() -> np.ndarray:
    """The sample photo, uint8 HxWx3."""
    from skimage import data

    return data.astronaut()


def sheet(service: Service, progress: Progress) -> tuple[str, np.ndarray]:
    """What was done, in words, and uint8 HxWx3: the photo with the point, the mask on it, and the result."""
    before = photo()
    result = service.remove(before, RemoveRequest(objects=(SELECTION,)), progress=progress)
    panels = [("before", pointed(before, SELECTION)), ("mask", tinted(before, result.mask)), ("after", result.image)]
    return WHAT, side_by_side(panels)


def tinted(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The image in grey with the mask in colour over it; uint8 HxWx3."""
    grey = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2) * 0.5 + 110
    weight = mask[..., None] / 255 * 0.75
    return np.rint(grey * (1 - weight) + np.array(ACCENT) * weight).astype(np.uint8)


def pointed(image: np.ndarray, selection: Selection) -> np.ndarray:
    """A copy of the image with the selection's points and box drawn on it; uint8 HxWx3."""
    drawn = image.copy()
    if selection.box is not None:
        left, top, right, bottom = selection.box
        cv2.rectangle(drawn, (left, top), (right, bottom), ACCENT, 2, cv2.LINE_AA)
    for x, y, label in selection.points:
        centre = (round(x), round(y))
        cv2.circle(drawn, centre, 8, PAPER, -1, cv2.LINE_AA)
        cv2.circle(drawn, centre, 6, ACCENT if label else INK, -1, cv2.LINE_AA)
    return drawn


def side_by_side(panels: list[tuple[str, np.ndarray]]) -> np.ndarray:
    """Pictures of one size next to each other, each with its caption above; uint8 HxWx3."""
    height, width = panels[0][1].shape[:2]
    canvas = np.full((CAPTION + height + GAP, GAP + (width + GAP) * len(panels), 3), PAPER, np.uint8)
    for number, (caption, image) in enumerate(panels):
        left = GAP + (width + GAP) * number
        canvas[CAPTION : CAPTION + height, left : left + width] = image
        cv2.putText(canvas, caption, (left, CAPTION - 11), cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 1, cv2.LINE_AA)
    return canvas
