"""Picking points by clicking on a preview, into a line of text. Works in gradio 3.41 and 4.40."""

from __future__ import annotations

from typing import Any, Optional

import gradio as gr
from PIL import Image, ImageDraw

INCLUDE, EXCLUDE = "include", "exclude"
_COLOURS = {INCLUDE: "#00c853", EXCLUDE: "#d50000"}


def picker(points: Any, elem_id: str) -> None:
    """A preview, inside the open gr.Blocks, clicks on which are added to `points`, a Textbox."""
    with gr.Accordion("Pick points", open=False, elem_id=elem_id):
        gr.HTML("Put the picture in, and click. To begin anew, empty the points and put it in again.")
        kind = gr.Radio([INCLUDE, EXCLUDE], value=INCLUDE, label="A click is to", elem_id=f"{elem_id}_kind")
        preview = gr.Image(label="Preview", type="pil", interactive=True, height=480, elem_id=f"{elem_id}_preview")

    def click(told: gr.SelectData, image: Optional[Image.Image], line: str, label: str) -> tuple[Any, str]:
        return marked(image, told.index, label), added(line, told.index, label)

    preview.select(click, inputs=[preview, points, kind], outputs=[preview, points], show_progress="hidden")


def added(line: str, place: Any, label: str) -> str:
    """The line of points with one more, at (x, y) in pixels."""
    sign = "-" if label == EXCLUDE else ""
    return "; ".join([*filter(None, [line.strip().rstrip(";")]), f"{sign}{round(place[0])},{round(place[1])}"])


def marked(image: Optional[Image.Image], place: Any, label: str) -> Optional[Image.Image]:
    """A copy of the picture with a dot at (x, y)."""
    if image is None:
        return None
    copy = image.convert("RGB")
    radius = max(3, max(copy.size) // 120)
    (x, y), draw = place, ImageDraw.Draw(copy)
    dot = (x - radius, y - radius, x + radius, y + radius)
    draw.ellipse(dot, fill=_COLOURS[label], outline="white", width=max(1, radius // 4))
    return copy
