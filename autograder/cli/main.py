"""The command line: the commands of authors, instructors and learners, under one name."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from autograder.cli.authors import add_authors
from autograder.cli.common import run_command
from autograder.cli.exports import add_export
from autograder.cli.instructors import add_instructors
from autograder.cli.learners import add_try

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIPTION = """\
Check, release and grade the exercises of the book.

  autograder new my_exercise           begin an exercise from a template
  autograder verify                    check every exercise, as the build of the book does
  autograder verify model_layers       check one
  autograder release --to handout      write the learners' versions to a folder
  autograder catalogue                 what is checked, and which mistakes are told apart
  autograder try model_layers.ipynb    run the visible checks of your own notebook
  autograder collect submissions.zip --exercises exercises/source --to handed-in
                                       sort what an LMS gives by student
  autograder grade handed-in --exercises exercises/source --to marks
                                       grade <student>/<exercise>.ipynb for a whole class
  autograder review marks > table.csv  written answers, to mark by hand in a table
  autograder export canvas marks.csv --marks marks
                                       marks for an LMS; also moodle, gradescope, feedback
  autograder certificate marks --key KEY
                                       certificates for those whose marks meet the criterion
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 all well, 1 something failed, 2 wrong usage."""
    return run_command(_parser().parse_args(arguments))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_authors(commands)
    add_try(commands)
    add_instructors(commands)
    add_export(commands)
    return parser
