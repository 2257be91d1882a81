"""Which step of a sampling a noise level belongs to."""

from __future__ import annotations

from typing import Sequence

SAME_LEVEL = 1e-3  # noise levels that differ by less than this part are the same: samplers compute them in float32


def step_at(levels: Sequence[float], level: float) -> int:
    """The number of the step that `level` belongs to.

    levels: the noise levels (sigmas or timesteps) at which the steps start, falling. A step is found by its noise level
    and not by counting calls: samplers of higher order call the network more than once a step, Restart goes back up,
    and DPM adaptive takes as many steps as it likes.
    """
    return max(sum(start >= level * (1 - SAME_LEVEL) for start in levels) - 1, 0)
