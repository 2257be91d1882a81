"""What goes wrong, as the routes tell it: {"error": a sentence, "code": a word for programs, "field": where, if known}.

Nothing here names a folder of the server: messages that do are shortened to the file's name on the way out.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any, Iterable, Optional, Sequence

from ..errors import InpaintError

_LONGEST = 600  # characters of a message; part of it may be what a caller sent
_PATHS = re.compile(r"(?<![\w:/.@-])(?:[A-Za-z]:)?(?:[/\\][\w.@~+ -]+(?=[/\\]))+[/\\](?=[\w.@~+-])")


class HttpError(InpaintError):
    """A request that is not done, for a reason that lies in HTTP and not in pictures."""

    def __init__(self, message: str, status: int, code: str, field: str = "", headers: Optional[dict[str, str]] = None):
        super().__init__(message)
        self.status, self.code, self.field, self.headers = status, code, field, headers or {}


def busy(what: str, seconds: int = 2) -> HttpError:
    """Too much is waiting already; `seconds` is when to ask again."""
    return HttpError(f"{what}; try again in a moment.", 503, "busy", headers={"Retry-After": str(seconds)})


def unknown(what: str, code: str, field: str = "") -> HttpError:
    """Something that is referred to by an id is not there: never was, or made room for others."""
    return HttpError(what, 404, code, field)


def for_field(field: str, error: InpaintError) -> HttpError:
    """The same error, told of one field of the request."""
    return HttpError(str(error), error.status, code_of(error), field)


def code_of(error: BaseException) -> str:
    """A word for programs: `unknown_model` for UnknownModel."""
    return getattr(error, "code", "") or re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def error_answer(error: BaseException, folders: Sequence[Path] = ()) -> tuple[int, dict[str, str]]:
    """HTTP status and body for an error. What is no InpaintError is a fault of ours: logged, and told in general."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # torch's own
        return 507, {"error": "There is not enough memory for a picture of this size.", "code": "out_of_memory"}
    if not isinstance(error, InpaintError):
        logging.getLogger(__name__).error("A request failed", exc_info=error)
        return 500, {"error": "Something went wrong in the server; its log says what.", "code": "internal"}
    body = {"error": without_paths(str(error), folders)[:_LONGEST], "code": code_of(error)}
    field = getattr(error, "field", "")
    return error.status, {**body, "field": field} if field else body


def without_paths(message: str, folders: Iterable[Path] = ()) -> str:
    """The message with every file named by its last name alone. Web addresses stay.

    `folders` are named because a space or a bracket in a folder's name hides where a path ends.
    """
    for folder in sorted({str(folder) for folder in (*folders, Path.home(), Path.cwd())}, key=len, reverse=True):
        if len(folder) > 3:  # not "/" or "C:\\"
            message = message.replace(folder + os.sep, "").replace(folder, f"the folder {os.path.basename(folder)}")
    return _PATHS.sub("", message)


def first_fault(errors: Sequence[Any]) -> HttpError:
    """pydantic's list of what does not fit, 1 or 2, as an error that names the first field."""
    fault = errors[0]
    field = ".".join(str(part) for part in fault["loc"] if part != "__root__")
    text = str(fault["msg"])
    return HttpError(f"{field or 'The body'}: {text[:1].lower()}{text[1:]}.", 422, "bad_request", field)
