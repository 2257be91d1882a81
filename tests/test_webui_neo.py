"""What webui/ does in Forge Neo, where that differs from A1111 and Forge; tests/webui/ has the real ones."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from itertools import pairwise
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from fakes import neo  # noqa: E402  # needs torch
from fakes.webui import install  # noqa: E402

from lib_inpaint.diffusion.guidance import GuidanceSchedule  # noqa: E402
from lib_inpaint.errors import BadRequest, ModelUnavailable  # noqa: E402
from lib_inpaint.schema import ImageCfgRequest  # noqa: E402
from lib_inpaint.webui.changed import changed  # noqa: E402
from lib_inpaint.webui.mask_blur import no_mask_blur  # noqa: E402


def backend(monkeypatch: pytest.MonkeyPatch, **modules: dict[str, Any]) -> None:
    """`backend` as a package with these modules, by their names with _ for a dot, until the end of the test."""
    spec = importlib.util.spec_from_loader("backend", None)
    for name, attributes in {"": {}, "sampling": {}, **modules}.items():
        module = ModuleType(f"backend.{name.replace('__', '.')}".rstrip("."))
        module.__spec__, module.__path__ = spec, []  # type: ignore[assignment]
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, module.__name__, module)


def fresh(monkeypatch: pytest.MonkeyPatch, name: str) -> Any:
    """A module of webui/ that sees the modules that are there now, until the end of the test."""
    full = f"lib_inpaint.webui.{name}"
    monkeypatch.setitem(sys.modules, full, None)
    del sys.modules[full]
    return importlib.import_module(full)


# Mask blur


class A1111Processing:
    def __init__(self) -> None:
        self.mask_blur_x, self.mask_blur_y = 4, 6

    @property
    def mask_blur(self) -> int | None:
        return self.mask_blur_x if self.mask_blur_x == self.mask_blur_y else None

    @mask_blur.setter
    def mask_blur(self, value: int) -> None:
        self.mask_blur_x = self.mask_blur_y = value


@pytest.mark.parametrize("kind", [neo.Processing, A1111Processing])
def test_mask_blur_is_off_for_a_while_and_then_what_it_was(kind: Any) -> None:
    p = kind()
    before = dict(vars(p))
    with changed(p, **no_mask_blur(p)):
        assert (p.mask_blur_x, p.mask_blur_y, p.mask_blur) == (0, 0, 0)
    assert vars(p) == before


def test_what_cannot_be_set_leaves_nothing_behind() -> None:
    p = neo.Processing(width=64)
    before = dict(vars(p))
    with pytest.raises(AttributeError), changed(p, width=128, mask_blur_x=0):
        raise AssertionError("not reached")
    assert vars(p) == before


# The picture's latent


@pytest.fixture
def guidance(monkeypatch: pytest.MonkeyPatch) -> Any:
    """guidance_forge.py in a Neo."""
    functions = {"calc_cond_uncond_batch": neo.calc_cond_uncond_batch}
    backend(
        monkeypatch, sampling__condition={"Condition": neo.Condition}, sampling__sampling_function=functions
    )  # and no devices.cond_cast_float
    install(monkeypatch)
    return fresh(monkeypatch, "guidance_forge")


@pytest.mark.parametrize("quant_conv", [True, False])
def test_the_pictures_latent_is_the_mode_of_the_posterior(guidance: Any, quant_conv: bool) -> None:
    torch.manual_seed(1)
    network = neo.AutoencoderKL(quant_conv)
    vae, picture = neo.Vae(network), torch.rand(2, 3, 16, 24) * 2 - 1
    p = SimpleNamespace(sd_model=SimpleNamespace(forge_objects=SimpleNamespace(vae=vae)))
    with torch.no_grad():
        latent = guidance.picture_latent(p, None, picture)
        moments = network.encoder(picture)
        mean = (network.quant_conv(moments) if network.quant_conv else moments)[:, :4]
    assert torch.allclose(latent, mean, atol=1e-6)
    assert vae.loaded == [2], "through the host, which sees to memory"
    assert "encode" not in vars(network)
    assert not torch.equal(network.encode(picture), network.encode(picture)), "as it was: drawn"


# CFG++


LATENT = torch.full((1, 4, 2, 2), 3.0)
COND, UNCOND = torch.tensor(2.0), torch.tensor(-1.0)
SIGMAS = [4.0, 3.0, 2.0, 1.0]


def predict(text: Any, latent: Any) -> Any:
    """Not a sum of what the text and the picture do, so that no two of the three can stand for the third."""
    return text + latent * (1 + 0.1 * text)


def by_hand(text_cfg: float, image_cfg: float, guided_steps: int) -> Any:
    """Euler CFG++ with all three predictions at each step."""
    x = torch.ones(1, 4, 2, 2)
    text, image = predict(COND, LATENT), predict(UNCOND, LATENT)
    none = predict(UNCOND, torch.zeros_like(LATENT))
    guided = none + image_cfg * (image - none) + text_cfg * (text - image)
    for step, (sigma, lower) in enumerate(pairwise(SIGMAS)):
        made, seen = (guided, none) if step < guided_steps else (text, text)
        x = made + (x - seen) / sigma * lower
    return x


@pytest.mark.parametrize("scales", [(7.5, 1.5), (7.5, 1.0), (1.0, 1.0), (0.0, 1.0), (4.0, 4.0), (0.0, 0.0)])
@pytest.mark.parametrize("guided_steps", [3, 2])
def test_cfg_plus_plus_goes_on_from_the_negative_prediction(
    guidance: Any, scales: tuple[float, float], guided_steps: int
) -> None:
    request = ImageCfgRequest(text_cfg=scales[0], image_cfg=scales[1], interval_end=guided_steps / 3)
    denoiser = neo.Denoiser(predict, LATENT)
    schedule = GuidanceSchedule(request, [7], SIGMAS[:-1], picture=True)
    with guidance.guiding(denoiser, schedule, 0.0):
        made = neo.euler_cfg_pp(
            denoiser, torch.ones(1, 4, 2, 2), SIGMAS, cond=COND, uncond=UNCOND, cond_scale=guidance.cfg_scale(scales[0])
        )
    assert torch.allclose(made, by_hand(*scales, guided_steps), atol=1e-4)
    assert (denoiser.hooks, denoiser.objects.unet.model_options) == ([], {})


# Which checkpoints can inpaint


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Any:
    """checkpoint.py in a Neo, and a function that loads a checkpoint of so many input channels and of a kind there."""
    known = SimpleNamespace(wan=False, pid=False)
    backend(monkeypatch, args={"dynamic_args": known}, sampling__sampling_function={})
    monkeypatch.setitem(sys.modules, "modules_forge", ModuleType("modules_forge"))
    sys.modules["modules_forge"].__spec__ = sys.modules["backend"].__spec__
    model = SimpleNamespace(sd_checkpoint_info=SimpleNamespace(model_name="some"))
    install(
        monkeypatch,
        sd_models={"checkpoint_aliases": {}, "forge_model_reload": lambda: (model, True)},
        shared={"opts": SimpleNamespace(data={})},
        sysinfo={"set_config": lambda *_, **__: None},
    )

    def load(channels: int, **kinds: bool) -> Any:
        vars(known).update({"wan": False, "pid": False, **kinds})
        network = SimpleNamespace(diffusion_model=SimpleNamespace(in_channels=channels))
        model.forge_objects = SimpleNamespace(unet=SimpleNamespace(model=network))
        return SimpleNamespace(sd_model=model, override_settings={})

    return SimpleNamespace(load=load, validate=fresh(monkeypatch, "checkpoint").validate_painting)


@pytest.mark.parametrize("channels", [4, 9, 16, 64, 384])
def test_what_can_inpaint_may(loaded: Any, channels: int) -> None:
    loaded.validate(loaded.load(channels), 4)


@pytest.mark.parametrize(("channels", "phrase"), [(8, "instruct-pix2pix"), (5, "a depth one"), (7, "an upscaler")])
def test_what_cannot_is_told_with_what_could(loaded: Any, channels: int, phrase: str) -> None:
    with pytest.raises(ModelUnavailable) as told:
        loaded.validate(loaded.load(channels), 1)
    assert str(told.value) == (
        f"This needs an ordinary or an inpainting checkpoint, but some is {phrase}: choose another one at the top of "
        "the WebUI."
    )


def test_a_checkpoint_for_videos_takes_one_picture_at_a_time(loaded: Any) -> None:
    loaded.validate(loaded.load(16, wan=True), 1)
    with pytest.raises(BadRequest, match="set the batch size to 1"):
        loaded.validate(loaded.load(16, wan=True), 2)


def test_one_that_enlarges_takes_no_mask(loaded: Any) -> None:
    with pytest.raises(ModelUnavailable, match="some enlarges pictures"):
        loaded.validate(loaded.load(16, pid=True), 1)


# UniPC


def test_what_neos_unipc_goes_on_from_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on in unit variance, in a latent of its own: the network is shown a copy."""
    timesteps = {"CFGDenoiserTimesteps": type("CFGDenoiserTimesteps", (), {})}
    install(monkeypatch, sd_samplers_common={}, sd_samplers_timesteps=timesteps, shared={"sd_model": SimpleNamespace()})
    blending = fresh(monkeypatch, "blending")
    sigmas, mask = torch.tensor([4.0, 3.0, 2.0, 1.0, 0.001]), torch.tensor([[[[0.0, 0.3, 1.0]]]])
    original, noise = torch.full((1, 1, 1, 3), 5.0), torch.full((1, 1, 1, 3), -1.0)
    states: list[tuple[float, Any]] = []

    class Denoiser(torch.nn.Module):
        inner_model = SimpleNamespace()

        def forward(self, x: Any, sigma: Any) -> Any:
            return x

    def sample_unipc(model: Any, x: Any, sigmas: Any, callback: Any, **_: Any) -> Any:
        x = x / (1 + sigmas[0] ** 2).sqrt()
        for step, sigma in enumerate(sigmas[:-1]):
            x = x + 0.25  # it drifts
            model(x * (1 + sigma**2).sqrt(), sigma[None])
            if step == len(sigmas) - 2:
                x = x + 0.25  # the last step, in the same turn
            callback({"x": x, "i": step, "denoised": x})
            states.append((sigma.item(), x * (1 + sigma**2).sqrt()))
        return x

    told: list[int] = []
    function = blending._held_back(sample_unipc, mask, original, noise)
    function(Denoiser(), original + 4 * noise, sigmas=sigmas, callback=lambda one: told.append(one["i"]))
    assert told == [0, 1, 2, 3]
    for step, (sigma, state) in enumerate(states[:-1]):
        where = 1 - mask > step / 4
        assert torch.allclose(state[where], (original + sigma * noise)[where], atol=1e-5)
        assert not torch.isclose(state[~where], (original + sigma * noise)[~where]).any()


# Latents with a time axis


@pytest.mark.parametrize("shape", [(2, 4, 3, 5), (1, 16, 1, 3, 5)])
def test_differential_diffusion_holds_back_latents_with_a_time_axis_too(shape: tuple[int, ...]) -> None:
    from lib_inpaint.diffusion.blend import Differential, latent_mask
    from lib_inpaint.geometry import Size

    mask = np.zeros((24, 40), np.uint8)
    mask[:, 16:] = 255
    original, x = torch.full(shape, 2.0), torch.zeros(shape)
    Differential(latent_mask(mask, Size(5, 3)), [3.0, 2.0, 1.0], lambda level: original + level).hold(x, 2.0)
    assert torch.equal(x[..., :2], torch.full((*shape[:-1], 2), 4.0))
    assert torch.equal(x[..., 2:], torch.zeros(*shape[:-1], 3))
