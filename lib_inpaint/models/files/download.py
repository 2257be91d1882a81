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
from typing import Iterator, Mapping, Optional, Sequence

import filelock

from ...errors import DownloadFailed, ModelUnavailable
from ...progress import Progress, part, silent
from ..entry import Alias, Model, ModelFile
from .kinds import holds_weight, kind_of
from .places import existing, is_silent
from .transfer import discard, disk, finish, size_of, transfer

_NEWEST = "main"  # the revision of a repository on Hugging Face that its owner may change
_ROUNDING = 0.95  # sizes may be rounded, or MiB called MB; what is cut short usually lacks more than that


def is_offline(asked: bool = False) -> bool:
    """Whether nothing may be downloaded: because the caller says so, or the environment does."""
    switches = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "INPAINT_ANYTHING_OFFLINE"))
    return asked or any(value.upper() in ("1", "ON", "YES", "TRUE") for value in switches)


def locate_file(file: ModelFile, folders: Sequence[Path]) -> Optional[Path]:
    """Where the file lies: in `folders`, in torch hub's checkpoints or in the Hugging Face cache; None if nowhere.

    It is known by its names, whoever put it there: its own anywhere before another one. One that is empty, or much
    smaller than published, is passed over.
    """
    return locate_files([file], folders)[0]


def locate_files(files: Sequence[ModelFile], folders: Sequence[Path]) -> list[Optional[Path]]:
    """As `locate_file`, for several files with one look into the folders."""
    there = existing(folders, [name for file in files for name in (file.name, *(alias.name for alias in file.also))])
    return [next((p for p, name in _places(file, there) if _is_whole(p, file, name)), None) for file in files]


def alias_of(file: ModelFile, path: Path) -> Optional[Alias]:
    """Under which other name the file lies at `path`; None if under its own."""
    return next((alias for alias in file.also if alias.name == path.name), None)


def absence(file: ModelFile, folders: Sequence[Path]) -> str:
    """Why `locate_file` finds nothing, as a sentence without its end."""
    cut = next((path for path, _ in _places(file, existing(folders, [file.name]))), None)
    if cut is not None:
        of = f" of {file.size / 1e6:.0f}" if file.size else ""
        return f"{cut} is cut short at {size_of(cut) / 1e6:.1f}{of} MB"
    silent = [str(folder) for folder in folders if is_silent(folder)]
    return f"{file.name} is not there" + (f", and {', '.join(silent)} does not answer" if silent else "")


def _places(file: ModelFile, there: Mapping[str, list[Path]]) -> Iterator[tuple[Path, Optional[Alias]]]:
    """Every file there is under one of its names, and which one; its own is None. The user's own folders first."""
    yield from ((path, None) for path in there[file.name])
    if file.source.startswith("hf:"):
        from huggingface_hub import try_to_load_from_cache

        repo, path, revision = _hugging_face(file.source)
        for wanted in dict.fromkeys((revision, _NEWEST)):
            cached = try_to_load_from_cache(repo, path, revision=wanted)
            if isinstance(cached, str):  # neither None nor the mark for "known not to exist"
                yield Path(cached), None
    yield from ((path, alias) for alias in file.also for path in there.get(alias.name, ()))


def _is_whole(path: Path, file: ModelFile, alias: Optional[Alias] = None) -> bool:
    if alias is None:
        return size_of(path) >= max(1, _ROUNDING * (file.size or 0))
    try:
        known = size_of(path) >= alias.least and kind_of(path) != "other"
        return known and (not alias.holds or holds_weight(path, alias.holds))
    except ModelUnavailable:  # it went away, or may not be read
        return False


def _hugging_face(source: str) -> tuple[str, str, str]:
    """hf:owner/repo@revision/some/file -> ("owner/repo", "some/file", "revision"); without one the newest."""
    owner, repo, path = source[len("hf:") :].split("/", 2)
    repo, _, revision = repo.partition("@")
    return f"{owner}/{repo}", path, revision or _NEWEST


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
        raise ModelUnavailable(f"{absence(file, folders)}, and downloading is switched off; {_by_hand(file, folder)}.")
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
        repo, path, revision = _hugging_face(file.source)
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
    if wanted not in (None, sha256) or file.md5 not in (None, md5) or not _is_whole(partial, file):
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
