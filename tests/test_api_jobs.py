"""Long work: watched, cancelled, kept; clicks beside it; queues that are full; and a server that is killed."""

from __future__ import annotations

import base64
import contextlib
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
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable, Iterator

import numpy as np
import pytest
from fakes.server import Running, fake_service, listening, running
from fakes.webui import install, launch_options
from PIL import Image
from starlette.applications import Starlette

from lib_inpaint import api
from lib_inpaint.api.http_errors import HttpError
from lib_inpaint.api.jobs import Jobs
from lib_inpaint.api.outputs import JobOutput, OutputFile
from lib_inpaint.api.results import Draft, Results
from lib_inpaint.api.workers import Workers
from lib_inpaint.errors import BadRequest
from lib_inpaint.geometry import Size
from lib_inpaint.progress import Progress
from lib_inpaint.standalone.host import Standalone
from lib_inpaint.webui import entry

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


def until(reached: Callable[[], Any], seconds: float = 60) -> Any:
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
    assert server.eraser.started.wait(60)
    assert server.call("DELETE", f"/jobs/{waiting_job}").json["state"] == "cancelled"
    server.call("DELETE", f"/jobs/{running_job}")
    until(lambda: server.call("GET", f"/jobs/{running_job}").json["state"] == "cancelled")
    assert list((tmp_path / "results").iterdir()) == []
    server.eraser.go.set()
    assert server.call("POST", "/erase?wait=10", body()).status == 200  # the threads are free again


@pytest.mark.parametrize("route", ["erase", "encode", "everything"])
def test_a_job_that_waits_for_others_work_can_be_stopped(server: Running, route: str) -> None:
    """Somebody has the host for themselves for long, such as a WebUI that samples."""
    lock, asked = server.service.host._lock, body() if route == "erase" else {"image": picture()}
    with lock:
        id = server.call("POST", f"/{route}", asked).json["id"]
        until(lambda: server.call("GET", f"/jobs/{id}").json["text"].endswith("Waiting for other work"))
        server.call("DELETE", f"/jobs/{id}")
        assert list(events(server, id))[-1][0] == "cancelled"
    assert not server.eraser.started.is_set()
    assert server.call("POST", f"/{route}?wait=20", asked).status == 200
    assert not lock.locked()


def test_a_failed_job_says_why(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise BadRequest("Nothing to extend, it turns out.")

    monkeypatch.setattr(server.service, "extend", fail)
    id = server.call("POST", "/extend", {"image": picture(), "left": 1}).json["id"]
    about = until(lambda: (a := server.call("GET", f"/jobs/{id}").json)["state"] == "failed" and a)
    assert about["error"]["code"] == "bad_request"
    assert "Nothing to extend" in about["error"]["error"]
    waited = server.call("POST", "/extend?wait=10", {"image": picture(), "left": 1})
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
    assert server.eraser.started.wait(60)  # and it holds the host for itself
    assert server.service.host._lock.locked()
    start = time.monotonic()
    assert server.call("POST", "/segment", click).status == 200
    assert time.monotonic() - start < 30  # not for the eraser, which waits for this test
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


@contextmanager
def full(workers: Workers) -> Iterator[None]:
    """All threads of these at work, and the queue before them full."""
    go, begun = threading.Event(), [threading.Event() for _ in range(workers.threads)]
    for event in begun:
        workers.submit(lambda event=event: (event.set(), go.wait(60)))
    assert all(event.wait(10) for event in begun)
    with contextlib.suppress(HttpError):
        while True:
            workers.submit(lambda: None)
    try:
        yield
    finally:
        go.set()


def test_a_finished_job_is_done_also_where_the_queue_of_pictures_is_full(server: Running) -> None:
    server.eraser.go.clear()
    id = server.call("POST", "/erase", body()).json["id"]
    assert server.eraser.started.wait(10)
    stream = events(server, id)
    next(stream)
    with full(server.state.pictures):
        assert server.call("POST", "/erase", body(2)).json["code"] == "busy"
        server.eraser.go.set()
        name, told = list(stream)[-1]
        assert (name, told["state"], told.get("error")) == ("done", "done", None)
        assert server.call("GET", f"/jobs/{id}").json["result"] == told["result"]
        assert server.call("GET", "/" + told["result"]["image"]["url"]).status == 200
        assert server.call("DELETE", f"/jobs/{id}").json["state"] == "dropped"


def test_who_waited_for_a_job_has_its_result_once_it_can_be_read(server: Running) -> None:
    """Both who watches the events and who waits for the answer, where the threads that read results are busy too."""
    server.eraser.go.clear()
    with ThreadPoolExecutor(1) as pool:
        waited = pool.submit(server.call, "POST", "/erase?wait=60", body())
        assert server.eraser.started.wait(10)
        (id,) = server.state.jobs._jobs
        stream = events(server, id)
        next(stream)
        with full(server.state.finished):
            server.eraser.go.set()
            assert server.state.jobs._jobs[id].ended.wait(10)
            assert not waited.done()
        assert list(stream)[-1][0] == "done"
        assert (waited.result().status, waited.result().json["job"]) == (200, id)


def test_jobs_that_wait_hold_a_bounded_number_of_bytes(tmp_path: Path) -> None:
    jobs, go = Jobs(Results(tmp_path), lambda: [], limit=100), threading.Event()
    workers = Workers("test", 1, 10)
    jobs.start("a", workers, lambda draft, progress: {"waited": go.wait(60)}, weight=80)
    with pytest.raises(HttpError, match="memory") as refused:
        jobs.start("b", workers, lambda draft, progress: {}, weight=30)
    assert refused.value.status == 503
    last = jobs.start("c", workers, lambda draft, progress: {}, weight=20)
    go.set()
    assert last.ended.wait(60)
    assert last.state == "done"


def test_previews_of_old_jobs_make_room(tmp_path: Path) -> None:
    jobs, workers = Jobs(Results(tmp_path), lambda: []), Workers("test", 1, 10)

    def show(draft: Draft, progress: Progress) -> dict[str, Any]:
        progress(0.5, "", preview=b"a picture")
        return {}

    made = []
    for _ in range(30):
        made.append(jobs.start("a", workers, show))
        assert made[-1].ended.wait(10)
    kept = [job.preview is not None for job in made]
    assert kept == [False] * 9 + [True] * 21  # twenty that had ended when the last one began, and that one


def test_a_fault_of_ours_is_told_in_general_terms(tmp_path: Path) -> None:
    jobs = Jobs(Results(tmp_path), lambda: [])
    job = jobs.start("a", Workers("test", 1, 1), lambda draft, progress: {"x": 1 / 0})
    assert job.ended.wait(60)
    assert job.describe()["error"] == {
        "error": "Something went wrong in the server; its log says what.",
        "code": "internal",
    }


# Reload UI.


def test_jobs_pictures_and_results_survive_reload_ui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The WebUI makes a new application in the middle of a job; the page goes on in that."""
    monkeypatch.setattr(Standalone, "results_folder", tmp_path)
    install(
        monkeypatch,
        shared={"cmd_opts": launch_options(), "opts": SimpleNamespace(data={})},
    )
    service, segmenter, eraser = fake_service()
    per_process = entry.PerProcess()
    per_process._opened = entry.Opened(service.host, service)  # type: ignore[arg-type] - which a WebUI would be
    monkeypatch.setattr(entry, "_per_process", per_process)
    before, after = Starlette(), Starlette()
    entry.add_routes(None, before)
    with listening(before) as port:
        old = Running(port, service, None, segmenter, eraser)
        image = old.call("POST", "/images", base64.b64decode(picture()), content_type="image/png").json["id"]
        done = old.call("POST", "/erase?wait=20", body()).json["job"]
        eraser.go.clear()
        eraser.started.clear()
        running_job = old.call("POST", "/erase", body(1)).json["id"]
        waiting_job = old.call("POST", "/erase", body(2)).json["id"]
        assert eraser.started.wait(10)
    entry.add_routes(None, after)
    with listening(after) as port:
        new = Running(port, service, None, segmenter, eraser)
        assert new.call("GET", f"/images/{image}").status == 200
        assert new.call("GET", f"/jobs/{done}/files/image").status == 200
        assert new.call("GET", f"/jobs/{running_job}").json["state"] == "running"
        stream = events(new, running_job)
        assert next(stream)[0] == "running"
        assert new.call("DELETE", f"/jobs/{running_job}").status == 200
        assert list(stream)[-1][0] == "cancelled"
        eraser.go.set()
        until(lambda: new.call("GET", f"/jobs/{waiting_job}").json["state"] == "done")


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
    Results(tmp_path).tidy()  # the next server, after this one was killed
    assert list(tmp_path.iterdir()) == []


def test_a_draft_in_use_is_never_tidied(tmp_path: Path) -> None:
    """A job that takes longer than an hour has its result, whatever others begin meanwhile."""
    jobs, started, go = Jobs(Results(tmp_path), lambda: []), threading.Event(), threading.Event()

    def work(draft: Draft, progress: Progress) -> dict[str, Any]:
        started.set()
        assert go.wait(20)
        return draft.add_all(JobOutput({}, {"image": OutputFile(b"late", "png", Size(1, 1))}))

    slow = jobs.start("erase", Workers("slow", 1, 1), work)
    assert started.wait(20)
    (part,) = tmp_path.iterdir()
    os.utime(part, (time.time() - 7 * 24 * 3600,) * 2)  # as if it had begun a week ago
    quick = jobs.start("erase", Workers("quick", 1, 1), lambda draft, progress: {})
    assert quick.ended.wait(20)
    go.set()
    assert slow.ended.wait(20)
    assert (slow.state, slow.error) == ("done", None)
    kept = jobs.results.file(slow.id, "image")
    assert kept is not None
    assert kept.data == b"late"


# kill -9.

SERVER = """
import sys, threading, time
from pathlib import Path
sys.path.insert(0, "tests")
from fakes.server import running
from lib_inpaint.imaging import imagefile
from lib_inpaint.models import catalogue
from lib_inpaint.models.entry import Model, ModelFile
big = ModelFile("big.bin", "{source}", size={size})
catalogue.MODELS += (Model("big", "Big", "eraser", "fillers:load", "", (big,)),)
encode = imagefile.encode
def patient(*arguments):
    encoding = Path("{results}.encoding")
    encoding.touch()
    while not Path("{results}.go").exists():
        time.sleep(0.01)
    return encode(*arguments)
imagefile.encode = patient
with running(Path("{results}")) as server:
    server.eraser.go.{gate}()
    print(server.port, flush=True)
    time.sleep(100)
"""


class Killable:
    """A server in a process of its own."""

    def __init__(self, folder: Path, gate: str, source: str = "https://nowhere.invalid/big.bin", size: int = 1) -> None:
        """gate: "clear" where the eraser waits, else "set". Results are encoded once FOLDER/results.go is there."""
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
    (tmp_path / "results.go").touch()
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
def test_a_job_that_is_told_at_100_percent_is_there_after_a_kill(tmp_path: Path) -> None:
    """The eraser is through, and the picture is still encoded: that is not 100 %."""
    first = Killable(tmp_path, "set")
    early = first.server.call("POST", "/erase", body()).json["id"]
    until((tmp_path / "results.encoding").exists)
    told = first.server.call("GET", f"/jobs/{early}").json
    assert (told["state"], told["progress"]) == ("running", 0.99)
    first.kill()

    second = Killable(tmp_path, "set")
    assert second.server.call("GET", f"/jobs/{early}").json["code"] == "unknown_job"
    late = second.server.call("POST", "/erase", body()).json["id"]
    stream = events(second.server, late)
    next(stream)
    (tmp_path / "results.go").touch()
    next(data for _, data in stream if data["progress"] == 1)
    second.kill()

    third = Killable(tmp_path, "set")
    about = third.server.call("GET", f"/jobs/{late}").json
    assert about["state"] == "done"
    assert third.server.call("GET", "/" + about["result"]["image"]["url"]).status == 200
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
