"""What `remove` and `mask` look for in each picture: things, a mask from a file, text, the subject, a common mark."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Optional, Sequence

import numpy as np

from ..errors import EmptySelection
from ..geometry import Size
from ..imaging import mask as masks
from ..imaging import maskfile
from ..imaging.imagefile import Picture
from ..models.model import Hit
from ..progress import Progress, part
from ..schema import DetectRequest, FindSubjectRequest, MaskFile, MaskOptions, Selection
from ..selecting.subject import FoundSubject
from ..selecting.text import TextLine, mask_of
from ..service import Service
from .file_tasks import companion
from .marks import Marks
from .options import SelectionFor, TextFor


class GivenMask(NamedTuple):
    """A mask file, or a folder of masks named as the pictures, and how it is read."""

    path: Path
    how: MaskFile

    def read(self, source: Path, size: Size) -> np.ndarray:
        """The mask (uint8 HxW) for a picture of that size in the file `source`."""
        path = companion(self.path, source)
        mask = maskfile.read(path, label=self.how.mask_label)
        return maskfile.fitting(mask, size, self.how.fit_mask, path.name)


class Lettering(NamedTuple):
    """Text that is looked for. is_needed: whether a picture without text is an error; of many, some may have none."""

    request_for: TextFor
    is_needed: bool

    def find(self, service: Service, image: np.ndarray, progress: Progress) -> list[TextLine]:
        """The lines in a picture (uint8 HxWx3)."""
        try:
            return service.find_text(image, self.request_for(Size.of(image)), progress)
        except EmptySelection:
            if self.is_needed:
                raise
            return []


class Found(NamedTuple):
    """What of it a picture has. objects: what a segmenter is asked for. mask: uint8 HxW of the rest, None for nothing.

    note: what a person should know of the mask from a file or of the subject. has_no_text: whether text was looked for,
    and neither that nor anything else is there.
    """

    objects: tuple[Selection, ...]
    mask: Optional[np.ndarray]
    hits: Sequence[Hit]
    lines: Sequence[TextLine]
    note: str
    has_no_text: bool
    subject: Optional[FoundSubject] = None


class Sought(NamedTuple):
    """What is looked for in each picture."""

    selections: SelectionFor
    text: DetectRequest
    given: Optional[GivenMask]
    lettering: Optional[Lettering]
    marks: Optional[Marks]
    subject: Optional[FindSubjectRequest] = None

    def find(
        self, service: Service, picture: Picture, source: Path, options: Optional[MaskOptions], progress: Progress
    ) -> Found:
        """What of it the picture in the file `source` has. options: what will be done to the mask."""
        hits = service.find(picture.image, self.text, progress)
        objects = (*self.selections(picture.size), *(hit.selection for hit in hits))
        mask = None if self.given is None else self.given.read(source, picture.size)
        note = _mask_note(mask, options)
        if self.marks is not None:
            mask = _joined(mask, self.marks.of(picture.size, progress))
        subject = None
        if self.subject is not None:
            subject = service.find_subject(picture.image, self.subject, part(progress, 0.0, 0.5))
            mask, note = _joined(mask, subject.mask), " ".join(filter(None, (note, subject.note)))
        lines = [] if self.lettering is None else self.lettering.find(service, picture.image, part(progress, 0.0, 0.5))
        has_no_text = self.lettering is not None and not lines and mask is None and not objects
        if lines:
            mask = _joined(mask, mask_of(lines, picture.size))
        return Found(objects, mask, hits, lines, note, has_no_text, subject)


def _joined(mask: Optional[np.ndarray], other: np.ndarray) -> np.ndarray:
    return other if mask is None else masks.union(mask, other)


def _mask_note(mask: Optional[np.ndarray], options: Optional[MaskOptions]) -> str:
    """What a person should know of a mask from a file (uint8 HxW)."""
    turned = options is not None and options.invert
    return "" if mask is None or turned else maskfile.note(mask, "--invert")
