"""Read generation parameters: what made a picture, back into the tab's widgets."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Sequence

import gradio as gr

from ..diffusion.infotext import DONE, PROMPT, request_from, to_text
from ..schema import FieldInfo, fields_of
from .actions import Action, fields
from .compat import listen

_NONE = "There are no generation parameters in this picture."


class InfotextReader(NamedTuple):
    """How the host reads generation parameters.

    of_picture: those in the file of that path, as text; empty where there are none. parse: those that a text holds, by
    name; the text may be anything.
    """

    of_picture: Callable[[str], str]
    parse: Callable[[str], Mapping[str, str]]


def reader(
    actions: Sequence[Action], widgets: Mapping[str, Sequence[Any]], tabs: Any, infotexts: InfotextReader
) -> None:
    """A place to put parameters in, inside the open gr.Blocks. widgets: of each action, by its name, in order."""
    with gr.Accordion("Read generation parameters", open=False, elem_id="inpaint_anything_read"):
        text = gr.Textbox(label="Generation parameters", lines=3, elem_id="inpaint_anything_parameters")
        with gr.Row():
            button = gr.Button("Read generation parameters", elem_id="inpaint_anything_read_text")
            picture = gr.UploadButton("From a picture", file_types=["image"], elem_id="inpaint_anything_read_picture")
    outputs = [widget for action in actions for widget in widgets[action.name]]
    how = {"queue": False, "show_progress": "hidden"}

    def from_text(line: str) -> list[Any]:
        done, values = wanted(infotexts.parse(line), actions)
        chosen = gr.update() if done is None else gr.update(selected=done)
        return [chosen, *(gr.update() if value is None else gr.update(value=value) for value in values)]

    def from_picture(file: Any) -> list[Any]:
        line = infotexts.of_picture(getattr(file, "name", file))
        return [line or _NONE, *from_text(line)]

    told = "(...values) => { window.inpaintAnything?.take(values); return []; }"
    read = button.click(from_text, inputs=[text], outputs=[tabs, *outputs], **how)
    listen(read.then, told, outputs)
    read = picture.upload(from_picture, inputs=[picture], outputs=[text, tabs, *outputs], **how)
    listen(read.then, told, outputs)


def wanted(found: Mapping[str, str], actions: Sequence[Action]) -> tuple[str | None, list[Any]]:
    """The action that made a picture with these parameters, and the values of all actions' widgets, in order.

    None is what stays as it is. Parameters of a picture that something else made are those of the action "fill".
    """
    names = [action.name for action in actions]
    done = found.get(DONE, "fill" if found.get(PROMPT) or "Steps" in found else "")
    if done not in names:
        return None, [None for action in actions for _ in fields(action.rows + action.more)]
    values = [value for action in actions for value in _values(action, found, action.name == done)]
    return done, values


def _values(action: Action, found: Mapping[str, str], is_wanted: bool) -> list[Any]:
    """Of the action's widgets, in order; those of fields that are not written stay as they are."""
    request = request_from(action.request, found)
    written = {field.name: field for field in fields_of(action.request) if field.infotext}
    names = fields(action.rows + action.more)
    return [_shown(written[name], getattr(request, name)) if is_wanted and name in written else None for name in names]


def _shown(field: FieldInfo, value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value) if field.choices else to_text(value)
    return "" if value is None else value
