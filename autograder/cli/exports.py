"""The command ``export``: exercises, marks, feedback and answers, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli.common import (
    EXIT_FAILED,
    EXIT_OK,
    add_command,
    add_exercises,
    existing_gradebook_address,
    print_error,
    print_errors,
    read_book_exercises,
    read_graded_exercises,
)
from autograder.exceptions import UsageError
from autograder.exchange.collect import read_collected, require_sorted_by_student
from autograder.exchange.lms_export import (
    export_canvas,
    export_feedback,
    export_gradescope,
    export_moodle,
    split_settled,
)
from autograder.exchange.nbgrader_export import export_nbgrader
from autograder.exchange.similarity_export import export_for_similarity
from autograder.grading.gradebook import Gradebook
from autograder.grading.late_policy import POLICY, read_policy

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

_OF_MARKS = {
    "canvas": (export_canvas, "a CSV file for Canvas's gradebook import"),
    "moodle": (export_moodle, "a folder of grading worksheets and a CSV file for Moodle"),
    "gradescope": (export_gradescope, "a folder of autograders that hand out the marks"),
    "feedback": (export_feedback, "a folder of zips to upload where the submissions came from"),
}


def add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``export``, with a command of its own for each format."""
    text = "write exercises, marks, feedback or answers for another program"
    parser = commands.add_parser("export", help=text, description=text[0].upper() + text[1:] + ".")
    formats = parser.add_subparsers(required=True, metavar="FORMAT")

    def add_format(
        name: str, run: Callable[[argparse.Namespace], int], what: str
    ) -> argparse.ArgumentParser:
        one = add_command(formats, name, run, what, f"Write {what}.")
        one.add_argument("to", type=Path, metavar="TO", help="where to write it")
        return one

    course = add_format("nbgrader", _export_nbgrader, "a course folder for stock nbgrader")
    add_exercises(course)
    for name, (write, what) in _OF_MARKS.items():
        one = add_format(name, _export, what)
        one.set_defaults(write=write, gradebook=None)
        text = "what `grade --to` wrote"
        one.add_argument("--marks", type=Path, required=True, metavar="DIR", help=text)
        one.add_argument("--database", metavar="URL", help="the grade book, if not in there")
        if name == "canvas":
            text = "the gradebook as Canvas exports it"
            one.add_argument("--gradebook", type=Path, metavar="FILE", help=text)
    text = "a folder of answers to compare with Dolos or JPlag"
    answers = add_format("answers", _export_answers, text)
    answers.add_argument("--submissions", type=Path, required=True, metavar="DIR", help="the class")
    answers.add_argument("--exercises", type=Path, required=True, metavar="DIR", help="the sources")


def _export(options: argparse.Namespace) -> int:
    """Write final marks, or the files that go with them, for an LMS."""
    address = existing_gradebook_address(options, options.marks)
    # An LMS knows people by ids of its own, which `collect` wrote down.
    origins = {(c.student, c.assignment): c for c in read_collected(options.marks)}
    with Gradebook(address) as book:
        # The policy is the copy beside the marks, so that both places say the same. What may still
        # change is left out: in an LMS it would look like a final mark.
        marks, waiting = split_settled(book.marks(read_policy(options.marks / POLICY)))
    if not marks:
        raise UsageError(f"{options.marks}: holds no mark that is final; grade and review first")
    more = {"like": options.gradebook} if options.write is export_canvas else {}
    for path in options.write(marks, origins, options.to, **more):
        print(path)
    if waiting:
        print_error(f"{len(waiting)} wait for `autograder review` or another run, and are left out")
    return EXIT_OK


def _export_answers(options: argparse.Namespace) -> int:
    exercises = read_graded_exercises(options, "its answers are not written")
    for path in require_sorted_by_student(options.submissions, options.exercises):
        print_error(f"{path}: is in no student's folder, and passed over; move it into one")
    written = export_for_similarity(options.submissions, exercises, options.to)
    for path in written:
        print(path)
    if not written:
        print_error(f"{options.submissions}: holds no answer in code to these exercises")
    return EXIT_OK if written else EXIT_FAILED


def _export_nbgrader(options: argparse.Namespace) -> int:
    exercises, errors = read_book_exercises(options)
    # All or nothing: a course folder with an exercise missing looks like a whole one.
    if errors:
        print_errors(errors, "nothing was exported")
        return EXIT_FAILED
    for path in export_nbgrader(exercises, options.to):
        print(path)
    return EXIT_OK
