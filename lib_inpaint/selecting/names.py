"""What a person calls things, taken apart for a detector, which knows nouns: "all cars", "the left one", "not the".

    cat, dog                 what goes by either name
    all cars                 cars
    the left car             of the cars, the one furthest to the left; also leftmost, and "car on the left"
    cars, the largest one    the same way: which of those named before
    cars, not the red one    the cars, but for those found as red cars
    cars, not the left one   the cars, but for the one furthest to the left

Which: left, right, largest, smallest, middle, and the first to the fifth from the left; behind the name also on top and
at the bottom. The words are English, as the detectors are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Callable, Sequence

import numpy as np

from ..errors import BadRequest
from ..geometry import Box
from ..models.model import Hit

_SAME = 0.5  # IoU of two boxes from which on they are of one thing
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_WORDS = {"leftmost": "left", "rightmost": "right", "biggest": "largest", "center": "middle", "centre": "middle"}
_BEFORE = re.compile(
    r"(?:the )?(left|leftmost|right|rightmost|largest|biggest|smallest|middle)\b ?(.*)"
    rf"|the ({'|'.join(_ORDINALS)})\b ?(.*?)(?: from the left)?"
)
_BEHIND = re.compile(r"(.+?) (?:on|at|in) (?:the )?(left|right|top|bottom|middle|center|centre)")
_ONE = re.compile(r"(?:the )?(.*?) ?\bones?")
_NOT = re.compile(r"(?:but )?(?:not|except|without)\b ?(.*)")
_BREAK = re.compile(r",|\s(?=(?:but not|except|without) )")


@dataclass(frozen=True)
class Wanted:
    """name: for the detector. which: of those found, empty for all. excluded: what is not meant of them."""

    name: str
    which: str = ""
    excluded: tuple[Wanted, ...] = ()


def parsed(text: str) -> list[Wanted]:
    """What a text asks for. Raises BadRequest for one that names nothing, or refers to nothing."""
    wanted: list[Wanted] = []
    for part in filter(None, (" ".join(piece.split()) for piece in _BREAK.split(text))):
        negated = _NOT.fullmatch(part.lower())
        if negated and not wanted:
            raise BadRequest("Say first what to look for, then what is not meant: cars, not the red one.", "text")
        if negated:
            one = _one(negated[1], wanted)
            wanted[-1] = replace(wanted[-1], excluded=(*wanted[-1].excluded, one))
            continue
        one = _one(part, wanted)
        if wanted and one.which and one.name == wanted[-1].name and not wanted[-1].which:
            wanted[-1] = replace(wanted[-1], which=one.which)  # "cars, the left one"
        else:
            wanted.append(one)
    if not wanted:
        raise BadRequest("Say what to look for, such as: the red car.", "text")
    return wanted


def _one(part: str, before: Sequence[Wanted]) -> Wanted:
    """A name and which of those that go by it; "one" is what was named before."""
    low = re.sub(r"^(?:all(?: of)?|every|each)\b ?", "", part, flags=re.IGNORECASE)
    placed, behind = _BEFORE.fullmatch(low.lower()), _BEHIND.fullmatch(low.lower())
    which, name = "", low
    if placed:
        which, name = placed[1] or placed[3], placed[2] or placed[4] or "one"
    elif behind:
        name, which = behind[1], behind[2]
    refers = _ONE.fullmatch(name.lower())
    if refers:
        if not before:
            raise BadRequest(f"Say what {part!r} is, such as: the left car.", "text")
        name = " ".join(filter(None, (refers[1], before[-1].name)))
    if not name:
        raise BadRequest("Say what to look for, such as: all cars.", "text")
    return Wanted(name, _WORDS.get(which, which))


def names_of(wanted: Sequence[Wanted]) -> list[str]:
    """What the detector is asked for, each once: also what is not meant, so that it is told apart."""
    every = [one.name for each in wanted for one in (each, *each.excluded)]
    return list(dict.fromkeys(every))


def chosen(hits: Sequence[Hit], wanted: Sequence[Wanted]) -> list[Hit]:
    """Of what the detector found, best first, what is meant, in the same order."""
    if not any(one.which or one.excluded for one in wanted):
        return list(hits)
    meant = [hit for one in wanted for hit in _meant(hits, one)]
    return [hit for hit in hits if hit in meant]


def _meant(hits: Sequence[Hit], wanted: Wanted) -> list[Hit]:
    found = _named(hits, wanted.name)
    for other in wanted.excluded:
        if other.name == wanted.name:
            away = _picked(found, other.which)
            found = [hit for hit in found if hit not in away]
        else:
            away = _picked(_named(hits, other.name), other.which)
            found = [hit for hit in found if all(_overlap(hit.box, one.box) < _SAME for one in away)]
    return _picked(found, wanted.which)


def _named(hits: Sequence[Hit], name: str) -> list[Hit]:
    return [hit for hit in hits if hit.name == name.lower().strip(" .")]


def _picked(found: list[Hit], which: str) -> list[Hit]:
    """The one that is meant; all where that is not said, none where there are not so many."""
    if not which or not found:
        return found
    if which in _ORDINALS:
        number = _ORDINALS.index(which)
        return sorted(found, key=lambda hit: _middle(hit)[0])[number : number + 1]
    middle = np.mean([_middle(hit) for hit in found], axis=0)
    order: dict[str, Callable[[Hit], float]] = {
        "left": lambda hit: _middle(hit)[0],
        "right": lambda hit: -_middle(hit)[0],
        "top": lambda hit: _middle(hit)[1],
        "bottom": lambda hit: -_middle(hit)[1],
        "middle": lambda hit: float(np.hypot(*(np.array(_middle(hit)) - middle))),
        "largest": lambda hit: -hit.box.size.area,
        "smallest": lambda hit: hit.box.size.area,
    }
    return [min(found, key=order[which])]


def _middle(hit: Hit) -> tuple[float, float]:
    return (hit.box.left + hit.box.right) / 2, (hit.box.top + hit.box.bottom) / 2


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    shared = max(0, min(one.right, other.right) - max(one.left, other.left))
    shared *= max(0, min(one.bottom, other.bottom) - max(one.top, other.top))
    return shared / max(1, one.size.area + other.size.area - shared)
