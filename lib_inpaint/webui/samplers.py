"""The WebUI's samplers and schedules, by name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Sequence

from modules import sd_samplers

from ..errors import BadRequest
from ..schema import SampleRequest

_AUTOMATIC = SimpleNamespace(label="Automatic")


def sampler_names() -> Sequence[str]:
    """Those that the WebUI's settings do not hide."""
    return sd_samplers.visible_sampler_names()


def scheduler_names() -> Sequence[str]:
    """What a schedule is called on the page."""
    return [scheduler.label for scheduler in _sd_schedulers().schedulers]


def validate(request: SampleRequest) -> None:
    """Raises BadRequest for names that this WebUI does not know: it would take others, untold."""
    if request.sampler not in sd_samplers.all_samplers_map:
        there = ", ".join(sampler_names())
        raise BadRequest(f"sampler: there is no {request.sampler}; there are {there}.", "sampler")
    if request.scheduler not in _sd_schedulers().schedulers_map:
        there = ", ".join(scheduler_names())
        raise BadRequest(f"scheduler: there is no {request.scheduler}; there are {there}.", "scheduler")


def _sd_schedulers() -> Any:
    """The WebUI's own module. Forge Classic has none, and its samplers have their schedules: "DPM++ 2M Karras"."""
    try:
        from modules import sd_schedulers
    except ImportError:
        return SimpleNamespace(schedulers=[_AUTOMATIC], schedulers_map={_AUTOMATIC.label: _AUTOMATIC})
    return sd_schedulers
