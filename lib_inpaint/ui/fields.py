"""A request's fields as widgets, and the widgets' values as a request. Works in gradio 3.41 to 6.

Widgets are made in the schema's order, so that script arguments are in that order too.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Callable, Mapping, Optional, Sequence, Type

import gradio as gr

from ..diffusion.infotext import to_text
from ..errors import BadRequest
from ..schema import AnyRequest, FieldInfo, Request, build, fields_of
from .choices import Choice, listed

LONGEST_SLIDER = 100_000  # steps of one; beyond, such as for a seed, a number is written


def widgets(
    request: Type[Request],
    name: Callable[[str], str],
    rows: Sequence[int] = (),
    names: Mapping[str, Sequence[Choice]] = MappingProxyType({}),
    is_plain: bool = False,
) -> list[Any]:
    """A widget for each field of the request, in order, inside the open gr.Blocks.

    `name` makes an element id from a field's name. `rows` says how many fields stand in each row; what is left over
    stands alone. `names` are what there is to choose from in fields whose choice depends on the models there are.
    is_plain: as of choices.listed.
    """
    fields = [offering(field, names.get(field.name)) for field in fields_of(request)]
    made = []
    for count in rows:
        with gr.Row():
            made += [widget(field, name(field.name), is_plain) for field in fields[len(made) : len(made) + count]]
    return made + [widget(field, name(field.name), is_plain) for field in fields[len(made) :]]


def offering(field: FieldInfo, choices: Optional[Sequence[Choice]]) -> FieldInfo:
    """The field with these choices; as it is if None."""
    return field if choices is None else field._replace(choices=tuple(choices))  # gradio takes both kinds


def widget(field: FieldInfo, elem_id: Optional[str] = None, is_plain: bool = False) -> Any:
    """The gradio component that fits a field; a field that is several numbers is a line of text."""
    shown = {"label": field.label, "value": field.default, "elem_id": elem_id}
    choices, told = listed(field.choices, is_plain)
    explained = {**shown, "info": ". ".join(filter(None, [field.help, told])) or None}
    if field.choices and isinstance(field.default, tuple):
        return gr.CheckboxGroup(choices=choices, **{**explained, "value": list(field.default)})
    if field.choices:
        return gr.Dropdown(choices=choices, **explained)
    if isinstance(field.default, bool):
        return gr.Checkbox(**explained)
    if field.default is None:  # gr.Number shows an empty value as 0
        return gr.Textbox(**{**explained, "value": ""})
    if isinstance(field.default, (tuple, str)):
        return gr.Textbox(**{**explained, "value": to_text(field.default)})
    low, high, step = field.slider or (field.low, field.high, 1 if isinstance(field.default, int) else 0.01)
    if low is None or high is None or high - low > LONGEST_SLIDER:
        return gr.Number(**explained)
    return gr.Slider(minimum=low, maximum=high, step=step, **explained)


def from_values(request: Type[AnyRequest], values: Sequence[Any]) -> AnyRequest:
    """The request whose fields have these values, in order. Raises BadRequest.

    The values come from widgets, or from a program, which may give a list where a person writes `9, 7.5, 3`.
    """
    fields = fields_of(request)
    if len(values) != len(fields):
        names = ", ".join(field.name for field in fields)
        raise BadRequest(f"{len(values)} values where {len(fields)} are needed, in this order: {names}.")
    return build(request, {field.name: _parsed(field, value) for field, value in zip(fields, values)})


def _parsed(field: FieldInfo, value: Any) -> Any:
    if field.default is None and value == "":
        return None
    if isinstance(field.default, tuple) and isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def pasting(request: Type[Request], made: Sequence[Any], script: str) -> tuple[list[tuple[Any, Any]], list[str]]:
    """A Script's infotext_fields and paste_field_names, for the widgets made of a request."""
    described = fields_of(request)
    names = [field.infotext for field in described if field.infotext]
    return [(widget, pasted(field, script)) for widget, field in zip(made, described)], names


def pasted(field: FieldInfo, script: str) -> Callable[[dict[str, Any]], Any]:
    """What the WebUI calls to find a field's value in the parameters of a picture that `script` made.

    A field that is not in them had its default. With a picture that something else made, the widget stays as it is.
    """

    def value(parameters: dict[str, Any]) -> Any:
        if parameters.get("Script") != script:
            return None
        text = parameters.get(field.infotext, to_text(field.default)) if field.infotext else to_text(field.default)
        return list(_parsed(field, text)) if field.choices and isinstance(field.default, tuple) else text

    return value
