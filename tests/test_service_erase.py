"""What the service adds to fill.py: how much a mask is grown for an eraser, pre-fill, and models kept in memory."""

from __future__ import annotations

import numpy as np
import pytest
from test_fill import Painter
from test_strategy import boxed

from lib_inpaint.geometry import Box
from lib_inpaint.imaging import mask as masks
from lib_inpaint.models import registry
from lib_inpaint.models.entry import Model
from lib_inpaint.models.model import Needs
from lib_inpaint.schema import FillRequest, MaskOptions, RemoveRequest, build
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

IMAGE = np.random.default_rng(0).integers(20, 100, (80, 90, 3), np.uint8)
MASK = boxed((80, 90), Box(30, 30, 40, 40))


class Heavy(Painter):
    nbytes = 100


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every eraser is a Heavy one that grows masks by 3; gives the names of those that were loaded."""
    names: list[str] = []

    def load(model: Model, *_: object) -> Heavy:
        names.append(model.name)
        return Heavy(Needs(grow=3))

    monkeypatch.setattr(registry, "load", load)
    return names


def service(budget: int) -> Service:
    host = Standalone()
    host.model_budget = budget
    return Service(host)


def test_the_least_recently_used_model_makes_room(loads: list[str]) -> None:
    two = service(250)
    for name in ("telea", "blur", "telea", "exemplar", "telea", "blur"):
        two.prefill(IMAGE, MASK, FillRequest(eraser=name))
    assert loads == ["telea", "blur", "exemplar", "blur"]
    assert two.models.loaded.nbytes == 200


def test_a_model_beyond_the_budget_works_and_is_not_kept(loads: list[str]) -> None:
    none = service(50)
    for _ in range(2):
        assert (none.prefill(IMAGE, MASK, FillRequest(eraser="telea")).image[MASK > 0] == 7).all()
    assert loads == ["telea", "telea"]
    assert len(none.models.loaded) == 0


def test_what_auto_means_is_not_looked_up_at_every_click(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def state(model: Model, *_: object) -> registry.State:
        looks.append(model.name)
        return registry.State(model.name == "telea")

    monkeypatch.setattr(registry, "state", state)
    some = service(250)
    for _ in range(3):
        some.prefill(IMAGE, MASK, FillRequest())
    assert looks.count("telea") == 2  # to choose it, and to load it


def test_models_without_weights_weigh_nothing() -> None:
    tiny = service(0)
    for name in ("telea", "blur", "neutral"):
        tiny.prefill(IMAGE, MASK, FillRequest(eraser=name))
    assert len(tiny.models.loaded) == 3


@pytest.mark.usefixtures("loads")
def test_a_mask_is_grown_as_suits_the_eraser_unless_somebody_says() -> None:
    for typed, grown in ((None, 3), (0, 0), (5, 5)):
        request = RemoveRequest(eraser="telea", options=MaskOptions(grow=typed))
        assert (service(0).remove(IMAGE, request, MASK).mask == masks.grow(MASK, grown)).all()
    assert RemoveRequest().options.grow is None


@pytest.mark.usefixtures("loads")
def test_prefill_replaces_all_that_is_masked_in_the_least() -> None:
    soft = np.where(MASK > 0, np.uint8(1), np.uint8(0))
    result = service(0).prefill(IMAGE, soft, FillRequest(eraser="telea"))
    assert (result.image[MASK > 0] == 7).all()
    assert (result.image[MASK == 0] == IMAGE[MASK == 0]).all()
    assert (result.mask == MASK).all()


def test_a_note_of_the_filling_reaches_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "load", lambda *_: Painter(room=60 * 60, device="cuda"))
    result = service(0).remove(IMAGE, RemoveRequest(eraser="telea"), MASK)
    assert "Memory of cuda is short" in result.note


def test_the_names_of_strategies_are_checked() -> None:
    with pytest.raises(Exception, match="large_image"):
        build(FillRequest, {"large_image": "crops"})


def test_shadow_grows_downwards_only() -> None:
    mask = boxed((9, 5), Box(1, 1, 3, 2))
    shadowed = masks.refine(mask, MaskOptions(shadow=3))
    assert (shadowed == boxed((9, 5), Box(1, 1, 3, 5))).all()
    assert (masks.grow_down(mask, 99) == boxed((9, 5), Box(1, 1, 3, 9))).all()
    assert (masks.grow_down(mask, 0) == mask).all()
