"""Our networks run with what the WebUI runs with: its attention, its precision, the memory that it can spare."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fakes.gpu import Gpu, GpuEraser, GpuHost
from fakes.webui import install

from lib_inpaint.models import registry
from lib_inpaint.models.devices import attention_on
from lib_inpaint.models.pool import ModelPool
from lib_inpaint.schema import FillRequest
from lib_inpaint.service import Service
from lib_inpaint.webui import accelerator, features


class Dtype:
    """As a torch.dtype writes itself."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


FLOAT16, BFLOAT16, FLOAT32, FLOAT8 = (Dtype(name) for name in ("float16", "bfloat16", "float32", "float8_e4m3fn"))


def has(monkeypatch: pytest.MonkeyPatch, *places: str, **attributes: Any) -> None:
    """Of the modules that are asked for there are these; the last has the attributes."""
    monkeypatch.setattr(features, "exists", lambda name: name in places)
    for place in places:
        parent = ""
        for name in place.split("."):
            full = f"{parent}.{name}".lstrip(".")
            if full not in sys.modules:
                module = ModuleType(full)
                module.__path__ = []  # type: ignore[attr-defined]
                monkeypatch.setitem(sys.modules, full, module)
                if parent:
                    monkeypatch.setattr(sys.modules[parent], name, module, raising=False)
            parent = full
    for name, value in attributes.items():
        monkeypatch.setattr(sys.modules[places[-1]], name, value, raising=False)


# Attention


@pytest.mark.parametrize(
    ("optimization", "ours"),
    [
        ("xformers", "xformers"),
        ("sdp", "sdp"),
        ("sdp-no-mem", "sdp"),
        ("sub-quadratic", "written out"),
        ("Doggettx", "written out"),
        ("InvokeAI", "written out"),
        ("V1", "written out"),
    ],
)
def test_a1111s_optimization_is_passed_on(monkeypatch, optimization: str, ours: str) -> None:
    install(monkeypatch, sd_hijack={"current_optimizer": SimpleNamespace(name=optimization)})
    monkeypatch.setattr(features, "exists", lambda name: name == "modules.sd_hijack")
    assert accelerator.attention() == ours


def test_before_a_checkpoint_is_loaded_a1111_has_chosen_nothing(monkeypatch) -> None:
    install(monkeypatch, sd_hijack={"current_optimizer": None})
    monkeypatch.setattr(features, "exists", lambda name: name == "modules.sd_hijack")
    assert accelerator.attention() == "auto"


@pytest.mark.parametrize(
    ("function", "ours"),
    [
        ("attention_xformers", "xformers"),
        ("attention_pytorch", "sdp"),
        ("attention_flash", "sdp"),
        ("attention_sage", "sdp"),
        ("attention_sub_quad", "written out"),
        ("attention_basic", "written out"),
    ],
)
@pytest.mark.parametrize(
    ("place", "attribute"),
    [("backend.attention", "attention_function"), ("ldm_patched.ldm.modules.attention", "optimized_attention")],
)
def test_the_function_of_forge_and_its_kin_is_passed_on(monkeypatch, place, attribute, function, ours) -> None:
    has(monkeypatch, place, **{attribute: SimpleNamespace(__name__=function)})
    assert accelerator.attention() == ours


def test_a_host_that_says_nothing_of_attention_leaves_the_choice(monkeypatch) -> None:
    monkeypatch.setattr(features, "exists", lambda name: False)
    assert accelerator.attention() == "auto"


@pytest.mark.parametrize(
    ("device", "asked", "used"),
    [
        ("cpu", "auto", "written out"),
        ("cpu", "xformers", "written out"),
        ("cpu", "sdp", "sdp"),
        ("cuda", "auto", "sdp"),
        ("cuda", "xformers", "xformers"),
        ("cuda", "written out", "written out"),
    ],
)
def test_what_is_used_on_a_device(device: str, asked: str, used: str) -> None:
    assert attention_on(device, asked) == used


def test_the_segmenters_that_leave_the_choice_are_given_the_hosts(monkeypatch) -> None:
    given = []

    def load(paths: Any, device: str, dtype: str, **options: Any) -> object:
        given.append((device, dtype, options.get("attention")))
        return object()

    monkeypatch.setattr(registry, "states", lambda models, _: {model.name: registry.State(True) for model in models})
    module = SimpleNamespace(load=load, load_mobile=load)
    monkeypatch.setattr(registry, "importlib", SimpleNamespace(import_module=lambda name: module))
    host = GpuHost()
    host.attention = "xformers"
    pool = ModelPool(host)
    for name in ("sam_vit_b", "sam_hq_vit_b", "mobile_sam", "lama"):
        pool.load(registry.find(name))
    assert given == [
        ("cuda", "float32", "xformers"),
        ("cuda", "float32", "xformers"),
        ("cuda", "float32", None),
        ("cuda", "float32", None),
    ]


# Precision


@pytest.mark.parametrize(
    ("device", "devices", "options", "ours"),
    [
        ("cuda", {"dtype": FLOAT16, "dtype_inference": FLOAT16}, {}, "float16"),
        ("cuda", {"dtype": FLOAT16, "dtype_inference": BFLOAT16}, {}, "bfloat16"),  # Forge with a Flux checkpoint
        ("cuda", {"dtype": FLOAT16, "dtype_inference": FLOAT8}, {}, "float16"),
        ("cuda", {"dtype": FLOAT32, "dtype_inference": FLOAT32}, {}, "float32"),  # --no-half
        ("cuda", {"dtype": FLOAT16, "dtype_inference": FLOAT32}, {}, "float32"),  # --precision full
        ("cuda", {"dtype": FLOAT16, "dtype_inference": FLOAT16}, {"upcast_sampling": True}, "float32"),
        ("cuda", {"dtype": FLOAT16}, {}, "float16"),  # SD.Next
        ("cpu", {"dtype": FLOAT16, "dtype_inference": FLOAT16}, {}, "float32"),
    ],
)
def test_precision_is_the_hosts(monkeypatch, device, devices, options, ours) -> None:
    install(monkeypatch, devices=devices, shared={"cmd_opts": SimpleNamespace(**options)})
    assert accelerator.dtype(device) == ours


# Memory


class Memory:
    """Of a device of 1000 bytes, of which the WebUI's checkpoint has 700; it leaves if that is not enough."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.checkpoint = 700

    def get_torch_device(self) -> str:
        return "cuda:0"

    def minimum_inference_memory(self) -> int:
        return 100

    def get_free_memory(self, device: str) -> int:
        assert device == "cuda:0"
        return 1000 - self.checkpoint

    def free_memory(self, nbytes: float, device: str) -> None:
        self.asked.append(nbytes)
        if nbytes > self.get_free_memory(device):
            self.checkpoint = 0


@pytest.mark.parametrize("place", ["backend.memory_management", "ldm_patched.modules.model_management"])
def test_forge_and_its_kin_are_asked_for_memory(monkeypatch, place: str) -> None:
    memory = Memory()
    names = ("get_torch_device", "minimum_inference_memory", "get_free_memory", "free_memory")
    has(monkeypatch, place, **{name: getattr(memory, name) for name in names})
    assert not accelerator.make_room(150)
    assert accelerator.make_room(250)
    assert memory.asked == [250, 350]


@pytest.mark.parametrize("lies_there", [True, False])
def test_with_medvram_a1111s_part_on_the_gpu_leaves_it(monkeypatch, lies_there: bool) -> None:
    done: list[str] = []
    lowvram = {
        "module_in_gpu": object() if lies_there else None,
        "send_everything_to_cpu": lambda: done.append("sent"),
    }
    install(monkeypatch, lowvram=lowvram, devices={"torch_gc": lambda: done.append("collected")})
    monkeypatch.setattr(features, "exists", lambda name: name == "modules.lowvram")
    assert accelerator.make_room(100) is lies_there
    assert done == ["sent", "collected"]


class SharingHost(GpuHost):
    """A host whose checkpoint lies on the GPU, and leaves it when memory is asked for that is not free."""

    def __init__(self, gpu: Gpu, checkpoint: int) -> None:
        super().__init__()
        self.gpu, self.asked = gpu, []
        gpu.put("checkpoint", checkpoint)

    def make_room(self, nbytes: int) -> bool:
        assert self.is_held
        self.asked.append(nbytes)
        if self.gpu.room - self.gpu.used >= nbytes or not self.gpu.used:
            return False
        before = self.gpu.used
        self.gpu.take("checkpoint")
        return self.gpu.used < before


def erased(monkeypatch: pytest.MonkeyPatch, room: int, checkpoint: int) -> tuple[Any, SharingHost, GpuEraser]:
    """What comes of an eraser of 600 bytes which works in 200, beside a checkpoint."""
    gpu = Gpu(room)
    host = SharingHost(gpu, checkpoint)
    loaded: list[GpuEraser] = []

    def load(model: Any, folders: Any, device: str = "cpu", dtype: str = "float32", attention: str = "auto") -> Any:
        loaded.append(GpuEraser(gpu, host, device))
        return loaded[0]

    monkeypatch.setattr(registry, "load", load)
    monkeypatch.setattr(registry, "states", lambda models, _: {model.name: registry.State(True) for model in models})
    image = np.zeros((64, 64, 3), np.uint8)
    hole = np.zeros((64, 64), np.uint8)
    hole[20:40, 20:40] = 255
    made = Service(host).prefill(image, hole, FillRequest(eraser="lama"), lambda done, text="": None)
    return made, host, loaded[0]


def test_the_checkpoint_makes_room_for_the_weights(monkeypatch) -> None:
    monkeypatch.setattr("lib_inpaint.models.entry.Model.weight", 600)
    made, host, eraser = erased(monkeypatch, room=1000, checkpoint=700)
    assert host.asked[0] == 600
    assert (made.note, eraser.device) == ("", "cuda")


def test_the_checkpoint_makes_room_for_the_work(monkeypatch) -> None:
    made, host, eraser = erased(monkeypatch, room=1000, checkpoint=300)  # 100 are free beside the weights; it needs 200
    assert (made.note, eraser.device) == ("", "cuda")
    assert host.gpu.used == 600


def test_where_there_is_nothing_to_free_the_processor_works(monkeypatch) -> None:
    made, _, eraser = erased(monkeypatch, room=700, checkpoint=0)
    assert made.note == "Memory of cuda is short: worked on the processor."
    assert eraser.moves[0] == "cpu"
