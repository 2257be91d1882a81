"""Many picture files, one piece of work for each: where every result goes, checked before the first one is made."""

from __future__ import annotations

import glob
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional, Sequence

from ..errors import BadImage, InpaintError, OutputFailed, sentence_of
from ..imaging import imagefile
from ..imaging.folder import SUFFIXES
from ..progress import Progress, part


@dataclass(frozen=True)
class FileTask:
    """One picture and the file its result goes to."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Outcome:
    """What became of a task: `details` of a result that was written, or the `error` in a sentence."""

    task: FileTask
    details: dict[str, object]
    error: str = ""

    @property
    def files(self) -> list[str]:
        """What was written, where all went well."""
        files = self.details.get("files")
        return list(map(str, files)) if isinstance(files, list) else [str(self.task.target)]


def plan_files(
    inputs: Sequence[Path], output: Path, lossless: bool = False, endings: Sequence[str] = ("",)
) -> list[FileTask]:
    """Where the result of each input goes. Folders stand for the pictures in them, their sub-folders kept.

    lossless: results have to be exact (masks, alpha), so that in a folder they become PNG.
    endings: what will be written for each picture, as of `beside`; the empty one is the target itself.
    Raises OutputFailed or BadImage before anything is written: two results in one file, a result over its own input.
    """
    found = [pair for path in inputs for pair in _pictures(path)]
    if not found:
        raise BadImage(f"There are no pictures in {', '.join(map(str, inputs))}.")
    to_folder = output.is_dir() or not output.suffix or len(found) > 1 or inputs[0].is_dir()
    if to_folder and output.exists() and not output.is_dir():
        raise OutputFailed(f"{output} is a file; for several pictures give a folder.")
    tasks = [FileTask(source, output / _result_name(name, lossless) if to_folder else output) for source, name in found]
    taken: dict[str, Path] = {}
    for task in tasks:
        _check_format(task, lossless)
        for path in (beside(task.target, ending) for ending in endings):
            target = os.path.normcase(os.path.abspath(path))
            if target in taken:
                raise OutputFailed(f"{taken[target]} and {task.source} would both be written to {path}.")
            taken[target] = task.source
    sources = {os.path.realpath(task.source) for task in tasks}
    for task in tasks:
        for path in (beside(task.target, ending) for ending in endings):
            if os.path.realpath(path) in sources or _same_file(task.source, path):
                raise OutputFailed(f"{path} is an input; inputs are never written to, so give another -o.")
    return tasks


def beside(target: Path, ending: str) -> Path:
    """Another file of the same result: `.0.png` beside cat.png is cat.0.png; an empty ending is the target itself."""
    return target.with_name(target.stem + ending) if ending else target


def process_files(
    tasks: Iterable[FileTask], work: Callable[[FileTask, Progress], dict[str, object]], progress: Progress, count: int
) -> Iterator[Outcome]:
    """Do the tasks in order. One that fails is told as such, whatever it fails with, and the next goes on."""
    for number, task in enumerate(tasks):
        name = f"{task.source.name}: " if count > 1 else ""
        try:
            details = work(task, part(progress, number / count, (number + 1) / count, name))
        except InpaintError as error:
            yield Outcome(task, {}, str(error))
        except MemoryError:
            yield Outcome(task, {}, f"{task.source.name}: there is not enough memory for a picture of this size.")
        except Exception as error:  # a fault of ours or of a package, which the other pictures may not have
            yield Outcome(task, {}, f"{task.source.name}: {sentence_of(error)}")
        else:
            yield Outcome(task, details)


def companion(path: Path, source: Path) -> Path:
    """The mask for a picture: `path` itself, or in a folder the file of the same name, whatever its ending."""
    if not path.is_dir():
        return path
    candidates = [path / (source.stem + suffix) for suffix in SUFFIXES]
    match: Optional[Path] = next((file for file in candidates if file.exists()), None)
    if match is None:
        raise BadImage(f"{path} has no mask called {source.stem}.png.")
    return match


def _pictures(path: Path) -> list[tuple[Path, Path]]:
    """(file, name in an output folder) of each picture that `path` stands for: a file, a folder, or a pattern.

    A shell resolves patterns itself, but that of Windows does not.
    """
    if not path.exists() and glob.has_magic(str(path)):
        matches = (Path(name) for name in sorted(glob.glob(str(path), recursive=True)))
        return [(file, Path(file.name)) for file in matches if file.suffix.lower() in SUFFIXES and file.is_file()]
    if not path.is_dir():
        return [(path, Path(path.name))]
    files = sorted(
        file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")
    )
    return [(file, file.relative_to(path)) for file in files]


def _result_name(name: Path, lossless: bool) -> Path:
    keeps = name.suffix.lower() in imagefile.FORMATS and not lossless
    return name if keeps else name.with_suffix(".png")


def _check_format(task: FileTask, lossless: bool) -> None:
    if imagefile.format_for(task.target) == "JPEG" and lossless:
        raise OutputFailed(f"{task.target.name}: JPEG blurs masks and has no alpha; use .png or .webp.")


def _same_file(one: Path, other: Path) -> bool:
    """Also for hard links, which have two real paths."""
    return one.exists() and other.exists() and os.path.samefile(one, other)
