"""Points and boxes in a line of text, as the scripts take them."""

from __future__ import annotations

import json

import pytest

from lib_inpaint.errors import BadRequest
from lib_inpaint.geometry import Box, Point, Size
from lib_inpaint.schema import Selection, Stroke
from lib_inpaint.selecting.coordinates import selections

SIZE = Size(200, 100)

LINES = {
    "pixels": ("40,30", [(40, 30, 1)]),
    "several": ("40,30; 50, 60 ;-7,8;", [(40, 30, 1), (50, 60, 1), (7, 8, 0)]),
    "lines": ("40,30\n-50,60", [(40, 30, 1), (50, 60, 0)]),
    "parts": ("0.5,0.25; -.1,0.9", [(100, 25, 1), (20, 90, 0)]),
    "per cent": ("50%,25%; -10%,90.0%", [(100, 25, 1), (20, 90, 0)]),
    "the ends": ("1.0,1.0; 0.0,0; 100%,0%", [(199.5, 99.5, 1), (0, 0, 1), (199.5, 0, 1)]),
    "one and nought without a point are pixels": ("1,0; -0,1", [(1, 0, 1), (0, 1, 0)]),
    "parts of a pixel above one": ("40.5,1.5", [(40.5, 1.5, 1)]),
    "each by itself": ("0.5,30", [(100, 30, 1)]),
    "JSON": ("[[40, 30], [50, 60, 0], [0.5, 0.25, 1]]", [(40, 30, 1), (50, 60, 0), (100, 25, 1)]),
}


@pytest.mark.parametrize(("line", "points"), LINES.values(), ids=LINES)
def test_a_line_of_points(line: str, points: list) -> None:
    assert selections(line, "", SIZE) == (Selection(points=tuple(Point(*point) for point in points)),)


@pytest.mark.parametrize(
    "text", ["10,20,110,80", " 10, 20,110 ,80", "[10,20,110,80]", "5%,0.2,55%,0.8", "0.05,20,110,80%"]
)
def test_a_box_alone_and_with_points(text: str) -> None:
    box = Box(10, 20, 110, 80)
    assert selections("", text, SIZE) == (Selection(box=box),)
    assert selections("-4,5", text, SIZE) == (Selection(points=(Point(4, 5, 0),), box=box),)


def test_nothing_is_nothing() -> None:
    assert selections(" ; ", " ", SIZE) == ()


def test_the_objects_of_the_routes_are_in_pixels() -> None:
    thing = {"points": [[0.5, 0.5, 1]], "box": [1, 2, 30, 40], "strokes": [{"points": [[3, 4]], "radius": 2}]}
    made = Selection(points=(Point(0.5, 0.5, 1),), box=Box(1, 2, 30, 40), strokes=(Stroke(points=((3, 4),), radius=2),))
    for sent in (thing, [thing], {"objects": [thing]}):
        assert selections(json.dumps(sent), "", SIZE) == (made,)
    assert selections(json.dumps([thing]), "0,0,9,9", SIZE) == (made, Selection(box=Box(0, 0, 9, 9)))


WRONG = {
    "a word": ("here", "", "'here' is not a point"),
    "one number": ("5", "", "is not a point"),
    "three numbers": ("5,6,7", "", "is not a point"),
    "infinity": ("inf,5", "", "is not a point"),
    "broken JSON": ("[[5, 6]", "", "begin like JSON"),
    "deep JSON": ("[" * 100_000, "", "begin like JSON"),
    "a number in JSON": ("[5, 6]", "", "5 is not a point: write [x, y]"),
    "a label of 2": ("[[5, 6, 2]]", "", "is not a point"),
    "NaN in JSON": ("[[NaN, 6]]", "", "is not a point"),
    "truth in JSON": ("[[true, 6]]", "", "is not a point"),
    "a misspelt field": ('{"point": [[5, 6, 1]]}', "", "point"),
    "objects that are none": ('{"objects": 5}', "", "not a list"),
    "a box of three": ("", "1,2,3", "is not a box"),
    "a box of words": ("", "a,b,c,d", "is not a box"),
}


@pytest.mark.parametrize(("line", "box", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_in_words(line: str, box: str, words: str) -> None:
    with pytest.raises(BadRequest) as caught:
        selections(line, box, SIZE)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400
