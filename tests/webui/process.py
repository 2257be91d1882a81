"""A real WebUI in a process of its own, for tests and benchmarks. Needs, in the environment:

WEBUI_ROOT     the checkout of A1111 or Forge, with this repository as one of its extensions and a complete config.json
WEBUI_PYTHON   its Python
               also runs pytest, where what the WebUI fills is compared with what is filled here: OpenCVs differ by 1
WEBUI_MODELS   the folder with the tiny checkpoints (tiny-ip2p, tiny-inpainting, tiny; forge-tiny-ip2p, ...)
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any, Iterator

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
FLAGS = {
    "a1111": "--use-cpu all --no-half --precision full --opt-sub-quad-attention --disable-nan-check",
    "forge": "--always-cpu --all-in-fp32",
}
COMMON = "--skip-prepare-environment --skip-torch-cuda-test --skip-python-version-check --no-download-sd-model --api"


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


def missing() -> list[str]:
    """What of the environment is not there."""
    return [name for name in NEEDED if not os.environ.get(name)]


@contextmanager
def running(log: Path) -> Iterator[Webui]:
    """The WebUI that the environment names, until the end of the block; what it prints is written to `log`."""
    root, models = Path(os.environ["WEBUI_ROOT"]), os.environ["WEBUI_MODELS"]
    is_forge = (root / "modules_forge").is_dir()
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


@contextmanager
def serving(log: Path, *flags: str) -> Iterator[str]:
    """The WebUI that the environment names, as a person starts it; gives its address. `flags`: more of its own."""
    root, models = Path(os.environ["WEBUI_ROOT"]), os.environ["WEBUI_MODELS"]
    kind = "forge" if (root / "modules_forge").is_dir() else "a1111"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    checkpoint = f"{models}/{'forge-' if kind == 'forge' else ''}tiny.safetensors"
    command = [os.environ["WEBUI_PYTHON"], "launch.py", *COMMON.split(), *FLAGS[kind].split(), "--port", str(port)]
    command += ["--do-not-download-clip", "--ckpt", checkpoint, "--ckpt-dir", models, *flags]
    with log.open("w") as out:
        environment = {**os.environ, **QUIET, "HF_HOME": f"{models}/hf"}
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + START_SECONDS
        while "Startup time" not in log.read_text(errors="replace"):
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
