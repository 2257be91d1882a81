"""One method for each request. Every door calls these; nothing below knows which door it was.

What is selected has a file of its own, selecting.py.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, get_args

from ..diffusion import painting, sizes
from ..errors import NotHere
from ..filling import fill, outpaint
from ..filling.ground import fill_plain
from ..geometry import Image, Mask, Size
from ..host import Sampled, Sampling
from ..imaging import mask as masks
from ..models.entry import Kind
from ..progress import Progress, part, silent
from ..schema import (
    CONTENTS,
    AnyRequest,
    EditRequest,
    ExtendRequest,
    FillRequest,
    InpaintRequest,
    PromptedOutpaintRequest,
    RemoveRequest,
    Request,
    copy_with,
)
from ..selecting import segment
from ..selecting.segment import Photo
from .selecting import Selecting


class Result(NamedTuple):
    """image: uint8 HxWx3 RGB. mask: uint8 HxW, what was replaced and how much. note: what to tell a person."""

    image: Image
    mask: Mask
    note: str = ""


class Saved(NamedTuple):
    """Where the host saved a picture, and the parameters that stand in it."""

    name: str
    infotext: str


class Service(Selecting):
    """What the doors can ask for."""

    # What is filled from its surroundings.

    def remove(
        self, image: Image, request: RemoveRequest, drawn: Optional[Mask] = None, progress: Progress = silent
    ) -> Result:
        """The image with what is selected removed. Outside the mask of the result it equals `image`, byte for byte.

        drawn: as of `mask`; it is replaced as it is, unless the request has options for the whole mask.
        """
        self.check_models(request)
        photo = Photo.of(image)
        selected = self._select(photo, request, drawn, None, part(progress, 0.0, 0.3, "Selecting. "))
        if request.options is None:
            mask = segment.suit(selected, drawn, request.objects, photo).mask
        else:
            mask = segment.finish(selected, drawn, request.options, photo).mask
        image, left = fill_plain(photo.image, mask) if request.plain else (photo.image, mask)
        result = Result(image, mask)
        if left.any():
            result = self._fill(image, left, request, part(progress, 0.3, 1.0, "Removing. "))
        return result._replace(mask=mask, note=" ".join(filter(None, (selected.note, result.note))))

    def extend(self, image: Image, request: ExtendRequest, progress: Progress = silent) -> Result:
        """The image on a larger canvas, the new part filled from what is there."""
        self.check_models(request)
        canvas = outpaint.extend(image, request)
        return self._fill(canvas.image, canvas.mask, request, progress)

    def prefill(self, image: Image, mask: Mask, request: FillRequest, progress: Progress = silent) -> Result:
        """A picture for img2img or outpainting to start from: all that is masked in the least (uint8 HxW) is filled."""
        return self._fill(image, masks.binary(mask), request, progress)

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

    def _fill(self, image: Image, mask: Mask, how: FillRequest, progress: Progress) -> Result:
        model = self.models.choose(how.eraser, "eraser")
        with self.host.exclusive(progress):
            filled = fill.fill(image, mask, self._load(model), how, progress)
        return Result(filled.image, mask, filled.note)
