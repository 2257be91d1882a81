"""Memory that is given back to the system once a picture is done with, where the C library can be told so (glibc).

Left to itself glibc learns from each large block that was freed to keep the next one, up to 32 MiB, and has a heap for
each thread: a server that worked on pictures of 12 megapixels then holds several times what it uses.
"""

from __future__ import annotations

import ctypes
import sys

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # mallopt's names, from malloc.h
_LARGE = 1 << 20  # bytes; a block of this size and more is the system's own again once it is freed
_HEAPS = 2


def give_back() -> bool:
    """From now on; whether the C library took it."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl has none
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGE) and mallopt(_ARENA_MAX, _HEAPS))
