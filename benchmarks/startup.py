"""What the extension costs a WebUI's start, in a real one: seconds of processor time, by what the WebUI calls.

    WEBUI_ROOT=... WEBUI_PYTHON=... WEBUI_MODELS=... python benchmarks/startup.py

tests/webui/process.py says what these are. An extension of its own, which is there for this run alone and is loaded
before ours, times the main thread in our files of scripts/, in each method of our scripts, and in our callbacks; what
one of them calls of another counts once. The first start writes Python's caches and is not counted.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "webui")]

from process import serving  # noqa: E402

STARTS = 3
LINE = re.compile(r"^STARTUP (\S+) (\d+) (.+)$", re.MULTILINE)
PROBE = """
import collections, os, threading, time
from modules import script_callbacks, script_loading

spent, calls, depth = collections.Counter(), collections.Counter(), [0]

def timed(name, function):
    def inner(*args, **more):
        depth[0] += 1
        before = time.thread_time()
        try:
            return function(*args, **more)
        finally:
            depth[0] -= 1
            if not depth[0]:
                spent[name] += time.thread_time() - before
                calls[name] += 1
    inner.is_timed = True
    return inner

load = script_loading.load_module

def load_module(path, *args, **more):
    if os.path.basename(os.path.dirname(os.path.dirname(path))) != "NAME":
        return load(path, *args, **more)
    module = timed("import of scripts/" + os.path.basename(path), load)(path, *args, **more)
    for name, kind in vars(module).items():
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            for method in ("__init__", "title", "show", "ui"):
                setattr(kind, method, timed(name + "." + method, getattr(kind, method)))
    for callbacks in script_callbacks.callback_map.values():
        for place, one in enumerate(callbacks):
            if "NAME" in str(one.script) and not hasattr(one.callback, "is_timed"):
                callback = timed(one.callback.__name__, one.callback)
                try:
                    callbacks[place] = one._replace(callback=callback)
                except AttributeError:  # no named tuple in A1111
                    one.callback = callback
    return module

script_loading.load_module = load_module

def told():
    for name, seconds in spent.items():
        print("STARTUP", seconds, calls[name], name, flush=True)

script_callbacks.on_app_started(lambda *_: threading.Timer(1.0, told).start())  # ours comes after it
"""


def start(log: Path) -> dict[str, tuple[float, int]]:
    """One start: by what was called the seconds and how often."""
    extensions = Path(os.environ["WEBUI_ROOT"]) / "extensions"
    ours = next(one.name for one in extensions.iterdir() if (one / "lib_inpaint").is_dir())
    probe = extensions / "0-startup-probe"
    (probe / "scripts").mkdir(parents=True)
    try:
        (probe / "scripts" / "probe.py").write_text(PROBE.replace("NAME", ours))
        with serving(log):
            time.sleep(4)  # the probe tells a moment after the line that is waited for
    finally:
        shutil.rmtree(probe)
    found = LINE.findall(log.read_text(errors="replace"))
    return {name: (float(seconds), int(count)) for seconds, count, name in found}


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        start(log)
        starts = [start(log) for _ in range(STARTS)]
    best = min(starts, key=lambda one: sum(seconds for seconds, _ in one.values()))
    print("| called | times | ms |\n| --- | ---: | ---: |")
    for name, (seconds, count) in sorted(best.items(), key=lambda one: -one[1][0]):
        print(f"| {name} | {count} | {1000 * seconds:.1f} |")
    print(f"| in all, the best of {STARTS} starts | | {1000 * sum(seconds for seconds, _ in best.values()):.0f} |")


if __name__ == "__main__":
    main()
