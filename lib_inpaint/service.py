"""One method for each request. Every door calls these; nothing below knows which door it was."""

from __future__ import annotations

from typing import NamedTuple, Optional, Union, get_args

from .diffusion import painting, sizes
from .errors import BadRequest, EmptySelection, NotHere, UnknownModel
from .filling import fill, outpaint
from .geometry import Floats, Image, Mask, Size
from .host import Host, Sampled, Sampling
from .imaging import mask as masks
from .models.entry import Kind, Model
from .models.model import Detector, Embedding, Eraser, Hit
from .models.pool import ModelPool
from .progress import Progress, part, silent
from .schema import (
    CONTENTS,
    AnyRequest,
    DetectRequest,
    EditRequest,
    EverythingRequest,
    ExtendRequest,
    FillRequest,
    InpaintRequest,
    MaskRequest,
    ObjectsRequest,
    PromptedOutpaintRequest,
    RemoveRequest,
    Request,
    copy_with,
)
from .selecting import everything, segment
from .selecting.everything import Everything
from .selecting.segment import EncodedPhoto, LoadedSegmenter, Photo, Selected, needs_segmenter, validate_request
from .store import Store

AnyImage = Union[Image, Photo]  # uint8 HxWx3 RGB; as a Photo that is kept, its pixels are hashed once

_FOUND_BUDGET = 128 << 20  # bytes of things found by `everything` to keep


class Result(NamedTuple):
    """image: uint8 HxWx3 RGB. mask: uint8 HxW, what was replaced and how much. note: what to tell a person."""

    image: Image
    mask: Mask
    note: str = ""


class Saved(NamedTuple):
    """Where the host saved a picture, and the parameters that stand in it."""

    name: str
    infotext: str


class Service:
    """What the doors can ask for. Holds loaded models, encoded images and things found in them, and nobody's work."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.models = ModelPool(host)
        self.embeddings: Store[Embedding] = Store(host.embedding_budget)
        self.found: Store[Everything] = Store(_FOUND_BUDGET)

    # What is selected.

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
        self._encode(Photo.of(image), self.models.choose(segmenter, "segmenter"), progress)

    def everything(self, image: AnyImage, request: EverythingRequest, progress: Progress = silent) -> Everything:
        """All things in the picture. Kept for a while, so that asking again for one of them costs nothing."""
        photo = Photo.of(image)
        loaded = self._loaded(self.models.choose(request.segmenter, "segmenter"))

        def find() -> Everything:
            with self.host.exclusive(progress):
                return everything.find(photo, loaded, self.embeddings, request, progress)

        return self.found.get_or_make((photo.id, loaded.name, loaded.dtype, request), find)

    def find(self, image: AnyImage, request: DetectRequest, progress: Progress = silent) -> list[Hit]:
        """As `detect`, for text that is given beside points and boxes: none where it is empty."""
        return self.detect(image, request, progress) if request.text.strip() else []

    def detect(self, image: AnyImage, request: DetectRequest, progress: Progress = silent) -> list[Hit]:
        """The things that the request's text names, best first. Raises EmptySelection when there are none."""
        names = [name.strip() for name in request.text.split(",") if name.strip()]
        if not names:
            raise BadRequest("Say what to look for, such as: the red car.", "text")
        detector: Detector = self.models.load(self.models.choose(request.detector, "detector"))
        threshold = detector.threshold if request.threshold is None else request.threshold
        progress(0.0, f"Looking for {', '.join(names)}")
        with self.host.exclusive(progress):
            hits = detector(Photo.of(image).image, names, threshold)
        if not hits:
            raise EmptySelection(
                f"Nothing here looks like {' or '.join(names)}; a threshold below {threshold:g} finds more."
            )
        return hits

    # What is filled from its surroundings.

    def remove(
        self, image: Image, request: RemoveRequest, drawn: Optional[Mask] = None, progress: Progress = silent
    ) -> Result:
        """The image with what is selected removed. Outside the mask of the result it equals `image`, byte for byte.

        drawn: as of `mask`; it is replaced as it is, unless the request has options for the whole mask.
        """
        photo, eraser = Photo.of(image), self._eraser(request.eraser)
        selected = self._select(photo, request, drawn, None, part(progress, 0.0, 0.3, "Selecting. "))
        if request.options is None:
            mask = segment.suit(selected, drawn, request.objects, photo).mask
        else:
            mask = segment.finish(selected, drawn, request.options, photo).mask
        return self._fill(photo.image, mask, eraser, request, part(progress, 0.3, 1.0, "Removing. "))

    def extend(self, image: Image, request: ExtendRequest, progress: Progress = silent) -> Result:
        """The image on a larger canvas, the new part filled from what is there."""
        eraser = self._eraser(request.eraser)
        canvas = outpaint.extend(image, request)
        return self._fill(canvas.image, canvas.mask, eraser, request, progress)

    def prefill(self, image: Image, mask: Mask, request: FillRequest, progress: Progress = silent) -> Result:
        """A picture for img2img or outpainting to start from: all that is masked in the least (uint8 HxW) is filled."""
        return self._fill(image, masks.binary(mask), self._eraser(request.eraser), request, progress)

    def save(self, image: Image, request: Request, done: str) -> Saved:
        """Keep a result (uint8 HxWx3 or HxWx4) among the host's own files, with what made it as its parameters.

        done: what these say was done, such as "remove". Raises NotHere.
        """
        infotext = painting.infotext_of(self.resolved(request), Size.of(image), done)
        return Saved(self.sampling.save(image, infotext), infotext)

    # What the host samples with its checkpoint.

    @property
    def sampling(self) -> Sampling:
        """The host as one that samples. Raises NotHere where it has no checkpoint."""
        if self.host.sampling is None:
            raise NotHere("This needs a checkpoint of Stable Diffusion: use it in AUTOMATIC1111's WebUI or Forge.")
        return self.host.sampling

    def inpaint(
        self,
        image: Image,
        mask: Mask,
        request: InpaintRequest,
        invert: bool = False,
        save: bool = False,
        progress: Progress = silent,
    ) -> list[Sampled]:
        """The image (uint8 HxWx3) with what is masked (uint8 HxW), or all else, filled from the prompt.

        Outside the mask and its feathered edge the results are the image, byte for byte. save: whether the host keeps
        them. Raises NotHere, EmptySelection, and what host.Sampling raises.
        """
        host, request = self.sampling, self.resolved(request)
        where, start = sizes.selected(mask, invert, request), None
        notes = painting.notes(request, painting.BACKGROUND if invert else painting.FILL)
        if request.masked_content not in CONTENTS:
            first, progress = part(progress, 0.0, 0.1, "Filling. "), part(progress, 0.1, 1.0)
            start = self.prefill(image, where, FillRequest(eraser=request.masked_content), first).image
        return host.inpaint(image, where, start, request, notes, save, progress)

    def outpaint(
        self, image: Image, request: PromptedOutpaintRequest, save: bool = False, progress: Progress = silent
    ) -> list[Sampled]:
        """The image (uint8 HxWx3) extended past its edges from the prompt. As `inpaint` in all else."""
        notes = painting.done(painting.EXTEND)
        return self.sampling.extend(image, self.resolved(request), self.prefill, notes, save, progress)

    def edit(
        self,
        image: Image,
        mask: Optional[Mask],
        request: EditRequest,
        save: bool = False,
        progress: Progress = silent,
    ) -> list[Sampled]:
        """The image, or what is masked of it (uint8 HxW), edited by instruction. As `inpaint` in all else."""
        where = masks.invert(masks.blank(Size.of(image))) if mask is None else mask
        return self.sampling.edit(image, where, request, painting.done(painting.EDIT), save, progress)

    # Which models.

    def resolved(self, request: AnyRequest) -> AnyRequest:
        """The request with the names of the models that "auto" stands for now, in its own fields."""
        named = {}
        for kind in get_args(Kind):
            if getattr(request, kind, "") == "auto":
                named[kind] = self.models.choose("auto", kind).name
        if getattr(request, "masked_content", "") == "auto":
            named["masked_content"] = self.models.choose("auto", "eraser").name
        return copy_with(request, **named)

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

    def _encoded(self, photo: Photo, model: Model) -> Optional[EncodedPhoto]:
        """The photo as the segmenter encoded it before; None where it did not, or is not loaded."""
        segmenter = self.models.get(model)
        if segmenter is None:
            return None
        embedding = self.embeddings.get(LoadedSegmenter(model.name, self.host.dtype, segmenter).key(photo))
        return None if embedding is None else EncodedPhoto(segmenter, embedding)

    def _encode(self, photo: Photo, model: Model, progress: Progress) -> EncodedPhoto:
        """The photo as the segmenter encoded it, now if it did not before."""
        encoded = self._encoded(photo, model)
        if encoded is None:
            segmenter = self._loaded(model)
            with self.host.exclusive(progress):
                embedding = segment.encode(photo, segmenter, self.embeddings, progress)
            encoded = EncodedPhoto(segmenter.model, embedding)
        return encoded

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
        if selected is None:
            model = self.models.choose(request.segmenter, "segmenter")
            encoded = self._encode(photo, model, part(progress, 0.0, 0.9))
            selected = self._decode(photo, request, drawn, previous, encoded, part(progress, 0.9, 1.0))
        return selected

    def _click(
        self,
        photo: Photo,
        request: ObjectsRequest,
        drawn: Optional[Mask],
        previous: Optional[Floats],
        progress: Progress,
    ) -> Optional[Selected]:
        """As `_select` where it is a decoder pass at most, else None."""
        validate_request(request, drawn, photo.size)
        encoded = None
        if needs_segmenter(request):
            encoded = self._encoded(photo, self.models.choose(request.segmenter, "segmenter"))
            if encoded is None:
                return None
        return self._decode(photo, request, drawn, previous, encoded, progress)

    def _decode(
        self,
        photo: Photo,
        request: ObjectsRequest,
        drawn: Optional[Mask],
        previous: Optional[Floats],
        encoded: Optional[EncodedPhoto],
        progress: Progress,
    ) -> Selected:
        if drawn is not None and not request.objects:
            return Selected(masks.blank(photo.size), [], masks.blank(photo.size))
        with self.host.alongside():  # a click need not wait until somebody's sampling is over
            return segment.select(photo.size, request, encoded, previous, progress)

    def _loaded(self, model: Model) -> LoadedSegmenter:
        return LoadedSegmenter(model.name, self.host.dtype, self.models.load(model))

    def _eraser(self, name: str) -> Eraser:
        return self.models.load(self.models.choose(name, "eraser"))

    def _fill(self, image: Image, mask: Mask, eraser: Eraser, how: FillRequest, progress: Progress) -> Result:
        with self.host.exclusive(progress):
            filled = fill.fill(image, mask, eraser, how, progress)
        return Result(filled.image, mask, filled.note)
