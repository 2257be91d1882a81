"""script_args that are not what a script takes, in a real A1111 or Forge: the same sentence for all four scripts."""

from __future__ import annotations

from typing import Any, Type

import pytest
from pictures import IMG2IMG, as_text, body, pixels, refusal, square

from lib_inpaint.schema import ImageCfgRequest, OutpaintRequest, PointMaskRequest, PrefillRequest, Request, fields_of

SCRIPTS: dict[str, Type[Request]] = {
    "Inpaint Anything: image CFG": ImageCfgRequest,
    "Inpaint Anything: LaMa pre-fill": PrefillRequest,
    "Inpaint Anything: outpaint": OutpaintRequest,
    "Inpaint Anything: point mask": PointMaskRequest,
}
WORKING = {"eraser": "telea", "points": "32,32", "masked_content": "original"}


def arguments(kind: Type[Request]) -> list[Any]:
    return [WORKING.get(field.name, field.default) for field in fields_of(kind)]


def refused(webui: Any, title: str, script_args: list[Any]) -> str:
    answer = webui.post(path=IMG2IMG, body={**body(webui), "script_name": title, "script_args": script_args})
    assert answer["status"] == 422
    assert answer["rows"] == 0
    assert f"{title}: " in refusal(answer)
    return refusal(answer)


@pytest.mark.parametrize("title", SCRIPTS)
@pytest.mark.parametrize("more", [1, 2])
def test_too_many_are_refused(webui, title: str, more: int) -> None:
    names = [field.name for field in fields_of(SCRIPTS[title])]
    told = refused(webui, title, [*arguments(SCRIPTS[title]), *[0] * more])
    assert f"{len(names) + more} script_args are too many; {len(names)} are needed, in this order: {names[0]}, " in told


@pytest.mark.parametrize("title", [title for title in SCRIPTS if SCRIPTS[title] is not OutpaintRequest])
@pytest.mark.parametrize("count", [0, 3])
def test_too_few_are_refused(webui, title: str, count: int) -> None:
    names = [field.name for field in fields_of(SCRIPTS[title])]
    told = refused(webui, title, arguments(SCRIPTS[title])[:count])
    assert f"{count} script_args are too few; {len(names)} are needed, in this order: {', '.join(names)}." in told


@pytest.mark.parametrize("title", SCRIPTS)
def test_another_order_names_the_argument_and_what_it_takes(webui, title: str) -> None:
    """Such as numbers for words; as many and in the right order, they are taken."""
    kind = SCRIPTS[title]
    place, field = next((n, f) for n, f in enumerate(fields_of(kind)) if type(f.default) in (int, float))
    script_args = arguments(kind)
    script_args[place] = "mask blur"
    told = refused(webui, title, script_args)
    assert f"argument {place + 1}, {field.name}, takes a" in told
    assert "'mask blur'" in told
    asked = {**body(webui, mask=as_text(square())), "script_name": title, "script_args": arguments(kind)}
    assert pixels(webui.post(path=IMG2IMG, body=asked))
