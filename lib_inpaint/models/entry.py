"""What is known of a model before it is loaded: its names, its files, what it needs, and who loads it.

catalogue/ lists the models, files/download.py fetches their files, registry.py finds and loads them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Mapping, Optional

Kind = Literal["segmenter", "eraser", "detector", "text_detector", "subject_detector"]


@dataclass(frozen=True)
class Alias:
    """Another name under which people have what is in a file, in whatever layout; it is not downloaded.

    name:     as of ModelFile.
    least:    bytes below which it counts as cut short.
    holds:    the end of the name of a weight that must be in it, where the name of the file alone does not say enough.
    packages: as of Model, needed for this layout besides.
    """

    name: str
    least: int = 1
    holds: str = ""
    packages: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class ModelFile:
    """One downloadable file.

    name:   its name on disk; `folder/name` where a model is a folder of files.
    source: where it is, either `https://...` or `hf:owner/repo@revision/path` on Hugging Face. Without the revision it
            is the newest one, and what it gives is held to a checksum.
    md5, sha256: published checksums, hexadecimal; None where none is published.
    size:   in bytes, rounded down or None where not known exactly: a file below 95 % of it counts as cut short.
    also:   other names, in the order in which they are looked for.
    """

    name: str
    source: str
    md5: Optional[str] = None
    sha256: Optional[str] = None
    size: Optional[int] = None
    also: tuple[Alias, ...] = ()


@dataclass(frozen=True)
class Model:
    """A segmenter, an eraser, or a detector of things, of text or of the subject.

    loader:   `module:function` under lib_inpaint.models; called as function(paths, device, dtype, **options):
              `paths` are the model's files on disk in the order of `files`, device and dtype as torch spells them.
    packages: what must be importable, as {import name: name on PyPI}; `name>=1.2` where older ones lack it.
    twin:     for a network that always runs on the processor, and there faster, the model that has the same for torch.
    """

    name: str
    label: str
    kind: Kind
    loader: str
    about: str
    files: tuple[ModelFile, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict[str, str])
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    licence: str = "Apache-2.0"
    twin: str = ""

    @property
    def weight(self) -> int:
        """Bytes of all its files, as far as known."""
        return sum(file.size or 0 for file in self.files)
