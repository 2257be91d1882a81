"""Points and boxes in a line of text, as the scripts take them."""

from __future__ import annotations

import json

import pytest

from lib_inpaint.errors import BadRequest
from lib_inpaint.geometry import Box, Point, Size
from lib_inpaint.schema import Selection, Stroke
from lib_inpaint.selecting.coordinates import box, in_pixels, parse, point, selections, written

SIZE = Size(200, 100)

LINES = {
    "pixels": ("40,30", [(40, 30, 1)]),
    "several": ("40,30; 50, 60 ;-7,8;", [(40, 30, 1), (50, 60, 1), (7, 8, 0)]),
    "lines": ("40,30\n-50,60", [(40, 30, 1), (50, 60, 0)]),
    "parts": ("0.5,0.25; -.1,0.9", [(100, 25, 1), (20, 90, 0)]),
    "per cent": ("50%,25%; -10%,90.0%", [(100, 25, 1), (20, 90, 0)]),
    "the ends": ("100%,0%; 0%,100%", [(199.5, 0, 1), (0, 99.5, 1)]),
    "one is a pixel": ("1.0,1.0; 0.0,0; 1.0,30", [(1, 1, 1), (0, 0, 1), (1, 30, 1)]),
    "one is a pixel in JSON": ("[[1.0, 30], [1.0, 1.0, 0]]", [(1, 30, 1), (1, 1, 0)]),
    "one and nought without a point are pixels": ("1,0; -0,1", [(1, 0, 1), (0, 1, 0)]),
    "parts of a pixel above one": ("40.5,1.5", [(40.5, 1.5, 1)]),
    "both or none": ("0.5,30; 30,0.5; 0.5,0; 0.5,1.0", [(0.5, 30, 1), (30, 0.5, 1), (0.5, 0, 1), (0.5, 1, 1)]),
    "a part and per cent": ("0.5,30%; 50%,0.3", [(100, 30, 1), (100, 30, 1)]),
    "JSON": ("[[40, 30], [50, 60, 0], [0.5, 0.25, 1]]", [(40, 30, 1), (50, 60, 0), (100, 25, 1)]),
}


@pytest.mark.parametrize(("line", "points"), LINES.values(), ids=LINES)
def test_a_line_of_points(line: str, points: list) -> None:
    assert selections(line, "", SIZE) == (Selection(points=tuple(Point(*point) for point in points)),)


@pytest.mark.parametrize(
    "text",
    ["10,20,110,80", " 10, 20,110 ,80", "[10,20,110,80]", "5%,0.2,55%,0.8", "0.05,0.2,0.55,0.8", "5%,20,110,80%"],
)
def test_a_box_alone_and_with_points(text: str) -> None:
    around = Box(10, 20, 110, 80)
    assert selections("", text, SIZE) == (Selection(box=around),)
    assert selections("-4,5", text, SIZE) == (Selection(points=(Point(4, 5, 0),), box=around),)


def test_nothing_is_nothing() -> None:
    assert selections(" ; ", " ", SIZE) == ()


def test_a_box_of_parts_may_begin_and_end_at_the_edges() -> None:
    assert selections("", "0,0,0.5,1", SIZE) == (Selection(box=Box(0, 0, 100, 100)),)
    assert selections("", "0,0,1,1", SIZE) == (Selection(box=Box(0, 0, 1, 1)),)
    assert selections("", "0.4,0,30,1", SIZE) == (Selection(box=Box(0, 0, 30, 1)),)


@pytest.mark.parametrize("text", ["0.5,0.25", "50%,25%", "1.0,30", "0.5,30", "1,1", "0.5,0.5", "0.999,0.001"])
def test_the_rule_is_the_same_at_every_door(text: str) -> None:
    (from_script,) = selections(text, "", SIZE)
    assert point(parse(text, "X,Y"), 1, SIZE) == from_script.points[0]
    if "%" not in text:
        x, y = map(float, text.split(","))
        assert in_pixels(Selection(points=(Point(x, y, 1),)), SIZE) == from_script


@pytest.mark.parametrize("size", [Size(1, 1), Size(2, 2), Size(60, 1), Size(60, 60), Size(1000, 800)])
def test_a_point_that_is_sent_back_is_on_the_same_pixel(size: Size) -> None:
    for x, y in (
        (0.03, 0.03),
        (0.94, 0.94),
        (0.5, 0.0),
        (0.999, 0.001),
        (0.5, size.height - 0.5),
        (size.width - 0.5, 0.5),
    ):
        told = written(x, y)
        (back,) = in_pixels(Selection(points=(Point(*told, 1),)), size).points
        assert (int(back.x), int(back.y)) == (int(x), int(y))
        assert selections(json.dumps([told]), "", size)[0].points == (back,)
        assert point(parse(",".join(map(str, told)), "X,Y"), 1, size) == back


@pytest.mark.parametrize("text", ["nan,1,2,3", "1,2,inf,3", "1,2,-inf%,3"])
def test_a_box_that_is_nowhere(text: str) -> None:
    with pytest.raises(BadRequest, match="outside"):
        box(parse(text, "L,T,R,B"), SIZE)


def test_the_objects_of_the_routes() -> None:
    thing = {"points": [[0.5, 0.5, 1]], "box": [1, 2, 30, 40], "strokes": [{"points": [[3, 4]], "radius": 2}]}
    made = Selection(points=(Point(100, 50, 1),), box=Box(1, 2, 30, 40), strokes=(Stroke(points=((3, 4),), radius=2),))
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
