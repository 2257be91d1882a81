"""A real WebUI in a process of its own, for tests and benchmarks. Needs, in the environment:

WEBUI_ROOT     the checkout of A1111, Forge or one of its kin, with this repository as one of its extensions and a
               complete config.json; for test_hosts.py alone SD.Next too
WEBUI_PYTHON   its Python
               also runs pytest, where what the WebUI fills is compared with what is filled here: OpenCVs differ by 1
WEBUI_MODELS   the folder with the tiny checkpoints (tiny-ip2p, tiny-inpainting, tiny; forge-tiny-ip2p, ...)
"""

from __future__ import annotations

import functools
import json
import os
import re
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
    "SD_SKIPALL": "true",  # of SD.Next, whose --help does not name all options; nothing is to be installed
    "SD_SKIPGIT": "true",
}
START_SECONDS = 300
QUICK = (  # those of them that a WebUI has
    *("--skip-prepare-environment", "--skip-torch-cuda-test", "--skip-python-version-check", "--skip-version-check"),
    *("--api", "--no-download-sd-model", "--do-not-download-clip"),
)
EITHER = (  # the first of each that a WebUI has all of
    (
        "--always-cpu --all-in-fp32",
        "--cpu --force-fp32 --disable-triton-backend",
        "--use-cpu all --no-half --precision full --opt-sub-quad-attention --disable-nan-check",
        "--no-half",
    ),
    (
        "--ckpt-dir {models} --ckpt {checkpoint}",
        "--ckpt-dirs {models} --ui-settings-file {settings}",  # takes no checkpoint as an argument
        "--models-dir {folder}",
    ),
)


class Webui:
    """A WebUI in a process of its own; a command of inside.Inside is a method.

    kind: "a1111", "forge" or "neo".
    """

    def __init__(self, line: Connection, kind: str) -> None:
        self._line = line
        self.kind = kind
        self.samplers = [sampler["name"] for sampler in self.get(path="/sdapi/v1/samplers")]

    def __getattr__(self, name: str) -> Any:
        def command(**args: Any) -> Any:
            self._line.send((name, args))
            good, answer = self._line.recv()
            assert good, answer
            return answer

        return command

    def checkpoint(self, name: str) -> str:
        return named(self.kind, name)


def kind_of(root: Path) -> str:
    """Which WebUI a checkout is: Forge Neo by the arguments that it has of its own."""
    if not (root / "modules_forge").is_dir():
        return "a1111"
    return "neo" if "--force-fp32" in options(root) else "forge"


@functools.cache
def options(root: Path) -> set[str]:
    """Those that the WebUI in `root` says it has, and those in its cmd_args.py, which Forge does not tell of."""
    command = [os.environ["WEBUI_PYTHON"], "launch.py", "--help"]
    told = subprocess.run(command, cwd=root, env={**os.environ, **QUIET}, capture_output=True, text=True, check=True)
    listed = told.stdout + (root / "modules" / "cmd_args.py").read_text("utf-8")
    return set(re.findall(r"--[a-z0-9][a-z0-9-]*", listed))


def named(kind: str, checkpoint: str) -> str:
    """The tiny checkpoint that such a WebUI can load."""
    return checkpoint if kind == "a1111" else f"forge-{checkpoint}"


def flags(root: Path, folder: Path, checkpoint: str) -> list[str]:
    """The arguments that the WebUI in `root` is started with. Into `folder` goes what they name."""
    has, models, settings = options(root), os.environ["WEBUI_MODELS"], folder / "config.json"
    file = f"{named(kind_of(root), checkpoint)}.safetensors"
    chosen = [name for name in QUICK if name in has]
    for alternatives in EITHER:
        chosen += next(a for a in alternatives if has.issuperset(re.findall(r"--[a-z0-9-]+", a))).split()
    if "{settings}" in chosen:
        settings.write_text(json.dumps({**json.loads((root / "config.json").read_text()), "sd_model_checkpoint": file}))
    places = {"models": models, "checkpoint": f"{models}/{file}", "settings": settings, "folder": folder}
    return [one.format(**places) for one in chosen]


def missing() -> list[str]:
    """What of the environment is not there."""
    return [name for name in NEEDED if not os.environ.get(name)]


@contextmanager
def running(log: Path) -> Iterator[Webui]:
    """The WebUI that the environment names, until the end of the block; what it prints is written to `log`."""
    root, models = Path(os.environ["WEBUI_ROOT"]), os.environ["WEBUI_MODELS"]
    kind = kind_of(root)
    key = secrets.token_hex()
    with tempfile.TemporaryDirectory() as folder, Listener(f"{folder}/socket", authkey=key.encode()) as listener:
        environment = {**os.environ, **QUIET, "HF_HOME": f"{models}/hf", "WEBUI_SOCKET": f"{folder}/socket"}
        environment |= {"WEBUI_KEY": key}
        inside = str(Path(__file__).parent / "inside.py")
        command = [os.environ["WEBUI_PYTHON"], inside, kind, *flags(root, log.parent, "tiny-ip2p"), "--nowebui"]
        with log.open("w") as out:
            process = subprocess.Popen(command, cwd=root, env=environment, stdout=out, stderr=subprocess.STDOUT)
        try:
            listener._listener._socket.settimeout(START_SECONDS)  # type: ignore[attr-defined]  # has no public way
            with listener.accept() as line:
                if not line.poll(START_SECONDS):
                    raise AssertionError(f"{root} did not start:\n{log.read_text()[-3000:]}")
                try:
                    line.recv()
                except EOFError:
                    raise AssertionError(f"{root} did not start:\n{log.read_text()[-3000:]}") from None
                yield Webui(line, kind)
        finally:
            process.kill()
            process.wait()


@contextmanager
def serving(log: Path, *more: str) -> Iterator[str]:
    """The WebUI that the environment names, as a person starts it; gives its address. `more`: arguments of its own."""
    root, models = Path(os.environ["WEBUI_ROOT"]), os.environ["WEBUI_MODELS"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [os.environ["WEBUI_PYTHON"], "launch.py", *flags(root, log.parent, "tiny"), *more]
    command += ["--port", str(port)]
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
