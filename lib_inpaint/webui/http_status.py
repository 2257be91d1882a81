"""How a script of the WebUI says no."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from ..errors import InpaintError


@contextmanager
def with_http_status() -> Iterator[None]:
    """What is refused within reaches clients of the WebUI's API with its own HTTP status, not with 500."""
    try:
        yield
    except InpaintError as error:
        error.status_code = error.status  # type: ignore[attr-defined]  # where the WebUI looks for one
        raise
