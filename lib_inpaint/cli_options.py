"""Command-line options made from the fields of schema.py, and requests made from what was typed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Callable, Optional, Sequence, Type

from . import coordinates
from .errors import BadRequest
from .geometry import Size
from .schema import About, AnyRequest, MaskOptions, Request, Selection, about, build

SelectionFor = Callable[[Size], tuple[Selection, ...]]


def add_fields(
    parser: argparse.ArgumentParser,
    request: Type[Request],
    names: Optional[Sequence[str]] = None,
    defaults: Optional[Request] = None,
) -> None:
    """One option for each field of the request class (or for those named), with its help and default."""
    for field in about(request):
        if names is None or field.name in names:
            default = getattr(defaults, field.name) if defaults is not None else field.default
            _add_field(parser, field, default)


def _add_field(parser: argparse.ArgumentParser, field: About, default: Any) -> None:
    flag = "--" + field.name.replace("_", "-")
    text = f"{field.label}. {field.help}".rstrip(". ")
    if isinstance(default, bool):
        parser.add_argument(flag, action="store_true", default=default, help=text)
        return
    shown = "" if default is None else f" (default: {default})"
    kind = str if isinstance(default, str) else int
    parser.add_argument(flag, type=kind, default=default, metavar="NAME" if kind is str else "N", help=text + shown)


def add_prompts(parser: argparse.ArgumentParser) -> None:
    """The options that point at a thing."""
    group = parser.add_argument_group("what to select", "In pixels, or per cent of the picture: --at 640,480 or --at 50%%,33%%")
    group.add_argument("--at", action="append", default=[], metavar="X,Y", help="a point on the thing; may be given again")
    group.add_argument("--not-at", action="append", default=[], metavar="X,Y", help="a point that is not the thing")
    group.add_argument("--box", metavar="L,T,R,B", help="a box around the thing: left,top,right,bottom")
    group.add_argument(
        "--mask", type=Path, metavar="FILE", help="a ready mask, white is selected; or a folder of masks named as the pictures"
    )


def request_from(options: argparse.Namespace, request: Type[AnyRequest]) -> AnyRequest:
    """The request that the options ask for, without the things pointed at. Raises BadRequest."""
    typed = vars(options)
    values = {field.name: typed[field.name] for field in about(request) if field.name in typed}
    if "grow" in typed:
        names = [field.name for field in about(MaskOptions)]
        values["options"] = build(MaskOptions, {name: typed[name] for name in names})
    return build(request, values)


def selection_from(options: argparse.Namespace) -> SelectionFor:
    """How to make the selections once the picture's size is known. Raises BadRequest at once for what cannot be read."""
    include = [coordinates.parse(text, "X,Y") for text in options.at]
    exclude = [coordinates.parse(text, "X,Y") for text in options.not_at]
    around = coordinates.parse(options.box, "L,T,R,B") if options.box else None
    if exclude and not include and not around:
        raise BadRequest("--not-at says what is not the thing; say with --at or --box what it is.")

    def selections(size: Size) -> tuple[Selection, ...]:
        points = [coordinates.point(lengths, 1, size) for lengths in include]
        points += [coordinates.point(lengths, 0, size) for lengths in exclude]
        box = coordinates.box(around, size) if around else None
        return (build(Selection, {"points": points, "box": box}),) if points or box else ()

    return selections
