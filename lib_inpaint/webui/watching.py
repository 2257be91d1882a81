"""Watching the WebUI while it samples: how far it is, how the picture looks, and whether it is to stop."""

from __future__ import annotations

import io
import threading
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Optional

from modules import shared
from PIL import Image

from ..errors import Cancelled
from ..progress import Progress

PERIOD = 0.25  # seconds between two looks
PREVIEW_SIDE = 768  # pixels of the longer side


@contextmanager
def watched(progress: Progress, unit: str = "picture") -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """With the WebUI's queue lock held: gives a function that calls another one as a job of the WebUI's, watched.

    unit: what the WebUI samples one by one. When `progress` raises, the WebUI's sampling is interrupted, and Cancelled
    is raised in place of what it gave.
    """
    shared.state.begin(job="inpaint-anything")
    try:
        yield lambda work: _Watch(progress, unit).result_of(work)
    finally:
        shared.state.end()
        shared.total_tqdm.clear()


class _Watch:
    """A thread that looks while this one samples. It ends before the lock is given back."""

    def __init__(self, progress: Progress, unit: str) -> None:
        self.progress, self.unit = progress, unit
        self._over = threading.Event()
        self._shown = 0
        self._stopped: Optional[BaseException] = None

    def result_of(self, work: Callable[[], Any]) -> Any:
        """What the work gives. Raises what `progress` raised."""
        thread = threading.Thread(target=self._look, name="inpaint-anything watch", daemon=True)
        thread.start()
        try:
            result = work()
        finally:
            self._over.set()
            thread.join()
        if self._stopped is not None:
            raise self._stopped
        if shared.state.interrupted:  # by the WebUI's own button; one that stops after a picture leaves that one whole
            raise Cancelled()
        return result

    def _look(self) -> None:
        while not self._over.wait(PERIOD):
            try:
                self.progress(*_where(self.unit), **self._preview())
            except BaseException as error:
                self._stopped = error
                shared.state.interrupt()
                return

    def _preview(self) -> dict[str, bytes]:
        """A picture of how it looks, when there is a new one; how often is the WebUI's setting."""
        state = shared.state
        state.set_current_image()
        image, number = state.current_image, state.id_live_preview
        if image is None or number == self._shown:
            return {}
        self._shown = number
        return {"preview": _jpeg(image)}


def _where(unit: str) -> tuple[float, str]:
    """How far the WebUI is, 0 to 1, and in words."""
    state = shared.state
    if state.textinfo:
        return 0.0, str(state.textinfo)
    steps, jobs = max(state.sampling_steps, 1), max(state.job_count, 1)
    fraction = min((state.job_no + state.sampling_step / steps) / jobs, 0.99)
    of = f"{unit} {min(state.job_no + 1, jobs)} of {jobs}, " if jobs > 1 else ""
    return fraction, f"Sampling: {of}step {min(state.sampling_step, steps)} of {steps}"


def _jpeg(image: Image.Image) -> bytes:
    small = image.convert("RGB")
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    data = io.BytesIO()
    small.save(data, "JPEG", quality=80)
    return data.getvalue()
