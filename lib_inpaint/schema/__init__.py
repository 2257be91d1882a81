"""Every request, with the defaults, ranges and labels of all its fields. Said here once, for all doors.

Widgets, script arguments, REST bodies and command-line options are derived from these classes. They are plain data and
immutable; what needs the picture to be judged (is this point inside?) is checked in selection.py. Written in the subset
that pydantic 1.10 and 2 share.

    base.py       what all have alike, and how the doors read their fields
    selecting.py  points, boxes, strokes, words, text; mask operations
    filling.py    removing and extending with an eraser
    guiding.py    text and image CFG
    scripts.py    the scripts of img2img
    outpainting.py  extending with a checkpoint
    settings.py   what is chosen once
    sampling.py   what the tab samples with the WebUI's checkpoint
"""

from .base import AnyRequest, FieldInfo, Request, build, copy_with, fields_of, fitting, given
from .filling import MAX_SIDE, SUITED, ExtendRequest, FillRequest, LargeImage, RemoveRequest
from .guiding import ImageCfgRequest, Schedule, validate_guidance
from .outpainting import SIDES, Outpainting, OutpaintRequest
from .sampling import EditRequest, InpaintRequest, PromptedOutpaintRequest, SampleRequest
from .scripts import CONTENTS, Blend, PointMaskRequest, PrefillRequest, blend_field
from .selecting import (
    MAX_POINTS,
    DetectRequest,
    EverythingRequest,
    FindSubjectRequest,
    FindTextRequest,
    MaskFile,
    MaskOptions,
    MaskOutput,
    MaskRequest,
    ObjectsRequest,
    Selection,
    Stroke,
)
from .settings import Settings

__all__ = [
    "CONTENTS",
    "MAX_POINTS",
    "MAX_SIDE",
    "SIDES",
    "SUITED",
    "FieldInfo",
    "AnyRequest",
    "Blend",
    "DetectRequest",
    "EditRequest",
    "EverythingRequest",
    "ExtendRequest",
    "FillRequest",
    "FindSubjectRequest",
    "FindTextRequest",
    "ImageCfgRequest",
    "InpaintRequest",
    "LargeImage",
    "MaskFile",
    "MaskOptions",
    "MaskOutput",
    "MaskRequest",
    "ObjectsRequest",
    "OutpaintRequest",
    "Outpainting",
    "RemoveRequest",
    "PointMaskRequest",
    "PrefillRequest",
    "PromptedOutpaintRequest",
    "Request",
    "SampleRequest",
    "Schedule",
    "Selection",
    "Settings",
    "Stroke",
    "fields_of",
    "blend_field",
    "build",
    "copy_with",
    "fitting",
    "given",
    "validate_guidance",
]
