"""Where exactly the edge of a thing is: GrabCut along a rough outline, and the outline at a higher resolution.

Rother, Kolmogorov and Blake, "GrabCut: interactive foreground extraction using iterated graph cuts", 2004.
"""

from __future__ import annotations

import cv2
import numpy as np

from ...geometry import Box, Size, resize
from ...imaging import mask as masks
from ...imaging.guided_filter import fit

_FAR = 8.0  # the distance to the edge is told up to so many pixels
BAND = 1.5  # at a higher resolution, the edge is looked for again within so many pixels of the lower one
_AREA = 40_000  # pixels given to GrabCut at once
_AREA_BOX = 100_000  # the same for a box, which is drawn once
_SURE, _UNSURE = 0.85, 0.05  # the probability from which on, or up to which, a cut by colour asks no more
_SLACK = 1.0  # pixels by which the edge of a guess may be off, as patches have no sharp corners
_HOLE, _ISLAND = 0.05, 0.01  # holes and islands up to this part of a thing are not its own
_FEWEST = 16  # pixels its colour models need on either side
_PLAIN = 2  # levels of 255
_WINDOW = 3  # radius of the windows of the guided filter, in pixels of the lower resolution
_EPSILON = 30.0  # contrast below the root of this, of 255, is no edge


def cut_along(image: np.ndarray, rough: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The same thing with its edge found in a band along the rough one.

    image: uint8 HxWx3. rough: bool HxW. known: int8 HxW, 1 inside, -1 outside, 0 to be found out. Returns bool HxW.
    """
    band = float(np.clip(0.12 * np.sqrt(rough.sum()), 2, 20))
    bounds = masks.bounds((rough | (known > 0)).astype(np.uint8)) or Box.whole(Size.of(rough))
    window = bounds.grow(int(2.5 * band) + 4).clip(Size.of(rough))
    part, sure = rough[window.slices], known[window.slices]
    within = distance(part)
    core = (within > min(band, 0.5 * within.max())) | _core_near(sure > 0, within, int(band))
    trimap = np.where(part, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    trimap[core] = cv2.GC_FGD
    trimap[(distance(~part) > band) | (sure < 0)] = cv2.GC_BGD
    trimap[sure > 0] = cv2.GC_FGD
    inside = _connected(_grabcut(image[window.slices], trimap, 2, _AREA), core | (sure > 0))
    if (inside & part).sum() < 0.6 * (inside | part).sum():  # it leaked or collapsed
        inside = part
    result = np.zeros_like(rough)
    result[window.slices] = (inside | (sure > 0)) & (sure >= 0)
    return result


def _core_near(clicked: np.ndarray, within: np.ndarray, band: int) -> np.ndarray:
    """bool HxW: the middle of what is around the clicks, so that a thin part that was clicked on is not cut away.

    clicked: bool HxW. within: float32 HxW, the distance to the rough edge.
    """
    around = np.ones((2 * band + 1, 2 * band + 1), np.uint8)
    near = cv2.dilate(clicked.astype(np.uint8), around, iterations=2) > 0
    return near & (within > 0.5 * cv2.dilate(within, around))


def recut(image: np.ndarray, rough: np.ndarray, probable: np.ndarray, known: np.ndarray) -> np.ndarray:
    """bool HxW: the thing by its colours, from a first guess; islands of it count too.

    image: uint8 HxWx3. rough: bool HxW, the guess. probable: float HxW, 0..1. known: as in cut_along.
    """
    trimap = np.where(rough, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    far = np.abs(signed_distance(rough)) > _SLACK
    trimap[far & rough & (probable > _SURE)] = cv2.GC_FGD
    trimap[far & ~rough & (probable < _UNSURE)] = cv2.GC_BGD
    trimap[known < 0], trimap[known > 0] = cv2.GC_BGD, cv2.GC_FGD
    inside = tidy(_grabcut(image, trimap, 2, _AREA))
    return (inside | (known > 0)) & (known >= 0)


def tidy(inside: np.ndarray) -> np.ndarray:
    """bool HxW: without small holes and specks."""
    area = int(inside.sum())
    mask = masks.drop_islands(inside.astype(np.uint8) * 255, int(_ISLAND * area))
    return masks.fill_holes(mask, int(_HOLE * area)) > 0


def one_colour(image: np.ndarray, at: tuple[float, float]) -> np.ndarray:
    """bool HxW: what is connected to a place (x, y) of uint8 HxWx3 and has its colour, but for a few levels."""
    height, width = image.shape[:2]
    reached = np.zeros((height + 2, width + 2), np.uint8)
    seed = (min(int(at[0]), width - 1), min(int(at[1]), height - 1))
    few, flags = (_PLAIN,) * 3, 8 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY
    cv2.floodFill(image.copy(), reached, seed, 0, few, few, flags)
    return reached[1:-1, 1:-1] > 0


def cut_box(image: np.ndarray, box: Box, known: np.ndarray, rough: np.ndarray) -> np.ndarray:
    """bool HxW: what differs in the box from a ring around it; nothing when nothing or all does.

    image: uint8 HxWx3. known: as in cut_along. rough: bool HxW, a first guess.
    """
    trimap = np.full(known.shape, cv2.GC_BGD, np.uint8)
    trimap[box.slices] = np.where(rough[box.slices], cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    trimap[known < 0] = cv2.GC_BGD
    trimap[known > 0] = cv2.GC_FGD
    window = box.grow(max(8, max(box.size) // 4)).clip(Size.of(known))
    inside = np.zeros(known.shape, bool)
    inside[window.slices] = tidy(_grabcut(image[window.slices], trimap[window.slices], 3, _AREA_BOX))
    inside &= known >= 0
    return inside if 0.05 < inside.sum() / box.size.area < 0.98 else np.zeros(known.shape, bool)


def ellipse(size: Size, box: Box) -> np.ndarray:
    """bool HxW: the ellipse that fills a box."""
    drawn = masks.blank(size)
    left, top, right, bottom = box
    axes = (right - left) // 2, (bottom - top) // 2
    cv2.ellipse(drawn, ((left + right - 1) // 2, (top + bottom - 1) // 2), axes, 0, 0, 360, 255, -1)
    return drawn > 0


def _grabcut(image: np.ndarray, trimap: np.ndarray, rounds: int, area: int) -> np.ndarray:
    """bool HxW: what GrabCut finds inside; the trimap as it is when it cannot start.

    A large image is cut at a lower resolution, and the edge then drawn along that of the image.
    """
    size = Size.of(image)
    scale = min(1.0, (area / size.area) ** 0.5)
    work = Size(max(1, round(size.width * scale)), max(1, round(size.height * scale)))
    cut = cv2.resize(trimap, tuple(work), interpolation=cv2.INTER_NEAREST)
    fore = _foreground(cut)
    if min(fore.sum(), (~fore).sum()) < _FEWEST:
        return _foreground(trimap)
    reduced = resize(image, work)
    if _is_plain(reduced):
        return _foreground(trimap)
    cv2.setRNGSeed(0)  # its colour models start from random samples
    cv2.grabCut(reduced, cut, None, np.zeros((1, 65)), np.zeros((1, 65)), rounds, cv2.GC_INIT_WITH_MASK)  # type: ignore
    return draw(image, reduced, signed_distance(_foreground(cut))) > 0


def _is_plain(image: np.ndarray) -> bool:
    """Whether there are hardly two colours: GrabCut, which asks for models of both, then takes many seconds."""
    middle = np.median(image.reshape(-1, 3), axis=0)
    return int((np.abs(image - middle) > _PLAIN).any(axis=2).sum()) < _FEWEST


def _foreground(trimap: np.ndarray) -> np.ndarray:
    return (trimap == cv2.GC_FGD) | (trimap == cv2.GC_PR_FGD)


def _connected(inside: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """bool hxw: the parts of `inside` that hold a seed, without small holes."""
    labels = np.array(cv2.connectedComponents(inside.astype(np.uint8), connectivity=4)[1], np.int32)
    kept = np.zeros(int(labels.max()) + 1, bool)
    kept[labels[seeds & inside]] = True
    kept[0] = False
    solid = masks.fill_holes(kept[labels].astype(np.uint8) * 255, max(16, int(inside.sum() * 0.01)))
    return solid > 0


def signed_distance(inside: np.ndarray) -> np.ndarray:
    """bool HxW -> float32 HxW: how far the edge is in pixels, above 0 inside; told up to a few pixels."""
    return np.clip(np.where(inside, distance(inside) - 0.5, 0.5 - distance(~inside)), -_FAR, _FAR).astype(np.float32)


def distance(inside: np.ndarray) -> np.ndarray:
    """float32 HxW: how far each pixel is from the nearest one that is not inside; 0 there."""
    if inside.all():
        return np.full(inside.shape, float(max(inside.shape)), np.float32)
    return cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)


def draw(image: np.ndarray, small: np.ndarray, signed: np.ndarray) -> np.ndarray:
    """float32 hxw on the small image -> uint8 HxW, 0 or 255, on the full one, with the edge found again there.

    The guided filter of the small image, its coefficients applied to the full one. What it costs is in proportion to
    the edge, but for one resize.
    """
    size, low = Size.of(image), Size.of(small)
    if low == size:
        return np.where(signed > 0, np.uint8(255), np.uint8(0))
    soft = cv2.resize(signed, tuple(size), interpolation=cv2.INTER_LINEAR)
    result = np.where(soft > 0, np.uint8(255), np.uint8(0))
    y, x = np.nonzero(np.abs(soft) < BAND)
    if len(y):
        target = np.clip(signed / (2 * BAND) + 0.5, 0, 1)
        slope, offset = fit(small.astype(np.float32), target, _WINDOW, _EPSILON)
        at = _source(x, low.width / size.width), _source(y, low.height / size.height)
        value = (_sample(slope, *at) * image[y, x]).sum(1) + _sample(offset, *at)[:, 0]
        result[y, x] = np.where(value > 0.5, np.uint8(255), np.uint8(0))
    return result if result.any() else np.where(soft > 0, np.uint8(255), np.uint8(0))  # a speck may drown in the filter


def _source(place: np.ndarray, scale: float) -> np.ndarray:
    return ((place + 0.5) * scale - 0.5).astype(np.float32)


def _sample(array: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """float32 hxwxC at M places -> float32 MxC, linear between."""
    width = 4096  # cv2.remap takes no row longer than a short
    short = -len(x) % width
    maps = [np.pad(place, (0, short), mode="edge").reshape(-1, width) for place in (x, y)]
    found = cv2.remap(array, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return found.reshape(len(x) + short, -1)[: len(x)]
