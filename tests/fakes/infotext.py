"""Reads generation parameters as a WebUI does (parse_generation_parameters), for tests without one."""

from __future__ import annotations

import json
import re

DEFAULTS = {"Clip skip": "1", "Schedule type": "Automatic", "Masked content": "original", "RNG": "GPU"}
FEWEST = 3  # parameters in the last line, which else is part of the prompt
_PARAMETER = re.compile(r'\s*(\w[\w \-/]*):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')
_SIZE = re.compile(r"(\d+)x(\d+)")
_NEGATIVE_LINE = "Negative prompt:"


def parse(text: str) -> dict[str, str]:
    """The parameters that a text holds; it may be anything. Some that are not there are at a default, as in a WebUI."""
    *lines, last = text.strip().split("\n")
    pairs = _PARAMETER.findall(last)
    if len(pairs) < FEWEST:
        lines, pairs = [*lines, last], []
    start = next((number for number, line in enumerate(lines) if line.strip().startswith(_NEGATIVE_LINE)), len(lines))
    negative = "\n".join(lines[start:]).strip().removeprefix(_NEGATIVE_LINE)
    found = {"Prompt": "\n".join(lines[:start]).strip(), "Negative prompt": negative.strip()}
    for name, value in pairs:
        size = _SIZE.fullmatch(value)
        if size:
            found.update({f"{name}-1": size[1], f"{name}-2": size[2]})
        else:
            found[name] = _unquoted(value)
    return {**DEFAULTS, **found}


def _unquoted(value: str) -> str:
    if value.startswith('"'):
        try:
            return str(json.loads(value))
        except ValueError:
            pass
    return value.strip()
