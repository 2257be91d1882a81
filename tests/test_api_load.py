"""Others who are slow, go away, or send bombs do not make a click wait. They and the server are processes apart."""

from __future__ import annotations

import http.client
import io
import json
import multiprocessing
import socket
import statistics
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

from fakes.pictures import CLICK, PHOTO, png, text
from fakes.server import running
from PIL import Image

from lib_inpaint.api import PREFIX

ROUNDS, CLICKS = 8, 20  # quiet and busy by turns, so that what else the machine does is in both
LONGEST = 3.0  # times as long as alone

Trouble = Callable[["Site"], None]


class Site:
    """The server, as its callers know it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def call(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> tuple[int, Any]:
        """Status and JSON of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, PREFIX + path, data, {"Content-Type": kind})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def begin(self, path: str, kind: str, announced: int, sent: bytes) -> socket.socket:
        """A POST of which only a part was sent."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        head = f"POST {PREFIX}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
        raw.sendall(f"{head}Content-Length: {announced}\r\n\r\n".encode() + sent)
        return raw


def serve(folder: Path, line: Any) -> None:
    """A server whose eraser does not come to an end, until the process is ended."""
    with running(folder) as server:
        server.eraser.go.clear()
        line.send(server.port)
        time.sleep(600)


@contextmanager
def process(target: Callable[..., None], given: Any) -> Iterator[Any]:
    """A line to a function in a process of its own, until the end of the block."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(given, theirs), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.kill()
        process.join(30)


# Trouble, each a part of it, done again and again.


def black(side: int) -> bytes:
    """A square picture of few bytes and many pixels."""
    data = io.BytesIO()
    Image.new("1", (side, side)).save(data, "PNG")
    return data.getvalue()


def announced(side: int) -> bytes:
    """A small picture whose header says that it is a very large one."""
    data = bytearray(png(PHOTO))
    data[16:24] = side.to_bytes(4, "big") * 2
    return bytes(data)


BOMB = black(6000)


def sends_byte_by_byte(site: Site) -> None:
    with site.begin("/segment", "application/json", 1000, b"") as raw:
        for _ in range(50):
            raw.sendall(b" ")
            time.sleep(0.002)


def goes_away_in_the_middle(site: Site) -> None:
    site.begin("/images", "image/png", 8 << 20, bytes(1 << 20)).close()
    time.sleep(0.1)


def goes_away_during_a_job(site: Site) -> None:
    body = json.dumps({"image": text(png(PHOTO)), **CLICK, "eraser": "telea"}).encode()
    raw = site.begin("/erase?wait=60", "application/json", len(body), body)
    time.sleep(0.2)
    raw.close()


def sends_what_says_to_be_large(site: Site) -> None:
    status, told = site.call("POST", "/images", announced(50_000), "image/png")
    assert status in (413, 415), told
    body = {"image": text(announced(50_000)), **CLICK}
    assert site.call("POST", "/segment", body)[0] in (413, 415)
    time.sleep(0.1)


def sends_what_is_large(site: Site) -> None:
    assert site.call("POST", "/images", BOMB, "image/png")[0] == 201
    assert site.call("POST", "/cutout", {"image": text(BOMB), "mask": text(BOMB)})[0] == 422  # it is black
    time.sleep(0.1)


TROUBLES: list[Trouble] = [
    sends_byte_by_byte,
    goes_away_in_the_middle,
    goes_away_during_a_job,
    sends_what_says_to_be_large,
    sends_what_is_large,
]


def make_trouble(port: int, line: Any) -> None:
    """All of it at the same time, while the other end of the line says so; what was wrong is told back in the end."""
    going, wrong = threading.Event(), []

    def goes_on(make: Trouble) -> None:
        while going.wait():
            try:
                make(Site(port))
            except ConnectionError:
                pass
            except BaseException as error:
                wrong.append(repr(error))
                return

    for one in TROUBLES:
        threading.Thread(target=goes_on, args=(one,), daemon=True).start()
    for told in iter(line.recv, None):
        going.set() if told else going.clear()
        line.send(list(wrong))


def clicks(site: Site, id: str) -> list[float]:
    """Seconds that each of some clicks takes."""
    times = []
    for _ in range(CLICKS):
        start = time.perf_counter()
        assert site.call("POST", "/segment", {"image": id, **CLICK})[0] == 200
        times.append(time.perf_counter() - start)
    return times


def test_a_click_does_not_wait_for_others(tmp_path: Path) -> None:
    with process(serve, tmp_path) as server:
        site = Site(server.recv())
        id = site.call("POST", "/images", png(PHOTO), "image/png")[1]["id"]
        with process(make_trouble, site.port) as others:

            def there_are_others(yes: bool) -> None:
                others.send(yes)
                assert others.recv() == []
                time.sleep(0.3)

            there_are_others(False)
            clicks(site, id)  # what is made once
            quiet, busy = [], []
            for _ in range(ROUNDS):
                there_are_others(True)
                busy += clicks(site, id)
                there_are_others(False)
                quiet += clicks(site, id)
    assert statistics.median(busy) < LONGEST * statistics.median(quiet)
