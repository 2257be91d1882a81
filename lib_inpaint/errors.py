"""What went wrong, in words for people.

Every error a user can cause is one of these. The message is one sentence that says what happened and what to do; it is
shown as it is by the page, the command line and the REST routes. `status` is the HTTP status that the routes answer.
"""

from __future__ import annotations


def sentence_of(error: Exception) -> str:
    """An error of ours as it is; another one, which nobody foresaw, with its kind and the place for a bug report."""
    if isinstance(error, InpaintError):
        return str(error)
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f" ({where.tb_frame.f_globals.get('__name__', '?')}, line {where.tb_lineno})" if where else ""
    return f"{type(error).__name__}: {str(error).strip() or 'no words'}{place}"


class InpaintError(Exception):
    """Base of every error that is told to a person. Its text is the whole message."""

    status = 400

    def __init__(self, message: str, field: str = "") -> None:
        """field: which value of a request it is about, by its name in schema/, where that is known."""
        super().__init__(message)
        self.field = field


class BadRequest(InpaintError):
    """A value of the request is wrong or out of range."""

    status = 422


class BadImage(InpaintError):
    """A picture or mask cannot be read, or is of a kind that is not handled."""

    status = 415


class EmptySelection(InpaintError):
    """Nothing is selected, so there is nothing to do."""

    status = 422


class UnknownModel(InpaintError):
    """No model of that name exists."""

    status = 404


class ModelUnavailable(InpaintError):
    """The model exists, but its file or a package it needs is not there."""

    status = 409


class DownloadFailed(InpaintError):
    """A file could not be fetched, or what came is not the file that was asked for."""

    status = 502


class NotHere(InpaintError):
    """What is asked for needs a host that this is not."""

    status = 501


class OutputFailed(InpaintError):
    """A result could not be written."""

    status = 507


class Cancelled(InpaintError):
    """The user stopped the work; nothing was changed."""

    status = 499

    def __init__(self, message: str = "Cancelled.") -> None:
        super().__init__(message)
