"""Phrases: what the detector is asked for, and which of its hits are meant."""

from __future__ import annotations

import numpy as np
import pytest

from lib_inpaint.errors import BadRequest, EmptySelection
from lib_inpaint.geometry import Box
from lib_inpaint.models.model import Hit
from lib_inpaint.schema import DetectRequest
from lib_inpaint.selecting.names import Wanted, chosen, names_of, parsed
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone


def car(left: int, score: float, name: str = "cars", top: int = 40, side: int = 20) -> Hit:
    return Hit(Box(left, top, left + side, top + side), score, name)


LEFT, MIDDLE, RIGHT = car(0, 0.7), car(50, 0.9, side=30), car(100, 0.8, top=10)
CARS = [MIDDLE, RIGHT, LEFT]  # best first, as detectors give them


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("the red car", ["the red car"]),
        ("cat, dog", ["cat", "dog"]),
        ("All  cars", ["cars"]),
        ("every cup,each plate", ["cup", "plate"]),
        ("the left car", ["car"]),
        ("car on the left", ["car"]),
        ("cars, the largest one", ["cars"]),
        ("cars, not the red one", ["cars", "red cars"]),
        ("cars but not the taxi", ["cars", "the taxi"]),
        ("cars except the second one", ["cars"]),
        ("top hat", ["top hat"]),
        ("second hand", ["second hand"]),
        ("phone", ["phone"]),
    ],
)
def test_the_detector_is_asked_for_nouns(text: str, names: list[str]) -> None:
    assert names_of(parsed(text)) == names


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("all cars", CARS),
        ("cars", CARS),
        ("the left cars", [LEFT]),
        ("rightmost cars", [RIGHT]),
        ("cars, the left one", [LEFT]),
        ("cars, the middle one", [MIDDLE]),
        ("cars, the largest one", [MIDDLE]),
        ("cars on top", [RIGHT]),
        ("cars, the first one", [LEFT]),
        ("cars, the third one from the left", [RIGHT]),
        ("cars, the fifth one", []),
        ("cars, not the left one", [MIDDLE, RIGHT]),
        ("cars, not the left one, not the largest one", [RIGHT]),
        ("all cars except the left one", [MIDDLE, RIGHT]),
    ],
)
def test_those_are_meant(text: str, meant: list[Hit]) -> None:
    assert chosen(CARS, parsed(text)) == meant


def test_what_is_not_meant_is_told_by_its_own_name_and_place() -> None:
    red = car(52, 0.95, "red cars", side=28)
    assert chosen([red, *CARS], parsed("cars, not the red one")) == [RIGHT, LEFT]
    assert chosen([red, *CARS], parsed("cars, dog")) == [red, *CARS]


@pytest.mark.parametrize("text", ["", " , ", "the left one", "not the car", "all", "ones"])
def test_what_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadRequest, match="Say"):
        parsed(text)


def test_one_part_is_one_thing_wanted() -> None:
    assert parsed("cars, the left one") == [Wanted("cars", "left")]


def test_the_service_finds_the_one_that_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    class Fake:
        threshold = 0.3

        def __call__(self, image: np.ndarray, names: list[str], threshold: float) -> list[Hit]:
            asked.append(list(names))
            return CARS

    service = Service(Standalone(device="cpu"))
    monkeypatch.setattr(service, "_load", lambda model: Fake())
    image = np.zeros((80, 160, 3), np.uint8)
    assert service.detect(image, DetectRequest(text="cars, not the left one")) == [MIDDLE, RIGHT]
    assert asked == [["cars"]]
    with pytest.raises(EmptySelection, match="cars, the fifth one"):
        service.detect(image, DetectRequest(text="cars, the fifth one"))
