"""What finished jobs gave, as files: whole or not at all, there after a restart, and dropped when old or too many.

    FOLDER/JOB/answer.json     what the job gave, with the names of its pictures
    FOLDER/JOB/NAME.png        these
    FOLDER/.JOB.part/          a job that is being written, however long that takes; a server that is killed leaves
                               one behind, and the next one removes it once it is old

A job is put in place by renaming its folder, after every file in it has reached the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import threading
import time
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple, Optional

from ..errors import OutputFailed
from ..geometry import Size
from .outputs import JobOutput, OutputFile, file_facts

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ABANDONED = 3600  # seconds after which nobody writes to an unfinished job any more


class StoredFile(NamedTuple):
    """A picture of a finished job."""

    data: bytes
    format: str


class Results:
    """The finished jobs in a folder: at most `limit` bytes and `seconds` of age, the oldest out first. Thread-safe."""

    def __init__(self, folder: Path, limit: int = 2 << 30, seconds: float = 24 * 3600) -> None:
        self.folder, self.limit, self.seconds = folder, limit, seconds
        self._lock = threading.Lock()
        self._open: set[Path] = set()  # the drafts that somebody of this process writes to

    def draft(self, job: str) -> Draft:
        """A job to write to. Raises OutputFailed."""
        with _disk():
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # what people made is not for others to read
            self.tidy()
            part = self.folder / f".{job}.part"
            part.mkdir(mode=0o700)
        with self._lock:
            self._open.add(part)
        return Draft(part, self.folder / job, self.limit, lambda: self._close(part))

    def answer(self, job: str) -> Optional[dict[str, Any]]:
        """What a finished job gave, or None."""
        if not _NAME.fullmatch(job):
            return None
        try:
            return json.loads((self.folder / job / "answer.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None

    def file(self, job: str, name: str) -> Optional[StoredFile]:
        """A picture of a finished job, or None."""
        if not (_NAME.fullmatch(job) and _NAME.fullmatch(name)):
            return None
        for format in ("png", "webp", "jpeg"):
            with contextlib.suppress(OSError):
                return StoredFile((self.folder / job / f"{name}.{format}").read_bytes(), format)
        return None

    def output(self, job: str) -> Optional[JobOutput]:
        """All that a finished job gave, its pictures read again; or None."""
        answer = self.answer(job)
        if answer is None:
            return None
        facts, files = {}, {}
        for name, value in answer["result"].items():
            stored = self.file(job, name) if isinstance(value, dict) and "url" in value else None
            if stored is None:
                facts[name] = value
            else:
                files[name] = OutputFile(stored.data, stored.format, Size(value["width"], value["height"]))
        return JobOutput(facts, files)

    def drop(self, job: str) -> bool:
        """Forget a finished job; whether there was one."""
        there = bool(_NAME.fullmatch(job)) and (self.folder / job).is_dir()
        if there:
            shutil.rmtree(self.folder / job, ignore_errors=True)
        return there

    def tidy(self) -> None:
        """Drop what is too old, then the oldest while there is too much; never a draft that is in use."""
        with self._lock:
            held = sorted(self._held(), key=lambda one: one[1])
            total = sum(size for _, _, size in held)
            for path, changed, size in held:
                if path in self._open:
                    continue
                age = time.time() - changed
                unfinished = path.name.startswith(".")
                if age > (_ABANDONED if unfinished else self.seconds) or (total > self.limit and not unfinished):
                    shutil.rmtree(path, ignore_errors=True)
                    total -= size

    @property
    def nbytes(self) -> int:
        """What all of it takes on the disk."""
        return sum(size for _, _, size in self._held())

    def _close(self, part: Path) -> None:
        """Nobody writes to this draft any more."""
        with self._lock:
            self._open.discard(part)

    def _held(self) -> Iterator[tuple[Path, float, int]]:
        """(folder, when it was last changed, bytes) of each job."""
        for path in self.folder.iterdir() if self.folder.is_dir() else ():
            with contextlib.suppress(OSError):  # somebody else dropped it
                yield path, path.stat().st_mtime, sum(file.stat().st_size for file in path.iterdir())


class Draft:
    """A job that is being written; nobody sees it before `finish`. `close` is called when nobody writes to it now."""

    def __init__(self, part: Path, target: Path, limit: int, close: Callable[[], None]) -> None:
        self._part, self._target, self._left, self._close = part, target, limit, close

    def add(self, name: str, file: OutputFile) -> dict[str, Any]:
        """Write a picture; returns what the answer says of it. Raises OutputFailed."""
        self._left -= len(file.data)
        if self._left < 0:
            raise OutputFailed("The results of this job take more room than the server has for them.")
        self._write(f"{name}.{file.format}", file.data)
        return {**file_facts(file), "url": f"jobs/{self._target.name}/files/{name}"}

    def add_all(self, output: JobOutput, prefix: str = "") -> dict[str, Any]:
        """Write all pictures of an answer, as `prefix` and their names; returns it with their addresses in this API."""
        return {**output.facts, **{name: self.add(f"{prefix}{name}", file) for name, file in output.files.items()}}

    def finish(self, answer: dict[str, Any]) -> None:
        """Put the job in place. Raises OutputFailed."""
        self._write("answer.json", json.dumps(answer).encode())
        with _disk():
            _sync(self._part)
            os.replace(self._part, self._target)
            _sync(self._target.parent)
        self._close()

    def discard(self) -> None:
        """Nothing of it stays."""
        shutil.rmtree(self._part, ignore_errors=True)
        self._close()

    def _write(self, name: str, data: bytes) -> None:
        with _disk(), open(self._part / name, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """What was made and renamed in the folder reaches the disk, where the system can be told so (Windows cannot)."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    """What the disk refuses is told in a sentence."""
    try:
        yield
    except OSError as error:
        raise OutputFailed(f"The result could not be written: {error.strerror or error}.") from None
