"""The mark that the pictures of one run share, for `--same-mark`: looked for once, when the first of them is begun."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence

import cv2
import numpy as np

from ..errors import EmptySelection, InpaintError
from ..geometry import Array, Mask, Size
from ..imaging import imagefile
from ..progress import Progress
from ..selecting import same_mark


class Marks:
    """The marks of pictures, by their size. Files that cannot be read are passed over: their own turn will tell."""

    def __init__(self, sources: Sequence[Path]) -> None:
        self._sources = sources
        self._found: Optional[dict[Size, Optional[Mask]]] = None

    def of(self, size: Size, progress: Progress) -> Mask:
        """The mask (uint8 HxW) of what the pictures of that size have in common. Raises EmptySelection."""
        if self._found is None:
            self._found = self._find(progress)
        if size not in self._found:
            raise EmptySelection(
                f"A mark is found in {same_mark.LEAST} pictures of one size or more; of {size} there are fewer."
            )
        mask = self._found[size]
        if mask is None:
            raise EmptySelection(f"The pictures of {size} have no mark in common.")
        return mask

    def _find(self, progress: Progress) -> dict[Size, Optional[Mask]]:
        greys: dict[Size, list[Array]] = {}
        for number, source in enumerate(self._sources):
            progress(number / len(self._sources), "Looking for the mark")
            try:
                image = imagefile.read(source).image
            except InpaintError:
                continue
            known = greys.setdefault(Size.of(image), [])
            if len(known) < same_mark.MOST:
                known.append(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY))
        return {size: same_mark.find(some) for size, some in greys.items() if len(some) >= same_mark.LEAST}
