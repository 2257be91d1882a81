"""The checkpoint that a run is about to use: of what kind it is, and what it was made for."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple, Optional

from modules import sd_models, shared

from ..errors import BadRequest, ModelUnavailable
from ..host import Checkpoint
from . import features
from .checkpoint_file import content_of

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessing as Processing


class Kind(NamedTuple):
    """name: as of host.Checkpoint. phrase: what is said of one in a sentence."""

    name: str
    phrase: str


KINDS = {  # by the channels of the network's input; the noisy latent alone has 4
    4: Kind("ordinary", "an ordinary one"),
    5: Kind("depth", "a depth one"),
    7: Kind("upscaler", "an upscaler"),
    8: Kind("edit", "instruct-pix2pix"),
    9: Kind("inpainting", "an inpainting one"),
}
_NOT_PAINTING = ("edit", "depth", "upscaler")  # where there is no path of their own
UNKNOWN = Kind("", "of another kind")
EDIT_CHANNELS = 8
CHOICES = ("sd_model_checkpoint", "forge_additional_modules")  # options that say what is loaded


def input_channels(sd_model: Any) -> int:
    """How many channels the network of a loaded checkpoint takes; 0 where it does not say."""
    forge_objects = getattr(sd_model, "forge_objects", None)
    model = sd_model.model if forge_objects is None else forge_objects.unet.model
    return getattr(model.diffusion_model, "in_channels", 0)


def kind_of(channels: int) -> Kind:
    """The kind of a checkpoint whose network takes so many channels."""
    return KINDS.get(channels, UNKNOWN)


def require_editing(p: Processing) -> bool:
    """Whether the checkpoint of `p`, which is loaded if it is not, is shown the picture by the WebUI itself; else it is
    an instruct-pix2pix one. Raises ModelUnavailable for one that does not edit by instruction.
    """
    model, name = _loaded(p), p.sd_model.sd_checkpoint_info.model_name
    if features.is_shown_the_picture():
        return True
    channels = input_channels(model)
    if channels == EDIT_CHANNELS:
        return False
    others = ", Flux Kontext, Flux.2 Klein or Qwen-Image-Edit" if features.shows_the_picture() else ""
    raise ModelUnavailable(
        f"Editing by instruction needs an instruct-pix2pix checkpoint{others}, but {name} is "
        f"{_phrase(channels)}: choose another one at the top of the WebUI."
    )


def _phrase(channels: int) -> str:
    """What is said of the checkpoint that is chosen, whose network takes so many channels."""
    kind, checkpoint = kind_of(channels), chosen()
    return checkpoint.family if kind is UNKNOWN and checkpoint and checkpoint.family else kind.phrase


def best_side(p: Processing) -> int:
    """Of the square pictures that the checkpoint of `p` was made for, in pixels. It is loaded if it is not yet."""
    model = _loaded(p)
    if getattr(model, "is_sd1", False):
        return 512
    if getattr(model, "is_sd2", False):
        return 768 if getattr(model, "parameterization", "") == "v" else 512
    return 1024


def validate_painting(p: Processing, batch: int) -> None:
    """Raises ModelUnavailable where this WebUI cannot inpaint with the checkpoint of `p`, which is loaded if it is not,
    and BadRequest where it cannot inpaint so many pictures at once.

    Forge and its kin would show each that takes more than a latent what an inpainting one takes, and Neo's for videos
    take a batch for the frames of one.
    """
    if not features.has_unet_patcher():
        return  # A1111 shows each kind what it takes
    kind, name = kind_of(input_channels(_loaded(p))), p.sd_model.sd_checkpoint_info.model_name
    if kind.name in _NOT_PAINTING:
        raise ModelUnavailable(
            f"This needs an ordinary or an inpainting checkpoint, but {name} is {kind.phrase}: choose another one at "
            "the top of the WebUI."
        )
    if features.is_upscaling_model():
        raise ModelUnavailable(f"{name} enlarges pictures and inpaints none: choose another checkpoint.")
    if features.is_video_model() and batch > 1:
        raise BadRequest(f"To {name}, a batch is the frames of one video: set the batch size to 1.", "batch_size")


def _loaded(p: Processing) -> Any:
    """As process_images(p) is about to load it, which then finds it loaded. Raises ModelUnavailable where it cannot."""
    try:
        return _load(p)
    except Exception as error:  # the WebUI's, of any kind
        name = p.override_settings.get(CHOICES[0]) or getattr(shared.opts, CHOICES[0], "")
        raise ModelUnavailable(
            f"The WebUI cannot load {name}: {str(error).rstrip('.')}. Choose another checkpoint at its top, or beside "
            "it what this one lacks, such as text encoders; its log may say more."
        ) from error


def _load(p: Processing) -> Any:
    info = sd_models.checkpoint_aliases.get(p.override_settings.get(CHOICES[0], ""))
    if not features.loads_by_settings():
        return sd_models.reload_model_weights(info=info)
    known = CHOICES if info else CHOICES[1:]
    with _configured({key: p.override_settings[key] for key in known if key in p.override_settings}):
        return sd_models.forge_model_reload()[0]


@contextmanager
def _configured(values: dict[str, Any]) -> Iterator[None]:
    """While this is open, the settings that say what Forge loads have these values, without being saved."""
    from modules.sysinfo import set_config

    before = {key: shared.opts.data.get(key) for key in values}
    set_config(values, is_api=True, run_callbacks=False, save_config=False)
    try:
        yield
    finally:
        set_config(before, is_api=True, run_callbacks=False, save_config=False)


def chosen() -> Optional[Checkpoint]:
    """The one that the settings name, whether it is loaded or not; None where there is none at all."""
    name = getattr(shared.opts, CHOICES[0], None)
    known = sd_models.checkpoints_list.values()
    info = sd_models.get_closet_checkpoint_match(name) if name else next(iter(known), None)
    if info is None:
        return None
    path = Path(info.filename)
    try:
        channels, family = content_of(path, path.stat().st_mtime)
    except OSError:
        return None
    kind = kind_of(channels).name or ("ordinary" if family.name else "")
    if family.edits and features.shows_the_picture():
        kind = "edit"
    return Checkpoint(info.name_for_extra, kind, family.name, family.cfg_scale, family.text_cfg, family.steps)
