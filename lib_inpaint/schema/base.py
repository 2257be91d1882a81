"""What all requests have alike, and how the doors read their fields."""

from __future__ import annotations

import contextlib
from typing import Any, Literal, Mapping, NamedTuple, Optional, Tuple, Type, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from ..errors import BadRequest

_RULES: dict[str, Any] = {"extra": "forbid", "frozen": True}  # as arguments, pyright would want `frozen` of every heir
_GIVEN = "model_fields_set" if hasattr(BaseModel, "model_fields_set") else "__fields_set__"
_COPY = "model_copy" if hasattr(BaseModel, "model_copy") else "copy"  # pydantic 2 or 1


class Request(BaseModel, **_RULES):
    """Base of all requests: immutable, and a misspelt field is an error."""


class FieldInfo(NamedTuple):
    """What a door needs to know of one field to show it. `low` and `high` are inclusive; None where there is none."""

    name: str
    default: Any
    label: str
    help: str
    low: Optional[float]
    high: Optional[float]
    choices: Tuple[str, ...] = ()  # of a field that takes one of a few words
    infotext: str = ""  # its name in a picture's parameters: the label, another name, or empty where it is not written
    slider: Tuple[int, ...] = ()  # from, to and step of its slider, where that is not low, high and the smallest step


def fields_of(request: Type[Request]) -> list[FieldInfo]:
    """The fields of a request class in order, read from pydantic 1 or 2."""
    fields: Any = getattr(request, "model_fields", None)
    if fields is None:  # pydantic 1
        old: Any = getattr(request, "__fields__", {})
        infos = {name: (field.field_info, field.outer_type_) for name, field in old.items()}
        return [
            FieldInfo(n, i.default, i.title or n, i.description or "", i.ge, i.le, _choices(kind), *_extra(i, i.extra))
            for n, (i, kind) in infos.items()
        ]
    limits = {
        n: {k: getattr(m, k) for m in f.metadata for k in ("ge", "le") if hasattr(m, k)} for n, f in fields.items()
    }
    return [
        FieldInfo(
            n,
            f.default,
            f.title or n,
            f.description or "",
            limits[n].get("ge"),
            limits[n].get("le"),
            _choices(f.annotation),
            *_extra(f, {"json_schema_extra": f.json_schema_extra}),
        )
        for n, f in fields.items()
    ]


def _choices(kind: Any) -> Tuple[str, ...]:
    """The words that a field takes one of, or several."""
    several = get_args(kind) if get_origin(kind) is tuple else ()
    one = several[0] if several else kind
    return get_args(one) if get_origin(one) is Literal else ()


def _extra(field: Any, extra: dict[str, Any]) -> Tuple[str, Tuple[int, ...]]:
    more: dict[str, Any] = extra.get("json_schema_extra") or {}
    return more.get("infotext", field.title or ""), tuple(more.get("slider", ()))


AnyRequest = TypeVar("AnyRequest", bound=Request)


def copy_with(request: AnyRequest, **changes: Any) -> AnyRequest:
    """The same request with some fields changed; the values are not checked again."""
    return getattr(request, _COPY)(update=changes)


def given(request: Request) -> frozenset[str]:
    """The names of the fields that were given; the others have their defaults."""
    return frozenset(getattr(request, _GIVEN))


def build(request: Type[AnyRequest], values: dict[str, Any]) -> AnyRequest:
    """A request from plain values. Raises BadRequest with one sentence that names the field."""
    try:
        return request(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRequest(f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}.", where) from None


def fitting(request: Type[AnyRequest], values: Mapping[str, Any]) -> AnyRequest:
    """A request from values of which some may not fit: those are at their default."""
    fit: dict[str, Any] = {}
    for name, value in values.items():
        with contextlib.suppress(ValidationError):
            fit[name] = getattr(request(**{name: value}), name)
    return request(**fit)
