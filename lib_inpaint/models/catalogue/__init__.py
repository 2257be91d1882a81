"""The models there are, in the order in which they are shown. Data only: what the words mean is in entry.py.

Sizes are exact, except that those that end in 000_000 are rounded down: a file below 95 % of it counts as cut short.
"""

from __future__ import annotations

from ..entry import Model
from .detectors import DETECTORS
from .erasers import ERASERS
from .segmenters import SEGMENTERS
from .subject_detectors import SUBJECT_DETECTORS
from .text_detectors import TEXT_DETECTORS

MODELS: tuple[Model, ...] = (*SEGMENTERS, *ERASERS, *DETECTORS, *TEXT_DETECTORS, *SUBJECT_DETECTORS)
