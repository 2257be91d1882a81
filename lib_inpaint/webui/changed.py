"""Changing an object or the settings of the WebUI for a while: the one way in which this project patches a host."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator

_ABSENT = object()


@contextmanager
def changed(target: Any, **values: Any) -> Iterator[None]:
    """While this is open, the object has these attributes; afterwards, however it ends, those that it had itself.

    A method that is given to one object this way hides its class's; nothing that two objects share is touched. Open
    twice on one object, the inner values count until the inner one ends.
    """
    before = {name: vars(target).get(name, _ABSENT) for name in values}
    try:
        for name, value in values.items():
            setattr(target, name, value)  # may fail, where a WebUI only lets it be read
        yield
    finally:
        for name, value in before.items():
            if value is not _ABSENT:
                setattr(target, name, value)
            elif name in vars(target):
                delattr(target, name)


@contextmanager
def changed_options(options: Any, values: dict[str, Any]) -> Iterator[None]:
    """While this is open, the WebUI's settings have these values, without being saved; `options` is its shared.opts."""
    before = {name: options.data.get(name, _ABSENT) for name in values}
    options.data.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is not _ABSENT:
                options.data[name] = value
            else:
                options.data.pop(name, None)
