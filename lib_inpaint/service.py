"""One method for each request. Every door calls these; nothing below knows which door it was."""

from __future__ import annotations

import threading
from typing import NamedTuple, Optional

import numpy as np

from . import fill, outpaint, segment
from . import mask as masks
from .errors import BadRequest, EmptySelection
from .geometry import Size
from .host.base import Host
from .models import Embedding, Eraser, registry
from .progress import Progress, part, silent
from .schema import ExtendRequest, MaskRequest, RemoveRequest, Request
from .segment import LoadedSegmenter
from .selection import asks_segmenter, check
from .store import Store


class Result(NamedTuple):
    """image: uint8 HxWx3 RGB. mask: uint8 HxW, what was replaced and how much."""

    image: np.ndarray
    mask: np.ndarray


class Service:
    """What the doors can ask for. Holds the models that were loaded and the images that were encoded, and nobody's work."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.embeddings: Store[Embedding] = Store(host.embedding_budget)
        self._loaded: dict[str, object] = {}
        self._loading = threading.Lock()

    def mask(
        self, image: np.ndarray, request: MaskRequest, drawn: Optional[np.ndarray] = None, progress: Progress = silent
    ) -> np.ndarray:
        """The mask (uint8 HxW) of what the request selects, together with `drawn`, a ready-made mask (uint8 HxW) or None.

        Raises BadRequest for prompts that do not fit the picture, EmptySelection when nothing is selected.
        """
        check(request.objects, Size.of(image))
        if drawn is not None and Size.of(drawn) != Size.of(image):
            raise BadRequest(f"The mask is {Size.of(drawn)} pixels, but the picture is {Size.of(image)}.")
        selected = masks.blank(Size.of(image)) if drawn is None else drawn
        if request.objects or drawn is None:
            selected = masks.union(selected, self._select(image, request, progress))
        mask = masks.refine(selected, request.options)
        if not mask.any():
            raise EmptySelection("The mask is empty: nothing was selected, or shrinking and dropping islands left nothing.")
        return mask

    def remove(
        self, image: np.ndarray, request: RemoveRequest, drawn: Optional[np.ndarray] = None, progress: Progress = silent
    ) -> Result:
        """The image with what is selected removed. Outside the mask of the result it equals `image`, byte for byte."""
        eraser = self._eraser(request.eraser)
        mask = self.mask(image, request, drawn, part(progress, 0.0, 0.3, "Selecting. "))
        with self.host.exclusive():
            return Result(fill.fill(image, mask, eraser, part(progress, 0.3, 1.0, "Removing. ")), mask)

    def extend(self, image: np.ndarray, request: ExtendRequest, progress: Progress = silent) -> Result:
        """The image on a larger canvas, the new part filled from what is there."""
        eraser = self._eraser(request.eraser)
        canvas = outpaint.extend(image, request)
        with self.host.exclusive():
            return Result(fill.fill(canvas.image, canvas.mask, eraser, progress), canvas.mask)

    def check_models(self, request: Request) -> None:
        """Raise UnknownModel or ModelUnavailable, before any work, if a model the request names cannot be used."""
        for kind in ("segmenter", "eraser"):
            name = getattr(request, kind, "auto")
            if name != "auto":
                registry.check(registry.find(name, kind), self.host.model_folders)

    def _select(self, image: np.ndarray, request: MaskRequest, progress: Progress) -> np.ndarray:
        """What the request's objects select: uint8 HxW. A segmenter is loaded only if one of them needs it."""
        wanted = any(asks_segmenter(selection) for selection in request.objects)
        segmenter = self._segmenter(request.segmenter) if wanted else None
        with self.host.exclusive():
            return segment.select(image, request.objects, segmenter, self.embeddings, request.candidate, progress)

    def _segmenter(self, name: str) -> LoadedSegmenter:
        model = self._choose(name, "segmenter")
        return LoadedSegmenter(model.name, self.host.dtype, self._load(model))  # type: ignore[arg-type]

    def _eraser(self, name: str) -> Eraser:
        return self._load(self._choose(name, "eraser"))  # type: ignore[return-value]

    def _choose(self, name: str, kind: registry.Kind) -> registry.Model:
        """The model asked for; for "auto", the first of its kind that can be used now."""
        if name != "auto":
            return registry.find(name, kind)
        ready = (model for model in registry.models(kind) if registry.state(model, self.host.model_folders).ready)
        return next(ready)  # the built-in ones always are

    def _load(self, model: registry.Model) -> object:
        """The model, loaded at its first use."""
        with self._loading:
            if model.name not in self._loaded:
                host = self.host
                self._loaded[model.name] = registry.load(model, host.model_folders, host.device, host.dtype)
            return self._loaded[model.name]
