"""What passes that are not run save: image CFG against its own full computation, in a real WebUI.

    WEBUI_ROOT=... WEBUI_PYTHON=... WEBUI_MODELS=... python benchmarks/image_cfg.py

tests/webui/process.py says what these are. Seconds in the network, and of the whole request, as ratios to a run with
all three predictions; runs alternate, the median counts. The test checkpoint's network is a toy, so that the rest of a
request (reading, encoding and decoding pictures) weighs more than it does with a real one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "webui")]

from process import running  # noqa: E402
from test_image_cfg import IMG2IMG, body  # noqa: E402

REPEATS = 3
SETTINGS = {
    "all three": {},
    "image CFG 1": {"image_cfg": 1.0},
    "equal scales": {"text_cfg": 4.0, "image_cfg": 4.0},
    "outside the interval": {"interval_start": 1.0},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512, help="width and height in pixels")
    parser.add_argument("--steps", type=int, default=20)
    options = parser.parse_args()
    runs: dict[str, list[dict]] = {name: [] for name in SETTINGS}
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "log.txt") as webui:
        for _ in range(REPEATS):
            for name, script in SETTINGS.items():
                request = body(script, width=options.size, height=options.size, steps=options.steps)
                runs[name].append(webui.post(path=IMG2IMG, body=request))
        print(f"{webui.kind}, {options.size}x{options.size}, {options.steps} steps of Euler, median of {REPEATS}\n")
    print("| | predictions | time in the network | time of the request | seconds |")
    print("| --- | ---: | ---: | ---: | ---: |")
    full = runs["all three"]
    for name, some in runs.items():
        ratios = [
            statistics.median(run[key] for run in some) / statistics.median(run[key] for run in full)
            for key in ("rows", "network_seconds", "seconds")
        ]
        print(f"| {name} | " + " | ".join(f"{ratio:.2f}" for ratio in ratios), end="")
        print(f" | {statistics.median(run['seconds'] for run in some):.1f} |")


if __name__ == "__main__":
    main()
