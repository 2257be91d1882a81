"""The examples of docs/rest.md, run as they stand there, and its table of routes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Iterator

import numpy as np
import pytest
from fakes.server import Running, running
from PIL import Image

TEXT = (Path(__file__).parent.parent / "docs" / "rest.md").read_text(encoding="utf-8")
BODIES = re.findall(r"<!-- (POST|GET) (\S+) -->\n```json\n(.*?)```", TEXT, re.DOTALL)
PROGRAMS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("results")) as one:
        yield one


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory, photos: dict[str, np.ndarray]) -> Path:
    path = tmp_path_factory.mktemp("here") / "photo.jpg"
    Image.fromarray(photos["coffee"]).save(path, quality=95)
    return path


def test_there_are_examples() -> None:
    assert len(BODIES) >= 5
    assert PROGRAMS


@pytest.mark.parametrize(("method", "path", "body"), BODIES)
def test_a_body_is_taken_as_it_stands(server: Running, photo: Path, method: str, path: str, body: str) -> None:
    id = server.call("POST", "/images", photo.read_bytes()).json["id"]
    reply = server.call(method, path, json.loads(body.replace('"ID"', json.dumps(id))))
    assert reply.status == 200, reply.json
    assert all(item["ok"] for item in reply.json.get("items", ()))


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_runs(server: Running, photo: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.chdir(photo.parent)
    exec(compile(re.sub(r"http://127\.0\.0\.1:\d+", server.address, program), "rest.md", "exec"), {})
    clean, mask = (np.asarray(Image.open(photo.parent / name).convert("RGB")) for name in ("clean.png", "mask.png"))
    before = np.asarray(Image.open(photo))
    assert clean.shape == before.shape
    far = np.asarray(Image.fromarray(mask[..., 0]).resize((60, 40), Image.Resampling.BOX)) == 0
    assert far.any()
    assert (clean[mask[..., 0] > 0] != before[mask[..., 0] > 0]).any()


def test_the_table_has_all_routes_and_no_other(server: Running) -> None:
    description = server.call("GET", "/openapi.json").json
    there = {(method.upper(), path) for path, methods in description["paths"].items() for method in methods}
    named, before = set(), ""
    for cell in re.findall(r"^\| (`[^|]*`) \|", TEXT, re.MULTILINE):
        for group in re.findall(r"`([^`]+)`", cell):
            method, _, path = group.rpartition(" ")
            before = method or before  # "`POST /erase`, `/prefill`"
            named.add((before, path))
    prefix = "/inpaint-anything/v1"
    assert {(method, path.removeprefix(prefix)) for method, path in there} - named == set()
    assert named - {(method, path.removeprefix(prefix)) for method, path in there} == set()
