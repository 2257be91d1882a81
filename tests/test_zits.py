"""ZITS on small networks that are called as its own are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the erasers with weights need torch")

from fakes.networks import ZITS_FILES, save_scripts, zits_networks  # noqa: E402
from test_erasers import ODD_HOLES, assert_changes_the_hole_alone, assert_fills, pixels, scene, tensors  # noqa: E402

from lib_inpaint.errors import Cancelled, ModelUnavailable  # noqa: E402
from lib_inpaint.geometry import Box  # noqa: E402
from lib_inpaint.models import registry  # noqa: E402
from lib_inpaint.models.erasers import structure, zits  # noqa: E402
from lib_inpaint.progress import silent  # noqa: E402


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return save_scripts(zits_networks(), ZITS_FILES, tmp_path)


@pytest.fixture
def eraser(files: list[Path]) -> zits.Zits:
    return zits.load(files, "cpu", "float32")


def completed(network: torch.nn.Module, picture: np.ndarray, edges: np.ndarray, lines: np.ndarray, hole: np.ndarray):
    """Five passes, pixel by pixel: in the n-th, n fifths of those that are still hidden become known.

    Those first for which, of edge and of line together, the larger is largest of: how likely it is none, and how likely
    it is one plus a half.
    """
    hidden = hole.astype(np.float32)  # all of it is, as in the eraser: a pixel known a pass earlier changes others
    picture, edges, lines = (one * (1 - hidden) for one in (picture, edges, lines))
    for number in range(1, 6):
        shown = [torch.tensor(one)[None, None] for one in (edges, lines, hidden)]
        with torch.no_grad():
            logits = network(torch.tensor(picture)[None], *shown)
        edge, line = torch.sigmoid(logits[0])[0, 0].numpy(), torch.sigmoid((logits[1] + 0.05) * 4)[0, 0].numpy()
        edges = (edges + edge * hidden >= 0.25).astype(np.float32)
        lines = lines + line * hidden
        sure = np.maximum(1 - edge, edge + 0.5) + np.maximum(1 - line, line + 0.5)
        places = sorted(np.argwhere(hidden > 0).tolist(), key=lambda place: -sure[tuple(place)])
        for y, x in places[: len(places) * number // 5]:
            hidden[y, x] = 0
        edges, lines = edges * (1 - hidden), lines * (1 - hidden)
    assert not hidden.any()
    return edges, lines


def expected(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The networks run one after the other, as the authors' single_image_test.py does."""
    _, network, upsampler, inpainter = zits_networks()
    hole = (mask > 0).astype(np.uint8)
    small = structure.resized(np.where(hole[..., None] > 0, np.uint8(127), image), 256)
    small_hole = structure.resized_hole(hole, 256)
    picture = (small / 127.5 - 1).transpose(2, 0, 1).astype(np.float32)
    found = structure.drawn_lines(np.array([[0.1, 0.2, 0.9, 1.0]]), 256)  # the sure one of the two that it finds
    known = completed(network, picture, structure.known_edges(small, small_hole), found, small_hole)
    grown = []
    for one in known:
        plane = torch.tensor(one)[None, None]
        while plane.shape[-1] < len(image):
            plane = torch.sigmoid((upsampler(plane) + 2) * 2)
        grown.append(torch.nn.functional.interpolate(plane, size=image.shape[:2], mode="bilinear"))
    distance, direction = (torch.from_numpy(one)[None].long() for one in structure.masked_position(hole))
    shown, gap = tensors(image, mask)
    with torch.no_grad():
        return pixels(inpainter(shown * (1 - gap), gap, *grown, distance, direction))


@pytest.mark.parametrize("side", [256, 288, 544])
def test_equals_the_networks_run_one_after_the_other(eraser: zits.Zits, side: int) -> None:
    noisy, mask = scene(side, side)
    image = cv2.GaussianBlur(noisy, (0, 0), 3)
    assert_fills(eraser, image, mask, expected(image, mask))
    assert np.array_equal(eraser(image, mask, silent), eraser(image, mask, silent))


def test_what_is_in_the_hole_is_not_seen(eraser: zits.Zits) -> None:
    image, mask = scene(320, 320)
    other = np.where(mask[..., None] > 0, np.uint8(255), image)
    assert np.array_equal(eraser(other, mask, silent), eraser(image, mask, silent))


class Watching(torch.nn.Module):
    """Finds nothing, and keeps what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[torch.Tensor] = []

    def forward(self, picture):
        self.seen.append(picture)
        return {"lines_pred": torch.zeros(0), "lines_score": torch.zeros(0), "num_proposals": torch.tensor(0)}


@pytest.mark.parametrize("side", [256, 320, 608])
def test_the_detector_is_shown_the_picture_as_it_was_trained_and_grey_in_the_hole(side: int) -> None:
    image, mask = scene(side, side)
    detector = Watching()
    eraser = zits.Zits([detector, *zits_networks()[1:]])
    for content in (0, 255):
        eraser(np.where(mask[..., None] > 0, np.uint8(content), image), mask, silent)
    one, other = detector.seen
    assert torch.equal(one, other), "nothing of what is removed is seen, not even where pixels are mixed"
    assert one.shape == (1, 3, 512, 512)
    levels = one[0] * torch.tensor([22.275, 22.124, 23.229])[:, None, None]
    levels = (levels + torch.tensor([109.730, 103.832, 98.681])[:, None, None]).permute(1, 2, 0).numpy()
    inside = cv2.resize(mask, (512, 512), interpolation=cv2.INTER_NEAREST) > 0
    assert np.abs(levels[inside] - 127.5).max() < 1e-3
    corner = (slice(0, 64), slice(0, 64))
    assert np.abs(levels[corner] - structure.resized(image, 512)[corner]).max() < 1e-3


def test_a_detector_that_finds_nothing_or_fails_means_no_lines(eraser: zits.Zits) -> None:
    """Its program fails where there is no line; it is not the picture's fault."""
    image, mask = scene(256, 256)
    with_lines = eraser(image, mask, silent)

    class Fails(torch.nn.Module):
        def forward(self, picture):
            raise RuntimeError("cannot reshape tensor of 0 elements into shape [128, -1, 32]")

    _, *others = zits_networks()
    results = [zits.Zits([one, *others])(image, mask, silent) for one in (Watching(), Fails())]
    assert np.array_equal(*results)
    assert not np.array_equal(results[0], with_lines)

    class Full(torch.nn.Module):
        def forward(self, picture):
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")

    with pytest.raises(MemoryError, match="256x256 pixels do not fit"):
        zits.Zits([Full(), *others])(image, mask, silent)


def test_the_detector_stays_on_the_processor() -> None:
    networks = [torch.nn.Linear(1, 1) for _ in range(4)]
    assert zits.Zits(networks, "meta").device == "meta"
    assert [network.weight.device.type for network in networks] == ["cpu", "meta", "meta", "meta"]


@pytest.mark.parametrize(("size", "box"), ODD_HOLES)
def test_outside_of_the_hole_not_a_bit_changes(eraser: zits.Zits, size: tuple[int, int], box: Box) -> None:
    assert_changes_the_hole_alone(eraser, size, box)


def test_it_is_told_where_it_is_and_can_be_stopped_between_passes(eraser: zits.Zits) -> None:
    told: list[tuple[float, str]] = []
    eraser(*scene(256, 256), lambda fraction, text="": told.append((fraction, text)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    passes = [text for _, text in told if "pass" in text]
    assert passes == [f"Finding lines, pass {number} of 5" for number in range(1, 6)]

    def stop(fraction: float, text: str = "") -> None:
        if "pass 3" in text:
            raise Cancelled

    with pytest.raises(Cancelled):
        eraser(*scene(256, 256), stop)


class TestFiles:
    def test_the_one_that_is_not_there_is_named(self, files: list[Path], tmp_path: Path) -> None:
        model = registry.find("zits")
        assert [file.name for file in model.files] == ZITS_FILES
        small = replace(model, files=tuple(replace(file, size=None) for file in model.files))
        assert registry.state(small, [tmp_path]).ready
        for path in files:
            kept = path.rename(path.with_suffix(".away"))
            reason = registry.state(small, [tmp_path]).reason
            assert reason.startswith(f"ZITS: {path.name} is not there. To fetch it: ")
            kept.rename(path)

    @pytest.mark.parametrize("other", [1, 2, 3])
    def test_two_in_each_others_place(self, files: list[Path], other: int) -> None:
        for first, second in ((0, other), (1, 1 + other % 3)):
            order = list(files)
            order[first], order[second] = order[second], order[first]
            if order == files:
                continue
            with pytest.raises(ModelUnavailable, match=r"zits-[a-z-]+-0717\.pt holds another network"):
                zits.load(order, "cpu", "float32")
