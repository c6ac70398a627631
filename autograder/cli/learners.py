"""What a learner's own ``autograder`` can do; it prints, as :mod:`autograder.cli.main` does."""

from __future__ import annotations

import argparse
import json
import os
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli.common import EXIT_FAILED, EXIT_OK, add_command, run_command
from autograder.exceptions import PreloadFailed, SubmissionError, UsageError
from autograder.format.imports import code_cells_of
from autograder.grading.self_check import SelfCheck, check_notebook
from autograder.running.preload import JUDGE, preload_for
from autograder.running.run import Workers
from autograder.sandbox.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command of a learner's and return its exit code."""
    parser = argparse.ArgumentParser(prog="autograder", description="Try what you will hand in.")
    add_try(parser.add_subparsers(required=True, metavar="COMMAND"))
    return run_command(parser.parse_args(arguments))


def add_try(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``try``."""
    text = "run the visible checks of your own notebook, and see what is in it"
    parser = add_command(commands, "try", _try, text)
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK", help="the .ipynb to hand in")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for machines")


def _try(options: argparse.Namespace) -> int:
    if not options.notebook.is_file():
        raise UsageError(f"{options.notebook}: is no file; name the notebook to hand in")
    try:
        trial = _tried(options.notebook, preload_for(code_cells_of(options.notebook)))
    except PreloadFailed:  # learners import what they like: then not before their cells run
        trial = _tried(options.notebook, JUDGE)
    if options.json:
        print(json.dumps(asdict(trial), indent=2))
    else:
        _show_trial(trial)
    return EXIT_OK if trial.complete else EXIT_FAILED


def _tried(notebook: Path, preload: Sequence[str]) -> SelfCheck:
    """Run the visible checks of ``notebook`` by a worker that imports ``preload`` first."""
    try:
        with _workers(preload) as workers:
            return check_notebook(notebook, workers)
    except SubmissionError as error:
        # The grader's words on a submission name no file; here it is the learner's own.
        raise UsageError(f"{notebook}: {error}") from error


@contextmanager
def _workers(preload: Sequence[str]) -> Iterator[Workers | None]:
    """Start what the grader runs answers in; there is none where the system cannot fork."""
    # Windows has none, and learners work there too: they get the checks without the isolation.
    if not hasattr(os, "fork"):
        yield None
        return
    with Zygote(preload) as zygote:
        # The answer and the machine are the learner's own: nothing needs to be confined.
        yield Workers(zygote, zygote)


def _show_trial(trial: SelfCheck) -> None:
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
    if not trial.isolated:
        print("  the checks ran beside the answers, as in Jupyter: this system cannot fork")
    print(f"receipt {trial.receipt}: hand the file in as it is, and this stays the same")
