"""The script "image CFG", and its guidance by prompt and picture attached to one run of img2img or txt2img.

Nothing that two runs share is patched. What is changed belongs to one run: the processing object `p`, which asks for
the latent of the picture just before it samples, and the sampler that it made for itself. What differs between A1111
and Forge is in guidance_a1111.py and guidance_forge.py.
"""

from __future__ import annotations

import functools
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Callable, Iterator, Protocol, TypeGuard

import torch
from modules import processing
from torch import Tensor

from ..diffusion.guidance import GuidanceSchedule, first_scales
from ..schema import ImageCfgRequest, fields_of, validate_guidance
from . import features
from .changed import changed
from .checkpoint import EDIT_CHANNELS, input_channels, kind_of
from .noise_levels import noise_levels

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessing as Processing

    from ..service import Service

if features.has_unet_patcher():
    from . import guidance_forge as guidance
else:
    from . import guidance_a1111 as guidance

TITLE = "Inpaint Anything: image CFG"
HOOKS = ("img2img_image_conditioning", "txt2img_image_conditioning")  # methods of p that give the picture's latent


class GuidanceHost(Protocol):
    """What guidance_a1111.py and guidance_forge.py each do in their WebUI's way."""

    def cfg_scale(self, text_cfg: float) -> float:
        """What p.cfg_scale is to be."""
        ...

    def validate_run(self, p: Processing) -> None:
        """Raises BadRequest for a run that cannot be guided."""
        ...

    def picture_latent(self, p: Processing, stock: Callable[..., Tensor], *args: Any, **kwargs: Any) -> Tensor:
        """The mode of what the VAE encodes the picture to, not scaled, BxCxhxw. stock: the WebUI's own method."""
        ...

    def guiding(self, denoiser: Any, schedule: GuidanceSchedule, amount: float) -> AbstractContextManager[None]:
        """While this is open, the denoiser guides by the schedule, and rescales by `amount`."""
        ...


HOST: GuidanceHost = guidance


def run(p: Processing, request: ImageCfgRequest, service: Service) -> Any:
    """What the WebUI's process_images(p) does, with this guidance if the checkpoint is an instruct-pix2pix one."""
    with guided(p, request):
        return processing.process_images(p)


@contextmanager
def guided(p: Processing, request: ImageCfgRequest) -> Iterator[None]:
    """While this is open, `p` samples with this guidance. Afterwards, however it ends, all is as it was.

    Opened again for the same `p`, the inner request counts. What stays is on `p`, which the WebUI is done with: the CFG
    scale and the generation parameters of the pictures.
    """
    validate_guidance(request)
    p.cfg_scale = HOST.cfg_scale(request.text_cfg)
    p.extra_generation_params = dict(p.extra_generation_params)  # X/Y/Z plot's cells share one
    with ExitStack() as stack:
        stocks = {name: getattr(type(p), name) for name in HOOKS if hasattr(type(p), name)}
        hooks = {
            name: functools.partial(_conditioning, p, request, stack, functools.partial(stock, p))
            for name, stock in stocks.items()
        }
        stack.enter_context(changed(p, **hooks))
        yield


def _conditioning(
    p: Processing,
    request: ImageCfgRequest,
    stack: ExitStack,
    stock: Callable[..., Any],
    picture: Tensor,
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Called when `p` has made its sampler and asks for the latent of the picture that it will show the network.

    `picture` is Bx3xHxW in -1 to 1, or a latent in txt2img. Gives the latent, BxCxhxw. What is changed is put back with
    `stack`.
    """
    channels = input_channels(p.sd_model)
    if channels != EDIT_CHANNELS:
        name = p.sd_model.sd_checkpoint_info.model_name
        needed = f"needs an instruct-pix2pix checkpoint ({EDIT_CHANNELS} input channels)"
        refusal = f"{needed}; {name} has {channels}: {kind_of(channels).phrase}"
        p.comment(f"{TITLE} {refusal}. It did nothing.")
        p.extra_generation_params["Image CFG"] = f"not used, it {refusal}"  # all that a client of the API sees
        return stock(picture, *args, **kwargs)

    HOST.validate_run(p)
    _write_parameters(p, request)
    stack.enter_context(changed(p.sampler, func=_guided_function(p, request, p.sampler.func)))
    if not _has_picture(p):  # in the second pass of hires. fix there is none to follow either
        latent = args[0] if args and isinstance(args[0], Tensor) else picture
        return torch.zeros_like(latent)
    if p.image_mask is not None and p.inpainting_fill != 1:
        p.comment(f"{TITLE}: the network sees the masked part filled, not as it is. Set Masked content to original.")
    return HOST.picture_latent(p, stock, picture, *args, **kwargs)


def _has_picture(p: Processing) -> TypeGuard[processing.StableDiffusionProcessingImg2Img]:
    """Whether `p` is img2img's; txt2img's has no picture to follow."""
    return hasattr(p, "init_images")


def _guided_function(p: Processing, request: ImageCfgRequest, function: Callable[..., Any]) -> Callable[..., Any]:
    """A sampler's function, within which the denoiser that it is given guides by prompt and picture."""

    @functools.wraps(function)  # the WebUI reads the signature
    def sample(denoiser: Any, x: Tensor, *args: Any, **kwargs: Any) -> Any:
        levels = noise_levels(function, denoiser, kwargs)
        schedule = GuidanceSchedule(request, p.seeds, levels, picture=_has_picture(p))
        extra = kwargs["extra_args"]
        extra["image_cond"] = _fitted(extra["image_cond"], x)
        with HOST.guiding(denoiser, schedule, request.rescale):
            return function(denoiser, x, *args, **kwargs)

    return sample


def _fitted(latent: Tensor, x: Tensor) -> Tensor:
    """The picture's latent in the size of x: "latent upscale" and hires. fix resize only what is sampled."""
    if latent.shape[-2:] == x.shape[-2:]:
        return latent
    return torch.nn.functional.interpolate(latent, size=x.shape[-2:], mode="bilinear")


def _write_parameters(p: Processing, request: ImageCfgRequest) -> None:
    """The request into the picture's parameters; of what is random, what was drawn for each picture."""
    written = p.extra_generation_params
    written["Script"] = TITLE
    firsts = {field.name: field.infotext for field in fields_of(ImageCfgRequest)[:2]}
    for place, name in enumerate(firsts.values()):
        written[name] = _of_seed(request, place) if request.random else first_scales(0, request)[place]
    if not _has_picture(p):
        del written[firsts["image_cfg"]]
    for field in fields_of(ImageCfgRequest)[2:]:
        value = getattr(request, field.name)
        if field.infotext and value != field.default:
            written[field.infotext] = ", ".join(f"{part:g}" for part in value) if isinstance(value, tuple) else value


def _of_seed(request: ImageCfgRequest, place: int) -> Callable[..., float]:
    """What the WebUI calls with its own variables, to write a parameter that is not the same for all pictures."""

    def value(p: Processing, all_seeds: list[int], index: int, use_main_prompt: bool = False, **_: Any) -> float:
        return first_scales(p.all_seeds[0] if use_main_prompt else all_seeds[index], request)[place]

    return value
