"""Results of erasers among the WebUI's own files."""

from __future__ import annotations

from typing import Callable, Dict, Type

import numpy as np

from ..imaging.imagefile import Picture
from ..schema import FillRequest
from ..service import Service
from .bodies import plain

Save = Callable[[Picture], Dict[str, str]]


def saving(service: Service, done: str, request: FillRequest, kind: Type[FillRequest]) -> Save:
    """What saves a result of an eraser among the WebUI's files, and gives what is told of it.

    done: what the parameters say was done. kind: the part of the request that is written. Raises NotHere.
    """
    service.sampling  # noqa: B018 - or refused, before any work

    def save(picture: Picture) -> dict[str, str]:
        pixels = picture.image if picture.alpha is None else np.dstack([picture.image, picture.alpha])
        saved = service.save(pixels, plain(request, kind), done)
        return {"saved": saved.name, "infotext": saved.infotext}

    return save
