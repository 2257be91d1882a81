"""Long work: started, watched, cancelled, its result kept for a while.

A job that was reported as done is on the disk, and is there after a restart; one that was not is forgotten with the
process. Ids cannot be guessed, so whoever has one may watch and cancel that job, and nobody else.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, Callable, Literal, Optional, Sequence

from ..errors import Cancelled
from ..progress import Progress
from .http_errors import busy, error_answer, unknown
from .results import Draft, Results
from .workers import Workers

State = Literal["queued", "running", "done", "failed", "cancelled"]
Work = Callable[[Draft, Progress], "dict[str, Any]"]  # writes pictures to the draft, returns the answer

_WORKED = 0.99  # how far a job is at most before its result is on the disk
_REMEMBERED = 1000  # jobs that ended
_PREVIEWS = 20  # of those, the newest whose last preview is kept: whoever was told of it may not have fetched it yet


class Job:
    """One piece of long work. `version` counts its changes, for those who watch."""

    def __init__(self, kind: str, weight: int) -> None:
        self.id = secrets.token_urlsafe(16)
        self.kind, self.weight = kind, weight
        self.state: State = "queued"
        self.fraction, self.text = 0.0, ""
        self.error: Optional[dict[str, str]] = None
        self.http_status = 500  # the HTTP status of that error
        self.preview: Optional[bytes] = None  # JPEG; how many there were so far:
        self.previews = 0
        self.version = 0
        self.ended = threading.Event()
        self._stop = threading.Event()

    def progress(self, fraction: float, text: str = "", preview: Optional[bytes] = None) -> None:
        """What the work reports to; ends it when the job was cancelled."""
        if self._stop.is_set():
            raise Cancelled()
        if preview is not None:
            self.preview, self.previews = preview, self.previews + 1
        self.fraction, self.text = min(max(float(fraction), self.fraction), _WORKED), text
        self.version += 1

    def cancel(self) -> None:
        """Ask the work to stop at its next report; at once if it has not begun."""
        self._stop.set()
        if self.state == "queued":
            self.change("cancelled")

    def change(self, state: State) -> None:
        """Go on to another state; the last three are final."""
        if not self.ended.is_set():
            self.state = state
            self.version += 1
            if state not in ("queued", "running"):
                self.ended.set()

    def describe(self) -> dict[str, Any]:
        """What is told of it."""
        told = {
            "id": self.id,
            "job": self.id,
            "kind": self.kind,
            "state": self.state,
            "progress": round(self.fraction, 4),
        }
        told.update({"text": self.text}, **({"preview": self.previews} if self.preview else {}))
        return {**told, **({"error": self.error} if self.error else {})}


class Jobs:
    """All jobs of a server. `limit` is how many bytes of pictures the waiting ones may hold on to together."""

    def __init__(self, results: Results, folders: Callable[[], Sequence[Path]], limit: int = 2 << 30) -> None:
        self.results, self.folders, self.limit = results, folders, limit
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, kind: str, workers: Workers, work: Work, weight: int = 0) -> Job:
        """A new job, done when one of the workers is free. `weight`: bytes that it holds until then.

        Raises HttpError, 503, when there are too many, or they hold too much.
        """
        job = Job(kind, weight)
        with self._lock:
            held = sum(other.weight for other in self._jobs.values() if not other.ended.is_set())
            if held and held + weight > self.limit:
                raise busy("The server is busy: the pictures that wait take up its memory", seconds=10)
            workers.submit(lambda: self._do(job, work))
            self._jobs[job.id] = job
            ended = [id for id, other in self._jobs.items() if other.ended.is_set()]
            for id in ended[:-_REMEMBERED]:
                del self._jobs[id]
            for id in ended[-_REMEMBERED:-_PREVIEWS]:
                self._jobs[id].preview = None
        return job

    def describe(self, id: str) -> dict[str, Any]:
        """How a job is, and what it gave. Raises HttpError, 404, `unknown_job`."""
        job = self._jobs.get(id)
        if job is not None and job.state != "done":
            return job.describe()
        answer = self.results.answer(id)
        if answer is None:
            raise self._unknown()
        return {"id": id, "job": id, "state": "done", "progress": 1.0, "text": "", **answer}

    def find(self, id: str) -> Optional[Job]:
        """The job, if this process knows it; None for one that an earlier process finished. Raises as `describe`."""
        job = self._jobs.get(id)
        if job is None:
            self.describe(id)
        return job

    def cancel(self, id: str) -> dict[str, Any]:
        """Stop a job, or drop the result of a finished one; returns how it is then. Raises as `describe`."""
        job = self.find(id)
        if job is not None and not job.ended.is_set():
            job.cancel()
            return job.describe()
        self.results.drop(id)
        with self._lock:
            self._jobs.pop(id, None)
        return {**(job.describe() if job else {"id": id}), "state": "dropped"}

    def stop(self) -> None:
        """Cancel everything; for a server that ends."""
        for job in list(self._jobs.values()):
            job.cancel()

    def _do(self, job: Job, work: Work) -> None:
        if job.ended.is_set():
            return
        job.change("running")
        draft: Optional[Draft] = None
        try:
            draft = self.results.draft(job.id)
            start = time.perf_counter()
            result = work(draft, job.progress)
            draft.finish({"kind": job.kind, "seconds": round(time.perf_counter() - start, 3), "result": result})
            job.fraction, job.text = 1.0, ""
            job.change("done")
        except Cancelled:
            job.change("cancelled")
        except BaseException as error:
            job.http_status, job.error = error_answer(error, self.folders())
            job.change("failed")
        finally:
            if draft is not None and job.state != "done":
                draft.discard()
            job.weight = 0

    @staticmethod
    def _unknown() -> Exception:
        return unknown(
            "There is no job of this id: its result was dropped, or the server was restarted before it was done.",
            "unknown_job",
            "id",
        )
