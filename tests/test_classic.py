"""The segmenter without weights: what is promised of every selection, and how well it finds things of known shape."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_inpaint.geometry import Box, Point, Size
from lib_inpaint.models.classic.classic import ClassicEmbedding, load
from lib_inpaint.progress import silent
from lib_inpaint.schema import Selection, Stroke

SEGMENTER = load([], "cpu", "float32")


def encode(image: np.ndarray) -> ClassicEmbedding:
    return SEGMENTER.encode(image, silent)


def select(encoded: ClassicEmbedding, selection: Selection, previous: np.ndarray | None = None) -> np.ndarray:
    """bool HxW: the best candidate at the size of the picture."""
    candidates = SEGMENTER.decode(encoded, selection, previous)
    assert 1 <= len(candidates.logits) == len(candidates.scores) <= 3
    assert candidates.logits.dtype == candidates.scores.dtype == np.float32
    assert (np.diff(candidates.scores) <= 0).all()
    assert 0 <= candidates.scores.min() <= candidates.scores.max() <= 1
    mask = SEGMENTER.upscale(encoded, candidates.logits[0])
    assert mask.dtype == np.uint8
    assert Size.of(mask) == encoded.size
    assert np.isin(mask, (0, 255)).all()
    return mask > 0


def click(*points: tuple[float, float]) -> Selection:
    return Selection(points=tuple(Point(x, y, 1) for x, y in points))


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return (one & other).sum() / (one | other).sum()


def textured(truth: np.ndarray, seed: int) -> np.ndarray:
    """uint8 HxWx3: noise of one colour where truth is, of another elsewhere."""
    noise = np.random.default_rng(seed).normal(0, 30, (*truth.shape, 3))
    return (np.where(truth[..., None], (170, 110, 70), (80, 120, 150)) + noise).clip(0, 255).astype(np.uint8)


def shape(size: Size, draw: str, centre: tuple[int, int], radius: int) -> np.ndarray:
    """bool HxW: a disc or a square."""
    drawn = np.zeros((size.height, size.width), np.uint8)
    (x, y), r = centre, radius
    if draw == "disc":
        cv2.circle(drawn, centre, r, 1, -1)
    else:
        cv2.rectangle(drawn, (x - r, y - r), (x + r, y + r), 1, -1)
    return drawn > 0


def two_squares() -> np.ndarray:
    """uint8 240x320x3: a red and a yellow square side by side on blue; together they are one thing as well."""
    image = np.full((240, 320, 3), (40, 60, 120), np.uint8)
    image[80:160, 80:160] = (200, 60, 50)
    image[80:160, 160:240] = (210, 170, 60)
    noise = np.random.default_rng(0).integers(-12, 13, image.shape)
    return (image + noise).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def squares() -> ClassicEmbedding:
    return encode(two_squares())


@pytest.fixture(scope="module")
def large() -> tuple[ClassicEmbedding, np.ndarray]:
    """A picture that is segmented at a third of its size, and the disc in it."""
    truth = shape(Size(1600, 1100), "disc", (700, 500), 211)
    return encode(textured(truth, 3)), truth


@pytest.mark.parametrize("draw", ["disc", "square"])
@pytest.mark.parametrize("radius", [14, 40, 75])
def test_one_click_finds_a_shape_on_texture(draw, radius):
    truth = shape(Size(320, 240), draw, (150, 110), radius)
    encoded = encode(textured(truth, radius))
    assert iou(select(encoded, click((150 + radius // 2, 110))), truth) >= 0.9


def test_the_edge_is_found_again_at_full_size(large):
    encoded, truth = large
    found = select(encoded, click((700, 500)))
    assert iou(found, truth) >= 0.98
    assert (found ^ truth).sum() < 4 * 2 * np.pi * 211  # under four pixels off


def test_a_clean_edge_is_exact_to_two_pixels_at_full_size():
    truth = shape(Size(1600, 1100), "disc", (700, 500), 211)
    found = select(encode(np.where(truth[..., None], (200, 80, 40), (60, 90, 150)).astype(np.uint8)), click((700, 500)))
    ring = cv2.morphologyEx(truth.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
    assert not ((found ^ truth) & ~ring).any()


@pytest.mark.parametrize("loose", [2, 12])
def test_a_box_finds_what_is_in_it(loose):
    truth = shape(Size(320, 240), "disc", (150, 110), 50)
    box = Box(100, 60, 201, 161).grow(loose)
    assert iou(select(encode(textured(truth, 1)), Selection(box=box)), truth) >= 0.93


def test_rough_strokes_find_what_is_under_them():
    truth = shape(Size(320, 240), "disc", (150, 110), 40)
    encoded = encode(textured(truth, 2))
    scribble = Stroke(points=((135, 105), (165, 115)), radius=5)
    daub = Stroke(points=((150, 110),), radius=44)
    assert iou(select(encoded, Selection(hint=(scribble,))), truth) >= 0.9
    assert iou(select(encoded, Selection(hint=(daub,))), truth) >= 0.9


def test_a_second_click_adds_and_an_exclude_point_removes(squares):
    red, both = np.zeros((240, 320), bool), np.zeros((240, 320), bool)
    red[80:160, 80:160] = both[80:160, 80:240] = True
    assert iou(select(squares, click((120, 120), (200, 120))), both) >= 0.95
    less = Selection(points=(Point(120, 120, 1), Point(200, 120, 0)))
    assert iou(select(squares, less), red) >= 0.95
    boxed = Selection(box=Box(76, 76, 244, 164))
    assert iou(select(squares, boxed), both) >= 0.95
    assert iou(select(squares, Selection(box=boxed.box, points=(Point(200, 120, 0),))), red) >= 0.9


def test_candidates_differ_and_hold_part_and_whole(squares):
    candidates = SEGMENTER.decode(squares, click((120, 120)))
    found = [SEGMENTER.upscale(squares, logits) > 0 for logits in candidates.logits]
    truths = np.zeros((2, 240, 320), bool)
    truths[0, 80:160, 80:160] = truths[1, 80:160, 80:240] = True
    assert all(max(iou(mask, truth) for mask in found) >= 0.95 for truth in truths)
    assert all(iou(a, b) < 0.95 for n, a in enumerate(found) for b in found[:n])


def test_the_previous_logits_are_a_prior(squares):
    candidates = SEGMENTER.decode(squares, click((120, 120)))
    for logits in candidates.logits[:2]:
        again = SEGMENTER.decode(squares, click((120, 120)), logits)
        overlaps = [iou(one > 0, logits > 0) for one in again.logits]
        assert max(overlaps) >= 0.95


def mended(encoded: ClassicEmbedding, truth: np.ndarray, clicks: int, fed_back: bool) -> list[float]:
    """IoU after each click, every one in the middle of the largest error as somebody would make it."""
    points, previous, found, ious = [], None, np.zeros_like(truth), []
    for _ in range(clicks):
        wrong = np.pad((found != truth).astype(np.uint8), 1)
        depth = cv2.distanceTransform(wrong, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
        y, x = np.unravel_index(depth.argmax(), depth.shape)
        points.append(Point(int(x) + 0.5, int(y) + 0.5, int(truth[y, x])))
        candidates = SEGMENTER.decode(encoded, Selection(points=tuple(points)), previous)
        previous = candidates.logits[0] if fed_back else None
        found = SEGMENTER.upscale(encoded, candidates.logits[0]) > 0
        ious.append(iou(found, truth))
        assert all(found[int(p.y), int(p.x)] == bool(p.label) for p in points)
    return ious


def patchwork() -> tuple[np.ndarray, np.ndarray]:
    """A thing of four colours that touch, beside two others, on noise: uint8 HxWx3, and bool HxW where it is."""
    image = np.full((300, 400, 3), (90, 110, 90), np.uint8)
    truth = np.zeros((300, 400), bool)
    for colour, left in zip(((190, 60, 50), (60, 70, 170), (220, 190, 80), (120, 60, 140)), range(90, 290, 50)):
        image[100:200, left : left + 50] = colour
    truth[100:200, 90:290] = True
    cv2.circle(image, (60, 50), 30, (230, 230, 220), -1)
    cv2.rectangle(image, (320, 60), (380, 240), (200, 100, 40), -1)
    noise = np.random.default_rng(5).normal(0, 8, image.shape)
    return (image + noise).clip(0, 255).astype(np.uint8), truth


@pytest.mark.parametrize("fed_back", [True, False])
def test_a_further_click_never_makes_it_worse(fed_back):
    image, truth = patchwork()
    ious = mended(encode(image), truth, 5, fed_back)
    assert (np.diff(ious) >= -0.01).all(), ious
    assert ious[-1] >= 0.97


def test_a_further_click_changes_nothing_far_from_it():
    image, truth = patchwork()
    encoded = encode(image)
    first = SEGMENTER.decode(encoded, Selection(box=Box(90, 100, 290, 200))).logits[0]
    assert iou(first > 0, truth) >= 0.97
    both = Selection(points=(Point(350, 150, 1), Point(115, 150, 0)))
    found = SEGMENTER.decode(encoded, both, first).logits[0] > 0
    assert found[150, 350]
    assert not found[150, 115]
    assert found[62:238, 322:378].mean() > 0.95  # the other thing, whole
    kept = np.s_[100:200, 200:280]
    assert (found[kept] == (first > 0)[kept]).all()


@pytest.mark.parametrize("place", [(60, 50), (330, 260), (200, 150)])
def test_a_click_on_a_small_thing_leaks_into_no_candidate(place):
    truth = shape(Size(400, 300), "disc", place, 12)
    encoded = encode(textured(truth, 11))
    logits = SEGMENTER.decode(encoded, click(place)).logits
    assert ((logits > 0).mean((1, 2)) < 0.5).all()
    assert iou(logits[0] > 0, truth) >= 0.85


def test_what_is_in_a_box_touches_its_sides_and_leaves_it_nowhere():
    image, truth = patchwork()
    found = select(encode(image), Selection(box=Box(90, 100, 290, 200)))
    rows, columns = np.nonzero(found.any(1))[0], np.nonzero(found.any(0))[0]
    assert np.abs(np.array([*rows[[0, -1]], *columns[[0, -1]]]) - (100, 199, 90, 289)).max() <= 2
    assert not (found & ~truth).any()


def test_a_highlight_inside_is_filled_and_an_unlike_tip_is_taken():
    image = np.full((300, 400, 3), (70, 100, 140), np.uint8)
    truth = np.zeros((300, 400), np.uint8)
    cv2.ellipse(truth, (200, 150), (90, 60), 0, 0, 360, 1, -1)
    image[truth > 0] = (170, 80, 50)
    cv2.circle(image, (170, 130), 9, (250, 245, 240), -1)  # the highlight
    cv2.rectangle(image, (288, 142), (306, 158), (230, 200, 90), -1)  # the tip
    truth[142:159, 288:307] = 1
    noise = np.random.default_rng(2).normal(0, 6, image.shape)
    encoded = encode((image + noise).clip(0, 255).astype(np.uint8))
    clicked = select(encoded, click((220, 150)))
    assert clicked[125:136, 165:176].all()
    assert iou(clicked, truth > 0) >= 0.95
    boxed = select(encoded, Selection(box=Box(110, 90, 307, 211)))
    assert boxed[125:136, 165:176].all()
    assert boxed[145:156, 292:303].all()


@pytest.mark.parametrize(
    ("name", "selection", "outline", "least"),
    [
        ("astronaut", click((169, 385)), ("ellipse", (169, 385), (37, 37)), 0.93),
        ("astronaut", click((225, 110)), "head", 0.9),
        ("chelsea", click((160, 120)), ("ellipse", (171, 116), (36, 30)), 0.75),
        ("coffee", Selection(box=Box(70, 12, 485, 395)), ("ellipse", (277, 215), (202, 172)), 0.85),
        ("coins", click((334, 43)), ("ellipse", (334, 43), (29, 28)), 0.9),
    ],
)
def test_things_in_photographs(name, selection, outline, least):
    data = pytest.importorskip("skimage.data")
    image = getattr(data, name)()
    image = image if image.ndim == 3 else np.repeat(image[..., None], 3, 2)
    truth = np.zeros(image.shape[:2], np.uint8)
    if outline == "head":
        head = "154,65 170,45 195,38 215,20 245,15 275,28 298,65 300,95 290,115 275,128 262,150 255,180 245,188"
        head += " 190,183 184,150 175,125 158,105"
        cv2.fillPoly(truth, [np.array([place.split(",") for place in head.split()], np.int32)], 1)
    else:
        cv2.ellipse(truth, *outline[1:], 0, 0, 360, 1, -1)
    assert iou(select(encode(np.ascontiguousarray(image)), selection), truth > 0) >= least


places = st.tuples(st.floats(0, 0.999), st.floats(0, 0.999), st.integers(0, 1))


@settings(max_examples=8, deadline=None)
@given(st.booleans(), st.lists(places, min_size=1, max_size=5))
def test_clicks_are_honoured(large, squares, full, clicks):
    encoded = large[0] if full else squares
    width, height = encoded.size
    points = tuple(Point(x * width, y * height, label) for x, y, label in clicks)
    cell = max(1.0, max(encoded.size) / 512)
    pixels = {(int(p.x / cell), int(p.y / cell)): p for p in points}  # the last of those within one cell
    mask = select(encoded, Selection(points=points))
    for p in pixels.values():
        near = [q for q in points if q.label != p.label and max(abs(q.x - p.x), abs(q.y - p.y)) < 2 * cell]
        assert near or mask[int(p.y), int(p.x)] == bool(p.label)


@settings(max_examples=8, deadline=None)
@given(st.booleans(), st.tuples(*[st.integers(0, 999)] * 4))
def test_boxes_are_honoured_and_never_empty(large, squares, full, sides):
    encoded = large[0] if full else squares
    width, height = encoded.size
    (left, right), (top, bottom) = sorted(sides[:2]), sorted(sides[2:])
    box = Box(left * width // 1000, top * height // 1000, right * width // 1000 + 1, bottom * height // 1000 + 1)
    mask = select(encoded, Selection(box=box))
    slack = 1 + 2 * max(1, max(encoded.size) // 512)
    outside = mask.copy()
    outside[box.grow(slack).clip(encoded.size).slices] = False
    assert mask.any()
    assert not outside.any()


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 1), (2, 2), (3, 5), (1, 600), (700, 2), (13, 17), (2000, 3)])
@pytest.mark.parametrize("uniform", [False, True])
def test_any_size_works(size, uniform):
    size = Size(*size)
    image = np.random.default_rng(0).integers(0, 256, (size.height, size.width, 3), np.uint8)
    encoded = encode(np.full_like(image, 90) if uniform else image)
    corner = Point(size.width - 1, size.height - 1, 1)
    stroke = Stroke(points=((0, 0), (5, 5)), radius=2)
    whole = Box.whole(size)
    assert select(encoded, Selection(points=(corner,)))[-1, -1]
    assert select(encoded, Selection(points=(corner,), box=Box(0, 0, 1, 1)))[-1, -1]
    for selection in (Selection(box=whole), Selection(box=Box(0, 0, 1, 1)), Selection(hint=(stroke,))):
        assert select(encoded, selection).any()
    previous = SEGMENTER.decode(encoded, Selection(box=whole)).logits[0]
    assert select(encoded, Selection(points=(corner,)), previous)[-1, -1]


def test_a_uniform_picture_gives_something_around_the_click():
    encoded = encode(np.full((300, 400, 3), 128, np.uint8))
    for selection in (click((200, 150)), click((0, 0)), click((399, 299)), Selection(box=Box(50, 50, 200, 150))):
        assert select(encoded, selection).any()


def test_excluding_alone_selects_nothing(squares):
    assert not select(squares, Selection(points=(Point(120, 120, 0),))).any()


def test_many_clicks_are_taken(squares):
    places = np.random.default_rng(0).integers((100, 80), (260, 160), (500, 2))
    points = tuple(Point(float(x), float(y), int(x < 160)) for x, y in places)
    mask = select(squares, Selection(points=points))
    assert all(mask[int(p.y), int(p.x)] == bool(p.label) for p in points)


def test_the_same_input_gives_the_same_output_and_is_not_written_to():
    image = two_squares()
    image.setflags(write=False)
    selection = Selection(points=(Point(120, 120, 1),), box=Box(70, 70, 250, 170))
    first = SEGMENTER.decode(encode(image), selection)
    for logits in first.logits:
        logits.setflags(write=False)
    np.random.seed(7)
    cv2.setRNGSeed(7)
    encoded = encode(image.copy())
    again = SEGMENTER.decode(encoded, selection)
    assert all(np.array_equal(one, other) for one, other in zip(first, again))
    encoded = encode(image)
    SEGMENTER.decode(encoded, selection, first.logits[0])
    SEGMENTER.upscale(encoded, first.logits[0])
    assert np.array_equal(image, two_squares())


def test_nbytes_counts_every_array_once(large):
    encoded = large[0]
    arrays = [encoded.image, encoded.small, *encoded.regions]
    assert encoded.nbytes == sum(array.nbytes for array in arrays)
    assert all(array.base is None or array.base.nbytes == array.nbytes for array in arrays)
    assert encoded.nbytes < encoded.image.nbytes + 6_000_000


def test_things_are_found_without_being_pointed_at() -> None:
    disc, square = shape(Size(320, 240), "disc", (90, 120), 40), shape(Size(320, 240), "square", (230, 110), 35)
    encoded = encode(textured(disc | square, 3))
    found = list(SEGMENTER.things(encoded, 8))
    assert 2 <= len(found) <= 8
    for truth in (disc, square):
        near = [(iou(SEGMENTER.upscale(encoded, logits) > 0, truth), point) for logits, _, point in found]
        best, point = max(near, key=lambda one: one[0])
        assert best > 0.9
        assert truth[int(point.y), int(point.x)]
    assert len(list(SEGMENTER.things(encoded, 1))) == 1
    assert list(SEGMENTER.things(encode(np.full((1, 1, 3), 9, np.uint8)), 8)) == []


@pytest.mark.parametrize(
    ("across", "down"), [(0, 0), *((across, down) for across in (-18, -12, -6, 0, 6, 12) for down in (-15, 15))]
)
def test_a_flat_thing_on_a_slope_of_colours_is_taken_to_its_corners(across: int, down: int) -> None:
    """As a badge on a screenshot is, wherever the patches lie: a pixel that is left would be seen after removing."""
    y, x = np.mgrid[:64, :64]
    picture = np.stack([x * 255 // 64, y * 255 // 64, (x + y) * 127 // 64], axis=2).astype(np.uint8)
    truth = np.zeros((64, 64), bool)
    truth[20:44, 20:44] = True
    picture[truth] = 250, 30, 30
    picture, truth = (np.roll(one, (down, across), axis=(0, 1)) for one in (picture, truth))
    assert np.array_equal(select(encode(picture), click((32 + across, 32 + down))), truth)


@pytest.mark.parametrize(("place", "share"), [((700, 300), "ground"), ((955, 5), "ground"), ((300, 200), "card")])
def test_a_click_on_something_flat_takes_all_of_it(place, share) -> None:
    """The ground of a screenshot or drawing, which is larger than half of the picture, and a card on it."""
    picture, card = np.full((540, 960, 3), 255, np.uint8), np.zeros((540, 960), bool)
    card[100:300, 100:500] = True
    picture[card] = 200
    truth = card if share == "card" else ~card
    assert iou(select(encode(picture), click(place)), truth) > 0.995


def test_what_is_plain_but_for_a_dot_is_no_work_for_colour_models(monkeypatch) -> None:
    """GrabCut takes ten seconds and more where there is one colour."""
    monkeypatch.setattr(cv2, "grabCut", lambda *args: pytest.fail("it was asked"))
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[150, 200] = 255
    assert select(encode(picture), click((203, 150))).mean() > 0.99
    assert select(encode(np.full((200, 300, 3), 128, np.uint8)), click((9, 9), (200, 100))).any()
