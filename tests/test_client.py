"""The small client: what it sends and gives back, and what it does when the server forgets, is busy, or refuses."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import Iterator

import numpy as np
import pytest
from fakes.server import Running, running
from PIL import Image

from lib_inpaint.api.guard import basic
from lib_inpaint.client import Client, RequestFailed


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "results") as one:
        yield one


@pytest.fixture
def client(server: Running) -> Client:
    return Client(server.address)


PHOTO = np.full((32, 64, 3), (20, 160, 40), np.uint8)
PHOTO[8:16, 8:24] = (220, 30, 30)


def png(array: np.ndarray) -> bytes:
    data = io.BytesIO()
    Image.fromarray(array).save(data, "PNG")
    return data.getvalue()


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def test_from_a_file_to_a_clean_picture(client: Client, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(PHOTO))
    photo = client.upload(tmp_path / "photo.png")
    assert (photo.width, photo.height) == (64, 32)
    thing = client.segment(photo, points=[(10, 10, 1)])
    assert thing.facts["box"] == [8, 8, 24, 16]
    seen: list[float] = []
    clean = client.erase(
        photo, mask=thing.file("mask"), eraser="telea", options={}, progress=lambda f, text: seen.append(f)
    )
    assert (pixels(clean.file("image"))[8:16, 8:24] == (1, 2, 3)).all()
    assert (pixels(clean.file("image"))[:8] == PHOTO[:8]).all()
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    cut = client.cutout(photo, thing.file("mask"))
    assert pixels(cut.file("image")).shape == (8, 16, 4)
    assert client.mask(thing.file("mask"), options={"grow": 1}).facts["box"] == [7, 7, 25, 17]
    assert pixels(client.extend(photo, left=2, eraser="telea").file("image")).shape == (32, 66, 3)
    things = client.everything(photo, points_per_side=4, stability_score_thresh=0.0).facts["things"]
    assert things[0]["area"] > things[-1]["area"]
    both = client.run_job(
        "batch", operation="erase", items=[{"image": photo, "mask": thing.file("mask"), "eraser": "telea"}]
    )
    assert (pixels(client.fetch(both.facts["items"][0]["image"]["url"]))[10, 10] == (1, 2, 3)).all()


def test_a_forgotten_picture_is_sent_again(server: Running, client: Client) -> None:
    photo = client.upload(png(PHOTO))
    before = client.segment(photo, points=[(10, 10, 1)])
    server.state.images.store.clear()
    assert client.segment(photo, points=[(10, 10, 1)]) == before
    server.state.images.store.clear()
    with pytest.raises(RequestFailed, match="send it again") as failed:
        client.segment(photo.id, points=[(10, 10, 1)])
    assert (failed.value.status, failed.value.code, failed.value.field) == (404, "unknown_image", "image")


def test_what_is_wrong_is_told(client: Client) -> None:
    photo = client.upload(png(PHOTO))
    with pytest.raises(RequestFailed, match="outside the picture") as failed:
        client.segment(photo, points=[(100, 1, 1)])
    assert (failed.value.status, failed.value.code) == (422, "bad_request")
    with pytest.raises(RequestFailed, match="Nothing to extend") as failed:
        client.extend(photo)
    assert failed.value.code == "bad_request"
    with pytest.raises(RequestFailed) as failed:
        client.download("no such model")
    assert failed.value.code == "unknown_model"


def test_progress_that_raises_cancels_the_job(server: Running, client: Client) -> None:
    server.eraser.go.clear()

    def stop(fraction: float, text: str) -> None:
        if fraction > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.erase(client.upload(png(PHOTO)), objects=[{"box": [8, 8, 24, 16]}], eraser="telea", progress=stop)
    (job,) = server.state.jobs._jobs.values()
    assert job.ended.wait(60)
    assert job.state == "cancelled"


def test_a_busy_server_is_asked_again(server: Running, client: Client) -> None:
    server.state.bodies.limit = 10
    threading.Timer(0.5, lambda: setattr(server.state.bodies, "limit", 1 << 20)).start()
    start = time.monotonic()
    assert client.upload(png(PHOTO)).width == 64
    assert time.monotonic() - start >= 0.5
    server.state.bodies.limit = 10
    with pytest.raises(RequestFailed) as failed:
        Client(server.address, patience=0).upload(png(PHOTO))
    assert (failed.value.status, failed.value.code) == (503, "busy")


def test_the_password_is_sent(tmp_path: Path) -> None:
    with running(tmp_path, allowed=basic({"me": "secret"})) as server:
        assert Client(server.address, "me", "secret").info()["host"]["name"] == "standalone"
        assert any(model["ready"] for model in Client(server.address, "me", "secret").models())
        with pytest.raises(RequestFailed) as failed:
            Client(server.address).info()
        assert (failed.value.status, failed.value.code) == (401, "unauthorized")
