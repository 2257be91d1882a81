"""The pictures of a folder that the server was given: some of the list, one as it is, small ones to choose from."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from ..imaging.folder import PictureFolder
from .http_errors import HttpError, unknown
from .incoming import MAX_UPLOAD
from .outputs import PLAIN, as_json
from .state import AppState

_COUNT, _MOST = 100, 500  # pictures of the list that are told at once
_KINDS = {".jpg": "jpeg", ".tif": "tiff"}  # of endings that are called otherwise in a media type
_AS_IT_IS = {**PLAIN, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}


class FolderRoutes:
    """One coroutine for each endpoint below /folder, by the name that endpoints.py gives it."""

    def __init__(self, state: AppState) -> None:
        self.state = state

    async def folder(self, request: Request) -> Response:
        """Some of the names: `count` from the number `from` on, or around the picture `at`, with its number."""
        asked = request.query_params
        first, count = _number(asked.get("from", "0"), "from"), _number(asked.get("count", str(_COUNT)), "count")

        def work() -> Response:
            folder = self._folder()
            names = folder.names()
            at = names.index(asked["at"]) if asked.get("at") in names else None
            start = first if at is None else max(0, at - min(count, _MOST) // 2)
            shown = names[start : start + min(count, _MOST)]
            output = self.state.output
            done = [False] * len(shown) if output is None else output.done(shown, folder.root)
            pictures = [{"name": name, "done": is_done} for name, is_done in zip(shown, done)]
            return as_json({"total": len(names), "from": start, "at": at, "pictures": pictures})

        return await self.state.pictures.result_of(work)

    async def listed(self, request: Request) -> Response:
        """A picture of the folder, as its file is."""

        def work() -> Response:
            path = self._file(self._folder(), request)
            if path.stat().st_size > MAX_UPLOAD:
                raise HttpError("The file is larger than what this server takes.", 413, "too_large", "name")
            ending = path.suffix.lower()
            return Response(path.read_bytes(), 200, _AS_IT_IS, f"image/{_KINDS.get(ending, ending[1:])}")

        return await self.state.pictures.result_of(work)

    async def thumbnail(self, request: Request) -> Response:
        """A small JPEG of it."""

        def work() -> Response:
            folder = self._folder()
            return Response(folder.thumbnail(self._file(folder, request)), 200, PLAIN, "image/jpeg")

        return await self.state.thumbnails.result_of(work)

    def _folder(self) -> PictureFolder:
        if self.state.listed is None:
            raise unknown("This server was given no folder of pictures: inpaint-anything serve --input.", "no_folder")
        return self.state.listed

    @staticmethod
    def _file(folder: PictureFolder, request: Request) -> Path:
        path = folder.find(request.path_params["name"])
        if path is None:
            raise unknown("There is no picture of this name in the folder.", "unknown_file", "name")
        return path


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise HttpError(f"{field}: give a whole number.", 422, "bad_request", field)
    return int(text)
