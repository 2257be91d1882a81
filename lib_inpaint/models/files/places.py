"""Where model files may lie: in folders that somebody names, and below them where other tools keep the same files.

A folder may be a link, in a circle even, or on another machine, which may not answer: then it is passed over.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import threading
from pathlib import Path
from typing import Sequence

MODELS_VARIABLE = "INPAINT_ANYTHING_MODELS"  # folders, separated as in PATH
_PATIENCE = 2.0  # seconds for one look into a folder; one on a disk that has to spin up first takes longer once

# Packages that bring files themselves, and where in them.
_PACKAGED = {"rapidocr": "models", "rapidocr_onnxruntime": "models"}
# Below a models folder, a WebUI, ComfyUI or an extension.
_MODELS = (
    *("", "inpaint-anything", "inpaint", "lama", "sam", "sams", "sam2", "ControlNetPreprocessor"),
    *("ControlNetPreprocessor/lama", "big-lama/models"),
)
_EXTENSIONS = (
    *("sd-webui-inpaint-anything/models", "sd-webui-controlnet/annotator/downloads/lama"),
    *("sd-webui-segment-anything/models/sam", "a1111-sd-webui-segment-anything/models/sam"),
    *("sd-webui-controlnet/annotator/downloads/segment_anything", "sd-webui-controlnet/annotator/downloads"),
)
SUBFOLDERS = (
    *_MODELS,
    *(f"models/{name}".rstrip("/") for name in _MODELS),
    *(f"extensions/{name}" for name in _EXTENSIONS),
)

# Folders that did not answer, until they do. It is a fact about this machine's disks, and who asks next must not wait
# for them again.
_silent: set[str] = set()


def folders_in(text: str) -> list[Path]:
    """The folders in a setting or a variable of the environment: separated as in PATH, `~` is the home folder."""
    return [Path(os.path.expanduser(folder.strip())) for folder in text.split(os.pathsep) if folder.strip()]


def named_folders() -> list[Path]:
    """Those that INPAINT_ANYTHING_MODELS names."""
    return folders_in(os.environ.get(MODELS_VARIABLE, ""))


def hub_folder() -> Path:
    """Where torch hub keeps what it downloads."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")
    return Path(os.environ.get("TORCH_HOME") or os.path.join(cache, "torch"), "hub", "checkpoints").expanduser()


def rembg_folder() -> Path:
    """Where rembg keeps what it downloads."""
    home = os.environ.get("U2NET_HOME") or os.path.join(os.environ.get("XDG_DATA_HOME") or "~", ".u2net")
    return Path(home).expanduser()


def packaged_folders() -> list[Path]:
    """The folders in installed packages that hold such files; nothing is imported."""
    found: list[Path] = []
    for name, below in _PACKAGED.items():
        with contextlib.suppress(ImportError, ValueError):  # what is left of an installation
            spec = importlib.util.find_spec(name)
            found += [Path(place, below) for place in (spec and spec.submodule_search_locations) or ()]
    return found


def existing(folders: Sequence[Path], names: Sequence[str]) -> dict[str, list[Path]]:
    """For each name (or `folder/name`) the files of that name: below `folders`, in their order, then in torch hub's
    and rembg's, and in packages that bring them.

    A folder that does not answer is passed over from then on, until it does.
    """
    left = [Path(folder, below) for folder in folders for below in SUBFOLDERS]
    left += [hub_folder(), rembg_folder(), *packaged_folders()]
    found: dict[str, list[Path]] = {name: [] for name in names}
    while left:
        look = _Look([folder for folder in left if not is_silent(folder)], names)
        for name, path in look.found():
            found[name].append(path)
        left = look.left
    return found


def is_silent(folder: Path) -> bool:
    """Whether a folder, or one that it lies in, did not answer when it was looked into."""
    return bool(_silent) and any(str(above) in _silent for above in (folder, *folder.parents))


class _Look:
    """One look into some folders, in a thread of its own: a call into a file system that hangs cannot be ended."""

    def __init__(self, folders: list[Path], names: Sequence[str]) -> None:
        self.left = list(folders)
        self._found: list[tuple[str, Path]] = []
        self._moved = threading.Condition()
        self._given_up = False
        threading.Thread(target=self._run, args=(folders, names), daemon=True).start()

    def found(self) -> list[tuple[str, Path]]:
        """What is in the folders up to the one that hangs; those behind it are left."""
        with self._moved:
            while self.left:
                number = len(self.left)
                if not self._moved.wait_for(lambda: not self.left, _PATIENCE) and len(self.left) == number:
                    self._given_up = True
                    _silent.add(str(self.left[0]))
                    del self.left[0]
                    break
            return list(self._found)

    def _run(self, folders: list[Path], names: Sequence[str]) -> None:
        for folder in folders:
            found = [(name, folder / name) for name in names_in(folder, names)]
            with self._moved:
                if self._given_up:
                    _silent.discard(str(folder))
                    return
                self._found += found
                del self.left[0]
                if not self.left:
                    self._moved.notify()


def names_in(folder: Path, names: Sequence[str]) -> list[str]:
    """Those of the names that are files in a folder. It is listed once: most of the names are in few of the folders."""
    try:
        there = {os.path.normcase(name) for name in os.listdir(folder)}
    except PermissionError:  # what is in it may be read all the same
        there = {os.path.normcase(name.split("/")[0]) for name in names}
    except (OSError, ValueError):  # such as a zero byte in its name
        return []
    likely = [name for name in names if os.path.normcase(name.split("/")[0]) in there]
    return [name for name in likely if os.path.isfile(folder / name)]  # not Path.is_file, which may raise for a link
