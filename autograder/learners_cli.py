"""What a learner's own ``autograder`` can do; it prints, as :mod:`autograder.cli` does."""

from __future__ import annotations

import argparse
import errno
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.exceptions import AutograderError, SubmissionError, UsageError
from autograder.grading.self_check import Trial, try_out
from autograder.running.run import Workers
from autograder.sandbox.zygote import DEFAULT_PRELOAD, Zygote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HELD, MISSED, USAGE, STOPPED = 0, 1, 2, 130
_REMEDIES = {
    errno.ENOENT: "check how the path is written",
    errno.EEXIST: "that is a file, where a folder is wanted: name another",
    errno.ENOTDIR: "a part of the path is a file: name another folder",
    errno.EISDIR: "that is a folder, where a file is wanted: name a file",
    errno.EACCES: "name a place that you may use, or have its owner let you",
    errno.EPERM: "name a place that you may use, or have its owner let you",
    errno.EROFS: "nothing can be written there: name another place",
    errno.ENOSPC: "make room on the disk, and repeat the command",
    errno.EDQUOT: "make room on the disk, and repeat the command",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command of a learner's and return its exit code."""
    parser = argparse.ArgumentParser(prog="autograder", description="Try what you will hand in.")
    add_try(parser.add_subparsers(required=True, metavar="COMMAND"))
    return run_command(parser.parse_args(arguments))


def run_command(options: argparse.Namespace) -> int:
    """Run the command that was asked for; say in one place what went wrong."""
    try:
        code: int = options.command(options)
    except UsageError as error:
        complain(str(error))
        return USAGE
    except AutograderError as error:
        complain(str(error))
        return MISSED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        remedy = _REMEDIES.get(error.errno or 0, "mend it, and repeat the command")
        complain(f"{where}{error.strerror or error}; {remedy} (no file is half-written)")
        return MISSED
    except KeyboardInterrupt:
        complain("stopped; run the same command again")
        return STOPPED
    return code


def complain(text: str) -> None:
    """Say on stderr what is wrong."""
    sys.stderr.write(f"{text}\n")


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
    guide: str = "",
) -> argparse.ArgumentParser:
    """Add a command; its own help says ``guide``, as it stands, or else ``text``."""
    parser = commands.add_parser(
        name,
        help=text,
        description=guide or f"{text[0].upper()}{text[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter if guide else argparse.HelpFormatter,
    )
    parser.set_defaults(command=run)
    return parser


def add_try(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``try``."""
    text = "run the visible checks of your own notebook, and see what is in it"
    parser = add_command(commands, "try", _try, text)
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="the .ipynb to hand in")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for machines")


def _try(options: argparse.Namespace) -> int:
    if not options.notebook.is_file():
        raise UsageError(f"{options.notebook}: is no file; name the notebook to hand in")
    heavy = b"tensorflow" in options.notebook.read_bytes()
    modules = DEFAULT_PRELOAD if heavy else ("numpy",)
    try:
        with Zygote(
            (*modules, "autograder.running.check_runner", "autograder.running.answer_process")
        ) as zygote:
            trial = try_out(options.notebook, Workers(zygote, zygote))
    except SubmissionError as error:
        raise UsageError(f"{options.notebook}: {error}") from error
    if options.json:
        print(json.dumps(asdict(trial), indent=2))
    else:
        _show_trial(trial)
    return HELD if trial.complete else MISSED


def _show_trial(trial: Trial) -> None:
    print(f"{trial.title}, version {trial.version or 'unknown'}")
    for name in trial.given:
        print(f"  answer {name}: given")
    for name in trial.blank:
        print(f"  answer {name}: blank")
    for check in trial.checks:
        print(
            f"  check {check.title}: {check.verdict}{': ' if check.message else ''}{check.message}"
        )
    hidden = "1 hidden check runs" if trial.hidden == 1 else f"{trial.hidden} hidden checks run"
    print(f"  {hidden} when it is graded")
    print(f"receipt {trial.receipt}: hand the file in as it is, and this stays the same")
