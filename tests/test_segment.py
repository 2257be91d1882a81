"""An image is encoded once, whoever asks and how often; masks are cleaned in cells, and refined at real edges."""

from __future__ import annotations

import threading
from typing import Any, Optional

import cv2
import numpy as np
import pytest

from lib_inpaint.errors import BadRequest, Cancelled, EmptySelection
from lib_inpaint.geometry import Point, Size
from lib_inpaint.imaging.edges import follow
from lib_inpaint.models.model import Candidates
from lib_inpaint.models.pool import LoadedModel
from lib_inpaint.progress import silent
from lib_inpaint.schema import MaskOptions, MaskRequest, Selection, Stroke
from lib_inpaint.selecting import segment
from lib_inpaint.selecting.segment import LoadedSegmenter, Photo, clean_logits
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone
from lib_inpaint.store import Store

NONE = np.zeros((0, 2), int)


class Seen:
    def __init__(self, image: np.ndarray) -> None:
        self.size, self.nbytes, self.level = Size.of(image), 1000, int(image[0, 0, 0])


class Counting:
    """Counts its encodings. Candidate n of a click is a square of 2 (n + 1) cells around it; a cell is 4 pixels."""

    def __init__(self) -> None:
        self.encoded: list[int] = []
        self.previous: list[Optional[np.ndarray]] = []
        self.started, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def encode(self, image: np.ndarray, progress: Any) -> Seen:
        self.encoded.append(int(image[0, 0, 0]))
        self.started.set()
        assert self.go_on.wait(60)
        progress(0.5, "half way")
        return Seen(image)

    def extent(self, size: Size) -> tuple[float, float]:
        return size.width / 4, size.height / 4

    def decode(self, embedding: Seen, selection: Selection, previous: Optional[np.ndarray] = None) -> Candidates:
        self.previous.append(previous)
        logits = np.full((3, embedding.size.height // 4, embedding.size.width // 4), -5, np.float32)
        for number in range(3):
            for x, y, _ in selection.points:
                column, row = int(x / 4), int(y / 4)
                logits[number, row - number - 1 : row + number + 1, column - number - 1 : column + number + 1] = 5
        return Candidates(logits, np.array([0.5, 0.9, 0.7], np.float32))

    def upscale(self, embedding: Seen, logits: np.ndarray) -> np.ndarray:
        return np.where(logits > 0, np.uint8(255), np.uint8(0)).repeat(4, 0).repeat(4, 1)


def image(level: int) -> np.ndarray:
    return np.full((40, 60, 3), level, np.uint8)


def click(x: float = 30, y: float = 20, **more: Any) -> MaskRequest:
    return MaskRequest(objects=(Selection(points=(Point(x, y, 1),)),), **more)


@pytest.fixture
def model() -> Counting:
    return Counting()


@pytest.fixture
def service(model: Counting) -> Service:
    """A service whose segmenter is the counting one."""
    service = Service(Standalone())
    service.models.loaded.put(service.models.choose("auto", "segmenter").name, LoadedModel(model, 0))
    return service


# Encoded once


def test_the_second_click_encodes_nothing(service: Service, model: Counting) -> None:
    for x in (10, 30, 50):
        assert service.mask(image(1), click(x)).any()
    assert model.encoded == [1]


def test_another_image_and_back_again_encodes_nothing(service: Service, model: Counting) -> None:
    for level in (1, 2, 1, 2, 1):
        service.mask(image(level), click())
    assert model.encoded == [1, 2]


def test_two_threads_at_once_encode_once(model: Counting) -> None:
    """Below the host's lock, which would hide it."""
    store: Store[Any] = Store(1 << 20)
    loaded, got = LoadedSegmenter("counting", "float32", model), []
    model.go_on.clear()
    threads = [
        threading.Thread(target=lambda: got.append(segment.encode(Photo(image(1)), loaded, store))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    assert model.started.wait(60)
    model.go_on.set()
    for thread in threads:
        thread.join(10)
    assert model.encoded == [1]
    assert len(got) == 4
    assert all(embedding is got[0] for embedding in got)


def test_two_threads_through_the_service_encode_once(service: Service, model: Counting) -> None:
    threads = [threading.Thread(target=lambda: service.mask(image(1), click())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert model.encoded == [1]


@pytest.mark.parametrize("error", [Cancelled, MemoryError])
def test_an_encoding_that_fails_or_is_stopped_leaves_nothing(service: Service, model: Counting, error: type) -> None:
    def stop(fraction: float, text: str) -> None:
        raise error

    with pytest.raises(error):
        service.mask(image(1), click(), progress=stop)
    assert len(service.embeddings) == 0
    assert service.mask(image(1), click()).any()
    assert model.encoded == [1, 1]


def test_embeddings_are_apart_by_model_and_dtype(model: Counting) -> None:
    store: Store[Any] = Store(1 << 20)
    photo = Photo(image(1))
    for name, dtype in (("a", "float32"), ("a", "float16"), ("b", "float32"), ("a", "float32")):
        segment.encode(photo, LoadedSegmenter(name, dtype, model), store)
    assert len(model.encoded) == 3


def test_the_store_keeps_to_its_budget(model: Counting) -> None:
    store: Store[Any] = Store(2500)
    loaded = LoadedSegmenter("counting", "float32", model)
    for level in (1, 2, 3, 3, 2, 1):
        segment.encode(Photo(image(level)), loaded, store)
    assert model.encoded == [1, 2, 3, 1]


def test_prefetching_makes_the_first_click_a_second_one(service: Service, model: Counting) -> None:
    told: list[float] = []
    service.prefetch(image(1), progress=lambda fraction, text: told.append(fraction))
    assert told == [0.5]
    service.mask(image(1), click())
    assert model.encoded == [1]


def test_a_click_is_answered_where_nothing_slow_comes_first(service: Service, model: Counting) -> None:
    assert service.click(image(1), click()) is None
    assert model.encoded == []
    service.prefetch(image(1))
    selected = service.click(image(1), click())
    assert selected is not None
    assert (selected.mask == service.mask(image(1), click())).all()
    service.models.loaded.clear()
    assert service.click(image(1), click()) is None
    with pytest.raises(BadRequest):
        service.click(image(1), click(99))


def test_without_room_for_embeddings_one_request_encodes_once(service: Service, model: Counting) -> None:
    service.embeddings.limit = 0
    assert service.mask(image(1), MaskRequest(objects=(*click(12).objects, *click(44).objects))).any()
    assert model.encoded == [1]


def test_what_auto_stands_for_is_asked_once_a_click(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.prefetch(image(1))
    asked, choose = [], service.models.choose
    monkeypatch.setattr(service.models, "choose", lambda *name: asked.append(name) or choose(*name))
    service.mask(image(1), click())
    assert len(asked) == 1


def test_a_photo_is_hashed_once(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    known = segment.content_id
    monkeypatch.setattr(segment, "content_id", lambda array: hashed.append(1) or known(array))
    photo = Photo(image(1))
    for x in (10, 30, 50):
        service.mask(photo, click(x))
    assert len(hashed) == 1
    assert Photo.of(photo) is photo
    assert photo.id == Photo(image(1)).id


def test_brush_strokes_alone_ask_no_segmenter(service: Service, model: Counting) -> None:
    selected = service.select(
        image(1), MaskRequest(objects=(Selection(strokes=(Stroke(points=((9, 9),), radius=3),)),))
    )
    assert selected.mask[9, 9] == 255
    assert selected.found == [None]
    assert model.encoded == []


# Candidates


def test_what_was_proposed_is_told_with_scores_and_areas(service: Service) -> None:
    selected = service.select(image(1), click(candidate=2))
    (found,) = selected.found
    assert found is not None
    assert found.chosen == 2
    assert found.scores == pytest.approx([0.5, 0.9, 0.7])
    assert found.areas == [64, 256, 576]
    assert np.count_nonzero(selected.mask) == 576
    assert found.logits.shape == (10, 15)


def test_logits_go_back_for_the_last_object_alone(service: Service, model: Counting) -> None:
    before = np.ones((10, 15), np.float32)
    two = MaskRequest(objects=(*click(12).objects, *click(44).objects))
    selected = service.select(image(1), two, previous=before)
    assert model.previous == [None, before]
    assert selected.mask[20, 12] == selected.mask[20, 44] == 255


def test_a_candidate_that_is_not_there_is_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Counting, "decode", lambda *_: Candidates(np.ones((1, 10, 15), np.float32), np.ones(1, np.float32))
    )
    with pytest.raises(BadRequest, match="no candidate 1; this selection has 1"):
        service.mask(image(1), click(candidate=1))
    with pytest.raises(EmptySelection):
        service.mask(image(1), MaskRequest())


# Holes and specks


def logits(*drawing: str) -> np.ndarray:
    """float32 hxw: # is inside, . is outside."""
    return np.array([[2.0 if c == "#" else -2.0 for c in line] for line in drawing], np.float32)


ROUGH = logits("........", ".####..#", ".#.##...", ".####...", "........")
CLEAN = logits("........", ".####...", ".####...", ".####...", "........")
PERCENT = 100 * 1.5 / 40  # of 5x8 cells: one of them


def test_small_holes_are_filled_and_small_specks_dropped() -> None:
    assert ((clean_logits(ROUGH, (8, 5), PERCENT, NONE) > 0) == (CLEAN > 0)).all()
    assert (np.abs(clean_logits(ROUGH, (8, 5), PERCENT, NONE)) >= 2).all()
    assert (clean_logits(ROUGH, (8, 5), 0, NONE) == ROUGH).all()


@pytest.mark.parametrize("cell", [(1, 7), (2, 2)])
def test_what_was_clicked_on_is_meant(cell: tuple[int, int]) -> None:
    assert (clean_logits(ROUGH, (8, 5), PERCENT, np.array([cell])) == ROUGH).all()


def test_a_thing_that_is_all_small_stays() -> None:
    tiny = logits("....", ".#..", "....")
    assert (clean_logits(tiny, (4, 3), 50, NONE) == tiny).all()


def test_the_padding_is_no_part_of_the_picture() -> None:
    padded = np.full((10, 8), 9, np.float32)
    padded[:5] = ROUGH
    result = clean_logits(padded, (8, 4.5), PERCENT, NONE)
    assert ((result[:5] > 0) == (CLEAN > 0)).all()
    assert (result[5:] == 9).all()


def test_a_point_is_in_the_cell_it_is_drawn_on() -> None:
    points = [Point(0, 0, 1), Point(59.9, 39.9, 1), Point(4, 8, 0)]
    assert segment.logit_positions(points, (15, 10), Size(60, 40)).tolist() == [[0, 0], [9, 14], [2, 1]]


def test_the_size_of_specks_can_be_set(service: Service, model: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    holed = np.full((10, 15), 5, np.float32)
    holed[4:6, 4:6] = -5
    monkeypatch.setattr(Counting, "decode", lambda *_: Candidates(holed[None], np.ones(1, np.float32)))
    assert np.count_nonzero(service.mask(image(1), click(specks=0)) == 0) == 64
    assert service.mask(image(1), click(specks=3)).all()


# Edges at full resolution


def disc(size: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture, the true mask of what is in it, and the mask that went through a grid of 1/25 of its size."""
    y, x = np.mgrid[:size, :size]
    angle = np.arctan2(y - size / 2, x - size / 2)
    true = np.hypot(y - size / 2, x - size / 2) < size * (0.3 + 0.03 * np.cos(9 * angle))
    noise = np.random.default_rng(0).normal(0, 6, (size, size, 3))
    picture = np.clip(np.where(true[..., None], (190, 120, 60), (60, 110, 150)) + noise, 0, 255).astype(np.uint8)
    small = cv2.resize(true.astype(np.float32), (size // 25, size // 25), interpolation=cv2.INTER_AREA)
    rough = cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR) > 0.5
    return picture, true, np.where(rough, np.uint8(255), np.uint8(0))


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def test_the_edge_is_found_again() -> None:
    picture, true, rough = disc()
    before = rough.copy()
    found = follow(picture, rough, 16)
    assert iou(rough > 0, true) < 0.96
    assert iou(found > 0, true) > 0.985
    assert (rough == before).all()
    assert set(np.unique(found)) == {0, 255}


def test_nothing_changes_far_from_the_edge() -> None:
    picture, _, rough = disc()
    found = follow(picture, rough, 6)
    edge = cv2.morphologyEx(rough, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    far = cv2.distanceTransform(255 - edge, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > 7
    assert (found == rough)[far].all()


def test_tiles_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    picture, _, rough = disc()
    found = follow(picture, rough, 8)
    monkeypatch.setattr("lib_inpaint.imaging.edges._TILE", 1024)
    assert (follow(picture, rough, 8) != found).mean() < 1e-3


@pytest.mark.parametrize("value", [0, 255])
def test_a_mask_without_an_edge_stays(value: int) -> None:
    mask = np.full((50, 70), value, np.uint8)
    assert (follow(np.zeros((50, 70, 3), np.uint8), mask, 8) == mask).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 2)])
def test_tiny_pictures_are_no_errors(shape: tuple[int, int]) -> None:
    mask = np.zeros(shape, np.uint8)
    mask[:, : shape[1] // 2 + 1] = 255
    assert follow(np.zeros((*shape, 3), np.uint8), mask, 20).shape == shape


def test_a_flat_picture_leaves_the_edge_where_it_is_but_for_sharp_corners() -> None:
    _, _, rough = disc()
    found = follow(np.full((400, 400, 3), 90, np.uint8), rough, 8)
    assert iou(found > 0, rough > 0) > 0.97


def test_the_service_refines_when_asked(service: Service) -> None:
    picture, _, rough = disc()
    request = MaskRequest(options=MaskOptions(refine_edges=16))
    assert (service.mask(picture, request, rough) == follow(picture, rough, 16)).all()
    assert (service.mask(picture, MaskRequest(), rough) == rough).all()
    assert service.select(picture, request, rough, progress=silent).found == []
