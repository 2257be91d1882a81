import json

import pytest

from lib_inpaint.errors import BadRequest
from lib_inpaint.geometry import Box, Point
from lib_inpaint.schema import (
    ExtendRequest,
    MaskOptions,
    MaskRequest,
    Outpainting,
    OutpaintRequest,
    PromptedOutpaintRequest,
    RemoveRequest,
    Selection,
    build,
    copy_with,
    fields_of,
)


def to_json(request) -> str:
    return request.model_dump_json() if hasattr(request, "model_dump_json") else request.json()


FULL = {
    "objects": [
        {"points": [[1, 2, 1], [3, 4, 0]], "box": [1, 2, 3, 4], "strokes": [{"points": [[1, 1], [2, 2]], "radius": 3}]}
    ],
    "segmenter": "classic",
    "eraser": "telea",
    "candidate": 1,
    "options": {"grow": -3, "feather": 2, "invert": True},
}


def test_json_and_back_is_the_same_request() -> None:
    request = build(RemoveRequest, FULL)
    assert request.objects[0].points == (Point(1, 2, 1), Point(3, 4, 0))
    assert request.objects[0].box == Box(1, 2, 3, 4)
    assert build(RemoveRequest, json.loads(to_json(request))) == request


EVERY = [MaskRequest, RemoveRequest, ExtendRequest, OutpaintRequest, PromptedOutpaintRequest, MaskOptions, Selection]


@pytest.mark.parametrize("request_class", EVERY)
def test_every_field_has_a_label_and_a_default_within_its_range(request_class) -> None:
    defaults = request_class()
    for field in fields_of(request_class):
        assert field.label[0].isupper()
        assert getattr(defaults, field.name) == field.default
        if field.low is not None:
            assert field.default is None or field.default >= field.low
        if field.high is not None:
            assert field.default is None or field.default <= field.high


def test_the_tab_and_the_script_write_the_same_parameters_of_an_outpainting() -> None:
    script, tab = (
        {field.name: field for field in fields_of(one)} for one in (OutpaintRequest, PromptedOutpaintRequest)
    )
    shared = [field.name for field in fields_of(Outpainting)]
    assert [*shared, "show_steps"] == list(script)  # the script's arguments, in this order
    for name in shared:
        assert (script[name].infotext, script[name].default) == (tab[name].infotext, tab[name].default)


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"options": {"grow": 5000}}, "options.grow"),
        ({"objects": [{"points": [["a", 1, 1]]}]}, "objects.0.points.0"),
        ({"objects": [{"points": [[1, 1]]}]}, "objects.0.points.0"),
        ({"objects": [{"box": [1, 2, 3]}]}, "objects.0.box"),
        ({"erasor": "lama"}, "erasor"),
        ({"candidate": 3}, "candidate"),
    ],
)
def test_a_wrong_value_is_one_sentence_that_names_the_field(values: dict, where: str) -> None:
    with pytest.raises(BadRequest) as caught:
        build(RemoveRequest, values)
    assert str(caught.value).startswith(where)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_requests_are_immutable() -> None:
    request = MaskOptions()
    with pytest.raises((TypeError, ValueError)):
        request.grow = 3  # type: ignore[misc]
    assert copy_with(request, grow=3).grow == 3
    assert request.grow == 0
