"""Results of erasers among the WebUI's own files."""

from __future__ import annotations

from typing import Callable, Dict, Type

import numpy as np

from ..diffusion import infotext, painting
from ..imaging.imagefile import Picture
from ..schema import FillRequest
from ..service import Service
from .bodies import plain

Save = Callable[[Picture], Dict[str, str]]


def saving(service: Service, done: str, request: FillRequest, kind: Type[FillRequest]) -> Save:
    """What saves a result of an eraser among the WebUI's files, and gives what is told of it.

    done: what the parameters say was done. kind: the part of the request that is written. Raises NotHere.
    """
    host = painting.of(service)

    def save(picture: Picture) -> dict[str, str]:
        made = infotext.parameters(service.resolved(plain(request, kind)))
        width, height = picture.size
        text = infotext.write({**made, "Size-1": str(width), "Size-2": str(height), infotext.DONE: done})
        pixels = picture.image if picture.alpha is None else np.dstack([picture.image, picture.alpha])
        return {"saved": host.save(pixels, text), "infotext": text}

    return save
