"""The tab: a place for the canvas, and beside it the widgets of every action, made from the schema.

The canvas and all that happens in it is JavaScript; it finds its places by their element ids, which begin with
`inpaint_anything`, and what else it has to know in the attribute `data-page`.
"""

from __future__ import annotations

import html
import json
from types import MappingProxyType
from typing import Any, Collection, Mapping, NamedTuple, Optional, Sequence, Type, get_args

import gradio as gr

from ..filling import outpaint
from ..host import Host
from ..models import registry
from ..schema import CONTENTS, Request, Settings, fields_of
from .actions import ACTIONS, FOLLOW, FORMS, WITHOUT, Action, Form, Rows, fields
from .choices import Choice, absent_models, marked
from .compat import listen
from .fields import offering, widget
from .pasting import InfotextReader, reader
from .settings import model_names

ID = "inpaint_anything"
# Seen until the canvas takes its place, which it does in far less time than the delay. It needs no script, as it is for
# pages whose scripts do not come: refused by a proxy, kept off by an extension of the browser, or the server has ended.
LATE = f"""<style>@keyframes {ID}_late {{ to {{ visibility: visible }} }}</style>
<p id="{ID}_late" role="alert" style="visibility: hidden; animation: {ID}_late 0s 5s forwards; padding: 2em">
The JavaScript of this page has not come: its files, below <a href="inpaint-anything/page/main.mjs" target="_blank"
>inpaint-anything/page/</a>, are refused, or the server is not there. Reload the page. Where that does not help, the
developer tools of the browser (F12, Network) show what is answered. 403 means that a proxy in front calls the server by
a name that it does not know: --trusted-host NAME, or in a WebUI the setting "Names of a proxy in front", tells it. See
docs/proxy.md.</p>"""
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_LINES = {"prompt": 3, "negative_prompt": 2}


class PageContext(NamedTuple):
    """What the page has to know of where it is.

    host: its name. can: what it can do beside what needs no checkpoint: "inpaint", "outpaint", "edit".
    names: what there is to choose from, by the field's name, or by the action's and the field's, as in
    "extend.masked_content". settings: for the page, in its own words.
    infotexts: how generation parameters are read; None where they are not.
    """

    host: str
    can: Collection[str] = ()
    names: Mapping[str, Sequence[Choice]] = _NOTHING
    settings: Mapping[str, Any] = _NOTHING
    language: str = ""
    models_folder: str = ""
    offline: bool = False
    infotexts: Optional[InfotextReader] = None

    def actions(self) -> list[Action]:
        """Those that can be done here."""
        return [a for a in ACTIONS if (not a.can or a.can in self.can) and a.unless not in self.can]

    def missing(self) -> list[str]:
        """Sentences on what cannot be done in this WebUI."""
        return [] if self.host == "standalone" else [WITHOUT[verb] for verb in WITHOUT if verb not in self.can]


def page_context(
    host: Host,
    settings: Settings,
    language: str = "",
    infotexts: Optional[InfotextReader] = None,
    absent: Optional[Collection[str]] = None,
) -> PageContext:
    """What the page is told of a host.

    language: of the host's page, empty for the browser's. absent: as of choices.absent_models, where that is known.
    """
    absent = absent_models(host.model_folders) if absent is None else absent
    names: dict[str, Sequence[str]] = {kind: model_names(kind) for kind in get_args(registry.Kind)}
    shown: dict[str, Any] = {"colour": settings.colour, "opacity": settings.opacity, "hover": settings.hover}
    can: Collection[str] = ()
    if host.sampling is not None:
        can = host.sampling.can
        shown["save"] = settings.save
        names["sampler"], names["scheduler"] = host.sampling.samplers, host.sampling.schedulers
        names["masked_content"] = [*CONTENTS, *names["eraser"]]
        names["extend.masked_content"] = outpaint.contents()
    listed = {name: marked(offered, absent) for name, offered in names.items()}
    return PageContext(host.name, can, listed, shown, language, str(host.model_folders[0]), host.offline, infotexts)


def tab_blocks(context: PageContext) -> gr.Blocks:
    """The tab as the WebUI wants it: in gr.Blocks of its own."""
    with gr.Blocks(analytics_enabled=False) as blocks:
        tab(context)
    return blocks


def tab(context: PageContext) -> None:
    """Everything, inside the open gr.Blocks."""
    with gr.Column(elem_id=ID), gr.Row():
        with gr.Column(scale=5, min_width=360):
            gr.HTML(f'<div id="{ID}_workspace" data-page="{html.escape(json.dumps(page_data(context)))}">{LATE}</div>')
        with gr.Column(scale=2, min_width=320):
            widgets = {}
            with gr.Tabs(elem_id=f"{ID}_actions") as tabs:
                for action in context.actions():
                    with gr.Tab(action.label, id=action.name, elem_id=f"{ID}_tab_{action.name}") as opened:
                        widgets |= _action(action, context)
                    _shows(opened, action.name)
                with gr.Tab("Mask", id="mask", elem_id=f"{ID}_tab_mask") as opened:
                    gr.HTML(f'<div id="{ID}_mask_actions"></div>')
                _shows(opened, "mask")
            for sentence in context.missing():
                gr.Markdown(sentence)
            with gr.Accordion("Mask options", open=False, elem_id=f"{ID}_options"):
                _form(FORMS[0], context)
            with gr.Accordion("Segmenter", open=False, elem_id=f"{ID}_segmenters"):
                for form in FORMS[1:]:
                    if not form.action:
                        widgets[form.name] = _form(form, context)
            _refilled([one for name in page_order(context) for one in widgets[name]])
            if context.infotexts is not None:
                reader(context.actions(), widgets, tabs, context.infotexts)
            gr.HTML(f'<div id="{ID}_objects"></div><div id="{ID}_models"></div>')


def page_order(context: PageContext) -> list[str]:
    """The actions and forms whose widgets a reload fills again, in the page's order. The mask's are the document's."""
    return [*(action.name for action in context.actions()), *(form.name for form in FORMS[1:])]


def page_data(context: PageContext) -> dict[str, Any]:
    """What the page is told in `data-page`."""
    actions = {
        action.name: {
            "route": action.route,
            "fields": fields(action.rows + action.more),
            "constants": dict(action.constants),
            "needs": action.needs,
            "asks": _defaults(action.request, action.asks),
            "suits": _defaults(action.request, FOLLOW),
            "adds": any(form.action == action.name for form in FORMS),
        }
        for action in context.actions()
    }
    return {
        "actions": actions,
        "forms": {form.name: fields(form.rows) for form in FORMS},
        "begin": {
            form.name: {name: getattr(form.begin, name) for name in fields(form.rows)}
            for form in FORMS
            if form.begin is not None
        },
        "host": context.host,
        "settings": dict(context.settings),
        "language": context.language,
        "models_folder": context.models_folder,
        "offline": context.offline,
    }


def _defaults(request: Type[Request], names: Collection[str]) -> Optional[dict[str, Any]]:
    """What these fields are at first; None for no fields."""
    return {field.name: field.default for field in fields_of(request) if field.name in names} or None


def _action(action: Action, context: PageContext) -> dict[str, list[Any]]:
    """The widgets of an action, with its form and its button; gives them by name, in the order of the fields."""
    made: dict[str, list[Any]] = {}
    if action.note:
        gr.Markdown(action.note)
    shown = _rows(action.name, action.request, action.rows, context)
    for form in FORMS:
        if form.action == action.name:
            gr.Markdown("Added to what is pointed at, and shown around it. What is painted is used as it is.")
            made[form.name] = _form(form, context)
    button = gr.Button(action.button, variant="primary", elem_id=f"{ID}_run_{action.name}")
    if action.more:
        with gr.Accordion("More", open=False, elem_id=f"{ID}_more_{action.name}"):
            shown += _rows(action.name, action.request, action.more, context)
    script = f"(...values) => {{ window.inpaintAnything?.run({json.dumps(action.name)}, values); return []; }}"
    listen(button.click, script, shown)
    for one in shown:  # so that the WebUI remembers the values of fields that are called alike apart from each other
        one.custom_script_source = f"{ID}_{action.name}"
    _tells(action.name, shown)
    return {action.name: shown, **made}


def _form(form: Form, context: PageContext) -> list[Any]:
    """Widgets that count at once, in the order of the fields."""
    shown = _rows(form.name, form.request, form.rows, context, form.begin)
    for one in shown:
        one.do_not_save_to_config = True  # the page begins with the schema's values, not with what the WebUI remembers
    _tells(form.name, shown)
    return shown


def _tells(name: str, shown: Sequence[Any]) -> None:
    """Tell the page of each change by the person, and not of the values that the widgets begin with."""
    script = f"(...values) => {{ window.inpaintAnything?.set({json.dumps(name)}, values); return []; }}"
    for one in shown:
        listen(one.input, script, shown)


def _shows(opened: Any, name: str) -> None:
    """Tell the page that a tab was opened."""
    listen(opened.select, f"() => {{ window.inpaintAnything?.show({json.dumps(name)}); return []; }}")


def _refilled(widgets: Sequence[Any]) -> None:
    """An unseen button that the page presses, to have all of them say what was filled in before a reload."""
    button = gr.Button(elem_id=f"{ID}_refill")
    listen(button.click, "(...values) => window.inpaintAnything.refill(values)", widgets, widgets)


def _rows(
    name: str, request: Type[Request], rows: Rows, context: PageContext, begin: Optional[Request] = None
) -> list[Any]:
    """Widgets in rows, in the order of the fields' names; with `begin`, plain numbers that have its values at first."""
    known = {field.name: field for field in fields_of(request)}
    if begin is not None:
        plain = {"low": None, "high": None, "slider": ()}
        known = {name: field._replace(default=getattr(begin, name), **plain) for name, field in known.items()}
    made = []
    for row in rows:
        with gr.Row():
            for field in (known[field_name] for field_name in row):
                choices = context.names.get(f"{name}.{field.name}") or context.names.get(field.name)
                made.append(widget(offering(field, choices), f"{ID}_{name}_{field.name}"))
                made[-1].lines = _LINES.get(field.name, 1)
    return made
