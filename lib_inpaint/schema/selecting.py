"""Pointing at things, and what is done to their masks."""

from __future__ import annotations

from typing import Literal, Optional, Tuple

from pydantic import Field

from ..geometry import Box, Point
from .base import Request

MAX_POINTS = 1000  # prompts in one selection; more is a mistake or an attack
TextShape = Literal["letters", "box"]
MaskOutput = Literal["mask", "cutout", "alpha"]


class Stroke(Request):
    """A brush stroke along a line of (x, y) points in pixels of the original picture."""

    points: Tuple[Tuple[float, float], ...] = Field(..., title="Points")
    radius: float = Field(default=16, gt=0, le=1024, title="Brush radius", description="In pixels")
    label: int = Field(default=1, ge=0, le=1, title="Label", description="1 adds to the mask, 0 erases from it")


class Selection(Request):
    """One thing a person points at. Everything in pixels of the original picture; selecting/coordinates.py has the rule
    by which points that come in may be parts of it.
    """

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
        json_schema_extra={"slider": [0, 64, 1]},
    )
    fill_holes: int = Field(default=0, ge=0, title="Fill holes", description="Fill holes of up to this many pixels")
    drop_islands: int = Field(
        default=0, ge=0, title="Drop islands", description="Drop specks of up to this many pixels"
    )
    matting: int = Field(
        default=0,
        ge=0,
        le=256,
        title="Matting",
        description="Hair and fur within this many pixels of the edge become half transparent as they are",
        json_schema_extra={"slider": [0, 64, 1]},
    )
    grow: int = Field(
        default=0,
        ge=-1024,
        le=1024,
        title="Grow",
        description="In pixels; negative shrinks",
        json_schema_extra={"slider": [-128, 128, 1]},
    )
    shadow: int = Field(
        default=0,
        ge=0,
        le=1024,
        title="Shadow",
        description="Grow this many pixels more, downwards only",
        json_schema_extra={"slider": [0, 256, 1]},
    )
    feather: int = Field(
        default=0,
        ge=0,
        le=256,
        title="Feather",
        description="Width of the soft edge outside the mask, in pixels",
        json_schema_extra={"slider": [0, 128, 1]},
    )


class ObjectsRequest(Request):
    """Things that a person points at, and how they are found."""

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


class MaskRequest(ObjectsRequest):
    """Select things in a picture."""

    options: MaskOptions = Field(default=MaskOptions(), title="Mask")


class MaskFile(Request):
    """How a mask is read that is given as a picture or as run lengths."""

    fit_mask: bool = Field(
        default=False, title="Fit mask", description="Scale a mask of another size to the picture's; else it is refused"
    )
    mask_label: Optional[int] = Field(
        default=None,
        ge=0,
        le=65535,
        title="Mask label",
        description="Of a mask that numbers things, as NAME.labels.png does, the one that is meant; empty takes all",
    )


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


class FindTextRequest(Request):
    """Find text: each line, and its letters."""

    text_detector: str = Field(default="auto", title="Text detector", description="auto takes the best that is there")
    confidence: Optional[float] = Field(
        default=None,
        ge=0.0,
        le=1.0,
        title="Confidence",
        description="How sure to be of a line, 0 to 1; empty takes the detector's own",
    )
    region: Optional[Box] = Field(
        default=None, title="Region", description="(left, top, right, bottom): only text in it; empty looks everywhere"
    )
    min_height: int = Field(default=0, ge=0, title="Smallest text", description="Of a line's height, in pixels")
    max_height: int = Field(
        default=0, ge=0, title="Largest text", description="Of a line's height, in pixels; 0 for no limit"
    )
    text_as: TextShape = Field(
        default="letters", title="Text as", description="letters: their strokes alone; box: all of a line's place"
    )
    text_margin: Optional[int] = Field(
        default=None,
        ge=0,
        le=256,
        title="Text margin",
        description="Pixels around the letters; empty takes a twelfth of a line's height, and 2 at least",
    )


class FindSubjectRequest(Request):
    """Find the subject: what the picture is of."""

    subject_detector: str = Field(
        default="auto", title="Subject detector", description="auto takes the best that is there"
    )


class EverythingRequest(Request):
    """Find all things in a picture. Names and values are those of SamAutomaticMaskGenerator in segment-anything; specks
    is its min_mask_region_area, as a part of the picture.
    """

    segmenter: str = Field(default="auto", title="Segmenter", description="auto takes the best that is there")
    points_per_side: int = Field(
        default=32,
        ge=1,
        le=128,
        title="Points per side",
        description="Of the grid of clicks; more find smaller things, in more time",
    )
    pred_iou_thresh: float = Field(
        default=0.88, ge=0, le=1, title="Predicted IoU", description="Drop what the model itself thinks less of"
    )
    stability_score_thresh: float = Field(
        default=0.95, ge=0, le=1, title="Stability", description="Drop what changes much when the cut-off does"
    )
    box_nms_thresh: float = Field(
        default=0.7, ge=0, le=1, title="Overlap", description="Of two things whose boxes have this IoU, keep one"
    )
    crop_n_layers: int = Field(
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
