"""What the command line tells of each file: a sentence or one JSON object, and a progress bar meanwhile."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Callable, Sequence

from ..progress import Progress
from . import file_tasks
from .bar import Bar
from .file_tasks import FileTask, Outcome

DONE, SOME_FAILED, USAGE, STOPPED = 0, 1, 2, 130  # exit statuses


def process_files(
    options: argparse.Namespace,
    tasks: Sequence[FileTask],
    work: Callable[[FileTask, Progress], dict[str, object]],
) -> int:
    """Do and tell; files that failed are named again at the end."""
    failed: list[Outcome] = []
    with bar(options, f"{len(tasks)} pictures" if len(tasks) > 1 else tasks[0].source.name) as progress:
        start = time.perf_counter()
        for outcome in file_tasks.process_files(tasks, work, progress, len(tasks)):
            seconds, start = time.perf_counter() - start, time.perf_counter()
            progress.clear()
            _tell_outcome(options, outcome, seconds)
            if outcome.error:
                failed.append(outcome)
    for outcome in failed if not options.json else ():
        print(outcome.error, file=sys.stderr)
    if failed and len(tasks) > 1 and not options.json:
        print(f"{len(failed)} of {len(tasks)} failed: {', '.join(str(o.task.source) for o in failed)}", file=sys.stderr)
    return SOME_FAILED if failed else DONE


def _tell_outcome(options: argparse.Namespace, outcome: Outcome, seconds: float) -> None:
    """What was written, if it was; errors are for the end, where they are seen."""
    names = {"input": str(outcome.task.source), "output": str(outcome.task.target)}
    if outcome.error:
        tell(options, {**names, "ok": False, "error": outcome.error}, "")
        return
    details = {**names, "ok": True, **outcome.details, "seconds": round(seconds, 3)}
    note = f"\n{outcome.details['note']}" if "note" in outcome.details else ""
    written = f" -> {', '.join(outcome.files)}" if outcome.files else ""
    tell(options, details, f"{outcome.task.source}{written}{note}")


def tell(options: argparse.Namespace, details: dict[str, object], sentence: str) -> None:
    if options.json:
        print(json.dumps(details), flush=True)
    elif sentence and not options.quiet:
        print(sentence, flush=True)


def tell_error(options: argparse.Namespace, message: str) -> None:
    if options.json:
        print(json.dumps({"ok": False, "error": message}), flush=True)
    else:
        print(message, file=sys.stderr)


def bar(options: argparse.Namespace, title: str) -> Bar:
    return Bar(title, shown=not options.quiet and not options.json and sys.stderr.isatty())
