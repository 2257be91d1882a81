"""What the service adds to fill.py: what is done to a mask and what is not, pre-fill, and models kept in memory."""

from __future__ import annotations

from typing import Any, Callable, Sequence

import numpy as np
import pytest
from fakes.gpu import GpuHost
from fakes.server import FakeSegmenter, fake_service
from test_fill import Painter
from test_strategy import boxed

from lib_inpaint.geometry import Box, Size
from lib_inpaint.imaging import mask as masks
from lib_inpaint.models import registry
from lib_inpaint.models.entry import Model
from lib_inpaint.models.pool import LoadedModel
from lib_inpaint.schema import SUITED, FillRequest, MaskOptions, RemoveRequest, Stroke, build
from lib_inpaint.service import Result, Service
from lib_inpaint.standalone.host import Standalone

IMAGE = np.random.default_rng(0).integers(20, 100, (80, 90, 3), np.uint8)
MASK = boxed((80, 90), Box(30, 30, 40, 40))


class Heavy(Painter):
    nbytes = 100


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every eraser is a Heavy one; gives the names of those that were loaded."""
    names: list[str] = []

    def load(model: Model, *_: object) -> Heavy:
        names.append(model.name)
        return Heavy()

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

    def states(models: Sequence[Model], _: object) -> dict[str, registry.State]:
        looks.extend(model.name for model in models)
        return {model.name: registry.State(model.name == "telea") for model in models}

    monkeypatch.setattr(registry, "states", states)
    some = service(250)
    for _ in range(3):
        some.prefill(IMAGE, MASK, FillRequest())
    assert looks.count("telea") == 2  # to choose it, and to load it


def test_models_without_weights_weigh_nothing() -> None:
    tiny = service(0)
    for name in ("telea", "blur", "neutral"):
        tiny.prefill(IMAGE, MASK, FillRequest(eraser=name))
    assert len(tiny.models.loaded) == 3


# What is done to a mask.

RING = masks.subtract(
    boxed((80, 90), Box(20, 20, 60, 60)), boxed((80, 90), Box(30, 30, 50, 50))
)  # a hole of 400 pixels
SOFT = np.where(RING > 0, np.uint8(2), np.uint8(0)) + masks.feather(boxed((80, 90), Box(35, 35, 45, 45)), 3)


def removed(drawn: np.ndarray | None = None, **values: Any) -> Result:
    return service(0).remove(IMAGE, build(RemoveRequest, {"eraser": "telea", **values}), drawn)


def replaced(mask: np.ndarray) -> np.ndarray:
    """IMAGE with what is masked replaced by the eraser's 7, by hand."""
    weight = mask[..., None] / 255
    return np.floor(7 * weight + IMAGE * (1 - weight) + 0.5 + 1e-9).astype(np.uint8)


@pytest.mark.usefixtures("loads")
@pytest.mark.parametrize("mask", [MASK, RING, SOFT], ids=["box", "hole", "soft"])
def test_a_given_mask_is_replaced_exactly_as_it_is(mask: np.ndarray) -> None:
    result = removed(mask)
    assert (result.mask == mask).all()
    assert (result.image == replaced(mask)).all()


@pytest.mark.usefixtures("loads")
def test_a_given_mask_is_changed_only_as_is_said() -> None:
    for options in ({"grow": 5}, {"feather": 4}, {"fill_holes": 4096}, {"invert": True}, {"grow": 6, "feather": 4}):
        result = removed(RING, options=options)
        assert (result.mask == masks.refine(RING, MaskOptions(**options))).all()
        assert (result.image[result.mask == 0] == IMAGE[result.mask == 0]).all()


@pytest.mark.usefixtures("loads")
def test_a_ramp_stays_a_ramp_also_when_it_is_grown_and_feathered() -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 90).round().astype(np.uint8), (80, 90)).copy()
    assert (removed(ramp).image == replaced(ramp)).all()
    grown = removed(ramp, options={"grow": 6, "feather": 4, "fill_holes": 4096})
    assert (grown.mask == masks.grow(ramp, 6)).all()
    assert grown.mask[:, 1].max() <= 7 * 3


@pytest.mark.usefixtures("loads")
def test_what_is_drawn_by_hand_is_used_as_it_is() -> None:
    stroke = {"points": [[40, 40], [60, 40]], "radius": 6}
    result = removed(objects=[{"strokes": [stroke]}])
    assert (result.mask == masks.from_stroke(Size(90, 80), Stroke(**stroke))).all()
    assert (result.image == replaced(result.mask)).all()
    both = removed(MASK, objects=[{"strokes": [stroke]}])
    assert (both.mask == masks.union(MASK, result.mask)).all()


class Square(FakeSegmenter):
    """Finds MASK, whatever it is asked."""

    def upscale(self, embedding: object, logits: np.ndarray) -> np.ndarray:
        return MASK.copy()


@pytest.fixture
def pointing() -> Callable[..., Result]:
    """Removes what is pointed at, which is MASK, and what is drawn beside."""
    service, _, _ = fake_service()
    service.models.loaded.put("classic", LoadedModel(Square(), 0))

    def remove(strokes: Sequence[dict[str, Any]] = (), drawn: np.ndarray | None = None, **values: Any) -> Result:
        objects = [{"points": [[35, 35, 1]], "strokes": strokes}]
        values = {"segmenter": "classic", "eraser": "telea", "objects": objects, **values}
        return service.remove(IMAGE, build(RemoveRequest, values), drawn)

    return remove


SUITS = masks.refine(MASK, SUITED)


def test_what_is_pointed_at_is_grown_and_feathered_unless_somebody_says(pointing: Callable[..., Result]) -> None:
    assert (SUITED.grow, SUITED.feather, SUITED.fill_holes) == (6, 4, 4096)
    assert (pointing().mask == SUITS).all()
    assert (pointing(options={}).mask == MASK).all()
    assert (pointing(options={"grow": 2}).mask == masks.grow(MASK, 2)).all()


def test_what_is_given_beside_what_is_pointed_at_is_used_as_it_is(pointing: Callable[..., Result]) -> None:
    far = masks.subtract(boxed((80, 90), Box(50, 50, 75, 80)), boxed((80, 90), Box(58, 58, 68, 68)))
    assert (pointing(drawn=far).mask == masks.union(SUITS, far)).all()
    whole = masks.refine(masks.union(MASK, far), MaskOptions(grow=2))
    assert (pointing(drawn=far, options={"grow": 2}).mask == whole).all()


def test_strokes_on_what_is_pointed_at_are_used_as_they_are(pointing: Callable[..., Result]) -> None:
    added = {"points": [[60, 60]], "radius": 8}
    under = masks.from_stroke(Size(90, 80), Stroke(**added))
    assert (pointing([added]).mask == masks.union(SUITS, under)).all()
    erased = {"points": [[28, 20], [28, 60]], "radius": 5, "label": 0}  # also where only the grown edge is
    under = masks.from_stroke(Size(90, 80), Stroke(**erased))
    assert (SUITS[under > 0] > 0).any()
    assert (pointing([erased]).mask == masks.subtract(SUITS, under)).all()
    assert (pointing([erased, added]).mask[under > 0] == 0).all()


def test_what_one_object_erases_another_keeps(pointing: Callable[..., Result]) -> None:
    erased = {"points": [[35, 35]], "radius": 3, "label": 0}
    objects = [{"points": [[35, 35, 1]], "strokes": [erased]}, {"points": [[36, 36, 1]]}]
    assert (pointing(objects=objects).mask == SUITS).all()


@pytest.mark.usefixtures("loads")
def test_prefill_replaces_all_that_is_masked_in_the_least() -> None:
    soft = np.where(MASK > 0, np.uint8(1), np.uint8(0))
    result = service(0).prefill(IMAGE, soft, FillRequest(eraser="telea"))
    assert (result.image[MASK > 0] == 7).all()
    assert (result.image[MASK == 0] == IMAGE[MASK == 0]).all()
    assert (result.mask == MASK).all()


def test_a_note_of_the_filling_reaches_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "load", lambda *_: Painter(room=60 * 60, device="cuda"))
    result = Service(GpuHost()).remove(IMAGE, RemoveRequest(eraser="telea"), MASK)
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
