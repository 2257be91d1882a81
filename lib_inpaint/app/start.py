"""Where the command `inpaint-anything` begins: what goes wrong before there is a command line is a sentence too."""

from __future__ import annotations

import io
import sys

NO_OPENCV = (
    "OpenCV cannot be loaded ({error}). Where there is no screen, as on a server, its build without windows is enough: "
    "pip uninstall opencv-python opencv-python-headless, then pip install opencv-python-headless"
)


def main() -> int:
    """Run the command that was typed; returns the exit status."""
    _let_all_letters_pass()
    try:
        import cv2  # noqa: F401  # first, for what is wrong with it is wrong with most modules
    except ImportError as error:  # such as: libGL.so.1: cannot open shared object file
        print(NO_OPENCV.format(error=error), file=sys.stderr)
        return 1
    from .cli import main as command

    return command()


def _let_all_letters_pass() -> None:
    """What the encoding of the output lacks is written as \\u732b and ends no batch: that of a pipe may be cp1252."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
