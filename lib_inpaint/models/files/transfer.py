"""One URL into one file on disk: gone on from where it broke off, and every failure in words.

Beside a file that is not complete lies `FILE.tag`, with what the server called the version that it is of.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import shutil
import socket
import ssl
import stat
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any, Iterator, Optional
from urllib.parse import urlsplit

from ... import __version__
from ...errors import DownloadFailed, InpaintError, OutputFailed
from ...progress import Progress

TIMEOUT = 30.0  # seconds in which nothing comes before a connection counts as dead
_CHUNK = 1 << 18  # bytes
_RESUMES = 50  # times that a connection which breaks, but brings something each time, is taken up again
_TOLD_EVERY = 0.1  # seconds between two reports


class _BrokeOff(DownloadFailed):
    """The connection ended too early; what has come is kept and can be gone on from."""


def transfer(
    url: str, partial: Path, progress: Progress, *, size: Optional[int], checkable: bool, configured: bool
) -> None:
    """Everything that is behind `url` into `partial`, of which there may be a beginning.

    size:       in bytes, about, for the progress where the server does not say.
    checkable:  the caller will notice if pieces of two versions come together; if not, a beginning is only used when
                the server can say that it is of the same version.
    configured: the user chose this address, so it may be http.
    Raises DownloadFailed, whose message goes behind the name of the host, and OutputFailed.
    """
    _refuse_insecure(url, configured)
    for _ in range(_RESUMES):
        had = size_of(partial)
        try:
            response = _open(url, partial, checkable)
            if response is not None:
                with response:
                    _receive(response, partial, size, progress)
            return
        except _BrokeOff:
            if size_of(partial) <= had:
                raise
    raise _BrokeOff("breaks off again and again")


def discard(partial: Path) -> None:
    """Remove an incomplete file with what belongs to it."""
    with disk(partial.parent):
        partial.unlink(missing_ok=True)
        _tag(partial).unlink(missing_ok=True)


def finish(partial: Path, path: Path) -> None:
    """Give a complete file its name, in one step."""
    with disk(partial.parent):
        os.replace(partial, path)
        _tag(partial).unlink(missing_ok=True)


def size_of(path: Path) -> int:
    """In bytes; 0 if there is none, or none that can be looked at."""
    try:
        found = path.stat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


@contextlib.contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Says in words what the file system refuses, as OutputFailed. Put it around nothing else."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OutputFailed(f"The disk of {folder} is full; make room and try again to go on from there.") from error
        raise OutputFailed(f"{folder} cannot be used: {(error.strerror or str(error)).lower()}.") from error


def _tag(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.tag")


def _refuse_insecure(url: str, configured: bool) -> None:
    """Only https, and http where the user chose it or nobody can listen in, on this machine."""
    with _network():
        address = urlsplit(url)
    local = address.hostname in ("localhost", "127.0.0.1", "::1")
    if address.scheme != "https" and not (address.scheme == "http" and (configured or local)):
        raise DownloadFailed("is not asked, as its address does not start with https://")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to https, or from http to http. urllib alone refuses file:, but goes from https to http and ftp."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urlsplit(newurl).scheme not in ("https", urlsplit(req.full_url).scheme):
            raise DownloadFailed("sends on to an address that does not start with https://")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str, partial: Path, checkable: bool) -> Optional[http.client.HTTPResponse]:
    """The answer that brings what `partial` still lacks, or all of it (status 200); None if it lacks nothing."""
    headers = {"User-Agent": f"inpaint-anything/{__version__}"}
    had = size_of(partial)
    tag = _tag(partial).read_text(encoding="utf-8") if had and _tag(partial).is_file() else ""
    if had and not (tag or checkable):
        discard(partial)
        had = 0
    if had:
        headers["Range"] = f"bytes={had}-"
    if tag:
        headers["If-Range"] = tag  # a server that has another version by now sends all of it
    request = urllib.request.Request(url, headers=headers)
    with _network():
        try:
            response: Any = urllib.request.build_opener(_Redirects).open(request, timeout=TIMEOUT)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != 416 or not had:
                raise DownloadFailed(f"answers {error.code} ({error.reason})") from error
            response = error
    if response.status == 416 and response.headers.get("Content-Range") == f"bytes */{had}":
        return None  # stopped after the last byte, before it was given its name
    if had and response.status in (206, 416) and not _continues(response, had, tag):
        response.close()
        discard(partial)
        return _open(url, partial, checkable)
    return response


def _continues(response: Any, had: int, tag: str) -> bool:
    """Whether this really is what comes behind byte `had` of the version called `tag`; servers err."""
    follows = response.headers.get("Content-Range", "").startswith(f"bytes {had}-")
    return follows and (not tag or _version(response) in (tag, ""))


def _version(response: Any) -> str:
    """What If-Range takes: a strong ETag, else the date; empty if the server gives neither."""
    etag = response.headers.get("ETag", "")
    return etag if etag.startswith('"') else response.headers.get("Last-Modified", "")


def _receive(response: http.client.HTTPResponse, partial: Path, size: Optional[int], progress: Progress) -> None:
    """Append the body to `partial`, or start it anew if the server sends everything. Raises _BrokeOff if it is cut."""
    start = done = size_of(partial) if response.status == 206 else 0
    total = None if response.length is None else start + response.length
    folder = partial.parent
    _refuse_if_full(folder, (total or size or 0) - start)
    with contextlib.ExitStack() as opened:
        with disk(folder):
            if not start:
                _begin(partial, _version(response))
            out = opened.enter_context(open(partial, "ab", buffering=0))
        began = told = time.monotonic()
        _tell(progress, done, total or size, 0.0)
        while chunk := _read(response):
            _write(out, chunk, folder)
            done += len(chunk)
            now = time.monotonic()
            if now - told >= _TOLD_EVERY:
                told = now
                _tell(progress, done, total or size, (done - start) / (now - began))
        with disk(folder):
            os.fsync(out.fileno())  # or a power cut could leave a file of the right name without content
    if total is not None and done < total:
        raise _BrokeOff("broke off")


def _begin(partial: Path, version: str) -> None:
    """Empty the file, then note its version: were this process killed in between, no old bytes are under a new tag."""
    partial.write_bytes(b"")
    _tag(partial).write_text(version, encoding="utf-8")


def _refuse_if_full(folder: Path, needed: int) -> None:
    """Better before than after an hour. needed: bytes."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise OutputFailed(f"{folder} has {free / 1e6:.0f} MB free, and {needed / 1e6:.0f} MB more are needed there.")


def _tell(progress: Progress, done: int, total: Optional[int], speed: float) -> None:
    """done and total in bytes, speed in bytes a second."""
    of = f" of {total / 1e6:.0f}" if total else ""
    progress(min(1.0, done / total) if total else 0.0, f"{done / 1e6:.1f}{of} MB, {speed / 1e6:.1f} MB/s")


def _read(response: http.client.HTTPResponse) -> bytes:
    """What has come by now, some at least; empty at the end."""
    with _network():
        return response.read1(_CHUNK)


def _write(out: IO[bytes], chunk: bytes, folder: Path) -> None:
    left = memoryview(chunk)
    while left:
        with disk(folder):
            left = left[out.write(left) :]


@contextlib.contextmanager
def _network() -> Iterator[None]:
    """Says in words how a connection failed, as _BrokeOff. Put it around nothing else."""
    try:
        yield
    except InpaintError:
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _BrokeOff(_in_words(error)) from error


def _in_words(error: Exception) -> str:
    """What happened, to go behind the name of the host."""
    reason = getattr(error, "reason", error)  # of an URLError, what is inside
    if isinstance(reason, TimeoutError):
        return f"sent nothing for {TIMEOUT:.0f} seconds"
    if isinstance(reason, socket.gaierror):
        return "is not found (no network?)"
    if isinstance(reason, ConnectionRefusedError):
        return "refuses the connection"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "has a certificate that is not trusted here"
    if isinstance(reason, (ConnectionError, http.client.IncompleteRead)):
        return "broke off"
    return f"cannot be reached ({reason})"
