"""The erasers with weights, on random weights in the layouts of the published files."""

from __future__ import annotations

import functools
import importlib
import os
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the erasers with weights need torch")

from lib_inpaint.errors import Cancelled, ModelUnavailable  # noqa: E402
from lib_inpaint.filling.fill import fill  # noqa: E402
from lib_inpaint.geometry import Box  # noqa: E402
from lib_inpaint.models.erasers import lama, manga, mat, migan  # noqa: E402
from lib_inpaint.models.erasers.torch_eraser import TorchEraser  # noqa: E402
from lib_inpaint.models.files import torchscript  # noqa: E402
from lib_inpaint.progress import silent  # noqa: E402

RNG = np.random.default_rng(0)


def needs_package(name: str):
    return pytest.importorskip(name, reason=f"this layout is read with {name}")


def scene(height: int = 64, width: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """A noisy picture and a mask with a hole off its middle, both read-only: an eraser that writes to them fails."""
    image = RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : height // 2, width // 4 : width - 9] = 255
    image.flags.writeable = mask.flags.writeable = False
    return image, mask


def tensors(image: np.ndarray, mask: np.ndarray):
    """1x3xHxW in 0..1 and 1x1xHxW, 1 in the hole."""
    return torch.tensor(image).permute(2, 0, 1)[None] / 255, torch.tensor(mask)[None, None] / 255


def pixels(tensor) -> np.ndarray:
    """1xCxHxW in 0..1 -> float HxWxC in 0..255."""
    return tensor[0].permute(1, 2, 0).clamp(0, 1).numpy() * 255


def assert_fills(eraser, image, mask, expected) -> None:
    """The eraser gives `expected` (float, 0..255) in the hole, to half a level, and it is not one flat colour."""
    result = eraser(image, mask, silent)
    assert result.dtype == np.uint8
    assert result.shape == image.shape
    hole = mask > 0
    assert expected[hole].std() > 2
    assert np.abs(result[hole] - expected[hole]).max() < 0.51


ODD_HOLES = [((37, 53), Box(9, 9, 30, 20)), ((300, 900), Box(100, 120, 800, 160))]  # sizes, and where


def assert_changes_the_hole_alone(eraser, size: tuple[int, int], box: Box) -> None:
    """Of noise of that size (height, width), what is in the box, and all of it where all of it is masked."""
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    mask = np.zeros(size, np.uint8)
    mask[box.slices] = 255
    for hole in (mask, np.full_like(mask, 255)):
        result = fill(image, hole, eraser).image
        assert np.array_equal(result[hole == 0], image[hole == 0])
        assert not np.array_equal(result[hole > 0], image[hole > 0])


def randomise(network):
    """Random weights and statistics, wide enough for the output to vary from pixel to pixel."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.1, 0.6, generator=generator)
            elif name.endswith("running_mean"):
                tensor.normal_(0, 0.2, generator=generator)
    return network.eval()


@functools.cache
def small_lama():
    """The architecture of big-LaMa, an eighth as wide and with two of its eighteen blocks."""
    needs_package("spandrel")
    from spandrel.architectures.LaMa import LaMa

    torch.manual_seed(0)
    whole = LaMa(in_nc=4, out_nc=3)
    whole.model = type(whole.model)(4, 3, ngf=8, n_blocks=2)
    return randomise(whole)


class Published(torch.nn.Module):
    """As the authors' bin/to_jit.py wraps big-LaMa: the keys begin with model.generator.model."""

    def __init__(self, generator):
        super().__init__()
        self.model = torch.nn.ModuleDict({"generator": generator})

    def forward(self, image, mask):
        filled = self.model["generator"](image * (1 - mask), mask)
        return mask * filled + (1 - mask) * image


class SmallMigan(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(4, 3, 9, padding=4)

    def forward(self, x):
        return torch.tanh(3 * self.conv(x))


class SmallDrawer(torch.nn.Module):
    def forward(self, grey):
        return 300 - 2 * grey  # beyond 0..255 on both sides


class SmallInpainter(torch.nn.Module):
    def forward(self, grey, lines, mask, noise, ones):
        return torch.tanh(grey * (ones - mask) + 0.7 * lines + 0.3 * noise * mask)


def save_script(network, path: Path, *example) -> Path:
    """Traced if there is an example, as big-LaMa and MI-GAN are; scripted otherwise."""
    script = torch.jit.trace(network, example) if example else torch.jit.script(network)
    torch.jit.save(script, os.fspath(path))
    return path


@functools.cache
def lama_script(folder: Path) -> Path:
    example = torch.rand(1, 3, 120, 120), torch.rand(1, 1, 120, 120).round()
    return save_script(Published(small_lama().model), folder / "big-lama.pt", *example)


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture
def manga_files(tmp_path) -> list[Path]:
    inpainter = save_script(SmallInpainter(), tmp_path / "manga_inpaintor.jit")
    return [inpainter, save_script(SmallDrawer(), tmp_path / "erika.jit")]


class TestLama:
    @pytest.mark.parametrize("size", [(64, 64), (48, 80), (16, 16)])
    def test_torchscript_equals_the_architecture(self, folder, size):
        image, mask = scene(*size)
        eraser = lama.load([lama_script(folder)], "cpu", "float32")
        with torch.no_grad():
            assert_fills(eraser, image, mask, pixels(small_lama()(*tensors(image, mask))))

    @pytest.mark.parametrize("size", [(64, 64), (48, 80), (16, 16)])
    @pytest.mark.parametrize("prefix", ["generator.model.", "model.model.", "model.generator.model.", "model."])
    def test_weights_equal_the_architecture(self, tmp_path, prefix, size):
        weights = {prefix + key: value for key, value in small_lama().model.model.state_dict().items()}
        torch.save(weights, tmp_path / "ControlNetLama.pth")
        image, mask = scene(*size)
        eraser = lama.load([tmp_path / "ControlNetLama.pth"], "cpu", "float32")
        with torch.no_grad():
            assert_fills(eraser, image, mask, pixels(small_lama()(*tensors(image, mask))))

    def test_training_checkpoint_with_all_that_lightning_adds(self, tmp_path):
        weights = {f"generator.{key}": value for key, value in small_lama().model.state_dict().items()}
        weights["discriminator.model0.0.weight"] = weights["loss_resnet_pl.impl.conv1.weight"] = torch.ones(2)
        extra = {"epoch": 39, "pytorch-lightning_version": "1.2.9", "optimizer_states": [{"state": {}}]}
        torch.save({"state_dict": weights, **extra}, tmp_path / "best.ckpt")
        image, mask = scene()
        eraser = lama.load([tmp_path / "best.ckpt"], "cpu", "float32")
        with torch.no_grad():
            assert_fills(eraser, image, mask, pixels(small_lama()(*tensors(image, mask))))

    def test_safetensors(self, tmp_path):
        safetensors = needs_package("safetensors.torch")
        safetensors.save_file(small_lama().state_dict(), tmp_path / "big-lama.safetensors")
        image, mask = scene()
        eraser = lama.load([tmp_path / "big-lama.safetensors"], "cpu", "float32")
        with torch.no_grad():
            assert_fills(eraser, image, mask, pixels(small_lama()(*tensors(image, mask))))

    def test_full_size(self, tmp_path):
        needs_package("spandrel")
        from spandrel.architectures.LaMa import LaMa

        torch.manual_seed(0)
        direct = LaMa(in_nc=4, out_nc=3).eval()
        weights = {f"generator.{key}": value for key, value in direct.model.state_dict().items()}
        torch.save(weights, tmp_path / "ControlNetLama.pth")
        eraser = lama.load([tmp_path / "ControlNetLama.pth"], "cpu", "float32")
        assert eraser.nbytes == sum(value.numel() * value.element_size() for value in weights.values())
        image, mask = scene()
        with torch.no_grad():
            expected = pixels(direct(*tensors(image, mask)))
        assert np.abs(eraser(image, mask, silent) - expected)[mask > 0].max() < 0.51

    def test_can_be_stopped_between_two_layers(self, tmp_path):
        torch.save(small_lama().state_dict(), tmp_path / "lama.pth")
        seen = []

        def stop(fraction, text=""):
            seen.append(fraction)
            if fraction > 0.5:
                raise Cancelled

        with pytest.raises(Cancelled):
            lama.load([tmp_path / "lama.pth"], "cpu", "float32")(*scene(), stop)
        assert seen == sorted(seen)
        assert len(seen) > 3
        assert seen[-1] < 0.7

    def test_weights_of_something_else(self, tmp_path):
        torch.save({"image_encoder.pos_embed": torch.ones(1)}, tmp_path / "lama.pth")
        with pytest.raises(ModelUnavailable, match=r"lama\.pth holds the weights of something else than LaMa"):
            lama.load([tmp_path / "lama.pth"], "cpu", "float32")

    def test_a_part_of_the_weights(self, tmp_path):
        weights = small_lama().state_dict()
        del weights["model.model.5.conv1.ffc.convl2g.weight"]
        torch.save(weights, tmp_path / "lama.pth")
        with pytest.raises(ModelUnavailable, match=r"lama\.pth holds a LaMa that is not handled, or only a part"):
            lama.load([tmp_path / "lama.pth"], "cpu", "float32")

    def test_without_spandrel(self, tmp_path, monkeypatch):
        torch.save(small_lama().state_dict(), tmp_path / "lama.pth")
        monkeypatch.setitem(sys.modules, "spandrel.architectures.LaMa", None)
        with pytest.raises(ModelUnavailable, match="pip install spandrel"):
            lama.load([tmp_path / "lama.pth"], "cpu", "float32")


class TestMat:
    @pytest.fixture
    def network(self, monkeypatch):
        """The architecture of MAT with all its layers, a tenth as wide; a pass of its own takes 16 s of a core."""
        needs_package("spandrel_extra_arches")
        from spandrel_extra_arches.architectures.MAT import MAT

        architecture = importlib.import_module(MAT.__module__)
        monkeypatch.setattr(architecture, "nf", lambda stage: 8)
        monkeypatch.setattr(architecture, "FirstStage", functools.partial(architecture.FirstStage, dim=18))
        torch.manual_seed(0)
        return architecture.Generator(z_dim=512, c_dim=0, w_dim=512, img_resolution=512, img_channels=3).eval()

    def run(self, network, image, mask) -> np.ndarray:
        """The architecture called as IOPaint calls it, with torch's own dropout."""
        picture, hole = tensors(image, mask)
        z = torch.from_numpy(np.random.RandomState(240).randn(1, 512)).float()
        torch.manual_seed(240)
        with torch.no_grad():
            return pixels(network(picture * 2 - 1, 1 - hole, z, torch.zeros(1, 0), noise_mode="none") / 2 + 0.5)

    def test_equals_the_architecture_and_leaves_the_global_generators_alone(self, tmp_path, network):
        torch.save(network.state_dict(), tmp_path / "Places_512_FullData_G.pth")
        image, mask = scene(512, 512)
        expected = self.run(network, image, mask)
        before = torch.get_rng_state(), np.random.get_state()[1].copy()
        eraser = mat.load([tmp_path / "Places_512_FullData_G.pth"], "cpu", "float32")
        assert_fills(eraser, image, mask, expected)
        assert_fills(eraser, image, mask, expected)  # the dropout begins anew at each call
        assert torch.equal(torch.get_rng_state(), before[0])
        assert np.array_equal(np.random.get_state()[1], before[1])

    def test_half_precision_safetensors(self, tmp_path, network):
        safetensors = needs_package("safetensors.torch")
        half = {key: value.half().contiguous() for key, value in network.state_dict().items()}
        safetensors.save_file(half, tmp_path / "MAT_Places512_G_fp16.safetensors")
        network.load_state_dict(half)
        image, mask = scene(512, 512)
        eraser = mat.load([tmp_path / "MAT_Places512_G_fp16.safetensors"], "cpu", "float32")
        assert_fills(eraser, image, mask, self.run(network, image, mask))

    def test_weights_of_something_else(self, tmp_path, network):
        torch.save({"generator.model.1.weight": torch.ones(1)}, tmp_path / "mat.pth")
        with pytest.raises(ModelUnavailable, match=r"mat\.pth holds the weights of something else than MAT"):
            mat.load([tmp_path / "mat.pth"], "cpu", "float32")


class TestMigan:
    def test_equals_the_network_run_directly(self, tmp_path):
        torch.manual_seed(0)
        network = SmallMigan()
        path = save_script(network, tmp_path / "migan_traced.pt", torch.rand(1, 4, 512, 512))
        image, mask = scene(512, 512)
        picture, hole = tensors(image, mask)
        with torch.no_grad():
            output = network(torch.cat([0.5 - hole, (picture * 2 - 1) * (1 - hole)], dim=1))
        assert_fills(migan.load([path], "cpu", "float32"), image, mask, pixels(output * 0.5 + 0.5))


class TestManga:
    def test_equals_the_networks_run_directly(self, manga_files):
        cv2 = pytest.importorskip("cv2")
        image, mask = scene(64, 96)
        grey = torch.tensor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))[None, None].float()
        hole = torch.tensor(mask)[None, None] / 255
        lines = SmallDrawer()(grey).clamp(0, 255)
        torch.manual_seed(42)
        noise = torch.randn_like(hole)
        output = SmallInpainter()(grey / 255 * 2 - 1, lines / 255 * 2 - 1, hole, noise, torch.ones_like(hole))
        expected = np.repeat(pixels(output * 0.5 + 0.5), 3, axis=2)
        before = torch.get_rng_state()
        assert_fills(manga.load(manga_files, "cpu", "float32"), image, mask, expected)
        assert torch.equal(torch.get_rng_state(), before)

    def test_the_two_files_in_the_wrong_order(self, manga_files):
        with pytest.raises(ModelUnavailable, match=r"erika\.jit holds another network"):
            manga.load(manga_files[::-1], "cpu", "float32")


def erasers(folder: Path, manga_files: list[Path]) -> list[TorchEraser]:
    script = save_script(SmallMigan(), manga_files[0].with_name("migan.pt"), torch.rand(1, 4, 512, 512))
    torch.save(small_lama().state_dict(), manga_files[0].with_name("lama.pth"))
    return [
        lama.load([lama_script(folder)], "cpu", "float32"),
        lama.load([manga_files[0].with_name("lama.pth")], "cpu", "float32"),
        migan.load([script], "cpu", "float32"),
        manga.load(manga_files, "cpu", "float32"),
    ]


def test_every_eraser_through_fill(folder, manga_files):
    """Odd sizes, all masked, nothing masked: outside the mask byte for byte, and the same at each call."""
    for eraser in erasers(folder, manga_files):
        for size in [(1, 1), (3, 40), (37, 53)]:
            image = RNG.integers(0, 256, (*size, 3), dtype=np.uint8)
            mask = np.where(RNG.random(size) < 0.5, 255, 0).astype(np.uint8)
            for hole in (mask, np.full_like(mask, 255), np.zeros_like(mask)):
                result = fill(image, hole, eraser).image
                assert result.shape == image.shape
                assert np.array_equal(result[hole == 0], image[hole == 0])
                assert np.array_equal(result, fill(image, hole, eraser).image)


class TestRefusals:
    """A file that is not what it should be is refused in one sentence that names it."""

    @pytest.mark.parametrize("family", [lama, migan])
    @pytest.mark.parametrize("content", ["empty", "text", "cut", "hollow"])
    def test_damaged_torchscript(self, folder, tmp_path, family, content):
        path, whole = tmp_path / "network.pt", lama_script(folder).read_bytes()
        path.write_bytes({"text": b"<html>404</html>", "cut": whole[: len(whole) // 2]}.get(content, b""))
        if content == "hollow":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("network/constants.pkl", b"\x80\x02).")
        with pytest.raises(ModelUnavailable, match=r"network\.pt is damaged, cut short or no") as caught:
            family.load([path], "cpu", "float32")
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("family", [lama, mat, migan])
    def test_missing(self, tmp_path, family):
        if family is mat:
            needs_package("spandrel_extra_arches")
        with pytest.raises(ModelUnavailable, match=r"network\.pt cannot be read: No such file"):
            family.load([tmp_path / "network.pt"], "cpu", "float32")

    def test_another_network(self, folder, tmp_path):
        path = save_script(SmallMigan(), tmp_path / "big-lama.pt", torch.rand(1, 4, 16, 16))
        for family, wrong in ((lama, path), (migan, lama_script(folder))):
            with pytest.raises(ModelUnavailable, match=r"big-lama\.pt holds another network"):
                family.load([wrong], "cpu", "float32")

    @pytest.mark.parametrize("family", [lama, mat, migan])
    @pytest.mark.parametrize("old_format", [False, True])
    def test_a_pickle_that_would_run_code_does_not(self, tmp_path, family, old_format):
        if family is mat:
            needs_package("spandrel_extra_arches")
        trace, path = tmp_path / "it-ran", tmp_path / "network.pt"

        class Payload:
            def __reduce__(self):
                return os.mkdir, (os.fspath(trace),)

        torch.save({"state_dict": Payload()}, path, _use_new_zipfile_serialization=not old_format)
        with pytest.raises(ModelUnavailable, match=r"network\.pt (holds more than weights|is damaged)"):
            family.load([path], "cpu", "float32")
        assert not trace.exists()


class Full(torch.nn.Module):
    """A network for which the device has not enough memory."""

    def __init__(self, message: str):
        super().__init__()
        self.message = message

    def forward(self, image, hole):
        raise RuntimeError(self.message)


class TestMemory:
    @pytest.mark.parametrize("message", ["CUDA out of memory. Tried to allocate 2 GiB", "CUFFT_ALLOC_FAILED"])
    def test_too_little_for_the_pass(self, message):
        with pytest.raises(MemoryError, match="64x48 pixels do not fit into the memory of cpu") as caught:
            lama.Lama([Full(message)])(*scene(48, 64), silent)
        assert caught.value.__context__ is None  # or the failed pass's tensors would live on in its traceback

    def test_what_the_cpu_says(self):
        with pytest.raises(RuntimeError) as caught:
            torch.empty(1 << 60, dtype=torch.uint8)
        with pytest.raises(MemoryError):
            lama.Lama([Full(str(caught.value))])(*scene(), silent)

    def test_other_errors_pass(self):
        with pytest.raises(RuntimeError, match="wrong size"):
            lama.Lama([Full("wrong size")])(*scene(), silent)

    def test_too_little_for_the_weights(self, monkeypatch):
        def refuse(network, device):
            raise RuntimeError("MPS backend out of memory")

        eraser = lama.Lama([torch.nn.Linear(2, 3)])
        assert eraser.nbytes == 4 * (2 * 3 + 3)
        monkeypatch.setattr(torch.nn.Linear, "to", refuse)
        with pytest.raises(MemoryError, match="weights do not fit into the memory of mps"):
            eraser.to("mps")


def test_loading_warns_of_nothing(tmp_path):
    """The newest torch would have TorchScript files made in another way, of which nobody who erases wants to hear."""
    torch.jit.script(Sum()).save(tmp_path / "a.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        torchscript.load_torchscript(tmp_path / "a.pt", [(1, 3, 8, 8)], (1, 3, 8, 8))


class Sum(torch.nn.Module):
    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image + 1
