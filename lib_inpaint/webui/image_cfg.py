"""Guidance by prompt and picture attached to one run of the WebUI's img2img or txt2img.

Nothing that two runs share is patched. What is changed belongs to one run: the processing object `p`, which asks for
the latent of the picture just before it samples, and the sampler that it made for itself. What differs between A1111
and Forge is in guidance_a1111.py and guidance_forge.py.
"""

from __future__ import annotations

import functools
import importlib.util
from contextlib import contextmanager
from typing import Any, Callable, Iterator

import torch
from modules import processing

from ..diffusion.guidance import Plan, check, first_scales
from ..schema import FieldInfo, ImageCfgRequest, build, copy_with, fields_of
from .levels import levels

if importlib.util.find_spec("modules_forge") is None:
    from . import guidance_a1111 as host
else:
    from . import guidance_forge as host

TITLE = "Inpaint Anything: image CFG"
EDIT = 8  # input channels of an instruct-pix2pix network: 4 of the noisy latent and 4 of the picture's
KINDS = {4: "an ordinary one", 5: "a depth one", 7: "an upscaler", EDIT: "instruct-pix2pix", 9: "an inpainting one"}
HOOKS = ("img2img_image_conditioning", "txt2img_image_conditioning")  # methods of p that give the picture's latent


def run(p: Any, request: ImageCfgRequest) -> Any:
    """What the WebUI's process_images(p) does, with this guidance if the checkpoint is an instruct-pix2pix one."""
    with guided(p, request):
        return processing.process_images(p)


@contextmanager
def guided(p: Any, request: ImageCfgRequest) -> Iterator[None]:
    """While this is open, `p` samples with this guidance. Afterwards, however it ends, all is as it was.

    What stays is on `p`, which the WebUI is done with: the CFG scale and the generation parameters of the pictures.
    """
    attach(p, request)
    try:
        yield
    finally:
        detach(p)


def attach(p: Any, request: ImageCfgRequest) -> None:
    """Make `p` sample with this guidance. Done again, the last request counts."""
    check(request)
    p.image_cfg_request = request
    p.image_cfg_samplers = getattr(p, "image_cfg_samplers", [])  # a run with hires. fix makes two
    p.cfg_scale = host.cfg_scale(request.text_cfg)
    p.extra_generation_params = dict(p.extra_generation_params)  # X/Y/Z plot's cells share one
    for name in HOOKS:
        stock = getattr(type(p), name, None)
        if stock is not None:
            setattr(p, name, functools.partial(_conditioning, p, functools.partial(stock, p)))


def detach(p: Any) -> None:
    """Undo attach. Done again, nothing happens."""
    for sampler, function in p.__dict__.pop("image_cfg_samplers", []):
        sampler.func = function
    for name in (*HOOKS, "image_cfg_request"):
        p.__dict__.pop(name, None)


def _conditioning(p: Any, stock: Callable[..., Any], picture: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
    """Called when `p` has made its sampler and asks for the latent of the picture that it will show the network.

    `picture` is Bx3xHxW in -1 to 1, or a latent in txt2img. Gives the latent, BxCxhxw.
    """
    channels = host.input_channels(p.sd_model)
    if channels != EDIT:
        kind = KINDS.get(channels, "of another kind")
        name = p.sd_model.sd_checkpoint_info.model_name
        refusal = f"needs an instruct-pix2pix checkpoint ({EDIT} input channels); {name} has {channels}: {kind}"
        p.comment(f"{TITLE} {refusal}. It did nothing.")
        p.extra_generation_params["Image CFG"] = f"not used, it {refusal}"  # all that a client of the API sees
        return stock(picture, *args, **kwargs)

    host.refuse_what_cannot_be(p)
    _write_parameters(p)
    p.image_cfg_samplers.append((p.sampler, p.sampler.func))
    p.sampler.func = _guided_function(p, p.sampler.func)
    if not hasattr(p, "init_images"):  # txt2img: no picture to follow, in the second pass of its hires. fix neither
        latent = args[0] if args and isinstance(args[0], torch.Tensor) else picture
        return torch.zeros_like(latent)
    if p.image_mask is not None and p.inpainting_fill != 1:
        p.comment(f"{TITLE}: the network sees the masked part filled, not as it is. Set Masked content to original.")
    return host.picture_latent(p, stock, picture, *args, **kwargs)


def _guided_function(p: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """A sampler's function, within which the denoiser that it is given guides by prompt and picture."""

    @functools.wraps(function)  # the WebUI reads the signature
    def sample(denoiser: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        request = p.image_cfg_request
        starts = levels(function, denoiser, kwargs)
        plan = Plan(request, p.seeds, starts, picture=hasattr(p, "init_images"))
        extra = kwargs["extra_args"]
        extra["image_cond"] = _fitted(extra["image_cond"], x)
        with host.guiding(denoiser, plan, request.rescale):
            return function(denoiser, x, *args, **kwargs)

    return sample


def _fitted(latent: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """The picture's latent in the size of x: "latent upscale" and hires. fix resize only what is sampled."""
    if latent.shape[-2:] == x.shape[-2:]:
        return latent
    return torch.nn.functional.interpolate(latent, size=x.shape[-2:], mode="bilinear")


def _write_parameters(p: Any) -> None:
    """The request into the picture's parameters; of what is random, what was drawn for each picture."""
    request: ImageCfgRequest = p.image_cfg_request
    written = p.extra_generation_params
    written["Script"] = TITLE
    firsts = {field.name: field.infotext for field in fields_of(ImageCfgRequest)[:2]}
    for place, name in enumerate(firsts.values()):
        written[name] = _of_seed(request, place) if request.random else first_scales(0, request)[place]
    if not hasattr(p, "init_images"):
        del written[firsts["image_cfg"]]
    for field in fields_of(ImageCfgRequest)[2:]:
        value = getattr(request, field.name)
        if field.infotext and value != field.default:
            written[field.infotext] = ", ".join(f"{part:g}" for part in value) if isinstance(value, tuple) else value


def _of_seed(request: ImageCfgRequest, place: int) -> Callable[..., float]:
    """What the WebUI calls with its own variables, to write a parameter that is not the same for all pictures."""

    def value(p: Any, all_seeds: list[int], index: int, use_main_prompt: bool = False, **_: Any) -> float:
        return first_scales(p.all_seeds[0] if use_main_prompt else all_seeds[index], request)[place]

    return value


def add_axes(xyz_grid: Any) -> None:
    """Offer the scales, schedules and interval as axes of X/Y/Z plot, whose module this is. Again to no effect."""
    there = {option.label for option in xyz_grid.axis_options}
    for field in fields_of(ImageCfgRequest):
        label = f"[Inpaint Anything] {field.label}"
        if field.infotext and not isinstance(field.default, tuple) and label not in there:
            choices = functools.partial(list, field.choices) if field.choices else None
            option = xyz_grid.AxisOption(
                label, type(field.default), _apply(field), confirm=_confirm(field), choices=choices
            )
            xyz_grid.axis_options.append(option)


def _confirm(field: FieldInfo) -> Callable[[Any, list[Any]], None]:
    def confirm(_: Any, values: list[Any]) -> None:
        """Raises BadRequest before the plot starts."""
        for value in values:
            build(ImageCfgRequest, {field.name: value})

    return confirm


def _apply(field: FieldInfo) -> Callable[[Any, Any, Any], None]:
    def apply(p: Any, value: Any, _: Any) -> None:
        """Guide this cell of the plot with this value, and with what the axes before it asked for."""
        request = getattr(p, "image_cfg_request", None)
        if request is None:
            image_cfg = getattr(p, "image_cfg_scale", None)
            own = {"text_cfg": p.cfg_scale} if image_cfg is None else {"text_cfg": p.cfg_scale, "image_cfg": image_cfg}
            request = build(ImageCfgRequest, own)
        attach(p, copy_with(request, **{field.name: value}))

    return apply
