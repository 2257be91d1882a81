"""What `inpaint-anything serve` costs: until the page can be used, at rest, and after removals from large pictures.

    python benchmarks/serve.py [--size 4000x3000] [--removals 5] [--eraser auto] [--starts 5]

Needs the extras app and browser, and Linux, whose /proc tells the memory and the processor time of the server.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "tests" / "browser")]

import chromium  # noqa: E402
from clicks import picture  # noqa: E402
from scenes import encoded  # noqa: E402
from serving import Server  # noqa: E402
from sight import WORKSPACE  # noqa: E402
from visitor import File, Visitor  # noqa: E402

from lib_inpaint.geometry import Size  # noqa: E402

IDLE = 10  # seconds
HOLE = 400  # pixels


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def mebibytes(pid: int, name: str) -> int:
    """VmRSS is what it holds, VmHWM the most that it held."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) // 1024


def start_seconds(browser: Any, address: str) -> float:
    """From the address to a page that takes a picture, with nothing in the browser's cache."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, locale="en-US")
    page = context.new_page()
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_function(f"() => window.inpaintAnything && {WORKSPACE}", polling=10)
    took = time.perf_counter() - start
    context.close()
    return took


def removals(browser: Any, address: str, size: Size, count: int, eraser: str) -> list[float]:
    """Seconds of each removal from a JPEG, one after the other, from the button to the picture."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, locale="en-US")
    visitor = Visitor(context, address).comes()
    visitor.opens(File("large.jpg", encoded(picture(size), "JPEG", quality=90), "image/jpeg"))
    seconds = []
    for number in range(count):
        left, top = (number + 0.5) / count * size.width, size.height / 2
        visitor.paints((left - HOLE / 4, top), (left + HOLE / 4, top), radius=HOLE // 4)
        start = time.perf_counter()
        visitor.page.evaluate(f"(eraser) => {WORKSPACE}.run('remove', [eraser])", eraser)
        visitor.waits("state.results.length === arg && !state.running", number + 1)
        seconds.append(time.perf_counter() - start)
    context.close()
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="4000x3000")
    parser.add_argument("--removals", type=int, default=5)
    parser.add_argument("--eraser", default="auto")
    parser.add_argument("--starts", type=int, default=5)
    options = parser.parse_args()
    size = Size(*map(int, options.size.split("x")))
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name))
        server.start()
        assert server._process is not None
        pid = server._process.pid
        try:
            with chromium.running() as browser:
                starts = [start_seconds(browser, server.address) for _ in range(options.starts)]
                print(
                    f"page usable after: {statistics.median(starts):.2f} s (of {min(starts):.2f} to {max(starts):.2f})"
                )
                time.sleep(2)
                before = processor_seconds(pid)
                time.sleep(IDLE)
                print(f"idle: {100 * (processor_seconds(pid) - before) / IDLE:.1f} % of a core")
                print(f"memory at first: {mebibytes(pid, 'VmRSS')} MiB", flush=True)
                took = removals(browser, server.address, size, options.removals, options.eraser)
                print(f"{options.removals} removals of {size}, seconds: {', '.join(f'{one:.1f}' for one in took)}")
                time.sleep(2)
                print(f"memory after: {mebibytes(pid, 'VmRSS')} MiB, at most {mebibytes(pid, 'VmHWM')} MiB")
        finally:
            server.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
