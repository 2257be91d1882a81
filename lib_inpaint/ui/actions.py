"""What the page's buttons do, as data: which request each makes, of which fields, and for which route."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Literal, Mapping, NamedTuple, Optional, Type

from ..schema import (
    SIDES,
    SUITED,
    DetectRequest,
    EditRequest,
    EverythingRequest,
    ExtendRequest,
    FindSubjectRequest,
    FindTextRequest,
    InpaintRequest,
    MaskOptions,
    MaskRequest,
    PromptedOutpaintRequest,
    RemoveRequest,
    Request,
)

Rows = tuple[tuple[str, ...], ...]


class Action(NamedTuple):
    """A tab with a button. `rows` are seen at once, `more` when asked for; `constants` are sent with them.

    asks: fields of which one has to say something. note: what a person has to know before the button is pressed.
    can: what the host has to be able to do for it. unless: what makes it give way to another one of its name.
    """

    name: str
    label: str
    button: str
    route: str
    request: Type[Request]
    rows: Rows
    more: Rows = ()
    constants: Mapping[str, Any] = MappingProxyType({})
    needs: Literal["mask", "optional", "nothing"] = "mask"
    asks: tuple[str, ...] = ()
    note: str = ""
    can: str = ""
    unless: str = ""


class Form(NamedTuple):
    """Settings that count at once, without a button.

    begin: what they are at first, where that is not the request's own. action: the one in whose tab they stand, which
    adds this to what is pointed at; the others stand below.
    """

    name: str
    request: Type[Request]
    rows: Rows
    begin: Optional[Request] = None
    action: str = ""


# Fields that follow the checkpoint that the WebUI has chosen, until a person changes them.
FOLLOW = ("cfg_scale", "text_cfg", "steps")

# Said in a WebUI of what it cannot do.
WITHOUT = {
    "inpaint": "This WebUI has not what Fill and Background need, so they are not here. Its log says more.",
    "outpaint": "This WebUI has not what Extend needs for a prompt, so it fills with an eraser. Its log says more.",
    "edit": "This WebUI has not what Edit needs, so it is not here. Its log says more.",
}

_SAMPLING: Rows = (("sampler", "scheduler"), ("steps", "seed"), ("batch_count", "batch_size"))
_PROMPTED: Rows = (("prompt",), ("negative_prompt",), ("denoising_strength",), ("masked_content",))
_INPAINT: Rows = (
    ("cfg_scale",),
    *_SAMPLING,
    ("width", "height"),
    ("only_masked", "padding"),
    ("blend", "feather"),
)
_ERASER: Rows = (("large_image", "refine"),)
_SAME: Mapping[str, Any] = MappingProxyType({"format": "same"})  # what is saved is a file like the one that was opened

ACTIONS = (
    Action("remove", "Remove", "Remove", "erase", RemoveRequest, (("eraser",),), (*_ERASER, ("plain",)), _SAME),
    Action(
        "fill",
        "Fill",
        "Fill",
        "inpaint",
        InpaintRequest,
        _PROMPTED,
        _INPAINT,
        can="inpaint",
    ),
    Action(
        "background",
        "Background",
        "Replace background",
        "inpaint",
        InpaintRequest,
        _PROMPTED,
        _INPAINT,
        {"invert": True},
        can="inpaint",
    ),
    Action(
        "extend",
        "Extend",
        "Extend",
        "extend",
        ExtendRequest,
        (("left", "right"), ("up", "down"), ("eraser",)),
        (("feather",), *_ERASER),
        _SAME,
        needs="nothing",
        asks=SIDES,
        unless="outpaint",
    ),
    Action(
        "extend",
        "Extend",
        "Extend",
        "outpaint",
        PromptedOutpaintRequest,
        (
            ("prompt",),
            ("negative_prompt",),
            ("left", "right"),
            ("up", "down"),
            ("masked_content",),
            ("denoising_strength",),
        ),
        (
            ("cfg_scale",),
            *_SAMPLING,
            ("width", "height"),
            ("aspect_ratio", "rounds"),
            ("pixels",),
            ("direction",),
            ("mask_blur", "blend"),
            ("window",),
        ),
        needs="nothing",
        asks=(*SIDES, "width", "height", "aspect_ratio", "pixels", "direction"),
        can="outpaint",
    ),
    Action(
        "edit",
        "Edit",
        "Edit",
        "edit",
        EditRequest,
        (("prompt",), ("negative_prompt",), ("text_cfg", "image_cfg")),
        (
            *_SAMPLING,
            ("text_schedule", "text_end", "text_list"),
            ("image_schedule", "image_end", "image_list"),
            ("interval_start", "interval_end", "rescale"),
            ("random",),
            ("text_low", "text_high"),
            ("image_low", "image_high"),
        ),
        needs="optional",
        note="With something selected, only that is edited, and the rest stays as it is. "
        "With nothing selected, the whole picture is edited.",
        can="edit",
    ),
)

FORMS = (
    Form(
        "mask",
        MaskOptions,
        (
            ("grow", "feather"),
            ("refine_edges", "matting"),
            ("fill_holes", "drop_islands"),
            ("shadow", "invert"),
        ),
    ),
    Form("removal", MaskOptions, (("grow", "feather", "fill_holes"),), SUITED, "remove"),
    Form("segmenter", MaskRequest, (("segmenter",),)),
    Form(
        "everything",
        EverythingRequest,
        (
            ("points_per_side", "crop_n_layers"),
            ("pred_iou_thresh", "stability_score_thresh"),
            ("box_nms_thresh", "specks"),
        ),
    ),
    Form("detect", DetectRequest, (("detector", "threshold"),)),
    Form(
        "text",
        FindTextRequest,
        (("text_detector", "confidence"), ("min_height", "max_height"), ("text_as", "text_margin")),
    ),
    Form("subject", FindSubjectRequest, (("subject_detector",),)),
)


def fields(rows: Rows) -> list[str]:
    """The names in rows, one after another."""
    return [name for row in rows for name in row]
