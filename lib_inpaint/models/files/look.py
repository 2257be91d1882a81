"""Which of a model's files are there: one look into the folders for as many files as are asked about.

A file is known by its names, whoever put it there: its own anywhere before another one. One that is empty, or much
smaller than published, is passed over.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Optional, Sequence

from ...errors import ModelUnavailable
from ..entry import Alias, ModelFile
from .kinds import holds_weight, kind_of
from .places import existing, is_silent
from .transfer import size_of

_NEWEST = "main"  # the revision of a repository on Hugging Face that its owner may change
_ROUNDING = 0.95  # sizes may be rounded, or MiB called MB; what is cut short usually lacks more than that


class Look:
    """One look into `folders`, torch hub's checkpoints, packages and the Hugging Face cache for some files."""

    def __init__(self, files: Sequence[ModelFile], folders: Sequence[Path]) -> None:
        self._folders = folders
        names = [name for file in files for name in (file.name, *(alias.name for alias in file.also))]
        self._there = existing(folders, list(dict.fromkeys(names)))

    def path(self, file: ModelFile) -> Optional[Path]:
        """Where that file lies; None if nowhere."""
        return next((path for path, name in self._places(file) if is_whole(path, file, name)), None)

    def absence(self, file: ModelFile) -> str:
        """Why `path` is None, as a sentence without its end."""
        cut = next((path for path, alias in self._places(file) if alias is None), None)  # by its own name it is meant
        if cut is not None:
            of = f" of {file.size / 1e6:.0f}" if file.size else ""
            return f"{cut} is cut short at {size_of(cut) / 1e6:.1f}{of} MB"
        silent = [str(folder) for folder in self._folders if is_silent(folder)]
        return f"{file.name} is not there" + (f", and {', '.join(silent)} does not answer" if silent else "")

    def _places(self, file: ModelFile) -> Iterator[tuple[Path, Optional[Alias]]]:
        """Every file there is under one of its names, and which one; its own is None. The user's own folders first."""
        yield from ((path, None) for path in self._there[file.name])
        if file.source.startswith("hf:"):
            from huggingface_hub import try_to_load_from_cache

            repo, path, revision = hugging_face(file.source)
            for wanted in dict.fromkeys((revision, _NEWEST)):
                cached = try_to_load_from_cache(repo, path, revision=wanted)
                if isinstance(cached, str):  # neither None nor the mark for "known not to exist"
                    yield Path(cached), None
        yield from ((path, alias) for alias in file.also for path in self._there[alias.name])


def locate_file(file: ModelFile, folders: Sequence[Path]) -> Optional[Path]:
    """Where one file lies, as of Look."""
    return Look([file], folders).path(file)


def alias_of(file: ModelFile, path: Path) -> Optional[Alias]:
    """Under which other name the file lies at `path`; None if under its own."""
    return next((alias for alias in file.also if alias.name == path.name), None)


def is_whole(path: Path, file: ModelFile, alias: Optional[Alias] = None) -> bool:
    """Whether what lies at `path` is all of the file. alias: under which other name it lies there."""
    if alias is None:
        return size_of(path) >= max(1, _ROUNDING * (file.size or 0))
    try:
        known = size_of(path) >= alias.least and kind_of(path) != "other"
        return known and (not alias.holds or holds_weight(path, alias.holds))
    except ModelUnavailable:  # it went away, or may not be read
        return False


def hugging_face(source: str) -> tuple[str, str, str]:
    """hf:owner/repo@revision/some/file -> ("owner/repo", "some/file", "revision"); without one the newest."""
    owner, repo, path = source[len("hf:") :].split("/", 2)
    repo, _, revision = repo.partition("@")
    return f"{owner}/{repo}", path, revision or _NEWEST
