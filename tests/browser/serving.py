"""`inpaint-anything serve` in a process of its own, as on a fresh machine: no models, nothing of the user's touched."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional

import staged

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120


class Server:
    """The server, as people.Site. `folder` becomes its home; in its folder `models` model files are looked for."""

    command: tuple[str, ...] = ("-m", "lib_inpaint", "serve")

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = environment  # more of it
        self.address = ""  # "http://127.0.0.1:PORT" once it was started; the port stays the same after a restart
        self._process: Optional[subprocess.Popen[str]] = None

    def start(self) -> None:
        """Start, and wait for the address that it prints."""
        port = self.address.rpartition(":")[2] or "0"
        command = [sys.executable, *self.command, "--port", port]
        with (self.folder / "log.txt").open("a") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment(), stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert process.stdout is not None
        self._process = process
        alarm = threading.Timer(START_SECONDS, process.kill)
        alarm.start()
        found = next(filter(None, (re.search(r"https?://[^/\s]+", line) for line in process.stdout)), None)
        alarm.cancel()
        assert found, f"The server did not start:\n{self.log()[-3000:]}"
        self.address = found[0]

    def kill(self) -> None:
        """End it as a crash or a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def is_noise(self, trouble: str) -> bool:
        """Nothing is: the page is all ours."""
        return False

    def welcomes(self, visitor: object) -> None:
        """Everybody is let in."""

    def log(self) -> str:
        """What it has written to standard error so far."""
        return (self.folder / "log.txt").read_text(errors="replace")

    def _environment(self) -> dict[str, str]:
        home = str(self.folder)
        places = {"HOME": home, "XDG_CACHE_HOME": f"{home}/cache", "XDG_DATA_HOME": f"{home}/data", "TMPDIR": home}
        models = {"INPAINT_ANYTHING_MODELS": f"{home}/models", "TORCH_HOME": f"{home}/torch", "HF_HOME": f"{home}/hf"}
        quiet = {"GRADIO_ANALYTICS_ENABLED": "False", "INPAINT_ANYTHING_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **places, **models, **quiet, **self.environment}


class Staged(Server):
    """The server of staged.py."""

    command = (staged.__file__, "serve")

    @contextmanager
    def holds(self) -> Iterator[None]:
        """The eraser does not come to its end before the end of the block."""
        hold = staged.hold_of(self.folder)
        hold.touch()
        try:
            yield
        finally:
            hold.unlink()
