"""What all routes of one server share: the service, the pictures and logits that callers refer to, threads and jobs."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path
from typing import Any, NamedTuple, Optional, Sequence

import numpy as np

from .. import __version__
from ..errors import BadRequest
from ..imaging.folder import OutputFolder, PictureFolder
from ..imaging.imagefile import MAX_PIXELS
from ..service import Service
from ..store import Store, content_id
from .bodies import MAX_OBJECTS
from .http_errors import unknown
from .images import MAX_INLINE, ImageStore, StoredImage
from .incoming import MAX_JSON, MAX_UPLOAD, BodyBudget
from .jobs import Jobs
from .results import Results
from .workers import Workers

_PACKAGES = ("torch", "numpy", "opencv-python", "pillow", "pydantic", "starlette", "gradio")
_LOGITS_BUDGET = 64 << 20  # bytes; an answer to a click is 256 kB


class Logits(NamedTuple):
    """float32 hxw of a candidate, and the id of the pixels that it is of."""

    array: np.ndarray
    photo: str

    @property
    def nbytes(self) -> int:
        return self.array.nbytes


class Folders(NamedTuple):
    """Folders of a person's, where the server is given any: whose pictures it lists, and where it saves results."""

    listed: Optional[PictureFolder] = None
    output: Optional[OutputFolder] = None


NO_FOLDERS = Folders()


class AppState:
    """One for each process, as is the host. Clicks have threads of their own, so that they wait for other clicks alone.

    Then there are threads for pictures that come in and go out, for thumbnails, for encoding, for long work, for what
    finished jobs gave, and for downloads; what needs the GPU for itself waits for the host's lock inside the service.
    """

    def __init__(
        self, service: Service, results: Results, image_budget: int = 1 << 30, folders: Folders = NO_FOLDERS
    ) -> None:
        """image_budget: bytes of pictures to keep."""
        self.service, self.results = service, results
        self.listed, self.output = folders
        self.images = ImageStore(image_budget)
        self.logits: Store[Logits] = Store(_LOGITS_BUDGET)
        self.bodies = BodyBudget()
        self.clicks = Workers("clicks", 2, 128)
        self.pictures = Workers("pictures", 2, 64)
        self.thumbnails = Workers("thumbnails", 1, 256)
        self.encoding = Workers("encoding", 1, 64)
        self.long = Workers("jobs", 1, 64)
        self.finished = Workers("results", 2, 256)
        self.downloads = Workers("downloads", 2, 16)
        self.jobs = Jobs(results, self.folders)

    def folders(self) -> Sequence[Path]:
        """Folders of the server that no answer names."""
        own = [self.listed.root] if self.listed is not None else []
        own += [self.output.path] if self.output is not None else []
        return [*self.service.host.model_folders, self.results.folder, *own]

    def keep_logits(self, logits: np.ndarray, image: StoredImage) -> str:
        """The id under which logits (float32 hxw) can be sent back with the next click on that picture."""
        kept = Logits(np.ascontiguousarray(logits), image.photo.id)
        id = content_id(kept.array)
        self.logits.put(id, kept)
        return id

    def find_logits(self, id: Optional[str], image: StoredImage) -> Optional[np.ndarray]:
        """Those of an earlier answer. Raises HttpError, 404 `unknown_logits`, or BadRequest for another picture's."""
        if id is None:
            return None
        found = self.logits.get(id)
        if found is None:
            raise unknown("There are no logits of this id, or no longer; leave them out.", "unknown_logits", "previous")
        if found.photo != image.photo.id:
            raise BadRequest("previous: these are the logits of another picture.", "previous")
        return found.array

    def info(self) -> dict[str, Any]:
        """Versions, what the host can do, and what is kept in which budget."""
        host = self.service.host
        kept: dict[str, Store[Any]] = {
            "images": self.images.store,
            "logits": self.logits,
            "embeddings": self.service.embeddings,
            "found": self.service.found,
            "proposals": self.service.proposals,
            "models": self.service.models.loaded,
        }
        budgets = {n: {"limit": store.limit, "holds": store.nbytes, "items": len(store)} for n, store in kept.items()}
        budgets["results"] = {"limit": self.results.limit, "holds": self.results.nbytes}
        sampling = host.sampling
        checkpoint = sampling.checkpoint if sampling is not None else None
        pools = (self.clicks, self.pictures, self.thumbnails, self.encoding, self.long, self.finished, self.downloads)
        return {
            "version": __version__,
            "versions": {"python": platform.python_version(), **_versions()},
            "host": {"name": host.name, "device": host.device, "dtype": host.dtype, "offline": host.offline},
            "can": {verb: sampling is not None and verb in sampling.can for verb in ("inpaint", "edit", "outpaint")},
            "checkpoint": checkpoint and checkpoint._asdict(),
            "budgets": budgets,
            "threads": {pool.name: {"threads": pool.threads, "waiting": pool.waiting} for pool in pools},
            "limits": {
                "pixels": MAX_PIXELS,
                "inline_pixels": MAX_INLINE,
                "objects": MAX_OBJECTS,
                "upload_bytes": MAX_UPLOAD,
                "json_bytes": MAX_JSON,
            },
        }


def _versions() -> dict[str, str]:
    """Of the packages that matter, where they are installed."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
