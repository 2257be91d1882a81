"""Generation parameters: the text that the WebUI keeps in its pictures, and requests made of it again.

    a red car
    Negative prompt: blurry
    Steps: 20, Sampler: DPM++ 2M, Seed: 1, Size: 512x512, Filled with: lama, Inpaint Anything: fill

What is at its default is left out. `Size` is two parameters, `Size-1` and `Size-2`, as in the WebUI.
"""

from __future__ import annotations

import json
from typing import Any, Mapping, Sequence, Type, cast

from ..schema import AnyRequest, FieldInfo, Request, fields_of, fitting

DONE = "Inpaint Anything"  # the parameter that says what was done: "fill", "remove", ...
PROMPT, NEGATIVE = "Prompt", "Negative prompt"
_NEGATIVE_LINE = f"{NEGATIVE}:"


def parameters(request: Request) -> dict[str, str]:
    """What is written of a request: parameters by name, of the fields that have one and are not at their default."""
    values = ((field, getattr(request, field.name)) for field in fields_of(type(request)))
    return {field.infotext: to_text(value) for field, value in values if field.infotext and value != field.default}


def request_from(kind: Type[AnyRequest], found: Mapping[str, str]) -> AnyRequest:
    """The request that the parameters stand for; what is not among them, or does not fit, is at its default."""
    there = {field.name: _value(field, found[field.infotext]) for field in fields_of(kind) if field.infotext in found}
    return fitting(kind, there)


def write(found: Mapping[str, str]) -> str:
    """Parameters as text. The WebUI takes a line of fewer than three for part of the prompt."""
    sides = [found[name] for name in ("Size-1", "Size-2") if name in found]
    rest = {name: value for name, value in found.items() if name not in (PROMPT, NEGATIVE, "Size-1", "Size-2")}
    if len(sides) == 2:
        rest["Size"] = "x".join(sides)
    lines = [found.get(PROMPT, ""), f"{_NEGATIVE_LINE} {found[NEGATIVE]}" if found.get(NEGATIVE) else ""]
    lines.append(", ".join(f"{name}: {_quoted(value)}" for name, value in rest.items()))
    return "\n".join(line for line in lines if line)


def to_text(value: Any) -> str:
    """A value as a line of text, as people write it and as it stands in a picture's parameters."""
    if isinstance(value, (tuple, list)):
        return ", ".join(map(to_text, cast(Sequence[Any], value)))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(field: FieldInfo, text: str) -> Any:
    if isinstance(field.default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if any(mark in value for mark in ',:\n"') else value
