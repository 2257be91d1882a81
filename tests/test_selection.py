import pytest

from lib_inpaint.errors import BadRequest
from lib_inpaint.geometry import Box, Point, Size
from lib_inpaint.schema import Selection, Stroke
from lib_inpaint.selecting.selection import asks_segmenter, is_empty, validate_selection

SIZE = Size(100, 80)
STROKE = Stroke(points=((1, 1),), radius=3)


def clicked(x: float, y: float, label: int = 1) -> Selection:
    return Selection(points=(Point(x, y, label),))


@pytest.mark.parametrize(
    ("selection", "empty", "segmenter"),
    [
        (Selection(), True, False),
        (clicked(1, 1, 0), True, False),
        (clicked(1, 1), False, True),
        (Selection(box=Box(0, 0, 5, 5)), False, True),
        (Selection(hint=(STROKE,)), False, True),
        (Selection(strokes=(STROKE,)), False, False),
        (Selection(strokes=(Stroke(points=((1, 1),), label=0),)), True, False),
    ],
)
def test_what_selects_something(selection: Selection, empty: bool, segmenter: bool) -> None:
    assert is_empty(selection) is empty
    assert asks_segmenter(selection) is segmenter


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (clicked(100, 5), "100,5 is outside the picture, which is 100x80"),
        (clicked(-1, 5), "outside"),
        (clicked(float("nan"), 5), "outside"),
        (Selection(points=(Point(1, 1, 7),)), "label 7"),
        (Selection(box=Box(9, 1, 3, 5)), "inside out"),
        (Selection(box=Box(1, 5, 9, 5)), "inside out"),
        (Selection(box=Box(1, 1, 101, 5)), "outside"),
        (Selection(points=(Point(1, 1, 1),) * 1001), "too many"),
    ],
)
def test_what_does_not_fit_the_picture_is_refused_in_words(selection: Selection, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        validate_selection(selection, SIZE)


def test_what_fits_passes() -> None:
    validate_selection(Selection(points=(Point(99.9, 79.9, 1),), box=Box(0, 0, 100, 80)), SIZE)
