"""The command line. The one place that prints, and that turns errors into exit codes."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from autograder.exceptions import AutograderError
from autograder.exercise_pages import write_release
from autograder.run import Workers
from autograder.shelf import read_shelf
from autograder.verify import verify_shelf
from autograder.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.source import Exercise
    from autograder.verify import Verification

_HELD, _MISSED, _STOPPED = 0, 1, 130

_DESCRIPTION = """\
Check, release and grade the exercises of the book.

  autograder verify                    check every exercise, as the build of the book does
  autograder verify model_layers       check one
  autograder release --to handout      write the learners' versions to a folder
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 all well, 1 something failed, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.command(options)
    except AutograderError as error:
        _complain(str(error))
        return _MISSED
    except OSError as error:
        _complain(
            f"{error.filename or 'file'}: {error.strerror}; nothing was half-written, try again"
        )
        return _MISSED
    except KeyboardInterrupt:
        _complain("stopped; run the same command again to start over")
        return _STOPPED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    verify = _add(commands, "verify", _verify, "run the build gate alone, one line per exercise")
    verify.add_argument("--json", action="store_true", help="print one JSON object, for machines")
    release = _add(commands, "release", _release, "write the learners' versions, .md and .ipynb")
    release.add_argument(
        "--to", type=Path, required=True, metavar="DIR", help="where to write them"
    )
    return parser


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, run: object, text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("slugs", nargs="*", metavar="SLUG", help="exercises, all by default")
    parser.add_argument(
        "--book", type=Path, default=Path(), metavar="DIR", help="the book's folder (default: here)"
    )
    parser.set_defaults(command=run)
    return parser


def _verify(options: argparse.Namespace) -> int:
    exercises, errors = _shelf(options)
    with Zygote() as zygote, TemporaryDirectory(prefix="autograder-") as cache:
        workers = Workers(zygote, zygote)
        found = verify_shelf(exercises, workers, Path(cache), progress=_show_progress)
    missed = bool(errors) or any(v.misses for v in found)
    if options.json:
        report = {"errors": [str(e) for e in errors], "exercises": [asdict(v) for v in found]}
        print(json.dumps(report, indent=2))
        return _MISSED if missed else _HELD
    for verification in found:
        _report(verification)
    for error in errors:
        _complain(str(error))
    return _MISSED if missed else _HELD


def _report(found: Verification) -> None:
    if not found.misses:
        print(
            f"{found.slug}: holds ({found.checks} checks, {found.wrong_answers} wrong answers, "
            f"{found.seconds:.1f} s)"
        )
        return
    print(f"{found.slug}: {len(found.misses)} to mend")
    for miss in found.misses:
        _complain(str(miss))


def _release(options: argparse.Namespace) -> int:
    exercises, errors = _shelf(options)
    if errors:
        for error in errors:
            _complain(str(error))
        _complain("nothing was released: mend the sources above first")
        return _MISSED
    write_release(exercises, options.to, prune=False)
    for exercise in exercises:
        print(options.to / f"{exercise.slug}.ipynb")
    return _HELD


def _shelf(options: argparse.Namespace) -> tuple[tuple[Exercise, ...], Sequence[AutograderError]]:
    root = options.book.resolve()
    if not (root / "exercises" / "source").is_dir():
        raise AutograderError(
            f"{options.book}: holds no exercises/source; run this in the book's folder, or name it "
            "with --book"
        )
    return read_shelf(root, options.slugs)


def _show_progress(exercise: Exercise) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"checking {exercise.slug} ...\n")


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")
