"""Everything: the same masks as the reference finds, held in bounded memory, shown through one label map."""

from __future__ import annotations

import threading
from typing import Iterator

import cv2
import numpy as np
import pytest

from lib_inpaint.errors import Cancelled
from lib_inpaint.geometry import Box, Point, Size, crop_boxes, fit
from lib_inpaint.imaging.labels import colour, overlay, palette
from lib_inpaint.progress import silent
from lib_inpaint.schema import EverythingRequest
from lib_inpaint.selecting import everything
from lib_inpaint.selecting.everything import Everything, find
from lib_inpaint.selecting.segment import LoadedSegmenter, Photo
from lib_inpaint.store import Store

GRID = 256


class Seen:
    """The embedding of the fakes below: the picture in the cells of the logits, padded as SAM pads it."""

    def __init__(self, image: np.ndarray) -> None:
        self.size = Size.of(image)
        shown = fit(self.size, GRID)
        self.cells = np.zeros((GRID, GRID, 3), np.uint8)
        self.cells[: shown.height, : shown.width] = cv2.resize(image, tuple(shown), interpolation=cv2.INTER_AREA)
        self.nbytes = self.cells.nbytes
        self.answers: dict[tuple[int, ...], np.ndarray] = {}


class Colours:
    """A segmenter for pictures of flat colours: a click means all of its colour, one piece of it, or all but black.

    The logits are distances to the edge in cells; the scores depend on the click, so that no two are alike.
    """

    def __init__(self) -> None:
        self.encoded: list[Size] = []
        self.decoded: list[int] = []

    def encode(self, image: np.ndarray, progress=silent) -> Seen:
        self.encoded.append(Size.of(image))
        return Seen(image)

    def extent(self, size: Size) -> tuple[float, float]:
        scale = GRID / max(size)
        return size.width * scale, size.height * scale

    def three(self, embedding: Seen, x: float, y: float) -> tuple[np.ndarray, np.ndarray]:
        scale = GRID / max(embedding.size)
        column, row = int(x * scale), int(y * scale)
        same = (embedding.cells == embedding.cells[row, column]).all(axis=2)
        _, labels = cv2.connectedComponents(same.astype(np.uint8))
        key = (*embedding.cells[row, column].tolist(), int(labels[row, column]))
        if key not in embedding.answers:
            pieces = [same, same & (labels == labels[row, column]), embedding.cells.any(axis=2)]
            embedding.answers[key] = np.stack([signed(piece) for piece in pieces])
        scores = np.array([0.9, 0.95, 0.85]) + 0.04 * np.sin(np.array([1, 2, 3]) * (row * 17.0 + column))
        return embedding.answers[key], scores.astype(np.float32)


class ColourBatches(Colours):
    def decode_batch(self, embedding: Seen, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.decoded.append(len(points))
        answers = [self.three(embedding, x, y) for x, y in points]
        return np.stack([logits for logits, _ in answers]), np.stack([scores for _, scores in answers])


class ColourList(Colours):
    """Knows its things without clicks: one for each colour, with scores below what the model's filters ask for."""

    def things(self, embedding: Seen, count: int) -> Iterator[tuple[np.ndarray, float, Point]]:
        colours, cells = np.unique(embedding.cells.reshape(-1, 3), axis=0, return_counts=True)
        for one in colours[cells > 2000][:count]:  # not those along the edges, which are mixed
            self.decoded.append(1)
            logits = signed((embedding.cells == one).all(axis=2))
            row, column = np.unravel_index(logits.argmax(), logits.shape)
            scale = max(embedding.size) / GRID
            yield logits, 0.1, Point((column + 0.5) * scale, (row + 0.5) * scale, 1)


def signed(inside: np.ndarray) -> np.ndarray:
    """bool hxw -> float32 hxw: the distance to the edge in cells, above 0 inside, at most 8."""
    here, there = (cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, 5) for part in (inside, ~inside))
    return np.clip(np.where(inside, here - 0.5, 0.5 - there), -8, 8).astype(np.float32)


def scene(size: Size) -> np.ndarray:
    """Discs and bars of six colours on black, two of them in two pieces; uint8 HxWx3."""
    image = np.zeros((size.height, size.width, 3), np.uint8)
    unit = max(size) / 64
    places = [
        (10, 10, 7, 0),
        (30, 12, 6, 1),
        (52, 9, 7, 2),
        (12, 32, 8, 3),
        (33, 34, 9, 4),
        (54, 33, 7, 5),
        (32, 33, 4, 0),
    ]
    for x, y, radius, number in places:
        colour = tuple(int(40 + 30 * ((number * 7 + channel * 3) % 8)) for channel in range(3))
        cv2.circle(image, (round(x * unit), round(y * unit)), round(radius * unit), colour, -1)
    cv2.rectangle(image, (round(20 * unit), round(40 * unit)), (round(26 * unit), round(46 * unit)), (40, 130, 220), -1)
    return image


def run(image: np.ndarray, model=None, progress=silent, **options) -> Everything:
    request = EverythingRequest(**{"points_per_side": 8, "stability_score_thresh": 0.6, "specks": 0, **options})
    return find(
        Photo(image), LoadedSegmenter("colours", "float32", model or ColourBatches()), Store(1 << 30), request, progress
    )


def agreement(mine: list[np.ndarray], theirs: list[np.ndarray]) -> np.ndarray:
    """The IoU of each of theirs (bool HxW) with the one of mine that fits best."""
    return np.array([max((a & b).sum() / (a | b).sum() for a in mine) for b in theirs])


def pictures(result: Everything) -> list[np.ndarray]:
    return [result.mask(number) > 0 for number in range(len(result.things))]


# Equality with the reference


def reference(image: np.ndarray, **options) -> list[np.ndarray]:
    """What SamAutomaticMaskGenerator makes of the answers of Colours: the masks, bool HxW."""
    torch = pytest.importorskip("torch")
    amg = pytest.importorskip("segment_anything.automatic_mask_generator")
    from types import SimpleNamespace

    model = SimpleNamespace(
        image_encoder=SimpleNamespace(img_size=1024), mask_threshold=0.0, device=torch.device("cpu")
    )
    generator = amg.SamAutomaticMaskGenerator(model, **options)
    colours = Colours()

    def set_image(piece: np.ndarray) -> None:
        generator.predictor.seen = colours.encode(piece)

    def predict(points, labels, multimask_output, return_logits):
        seen = generator.predictor.seen
        height, width = generator.predictor.transform.get_preprocess_shape(seen.size.height, seen.size.width, 1024)
        back = np.array([seen.size.width / width, seen.size.height / height])
        answers = [colours.three(seen, *(place * back)) for place in points[:, 0].numpy()]
        low = torch.from_numpy(np.stack([logits for logits, _ in answers]))
        square = torch.nn.functional.interpolate(low, (1024, 1024), mode="bilinear", align_corners=False)
        shape = (seen.size.height, seen.size.width)
        masks = torch.nn.functional.interpolate(
            square[..., :height, :width], shape, mode="bilinear", align_corners=False
        )
        return masks, torch.from_numpy(np.stack([scores for _, scores in answers])), low

    generator.predictor.set_image, generator.predictor.predict_torch = set_image, predict
    return [found["segmentation"] for found in generator.generate(image)]


@pytest.mark.parametrize(("size", "equal"), [(Size(768, 1024), 0.9999), (Size(700, 500), 0.995)])
def test_the_masks_are_those_of_the_reference(size: Size, equal: float) -> None:
    """Equal where the reference enlarges in one step, at 1024; else it goes there and back, and softens the edges."""
    image = scene(size)
    mine = run(image, points_per_side=6)
    theirs = reference(image, points_per_side=6, stability_score_thresh=0.6)
    assert len(mine.things) == len(theirs) > 5
    assert agreement(pictures(mine), theirs).min() > equal


def test_the_masks_of_pieces_are_those_of_the_reference() -> None:
    image = scene(Size(640, 480))
    mine = run(image, crop_n_layers=1, points_per_side=4)
    theirs = reference(image, points_per_side=4, stability_score_thresh=0.6, crop_n_layers=1)
    assert len(mine.things) == len(theirs)
    assert (
        agreement(pictures(mine), theirs).min() > 0.97
    )  # a piece is a third of a cell off, and which piece wins may differ


def test_a_small_sam_finds_what_the_reference_finds() -> None:
    """The real decoder with random weights, through the real family."""
    torch = pytest.importorskip("torch")
    amg = pytest.importorskip("segment_anything.automatic_mask_generator")
    from segment_anything.build_sam import _build_sam

    from lib_inpaint.models.sam.attention import VitEncoder
    from lib_inpaint.models.sam.sam import SamSegmenter

    torch.manual_seed(2)
    sam = _build_sam(encoder_embed_dim=32, encoder_depth=1, encoder_num_heads=2, encoder_global_attn_indexes=[0]).eval()
    for network in sam.mask_decoder.output_hypernetworks_mlps:  # untrained logits are all but 0: spread them out
        network.layers[-1].weight.data *= 100
        network.layers[-1].bias.data *= 100
    encoder = VitEncoder(sam.image_encoder, "auto", "cpu", torch.float32)
    model = SamSegmenter(encoder, sam.prompt_encoder, sam.mask_decoder, "cpu")
    image = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (1024, 1024, 3), dtype=np.uint8), (0, 0), 20)
    generator = amg.SamAutomaticMaskGenerator(sam, points_per_side=3, pred_iou_thresh=-9, stability_score_thresh=0.5)
    theirs = [found["segmentation"] for found in generator.generate(image)]
    model.decode_batch = lambda *each: unsure(*SamSegmenter.decode_batch(model, *each))
    mine = run(image, model, points_per_side=3, pred_iou_thresh=0, stability_score_thresh=0.5)
    assert len(mine.things) == len(theirs) > 0
    assert agreement(pictures(mine), theirs).min() > 0.999


def unsure(logits: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Untrained scores are below 0, where no `pred_iou_thresh` can be set; in the same order they are moved to 0..1."""
    return logits, 1 / (1 + np.exp(-scores))


# Steps


def test_pieces_are_those_of_the_reference() -> None:
    amg = pytest.importorskip("segment_anything.utils.amg")
    for size in (Size(1024, 768), Size(333, 1001)):
        for layers in (0, 1, 2):
            theirs, _ = amg.generate_crop_boxes((size.height, size.width), layers, 512 / 1500)
            assert [list(box) for box in crop_boxes(size, layers)] == theirs


def test_boxes_and_areas_are_those_of_the_mask() -> None:
    result = run(scene(Size(512, 384)))
    for number, thing in enumerate(result.things):
        mask = result.mask(number)
        left, top, width, height = cv2.boundingRect(mask)
        held = Box(left, top, left + width, top + height)
        assert max(abs(a - b) for a, b in zip(thing.box, held)) <= 2
        assert abs(thing.area - np.count_nonzero(mask)) < 0.03 * thing.area + 40


def test_the_whole_picture_is_encoded_once_and_kept() -> None:
    model, store = ColourBatches(), Store(1 << 30)
    photo, loaded = Photo(scene(Size(300, 200))), LoadedSegmenter("colours", "float32", model)
    for _ in range(2):
        find(photo, loaded, store, EverythingRequest(points_per_side=2, crop_n_layers=1))
    assert model.encoded.count(Size(300, 200)) == 1
    assert len(store) == 1


def test_a_segmenter_that_lists_things_is_not_asked_by_clicks() -> None:
    model, told = ColourList(), []
    image = np.full((300, 400, 3), 90, np.uint8)
    image[50:120, 80:200] = 30
    image[150:280, 210:390] = (200, 40, 40)
    result = run(image, model, lambda fraction, _: told.append(fraction), points_per_side=64)
    for paint, box in ((30, Box(80, 50, 200, 120)), ((200, 40, 40), Box(210, 150, 390, 280))):
        truth = (image == paint).all(axis=2)
        far = [sum(abs(a - b) for a, b in zip(thing.box, box)) for thing in result.things]
        number = int(np.argmin(far))
        found, mask = result.things[number], result.mask(number) > 0
        assert (mask & truth).sum() / (mask | truth).sum() > 0.9
        assert truth[int(found.point.y), int(found.point.x)]
    assert told == sorted(told)
    model.decoded.clear()
    run(image, model, points_per_side=1)
    assert len(model.decoded) == 1


def test_specks_are_dropped_and_holes_filled() -> None:
    image = np.full((256, 256, 3), 90, np.uint8)
    image[20:140, 20:140] = 200
    image[80:83, 80:83] = 90
    image[200:203, 200:203] = 200
    expected = np.zeros((256, 256), bool)
    expected[20:140, 20:140] = True
    rough, clean = (pictures(run(image, points_per_side=4, specks=specks)) for specks in (0, 0.05))
    assert not any((mask == expected).all() for mask in rough)
    assert any((mask == expected).all() for mask in clean)


# Bounds, progress, stopping


def test_memory_does_not_grow_with_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = run(scene(Size(512, 384))), run(scene(Size(4096, 3072)))
    assert len(small.things) == len(large.things)
    assert large.nbytes < 1.2 * small.nbytes
    monkeypatch.setattr(everything, "_MOST", 5)
    assert len(run(scene(Size(512, 384))).things) <= 5


def test_progress_is_told_after_each_batch_and_can_stop() -> None:
    told: list[float] = []
    model = ColourBatches()
    run(scene(Size(256, 192)), model, lambda fraction, text: told.append(fraction), points_per_side=16)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert model.decoded == [16] * 16

    def stop(fraction: float, text: str) -> None:
        if fraction > 0.4:
            raise Cancelled

    model = ColourBatches()
    with pytest.raises(Cancelled):
        run(scene(Size(256, 192)), model, stop, points_per_side=16)
    assert model.decoded == [16] * 6


# What is shown


def test_the_label_map_shows_the_smallest_thing_on_top() -> None:
    result = run(scene(Size(640, 480)))
    labels = result.label_map()
    assert labels.dtype == np.uint16
    assert labels.shape == (480, 640)
    assert [thing.area for thing in result.things] == sorted((thing.area for thing in result.things), reverse=True)
    expected = np.zeros(labels.shape, np.uint16)
    for number in range(len(result.things)):
        expected[result.mask(number) > 0] = number + 1
    assert (labels == expected).all()


def test_a_smaller_label_map_shows_the_same() -> None:
    result = run(scene(Size(1280, 960)))
    small, large = result.label_map(Size(320, 240)), result.label_map()
    assert (small == large[2::4, 2::4]).mean() > 0.99


def test_colours_are_looked_up() -> None:
    labels = np.array([[0, 1], [2, 0]], np.uint16)
    colours = palette(2)
    assert len({tuple(each) for each in palette(60)}) == 61
    assert (colour(labels, colours) == [[colours[0], colours[1]], [colours[2], colours[0]]]).all()
    image = np.full((2, 2, 3), 100, np.uint8)
    shown = overlay(image, labels, colours)
    assert (shown[0, 0] == 100).all()
    assert (shown[1, 1] == 100).all()
    assert np.abs(shown[0, 1].astype(int) - (100 + colours[1].astype(int)) / 2).max() <= 1


def test_nothing_found_is_no_error() -> None:
    result = run(scene(Size(200, 100)), points_per_side=2, stability_score_thresh=1.0)
    assert result.things == ()
    assert not result.label_map().any()
    assert palette(0).tolist() == [[0, 0, 0]]


def test_two_people_at_once_do_not_meet() -> None:
    images = [scene(Size(256, 192)), scene(Size(192, 256))]
    alone = [run(image).label_map() for image in images]
    together: dict[int, np.ndarray] = {}
    threads = [threading.Thread(target=lambda n=n: together.update({n: run(images[n]).label_map()})) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((together[n] == alone[n]).all() for n in range(2))
