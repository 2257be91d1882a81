"""Numbers that were fitted to what people outlined in the photographs of BSDS500.

Arbelaez, Maire, Fowlkes and Malik, "Contour detection and hierarchical image segmentation", 2011. The photographs that
interactive segmentation is usually measured on were left out. Each number belongs to the feature at its place in the
function that is named; the features are not scaled.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Network(NamedTuple):
    """Features -> max(0, features @ inner + inner_offset) @ outer + outer_offset, a log-odds."""

    inner: np.ndarray  # float FxH
    inner_offset: np.ndarray  # float H
    outer: np.ndarray  # float H
    outer_offset: float


class Linear(NamedTuple):
    """Features -> features @ slope + offset."""

    slope: np.ndarray  # float F
    offset: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """float KxF -> float K."""
        return features @ self.slope + self.offset


def _row(numbers: str) -> np.ndarray:
    return np.array(numbers.split(), float)


# contours.contour; a row for each of its hidden units
_INNER = [
    _row(
        """
        0.002175 0.1879 -0.3363 -0.1774 -0.4615 0.272 -0.7771 0.01982 0.1729 1.896 -0.3348 -0.06242 -0.005445 0.6624
        0.1367
        """
    ),
    _row(
        """
        0.722 1.467 0.3823 0.1808 -0.2293 -0.213 -0.2173 -0.72 0.3164 -0.4012 -1.802 0.2427 0.01664 -0.6922 0.03449
        """
    ),
    _row(
        """
        -0.1033 0.107 -0.4823 -0.602 -0.4935 -0.9126 -0.4621 -0.3378 -0.5225 -0.6276 -0.01198 -0.211 -0.124 -7.805
        -0.1943
        """
    ),
    _row(
        """
        -0.09319 -0.1023 -0.2428 -0.9161 0.2126 0.7205 0.6561 1.305 -0.2521 0.6729 -0.5197 -0.4023 -0.8687 2.279
        -0.08894
        """
    ),
    _row(
        """
        0.3653 -0.03329 0.02787 0.4627 0.2324 0.1903 0.2246 0.1314 0.3483 0.3078 1.04 0.08118 0.5495 3.722 0.04435
        """
    ),
    _row(
        """
        0.1977 0.06684 -0.2506 0.1217 -0.09911 -0.2193 0.03163 0.08551 -0.2689 0.1567 -0.1534 -0.042 -0.08313 -0.5199
        -0.01277
        """
    ),
]
CONTOUR = Network(
    np.stack(_INNER, 1),
    _row("0.7137 4.28 7.234 1.236 -6.591 0.4568"),
    _row("0.3465 -0.8642 -0.7486 -0.7646 0.7063 0.1758"),
    -0.6076,
)

# pointing.click_cues -> log-odds that a patch belongs to what was clicked on
CLICK = Linear(
    _row(
        """
        1.43 -0.758 -0.009468 -0.4223 -0.2241 1.539 -1.104 -0.5895 8.221 0.6359 -0.1932 -0.08783 0.1614 0.06435 1.767
        -0.03177 0.8715 0.03704 -0.6068 1.443 -0.4304 -0.09017 -3.559 0.9303 -1.025 -0.3524
        """
    ),
    -3.914,
)

# likely.cues -> the expected IoU
LIKELY = Linear(
    _row(
        """
        0.2938 -0.2797 0.1989 -0.1049 -0.4132 -0.09298 0.152 -0.04295 -0.05955 -0.01483 0.02944 0.3224 -0.1946
        -0.2217 0.1809 0.532 -0.006021 0.02076 0.02104 -0.04817 -0.005654 0.05138 -0.04504
        """
    ),
    -0.06056,
)

# correction.cues -> log-odds that a patch changes sides
CORRECTION = Linear(
    _row(
        """
        0.1238 -0.2268 0.01084 0.03336 0.02233 -1.003 -0.4106 -0.5412 5.527 0.1218 -0.1677 0.06879 0.009441 0.00442
        1.091 -0.003214 0.1575 0.03709 -0.07073 -0.4559 -0.2248 -0.02523 -0.2224 0.2779 -0.1361 0.4875 0.4868 -1.08
        1.162 0.01595 0.5331 -0.7569 -0.1595 0.1587 -0.2472 0.3083 0.6043 -1.001 0.1536 0.3016 0.07075 0.1627 0.2422
        """
    ),
    0.06123,
)

# boxes.cues -> log-odds that a patch belongs to what is in the box
BOX = Linear(
    _row(
        """
        1.009 0.3844 -0.2062 -0.8047 1.633 -0.5145 0.8658 1.12 -0.39 0.5567 0.8742 0.3863 6.798 -0.1406 -5.018
        -0.4817 -1.058 -0.02998 0.2391 0.784
        """
    ),
    -1.723,
)
