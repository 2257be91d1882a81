"""What gradio calls differently from 3.41 to 6, found out by asking it, not by its version."""

from __future__ import annotations

import inspect
from typing import Any, Optional, Sequence

import gradio as gr
from gradio.themes import Default

FONTS = ("ui-sans-serif", "system-ui", "sans-serif")  # the machine's own: the page fetches nothing from elsewhere
_HOUR = 3600.0  # seconds
CODE_FONTS = ("ui-monospace", "Consolas", "monospace")
CSS = (
    ".gradio-container { max-width: none !important } footer { display: none !important } "
    ".gradio-container.gradio-container :is(main, .main, .app) { padding: 6px !important } "  # all is for the picture
    ".gradio-container.gradio-container.app { padding: 0 !important }"  # gradio 4 has a second one around it
)


def listen(event: Any, script: str, inputs: Sequence[Any] = (), outputs: Optional[Sequence[Any]] = None) -> None:
    """Run JavaScript in the browser, and nothing here, when the event happens.

    It is given the values of the inputs, and returns those of the outputs, in a list.
    """
    parameters = inspect.signature(event).parameters
    name = "_js" if "_js" in parameters else "js"
    event(fn=None, inputs=list(inputs), outputs=outputs and list(outputs), **{name: script})


def takes_pairs() -> bool:
    """Whether a list can show something else than its values; that of 3.41 does not."""
    return gr.Dropdown(choices=[("shown", "value")], render=False).choices == [("shown", "value")]


def blocks(title: str) -> Any:
    """gr.Blocks for a page of its own. What belongs to mount in newer versions is given there."""
    return gr.Blocks(
        title=title, analytics_enabled=False, **_known(gr.Blocks.__init__, {**_look(), "fill_width": True})
    )


def mount(app: Any, page: Any, root_path: str = "") -> None:
    """Answer "/" in a FastAPI application with the page. root_path: what a proxy in front takes off the addresses."""
    already = _known(gr.Blocks.__init__, _look())
    more = {**_look(), "footer_links": [], "run_history": False, "ssr_mode": False, "root_path": root_path or None}
    _rest(page)
    wanted = _known(gr.mount_gradio_app, {name: value for name, value in more.items() if name not in already})
    gr.mount_gradio_app(app, page, "/", **wanted)
    if root_path and "root_path" not in wanted:  # gradio 3 takes it from the request
        route = app.router.routes[-1]
        route.app = _below(route.app, root_path)


def _rest(page: Any) -> None:
    """Have gradio's queue look once an hour, and not a thousand times a second: nothing of the page runs Python."""
    queue = getattr(page, "_queue", None)
    for name in ("sleep_when_free", "progress_update_sleep_when_free"):
        if hasattr(queue, name):
            setattr(queue, name, _HOUR)


def _below(app: Any, root_path: str) -> Any:
    """The application, called as one that is below an address."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "root_path": root_path}, receive, send)

    return answer


def _look() -> dict[str, Any]:
    return {"theme": Default(font=FONTS, font_mono=CODE_FONTS), "css": CSS}


def _known(function: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """Those that the function names."""
    names = inspect.signature(function).parameters
    return {name: value for name, value in wanted.items() if name in names}
