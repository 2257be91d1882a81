"""The names of a network's inputs and outputs, read from its ONNX file alone: of which output is the first, OpenCV says
nothing.

A file is one message of Protocol Buffers (onnx.proto): ModelProto.graph is field 7; of GraphProto 5 are the weights, 11
the inputs and 12 the outputs; the first field of each of these is a name, that of a weight being its eighth.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Iterator

from ...errors import ModelUnavailable

_GRAPH, _WEIGHT, _INPUT, _OUTPUT = 7, 5, 11, 12
_VALUE_NAME, _WEIGHT_NAME = 1, 8
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5  # kinds of fields
_LONGEST = 10  # bytes of a number


def signature(path: Path) -> tuple[list[str], list[str]]:
    """The names of the inputs, without weights, and of the outputs, in their order.

    Raises ModelUnavailable for what is damaged or no ONNX file.
    """
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            names: dict[int, list[str]] = {_WEIGHT: [], _INPUT: [], _OUTPUT: []}
            for start, end in (span for number, *span in _fields(data, 0, len(data)) if number == _GRAPH):
                for number, first, last in _fields(data, start, end):
                    if number in names:
                        wanted = _WEIGHT_NAME if number == _WEIGHT else _VALUE_NAME
                        found = [data[a:b].decode() for n, a, b in _fields(data, first, last) if n == wanted]
                        names[number] += found[:1]
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"{path} is damaged, cut short or no ONNX file; delete it and download it again."
        ) from error
    weights = set(names[_WEIGHT])
    return [name for name in names[_INPUT] if name not in weights], names[_OUTPUT]


def _fields(data: mmap.mmap, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of the fields of a message that have a length. Raises ValueError for what is no message."""
    while start < end:
        tag, start = _number(data, start, end)
        kind = tag & 7
        if kind == _VARINT:
            _, start = _number(data, start, end)
        elif kind == _LENGTH:
            length, start = _number(data, start, end)
            if length > end - start:
                raise ValueError("cut short")
            yield tag >> 3, start, start + length
            start += length
        elif kind in (_FIXED64, _FIXED32):
            start += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("no message")


def _number(data: mmap.mmap, start: int, end: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    value = 0
    for place in range(min(_LONGEST, end - start)):
        byte = data[start + place]
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, start + place + 1
    raise ValueError("no number")
