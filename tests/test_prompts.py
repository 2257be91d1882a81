"""From a selection to what a promptable model is fed, and from its logits to a mask: no model needed."""

import numpy as np
import pytest

from lib_inpaint.errors import BadRequest, EmptySelection
from lib_inpaint.geometry import Box, Point, Size
from lib_inpaint.models.sam.enlarge import enlarge
from lib_inpaint.models.sam.prompts import SURE, from_selection, rank
from lib_inpaint.schema import Selection, Stroke

SIZE, EXTENT = Size(1000, 500), (256.0, 128.0)
CLICK = Selection(points=(Point(10, 20, 1),))


def test_points_and_box_come_through_as_they_are():
    prompt = from_selection(Selection(points=(Point(10, 20, 1), Point(3.5, 4, 0)), box=Box(1, 2, 30, 40)), SIZE, EXTENT)
    assert prompt.points.tolist() == [[10, 20], [3.5, 4]]
    assert prompt.labels.tolist() == [1, 0]
    assert prompt.box.tolist() == [1, 2, 30, 40]
    assert prompt.logits is None


def test_only_one_point_alone_is_ambiguous():
    assert from_selection(CLICK, SIZE, EXTENT).is_ambiguous
    assert not from_selection(CLICK, SIZE, EXTENT, np.zeros((256, 256), np.float32)).is_ambiguous
    assert not from_selection(Selection(points=(Point(1, 1, 1), Point(2, 2, 1))), SIZE, EXTENT).is_ambiguous
    assert not from_selection(Selection(box=Box(0, 0, 5, 5)), SIZE, EXTENT).is_ambiguous


def test_logits_of_another_model_are_refused():
    with pytest.raises(BadRequest, match="64x32"):
        from_selection(CLICK, SIZE, EXTENT, np.zeros((32, 64), np.float32))


def test_nothing_pointed_at():
    with pytest.raises(EmptySelection):
        from_selection(Selection(), SIZE, EXTENT)
    off_the_picture = Selection(hint=(Stroke(points=((-500.0, -500.0),), radius=5),))
    with pytest.raises(EmptySelection):
        from_selection(off_the_picture, SIZE, EXTENT)


def brushed(*strokes, **fields):
    return from_selection(Selection(hint=strokes, **fields), SIZE, EXTENT)


def test_a_rough_brush_becomes_box_points_and_logits():
    prompt = brushed(Stroke(points=((200.0, 250.0), (600.0, 250.0)), radius=50))
    left, top, right, bottom = prompt.box
    assert left == pytest.approx(150 - 25, abs=5)
    assert right == pytest.approx(650 + 25, abs=5)
    assert top == pytest.approx(200 - 5, abs=5)
    assert bottom == pytest.approx(300 + 5, abs=5)
    assert 1 <= len(prompt.points) <= 3
    assert prompt.labels.tolist() == [1] * len(prompt.points)
    assert (np.abs(prompt.points[:, 1] - 250) < 10).all()  # along the middle of the stroke
    assert prompt.logits.shape == (256, 256)
    assert prompt.logits[64, 100] > 0.9 * SURE  # (390, 250): inside
    assert prompt.logits[10, 10] == -SURE
    assert prompt.logits[200, 100] == -SURE  # below the picture


def test_a_thin_stroke_does_not_vanish():
    prompt = brushed(Stroke(points=((500.0, 250.0),), radius=0.5))
    assert prompt.points[0] == pytest.approx((500, 250), abs=4)


def test_erasing_is_left_out_of_a_rough_brush():
    stroke = Stroke(points=((200.0, 250.0), (600.0, 250.0)), radius=50)
    prompt = brushed(stroke, Stroke(points=((500.0, 250.0), (700.0, 250.0)), radius=80, label=0))
    assert prompt.box[2] < 480  # 665 without the erasing


def test_what_was_said_exactly_goes_before_the_rough_brush():
    stroke = Stroke(points=((500.0, 250.0),), radius=50)
    fed_back = np.full((256, 256), 2, np.float32)
    selection = Selection(points=(Point(1, 2, 0),), box=Box(0, 0, 9, 9), hint=(stroke,))
    prompt = from_selection(selection, SIZE, EXTENT, fed_back)
    assert prompt.box.tolist() == [0, 0, 9, 9]
    assert (prompt.logits == 2).all()
    assert prompt.points[0].tolist() == [1, 2]
    assert prompt.labels.tolist()[:2] == [0, 1]


LOGITS = np.arange(4, dtype=np.float32)[:, None, None] * np.ones((4, 3, 3), np.float32)  # mask k is k everywhere
SCORES = np.array([0.9, 0.2, 1.1, 0.5], np.float32)


def order(selection, **options):
    candidates = rank(LOGITS, SCORES, from_selection(selection, SIZE, EXTENT), **options)
    assert candidates.scores.max() <= 1
    return candidates.logits[:, 0, 0].tolist()


def test_the_order_of_candidates():
    assert order(CLICK) == [2, 3, 1]
    assert order(Selection(box=Box(0, 0, 9, 9))) == [0, 2, 3]


def test_an_unsteady_single_mask_comes_second():
    steady = LOGITS.copy()
    steady[0] = 5
    prompt = from_selection(Selection(box=Box(0, 0, 9, 9)), SIZE, EXTENT)
    assert rank(LOGITS, SCORES, prompt, falls_back=True).logits[:, 0, 0].tolist() == [2, 0, 3]
    assert rank(steady, SCORES, prompt, falls_back=True).logits[:, 0, 0].tolist() == [5, 2, 3]


def bilinear(logits, size):
    """The definition, pixel by pixel."""

    def axis(old, new):
        place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        low = np.floor(place).astype(int)
        return low, np.minimum(low + 1, old - 1), place - low

    top, bottom, down = axis(logits.shape[0], size.height)
    left, right, across = axis(logits.shape[1], size.width)
    rows = logits[top] * (1 - down)[:, None] + logits[bottom] * down[:, None]
    return rows[:, left] * (1 - across) + rows[:, right] * across


@pytest.mark.parametrize("size", [Size(1, 1), Size(7, 300), Size(64, 48), Size(101, 77), Size(640, 481), Size(300, 1)])
@pytest.mark.parametrize("part", [slice(None), slice(20, 30)])
def test_enlarging_is_bilinear(size, part):
    logits = np.full((48, 64), -3.0, np.float32)
    logits[part, part] = np.random.default_rng(0).standard_normal(logits[part, part].shape)
    exact = bilinear(logits.astype(float), size)
    mask = enlarge(logits, size)
    assert mask.shape == (size.height, size.width)
    clear = np.abs(exact) > 1e-5
    assert (mask[clear] == np.where(exact > 0, 255, 0)[clear]).all()


def test_enlarging_nothing():
    assert not enlarge(np.full((4, 4), -1, np.float32), Size(9, 9)).any()
