"""From a click to the mask on the screen, as the page itself measures it, compared with the decoder.

    python benchmarks/page.py [--clicks 40] [--threads 1] [--size 1920x1080 4000x3000]

MobileSAM with random weights in `inpaint-anything serve`, and Debian's chromium, on this machine. A click is measured
from the browser's event to the moment after the mask was drawn; the decoder's pass for that click is measured in the
server. What is left is everything else: the request, the mask at full size, run lengths there and back, and drawing.
Needs the extras models, app and browser.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "tests" / "browser")]

import chromium  # noqa: E402
from clicks import build, picture  # noqa: E402
from scenes import encoded  # noqa: E402
from serving import Server  # noqa: E402
from sight import WORKSPACE  # noqa: E402
from visitor import File, Visitor  # noqa: E402

from lib_inpaint.geometry import Size  # noqa: E402

TOOK = "decoder.txt"  # in the server's folder: the milliseconds of each decoder pass, one a line
CLICK = "inpaint-anything: click to mask"
WARM_UP = 5  # clicks


class Click(NamedTuple):
    """Milliseconds of one click."""

    whole: float
    decoder: float

    @property
    def rest(self) -> float:
        return self.whole - self.decoder


def serve(folder: Path, port: str, threads: int) -> int:
    """`inpaint-anything serve`, noting how long each decoder pass takes."""
    import torch

    from lib_inpaint.app.cli import main as command
    from lib_inpaint.models.sam.sam import SamSegmenter

    torch.set_num_threads(threads)
    decode = SamSegmenter.decode

    def timed(*args: Any, **options: Any) -> Any:
        start = time.perf_counter()
        result = decode(*args, **options)
        with (folder / TOOK).open("a") as took:
            took.write(f"{1e3 * (time.perf_counter() - start)}\n")
        return result

    SamSegmenter.decode = timed  # type: ignore[method-assign]
    return command(["serve", "--port", port])


def clicks(visitor: Visitor, folder: Path, size: Size, count: int) -> Iterator[Click]:
    """Clicks on different places of a picture, each on its own object."""
    visitor.opens(File(f"{size}.png", encoded(picture(size))))
    visitor.page.evaluate(f"() => {{ {WORKSPACE}.settings.hover = false; }}")
    random = np.random.default_rng(0)
    for number in range(count + WARM_UP):
        visitor.page.evaluate(f"(name) => {{ {WORKSPACE}.clear(); performance.clearMeasures(name); }}", CLICK)
        visitor.settled()
        (folder / TOOK).unlink(missing_ok=True)
        visitor.clicks(tuple(random.uniform(0.05, 0.95, 2) * size))
        visitor.page.wait_for_function("(name) => performance.getEntriesByName(name).length", arg=CLICK)
        whole = visitor.page.evaluate("(name) => performance.getEntriesByName(name).at(-1).duration", CLICK)
        (decoder,) = (folder / TOOK).read_text().split()
        if number >= WARM_UP:
            yield Click(whole, float(decoder))


def row(size: Size, all_clicks: list[Click]) -> str:
    """A row of the table: medians, and the slowest of ten."""
    whole, decoder, rest = (
        statistics.median(getattr(click, part) for click in all_clicks) for part in ("whole", "decoder", "rest")
    )
    slow = statistics.quantiles([click.rest for click in all_clicks], n=10)[-1]
    return f"| {size} | {whole:.0f} | {decoder:.0f} | **{rest:.0f}** | {slow:.0f} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--threads", type=int, default=1, help="of the decoder; the browser needs a core too")
    parser.add_argument("--size", nargs="*", default=["1920x1080", "4000x3000"])
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--port", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve(options.serve, options.port, options.threads)
    import torch

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "models").mkdir()
        torch.save(build("mobile_sam").network.state_dict(), folder / "models" / "mobile_sam.pt")
        server = Server(folder)
        server.command = (__file__, "--serve", name, "--threads", str(options.threads))
        server.start()
        try:
            with chromium.running() as browser:
                context = browser.new_context(viewport={"width": 1600, "height": 1000}, locale="en-US")
                visitor = Visitor(context, server.address).comes()
                print(f"{platform.machine()}, {os.cpu_count()} cores, {options.threads} threads, {browser.version}\n")
                print("| picture | click to mask, ms | decoder, ms | the rest, ms | of which one in ten is over |")
                print("| --- | ---: | ---: | ---: | ---: |")
                for text in options.size:
                    size = Size(*map(int, text.split("x")))
                    print(row(size, list(clicks(visitor, folder, size, options.clicks))), flush=True)
        finally:
            server.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
