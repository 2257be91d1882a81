"""Clicks on a preview, as a line of points."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("gradio")

from lib_inpaint.geometry import Point, Size
from lib_inpaint.selecting.coordinates import selections
from lib_inpaint.ui.points import EXCLUDE, INCLUDE, added, marked, picker


def test_clicks_become_a_line_that_the_script_reads() -> None:
    line = ""
    for place, label in (((40, 30), INCLUDE), ((0, 0), EXCLUDE), ([7.4, 9], INCLUDE)):
        line = added(line, place, label)
    assert line == "40,30; -0,0; 7,9"
    assert added(" 0.5,0.5; ", (1, 2), EXCLUDE) == "0.5,0.5; -1,2"
    assert selections(line, "", Size(50, 50))[0].points == (Point(40, 30, 1), Point(0, 0, 0), Point(7, 9, 1))


def test_a_click_is_shown_where_it_was() -> None:
    picture = Image.new("RGB", (200, 100))
    seen = [np.asarray(marked(picture, (150, 20), label)) for label in (INCLUDE, EXCLUDE)]
    assert (seen[0] != seen[1]).any()
    for image in seen:
        y, x = np.nonzero(image.any(axis=2))
        assert abs(x - 150).max() <= 4
        assert abs(y - 20).max() <= 4
    assert not np.asarray(picture).any()
    assert marked(None, (1, 2), INCLUDE) is None


def test_the_preview_is_wired_to_the_points() -> None:
    import gradio as gr

    with gr.Blocks() as page:
        points = gr.Textbox()
        picker(points, "pick")
    config = page.get_config_file()
    (preview,) = [part["id"] for part in config["components"] if part["props"].get("elem_id") == "pick_preview"]
    (wire,) = config["dependencies"]
    assert (wire["targets"], wire.get("trigger")) in (([preview], "select"), ([(preview, "select")], None))
    assert wire["inputs"][:2] == wire["outputs"] == [preview, points._id]
