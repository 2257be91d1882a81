"""A request's fields as widgets and back, with whatever gradio is installed."""

from __future__ import annotations

import json

import pytest

gr = pytest.importorskip("gradio")

from lib_inpaint.errors import BadRequest  # noqa: E402
from lib_inpaint.schema import (  # noqa: E402
    ExtendRequest,
    FillRequest,
    ImageCfgRequest,
    MaskOptions,
    PrefillRequest,
    build,
    fields_of,
)
from lib_inpaint.ui import fields  # noqa: E402

EVERY = [ImageCfgRequest, MaskOptions, FillRequest, ExtendRequest]


def made(request, rows=()) -> list:
    with gr.Blocks():
        return fields.widgets(request, lambda name: f"test_{name}", rows)


@pytest.mark.parametrize("request_class", EVERY)
@pytest.mark.parametrize("rows", [(), (2, 1), (99,)])
def test_the_widgets_values_are_the_default_request(request_class, rows: tuple[int, ...]) -> None:
    widgets = made(request_class, rows)
    assert [widget.elem_id for widget in widgets] == [f"test_{field.name}" for field in fields_of(request_class)]
    assert [widget.label for widget in widgets] == [field.label for field in fields_of(request_class)]
    assert fields.from_values(request_class, [widget.value for widget in widgets]) == request_class()


@pytest.mark.parametrize("request_class", EVERY)
def test_sliders_have_the_schemas_range(request_class) -> None:
    for widget, field in zip(made(request_class), fields_of(request_class)):
        if isinstance(widget, gr.Slider):
            whole = (field.low, field.high, 1 if isinstance(field.default, int) else 0.01)
            assert (widget.minimum, widget.maximum, widget.step) == (field.slider or whole)


@pytest.mark.parametrize("listed", ["9, 7.5,3", [9, 7.5, 3], (9, 7.5, 3), "9, 7.5, 3, "])
def test_a_list_is_written_or_given(listed) -> None:
    values = {field.name: field.default for field in fields_of(ImageCfgRequest)} | {"text_list": listed}
    assert fields.from_values(ImageCfgRequest, list(values.values())).text_list == (9, 7.5, 3)


def test_values_that_are_not_all_there_are_refused_by_name() -> None:
    with pytest.raises(BadRequest, match=r"^2 values where 16 are needed, in this order: text_cfg, image_cfg, "):
        fields.from_values(ImageCfgRequest, [7.5, 1.5])


def test_from_widget_to_infotext_to_widget_to_request_to_json_and_back() -> None:
    request = build(
        ImageCfgRequest,
        {"text_cfg": 6.25, "image_cfg": 1.35, "text_schedule": "list", "text_list": (9, 0.5), "interval_end": 0.8},
    )
    described = fields_of(ImageCfgRequest)
    written = {f.infotext: fields.to_text(getattr(request, f.name)) for f in described if f.infotext}
    pasted = [fields.pasted(field, "the script")({"Script": "the script", **written}) for field in described]
    typed = [type(field.default)(text) if text and field.default else text for field, text in zip(described, pasted)]
    typed = [False if text == "False" else text for text in typed]  # as the WebUI's paste does
    assert fields.from_values(ImageCfgRequest, typed) == request
    as_json = request.model_dump_json() if hasattr(request, "model_dump_json") else request.json()
    assert build(ImageCfgRequest, json.loads(as_json)) == request


def test_a_picture_of_another_script_leaves_the_widgets_alone() -> None:
    for field in fields_of(ImageCfgRequest):
        assert fields.pasted(field, "the script")({"CFG scale": "3", "Script": "another"}) is None


def test_choices_that_programs_read_are_the_names() -> None:
    eraser = next(field for field in fields_of(PrefillRequest) if field.name == "eraser")
    offered = fields.offering(eraser, ["auto", ("lama (not installed)", "lama")])
    plain, shown = fields.widget(offered, is_plain=True), fields.widget(offered)
    # As a WebUI describes a Script's arguments to programs: modules/scripts.py, create_script_ui_inner.
    assert [choice[0] if isinstance(choice, tuple) else choice for choice in plain.choices] == ["auto", "lama"]
    assert plain.info.endswith("Not installed: lama.")
    assert ("lama (not installed)", "lama") in shown.choices or shown.info == plain.info
