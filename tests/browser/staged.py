"""`inpaint-anything serve` run as a program, with what tests need and people do not have:

- the eraser "exemplar" waits for as long as there is a file `hold` in the home folder;
- there is one more eraser, "tiny", with a file of its own to download.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from lib_inpaint.app.cli import main
from lib_inpaint.models import catalogue
from lib_inpaint.models.entry import Model, ModelFile
from lib_inpaint.models.fillers import fillers

CONTENT = bytes(range(256)) * 4096  # 1 MiB: the file of "tiny"
_SOURCE = "https://localhost:9/tiny.pt"  # where nobody answers: a mirror has it
_FILE = ModelFile("tiny.pt", _SOURCE, hashlib.md5(CONTENT).hexdigest(), size=len(CONTENT))
TINY = Model("tiny", "Tiny", "eraser", "fillers:load", "For tests.", (_FILE,), options={"method": "telea"})


def hold_of(home: Path) -> Path:
    """The file that holds up the eraser."""
    return home / "hold"


def _waiting(method: fillers.Method) -> fillers.Method:
    """The method, once there is no such file."""

    def wait(image: np.ndarray, hole: np.ndarray, progress: Any) -> np.ndarray:
        while hold_of(Path(os.environ["HOME"])).exists():
            progress(0.25, "Filling")
            time.sleep(0.02)
        return method(image, hole, progress)

    return wait


if __name__ == "__main__":
    exemplar = fillers.FILLERS["exemplar"]
    fillers.FILLERS["exemplar"] = fillers.Filler(_waiting(exemplar.method), exemplar.needs)
    catalogue.MODELS += (TINY,)
    sys.exit(main())
