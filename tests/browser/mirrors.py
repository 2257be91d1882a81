"""A mirror of model files on this machine that sends as much as it is let to."""

from __future__ import annotations

import http.server
import threading
import time
from contextlib import contextmanager, suppress
from typing import Any, Iterator

PIECE = 16384  # bytes


class Mirror:
    """content: of every file. limit: no byte after that one is sent until it is raised. starts: of requests."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.limit = len(content)
        self.starts: list[int] = []

    def send(self, start: int, write: Any) -> None:
        """All from there on, not at once, so that it can be watched."""
        self.starts.append(start)
        while start < len(self.content):
            if start < self.limit:
                write(self.content[start : start + PIECE])
                start += PIECE
            time.sleep(0.01)


class _Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        mirror: Mirror = self.server.mirror  # type: ignore[attr-defined]
        size, wanted = len(mirror.content), self.headers.get("Range")
        start = int(wanted[len("bytes=") : -1]) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(size - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.end_headers()
        with suppress(OSError):  # who asked may have gone
            mirror.send(start, self.wfile.write)


@contextmanager
def mirroring(mirror: Mirror) -> Iterator[str]:
    """What INPAINT_ANYTHING_MIRROR is to be, until the end of the block."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.mirror = mirror  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{{name}}"
    finally:
        mirror.limit = len(mirror.content)
        server.shutdown()
        thread.join()
        server.server_close()
