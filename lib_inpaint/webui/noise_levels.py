"""At which noise levels the WebUI's samplers take their steps."""

from __future__ import annotations

from typing import Any, Callable

import torch


def noise_levels(function: Callable[..., Any], denoiser: Any, arguments: dict[str, Any]) -> list[float]:
    """The noise levels at which a sampler's steps start, falling, in the unit in which it calls the denoiser.

    function: the sampler's own; arguments: those that the WebUI calls it with by name.
    """
    if "sigmas" in arguments:
        return arguments["sigmas"].tolist()[:-1]
    if "timesteps" in arguments:
        steps = arguments["timesteps"].tolist()
        if function.__name__ != "unipc":
            return steps[:0:-1]
        first = steps[-1] if arguments.get("is_img2img") else 999  # UniPC spaces its steps itself, down to 0
        return torch.linspace(first, 0, len(steps) + 1).tolist()[:-1]
    # DPM fast and DPM adaptive are given both ends only, and go evenly in the logarithm
    high, low = (float(arguments[name]) for name in ("sigma_max", "sigma_min"))
    return [high * (low / high) ** (step / denoiser.steps) for step in range(denoiser.steps)]
