"""Every address there is, as data: routes.py answers them, openapi.py describes them."""

from __future__ import annotations

from typing import Literal, NamedTuple, Optional, Type

from ..schema import Request
from . import bodies

PREFIX = "/inpaint-anything/v1"
AnswerKind = Literal["picture", "mask", "job", "json", "events", "file", "uploaded", "page"]


class Endpoint(NamedTuple):
    """One address and method. `name`: that of its handler in the routes. `answer`: what comes back."""

    method: str
    path: str
    name: str
    summary: str
    answer: AnswerKind = "json"
    body: Optional[Type[Request]] = None

    @property
    def parameters(self) -> list[str]:
        """The names in braces."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


ENDPOINTS = (
    Endpoint("GET", "/", "index", "What there is, and where it is described"),
    Endpoint("GET", "/docs", "docs", "The same for people", "page"),
    Endpoint("GET", "/info", "info", "Versions, what the host can do, and what is kept in which budget"),
    Endpoint("GET", "/openapi.json", "openapi", "This description"),
    Endpoint("GET", "/models", "models", "All models, with what they need and whether they can be used now"),
    Endpoint(
        "POST",
        "/models/{name}/download",
        "download",
        "Fetch the files of a model, or all that is `recommended`",
        "job",
    ),
    Endpoint("POST", "/unload", "unload", "Give back the memory of loaded models and encoded pictures"),
    Endpoint(
        "POST", "/images", "upload", "Send a picture once, for an id to refer to it by", "uploaded", bodies.UploadBody
    ),
    Endpoint("GET", "/images/{id}", "image", "Whether a picture is still there; if not, send it again"),
    Endpoint("GET", "/folder", "folder", "Some of the pictures in the folder that `serve --input` was given"),
    Endpoint("GET", "/folder/{name}", "listed", "One of these, as it is", "file"),
    Endpoint("GET", "/folder/{name}/thumbnail", "thumbnail", "A small JPEG of it", "file"),
    Endpoint("POST", "/encode", "encode", "Prepare a picture for clicks", "job", bodies.EncodeBody),
    Endpoint(
        "POST", "/segment", "segment", "Points, boxes, text, strokes in, the mask out", "mask", bodies.SegmentBody
    ),
    Endpoint("POST", "/detect", "detect", "Boxes of what a text names", "job", bodies.DetectBody),
    Endpoint(
        "POST", "/find-text", "find_text", "Lines of text, and the mask of their letters", "job", bodies.FindTextBody
    ),
    Endpoint(
        "POST", "/find-subject", "find_subject", "What the picture is of, as a mask", "job", bodies.FindSubjectBody
    ),
    Endpoint("POST", "/everything", "everything", "The masks of all things in a picture", "job", bodies.EverythingBody),
    Endpoint("POST", "/mask", "mask", "Grow, shrink, feather, fill, invert and combine masks", "mask", bodies.MaskBody),
    Endpoint("POST", "/cutout", "cutout", "What is masked, on transparent ground", "picture", bodies.CutoutBody),
    Endpoint("POST", "/erase", "erase", "Remove what is selected or masked", "job", bodies.EraseBody),
    Endpoint("POST", "/prefill", "prefill", "Fill what is masked, as a start for img2img", "job", bodies.PrefillBody),
    Endpoint("POST", "/extend", "extend", "Extend a picture past its edges", "job", bodies.ExtendBody),
    Endpoint("POST", "/inpaint", "inpaint", "Fill what is masked from a prompt", "job", bodies.InpaintBody),
    Endpoint("POST", "/outpaint", "outpaint", "Extend a picture from a prompt", "job", bodies.OutpaintBody),
    Endpoint("POST", "/edit", "edit", "Edit a picture by an instruction", "job", bodies.EditBody),
    Endpoint("POST", "/batch", "batch", "One operation for many pictures", "job", bodies.BatchBody),
    Endpoint("GET", "/jobs/{id}", "job", "How a job is, and its result when it is done"),
    Endpoint("DELETE", "/jobs/{id}", "cancel", "Stop a job; drop the result of one that ended"),
    Endpoint("GET", "/jobs/{id}/events", "events", "The same at each change, as server-sent events", "events"),
    Endpoint("GET", "/jobs/{id}/preview", "preview", "How the picture looks, or looked last; 204: none", "file"),
    Endpoint("GET", "/jobs/{id}/files/{name}", "file", "A picture of a finished job, as it is", "file"),
)
