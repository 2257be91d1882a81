"""Whether a person stopped the WebUI. Its buttons set three flags of shared.state:

interrupted          all sampling is to end, at once
stopping_generation  all sampling is to end after the current picture; older WebUIs have no such button
skipped              the current picture is to end, and the next one begins
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from modules import shared

from ..errors import Cancelled
from .changed import changed


def is_stopped() -> bool:
    """Whether no further picture is to be begun."""
    return shared.state.interrupted or getattr(shared.state, "stopping_generation", False)


def is_cut_short() -> bool:
    """Whether the picture that is being sampled is to end at once."""
    return shared.state.interrupted or shared.state.skipped


@contextmanager
def finishing() -> Iterator[None]:
    """While this is open, one picture is made in several samplings: stopping after it lets them go on until it is done.

    Asked for once more, the picture ends at once, as with the WebUI's own button.
    """
    state, asked = shared.state, False

    def stop_generating() -> None:
        nonlocal asked
        if asked:
            state.interrupt()
        asked = True

    try:
        with changed(state, stop_generating=stop_generating):
            yield
    finally:
        if asked:
            state.stopping_generation = True


def raise_if_stopped() -> None:
    """Raises Cancelled when no further picture is to be begun."""
    if is_stopped():
        raise Cancelled()
