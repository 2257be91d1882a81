"""Where model files lie, and how they get there: checked, one process at a time, and whole or not at all.

While a file comes, what is there is called `NAME.part`; it stays when a download breaks off, and the next one goes on
from it. `NAME.sha256` is written beside a file that has no published SHA-256; where no checksum is published at all,
later downloads are held to it.

    HF_ENDPOINT               another address for huggingface.co, for the `hf:` sources
    INPAINT_ANYTHING_MIRROR   for the others: addresses, separated by spaces, tried before the original. Either one that
                              the whole original address is put behind (https://proxy.example/), or one with {name} in
                              it, which becomes the file's name (https://nas.example/models/{name})
    HF_HUB_OFFLINE, INPAINT_ANYTHING_OFFLINE   1: download nothing
    http_proxy, https_proxy, no_proxy          as everywhere
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path
from typing import Iterator, Optional, Sequence

import filelock

from ...errors import DownloadFailed, ModelUnavailable
from ...progress import Progress, part, silent
from ..entry import Model, ModelFile
from .look import Look, hugging_face, is_whole, locate_file
from .transfer import discard, disk, finish, size_of, transfer


def is_offline(asked: bool = False) -> bool:
    """Whether nothing may be downloaded: because the caller says so, or the environment does."""
    switches = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "INPAINT_ANYTHING_OFFLINE"))
    return asked or any(value.upper() in ("1", "ON", "YES", "TRUE") for value in switches)


def fetch_model(
    model: Model, folder: Path, progress: Progress = silent, *, others: Sequence[Path] = (), offline: bool = False
) -> list[Path]:
    """All files of a model, in their order, with one progress over all of them. Arguments and errors as of `fetch`."""
    sizes = [file.size or 1 for file in model.files]
    paths = []
    for index, file in enumerate(model.files):
        start, end = sum(sizes[:index]) / sum(sizes), sum(sizes[: index + 1]) / sum(sizes)
        told = part(progress, start, end, f"{file.name}: ")
        paths.append(fetch(file, folder, told, others=others, offline=offline))
    return paths


def fetch(
    file: ModelFile,
    folder: Path,
    progress: Progress = silent,
    *,
    others: Sequence[Path] = (),
    offline: bool = False,
    mirrors: Optional[Sequence[str]] = None,
) -> Path:
    """The file on disk, downloaded into `folder` if `locate_file` does not find it there or in `others`.

    mirrors: as INPAINT_ANYTHING_MIRROR, which counts if None.
    Raises ModelUnavailable if nothing may be downloaded, DownloadFailed if nobody sends the right file, OutputFailed if
    it cannot be written. What `progress` raises passes, and the next call goes on where this one stopped.
    """
    folders = [folder, *others]
    found = locate_file(file, folders)
    if found is not None:
        return found
    if is_offline(offline):
        raise ModelUnavailable(
            f"{Look([file], folders).absence(file)}, and downloading is switched off; {_by_hand(file, folder)}."
        )
    with disk(folder):
        (folder / file.name).parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(file, folder, progress):
        # Another process may have brought it while this one waited.
        return locate_file(file, folders) or _download(file, folder, progress, addresses(file, mirrors))


def addresses(file: ModelFile, mirrors: Optional[Sequence[str]] = None) -> list[str]:
    """The URLs under which a file can be had, in the order in which they are tried; `mirrors` as for `fetch`."""
    if file.source.startswith("hf:"):
        # Not huggingface_hub's hf_hub_url: it reads the variable only once, when it is imported.
        endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
        repo, path, revision = hugging_face(file.source)
        return [f"{endpoint.rstrip('/')}/{repo}/resolve/{revision}/{path}"]
    if mirrors is None:
        mirrors = os.environ.get("INPAINT_ANYTHING_MIRROR", "").split()
    return [*(_mirrored(file, mirror) for mirror in mirrors), file.source]


def _mirrored(file: ModelFile, mirror: str) -> str:
    if "{name}" in mirror:
        return mirror.replace("{name}", file.name)
    return mirror + ("" if mirror.endswith(("/", "=")) else "/") + file.source


def _by_hand(file: ModelFile, folder: Path) -> str:
    return f"download {addresses(file, ())[0]} in another way and put it into {(folder / file.name).parent}"


@contextlib.contextmanager
def _one_at_a_time(file: ModelFile, folder: Path, progress: Progress) -> Iterator[None]:
    """Hold the file's lock. While another process has it, wait, and let `progress` end the waiting."""
    path = folder / file.name
    lock = filelock.FileLock(str(path.with_name(f".{path.name}.lock")))
    while not lock.is_locked:
        with disk(folder), contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=0.2)
        if not lock.is_locked:
            progress(0.0, "waiting for another process that downloads it")
    try:
        yield
    finally:
        lock.release()


def _download(file: ModelFile, folder: Path, progress: Progress, urls: Sequence[str]) -> Path:
    """From the first of `urls` that gives the right file to `folder`/name; called under the file's lock."""
    path, partial = folder / file.name, folder / f"{file.name}.part"
    checkable = bool(file.md5 or file.sha256)
    failures = []
    for url in urls:
        try:
            receive = part(progress, 0.0, 0.95)
            transfer(url, partial, receive, size=file.size, checkable=checkable, configured=url != file.source)
            _check(file, path, partial, part(progress, 0.95, 1.0))
            finish(partial, path)
            return path
        except DownloadFailed as error:
            host = url.split("://", 1)[-1].split("/")[0].split("@")[-1]  # without what may be a password
            failures.append(f"{host} {error}")
    again = "try again to go on from where it stopped" if size_of(partial) else "try again later"
    raise DownloadFailed(
        f"{file.name} could not be downloaded: {'; '.join(failures)}. You can {again}, or {_by_hand(file, folder)}."
    )


def _check(file: ModelFile, path: Path, partial: Path, progress: Progress) -> None:
    """Hold `partial` against what is known of the file, and record its SHA-256 where none is published.

    If it is not right it is removed, and DownloadFailed raised. All of it is read once more for this, as a part may be
    from an earlier run.
    """
    record = path.with_name(f"{path.name}.sha256")
    md5, sha256 = _checksums(partial, progress)
    wanted, blame = file.sha256, "sent something else than this file; its checksum or size is wrong"
    recorded = _recorded(record)
    if not (file.md5 or file.sha256) and recorded:
        wanted = recorded
        blame = f"sent another file than at the first time; if that is right, delete {record}"
    if wanted not in (None, sha256) or file.md5 not in (None, md5) or not is_whole(partial, file):
        discard(partial)
        raise DownloadFailed(blame)
    if file.sha256 is None:
        with disk(path.parent):
            record.write_text(f"{sha256}  {path.name}\n", encoding="utf-8")  # as sha256sum writes and reads it


def _recorded(record: Path) -> str:
    """The SHA-256 in a file as sha256sum writes it; empty where there is none, or the file was cut short."""
    if not record.is_file():
        return ""
    with disk(record.parent):
        found = re.match(r"\\?([0-9a-fA-F]{64})\b", record.read_text(encoding="utf-8", errors="replace"))
    return found[1].lower() if found else ""


def _checksums(path: Path, progress: Progress) -> tuple[str, str]:
    """MD5 and SHA-256 in hexadecimal."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    total, done = size_of(path), 0
    for chunk in _chunks(path):
        md5.update(chunk)
        sha256.update(chunk)
        done += len(chunk)
        progress(done / total, "checking")
    return md5.hexdigest(), sha256.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with disk(path.parent), open(path, "rb") as content:
        while chunk := content.read(1 << 22):
            yield chunk
