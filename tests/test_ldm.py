"""LDM on small networks that are called as its own are, the denoiser one that knows the answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the erasers with weights need torch")

from fakes.networks import LDM_FILES, ldm_networks, save_scripts  # noqa: E402
from test_erasers import ODD_HOLES, assert_changes_the_hole_alone, assert_fills, pixels, scene, tensors  # noqa: E402

from lib_inpaint.errors import Cancelled, ModelUnavailable  # noqa: E402
from lib_inpaint.geometry import Box  # noqa: E402
from lib_inpaint.models import registry  # noqa: E402
from lib_inpaint.models.erasers import ldm  # noqa: E402
from lib_inpaint.progress import silent  # noqa: E402

REMAINING = np.cumprod(1 - np.linspace(0.0015**0.5, 0.0205**0.5, 1000) ** 2)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return save_scripts(ldm_networks(), LDM_FILES, tmp_path)


@pytest.fixture
def eraser(files: list[Path]) -> ldm.Ldm:
    return ldm.load(files, "cpu", "float32")


def expected(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """In one formula: the answer, with the noise that it was begun with left in it as far as time 0 has any."""
    picture, hole = tensors(image, mask)
    known = torch.nn.functional.avg_pool2d(picture * (1 - hole) * 2 - 1, 4)
    clean = (known + 0.25 * (hole[..., ::4, ::4] * 2 - 1)).flip(2)
    start = torch.randn(known.shape, generator=torch.Generator().manual_seed(42))
    first, last = REMAINING[961], REMAINING[0]
    noise = (start - first**0.5 * clean) / (1 - first) ** 0.5
    latent = last**0.5 * clean + (1 - last) ** 0.5 * noise
    return pixels(latent.repeat_interleave(4, 2).repeat_interleave(4, 3) / 2 + 0.5)


@pytest.mark.parametrize("size", [(64, 64), (32, 96), (32, 32)])
def test_it_paints_what_the_denoiser_knows(eraser: ldm.Ldm, size: tuple[int, int]) -> None:
    image, mask = scene(*size)
    assert_fills(eraser, image, mask, expected(image, mask))


def test_the_same_pixels_at_each_call_and_no_global_generator_moved(eraser: ldm.Ldm) -> None:
    image, mask = scene()
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    first = eraser(image, mask, silent)
    torch.manual_seed(7)
    moved = torch.get_rng_state()
    assert np.array_equal(eraser(image, mask, silent), first)
    assert torch.equal(torch.get_rng_state(), moved)
    torch.set_rng_state(before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])


def test_what_is_in_the_hole_is_not_seen(eraser: ldm.Ldm) -> None:
    image, mask = scene()
    other = np.where(mask[..., None] > 0, 255 - image, image)
    assert np.array_equal(eraser(other, mask, silent), eraser(image, mask, silent))


@pytest.mark.parametrize(("size", "box"), ODD_HOLES)
def test_outside_of_the_hole_not_a_bit_changes(eraser: ldm.Ldm, size: tuple[int, int], box: Box) -> None:
    assert_changes_the_hole_alone(eraser, size, box)
    assert eraser.needs.best == 512
    assert eraser.needs.multiple == 32


class TestProgress:
    def test_each_step_is_told(self, eraser: ldm.Ldm) -> None:
        told: list[tuple[float, str]] = []
        eraser(*scene(), lambda fraction, text="": told.append((fraction, text)))
        fractions = [fraction for fraction, _ in told]
        assert fractions == sorted(fractions)
        assert fractions[-1] == 1
        assert [text for _, text in told if "step" in text][1:] == [f"Erasing, step {n} of 25" for n in range(1, 26)]

    def test_it_can_be_stopped_between_two_steps(self, eraser: ldm.Ldm) -> None:
        seen: list[float] = []

        def stop(fraction: float, text: str = "") -> None:
            seen.append(fraction)
            if fraction > 0.5:
                raise Cancelled

        with pytest.raises(Cancelled):
            eraser(*scene(), stop)
        assert seen[-1] < 0.6


class NeedsAllBits(torch.nn.Module):
    """Gives no numbers in half precision, as some cards do not; notes what it worked in."""

    def __init__(self) -> None:
        super().__init__()
        self.half: list[bool] = []

    def forward(self, latent, time, known):
        self.half.append(torch.ones(2, 2).mm(torch.ones(2, 2)).dtype == torch.bfloat16)
        return latent * (torch.nan if self.half[-1] else 0)


class TestHalfPrecision:
    @pytest.fixture
    def network(self) -> NeedsAllBits:
        return NeedsAllBits()

    def made(self, network: torch.nn.Module, device: str, dtype: str) -> ldm.Ldm:
        return ldm.Ldm([*ldm_networks()[:2], network], device, dtype)

    def test_a_card_that_needs_all_bits_gets_them(self, monkeypatch, network: NeedsAllBits) -> None:
        """ "cpu:0" counts as another device, and is here one that gains by half the bits."""
        monkeypatch.setattr(ldm, "_HALF_AS_GOOD", ("cpu",))
        eraser = self.made(network, "cpu:0", "bfloat16")
        image, mask = scene()
        result = eraser(image, mask, silent)
        assert network.half == [True] * 26 + [False] * 26
        assert np.array_equal(eraser(image, mask, silent), result)
        assert network.half[52:] == [False] * 26, "and keeps them"

    @pytest.mark.parametrize(("device", "dtype"), [("cpu", "float16"), ("cpu:0", "float16"), ("cpu", "float32")])
    def test_others_work_in_all_bits(self, network: NeedsAllBits, device: str, dtype: str) -> None:
        self.made(network, device, dtype)(*scene(), silent)
        assert network.half == [False] * 26

    def test_numbers_that_half_the_bits_give_are_kept(self, monkeypatch) -> None:
        monkeypatch.setattr(ldm, "_HALF_AS_GOOD", ("cpu",))
        image, mask = scene()
        assert_fills(self.made(ldm_networks()[2].float(), "cpu:0", "bfloat16"), image, mask, expected(image, mask))


class TestFiles:
    def test_the_one_that_is_not_there_is_named(self, files: list[Path], tmp_path: Path) -> None:
        model = registry.find("ldm")
        small = replace(model, files=tuple(replace(file, size=None) for file in model.files))
        assert registry.state(small, [tmp_path]).ready
        for path in files:
            kept = path.rename(path.with_suffix(".away"))
            state = registry.state(small, [tmp_path])
            assert (state.ready, state.lacks) == (False, "file")
            assert state.reason.startswith(f"LDM: {path.name} is not there. To fetch it: ")
            kept.rename(path)
        files[2].unlink()
        with pytest.raises(ModelUnavailable, match=r"diffusion\.pt cannot be read: No such file"):
            ldm.load(files, "cpu", "float32")

    def test_two_in_each_others_place(self, files: list[Path]) -> None:
        for order, named in (((1, 0, 2), "decode"), ((0, 2, 1), "diffusion"), ((2, 1, 0), "diffusion")):
            with pytest.raises(ModelUnavailable, match=rf"{named}\.pt holds another network"):
                ldm.load([files[number] for number in order], "cpu", "float32")

    def test_the_memory_that_they_take(self, eraser: ldm.Ldm) -> None:
        assert eraser.nbytes == 4 * 1000
