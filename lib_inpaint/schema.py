"""Every request, with the defaults, ranges and labels of all its fields. Said here once, for all doors.

Widgets, script arguments, REST bodies and command-line options are derived from these classes. They are plain data and
immutable; what needs the picture to be judged (is this point inside?) is checked in selection.py. Written in the subset
that pydantic 1.10 and 2 share.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Optional, Tuple, Type, TypeVar, get_args, get_origin

from pydantic import BaseModel, Field, ValidationError

from .errors import BadRequest
from .geometry import Box, Point

MAX_SIDE = 32768  # pixels; what a picture may be extended to on one side
MAX_POINTS = 1000  # prompts in one selection; more is a mistake or an attack


class Request(BaseModel, extra="forbid", frozen=True):
    """Base of all requests: immutable, and a misspelt field is an error."""


class Stroke(Request):
    """A brush stroke along a line of (x, y) points in pixels of the original picture."""

    points: Tuple[Tuple[float, float], ...] = Field(..., title="Points")
    radius: float = Field(default=16, gt=0, le=1024, title="Brush radius", description="In pixels")
    label: int = Field(default=1, ge=0, le=1, title="Label", description="1 adds to the mask, 0 erases from it")


class Selection(Request):
    """One thing a person points at. Everything in pixels of the original picture."""

    points: Tuple[Point, ...] = Field(
        default=(), title="Points", description="(x, y, label): label 1 includes, 0 excludes"
    )
    box: Optional[Box] = Field(default=None, title="Box", description="(left, top, right, bottom)")
    hint: Tuple[Stroke, ...] = Field(
        default=(), title="Rough brush", description="Roughly where it is; the segmenter finds the edge"
    )
    strokes: Tuple[Stroke, ...] = Field(
        default=(), title="Brush", description="Painted onto the mask as they are, in this order"
    )


class MaskOptions(Request):
    """What is done to a mask after it was made, in this order."""

    invert: bool = Field(default=False, title="Invert", description="Select everything else")
    refine_edges: int = Field(
        default=0,
        ge=0,
        le=256,
        title="Refine edges",
        description="Look for the picture's own edge within this many pixels",
    )
    fill_holes: int = Field(default=0, ge=0, title="Fill holes", description="Fill holes of up to this many pixels")
    drop_islands: int = Field(
        default=0, ge=0, title="Drop islands", description="Drop specks of up to this many pixels"
    )
    grow: Optional[int] = Field(
        default=0,
        ge=-1024,
        le=1024,
        title="Grow",
        description="In pixels; negative shrinks; empty takes what suits the eraser",
    )
    shadow: int = Field(
        default=0, ge=0, le=1024, title="Shadow", description="Grow this many pixels more, downwards only"
    )
    feather: int = Field(
        default=0, ge=0, le=256, title="Feather", description="Width of the soft edge outside the mask, in pixels"
    )


class MaskRequest(Request):
    """Select things in a picture."""

    objects: Tuple[Selection, ...] = Field(
        default=(), title="Objects", description="Each is segmented by itself; the mask is all of them"
    )
    segmenter: str = Field(default="auto", title="Segmenter", description="auto takes the best that is there")
    candidate: Optional[int] = Field(
        default=None, ge=0, le=2, title="Candidate", description="Which of the proposals; empty takes the best"
    )
    specks: float = Field(
        default=0.01,
        ge=0,
        le=100,
        title="Specks",
        description="Fill holes and drop specks in what the segmenter finds, up to this many per cent of the picture",
    )
    options: MaskOptions = Field(default=MaskOptions(), title="Mask")


class DetectRequest(Request):
    """Find things by what they are called."""

    text: str = Field(
        default="",
        max_length=1000,
        title="Text",
        description="What to look for, such as: the red car. Several: cat, dog",
    )
    detector: str = Field(default="auto", title="Detector", description="auto takes the best that is there")
    threshold: Optional[float] = Field(
        default=None,
        ge=0.0,
        le=1.0,
        title="Threshold",
        description="How sure to be, 0 to 1; empty takes the detector's own",
    )


class EverythingRequest(Request):
    """Find all things in a picture. The names and values are those of Segment Anything."""

    segmenter: str = Field(default="auto", title="Segmenter", description="auto takes the best that is there")
    points_per_side: int = Field(
        default=32,
        ge=1,
        le=128,
        title="Points per side",
        description="Of the grid of clicks; more find smaller things, in more time",
    )
    predicted_iou: float = Field(
        default=0.88, ge=0, le=1, title="Predicted IoU", description="Drop what the model itself thinks less of"
    )
    stability: float = Field(
        default=0.95, ge=0, le=1, title="Stability", description="Drop what changes much when the cut-off does"
    )
    overlap: float = Field(
        default=0.7, ge=0, le=1, title="Overlap", description="Of two things whose boxes have this IoU, keep one"
    )
    crop_layers: int = Field(
        default=0,
        ge=0,
        le=3,
        title="Crop layers",
        description="Look again at 4 pieces, 20, 84: smaller things, many times the time",
    )
    specks: float = Field(
        default=0.01,
        ge=0,
        le=100,
        title="Specks",
        description="Fill holes and drop specks of up to this many per cent of the picture",
    )


LargeImage = Literal["auto", "crop", "resize", "original"]


class FillRequest(Request):
    """How a masked part is filled from its surroundings. The names and values are those of IOPaint, but for auto."""

    eraser: str = Field(default="auto", title="Eraser", description="auto takes the best that is there")
    large_image: LargeImage = Field(
        default="auto",
        title="Large pictures",
        description="auto shows the eraser each thing with the context it wants, crop with a fixed margin; "
        "resize the whole picture shrunk to a limit, original the whole as it is",
    )
    crop_trigger: int = Field(
        default=800, ge=0, title="Crop trigger size", description="For crop: smaller ones are shown whole"
    )
    crop_margin: int = Field(
        default=128, ge=0, le=4096, title="Crop margin", description="For crop: pixels around a thing"
    )
    resize_limit: int = Field(
        default=1280, ge=16, title="Resize limit", description="For resize: the longest side in pixels"
    )
    refine: bool = Field(
        default=False,
        title="Refine",
        description="Fill what was filled shrunk again at full resolution, piece by piece; takes longer",
    )


class RemoveRequest(MaskRequest, FillRequest):
    """Remove what is selected and fill the place from its surroundings."""

    options: MaskOptions = Field(default=MaskOptions(fill_holes=4096, grow=None, feather=4), title="Mask")


class ExtendRequest(FillRequest):
    """Extend a picture past its edges."""

    left: int = Field(default=0, ge=0, le=8192, title="Left", description="Pixels to add on the left")
    right: int = Field(default=0, ge=0, le=8192, title="Right", description="Pixels to add on the right")
    up: int = Field(default=0, ge=0, le=8192, title="Up", description="Pixels to add above")
    down: int = Field(default=0, ge=0, le=8192, title="Down", description="Pixels to add below")
    feather: int = Field(
        default=0, ge=0, le=256, title="Feather", description="Width of the blend inside the old edge, in pixels"
    )


Schedule = Literal["constant", "linear", "cosine", "list"]


class ImageCfgRequest(Request):
    """How strongly an instruct-pix2pix checkpoint follows prompt and picture. Script arguments in this order."""

    text_cfg: float = Field(
        default=7.5,
        ge=0,
        le=30,
        title="Text CFG",
        description="How closely to follow the prompt; in place of CFG Scale",
        json_schema_extra={"infotext": "CFG scale"},
    )
    image_cfg: float = Field(
        default=1.5,
        ge=0,
        le=30,
        title="Image CFG",
        description="How closely to keep to the picture, 1 to 3; in place of Image CFG Scale",
        json_schema_extra={"infotext": "Image CFG scale"},
    )
    text_schedule: Schedule = Field(default="constant", title="Text CFG schedule", description="Over the steps")
    text_end: float = Field(default=1.0, ge=0, le=30, title="Text CFG at the end", description="For linear and cosine")
    text_list: Tuple[float, ...] = Field(
        default=(), title="Text CFG list", description="For list: 9, 7.5, 3; stretched to the steps"
    )
    image_schedule: Schedule = Field(default="constant", title="Image CFG schedule", description="Over the steps")
    image_end: float = Field(
        default=1.0, ge=0, le=30, title="Image CFG at the end", description="For linear and cosine"
    )
    image_list: Tuple[float, ...] = Field(
        default=(), title="Image CFG list", description="For list: 2, 1.5, 1; stretched to the steps"
    )
    interval_start: float = Field(
        default=0.0, ge=0, le=1, title="Guidance start", description="No guidance before this part of the steps"
    )
    interval_end: float = Field(
        default=1.0, ge=0, le=1, title="Guidance end", description="No guidance after this part of the steps"
    )
    rescale: float = Field(
        default=0.0, ge=0, le=1, title="CFG rescale", description="Against burnt colours at high CFG; 0 is off"
    )
    # What is drawn is written into the picture's parameters, in place of text_cfg and image_cfg; the ranges are not.
    random: bool = Field(
        default=False,
        title="Random CFG",
        description="Drawn from the seed, per picture",
        json_schema_extra={"infotext": ""},
    )
    text_low: float = Field(default=6.0, ge=0, le=30, title="Text CFG from", json_schema_extra={"infotext": ""})
    text_high: float = Field(default=9.0, ge=0, le=30, title="Text CFG to", json_schema_extra={"infotext": ""})
    image_low: float = Field(default=1.2, ge=0, le=30, title="Image CFG from", json_schema_extra={"infotext": ""})
    image_high: float = Field(default=1.8, ge=0, le=30, title="Image CFG to", json_schema_extra={"infotext": ""})


MaskOutput = Literal["mask", "cutout", "alpha"]


class About(NamedTuple):
    """What a door needs to know of one field to show it. `low` and `high` are inclusive; None where there is none."""

    name: str
    default: Any
    label: str
    help: str
    low: Optional[float]
    high: Optional[float]
    choices: Tuple[str, ...] = ()  # of a field that takes one of a few words
    infotext: str = ""  # its name in a picture's parameters: the label, another name, or empty where it is not written


def about(request: Type[Request]) -> list[About]:
    """The fields of a request class in order, read from pydantic 1 or 2."""
    fields: Any = getattr(request, "model_fields", None)
    if fields is None:  # pydantic 1
        old: Any = request.__fields__
        infos = {name: (field.field_info, field.outer_type_) for name, field in old.items()}
        return [
            About(n, i.default, i.title or n, i.description or "", i.ge, i.le, _choices(kind), _infotext(i, i.extra))
            for n, (i, kind) in infos.items()
        ]
    limits = {
        n: {k: getattr(m, k) for m in f.metadata for k in ("ge", "le") if hasattr(m, k)} for n, f in fields.items()
    }
    return [
        About(
            n,
            f.default,
            f.title or n,
            f.description or "",
            limits[n].get("ge"),
            limits[n].get("le"),
            _choices(f.annotation),
            _infotext(f, {"json_schema_extra": f.json_schema_extra}),
        )
        for n, f in fields.items()
    ]


def _choices(kind: Any) -> Tuple[str, ...]:
    return get_args(kind) if get_origin(kind) is Literal else ()


def _infotext(field: Any, extra: dict[str, Any]) -> str:
    return (extra.get("json_schema_extra") or {}).get("infotext", field.title or "")


AnyRequest = TypeVar("AnyRequest", bound=Request)


def copy_with(request: AnyRequest, **changes: Any) -> AnyRequest:
    """The same request with some fields changed; the values are not checked again."""
    copy = getattr(request, "model_copy", None) or request.copy  # pydantic 2 or 1
    return copy(update=changes)


def build(request: Type[AnyRequest], values: dict[str, Any]) -> AnyRequest:
    """A request from plain values. Raises BadRequest with one sentence that names the field."""
    try:
        return request(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}.") from None
