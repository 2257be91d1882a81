"""A real WebUI for tests, with the tiny checkpoints. Needs, in the environment:

WEBUI_ROOT     the checkout of A1111 or Forge, with this repository as one of its extensions and a complete config.json
WEBUI_PYTHON   its Python
WEBUI_MODELS   the folder with the tiny checkpoints (tiny-ip2p, tiny-inpainting, tiny; forge-tiny-ip2p, ...)
"""

from __future__ import annotations

import os
import secrets
import subprocess
import tempfile
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any, Iterator

import pytest

NEEDED = ("WEBUI_ROOT", "WEBUI_PYTHON", "WEBUI_MODELS")
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONWARNINGS": "ignore",
    "OMP_NUM_THREADS": "1",  # the pictures are small, and several threads would sum in another order
}
START_SECONDS = 300


class Webui:
    """A WebUI in a process of its own; a command of inside.Inside is a method."""

    def __init__(self, line: Connection, kind: str) -> None:
        self._line = line
        self.kind = kind

    def __getattr__(self, name: str) -> Any:
        def command(**args: Any) -> Any:
            self._line.send((name, args))
            good, answer = self._line.recv()
            assert good, answer
            return answer

        return command

    def checkpoint(self, name: str) -> str:
        return f"forge-{name}" if self.kind == "forge" else name


@pytest.fixture(scope="session")
def webui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webui]:
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        pytest.skip(f"needs a real WebUI: set {', '.join(missing)} (see tests/webui/conftest.py)")
    root, models = Path(os.environ["WEBUI_ROOT"]), os.environ["WEBUI_MODELS"]
    is_forge = (root / "modules_forge").is_dir()
    log = tmp_path_factory.mktemp("webui") / "log.txt"
    key = secrets.token_hex()
    with tempfile.TemporaryDirectory() as folder, Listener(f"{folder}/socket", authkey=key.encode()) as listener:
        environment = {**os.environ, **QUIET, "HF_HOME": f"{models}/hf", "WEBUI_SOCKET": f"{folder}/socket"}
        environment |= {"WEBUI_KEY": key, "WEBUI_CKPT": "forge-tiny-ip2p" if is_forge else "tiny-ip2p"}
        command = [os.environ["WEBUI_PYTHON"], str(Path(__file__).parent / "inside.py")]
        with log.open("w") as out:
            process = subprocess.Popen(command, cwd=root, env=environment, stdout=out, stderr=subprocess.STDOUT)
        try:
            listener._listener._socket.settimeout(START_SECONDS)  # type: ignore[attr-defined]  # has no public way
            with listener.accept() as line:
                if not line.poll(START_SECONDS):
                    raise AssertionError(f"{root} did not start:\n{log.read_text()[-3000:]}")
                try:
                    kind = line.recv()
                except EOFError:
                    raise AssertionError(f"{root} did not start:\n{log.read_text()[-3000:]}") from None
                yield Webui(line, kind)
        finally:
            process.kill()
            process.wait()
