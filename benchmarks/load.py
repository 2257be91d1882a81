"""Many people clicking at once: does everybody get his own mask, how long does it take, and what does the server hold?

    python benchmarks/load.py [--seconds 120] [--clients 50] [--images 10] [--segmenter mobile_sam|classic]

A server in a process of its own; clients here, each asking for the next mask as soon as it has one. Every answer is
held against the mask worked out here beforehand. MobileSAM runs with random weights: as fast as with real ones. What
cannot be less is the queueing limit of the decoder: clients x one decoding alone / worker threads.

The event loop is watched from inside: how late a 10 ms timer comes, beside the same timer in a process that does
nothing else (what the machine itself adds), and how long the loop's thread computes in one go.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import http.client
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib_inpaint import api
from lib_inpaint.errors import EmptySelection
from lib_inpaint.geometry import Point
from lib_inpaint.models.pool import LoadedModel
from lib_inpaint.schema import MaskRequest, Selection
from lib_inpaint.selecting.segment import Photo
from lib_inpaint.service import Service
from lib_inpaint.standalone.host import Standalone

POINTS = 4  # different clicks on each picture
SIZE = (1024, 768)
TICK = 0.01  # seconds
SAME = 0.999  # IoU from which on two masks are the same one: threads may add up floats in another order


class Click(NamedTuple):
    """A picture's id, where it is clicked on, and the mask that has to come: bool HxW."""

    image: str
    point: Point
    expected: np.ndarray


def service_with(segmenter: str, weights: Path) -> Service:
    """A service in which the name "classic" stands for the segmenter under test."""
    service = Service(Standalone())
    if segmenter == "mobile_sam":
        import torch

        torch.set_num_threads(1)  # the clicks share the cores; threads within each would only be in each other's way
        from lib_inpaint.models.sam import sam_hq

        service.models.loaded.put("classic", LoadedModel(sam_hq.load_mobile([weights], "cpu", "float32"), 0))
    return service


def make_weights(path: Path) -> None:
    """MobileSAM with random weights, the same in each run."""
    import torch
    from segment_anything_hq import sam_model_registry_baseline

    torch.manual_seed(0)
    torch.save(sam_model_registry_baseline["vit_tiny"]().state_dict(), path)


def pictures(count: int) -> list[np.ndarray]:
    """Pieces of photographs that come with scikit-image, uint8 768x1024x3, each its own."""
    from skimage import data

    photos = [Image.fromarray(getattr(data, name)()) for name in ("coffee", "chelsea", "astronaut", "rocket", "retina")]
    made = []
    for number in range(count):
        photo = photos[number % len(photos)].convert("RGB")
        shift = 40 * (number // len(photos))
        made.append(np.asarray(photo.crop((shift, shift, *photo.size)).resize(SIZE)))
    return made


# The server's process.


class Late:
    """How late a timer comes on an event loop, in seconds, and how long its thread computed in one go at most."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self.longest = 0.0

    async def watch(self) -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(TICK)
            self.late.append(time.perf_counter() - start - TICK)

    def time_callbacks(self) -> None:
        """Measure the thread's own time in every callback of the loop; not what other threads and processes take."""
        run = asyncio.events.Handle._run

        def timed(handle: Any) -> None:
            start = time.thread_time()
            run(handle)
            self.longest = max(self.longest, time.thread_time() - start)

        asyncio.events.Handle._run = timed  # type: ignore[method-assign]

    def summary(self) -> dict[str, float]:
        late = sorted(self.late) or [0.0]
        at = {
            name: late[int(share * (len(late) - 1))] for name, share in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))
        }
        return {**at, "max": late[-1], "longest": self.longest}


def serve(segmenter: str, folder: Path) -> None:
    """Answer until standard input ends, then print what was measured."""
    import uvicorn
    from starlette.applications import Starlette

    app, late = Starlette(), Late()
    api.mount(app, service_with(segmenter, folder / "weights.pt"), folder / "results")
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))

    async def main() -> None:
        late.time_callbacks()
        watching = asyncio.create_task(late.watch())
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.05)
        print(server.servers[0].sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, _commands, late)
        server.should_exit = True
        await serving
        watching.cancel()

    asyncio.run(main())


def _commands(late: Late) -> None:
    """A line on standard input: forget what was measured until now. Its end: tell."""
    for _ in sys.stdin:
        late.late.clear()
        late.longest = 0.0
    print(json.dumps(late.summary()), flush=True)


def idle() -> None:
    """The control: the same timer, and nothing else."""
    late = Late()

    async def main() -> None:
        watching = asyncio.create_task(late.watch())
        await asyncio.get_running_loop().run_in_executor(None, _commands, late)
        watching.cancel()

    asyncio.run(main())


# The clients' process.


class Outcome:
    """What the clients saw."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.times: list[float] = []
        self.errors: list[str] = []
        self.wrong = 0
        self.up = self.down = 0

    def add(self, seconds: float, error: str, wrong: bool, up: int, down: int) -> None:
        with self.lock:
            self.times.append(seconds)
            self.errors += [error] if error else []
            self.wrong += wrong
            self.up, self.down = max(self.up, up), max(self.down, down)


def prepare(service: Service, images: list[np.ndarray], ids: list[str]) -> list[Click]:
    """Clicks with the masks that have to come."""
    clicks, rng = [], random.Random(0)
    for image, id in zip(images, ids):
        photo, mine = Photo(image), []
        while len(mine) < POINTS:
            point = Point(rng.randrange(SIZE[0]), rng.randrange(SIZE[1]), 1)
            request = MaskRequest(objects=(Selection(points=(point,)),), segmenter="classic")
            try:
                service.prefetch(photo, "classic")
                mask = service.mask(photo, request)
            except EmptySelection:
                continue
            mine.append(Click(id, point, mask > 0))
        clicks += mine
    return clicks


def alone(service: Service, image: np.ndarray, point: Point) -> float:
    """What one decoding takes, alone, in seconds."""
    photo, times = Photo(image), []
    request = MaskRequest(objects=(Selection(points=(point,)),), segmenter="classic")
    for _ in range(9):
        start = time.perf_counter()
        service.mask(photo, request)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def click_on(port: int, clicks: list[Click], until: float, outcome: Outcome, seed: int) -> None:
    """One client."""
    rng, connection = random.Random(seed), http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    while time.monotonic() < until:
        click = rng.choice(clicks)
        body = {"image": click.image, "segmenter": "classic", "objects": [{"points": [list(click.point)]}]}
        data = json.dumps(body).encode()
        start = time.perf_counter()
        try:
            connection.request("POST", f"{api.PREFIX}/segment", data, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            answer = reply.read()
            error = "" if reply.status == 200 else f"{reply.status} {answer[:200]!r}"
        except OSError as failure:
            answer, error = b"", repr(failure)
        seconds = time.perf_counter() - start
        wrong = not error and not is_right(answer, click)
        outcome.add(seconds, error, wrong, len(data), len(answer))


def is_right(answer: bytes, click: Click) -> bool:
    """Whether the mask in the answer is the one of this click."""
    mask = np.asarray(Image.open(io.BytesIO(base64.b64decode(json.loads(answer)["mask"]["data"]))), bool)
    if mask.shape != click.expected.shape:
        return False
    return bool((mask & click.expected).sum() >= SAME * (mask | click.expected).sum())


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


def start(*arguments: str) -> subprocess.Popen:
    """This file again, as another process."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", __file__, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def upload(port: int, image: np.ndarray) -> str:
    data = io.BytesIO()
    Image.fromarray(image).save(data, "PNG")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", f"{api.PREFIX}/images", data.getvalue())
    return json.loads(connection.getresponse().read())["id"]


def measure(options: argparse.Namespace, folder: Path) -> None:
    """All of it; prints Markdown."""
    if options.segmenter == "mobile_sam":
        make_weights(folder / "weights.pt")
    server, control = start("--serve", options.segmenter, "--folder", str(folder)), start("--idle")
    assert server.stdout is not None
    assert server.stdin is not None
    assert control.stdin is not None
    port = int(server.stdout.readline())
    images = pictures(options.images)
    ids = [upload(port, image) for image in images]
    service = service_with(options.segmenter, folder / "weights.pt")
    clicks = prepare(service, images, ids)
    warm = Outcome()
    for id in ids:  # encoded before the clock starts
        click_on(port, [next(c for c in clicks if c.image == id)], time.monotonic() + 0.01, warm, 0)
    server.stdin.write("\n")
    control.stdin.write("\n")
    before = alone(service, images[0], clicks[0].point)
    memory, outcome, until = [resident(server.pid)], Outcome(), time.monotonic() + options.seconds
    threads = [
        threading.Thread(target=click_on, args=(port, clicks, until, outcome, seed)) for seed in range(options.clients)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        memory.append(resident(server.pid))
    after = alone(service, images[0], clicks[0].point)  # others may use the machine: it is not as fast at all times
    late = json.loads(server.communicate()[0].splitlines()[-1])
    quiet = json.loads(control.communicate()[0].splitlines()[-1])
    report(options, outcome, (before + after) / 2, memory, late, quiet)


def report(
    options: argparse.Namespace,
    outcome: Outcome,
    decoding: float,
    memory: list[int],
    late: dict[str, float],
    quiet: dict[str, float],
) -> None:
    """Markdown."""
    times = np.array(outcome.times)
    limit = options.clients * decoding / 2
    third = len(memory) // 3
    print(f"{options.clients} clients on {options.images} pictures of {SIZE[0]}x{SIZE[1]} for {options.seconds:g} s,")
    print(f"{options.segmenter}, {os.cpu_count()} cores (load of the machine: {os.getloadavg()[0]:.1f})\n")
    print("| what | figure |\n| --- | --- |")
    print(f"| clicks | {len(times)}, {len(times) / options.seconds:.1f} a second |")
    print(f"| errors; masks of somebody else | {len(outcome.errors)}; {outcome.wrong} |")
    print(f"| one decoding alone; queueing limit | {decoding * 1e3:.0f} ms; {limit * 1e3:.0f} ms |")
    p50, p99 = np.percentile(times, [50, 99])
    print(f"| a click, p50 and p99 | {p50 * 1e3:.0f} and {p99 * 1e3:.0f} ms ({p99 / limit:.2f} times the limit) |")
    after, end = np.mean(memory[third : 2 * third or 1]) / 1e6, np.mean(memory[-third or -1 :]) / 1e6
    print(f"| memory of the server, start, middle and last third | {memory[0] / 1e6:.0f}, {after:.0f}, {end:.0f} MB |")
    print(f"| timer late, p50, p99, p99.9, max | {percentiles(late)} |")
    print(f"| the same in an idle process | {percentiles(quiet)} |")
    print(f"| the loop's thread computing in one go, at most | {late['longest'] * 1e3:.1f} ms |")
    print(f"| bytes of a click up, of its answer down, at most | {outcome.up}, {outcome.down} |")
    for error in outcome.errors[:5]:
        print(f"\nError: {error}")


def percentiles(late: dict[str, float]) -> str:
    return ", ".join(f"{late[name] * 1e3:.1f}" for name in ("p50", "p99", "p999", "max")) + " ms"


def main() -> None:
    parser = argparse.ArgumentParser(description="Many people clicking at once.")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--images", type=int, default=10)
    parser.add_argument("--segmenter", choices=("mobile_sam", "classic"), default="mobile_sam")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--idle", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.folder)
    elif options.idle:
        idle()
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(options, Path(folder))


if __name__ == "__main__":
    main()
