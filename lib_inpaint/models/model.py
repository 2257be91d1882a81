"""What a segmenter, an eraser and a detector are. One file a family implements them; registry.py lists who there is.

Models see arrays only: images uint8 HxWx3 RGB, masks uint8 HxW with 255 = inside. They never write to what they are
given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, NamedTuple, Optional, Protocol, Sequence, runtime_checkable

from ..geometry import Array, Box, Floats, Image, Mask, Point, Size
from ..progress import Progress
from ..schema import Selection


@runtime_checkable
class Movable(Protocol):
    """A model that can work on another device."""

    device: str  # as torch spells it

    def to(self, device: str) -> None:
        """Move it there, ready to work. Nobody else may use it meanwhile, but for the decoding of a segmenter.

        Raises MemoryError where it does not fit, devices.DeviceFailed where it cannot work there; moving it elsewhere
        mends that.
        """
        ...


class Candidates(NamedTuple):
    """What a segmenter proposes for one selection, the best guess of the family first.

    logits: float32 NxHxW at the family's own low resolution; above 0 is inside.
    scores: float32 N, the predicted IoU with the true mask, 0..1.
    """

    logits: Floats
    scores: Floats


class Embedding(Protocol):
    """An encoded image: all that a family needs to answer clicks on it."""

    size: Size  # of the original image
    nbytes: int  # what keeping it costs


@runtime_checkable
class MovableEmbedding(Embedding, Protocol):
    """An encoded image that lies on a device."""

    def to(self, device: str) -> MovableEmbedding:
        """The same on another device; itself where it is there."""
        ...


class Segmenter(Protocol):
    """Encode an image once, then decode any number of selections on it cheaply.

    Both raise MemoryError where their device has too little, devices.DeviceFailed where it cannot do it.
    """

    def encode(self, image: Image, progress: Progress) -> Embedding:
        """The slow part: uint8 HxWx3 RGB -> embedding. Depends on the image alone."""
        ...

    def decode(self, embedding: Embedding, selection: Selection, previous: Optional[Floats] = None) -> Candidates:
        """One to three candidates for what `selection` points at.

        previous: float32 HxW logits of an earlier candidate on this image, fed back to refine it, or None.
        """
        ...

    def upscale(self, embedding: Embedding, logits: Floats) -> Mask:
        """Low-resolution logits float32 HxW -> mask uint8 HxW (0 or 255) at the size of the original image."""
        ...

    def extent(self, size: Size) -> tuple[float, float]:
        """Columns and rows of the logits that show an image of that size, from the upper left; the rest is padding."""
        ...


class BatchSegmenter(Segmenter, Protocol):
    """A segmenter that decodes many single clicks in one pass, and whose scores are predictions of the true IoU."""

    def decode_batch(self, embedding: Embedding, points: Array) -> tuple[Array, Array]:
        """All candidates of each point by itself.

        points: float Nx2, (x, y) in pixels of the original image; each includes what is under it.
        Returns logits float32 NxKxHxW and scores float32 NxK, the candidates in the family's own order.
        """
        ...


class ListingSegmenter(Segmenter, Protocol):
    """A segmenter that can name the things in a picture without being pointed at them."""

    def things(self, embedding: Embedding, count: int) -> Iterator[tuple[Array, float, Point]]:
        """Up to `count` things, the likeliest first: logits float32 hxw, a score in 0..1, a point inside.

        The point is in pixels of the original image, label 1.
        """
        ...


class Hit(NamedTuple):
    """A thing found by its name: where, how sure (0..1), and which of the names."""

    box: Box
    score: float
    name: str

    @property
    def selection(self) -> Selection:
        """The thing as something that is pointed at: its box."""
        return Selection(box=self.box)


class Detector(Protocol):
    """Finds things by what they are called."""

    threshold: float  # the score from which on its hits are usually right

    def __call__(self, image: Image, names: Sequence[str], threshold: float) -> list[Hit]:
        """uint8 HxWx3 RGB -> the things in it that go by one of `names`, scored at least `threshold`, best first.

        Raises MemoryError where its device has too little, devices.DeviceFailed where it cannot do it.
        """
        ...


class TextRegion(NamedTuple):
    """A line of text: the box that it lies in, its shape there, how sure (0..1), and how high it is in pixels.

    mask: uint8 HxW of the box's size. A line may be turned or curved: the height is across it.
    """

    box: Box
    mask: Mask
    score: float
    height: float


class TextDetector(Protocol):
    """Finds lines of text, in whatever script, without reading them."""

    threshold: float  # the score from which on its regions are usually right

    def __call__(self, image: Image, threshold: float, progress: Progress) -> list[TextRegion]:
        """uint8 HxWx3 RGB -> the lines of text in it that are scored at least `threshold`, from above to below.

        Raises MemoryError where there is too little.
        """
        ...


class Subject(NamedTuple):
    """What a picture is of. mask: uint8 HxW, 0 or 255; empty where nothing stands out. score: the IoU with the true
    mask that is to be expected, 0..1.
    """

    mask: Mask
    score: float


class SubjectDetector(Protocol):
    """Finds what a picture is of, without being pointed at it: salient object segmentation."""

    def __call__(self, image: Image, progress: Progress) -> Subject:
        """uint8 HxWx3 RGB -> its subject. Raises MemoryError where there is too little."""
        ...


@dataclass(frozen=True)
class Needs:
    """What an eraser asks of its input; cropping, padding and resizing to it are done once, in fill.py.

    multiple: both sides of the input are a multiple of this.
    square:   both sides of the input are the same, and at least this; None if it may have any shape.
    native:   the model works at exactly native x native pixels, of which a part may be padding; None if at any size.
    best:     longest side at which it does well; larger crops are shrunk to it. None if it has no limit.
    context:  how much surrounding it wants on each side, as a part of the hole's longer side.
    margin:   at least this many pixels of surrounding on each side, where the picture has them.
    widest:   a hole more pixels wide, at its deepest place, it fills with a guess; None if it has no limit.
    """

    multiple: int = 1
    square: Optional[int] = None
    native: Optional[int] = None
    best: Optional[int] = None
    context: float = 1.0
    margin: int = 32
    widest: Optional[int] = None


class Eraser(Protocol):
    """Fills what is masked from what is around it."""

    needs: Needs

    def __call__(self, image: Image, mask: Mask, progress: Progress) -> Image:
        """uint8 HxWx3 RGB and binary uint8 HxW mask -> a new image of the same shape.

        Only the masked pixels of the result are used. An all-masked picture must give some picture, not an error.
        Raises MemoryError where its device has too little; then it is called again with less, or moved. Raises
        devices.DeviceFailed where the device cannot do it; then it is moved.
        """
        ...


@runtime_checkable
class MovableEraser(Eraser, Movable, Protocol):
    """An eraser that can work on another device."""
