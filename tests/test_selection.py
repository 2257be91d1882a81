import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib_inpaint.errors import BadRequest
from lib_inpaint.geometry import Box, Point, Size
from lib_inpaint.schema import Selection, Stroke
from lib_inpaint.selecting.selection import History, asks_segmenter, check, exclude, include, is_empty, paint, surround

SIZE = Size(100, 80)
STROKE = Stroke(points=((1, 1),), radius=3)

edits = st.lists(
    st.one_of(
        st.tuples(st.just(include), st.floats(0, 99), st.floats(0, 79)),
        st.tuples(st.just(exclude), st.floats(0, 99), st.floats(0, 79)),
        st.tuples(st.just(surround), st.just(Box(1, 2, 30, 40))),
        st.tuples(st.just(paint), st.just(STROKE)),
    ),
    max_size=12,
)


def test_verbs_leave_the_old_selection_alone() -> None:
    old = Selection()
    new = surround(exclude(include(old, 3, 4), 5, 6), Box(1, 1, 9, 9))
    assert old == Selection()
    assert new.points == (Point(3, 4, 1), Point(5, 6, 0))
    assert new.box == Box(1, 1, 9, 9)


@given(edits)
def test_undo_is_the_identity_and_redo_brings_everything_back(steps: list) -> None:
    history = History(Selection())
    seen = [history.now]
    for verb, *arguments in steps:
        history = history.do(verb(history.now, *arguments))
        seen.append(history.now)
    for earlier in reversed(seen[:-1]):
        history = history.undo()
        assert history.now == earlier
    assert history.undo() == history
    for later in seen[1:]:
        history = history.redo()
        assert history.now == later
    assert history.redo() == history


def test_a_new_step_forgets_what_was_undone() -> None:
    history = History(0).do(1).do(2).undo().do(3)
    assert (history.now, history.past, history.future) == (3, (0, 1), ())


@pytest.mark.parametrize(
    ("selection", "empty", "segmenter"),
    [
        (Selection(), True, False),
        (exclude(Selection(), 1, 1), True, False),
        (include(Selection(), 1, 1), False, True),
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
        (include(Selection(), 100, 5), "100,5 is outside the picture, which is 100x80"),
        (include(Selection(), -1, 5), "outside"),
        (include(Selection(), float("nan"), 5), "outside"),
        (Selection(points=(Point(1, 1, 7),)), "label 7"),
        (Selection(box=Box(9, 1, 3, 5)), "inside out"),
        (Selection(box=Box(1, 5, 9, 5)), "inside out"),
        (Selection(box=Box(1, 1, 101, 5)), "outside"),
        (Selection(points=(Point(1, 1, 1),) * 1001), "too many"),
    ],
)
def test_what_does_not_fit_the_picture_is_refused_in_words(selection: Selection, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        check([selection], SIZE)


def test_what_fits_passes() -> None:
    check([surround(include(Selection(), 99.9, 79.9), Box(0, 0, 100, 80))], SIZE)
