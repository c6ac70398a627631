"""What every command shares: exit codes, errors in one place, and the exercises it is about."""

from __future__ import annotations

import argparse
import errno
import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.exceptions import AutograderError, UsageError
from autograder.format.exercise_set import (
    SOURCE_FOLDER,
    did_you_mean,
    read_exercise_folder,
    read_exercise_set,
)
from autograder.names import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from autograder.format.source import Exercise

# 2 is argparse's own code for wrong usage; 130 is what shells give for Ctrl-C (128 + SIGINT).
EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_STOPPED = 0, 1, 2, 130
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


def run_command(options: argparse.Namespace) -> int:
    """Run the chosen command and return its exit code; print errors with their remedy."""
    # A name that a terminal cannot show must not end a run: it is escaped.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code: int = options.command(options)
    # First, since it is an AutograderError as well, and would end with the code of a failure.
    except UsageError as error:
        print_error(str(error))
        return EXIT_USAGE
    except AutograderError as error:
        print_error(str(error))
        return EXIT_FAILED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        remedy = _REMEDIES.get(error.errno or 0, "mend it, and repeat the command")
        print_error(f"{where}{error.strerror or error}; {remedy} (no file is half-written)")
        return EXIT_FAILED
    except KeyboardInterrupt:
        print_error("stopped; run the same command again")
        return EXIT_STOPPED
    return code


def print_error(text: str) -> None:
    """Print an error message to stderr."""
    # Never to stdout, which may be a table or JSON on its way into a file.
    sys.stderr.write(f"{shown(text)}\n")


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


def add_book(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--book`` to a command."""
    text = "the book's folder (default: here)"
    parser.add_argument("--book", type=Path, default=Path(), metavar="DIR", help=text)


def add_exercises(parser: argparse.ArgumentParser) -> None:
    """Let a command say which exercises it is about: those of a book, or of any folder."""
    add_book(parser)
    text = f"any folder of exercises, nbgrader's source/ too (default: {SOURCE_FOLDER} of the book)"
    parser.add_argument("--exercises", type=Path, metavar="DIR", help=text)


def add_preload(parser: argparse.ArgumentParser) -> None:
    """Let a command name what its workers import first."""
    text = "what workers import before anything else (repeat; default: what the exercises import)"
    parser.add_argument("--preload", action="append", default=[], metavar="MODULE", help=text)


def read_book_exercises(
    options: argparse.Namespace, slugs: Sequence[str] = ()
) -> tuple[tuple[Exercise, ...], Sequence[AutograderError]]:
    """Read the exercises that a command is about; ``slugs`` names some of them."""
    if options.exercises is None:
        return read_exercise_set(book_root(options), slugs)
    known, errors = read_exercise_folder(options.exercises)
    if not known and not errors:
        raise no_sources(options.exercises)
    # nbgrader's notebooks are known by assignment and name; the name alone may be there twice.
    named = {name: replace(one, slug=name) for name, one in known.items()}
    if not slugs:
        return tuple(named.values()), errors
    # Who names some exercises is not stopped by what is wrong with the others.
    unread = [e for e in errors if any(_is_in(e.place, slug) for slug in slugs)]
    for slug in slugs:
        if slug not in named and not unread:
            raise UsageError(f"{options.exercises}: holds no `{slug}`; {did_you_mean(slug, known)}")
    return tuple(one for name, one in named.items() if name in slugs), unread


def _is_in(place: str, slug: str) -> bool:
    """Whether an error's place is in the source of the exercise called ``slug``."""
    # With the slash and the dot, `layers` is not found in `model_layers.md`.
    return f"/{slug}." in f"/{place}"


def book_root(options: argparse.Namespace) -> Path:
    """Return the folder of the book that a command is about."""
    root: Path = options.book.resolve()
    if not (root / SOURCE_FOLDER).is_dir():
        raise AutograderError(
            f"{options.book}: holds no {SOURCE_FOLDER}; run this in the book's folder, name it "
            "with --book, or name a folder of exercises with --exercises"
        )
    return root


def sources_folder(options: argparse.Namespace) -> Path:
    """Return the folder that holds the exercises which a command is about."""
    folder: Path = options.exercises or book_root(options) / SOURCE_FOLDER
    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; make it first, or name the right one")
    return folder


def no_sources(folder: Path) -> UsageError:
    """Return the error about a folder without any exercise."""
    return UsageError(f"{folder}: holds no exercise source; name the right folder")


def print_errors(errors: Sequence[AutograderError], consequence: str) -> None:
    """Print what is wrong with the sources and what was not done because of it."""
    for error in errors:
        print_error(str(error))
    print_error(f"{consequence}: mend what is listed above first")


def read_graded_exercises(options: argparse.Namespace, consequence: str) -> Mapping[str, Exercise]:
    """Read the sources that a class is graded by; print those that cannot be read."""
    exercises, errors = read_exercise_folder(options.exercises)
    # One broken source must not hold up the marks of all other exercises.
    for error in errors:
        print_error(f"{error} ({consequence})")
    if not exercises:
        raise no_sources(options.exercises)
    return exercises


def gradebook_address(options: argparse.Namespace, folder: Path) -> str:
    """Return the address of the grade book: the option's, or the SQLite file beside the marks."""
    return options.database or f"sqlite:///{folder / 'gradebook.db'}"


def existing_gradebook_address(options: argparse.Namespace, folder: Path) -> str:
    """Return the address of an existing grade book. Raises ``UsageError`` where there is none."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: is no folder; name the one that `grade --to` wrote")
    if not options.database and not (folder / "gradebook.db").is_file():
        raise UsageError(f"{folder}: holds no grade book; name what `grade --to` wrote")
    return gradebook_address(options, folder)
