"""What each route does, in two steps: first everything is looked up and checked, then it runs.

The first step answers at once what is wrong with a request; the second may be a job. No step knows about HTTP.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Optional, Sequence

import numpy as np

from ..app import commands
from ..errors import BadRequest, Cancelled, EmptySelection, InpaintError
from ..geometry import Size
from ..imaging import mask as masks
from ..imaging.imagefile import Picture
from ..models import registry
from ..models.files import download as downloads
from ..progress import Progress, part
from ..schema import DetectRequest, EverythingRequest, ExtendRequest, FillRequest, copy_with
from ..service import Result
from .answers import Made, picture_file, run_lengths, with_mask
from .bodies import (
    MAX_ITEMS,
    BatchBody,
    CutoutBody,
    DetectBody,
    EncodeBody,
    EraseBody,
    EverythingBody,
    ExtendBody,
    MaskBody,
    PrefillBody,
    SegmentBody,
    fit,
    plain,
)
from .desk import Desk
from .images import Image, MaskField
from .problems import Refused, describe
from .results import Draft
from .saving import Save, saving


class Task(NamedTuple):
    """Something that can be done now. `weight`: bytes that it holds on to until then."""

    run: Callable[[Progress], Made]
    weight: int = 0

    def work(self, draft: Draft, progress: Progress) -> dict[str, Any]:
        """It as a job."""
        return draft.add_all(self.run(progress))


class Click(NamedTuple):
    """A request to segment, looked up; see `segment`."""

    body: SegmentBody
    image: Image
    drawn: Optional[np.ndarray]
    previous: Optional[np.ndarray]


def look_up(desk: Desk, body: SegmentBody) -> Click:
    """The pictures and logits that a request to segment refers to."""
    image = desk.images.resolve(body.image, "image")
    drawn = _drawn(desk, body.mask, image)
    desk.service.check_models(body)
    return Click(body, image, drawn, desk.find_logits(body.previous, image))


def is_ready(desk: Desk, click: Click) -> bool:
    """Whether the click is one decoder pass, and no detector or encoder has to work first."""
    return not click.body.text.strip() and desk.service.is_ready(click.image.photo, click.body)


def make_ready(desk: Desk, click: Click, progress: Progress) -> Click:
    """Do the slow part: find what the text names, and encode the picture."""
    body = click.body
    hits = desk.service.find(click.image.photo, plain(body, DetectRequest), part(progress, 0.0, 0.3))
    body = copy_with(body, objects=(*body.objects, *(hit.selection for hit in hits)), text="")
    if not desk.service.is_ready(click.image.photo, body):
        desk.service.prefetch(click.image.photo, body.segmenter, part(progress, 0.3, 1.0))
    return click._replace(body=body)


def segment(desk: Desk, click: Click) -> Made:
    """The mask, and for each object what the segmenter proposed."""
    body, image = click.body, click.image
    selected = desk.service.select(image.photo, body, click.drawn, click.previous)
    objects: list[Optional[dict[str, Any]]] = [
        found
        and {
            "chosen": found.chosen,
            "scores": [round(score, 4) for score in found.scores],
            "areas": found.areas,
            "logits": desk.keep_logits(found.logits, image),
        }
        for found in selected.found
    ]
    return with_mask({"image": image.id, "objects": objects}, selected.mask, body.mask_format)


def segment_whole(desk: Desk, body: SegmentBody) -> Task:
    """All steps of segmenting in one, for batches."""
    click = look_up(desk, body)
    return Task(lambda progress: segment(desk, make_ready(desk, click, progress)), click.image.nbytes)


def encode(desk: Desk, body: EncodeBody) -> Task:
    """Get a picture ready for clicks."""
    image = desk.images.resolve(body.image, "image")
    desk.service.check_models(body)

    def run(progress: Progress) -> Made:
        desk.service.prefetch(image.photo, body.segmenter, progress)
        return Made({"image": image.id})

    return Task(run, image.nbytes)


def detect(desk: Desk, body: DetectBody) -> Task:
    """Boxes of what the text names."""
    image = desk.images.resolve(body.image, "image")
    desk.service.check_models(body)

    def run(progress: Progress) -> Made:
        hits = desk.service.detect(image.photo, plain(body, DetectRequest), progress)
        told = [{"box": list(hit.box), "score": round(float(hit.score), 4), "name": hit.name} for hit in hits]
        return Made({"image": image.id, "hits": told})

    return Task(run, image.nbytes)


def everything(desk: Desk, body: EverythingBody) -> Task:
    """All things, the largest first, each as run lengths."""
    image = desk.images.resolve(body.image, "image")
    desk.service.check_models(body)

    def run(progress: Progress) -> Made:
        found = desk.service.everything(image.photo, plain(body, EverythingRequest), part(progress, 0.0, 0.9))
        things = []
        for number, thing in enumerate(found.things):
            progress(0.9 + 0.1 * number / len(found.things), "Writing masks")
            told = {"score": round(thing.score, 4), "stability": round(thing.stability, 4), "area": thing.area}
            mask = run_lengths(found.mask(number))
            things.append({**told, "box": list(thing.box), "point": list(thing.point[:2]), "mask": mask})
        return Made({"image": image.id, "things": things})

    return Task(run, image.nbytes)


def mask(desk: Desk, body: MaskBody) -> Task:
    """A mask combined with another one, then changed by the options."""
    image = desk.images.resolve(body.image, "image") if body.image is not None else None
    first = desk.images.resolve_mask(body.mask, None if image is None else image.picture.size, "mask")
    other = None if body.other is None else desk.images.resolve_mask(body.other, Size.of(first), "other")
    if body.options.refine_edges and image is None:
        raise BadRequest("image: refine_edges looks at the picture, so give its id.")

    def run(progress: Progress) -> Made:
        combine = {"union": masks.union, "subtract": masks.subtract, "intersect": np.minimum}[body.combine]
        combined = first if other is None else combine(first, other)
        pixels = image.photo.image if image is not None else np.zeros((*combined.shape, 3), np.uint8)
        return with_mask({}, masks.refine(combined, body.options, pixels), body.mask_format)

    return Task(run)


def cutout(desk: Desk, body: CutoutBody) -> Task:
    """What is masked, on transparent ground."""
    image = desk.images.resolve(body.image, "image")
    selected = desk.images.resolve_mask(body.mask, image.picture.size, "mask")
    if not selected.any():
        raise EmptySelection("The mask is empty, so there is nothing to cut out.")

    def run(progress: Progress) -> Made:
        return _picture_made(desk, commands.mask_picture(image.picture, selected, body.output), body.format, {})

    return Task(run, image.nbytes)


def erase(desk: Desk, body: EraseBody) -> Task:
    """The picture without what is selected, and the mask of what was replaced."""
    image = desk.images.resolve(body.image, "image")
    drawn = _drawn(desk, body.mask, image)
    desk.service.check_models(body)
    save = saving(desk.service, "remove", body, FillRequest) if body.save else None

    def run(progress: Progress) -> Made:
        result = desk.service.remove(image.photo.image, body, drawn, progress)
        return _filled(desk, image.picture.with_image(result.image), result, body.format, save)

    return Task(run, image.nbytes)


def prefill(desk: Desk, body: PrefillBody) -> Task:
    """The picture with all that is masked filled."""
    image = desk.images.resolve(body.image, "image")
    selected = desk.images.resolve_mask(body.mask, image.picture.size, "mask")
    desk.service.check_models(body)

    def run(progress: Progress) -> Made:
        result = desk.service.prefill(image.photo.image, selected, body, progress)
        return _filled(desk, image.picture.with_image(result.image), result, body.format)

    return Task(run, image.nbytes)


def extend(desk: Desk, body: ExtendBody) -> Task:
    """The picture on a larger canvas, and the mask of what is new."""
    image = desk.images.resolve(body.image, "image")
    desk.service.check_models(body)
    save = saving(desk.service, "extend", body, ExtendRequest) if body.save else None

    def run(progress: Progress) -> Made:
        result = desk.service.extend(image.photo.image, body, progress)
        return _filled(desk, commands.larger(image.picture, result.image, body), result, body.format, save)

    return Task(run, image.nbytes)


def download(desk: Desk, name: str) -> Task:
    """A model's files, into the host's folder."""
    model, host = registry.find(name), desk.service.host

    def run(progress: Progress) -> Made:
        folder, *others = host.model_folders
        paths = downloads.fetch_model(model, folder, progress, others=others, offline=host.offline)
        return Made({"model": model.name, "files": [path.name for path in paths]})

    return Task(run)


# What a batch may consist of: the body of an item, and what is done with it.
OPERATIONS: dict[str, tuple[Any, Callable[[Desk, Any], Task]]] = {
    "segment": (SegmentBody, segment_whole),
    "cutout": (CutoutBody, cutout),
    "erase": (EraseBody, erase),
    "prefill": (PrefillBody, prefill),
    "extend": (ExtendBody, extend),
}


class Batch(NamedTuple):
    """Many bodies of one operation, and how each becomes a task."""

    desk: Desk
    items: Sequence[Any]
    prepare: Callable[[Desk, Any], Task]
    weight: int = 0

    def work(self, draft: Draft, progress: Progress) -> dict[str, Any]:
        """It as a job, with one result for each item, in their order."""
        results, count = [], len(self.items)
        for number, item in enumerate(self.items):
            told = part(progress, number / count, (number + 1) / count, f"{number + 1} of {count}: ")
            told(0.0, "")
            try:
                made = self.prepare(self.desk, item).run(told)
                results.append({"ok": True, **draft.add_all(made, f"{number}-")})
            except Cancelled:
                raise
            except (InpaintError, MemoryError) as error:
                results.append({"ok": False, **describe(error, self.desk.folders())[1]})
        return {"items": results}


def batch(desk: Desk, body: BatchBody) -> Batch:
    """All items are checked now; pictures are looked up when it is their turn, and need not be there together."""
    if not 0 < len(body.items) <= MAX_ITEMS:
        raise Refused(f"items: give 1 to {MAX_ITEMS}; these are {len(body.items)}.", 422, "bad_request", "items")
    kind, prepare = OPERATIONS[body.operation]
    return Batch(desk, [fit(item, kind, f"items.{number}") for number, item in enumerate(body.items)], prepare)


def _drawn(desk: Desk, value: Optional[MaskField], image: Image) -> Optional[np.ndarray]:
    return None if value is None else desk.images.resolve_mask(value, image.picture.size, "mask")


def _filled(desk: Desk, picture: Picture, result: Result, format: Optional[str], save: Optional[Save] = None) -> Made:
    facts = {**({"note": result.note} if result.note else {}), **(save(picture) if save is not None else {})}
    made = _picture_made(desk, picture, format, facts)
    masked = with_mask(made.facts, result.mask, "png")
    return Made(masked.facts, {**made.files, **masked.files})


def _picture_made(desk: Desk, picture: Picture, format: Optional[str], facts: dict[str, Any]) -> Made:
    """A picture as an answer. It is kept, so that the next step can refer to it by its id."""
    kept = desk.images.put(picture)
    return Made({**facts, "id": kept.id}, {"image": picture_file(picture, format or "png")})
