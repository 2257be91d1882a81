"""The command line: what is typed becomes a request, the service does it, and every file is told about.

Exit status: 0 all done, 1 something failed (a file, a download, what doctor tried), 2 nothing was begun as the command
cannot be done, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Callable, Optional, Sequence

from .. import __version__
from ..errors import BadRequest, DownloadFailed, InpaintError
from ..models import recommended, registry
from ..schema import (
    DetectRequest,
    EverythingRequest,
    ExtendRequest,
    FillRequest,
    FindTextRequest,
    MaskFile,
    MaskRequest,
    RemoveRequest,
)
from ..service import Service
from ..standalone.host import Standalone
from . import commands, doctor, file_tasks, model_files
from . import serve as cli_serve
from .file_tasks import FileTask
from .marks import Marks
from .options import (
    add_device,
    add_fields,
    add_mask_options,
    add_prompts,
    add_removal_options,
    add_text_options,
    host_of,
    request_from,
    selection_from,
    subject_from,
    text_from,
)
from .sought import GivenMask, Lettering, Sought
from .telling import DONE, SOME_FAILED, STOPPED, USAGE, bar, process_files, tell, tell_error


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except InpaintError as error:
        tell_error(options, str(error))
        return SOME_FAILED if isinstance(error, DownloadFailed) else USAGE
    except KeyboardInterrupt:
        print("Stopped. Files that were reported are whole; nothing else was written.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # whoever read our output has gone
        sys.stderr.close()
        return SOME_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="inpaint-anything",
        description="Point at a thing in a picture, and it is selected, removed, or the picture extended.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    remove = _command(subparsers, "remove", "remove a thing and fill the place from its surroundings", _remove)
    _add_files(remove)
    add_prompts(remove)
    add_text_options(remove)
    add_fields(remove, RemoveRequest, ("segmenter", "candidate", "specks", "plain"))
    add_fields(remove, FillRequest)
    add_removal_options(remove)

    mask = _command(subparsers, "mask", "select a thing, and write its mask or the thing cut out", _mask)
    _add_files(mask)
    add_prompts(mask)
    add_text_options(mask)
    add_mask_options(mask, commands.MASK_OUTPUTS)

    extend = _command(subparsers, "extend", "extend a picture past its edges", _extend)
    _add_files(extend)
    add_fields(extend, ExtendRequest)

    models = _command(subparsers, "models", "list models, download one, or say where they live", _models)
    models.add_argument("action", nargs="?", choices=("list", "download", "where"), default="list")
    models.add_argument(
        "name", nargs="?", metavar="NAME", help="the model to download; `recommended` for what suits this machine"
    )

    _command(subparsers, "doctor", "try what is installed here, and print a report for a bug report", _doctor)

    demo = _command(subparsers, "demo", "remove a thing from a sample photo and show before, mask and after", _demo)
    demo.add_argument("-o", "--output", type=Path, default=Path("inpaint-anything-demo.png"), metavar="FILE")
    demo.add_argument("--serve", action="store_true", help="show the page with the sample photo in it instead")
    cli_serve.add_options(demo)

    sample = _command(subparsers, "sample", "write the sample photo that the examples work on", _sample)
    sample.add_argument("-o", "--output", type=Path, default=Path("sample.jpg"), metavar="FILE")

    cli_serve.add_command(subparsers)
    return parser


def _command(subparsers: Any, name: str, summary: str, command: Callable[..., int]) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.set_defaults(command=command)
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, for programs")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    add_device(parser)
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="pictures, or folders of pictures")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE|FOLDER",
        help="where to write; inputs are never written to",
    )


def _remove(options: argparse.Namespace) -> int:
    request = request_from(options, RemoveRequest)
    tasks = _planned(options)
    service = Service(host_of(options))
    service.check_models(request)
    sought = _sought(options, service, tasks)
    return process_files(
        options, tasks, lambda task, progress: commands.remove(service, task, request, sought, progress)
    )


def _mask(options: argparse.Namespace) -> int:
    if options.everything:
        return _everything(options)
    request = request_from(options, MaskRequest)
    tasks = _planned(options, lossless=True, endings=commands.CANDIDATE_ENDINGS if options.candidates else ("",))
    service = Service(host_of(options))
    service.check_models(request)
    sought = _sought(options, service, tasks)
    if not options.candidates:
        return process_files(
            options,
            tasks,
            lambda task, progress: commands.mask(service, task, request, sought, options.output_as, progress),
        )
    if sought.given or options.candidate is not None or sought.lettering or sought.marks or sought.subject:
        raise BadRequest(
            "--candidates shows all proposals for one thing; it goes without --mask, --candidate, --find-text, "
            "--subject and --same-mark."
        )
    return process_files(
        options, tasks, lambda task, progress: commands.candidates(service, task, request, sought, progress)
    )


def _planned(options: argparse.Namespace, lossless: bool = False, endings: Sequence[str] = ("",)) -> list[FileTask]:
    return file_tasks.plan_files(options.photos, options.output, lossless, endings)


def _sought(options: argparse.Namespace, service: Service, tasks: Sequence[FileTask]) -> Sought:
    """What is looked for in the pictures of the tasks. Raises what the service says of models that are not there."""
    selections, text, request_for = selection_from(options), request_from(options, DetectRequest), text_from(options)
    service.check_models(text)
    given = None if options.mask is None else GivenMask(options.mask, request_from(options, MaskFile))
    lettering = None
    if request_for is not None:
        service.check_models(FindTextRequest(text_detector=getattr(options, "text_detector", "auto")))
        lettering = Lettering(request_for, is_needed=len(tasks) == 1 and not options.photos[0].is_dir())
    marks = Marks([task.source for task in tasks]) if options.same_mark else None
    subject = subject_from(options)
    if subject is not None:
        service.check_models(subject)
    return Sought(selections, text, given, lettering, marks, subject)


def _everything(options: argparse.Namespace) -> int:
    pointed = options.at or options.not_at or options.box or options.mask or options.text
    if pointed or options.find_text or options.subject or options.same_mark or options.candidates:
        raise BadRequest(
            "--everything looks at the whole picture; it goes without --at, --box, --mask, --text, --find-text, "
            "--subject, --same-mark and --candidates."
        )
    request = request_from(options, EverythingRequest)
    service = Service(host_of(options))
    service.check_models(request)
    return process_files(
        options,
        _planned(options, endings=commands.EVERYTHING_ENDINGS),
        lambda task, progress: commands.everything(service, task, request, progress),
    )


def _extend(options: argparse.Namespace) -> int:
    request = request_from(options, ExtendRequest)
    service = Service(host_of(options))
    service.check_models(request)
    return process_files(
        options, _planned(options), lambda task, progress: commands.extend(service, task, request, progress)
    )


def _models(options: argparse.Namespace) -> int:
    host = host_of(options)
    if (
        options.action == "download"
        and (options.name or "").lower() not in ("", recommended.NAME)
        and not options.quiet
    ):
        lacking = registry.lack_of_packages(registry.find(options.name))
        if lacking:
            print(lacking, file=sys.stderr, flush=True)
    with bar(options, options.name or "models") as progress:
        lines = model_files.models(host, options.action, options.name, progress)
    if options.action == "list" and not options.json:
        print(model_files.first_line(host), end="\n\n")
    for told in lines:
        print(json.dumps(told) if options.json else model_files.line(told))
    return DONE


def _doctor(options: argparse.Namespace) -> int:
    with bar(options, "doctor") as progress:
        report = doctor.examine(Standalone(options.device), progress)
    print(json.dumps(report) if options.json else doctor.as_text(report))
    return DONE if doctor.is_well(report) else SOME_FAILED


def _demo(options: argparse.Namespace) -> int:
    if options.serve:
        return cli_serve.serve(options, commands.demo_photo())
    with bar(options, "demo") as progress:
        details = commands.demo(Service(host_of(options)), options.output, progress)
    tell(options, details, f"{details['what']}: before | mask | after is in {details['output']}")
    return DONE


def _sample(options: argparse.Namespace) -> int:
    details = commands.sample(options.output)
    then = "inpaint-anything remove {output} --at {at} -o removed.jpg".format_map(details)
    tell(options, details, f"{details['output']}. To remove the badge in it: {then}")
    return DONE
