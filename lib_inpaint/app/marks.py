"""The mark that the pictures of one size share, for `--same-mark`: looked for when the first of them is begun."""

from __future__ import annotations

from pathlib import Path
from typing import Optional, Sequence, Union

import cv2
import numpy as np

from ..errors import BadImage, Cancelled, EmptySelection, sentence_of
from ..geometry import Array, Mask, Size
from ..imaging import imagefile
from ..progress import Progress
from ..selecting import same_mark


class Marks:
    """The marks of pictures, by their size. Files that cannot be read are passed over: their own turn will tell."""

    def __init__(self, sources: Sequence[Path]) -> None:
        self._sources = sources
        self._by_size: Optional[dict[Size, list[Path]]] = None
        self._found: dict[Size, Union[Mask, str]] = {}  # or a sentence that says why there is none

    def of(self, size: Size, progress: Progress) -> Mask:
        """The mask (uint8 HxW) of what the pictures of that size have in common. Raises EmptySelection."""
        if size not in self._found:
            self._found[size] = self._find(size, progress)
        found = self._found[size]
        if isinstance(found, str):
            raise EmptySelection(found)
        return found

    def _find(self, size: Size, progress: Progress) -> Union[Mask, str]:
        """The mark, or why there is none: what fails is not tried again for the next picture of that size."""
        if self._by_size is None:
            self._by_size = _by_size(self._sources)
        try:
            greys = _greys(self._by_size.get(size, []), size, progress)
            if len(greys) < same_mark.LEAST:
                return f"A mark is found in {same_mark.LEAST} pictures of one size or more; of {size} there are fewer."
            mask = same_mark.find(greys)
        except Cancelled:
            raise
        except MemoryError:
            return f"There is not enough memory to look for a mark in pictures of {size}."
        except Exception as error:  # a fault of ours or of a package
            return f"The mark of the pictures of {size} could not be looked for: {sentence_of(error)}"
        return f"The pictures of {size} have no mark in common." if mask is None else mask


def _by_size(sources: Sequence[Path]) -> dict[Size, list[Path]]:
    """The files by the size that their headers give, so that none is decoded in vain."""
    sizes: dict[Size, list[Path]] = {}
    for source in sources:
        size = imagefile.upright_size(source)
        if size is not None:
            sizes.setdefault(size, []).append(source)
    return sizes


def _greys(sources: Sequence[Path], size: Size, progress: Progress) -> list[Array]:
    """uint8 HxW of each file: of as many as are looked at, and of none if those are too few."""
    greys: list[Array] = []
    for source in sources if len(sources) >= same_mark.LEAST else ():
        if len(greys) == same_mark.MOST:
            break
        progress(len(greys) / same_mark.MOST, "Looking for the mark")
        try:
            image = imagefile.read(source).image
        except BadImage:
            continue
        if Size.of(image) == size:
            greys.append(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY))
    return greys
