"""Command-line options made from the fields of schema/, and requests made from what was typed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Callable, Optional, Sequence, Type

from ..errors import BadRequest
from ..geometry import Size
from ..schema import (
    SUITED,
    AnyRequest,
    DetectRequest,
    EverythingRequest,
    FieldInfo,
    FindSubjectRequest,
    FindTextRequest,
    MaskFile,
    MaskOptions,
    MaskRequest,
    RemoveRequest,
    Request,
    Selection,
    build,
    copy_with,
    fields_of,
)
from ..selecting import coordinates
from ..standalone.accelerator import AUTO
from ..standalone.host import Standalone

_TEXT_FIELDS = ("text_detector", "confidence", "min_height", "max_height", "text_as", "text_margin")
TextFor = Callable[[Size], FindTextRequest]
SelectionFor = Callable[[Size], tuple[Selection, ...]]


def add_fields(
    parser: argparse._ActionsContainer,
    request: Type[Request],
    names: Optional[Sequence[str]] = None,
    typed_only: bool = False,
) -> None:
    """One option for each field of the request class (or for those named), with its help and default.

    typed_only: one that is not typed is absent afterwards, and its default is said elsewhere.
    """
    for field in fields_of(request):
        if names is None or field.name in names:
            _add_field(parser, field, typed_only)


def _add_field(parser: argparse._ActionsContainer, field: FieldInfo, typed_only: bool) -> None:
    flag = "--" + field.name.replace("_", "-")
    text = f"{field.label}. {field.help}".rstrip(". ").replace("%", "%%")  # argparse puts values where a % stands
    default = argparse.SUPPRESS if typed_only else field.default
    if isinstance(field.default, bool):
        parser.add_argument(flag, action="store_true", default=default, help=text)
        return
    shown = "" if typed_only or default in (None, "") else f" (default: {default})"
    if field.choices:
        parser.add_argument(flag, choices=field.choices, default=default, help=text + shown)
        return
    kind = type(field.high if field.default is None else field.default)  # limits are of the field's own type
    parser.add_argument(flag, type=kind, default=default, metavar="NAME" if kind is str else "N", help=text + shown)


def add_prompts(parser: argparse.ArgumentParser) -> None:
    """The options that point at a thing."""
    group = parser.add_argument_group(
        "what to select", "In pixels, or per cent of the picture: --at 640,480 or --at 50%,33%"
    )
    group.add_argument(
        "--at", action="append", default=[], metavar="X,Y", help="a point on the thing; may be given again"
    )
    group.add_argument("--not-at", action="append", default=[], metavar="X,Y", help="a point that is not the thing")
    group.add_argument(
        "--box",
        action="append",
        default=[],
        metavar="L,T,R,B",
        help="a box around a thing; given again, around another one",
    )
    group.add_argument(
        "--mask",
        type=Path,
        metavar="FILE",
        help="a ready mask, white is selected; or a folder of masks named as the pictures",
    )
    add_fields(group, MaskFile)
    add_fields(group, DetectRequest)


def add_text_options(parser: argparse.ArgumentParser) -> None:
    """Text, subjects and marks that are found by themselves."""
    group = parser.add_argument_group("what is found by itself")
    group.add_argument("--subject", action="store_true", help="select the subject: what the picture is of")
    add_fields(group, FindSubjectRequest, typed_only=True)
    group.add_argument("--find-text", action="store_true", help="select the letters of all text")
    group.add_argument(
        "--region", metavar="L,T,R,B", help="only text in this box, in pixels or per cent: 0,80%%,100%%,100%%"
    )
    add_fields(group, FindTextRequest, _TEXT_FIELDS, typed_only=True)
    group.add_argument(
        "--same-mark", action="store_true", help="select the mark that all pictures have at the same place"
    )


def text_from(options: argparse.Namespace) -> Optional[TextFor]:
    """How to make the request for text once the picture's size is known; None where none is looked for.

    Raises BadRequest at once for what cannot be read, and for options that would have no effect.
    """
    typed = vars(options)
    values = {name: typed[name] for name in _TEXT_FIELDS if name in typed}
    if not options.find_text:
        if values or options.region:
            names = ["region"] if options.region else list(values)
            raise BadRequest(f"--{names[0].replace('_', '-')} is about text; say --find-text as well.")
        return None
    region = coordinates.parse(options.region, "L,T,R,B") if options.region else None
    asked = build(FindTextRequest, values)
    return lambda size: asked if region is None else copy_with(asked, region=coordinates.box(region, size))


def subject_from(options: argparse.Namespace) -> Optional[FindSubjectRequest]:
    """The request for the subject, or None. Raises BadRequest for an option that would have no effect."""
    typed = {name: value for name, value in vars(options).items() if name == "subject_detector"}
    if typed and not options.subject:
        raise BadRequest("--subject-detector is about the subject; say --subject as well.")
    return build(FindSubjectRequest, typed) if options.subject else None


def add_removal_options(parser: argparse.ArgumentParser) -> None:
    """What is done to a mask before what is in it is removed."""
    suited = f"--fill-holes {SUITED.fill_holes} --grow {SUITED.grow} --feather {SUITED.feather}"
    group = parser.add_argument_group(
        "the mask",
        f"What is pointed at or named gets {suited}, but for what is typed. Nothing is done to a mask from a file, "
        "nor beside one, but what is typed.",
    )
    add_fields(group, MaskOptions, typed_only=True)


def add_mask_options(parser: argparse.ArgumentParser, outputs: Sequence[str]) -> None:
    """What `mask` writes, and how what it selects is found."""
    parser.add_argument(
        "--as",
        dest="output_as",
        choices=outputs,
        default="mask",
        help="mask: black and white; cutout: the thing alone on transparent ground; "
        "alpha: the whole picture with the mask as its alpha (default: mask)",
    )
    parser.add_argument(
        "--candidates",
        action="store_true",
        help="write every proposal for one thing, the best first: NAME.0.png, NAME.1.png, ...",
    )
    parser.add_argument(
        "--everything",
        action="store_true",
        help="find all things: the picture in colours, NAME.labels.png with the thing at each pixel, and NAME.json",
    )
    add_fields(parser, MaskRequest, ("segmenter", "candidate", "specks"))
    add_fields(parser, MaskOptions)
    fields = ("points_per_side", "pred_iou_thresh", "stability_score_thresh", "box_nms_thresh", "crop_n_layers")
    add_fields(parser.add_argument_group("for --everything"), EverythingRequest, fields)


def request_from(options: argparse.Namespace, request: Type[AnyRequest]) -> AnyRequest:
    """The request that the options ask for, without the things pointed at. Raises BadRequest."""
    typed = vars(options)
    values = {field.name: typed[field.name] for field in fields_of(request) if field.name in typed}
    if "options" in (field.name for field in fields_of(request)):
        changes = {field.name: typed[field.name] for field in fields_of(MaskOptions) if field.name in typed}
        if changes:
            before = SUITED if issubclass(request, RemoveRequest) and options.mask is None else MaskOptions()
            values["options"] = build(MaskOptions, {**dict(before), **changes})
    return build(request, values)


def selection_from(options: argparse.Namespace) -> SelectionFor:
    """How to make the selections once the picture's size is known. Raises BadRequest at once for what cannot be read.

    One box belongs to the points; of several, each is a thing of its own, and the points are one more.
    """
    include = [coordinates.parse(text, "X,Y") for text in options.at]
    exclude = [coordinates.parse(text, "X,Y") for text in options.not_at]
    boxes = [coordinates.parse(text, "L,T,R,B") for text in options.box]
    if exclude and not include and len(boxes) != 1:
        raise BadRequest("--not-at says what is not the thing; say with --at or one --box what it is.")

    def selections(size: Size) -> tuple[Selection, ...]:
        points = [coordinates.point(lengths, 1, size) for lengths in include]
        points += [coordinates.point(lengths, 0, size) for lengths in exclude]
        around = [coordinates.box(lengths, size) for lengths in boxes]
        if len(around) == 1:
            return (build(Selection, {"points": points, "box": around[0]}),)
        pointed = [build(Selection, {"points": points})] if points else []
        return (*pointed, *(build(Selection, {"box": box}) for box in around))

    return selections


def add_device(parser: argparse.ArgumentParser) -> None:
    """The option that says where models work."""
    parser.add_argument(
        "--device",
        default=AUTO,
        help="where models work: auto (default: the best that works), cpu, cuda, cuda:1, xpu or mps",
    )


def host_of(options: argparse.Namespace) -> Standalone:
    """The host that the options describe. Raises BadRequest for a device that is not here."""
    host = Standalone(options.device)
    if options.device != AUTO:
        host.device  # noqa: B018  # a wrong name is refused before any work
    return host
