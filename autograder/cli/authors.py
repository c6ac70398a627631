"""What an author's ``autograder`` can do: begin, check and release exercises."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from autograder.cli.common import (
    EXIT_FAILED,
    EXIT_OK,
    add_command,
    add_exercises,
    add_preload,
    print_error,
    print_errors,
    read_book_exercises,
    sources_folder,
)
from autograder.exceptions import AutograderError
from autograder.format.catalogue import catalogue_markdown
from autograder.format.exercise_set import RELEASE_FOLDER
from autograder.format.release import write_release
from autograder.format.template import new_exercise
from autograder.running.executors import thread_executor
from autograder.running.preload import preload_of
from autograder.running.run import Workers
from autograder.sandbox.zygote import Zygote
from autograder.verification.mutants import MutantSurvey, survey_mutants
from autograder.verification.verify import verify_exercise_set

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from autograder.format.source import Exercise
    from autograder.verification.verify import Verification


def add_authors(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands of those who write exercises."""
    new = add_command(commands, "new", _new, "begin an exercise: a source that holds as it stands")
    new.add_argument("slug", metavar="SLUG", help="its short name, as in model_layers")
    new.add_argument("--widget", action="store_true", help="answered with a widget, not in code")

    text = "run the build gate alone, one line per exercise"
    verify = add_command(commands, "verify", _verify, text)
    _add_slugs(verify)
    verify.add_argument("--json", action="store_true", help="print one JSON object, for machines")
    text = "put small faults into each solution; list the missed"
    verify.add_argument("--mutants", action="store_true", help=text)
    add_preload(verify)

    text = "write the learners' versions, .md and .ipynb"
    release = add_command(commands, "release", _release, text)
    _add_slugs(release)
    text = "where to write them"
    release.add_argument("--to", type=Path, required=True, metavar="DIR", help=text)

    text = "print checks and wrong answers, for instructors"
    listing = add_command(commands, "catalogue", _catalogue, text)
    _add_slugs(listing)

    for parser in (new, verify, release, listing):
        add_exercises(parser)


def _add_slugs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("slugs", nargs="*", metavar="SLUG", help="exercises, all by default")


def _verify(options: argparse.Namespace) -> int:
    exercises, errors = read_book_exercises(options, options.slugs)
    if options.mutants:
        return _verify_mutants(options, exercises, errors)
    preload = preload_of(exercises, options.preload)
    # The answers are the author's own, so one unconfined zygote is enough. The cache begins empty:
    # who asks for a verification gets one, not what an earlier build remembers.
    with Zygote(preload) as zygote, TemporaryDirectory(prefix="autograder-") as cache:
        workers = Workers(zygote, zygote)
        found = verify_exercise_set(exercises, workers, Path(cache), progress=_show_progress)
    missed = bool(errors) or any(v.misses for v in found)
    # One object and nothing else on stdout, errors included: it is parsed by machines.
    if options.json:
        report = {"errors": [str(e) for e in errors], "exercises": [asdict(v) for v in found]}
        print(json.dumps(report, indent=2))
        return EXIT_FAILED if missed else EXIT_OK
    for verification in found:
        _report(verification)
    for error in errors:
        print_error(str(error))
    return EXIT_FAILED if missed else EXIT_OK


def _verify_mutants(
    options: argparse.Namespace,
    exercises: Sequence[Exercise],
    errors: Sequence[AutograderError],
) -> int:
    found = []
    preload = preload_of(exercises, options.preload)
    with Zygote(preload) as zygote, thread_executor(os.cpu_count() or 1) as (pool, _):
        for exercise in exercises:
            _show_progress(exercise)
            found.append(survey_mutants(exercise, Workers(zygote, zygote), pool))
            # A survey takes long: each is shown when it is done, not all at the end.
            if not options.json:
                _show_survey(found[-1])
    total, caught = sum(s.total for s in found), sum(s.caught for s in found)
    if options.json:
        print(json.dumps([asdict(s) for s in found], indent=2))
    elif total:
        print(f"{caught} of {total} mutants caught ({100 * caught / total:.1f} %)")
    for error in errors:
        print_error(str(error))
    return EXIT_FAILED if errors or any(s.survivors for s in found) else EXIT_OK


def _show_survey(found: MutantSurvey) -> None:
    print(f"{found.slug}: {found.caught} of {found.total} mutants caught")
    for mutant, reason in found.explained:
        print(f"  equivalent: {mutant.answer}, line {mutant.line}: {mutant.label} ({reason})")
    for mutant in found.survivors:
        print(f"  missed: {mutant.answer}, line {mutant.line}: {mutant.label}")


def _report(found: Verification) -> None:
    if not found.misses:
        print(
            f"{found.slug}: holds ({found.checks} checks, {found.wrong_answers} wrong answers, "
            f"{found.seconds:.1f} s)"
        )
        return
    print(f"{found.slug}: {len(found.misses)} to mend")
    for miss in found.misses:
        print_error(str(miss))


def _release(options: argparse.Namespace) -> int:
    exercises, errors = read_book_exercises(options, options.slugs)
    if errors:
        print_errors(errors, "nothing was released")
        return EXIT_FAILED
    folder = sources_folder(options)
    # A release has the name of its source, and would replace it without the solutions.
    if options.to.resolve() == folder.resolve():
        raise AutograderError(f"{options.to}: holds the sources; release to another folder")
    # The folder is the author's, and other files in it are none of ours to delete.
    write_release(exercises, options.to, prune=False)
    for exercise in exercises:
        print(options.to / f"{exercise.slug}.ipynb")
    return EXIT_OK


def _catalogue(options: argparse.Namespace) -> int:
    exercises, errors = read_book_exercises(options, options.slugs)
    if errors:
        print_errors(errors, "nothing was listed")
        return EXIT_FAILED
    print(catalogue_markdown(exercises))
    return EXIT_OK


def _new(options: argparse.Namespace) -> int:
    folder = sources_folder(options)
    print(new_exercise(folder, options.slug, widget=options.widget))
    verify = f"autograder verify {options.slug}"
    verify += f" --exercises {folder}" if options.exercises else ""
    print(f"Change it to what you want, and check it with `{verify}`.")
    # Only a book has a table of contents; a folder of exercises needs none.
    if not options.exercises:
        print(
            f"Then list it in _toc.yml, below its chapter:  - file: {RELEASE_FOLDER}/{options.slug}"
        )
    return EXIT_OK


def _show_progress(exercise: Exercise) -> None:
    # For who waits at a terminal; a log would only be longer for it.
    if sys.stderr.isatty():
        sys.stderr.write(f"checking {exercise.slug} ...\n")
