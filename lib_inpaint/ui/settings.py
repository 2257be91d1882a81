"""The widgets of our settings, as the WebUI's Settings page makes them."""

from __future__ import annotations

from typing import Any, get_args

import gradio as gr

from ..models import registry
from ..schema import FieldInfo


def component(field: FieldInfo) -> tuple[Any, dict[str, Any]]:
    """The class of widget that fits a field, and what it is made with."""
    if field.name in get_args(registry.Kind):
        return gr.Dropdown, {"choices": model_names(field.name)}
    if field.name == "colour":
        return gr.ColorPicker, {}
    if isinstance(field.default, bool):
        return gr.Checkbox, {}
    if isinstance(field.default, str):
        return gr.Textbox, {}
    step = 1 if isinstance(field.default, int) else 0.05
    return gr.Slider, {"minimum": field.low, "maximum": field.high, "step": step}


def model_names(kind: str) -> list[str]:
    """What there is to choose from: the models of a kind, and "auto"."""
    return ["auto", *(model.name for model in registry.models(kind))]  # type: ignore[arg-type]
