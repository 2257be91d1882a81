"""What is selected: the half of the service that points, looks and finds."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, Optional, Union, get_args

from ..errors import EmptySelection, UnknownModel
from ..geometry import Floats, Image, Mask
from ..host import Host
from ..imaging import mask as masks
from ..models.devices import PROCESSOR, DeviceFailed
from ..models.entry import Kind, Model
from ..models.idle import Idle
from ..models.model import Detector, Embedding, Hit, Movable, MovableEmbedding
from ..models.pool import ModelPool
from ..progress import Progress, part, silent
from ..schema import (
    CONTENTS,
    DetectRequest,
    EverythingRequest,
    FindSubjectRequest,
    FindTextRequest,
    MaskRequest,
    ObjectsRequest,
    Request,
)
from ..selecting import everything, names, segment, subject, text
from ..selecting.everything import Everything
from ..selecting.segment import (
    EncodedPhoto,
    LoadedSegmenter,
    Photo,
    Proposals,
    Selected,
    needs_segmenter,
    validate_request,
)
from ..selecting.subject import FoundSubject
from ..selecting.text import TextLine
from ..store import Store

AnyImage = Union[Image, Photo]  # uint8 HxWx3 RGB; as a Photo that is kept, its pixels are hashed once

_FOUND_BUDGET = 128 << 20  # bytes of things found by `everything` to keep
_PROPOSALS_BUDGET = 32 << 20  # bytes of what was proposed for the last clicks, from which a person chooses


class Selecting:
    """Holds loaded models, encoded images and things found in them, and nobody's work.

    Models are loaded, and work, while the host is held for them alone; only a click is decoded beside other work.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.models = ModelPool(host)
        self.embeddings: Store[Embedding] = Store(host.embedding_budget)
        self.found: Store[Everything] = Store(_FOUND_BUDGET)
        self.proposals: Store[Proposals] = Store(_PROPOSALS_BUDGET)
        self._idle = Idle(self._rest, lambda: host.idle_seconds)

    def mask(
        self, image: AnyImage, request: MaskRequest, drawn: Optional[Mask] = None, progress: Progress = silent
    ) -> Mask:
        """The mask (uint8 HxW) of what the request selects, and of `drawn`, a ready-made mask (uint8 HxW) or None.

        Raises BadRequest for prompts that do not fit the picture, EmptySelection when nothing is selected.
        """
        return self.select(image, request, drawn, progress=progress).mask

    def select(
        self,
        image: AnyImage,
        request: MaskRequest,
        drawn: Optional[Mask] = None,
        previous: Optional[Floats] = None,
        progress: Progress = silent,
    ) -> Selected:
        """As `mask`, and what was proposed for each object; `previous` as of segment.select."""
        photo = Photo.of(image)
        return segment.finish(self._select(photo, request, drawn, previous, progress), drawn, request.options, photo)

    def click(
        self,
        image: AnyImage,
        request: MaskRequest,
        drawn: Optional[Mask] = None,
        previous: Optional[Floats] = None,
        progress: Progress = silent,
    ) -> Optional[Selected]:
        """As `select` where it is a decoder pass at most; None where a model has to be loaded or the image encoded."""
        photo = Photo.of(image)
        selected = self._click(photo, request, drawn, previous, progress)
        return None if selected is None else segment.finish(selected, drawn, request.options, photo)

    def prefetch(self, image: AnyImage, segmenter: str = "auto", progress: Progress = silent) -> None:
        """Encode the image ahead of the first click; for a thread of its own, when a picture comes in."""
        photo, model = Photo.of(image), self.models.choose(segmenter, "segmenter")
        if self._encoded(photo, model) is None:
            with self.host.exclusive(progress):
                self._encode(photo, model, progress)

    def everything(self, image: AnyImage, request: EverythingRequest, progress: Progress = silent) -> Everything:
        """All things in the picture. Kept for a while, so that asking again for one of them costs nothing."""
        photo, model = Photo.of(image), self.models.choose(request.segmenter, "segmenter")

        def find() -> Everything:
            with self.host.exclusive(progress):
                loaded = self._loaded(model)
                found, note = self.models.working(
                    loaded.model, lambda: everything.find(photo, loaded, self.embeddings, request, progress), progress
                )
                return replace(found, note=note)

        return self.found.get_or_make((photo.id, model.name, self.models.dtype_of(model), request), find, progress)

    def find(self, image: AnyImage, request: DetectRequest, progress: Progress = silent) -> list[Hit]:
        """As `detect`, for text that is given beside points and boxes: none where it is empty."""
        return self.detect(image, request, progress) if request.text.strip() else []

    def detect(self, image: AnyImage, request: DetectRequest, progress: Progress = silent) -> list[Hit]:
        """The things that the request's text means, best first; names.py says how it is read.

        Raises EmptySelection when there are none, BadRequest for a text that names nothing.
        """
        wanted = names.parsed(request.text)
        nouns = names.names_of(wanted)
        model, photo = self.models.choose(request.detector, "detector"), Photo.of(image)
        progress(0.0, f"Looking for {', '.join(nouns)}")
        with self.host.exclusive(progress):
            detector: Detector = self._load(model)
            threshold = detector.threshold if request.threshold is None else request.threshold
            hits, _ = self.models.working(detector, lambda: detector(photo.image, nouns, threshold), progress)
        meant = names.chosen(hits, wanted)
        if hits and not meant:
            raise EmptySelection(f"Of what is here, none is meant by: {request.text.strip()}.", "text")
        if not meant:
            raise EmptySelection(
                f"Nothing here looks like {' or '.join(nouns)}; a threshold below {threshold:g} finds more.",
                "text",
            )
        return meant

    def find_text(self, image: AnyImage, request: FindTextRequest, progress: Progress = silent) -> list[TextLine]:
        """The lines of text that the request asks for, from above to below. Raises EmptySelection when there are none.

        Raises BadRequest for a region that does not lie on the picture.
        """
        model, photo = self.models.choose(request.text_detector, "text_detector"), Photo.of(image)
        with self.host.exclusive(progress):
            lines = text.find(photo.image, self._load(model), request, progress)
        if not lines:
            raise EmptySelection(f"There is no text in this picture{_limits(request)}.")
        return lines

    def find_subject(self, image: AnyImage, request: FindSubjectRequest, progress: Progress = silent) -> FoundSubject:
        """What the picture is of. Raises EmptySelection where nothing stands out."""
        model, photo = self.models.choose(request.subject_detector, "subject_detector"), Photo.of(image)
        with self.host.exclusive(progress):
            return subject.find(photo.image, self._load(model), not model.files, progress)

    # Memory of the device.

    def offload(self) -> None:
        """Move models and encoded images off the device; they come back when they are used, without being made again.

        Only for who has the host for himself: before a checkpoint samples. The processor decodes clicks meanwhile.
        """
        self.embeddings.change(lambda one: one.to(PROCESSOR) if isinstance(one, MovableEmbedding) else one)
        self.models.offload()

    def unload(self) -> int:
        """Drop all that is kept to answer quicker; gives its bytes. What work under way uses goes when that ends."""
        stores = (self.models.loaded, self.embeddings, self.found, self.proposals)
        dropped = sum(store.nbytes for store in stores)
        for store in stores:
            store.clear()
        self.models.give_back()
        return dropped

    def _call_back(self, model: Model) -> None:
        """Have a model that was sent away brought back as soon as the host is free, in a thread that waits for that."""
        if not self.models.call_back(model):
            return

        def come_back() -> None:
            with self.host.exclusive(silent):
                self.models.load(model)

        threading.Thread(target=come_back, name="inpaint-anything comes back", daemon=True).start()

    def _rest(self) -> None:
        with self.host.exclusive(silent):
            self.offload()

    # Which models.

    def check_models(self, request: Request) -> None:
        """Raise UnknownModel or ModelUnavailable, before any work, if a model the request names cannot be used."""
        for kind in get_args(Kind):
            self.models.require_usable(getattr(request, kind, "auto"), kind)
        content = getattr(request, "masked_content", "auto")
        if content not in CONTENTS:
            try:
                self.models.require_usable(content, "eraser")
            except UnknownModel as error:
                raise UnknownModel(str(error), "masked_content") from None

    # The way from a click to a mask.

    def _select(
        self,
        photo: Photo,
        request: ObjectsRequest,
        drawn: Optional[Mask],
        previous: Optional[Floats],
        progress: Progress,
    ) -> Selected:
        """What the request's objects select, before any options; nothing where there are none, but a drawn mask."""
        selected = self._click(photo, request, drawn, previous, progress)
        if selected is not None:
            return selected
        model = self.models.choose(request.segmenter, "segmenter")
        with self.host.exclusive(progress):
            encoded, encoding = self._encode(photo, model, part(progress, 0.0, 0.9))
            last = part(progress, 0.9, 1.0)
            selected, decoding = self.models.working(
                encoded.model, lambda: segment.select(photo.size, request, encoded, previous, last), last
            )
        return selected._replace(note=encoding or decoding)

    def _click(
        self,
        photo: Photo,
        request: ObjectsRequest,
        drawn: Optional[Mask],
        previous: Optional[Floats],
        progress: Progress,
    ) -> Optional[Selected]:
        """As `_select` where it is a decoder pass at most, and there is memory for that; else None."""
        validate_request(request, drawn, photo.size)
        encoded = None
        if needs_segmenter(request):
            encoded = self._encoded(photo, self.models.choose(request.segmenter, "segmenter"))
            if encoded is None:
                return None
        if drawn is not None and not request.objects:
            return Selected(masks.blank(photo.size), [], masks.blank(photo.size))
        try:
            with self.host.alongside():  # a click need not wait until somebody's sampling is over
                return segment.select(photo.size, request, encoded, previous, progress)
        except (MemoryError, DeviceFailed):
            if encoded is None:
                raise
            return None

    def _encoded(self, photo: Photo, model: Model) -> Optional[EncodedPhoto]:
        """The photo as the segmenter encoded it before; None where it did not, or is not loaded."""
        segmenter: Any = self.models.get(model)
        if segmenter is None:
            return None
        key = LoadedSegmenter(model.name, self.models.dtype_of(model), segmenter).key(photo)
        embedding = self.embeddings.get(key)
        if embedding is None:
            return None
        self._idle.used()
        self._call_back(model)
        if isinstance(embedding, MovableEmbedding):
            device = getattr(segmenter, "device", PROCESSOR)
            try:
                near = embedding.to(device)  # once, not at each click
            except RuntimeError:  # no room; the decoder asks once more, and what comes of that is told
                return EncodedPhoto(segmenter, embedding)
            if getattr(segmenter, "device", PROCESSOR) == device:  # not if it was sent away meanwhile
                self.embeddings.replace(key, embedding, near)
            embedding = near
        return EncodedPhoto(segmenter, embedding, self._kept_for(segmenter), key)

    def _encode(self, photo: Photo, model: Model, progress: Progress) -> tuple[EncodedPhoto, str]:
        """The photo as the segmenter encoded it, now or before, and what to tell of it. With the host held."""
        segmenter = self._loaded(model)
        embedding, note = self.models.working(
            segmenter.model, lambda: segment.encode(photo, segmenter, self.embeddings, progress), progress
        )
        kept = self._kept_for(segmenter.model)
        return EncodedPhoto(segmenter.model, embedding, kept, segmenter.key(photo)), note

    def _kept_for(self, segmenter: Any) -> Optional[Store[Proposals]]:
        """Where its proposals are kept: not those of a network on a device, which makes them anew in milliseconds."""
        return None if isinstance(segmenter, Movable) else self.proposals

    def _loaded(self, model: Model) -> LoadedSegmenter:
        return LoadedSegmenter(model.name, self.models.dtype_of(model), self._load(model))

    def _load(self, model: Model) -> Any:
        """The model, on the device. With the host held."""
        self._idle.used()
        return self.models.load(model)


def _limits(request: FindTextRequest) -> str:
    """What a person asked for that leaves text out, as the end of a sentence."""
    asked = {
        "in the region": request.region is not None,
        f"at least {request.min_height} pixels high": request.min_height > 0,
        f"at most {request.max_height} pixels high": request.max_height > 0,
        f"of a confidence of {request.confidence or 0:g}": request.confidence is not None,
    }
    named = [words for words, is_asked in asked.items() if is_asked]
    return f" ({', '.join(named)})" if named else ""
