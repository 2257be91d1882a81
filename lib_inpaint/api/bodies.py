"""What each route takes: the request classes of schema/, and beside them the fields that carry pictures and answers.

A body is one of those requests, so the service is given it as it is.
"""

from __future__ import annotations

import json
from typing import Any, Literal, Optional, Tuple, Type, TypeVar

from pydantic import Field, ValidationError

from ..errors import InpaintError
from ..geometry import Box, Point, Size
from ..schema import (
    DetectRequest,
    EditRequest,
    EverythingRequest,
    ExtendRequest,
    FillRequest,
    FindSubjectRequest,
    FindTextRequest,
    InpaintRequest,
    MaskFile,
    MaskOptions,
    MaskRequest,
    PromptedOutpaintRequest,
    RemoveRequest,
    Request,
    Selection,
    copy_with,
    fields_of,
    given,
)
from ..selecting.coordinates import in_pixels
from ..selecting.selection import validate_selection
from .http_errors import HttpError, first_fault, for_field
from .images import MaskField

Format = Literal["png", "webp", "jpeg", "same"]
MaskFormat = Literal["png", "rle"]
MAX_ITEMS = 1000  # in one batch
MAX_OBJECTS = 100  # in one request; each is a pass of the decoder and a mask of the picture's size
_MAX_COMMAS = 20_000  # pydantic 1 takes 50 ms for so many values, and Python runs nothing else meanwhile

_IMAGE = Field(..., title="Picture", description="The id of one that was sent, or a file in base64 or as a data URL")
_ABOUT_MASK = "White is inside. An id or a file as for a picture, or run lengths as COCO has them"
_MASK = Field(None, title="Mask", description=_ABOUT_MASK)
_NEEDED_MASK = Field(..., title="Mask", description=_ABOUT_MASK)
_ABOUT_FORMAT = (
    "Of the result; same is that of the picture's file, with its quality; "
    "empty takes what the header Accept asks for, or png"
)
_FORMAT = Field(None, title="Format", description=_ABOUT_FORMAT)
_ABOUT_SAVE = (
    "Among the WebUI's own files, with what made it as its parameters; or in the folder of `serve --output-dir`"
)
_SAVE = Field(False, title="Save", description=_ABOUT_SAVE)
_NAME = Field("", title="Name", description="What the picture's file is called, for a result that is saved by its name")
_MASK_FORMAT: Any = Field("png", title="Mask format", description="png, or rle: COCO's compressed run lengths")


class OfImage(Request):
    """Anything that is done to a picture."""

    image: str = _IMAGE


class SegmentBody(OfImage, MaskFile, MaskRequest, DetectRequest):
    """Select things in a picture: points, boxes, text, rough brush and brush strokes in, the mask out."""

    points: Tuple[Point, ...] = Field((), title="Points", description="With `box`, one more of the `objects`")
    box: Optional[Box] = Field(None, title="Box", description="(left, top, right, bottom)")
    mask: Optional[MaskField] = _MASK
    previous: Optional[str] = Field(
        None, title="Previous", description="The `logits` that an earlier answer gave for the last object, to refine it"
    )
    keep_logits: bool = Field(
        False, title="Keep logits", description="Answer with the id of each object's logits, for `previous` later on"
    )
    mask_format: MaskFormat = _MASK_FORMAT


class EncodeBody(OfImage):
    """Prepare a picture for clicks."""

    segmenter: str = Field("auto", title="Segmenter", description="auto takes the best that is there")


class DetectBody(OfImage, DetectRequest):
    """Find things by what they are called."""


class FindTextBody(OfImage, FindTextRequest):
    """Find text: each line with its mask, and the mask of all of them."""

    mask_format: MaskFormat = _MASK_FORMAT


class FindSubjectBody(OfImage, FindSubjectRequest):
    """Find the subject: its mask, and how sure that is."""

    mask_format: MaskFormat = _MASK_FORMAT


class EverythingBody(OfImage, EverythingRequest):
    """Find all things in a picture."""


class MaskBody(MaskFile):
    """Change a mask, and combine it with another one first."""

    mask: MaskField = _NEEDED_MASK
    other: Optional[MaskField] = Field(None, title="Other mask", description="Of the same size")
    combine: Literal["union", "subtract", "intersect"] = Field(
        "union", title="Combine", description="What `other` does"
    )
    image: Optional[str] = Field(None, title="Picture", description="Needed only for `refine_edges` and `matting`")
    options: MaskOptions = Field(MaskOptions(), title="Mask")
    erased: Optional[MaskField] = Field(None, title="Erased", description="Taken away after the options")
    drawn: Optional[MaskField] = Field(None, title="Drawn", description="Added after that, as it is")
    whole: MaskOptions = Field(MaskOptions(), title="Whole", description="Done at last, to all of it")
    mask_format: MaskFormat = _MASK_FORMAT


class CutoutBody(OfImage, MaskFile):
    """Cut out of a picture what is masked."""

    mask: MaskField = _NEEDED_MASK
    output: Literal["cutout", "alpha"] = Field(
        "cutout", title="Output", description="cutout: cut to what is masked; alpha: whole, the mask as its alpha"
    )
    format: Optional[Literal["png", "webp"]] = _FORMAT


class EraseBody(OfImage, MaskFile, RemoveRequest):
    """Remove what is selected and fill the place from its surroundings."""

    mask: Optional[MaskField] = _MASK
    save: bool = _SAVE
    name: str = _NAME
    format: Optional[Format] = _FORMAT


class PrefillBody(OfImage, MaskFile, FillRequest):
    """Fill what is masked, for img2img or outpainting to start from."""

    mask: MaskField = _NEEDED_MASK
    format: Optional[Format] = _FORMAT


class ExtendBody(OfImage, ExtendRequest):
    """Extend a picture past its edges."""

    save: bool = _SAVE
    name: str = _NAME
    format: Optional[Format] = _FORMAT


class InpaintBody(OfImage, MaskFile, InpaintRequest):
    """Fill what is masked from a prompt, with the WebUI's checkpoint."""

    mask: MaskField = _NEEDED_MASK
    invert: bool = Field(False, title="Invert", description="Fill what is not masked: replace the background")
    save: bool = _SAVE
    name: str = _NAME
    format: Optional[Format] = _FORMAT


class OutpaintBody(OfImage, PromptedOutpaintRequest):
    """Extend a picture past its edges from a prompt, with the WebUI's checkpoint."""

    save: bool = _SAVE
    name: str = _NAME
    format: Optional[Format] = _FORMAT


class EditBody(OfImage, MaskFile, EditRequest):
    """Edit a picture by an instruction, with an instruct-pix2pix checkpoint."""

    mask: Optional[MaskField] = _MASK
    save: bool = _SAVE
    name: str = _NAME
    format: Optional[Format] = _FORMAT


class BatchBody(Request):
    """The same operation for many pictures; one that fails does not stop the others."""

    operation: Literal["segment", "cutout", "erase", "prefill", "extend"] = Field(..., title="Operation")
    items: Tuple[Any, ...] = Field(
        ..., title="Items", description=f"Up to {MAX_ITEMS} bodies as the route of that name takes them"
    )


class UploadBody(OfImage):
    """A picture to keep."""


Body = TypeVar("Body", bound=Request)


def parse(data: bytes, body: Type[Body]) -> Body:
    """The body that JSON stands for. Raises HttpError: 400 for what is no JSON, 422 naming what does not fit."""
    if data.count(b",") > _MAX_COMMAS:
        raise HttpError(
            "These are too many values; paint long strokes into a mask and send that.", 413, "too_many_values"
        )
    try:
        values = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise HttpError(f"The body is not JSON ({error}).", 400, "bad_json") from None
    return fit(values, body)


def fit(values: Any, body: Type[Body], below: str = "") -> Body:
    """The body with these values; `below` is where they stand in the request, for errors. Raises HttpError, 422."""
    if not isinstance(values, dict):
        raise HttpError(f"{below or 'The body'}: give a JSON object.", 422, "bad_request", below)
    try:
        return body(**values)
    except ValidationError as error:
        fault = first_fault(error.errors())
        if not below:
            raise fault from None
        raise HttpError(f"{below}.{fault}", 422, fault.code, f"{below}.{fault.field}") from None


AnyPointing = TypeVar("AnyPointing", SegmentBody, EraseBody)


def located(body: AnyPointing, size: Size) -> AnyPointing:
    """The body with all that points at things in `objects`, in pixels of a picture of that size.

    Raises HttpError, which names the field, for what does not lie on it.
    """
    pointing = {f"objects.{number}": selection for number, selection in enumerate(body.objects)}
    if isinstance(body, SegmentBody) and (body.points or body.box is not None):
        pointing["box" if not body.points else "points"] = Selection(points=body.points, box=body.box)
    if len(pointing) > MAX_OBJECTS:
        raise HttpError(f"objects: give up to {MAX_OBJECTS}; these are {len(pointing)}.", 422, "bad_request", "objects")
    objects: list[Selection] = []
    for field, selection in pointing.items():
        objects.append(in_pixels(selection, size))
        try:
            validate_selection(objects[-1], size)
        except InpaintError as error:
            raise for_field(field, error) from None
    return copy_with(body, objects=tuple(objects))


def plain(body: Request, request: Type[Body]) -> Body:
    """The part of a body that is a request of the service's, to be remembered without the rest."""
    told = given(body)  # what was left out stays so: then the checkpoint says what suits it
    return request(**{field.name: getattr(body, field.name) for field in fields_of(request) if field.name in told})


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
