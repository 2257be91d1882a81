"""The command line: what is typed becomes a request, the service does it, and every file is told about.

Exit status: 0 all done, 1 some file failed, 2 the command itself makes no sense, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any, Callable, Optional, Sequence

from . import __version__, batch, commands
from .cli_options import add_fields, add_prompts, request_from, selection_from
from .errors import InpaintError
from .host.standalone import Standalone
from .progress import Progress, silent
from .schema import ExtendRequest, MaskOptions, MaskRequest, RemoveRequest
from .service import Service

DONE, SOME_FAILED, USAGE, STOPPED = 0, 1, 2, 130


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except InpaintError as error:
        _tell_error(options, str(error))
        return USAGE
    except KeyboardInterrupt:
        print("Stopped. Files that were reported are whole; nothing else was written.", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # whoever read our output has gone
        sys.stderr.close()
        return SOME_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="inpaint-anything", description="Point at a thing in a picture, and it is selected, removed, or the picture extended."
    )
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    remove = _command(subparsers, "remove", "remove a thing and fill the place from its surroundings", _remove)
    _add_files(remove)
    add_prompts(remove)
    add_fields(remove, RemoveRequest, ("segmenter", "candidate", "eraser"))
    add_fields(remove, MaskOptions, defaults=RemoveRequest().options)

    mask = _command(subparsers, "mask", "select a thing, and write its mask or the thing cut out", _mask)
    _add_files(mask)
    add_prompts(mask)
    mask.add_argument(
        "--as",
        dest="output_as",
        choices=commands.MASK_OUTPUTS,
        default="mask",
        help="mask: black and white; cutout: the thing alone on transparent ground; "
        "alpha: the whole picture with the mask as its alpha (default: mask)",
    )
    add_fields(mask, MaskRequest, ("segmenter", "candidate"))
    add_fields(mask, MaskOptions, defaults=MaskRequest().options)

    extend = _command(subparsers, "extend", "extend a picture past its edges", _extend)
    _add_files(extend)
    add_fields(extend, ExtendRequest)

    models = _command(subparsers, "models", "list models, download one, or say where they live", _models)
    models.add_argument("action", nargs="?", choices=("list", "download", "where"), default="list")
    models.add_argument("name", nargs="?", metavar="NAME", help="the model to download")

    demo = _command(subparsers, "demo", "remove a thing from a sample photo and show before, mask and after", _demo)
    demo.add_argument("-o", "--output", type=Path, default=Path("inpaint-anything-demo.png"), metavar="FILE")
    return parser


def _command(subparsers: Any, name: str, about: str, run: Callable[..., int]) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="one JSON object a line on standard output, for programs")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    return parser


def _add_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="pictures, or folders of pictures")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE|FOLDER", help="where to write; inputs are never written to"
    )


def _remove(options: argparse.Namespace) -> int:
    request, selections = request_from(options, RemoveRequest), selection_from(options)
    service = Service(Standalone())
    service.check_models(request)

    def work(job: batch.Job, progress: Progress) -> dict[str, object]:
        drawn = options.mask and batch.companion(options.mask, job.source)
        return commands.remove(service, job, request, selections, drawn, progress)

    return _run_jobs(options, work)


def _mask(options: argparse.Namespace) -> int:
    request, selections = request_from(options, MaskRequest), selection_from(options)
    service = Service(Standalone())
    service.check_models(request)

    def work(job: batch.Job, progress: Progress) -> dict[str, object]:
        drawn = options.mask and batch.companion(options.mask, job.source)
        return commands.mask(service, job, request, selections, drawn, options.output_as, progress)

    return _run_jobs(options, work, lossless=True)


def _extend(options: argparse.Namespace) -> int:
    request = request_from(options, ExtendRequest)
    service = Service(Standalone())
    service.check_models(request)
    return _run_jobs(options, lambda job, progress: commands.extend(service, job, request, progress))


def _models(options: argparse.Namespace) -> int:
    host = Standalone()
    with _bar(options, options.name or "models") as progress:
        lines = commands.models(host, options.action, options.name, progress)
    for line in lines:
        print(json.dumps(line) if options.json else commands.model_line(line))
    return DONE


def _demo(options: argparse.Namespace) -> int:
    with _bar(options, "demo") as progress:
        details = commands.demo(Service(Standalone()), options.output, progress)
    _tell(options, details, f"{details['what']}: before | mask | after is in {details['output']}")
    return DONE


def _run_jobs(
    options: argparse.Namespace, work: Callable[[batch.Job, Progress], dict[str, object]], lossless: bool = False
) -> int:
    """Plan, do and tell; the files that failed are named again at the end."""
    jobs = batch.plan(options.photos, options.output, lossless)
    failed = []
    with _bar(options, f"{len(jobs)} pictures" if len(jobs) > 1 else jobs[0].source.name) as progress:
        start = time.perf_counter()
        for outcome in batch.run(jobs, work, progress, len(jobs)):
            seconds, start = time.perf_counter() - start, time.perf_counter()
            names = {"input": str(outcome.job.source), "output": str(outcome.job.target)}
            if outcome.error:
                failed.append(outcome)
                _tell(options, {**names, "ok": False, "error": outcome.error}, "")
            else:
                details = {**names, "ok": True, **outcome.details, "seconds": round(seconds, 3)}
                _tell(options, details, f"{outcome.job.source} -> {outcome.job.target}")
    for outcome in failed if not options.json else ():
        print(outcome.error, file=sys.stderr)
    if failed and len(jobs) > 1 and not options.json:
        print(f"{len(failed)} of {len(jobs)} failed: {', '.join(str(o.job.source) for o in failed)}", file=sys.stderr)
    return SOME_FAILED if failed else DONE


def _tell(options: argparse.Namespace, details: dict[str, object], sentence: str) -> None:
    if options.json:
        print(json.dumps(details), flush=True)
    elif sentence and not options.quiet:
        print(sentence, flush=True)


def _tell_error(options: argparse.Namespace, message: str) -> None:
    if options.json:
        print(json.dumps({"ok": False, "error": message}), flush=True)
    else:
        print(message, file=sys.stderr)


def _bar(options: argparse.Namespace, title: str) -> "_Bar":
    return _Bar(title, shown=not options.quiet and not options.json and sys.stderr.isatty())


class _Bar:
    """A progress bar on the terminal as a Progress, or nothing where nobody watches."""

    def __init__(self, title: str, shown: bool) -> None:
        self._title, self._shown = title, shown

    def __enter__(self) -> Progress:
        if not self._shown:
            return silent
        from tqdm import tqdm

        self._bar = tqdm(total=1.0, desc=self._title, bar_format="{desc} {percentage:3.0f}% |{bar}| {elapsed} {postfix}", leave=False)
        return self._report

    def _report(self, fraction: float, text: str = "") -> None:
        self._bar.n = min(fraction, 1.0)
        self._bar.set_postfix_str(text.strip(), refresh=False)
        self._bar.refresh() if fraction >= 1.0 else self._bar.update(0)

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._bar.close()
