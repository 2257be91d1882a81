"""Devices that lack an operator, give no numbers, or are not there: simulated, as no GPU is needed for that.

"cpu:0" is the processor under a name that counts as another device.
"""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fakes.gpu import Gpu, GpuHost, GpuSegmenter
from PIL import Image
from test_fill import Painter, noise
from test_strategy import boxed

from lib_inpaint.app import doctor
from lib_inpaint.app.cli import USAGE, main
from lib_inpaint.errors import BadRequest
from lib_inpaint.filling.fill import fill
from lib_inpaint.geometry import Box, Point
from lib_inpaint.models import devices, registry
from lib_inpaint.models.devices import DeviceFailed
from lib_inpaint.models.pool import LoadedModel
from lib_inpaint.progress import silent
from lib_inpaint.schema import MaskRequest, Selection
from lib_inpaint.service import Service
from lib_inpaint.standalone import accelerator
from lib_inpaint.standalone.host import Standalone

ELSEWHERE = "cpu:0"
MASK = boxed((64, 64), Box(20, 20, 40, 40))


# What a device says of itself


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NotImplementedError("The operator 'aten::_fft_r2c' is not currently implemented for MPS\nmore"), "_fft_r2c"),
        (RuntimeError("CUDA error: no kernel image is available for execution on the device"), "no kernel image"),
        (RuntimeError("Cannot set version_counter for inference tensor"), "inference tensor"),
        (TypeError("Cannot convert a MPS Tensor to float64 dtype"), "float64"),
    ],
)
def test_what_another_device_cannot_do_is_told_apart_from_what_is_wrong(error: Exception, words: str) -> None:
    def fails() -> None:
        raise error

    with pytest.raises(DeviceFailed, match=f"^mps cannot do this .*{words}") as caught:
        devices.attempt(fails, "mps", "short")
    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None
    with pytest.raises(type(error)):
        devices.attempt(fails, "cpu", "short")


def test_a_long_error_is_cut() -> None:
    def fails() -> None:
        raise RuntimeError("word " * 200)

    with pytest.raises(DeviceFailed) as caught:
        devices.attempt(fails, "cuda", "short")
    assert len(str(caught.value)) < 200


# What happens then


class Lacking(Painter):
    """Cannot work but on the processor."""

    def __call__(self, image, mask, progress) -> np.ndarray:
        if self.device != "cpu":
            self.tried = getattr(self, "tried", 0) + 1
            raise DeviceFailed(f"{self.device} cannot do this (no FFT).")
        return super().__call__(image, mask, progress)


def test_an_eraser_works_on_the_processor_with_a_note_and_goes_back() -> None:
    eraser, image = Lacking(device="mps"), noise((64, 64))
    result = fill(image, MASK, eraser)
    assert (result.image[MASK > 0] == 7).all()
    assert result.note == "mps cannot do this (no FFT). Therefore worked on the processor."
    assert eraser.tried == 1, "a smaller picture would not help"
    assert [device for device, _, _ in eraser.seen] == ["cpu"]
    assert eraser.device == "mps"


def test_a_segmenter_works_on_the_processor_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    host = GpuHost()
    service, encode = Service(host), GpuSegmenter.encode

    def lacking(self: Any, image: np.ndarray, progress: Any) -> Any:
        if self.device != "cpu":
            raise DeviceFailed(f"{self.device} gives no numbers for this picture.")
        return encode(self, image, progress)

    monkeypatch.setattr(GpuSegmenter, "encode", lacking)
    monkeypatch.setattr(registry, "require_usable", lambda *_: None)
    with host.exclusive(silent):
        segmenter = GpuSegmenter(Gpu(10_000), host, "cuda")
    service.models.loaded.put("mobile_sam", LoadedModel(segmenter, 600))
    request = MaskRequest(segmenter="mobile_sam", objects=(Selection(points=(Point(20, 20, 1),)),))
    selected = service.select(noise((64, 64)), request)
    assert selected.note == "cuda gives no numbers for this picture. Therefore worked on the processor."
    assert selected.mask.any()


torch = pytest.importorskip("torch", reason="torch is not installed: no network has a device")

from lib_inpaint.models.erasers.torch_eraser import TorchEraser  # noqa: E402
from lib_inpaint.models.model import Needs  # noqa: E402
from lib_inpaint.models.sam.attention import EncoderOutput  # noqa: E402
from lib_inpaint.models.sam.sam import SamSegmenter  # noqa: E402


class NoNumbers(TorchEraser):
    """Gives a black patch on other devices than the processor, as some cards do in half the bits."""

    needs = Needs()

    def paint(self, image: Any, hole: Any, progress: Any) -> Any:
        return image * (1 if self.device == "cpu" else float("nan")) * 0 + 0.5


def test_no_black_patch_is_given_for_a_result() -> None:
    eraser, image = NoNumbers([], ELSEWHERE), noise((64, 64))
    result = fill(image, MASK, eraser)
    assert (result.image[MASK > 0] == 128).all()
    assert result.note == "cpu:0 gives no numbers here. Therefore worked on the processor."
    assert eraser.device == ELSEWHERE


class HalfBlind:
    """An encoder that gives numbers only from `enough` bits on."""

    nbytes = 0

    def __init__(self, enough: Any) -> None:
        self.enough, self.dtype = enough, torch.float16
        self.calls: list[Any] = []

    def to(self, device: str, dtype: Any) -> None:
        self.dtype = dtype

    def __call__(self, image: Any, progress: Any) -> EncoderOutput:
        self.calls.append(self.dtype)
        good = torch.finfo(self.dtype).bits >= self.enough
        return EncoderOutput(torch.full((1, 256, 64, 64), 1.0 if good else float("nan")), ())


class NoPrompts(torch.nn.Module):
    def get_dense_pe(self) -> Any:
        return torch.zeros(1)


@pytest.mark.parametrize(("enough", "calls"), [(16, ["float16"]), (32, ["float16", "float32"])])
def test_a_card_that_needs_all_bits_gets_them(enough: int, calls: list[str]) -> None:
    encoder = HalfBlind(enough)
    segmenter = SamSegmenter(encoder, NoPrompts(), torch.nn.Module(), ELSEWHERE, "float16")
    for _ in range(2):
        embedding = segmenter.encode(noise((8, 8)), silent)
        assert bool(embedding.features[0].isfinite().all())
    assert [str(dtype).removeprefix("torch.") for dtype in encoder.calls] == [*calls, calls[-1]], "found out once"


def test_a_card_that_gives_no_numbers_at_all_is_told() -> None:
    segmenter = SamSegmenter(HalfBlind(64), NoPrompts(), torch.nn.Module(), ELSEWHERE, "float16")
    with pytest.raises(DeviceFailed, match="gives no numbers for this picture"):
        segmenter.encode(noise((8, 8)), silent)


# Which device


def fake_torch(monkeypatch: pytest.MonkeyPatch, here: dict[str, int], works: Any) -> None:
    def backend(count: int) -> SimpleNamespace:
        return SimpleNamespace(is_available=lambda: count > 0, device_count=lambda: count)

    backends = {kind: backend(here.get(kind, 0)) for kind in ("cuda", "xpu", "mps")}
    fake = SimpleNamespace(**backends, backends=SimpleNamespace(mps=backends["mps"]), __version__="2.9.9")
    monkeypatch.setattr(accelerator, "_torch", lambda: fake)
    monkeypatch.setattr(accelerator, "works", works)


def all_work(device: str, dtype: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("here", "wanted", "device"),
    [
        ({}, "auto", "cpu"),
        ({}, "cpu", "cpu"),
        ({"cuda": 2}, "auto", "cuda"),
        ({"cuda": 2}, "cuda:1", "cuda:1"),
        ({"cuda": 2}, " CUDA ", "cuda"),
        ({"cuda": 1}, "cpu", "cpu"),
        ({"mps": 1}, "auto", "mps"),
        ({"xpu": 1, "mps": 1}, "auto", "xpu"),
    ],
)
def test_the_best_device_there_is(monkeypatch: pytest.MonkeyPatch, here: Any, wanted: str, device: str) -> None:
    fake_torch(monkeypatch, here, all_work)
    assert Standalone(wanted).device == device


@pytest.mark.parametrize(
    ("here", "wanted"), [({}, "cuda"), ({"cuda": 2}, "cuda:2"), ({"cuda": 1}, "gpu"), ({"cuda": 1}, "cuda:x")]
)
def test_a_device_that_is_not_here_is_refused_with_those_that_are(
    monkeypatch: pytest.MonkeyPatch, here: Any, wanted: str
) -> None:
    fake_torch(monkeypatch, here, all_work)
    with pytest.raises(BadRequest, match=f"no device {wanted} here; there is {'cuda, ' if here else ''}cpu"):
        _ = Standalone(wanted).device


def test_a_device_that_cannot_work_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torch(monkeypatch, {"cuda": 1, "mps": 1}, lambda device, dtype: device == "mps")
    assert (Standalone().device, Standalone().dtype) == ("mps", "float32")


def test_half_the_bits_only_where_they_give_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_torch(monkeypatch, {"cuda": 1}, all_work)
    assert Standalone().dtype == "float16"
    fake_torch(monkeypatch, {"cuda": 1}, lambda device, dtype: dtype == "float32")
    assert Standalone().dtype == "float32"
    assert Standalone("cpu").dtype == "float32"


def test_a_trial_is_a_real_one() -> None:
    assert accelerator.works("cpu", "float32")
    assert not accelerator.works("meta", "float32"), "it gives no numbers"
    assert not accelerator.works("cuda:99", "float32")


def test_the_command_line_refuses_before_any_work(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    Image.new("RGB", (40, 30)).save(tmp_path / "one.png")
    status = main(["remove", str(tmp_path), "--at", "1,1", "-o", str(tmp_path / "out"), "--device", "cuda:99"])
    assert status == USAGE
    assert "no device cuda:99 here" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_torch_is_not_imported_where_no_model_needs_it(tmp_path: Any) -> None:
    program = (
        "import sys; from lib_inpaint.app.cli import main;"
        f"main(['demo', '--quiet', '-o', {str(tmp_path / 'demo.png')!r}]); print('torch' in sys.modules)"
    )
    environment = {"HOME": str(tmp_path), "PATH": "", "PYTHONPATH": ":".join(sys.path)}
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert told.stdout.strip() == "False", told.stderr


# The doctor


class Sick(Standalone):
    @property
    def device(self) -> str:
        raise OSError("libcudart.so.12: cannot open shared object file")

    @property
    def model_folders(self) -> Any:
        return [self.folder]


def examined(host: Any, monkeypatch: pytest.MonkeyPatch, *names: str) -> dict[str, Any]:
    models = [registry.find(name) for name in names]
    monkeypatch.setattr(registry, "models", lambda kind=None: [m for m in models if kind in (None, m.kind)])
    return doctor.examine(host, silent)


def test_the_doctor_tries_what_is_there_and_tells_what_is_not(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPAINT_ANYTHING_MODELS", str(tmp_path))
    monkeypatch.setattr(registry.packages, "lacks", lambda packages: [])
    report = examined(Standalone("cpu"), monkeypatch, "classic", "telea", "lama")
    states = {model["name"]: model["state"] for model in report["models"]}
    assert states == {"classic": "works", "telea": "works", "lama": "absent"}
    assert doctor.is_well(report)
    json.dumps(report)
    text = doctor.as_text(report)
    assert "Models work on cpu in float32, attention written out" in text
    assert text.endswith("All that is installed works.")
    assert "click" in text


def test_the_doctor_survives_a_broken_file_and_says_which(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INPAINT_ANYTHING_MODELS", str(tmp_path))
    monkeypatch.setattr(registry, "state", lambda *_: registry.State(True))
    monkeypatch.setattr(registry, "locate", lambda *_: [tmp_path / "big-lama.pt"])
    (tmp_path / "big-lama.pt").write_bytes(b"\x00" * 4096)
    report = examined(Standalone("cpu"), monkeypatch, "lama", "telea")
    broken = report["models"][0]
    assert (broken["state"], report["models"][1]["state"]) == ("failed", "works")
    assert "big-lama.pt" in broken["reason"]
    assert not doctor.is_well(report)


def test_the_doctor_survives_a_torch_that_cannot_be_asked(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Sick()
    host.folder = tmp_path  # type: ignore[attr-defined]
    report = examined(host, monkeypatch, "telea")
    assert "libcudart" in report["device_error"]
    assert not doctor.is_well(report)
    assert "The device could not be asked: OSError: libcudart" in doctor.as_text(report)


def test_the_doctor_names_no_person(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("INPAINT_ANYTHING_MODELS", raising=False)
    assert examined(Standalone("cpu"), monkeypatch, "telea")["folders"] == ["~/.cache/inpaint-anything/models"]


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "models", lambda kind=None: [])
    assert main(["doctor", "--json", "--quiet", "--device", "cpu"]) == 0
    assert json.loads(capsys.readouterr().out)["models"] == []
