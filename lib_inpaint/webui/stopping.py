"""Whether a person stopped the WebUI. Its buttons set three flags of shared.state:

interrupted          all sampling is to end, at once
stopping_generation  all sampling is to end after the current picture; older WebUIs have no such button
skipped              the current picture is to end, and the next one begins
"""

from __future__ import annotations

from modules import shared

from ..errors import Cancelled


def is_stopped() -> bool:
    """Whether no further picture is to be begun."""
    return shared.state.interrupted or getattr(shared.state, "stopping_generation", False)


def is_cut_short() -> bool:
    """Whether the picture that is being sampled is to end at once."""
    return shared.state.interrupted or shared.state.skipped


def raise_if_stopped() -> None:
    """Raises Cancelled when no further picture is to be begun."""
    if is_stopped():
        raise Cancelled()
