"""Long work: watched, cancelled, kept; clicks beside it; queues that are full; and a server that is killed."""

from __future__ import annotations

import base64
import http.client
import http.server
import io
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np
import pytest
from fakes.server import Running, running
from PIL import Image

from lib_inpaint import api
from lib_inpaint.api.http_errors import HttpError
from lib_inpaint.api.jobs import Jobs
from lib_inpaint.api.outputs import JobOutput, OutputFile
from lib_inpaint.api.results import Results
from lib_inpaint.api.workers import Workers
from lib_inpaint.geometry import Size

ROOT = Path(__file__).parent.parent


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path / "results") as one:
        yield one


def picture(value: int = 90) -> str:
    data = io.BytesIO()
    Image.fromarray(np.full((32, 32, 3), value, np.uint8)).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


def body(value: int = 90) -> dict[str, Any]:
    return {"image": picture(value), "objects": [{"points": [[4, 4, 1]]}], "eraser": "telea"}


def until(reached: Callable[[], Any], seconds: float = 15) -> Any:
    """What `reached` gives once it is true."""
    deadline = time.monotonic() + seconds
    while not (value := reached()):
        assert time.monotonic() < deadline, "not reached in time"
        time.sleep(0.02)
    return value


def events(server: Running, id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(event, data) as they come."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", f"{api.PREFIX}/jobs/{id}/events", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    name = ""
    for line in answer:
        if line.startswith(b"event: "):
            name = line[7:].strip().decode()
        elif line.startswith(b"data: "):
            yield name, json.loads(line[6:])
    connection.close()


def test_a_job_tells_where_it_is_and_keeps_its_result(server: Running) -> None:
    server.eraser.go.clear()
    started = server.call("POST", "/erase", body())
    assert started.status == 202
    id = started.json["id"]
    assert started.headers["Location"] == f"jobs/{id}"
    stream = events(server, id)
    states = [next(stream)]
    until(lambda: server.call("GET", f"/jobs/{id}").json["text"].endswith("half"))
    about = server.call("GET", f"/jobs/{id}").json
    assert (about["state"], about["kind"], about["progress"]) == ("running", "erase", 0.65)
    server.eraser.go.set()
    states += list(stream)
    assert [event for event, _ in states if event not in ("queued", "running")] == ["done"]
    assert [data["progress"] for _, data in states] == sorted(data["progress"] for _, data in states)
    result = server.call("GET", f"/jobs/{id}").json["result"]
    assert states[-1][1]["result"] == result
    file = server.call("GET", "/" + result["image"]["url"])
    assert file.headers["Content-Type"] == "image/png"
    assert (np.asarray(Image.open(io.BytesIO(file.body)))[4, 4] == (1, 2, 3)).all()
    assert next(iter(events(server, id)))[1]["state"] == "done"
    assert server.call("DELETE", f"/jobs/{id}").json["state"] == "dropped"
    assert server.call("GET", f"/jobs/{id}").json["code"] == "unknown_job"
    assert server.call("GET", "/" + result["image"]["url"]).json["code"] == "unknown_file"


def test_a_cancelled_job_ends_and_leaves_nothing(server: Running, tmp_path: Path) -> None:
    server.eraser.go.clear()
    running_job = server.call("POST", "/erase", body()).json["id"]
    waiting_job = server.call("POST", "/erase", body(91)).json["id"]
    assert server.eraser.started.wait(10)
    assert server.call("DELETE", f"/jobs/{waiting_job}").json["state"] == "cancelled"
    server.call("DELETE", f"/jobs/{running_job}")
    until(lambda: server.call("GET", f"/jobs/{running_job}").json["state"] == "cancelled")
    assert list((tmp_path / "results").iterdir()) == []
    server.eraser.go.set()
    assert server.call("POST", "/erase?wait=10", body()).status == 200  # the threads are free again


def test_a_failed_job_says_why(server: Running) -> None:
    id = server.call("POST", "/extend", {"image": picture()}).json["id"]
    about = until(lambda: (a := server.call("GET", f"/jobs/{id}").json)["state"] == "failed" and a)
    assert about["error"]["code"] == "bad_request"
    assert "Nothing to extend" in about["error"]["error"]
    waited = server.call("POST", "/extend?wait=10", {"image": picture()})
    assert (waited.status, waited.json["code"]) == (422, "bad_request")


def test_waiting_ends_with_the_job_or_the_time(server: Running) -> None:
    server.eraser.go.clear()
    reply = server.call("POST", "/erase?wait=0.2", body())
    assert (reply.status, reply.json["state"]) == (202, "running")


@pytest.mark.parametrize("id", ["x", "..", "%2e%2e", "a%2fb", "%00", "é".encode().hex(), "A" * 200])
def test_ids_that_are_none(server: Running, id: str) -> None:
    for method, path in (
        ("GET", ""),
        ("GET", "/events"),
        ("DELETE", ""),
        ("GET", "/files/answer"),
        ("GET", "/files/.."),
    ):
        reply = server.call(method, f"/jobs/{id}{path}")
        assert reply.status in (404, 405), reply


def test_clicks_go_on_beside_long_work(server: Running) -> None:
    click = {"image": picture(), "objects": [{"points": [[4, 4, 1]]}]}
    assert server.call("POST", "/segment", click).status == 200
    server.eraser.go.clear()
    server.call("POST", "/erase", body())
    assert server.eraser.started.wait(10)  # and it holds the host for itself
    assert server.service.host._lock.locked()
    start = time.monotonic()
    assert server.call("POST", "/segment", click).status == 200
    assert time.monotonic() - start < 2
    server.eraser.go.set()


def test_a_slow_encode_does_not_hold_up_other_pictures(server: Running) -> None:
    known = {"image": picture(1), "objects": [{"points": [[4, 4, 1]]}]}
    server.call("POST", "/segment", known)
    server.segmenter.go.clear()
    with ThreadPoolExecutor(6) as pool:
        new = [pool.submit(server.call, "POST", "/segment", {**known, "image": picture(10 + n)}) for n in range(6)]
        until(lambda: server.state.encoding.waiting >= 4)
        assert server.call("POST", "/segment", known).status == 200
        server.segmenter.go.set()
        assert [one.result().status for one in new] == [200] * 6


def test_a_full_queue_answers_503_and_when_to_come_back(server: Running) -> None:
    server.state.long._queue.maxsize = 2
    server.eraser.go.clear()
    replies = [server.call("POST", "/erase", body(n)) for n in range(5)]
    full = [reply for reply in replies if reply.status == 503]
    assert len(full) in (2, 3)
    assert {reply.json["code"] for reply in full} == {"busy"}
    assert all(int(reply.headers["Retry-After"]) > 0 for reply in full)
    server.eraser.go.set()
    for reply in replies:
        if reply.status == 202:
            until(lambda: server.call("GET", f"/jobs/{reply.json['id']}").json["state"] == "done")  # noqa: B023


def test_jobs_that_wait_hold_a_bounded_number_of_bytes(tmp_path: Path) -> None:
    jobs, go = Jobs(Results(tmp_path), lambda: [], limit=100), threading.Event()
    workers = Workers("test", 1, 10)
    jobs.start("a", workers, lambda draft, progress: {"waited": go.wait(10)}, weight=80)
    with pytest.raises(HttpError, match="memory") as refused:
        jobs.start("b", workers, lambda draft, progress: {}, weight=30)
    assert refused.value.status == 503
    last = jobs.start("c", workers, lambda draft, progress: {}, weight=20)
    go.set()
    assert last.ended.wait(10)
    assert last.state == "done"


def test_a_fault_of_ours_is_told_in_general_terms(tmp_path: Path) -> None:
    jobs = Jobs(Results(tmp_path), lambda: [])
    job = jobs.start("a", Workers("test", 1, 1), lambda draft, progress: {"x": 1 / 0})
    assert job.ended.wait(10)
    assert job.describe()["error"] == {
        "error": "Something went wrong in the server; its log says what.",
        "code": "internal",
    }


# What is kept.


def keep(results: Results, job: str, size: int) -> None:
    draft = results.draft(job)
    answer = draft.add_all(JobOutput({"note": ""}, {"image": OutputFile(b"x" * size, "png", Size(1, 1))}))
    draft.finish({"kind": "erase", "seconds": 0, "result": answer})


def test_results_are_dropped_when_too_many_or_too_old(tmp_path: Path) -> None:
    results = Results(tmp_path / "r", limit=2500, seconds=100)
    for number, name in enumerate(("one", "two", "three")):
        keep(results, name, 1000)
        os.utime(tmp_path / "r" / name, (time.time() - 50 + number,) * 2)
    results.tidy()
    assert [results.answer(name) is not None for name in ("one", "two", "three")] == [False, True, True]
    os.utime(tmp_path / "r" / "two", (time.time() - 200,) * 2)
    results.tidy()
    assert [results.answer(name) is not None for name in ("one", "two", "three")] == [False, False, True]
    output = results.output("three")
    assert output is not None
    assert output.files["image"] == OutputFile(b"x" * 1000, "png", Size(1, 1))
    assert (tmp_path / "r").stat().st_mode & 0o077 == 0


def test_an_unfinished_result_is_not_seen_and_goes_when_it_is_old(tmp_path: Path) -> None:
    results = Results(tmp_path)
    draft = results.draft("half")
    draft.add_all(JobOutput({}, {"image": OutputFile(b"x", "png", Size(1, 1))}))
    assert results.answer("half") is None
    assert results.file("half", "image") is None
    os.utime(tmp_path / ".half.part", (time.time() - 7200,) * 2)
    results.tidy()
    assert list(tmp_path.iterdir()) == []


# kill -9.

SERVER = """
import sys, threading, time
from pathlib import Path
sys.path.insert(0, "tests")
from fakes.server import running
from lib_inpaint.models import catalogue
from lib_inpaint.models.entry import Model, ModelFile
big = ModelFile("big.bin", "{source}", size={size})
catalogue.MODELS += (Model("big", "Big", "eraser", "fillers:load", "", (big,)),)
with running(Path("{results}")) as server:
    server.eraser.go.{gate}()
    print(server.port, flush=True)
    time.sleep(100)
"""


class Killable:
    """A server in a process of its own."""

    def __init__(self, folder: Path, gate: str, source: str = "https://nowhere.invalid/big.bin", size: int = 1) -> None:
        code = textwrap.dedent(SERVER).format(results=folder / "results", gate=gate, source=source, size=size)
        environment = {**os.environ, "INPAINT_ANYTHING_MODELS": str(folder / "models")}
        self.process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.server = Running(int(self.process.stdout.readline()), *[None] * 4)  # type: ignore[arg-type]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_kill_in_the_middle_of_an_erase_and_a_batch(tmp_path: Path) -> None:
    """What was reported as done is there after a restart; what was not has left nothing that looks like a result."""
    first = Killable(tmp_path, "set")
    done = first.server.call("POST", "/erase?wait=20", body()).json
    image = first.server.call("GET", f"/jobs/{done['job']}/files/image").body
    first.kill()

    second = Killable(tmp_path, "clear")
    assert second.server.call("GET", f"/jobs/{done['job']}").json["state"] == "done"
    assert second.server.call("GET", f"/jobs/{done['job']}/files/image").body == image
    half = [
        second.server.call("POST", "/erase", body()).json["id"],
        second.server.call("POST", "/batch", {"operation": "erase", "items": [body(), body(2)]}).json["id"],
    ]
    until(lambda: second.server.call("GET", f"/jobs/{half[0]}").json["text"].endswith("half"))
    second.kill()

    third = Killable(tmp_path, "set")
    assert [third.server.call("GET", f"/jobs/{id}").json["code"] for id in half] == ["unknown_job"] * 2
    assert third.server.call("GET", f"/jobs/{done['job']}/files/image").body == image
    whole = [path.name for path in (tmp_path / "results").iterdir() if not path.name.startswith(".")]
    assert whole == [done["job"]]
    assert third.server.call("POST", "/erase?wait=20", body()).status == 200
    third.kill()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
def test_kill_in_the_middle_of_a_download(tmp_path: Path) -> None:
    """No half file under the model's name; the next download brings the whole one, with the bytes that were sent."""
    content, slow = bytes(range(256)) * 8192, threading.Event()

    class Drip(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            start = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(content) - start))
            self.send_header("ETag", '"one"')
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            for place in range(start, len(content), 65536):
                self.wfile.write(content[place : place + 65536])
                if not slow.is_set():
                    time.sleep(0.1)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Drip) as source:
        threading.Thread(target=source.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{source.server_port}/big.bin"
        first = Killable(tmp_path, "set", address, len(content))
        id = first.server.call("POST", "/models/big/download").json["id"]
        until(lambda: first.server.call("GET", f"/jobs/{id}").json["progress"] > 0.1)
        first.kill()
        assert not (tmp_path / "models" / "big.bin").exists()

        slow.set()
        second = Killable(tmp_path, "set", address, len(content))
        assert not {m["name"]: m for m in second.server.call("GET", "/models").json["models"]}["big"]["ready"]
        answer = second.server.call("POST", "/models/big/download?wait=20").json
        assert answer["files"] == ["big.bin"]
        assert (tmp_path / "models" / "big.bin").read_bytes() == content
        assert str(tmp_path) not in json.dumps(answer)
        second.kill()
        source.shutdown()
