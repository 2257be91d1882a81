"""`inpaint-anything serve`: the routes, and the page where gradio is."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from functools import partial
from pathlib import Path
from typing import Any, Optional, Sequence

from ..errors import BadImage, BadRequest, ModelUnavailable
from ..imaging.folder import OutputFolder, PictureFolder
from ..service import Service
from .memory import give_back
from .options import add_device, host_of

ABOUT = "Show the page, and answer the REST routes, until Ctrl-C. /inpaint-anything/v1/openapi.json describes these."
NO_PAGE = 'There is no page, as gradio is not installed: pip install "gradio<7". The REST routes answer.'

OPEN = "Anybody in the network can use this server; --auth USER:PASSWORD asks for a password."


def add_command(subparsers: Any) -> None:
    """The command and its options."""
    parser = subparsers.add_parser("serve", help="show the page in a browser, and answer programs", description=ABOUT)
    add_options(parser)
    add_device(parser)
    parser.set_defaults(command=serve, json=False)


def add_options(parser: argparse._ActionsContainer) -> None:
    """Where to listen, whom to let in, and which folders to work in."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1, this machine)")
    parser.add_argument("--port", type=int, default=7866, help="(default: 7866)")
    parser.add_argument(
        "--trusted-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name by which people call a proxy in front, such as pictures.example; may be given again",
    )
    parser.add_argument(
        "--auth",
        action="append",
        default=[],
        metavar="USER:PASSWORD",
        help="ask for this user and password, for the page and the routes; may be given again",
    )
    parser.add_argument(
        "--auth-file",
        type=Path,
        metavar="FILE",
        help="the same, a line each; so they are not in the list of processes",
    )
    parser.add_argument(
        "--input",
        type=Path,
        metavar="PATH",
        help="a picture, or a folder of pictures that the page lists; everybody who can open the page can see them",
    )
    parser.add_argument(
        "--output-dir",
        type=Path,
        metavar="FOLDER",
        help="save each result of the page in this folder, named as its picture; nothing there is written over",
    )
    parser.add_argument("--root-path", default="", metavar="PATH", help="what a proxy in front takes off the addresses")


def serve(options: argparse.Namespace, photo: Optional[bytes] = None) -> int:
    """Serve until Ctrl-C. photo: a JPEG that is open in the page.

    Raises ModelUnavailable for missing packages, BadRequest for passwords that are none, and BadImage or OutputFailed
    for folders that cannot be used.
    """
    passwords = passwords_from(options.auth, options.auth_file)
    listed = None if options.input is None else listed_from(options.input)
    missing = [name for name in ("starlette", "uvicorn") if importlib.util.find_spec(name) is None]
    if missing:
        raise ModelUnavailable(f"The server needs {', '.join(missing)}: pip install starlette uvicorn python-multipart")
    from ..api import PREFIX, server
    from ..api.state import Folders

    give_back()
    host, add_page, shown = host_of(options), None, f"{PREFIX}/info"
    root_path = options.root_path.rstrip("/")
    folders = Folders(listed, options.output_dir and OutputFolder.at(options.output_dir))
    serves = {"folder": listed is not None, "save": folders.output is not None}
    if importlib.util.find_spec("gradio") is None:
        print(NO_PAGE, file=sys.stderr)
    else:
        from ..ui import page

        add_page, shown = partial(page.add, host=host, photo=photo, root_path=root_path, serves=serves), "/"

    def ready(address: str) -> None:
        print(address + shown, flush=True)

    address = server.ListenAddress(options.host, options.port, options.trusted_host, passwords)
    if not address.is_own and not passwords:
        print(OPEN, file=sys.stderr)
    server.serve(Service(host), host.results_folder, address, ready, folders, add_page)
    return 0


def listed_from(path: Path) -> PictureFolder:
    """The pictures that a path stands for: those of a folder, or one. Raises BadImage where there are none."""
    if path.is_dir():
        folder = PictureFolder(path)
    elif path.exists():
        folder = PictureFolder(path.resolve().parent, path.resolve().name)
    else:
        raise BadImage(f"{path}: there is no such file or folder.")
    if not folder.names():
        raise BadImage(f"There are no pictures in {path}." if path.is_dir() else f"{path} is no picture.")
    return folder


def passwords_from(given: Sequence[str], file: Optional[Path]) -> dict[str, str]:
    """Passwords by user, of --auth and the lines of --auth-file. Raises BadRequest, which repeats no password."""
    pairs = [("--auth", pair) for pair in given]
    if file is not None:
        pairs += [(f"{file}, line {number}", line) for number, line in enumerate(_lines(file), 1) if line.strip()]
        if len(pairs) == len(given):
            raise BadRequest(f"{file} is empty; write a USER:PASSWORD in each line.")
    passwords: dict[str, str] = {}
    for where, pair in pairs:
        user, _, password = pair.partition(":")
        if not user or not password or not pair.isprintable():
            raise BadRequest(f"{where}: write USER:PASSWORD, such as me:long-and-secret.")
        if user in passwords:
            raise BadRequest(f"{where}: the user {user} is there twice.")
        passwords[user] = password
    return passwords


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise BadRequest(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}.") from None
