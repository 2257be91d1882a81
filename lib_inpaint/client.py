"""A client of the REST routes, with nothing but Python's own library.

    from lib_inpaint.client import Client

    client = Client("http://127.0.0.1:7860")                       # a WebUI, or `inpaint-anything serve`
    photo = client.upload("photo.jpg")
    thing = client.segment(photo, points=[(640, 480, 1)])
    clean = client.erase(photo, mask=thing.file("mask"), progress=print)
    Path("clean.png").write_bytes(clean.file("image"))

Keyword arguments are the fields of the routes, which /inpaint-anything/v1/openapi.json describes.
"""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional, Sequence, Union, cast

Progress = Callable[[float, str], None]  # as in progress.py: what it raises stops the job
_LOOK = 0.25  # seconds between two looks at a job


class RequestFailed(Exception):
    """What the server answered: a sentence, `status`, `code` for programs, and the `field` it is about, if known."""

    def __init__(self, message: str, status: int, code: str = "", field: str = "", retry_after: float = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.field, self.retry_after = status, code, field, retry_after


@dataclass(frozen=True)
class Uploaded:
    """A picture that was sent. `data` is kept to send it again when the server has made room for others."""

    id: str
    width: int
    height: int
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Answer:
    """What a route gave: `facts` as JSON had them, `files` the bytes of its pictures by name."""

    facts: dict[str, Any]
    files: dict[str, bytes] = field(repr=False)

    def file(self, name: str) -> bytes:
        """The picture of that name: "image" or "mask"."""
        return self.files[name]


class Client:
    """Talks to one server. Safe to use from several threads.

    patience: seconds for which a server that is busy is asked again. timeout: seconds that one request may take.
    """

    def __init__(
        self,
        address: str = "http://127.0.0.1:7866",
        user: str = "",
        password: str = "",
        patience: float = 60,
        timeout: float = 600,
    ) -> None:
        self.base = address.rstrip("/") + "/inpaint-anything/v1/"
        self.patience, self.timeout = patience, timeout
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {secret}"} if user else {}

    def info(self) -> dict[str, Any]:
        """Versions, the host, and what is kept in which budget."""
        return self._json("GET", "info")

    def models(self) -> list[dict[str, Any]]:
        """All models, with what they need and whether they are `ready`."""
        return self._json("GET", "models")["models"]

    def download(self, model: str, progress: Optional[Progress] = None) -> Answer:
        """Fetch the files of a model; returns when they are there."""
        return self._finish(self._json("POST", f"models/{urllib.parse.quote(model, safe='')}/download"), progress)

    def unload(self) -> int:
        """Have the server drop its loaded models and encoded pictures; gives the bytes that it had of them."""
        return int(self._json("POST", "unload")["freed"])

    def upload(self, picture: Union[str, Path, bytes]) -> Uploaded:
        """Send a picture: a file's name, or the bytes of a file."""
        data = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
        about = json.loads(self.request("POST", "images", data, {"Content-Type": "application/octet-stream"}))
        return Uploaded(about["id"], about["width"], about["height"], data)

    def segment(
        self,
        image: Union[Uploaded, str],
        points: Sequence[Sequence[float]] = (),
        box: Optional[Sequence[int]] = None,
        **fields: Any,
    ) -> Answer:
        """The mask of what points (x, y, label) and a box (left, top, right, bottom) select, or several `objects`."""
        if points or box:
            fields["objects"] = [*fields.get("objects", ()), {"points": points, "box": box}]
        return self._short("segment", {"image": image, **fields})

    def mask(self, mask: Any, **fields: Any) -> Answer:
        """A mask grown, shrunk, feathered, ... by `options`, and combined with `other` first."""
        return self._short("mask", {"mask": mask, **fields})

    def cutout(self, image: Union[Uploaded, str], mask: Any, **fields: Any) -> Answer:
        """What is masked, on transparent ground."""
        return self._short("cutout", {"image": image, "mask": mask, **fields})

    def run_job(self, operation: str, /, progress: Optional[Progress] = None, **fields: Any) -> Answer:
        """Long work of any kind, by its route: encode, detect, find-text, find-subject, everything, erase, prefill,
        extend, inpaint, outpaint, edit, batch.
        """
        return self._finish(self._send(operation, fields), progress)

    def erase(self, image: Union[Uploaded, str], progress: Optional[Progress] = None, **fields: Any) -> Answer:
        """The picture without what `objects` select or `mask` says."""
        return self.run_job("erase", progress, image=image, **fields)

    def extend(self, image: Union[Uploaded, str], progress: Optional[Progress] = None, **fields: Any) -> Answer:
        """The picture with `left`, `right`, `up` and `down` more pixels."""
        return self.run_job("extend", progress, image=image, **fields)

    def everything(self, image: Union[Uploaded, str], progress: Optional[Progress] = None, **fields: Any) -> Answer:
        """All things in a picture, the largest first, in `facts["things"]`."""
        return self.run_job("everything", progress, image=image, **fields)

    def find_text(self, image: Union[Uploaded, str], progress: Optional[Progress] = None, **fields: Any) -> Answer:
        """The lines of text in `facts["lines"]`, from above to below; `file("mask")` is the mask of all of them."""
        return self.run_job("find-text", progress, image=image, **fields)

    def find_subject(self, image: Union[Uploaded, str], progress: Optional[Progress] = None, **fields: Any) -> Answer:
        """What the picture is of: `file("mask")`, and how sure that is in `facts["score"]`."""
        return self.run_job("find-subject", progress, image=image, **fields)

    def fetch(self, url: str) -> bytes:
        """A picture of a finished job, by the `url` that its result gave."""
        return self.request("GET", url)

    def request(
        self, method: str, path: str, data: Optional[bytes] = None, headers: Optional[dict[str, str]] = None
    ) -> bytes:
        """One request below the API's address. Raises RequestFailed; a busy server is asked again for a while."""
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return self._once(method, path, data, headers or {})
            except RequestFailed as error:
                if error.code != "busy" or time.monotonic() + error.retry_after > deadline:
                    raise
                time.sleep(error.retry_after)

    def _once(self, method: str, path: str, data: Optional[bytes], headers: dict[str, str]) -> bytes:
        request = urllib.request.Request(self.base + path, data, {**self._headers, **headers}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
            wait = error.headers.get("Retry-After", "")
            seconds = float(wait) if wait.isdigit() else 1.0
            raise _failure(text, error.code, seconds) from None

    def _json(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        return json.loads(self.request(method, path, data, {"Content-Type": "application/json"} if data else None))

    def _send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST a body in which pictures are Uploaded or bytes; those that the server no longer has are sent again."""
        try:
            return self._json("POST", path, _plain(body))
        except RequestFailed as error:
            known = _pictures(body)
            if error.code != "unknown_image" or not known:
                raise
            for picture in known:
                self.upload(picture.data)
            return self._json("POST", path, _plain(body))

    def _short(self, path: str, body: dict[str, Any]) -> Answer:
        """An answer whose pictures are in it."""
        facts = self._send(path, body)
        pictures = _files(facts, "data")
        return Answer(facts, {name: base64.b64decode(picture.pop("data")) for name, picture in pictures.items()})

    def _finish(self, job: dict[str, Any], progress: Optional[Progress]) -> Answer:
        """Watch a job to its end. When `progress` raises, the job is cancelled."""
        path = f"jobs/{job['id']}"
        while job["state"] in ("queued", "running"):
            try:
                if progress is not None:
                    progress(job["progress"], job["text"])
                time.sleep(_LOOK)
            except BaseException:
                self._json("DELETE", path)
                raise
            job = self._json("GET", path)
        if job["state"] != "done":
            error = job.get("error", {"error": "The job was cancelled.", "code": "cancelled"})
            raise RequestFailed(error["error"], 0, error["code"], error.get("field", ""))
        if progress is not None:
            progress(1.0, "")
        facts: dict[str, Any] = job["result"]
        pictures = _files(facts, "url")
        return Answer(facts, {name: self.fetch(picture["url"]) for name, picture in pictures.items()})


def _failure(text: bytes, status: int, retry_after: float) -> RequestFailed:
    """What an answer that is no success says."""
    try:
        body: dict[str, Any] = json.loads(text)
    except ValueError:  # a proxy, or somebody else's server
        body = {}
    message = body.get("error") or f"The server answered {status}."
    return RequestFailed(message, status, body.get("code", ""), body.get("field", ""), retry_after)


def _files(facts: dict[str, Any], key: str) -> dict[str, dict[str, Any]]:
    """What stands for pictures in an answer: the objects with that key."""
    return {name: value for name, value in facts.items() if isinstance(value, dict) and key in value}


def _pictures(value: Any) -> list[Uploaded]:
    """All pictures that a body refers to, wherever in it."""
    return [value] if isinstance(value, Uploaded) else [picture for one in _inside(value) for picture in _pictures(one)]


def _inside(value: Any) -> list[Any]:
    """The values in an object or a list, as JSON has them."""
    if isinstance(value, dict):
        return list(cast("dict[str, Any]", value).values())
    return list(cast("Sequence[Any]", value)) if isinstance(value, (list, tuple)) else []


def _plain(value: Any) -> Any:
    """The value as JSON has it: a picture by its id, or in base64."""
    if isinstance(value, Uploaded):
        return value.id
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in cast("dict[str, Any]", value).items()}
    return [_plain(one) for one in _inside(value)] if isinstance(value, (list, tuple)) else value
