"""What is kept between requests: content by what it is, never by whose it is, within a number of bytes.

An image is known by the hash of its pixels, so two people with the same photo share its embedding and nothing else.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import Future, wait
from typing import Any, Callable, Generic, Hashable, Optional, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from .progress import Progress, silent

_PERIOD = 0.1  # seconds between two reports of somebody who waits


class Weighed(Protocol):
    """Anything that knows how many bytes keeping it costs."""

    @property
    def nbytes(self) -> int: ...


Item = TypeVar("Item", bound=Weighed)


def content_id(array: NDArray[Any]) -> str:
    """32 hexadecimal digits that are the same for equal pixels in an equal shape, and differ otherwise."""
    digest = hashlib.blake2b(repr((array.shape, array.dtype.str)).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


class Store(Generic[Item]):
    """Items by key, least recently used out first when they weigh more than `limit` bytes together. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.nbytes = 0
        self._items: OrderedDict[Hashable, Item] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[Hashable, Future[Item]] = {}

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: Hashable) -> Optional[Item]:
        """The item, now the most recently used one, or None."""
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
            return self._items.get(key)

    def put(self, key: Hashable, item: Item) -> None:
        """Keep the item, dropping old ones to make room. One that alone weighs more than the limit is not kept."""
        with self._lock:
            self._drop(key)
            if item.nbytes > self.limit:
                return
            self._items[key] = item
            self.nbytes += item.nbytes
            while self.nbytes > self.limit:
                self._drop(next(iter(self._items)))

    def items(self) -> list[Item]:
        """All there are now."""
        return [item for _, item in self.named()]

    def named(self) -> list[tuple[Hashable, Item]]:
        """All there are now, with their keys."""
        with self._lock:
            return list(self._items.items())

    def replace(self, key: Hashable, old: Item, new: Item) -> None:
        """Put another item, which weighs the same, in the place of one that is still there."""
        with self._lock:
            if self._items.get(key) is old:
                self._items[key] = new

    def change(self, changed: Callable[[Item], Item]) -> None:
        """Put what `changed` makes of it in the place of each item that is still there then; it weighs the same."""
        for key, item in self.named():
            self.replace(key, item, changed(item))

    def get_or_make(self, key: Hashable, make: Callable[[], Item], progress: Progress = silent) -> Item:
        """The item, made by `make` if it is not there. Threads that ask at once share one making.

        `progress` is told while another one's making is waited for, and what it raises ends the waiting. When `make`
        raises, nothing is kept and the error goes to its caller alone: whoever waited tries for itself, since the
        reason may be that the other one's user stopped it.
        """
        while True:
            with self._lock:
                if key in self._items:
                    self._items.move_to_end(key)
                    return self._items[key]
                future = self._making.get(key)
                if future is None:
                    mine = self._making[key] = Future()
                    break
            while not wait([future], _PERIOD).done:
                progress(0.0, "Waiting for the same work")
            if future.exception() is None:
                return future.result()
        try:
            item = make()
            self.put(key, item)
        except BaseException as error:
            self._finish(key)
            mine.set_exception(error)
            raise
        self._finish(key)
        mine.set_result(item)
        return item

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._items.clear()
            self.nbytes = 0

    def _drop(self, key: Hashable) -> None:
        item = self._items.pop(key, None)
        if item is not None:
            self.nbytes -= item.nbytes

    def _finish(self, key: Hashable) -> None:
        with self._lock:
            del self._making[key]
