"""Every request, with the defaults, ranges and labels of all its fields. Said here once, for all doors.

Widgets, script arguments, REST bodies and command-line options are derived from these classes. They are plain data and
immutable; what needs the picture to be judged (is this point inside?) is checked in selection.py. Written in the subset
that pydantic 1.10 and 2 share.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Optional, Tuple, Type, TypeVar

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
    radius: float = Field(16, gt=0, le=1024, title="Brush radius", description="In pixels")
    label: int = Field(1, ge=0, le=1, title="Label", description="1 adds to the mask, 0 erases from it")


class Selection(Request):
    """One thing a person points at. Everything in pixels of the original picture."""

    points: Tuple[Point, ...] = Field((), title="Points", description="(x, y, label): label 1 includes, 0 excludes")
    box: Optional[Box] = Field(None, title="Box", description="(left, top, right, bottom)")
    hint: Tuple[Stroke, ...] = Field((), title="Rough brush", description="Roughly where it is; the segmenter finds the edge")
    strokes: Tuple[Stroke, ...] = Field((), title="Brush", description="Painted onto the mask as they are, in this order")


class MaskOptions(Request):
    """What is done to a mask after it was made, in this order."""

    invert: bool = Field(False, title="Invert", description="Select everything else")
    refine_edges: int = Field(
        0, ge=0, le=256, title="Refine edges", description="Look for the picture's own edge within this many pixels"
    )
    fill_holes: int = Field(0, ge=0, title="Fill holes", description="Fill holes of up to this many pixels")
    drop_islands: int = Field(0, ge=0, title="Drop islands", description="Drop specks of up to this many pixels")
    grow: int = Field(0, ge=-1024, le=1024, title="Grow", description="In pixels; a negative number shrinks")
    feather: int = Field(0, ge=0, le=256, title="Feather", description="Width of the soft edge outside the mask, in pixels")


class MaskRequest(Request):
    """Select things in a picture."""

    objects: Tuple[Selection, ...] = Field((), title="Objects", description="Each is segmented by itself; the mask is all of them")
    segmenter: str = Field("auto", title="Segmenter", description="auto takes the best that is there")
    candidate: Optional[int] = Field(None, ge=0, le=2, title="Candidate", description="Which of the proposals; empty takes the best")
    specks: float = Field(
        0.01,
        ge=0,
        le=100,
        title="Specks",
        description="Holes and specks in what the segmenter finds, up to this many per cent of the picture, are filled and dropped",
    )
    options: MaskOptions = Field(MaskOptions(), title="Mask")


class DetectRequest(Request):
    """Find things by what they are called."""

    text: str = Field("", max_length=1000, title="Text", description="What to look for, such as: the red car. Several: cat, dog")
    detector: str = Field("auto", title="Detector", description="auto takes the best that is there")
    threshold: Optional[float] = Field(
        None, ge=0, le=1, title="Threshold", description="How sure to be, 0 to 1; empty takes the detector's own"
    )


class EverythingRequest(Request):
    """Find all things in a picture. The names and values are those of Segment Anything."""

    segmenter: str = Field("auto", title="Segmenter", description="auto takes the best that is there")
    points_per_side: int = Field(
        32, ge=1, le=128, title="Points per side", description="Of the grid of clicks; more find smaller things, in more time"
    )
    predicted_iou: float = Field(0.88, ge=0, le=1, title="Predicted IoU", description="Drop what the model itself thinks less of")
    stability: float = Field(0.95, ge=0, le=1, title="Stability", description="Drop what changes much when the cut-off does")
    overlap: float = Field(0.7, ge=0, le=1, title="Overlap", description="Of two things whose boxes have this IoU, keep one")
    crop_layers: int = Field(
        0, ge=0, le=3, title="Crop layers", description="Look again at 4 pieces, 20, 84: smaller things, many times the time"
    )
    specks: float = Field(
        0.01, ge=0, le=100, title="Specks", description="Fill holes and drop specks of up to this many per cent of the picture"
    )


class RemoveRequest(MaskRequest):
    """Remove what is selected and fill the place from its surroundings."""

    eraser: str = Field("auto", title="Eraser", description="auto takes the best that is there")
    options: MaskOptions = Field(MaskOptions(fill_holes=4096, grow=6, feather=4), title="Mask")


class ExtendRequest(Request):
    """Extend a picture past its edges."""

    left: int = Field(0, ge=0, le=8192, title="Left", description="Pixels to add on the left")
    right: int = Field(0, ge=0, le=8192, title="Right", description="Pixels to add on the right")
    up: int = Field(0, ge=0, le=8192, title="Up", description="Pixels to add above")
    down: int = Field(0, ge=0, le=8192, title="Down", description="Pixels to add below")
    feather: int = Field(0, ge=0, le=256, title="Feather", description="Width of the blend inside the old edge, in pixels")
    eraser: str = Field("auto", title="Eraser", description="auto takes the best that is there")


MaskOutput = Literal["mask", "cutout", "alpha"]


class About(NamedTuple):
    """What a door needs to know of one field to show it. `low` and `high` are inclusive; None where there is no limit."""

    name: str
    default: Any
    label: str
    help: str
    low: Optional[float]
    high: Optional[float]


def about(request: Type[Request]) -> list[About]:
    """The fields of a request class in order, read from pydantic 1 or 2."""
    fields = getattr(request, "model_fields", None)
    if fields is None:  # pydantic 1
        infos = {name: field.field_info for name, field in request.__fields__.items()}
        return [About(n, i.default, i.title or n, i.description or "", i.ge, i.le) for n, i in infos.items()]
    limits = {n: {k: getattr(m, k) for m in f.metadata for k in ("ge", "le") if hasattr(m, k)} for n, f in fields.items()}
    return [
        About(n, f.default, f.title or n, f.description or "", limits[n].get("ge"), limits[n].get("le"))
        for n, f in fields.items()
    ]


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
