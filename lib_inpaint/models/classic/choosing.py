"""From what was pointed at to one to three masks at the size of the small picture, the best first."""

from __future__ import annotations

from typing import NamedTuple, Optional

import cv2
import numpy as np

from ...geometry import Box, Size
from ...imaging import mask as masks
from .boxes import boxed
from .correction import correct
from .edge import cut_along, cut_box, ellipse, one_colour, recut, tidy
from .likely import expected_iou
from .pointing import belonging, patch_at
from .proposals import propose, smoothed
from .regions import Regions, flat_area
from .scoring import Click, Prompts, agreement, cover, fill, fitness, overlap
from .walk import parts_with

_BRUSHED = 6  # patches that stand for a brushed area
_POINTED = 4  # clicks that say together what the thing looks like
_SAME = 0.75  # two candidates that overlap so much are one
_WORSE = 0.05  # what a cut by colour may lose of the expected IoU: it knows colours that the patches do not
_FLAT = 4  # patches without an edge between them that are one thing, as in drawings and on screens
_SETTLED = 24  # clicks that are worked on one by one; of more, each moves its own spot
_CHOSEN = 0.9  # the probability of parts of an earlier answer that no click included
_HALF = 0.5  # a second or third candidate is no larger part of the picture, unless the first is
_ALIKE = 0.35  # a cut by colour in a box that overlaps less with what is likely went astray
_LEVELS = 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05  # of what is likely in a box
_TIGHT = 0.93  # how nearly the bounds of what is in a box must be the box


class Guess(NamedTuple):
    """bool hxw, and the expected IoU."""

    inside: np.ndarray
    score: float


def choose(small: np.ndarray, regions: Regions, prompts: Prompts, previous: Optional[np.ndarray]) -> list[Guess]:
    """One to three guesses, the best first. previous: float32 hxw logits of an earlier one, or None."""
    goes_on = previous is not None and _continues(previous > 0, prompts)
    if not (goes_on or any(click.label > 0 for click in prompts.clicks) or prompts.hint.any() or prompts.box):
        return [Guess(np.zeros(prompts.known.shape, bool), 0.0)]
    if previous is not None and goes_on:
        guesses, smooth = _from_previous(regions, previous > 0, prompts)
    elif prompts.box is not None:
        guesses, smooth = _from_box(small, regions, prompts)
    else:
        guesses, smooth = _from_places(small, regions, prompts)
    settled = _settle(small, regions, guesses[0].inside, prompts, smooth)
    found = [_known(guess, prompts) for guess in _first(Guess(settled, guesses[0].score), guesses[1:])]
    scores = np.minimum.accumulate([guess.score for guess in found])
    return [Guess(guess.inside, float(score)) for guess, score in zip(found, scores)]


def _continues(inside: np.ndarray, prompts: Prompts) -> bool:
    """Whether the selection goes on from an earlier guess: a click was added to what has not been drawn anew."""
    if not inside.any() or not prompts.clicks or prompts.hint.any():
        return False
    return prompts.box is None or fill(inside, prompts.box) > 0.7


def _first(one: Guess, others: list[Guess]) -> list[Guess]:
    """One guess before those of the others that differ from it, no score above that of the one before."""
    kept = [one]
    for other in others:
        if all(_overlap(other.inside, guess.inside) < _SAME for guess in kept) and other.inside.any():
            kept.append(other)
    best = max(guess.score for guess in kept)
    scores = np.minimum.accumulate([best, *(guess.score for guess in kept[1:])])
    return [Guess(guess.inside, float(score)) for guess, score in zip(kept, scores)][:3]


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    return (one & other).sum() / max(1, (one | other).sum())


def _from_previous(regions: Regions, inside: np.ndarray, prompts: Prompts) -> tuple[list[Guess], np.ndarray]:
    """An earlier guess alone, and the probability that the first click or the box gave each patch."""
    included = [click.place for click in prompts.clicks if click.label > 0]
    if prompts.box is not None:
        smooth = boxed(regions, prompts.box)
    elif included:
        smooth = smoothed(regions, belonging(regions, included[0]))
    else:
        smooth = cover(regions, inside) / regions.area
    chosen = cover(regions, inside) > regions.area / 2
    unexplained = chosen & ~_explained(regions, chosen, prompts)
    smooth = np.maximum(smooth, _CHOSEN * unexplained)
    return [Guess(inside, agreement(regions, inside, smooth))], smooth


def _from_places(small: np.ndarray, regions: Regions, prompts: Prompts) -> tuple[list[Guess], np.ndarray]:
    """What clicks and brushed places mean, and the probability of each patch."""
    places = [click.place for click in prompts.clicks if click.label > 0][:_POINTED]
    if prompts.hint.any():
        part = cover(regions, prompts.hint) / regions.area
        brushed = np.flatnonzero(part > min(0.6, 0.9 * part.max()))
        chosen = brushed[np.linspace(0, len(brushed) - 1, min(len(brushed), _BRUSHED)).astype(int)]
        places += [tuple(regions.place[patch].tolist()) for patch in chosen]
    belongs = np.max([belonging(regions, place) for place in places], 0)
    sets, smooth = propose(regions, belongs, patch_at(regions, places[0]))
    agrees = fitness(regions, sets, prompts)
    scores = expected_iou(regions, sets, belongs, smooth, places[0]) * agrees
    best = sets[scores.argmax()]
    cut = recut(small, best[regions.patches], smooth[regions.patches], prompts.known)
    again = cover(regions, cut)[None] > regions.area / 2
    guesses = [Guess(_edge(small, regions, best, prompts), float(scores.max()))]
    if again.any():
        value = expected_iou(regions, again, belongs, smooth, places[0]) * fitness(regions, again, prompts)
        guesses.insert(0 if value[0] > scores.max() - _WORSE else 1, Guess(cut, float(value[0])))
    for one in _others(regions, sets, scores, np.concatenate([best[None], again])):
        guesses.append(Guess(_edge(small, regions, sets[one], prompts), float(scores[one])))
    if len(places) == 1 and not prompts.hint.any():
        flat = flat_area(regions, patch_at(regions, places[0]))
        if flat.sum() >= _FLAT:
            whole = flat[regions.patches] | one_colour(small, places[0])
            guesses.insert(0, Guess(cut_along(small, whole, prompts.known), max(guesses[0].score, 0.5)))
    return guesses, smooth


def _others(regions: Regions, sets: np.ndarray, scores: np.ndarray, taken: np.ndarray) -> list[int]:
    """The likeliest sets that differ from those taken (bool KxP): one of either size, if there are."""
    area = sets @ regions.area
    best = taken[0] @ regions.area
    fits = (area <= max(best, _HALF * regions.area.sum())) & (scores > 0)
    found: list[int] = []
    for side in (area > best, area <= best, area > 0):
        free = fits & side
        for other in [*taken, *sets[found]]:
            free &= overlap(regions, sets, other) < _SAME
        if free.any():
            found.append(int(np.where(free, scores, -1).argmax()))
    return sorted(found, key=lambda one: -scores[one])


def _edge(small: np.ndarray, regions: Regions, chosen: np.ndarray, prompts: Prompts) -> np.ndarray:
    return cut_along(small, chosen[regions.patches], prompts.known)


def _from_box(small: np.ndarray, regions: Regions, prompts: Prompts) -> tuple[list[Guess], np.ndarray]:
    """What a box means, and the probability of each patch."""
    box = prompts.box
    assert box is not None
    smooth = boxed(regions, box)
    if prompts.hint.any():
        smooth = np.maximum(smooth, 0.9 * (cover(regions, prompts.hint) > regions.area / 2))
    likely = np.where(prompts.known < 0, 0, smooth[regions.patches])
    probable = _tight(likely, box)
    cut = cut_box(small, box, prompts.known, probable)
    guesses = [Guess(one, agreement(regions, one, smooth)) for one in (cut, probable) if one.any()]
    if len(guesses) == 2 and _overlap(cut, probable) < _ALIKE:
        guesses.reverse()
    whole = likely > 0.25
    drawn = ellipse(Size.of(whole), box) & (prompts.known >= 0)
    guesses += [Guess(one, agreement(regions, one, smooth)) for one in (whole, drawn) if one.any()]
    return _first(guesses[0], guesses[1:3]) if guesses else [Guess(drawn, 0.05)], smooth


def _tight(likely: np.ndarray, box: Box) -> np.ndarray:
    """bool hxw: what is likely (float hxw), so much of it that it fills the box: a thing touches all four sides."""
    sets = (tidy(likely > level) for level in _LEVELS)
    return next((one for one in sets if fill(one, box) >= _TIGHT), likely > 0.5)


def _settle(
    small: np.ndarray, regions: Regions, inside: np.ndarray, prompts: Prompts, smooth: np.ndarray
) -> np.ndarray:
    """bool hxw: a guess that agrees with every click, each having moved what is around it and no more."""
    patches = [patch_at(regions, click.place) for click in prompts.clicks]
    for number, click in enumerate(prompts.clicks[:_SETTLED]):
        if _at(inside, click) == (click.label > 0):
            continue
        chosen = cover(regions, inside) > regions.area / 2
        held = [patch for patch, other in zip(patches, prompts.clicks) if other.label != click.label]
        if click.label < 0 and chosen[patches[number]]:
            part = parts_with(regions, chosen[None], patches[number])[0]
            held += [] if part[held].any() else [_farthest(regions, part, smooth, click)]
        moved = correct(regions, chosen, click.place, click.label, held, smooth)
        moved[patches[number]] |= not moved.any()
        inside = _moved(small, inside, moved[regions.patches], click.label, prompts.known)
    return inside


def _explained(regions: Regions, chosen: np.ndarray, prompts: Prompts) -> np.ndarray:
    """bool P: the parts of a selection (bool P) that a click included."""
    included = [patch_at(regions, click.place) for click in prompts.clicks if click.label > 0]
    parts = [parts_with(regions, chosen[None], patch)[0] for patch in included[:_SETTLED] if chosen[patch]]
    return np.any(parts, 0) if parts else np.zeros(len(chosen), bool)


def _farthest(regions: Regions, part: np.ndarray, smooth: np.ndarray, click: Click) -> int:
    """The patch that surely stays when some of a part (bool P) is excluded that no click included."""
    away = np.hypot(*(regions.place - np.array(click.place)).T)
    return int((part * (smooth + 0.01) * away).argmax())


def _at(inside: np.ndarray, click: Click) -> bool:
    """What most pixels around a click are; the one clicked on may have been set by the click itself."""
    row, column = click.cell
    return bool(inside[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2].mean() > 0.5)


def _moved(small: np.ndarray, inside: np.ndarray, moved: np.ndarray, label: int, known: np.ndarray) -> np.ndarray:
    """bool hxw: a mask with some of its pixels (bool hxw) moved to a side, the edge found again there alone."""
    changed = inside | moved if label > 0 else inside & ~moved
    bounds = masks.bounds(moved.astype(np.uint8))
    if bounds is None or not changed.any():
        return changed
    window = bounds.grow(12).clip(Size.of(moved)).slices
    near = cv2.dilate(moved[window].astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    result = changed.copy()
    if changed[window].any():
        result[window] = np.where(near, cut_along(small[window], changed[window], known[window]), changed[window])
    return result


def _known(guess: Guess, prompts: Prompts) -> Guess:
    """The guess with what is known for certain; the spots themselves where nothing was found."""
    inside = (guess.inside | (prompts.known > 0)) & (prompts.known >= 0)
    if guess.inside.any() and inside.any():
        return Guess(inside, guess.score)
    spots = cv2.dilate((prompts.known > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    shown = spots | prompts.hint
    if prompts.box is not None:
        shown |= ellipse(Size.of(shown), prompts.box)
    return Guess((shown | (prompts.known > 0)) & (prompts.known >= 0), min(guess.score, 0.05))
