"""What a learner can find out alone: the visible checks on a notebook of theirs, and a receipt."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from autograder.exceptions import SubmissionError
from autograder.format.blank import is_blank, is_stub
from autograder.format.release import HIDDEN_CHECK
from autograder.format.source import read_exercise
from autograder.grading.grade_submission import describe_result
from autograder.grading.submission import Notebook, Submission
from autograder.running.run import run
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from autograder.format.source import Exercise
    from autograder.running.run import Workers


@dataclass(frozen=True)
class VisibleCheck:
    """One visible check, and what it found."""

    title: str
    verdict: Verdict
    message: str


@dataclass(frozen=True)
class SelfCheck:
    """What is in a notebook that a learner is about to hand in.

    Attributes
    ----------
    version
        Of the exercise that it was made from; empty where it does not say.
    given, blank
        The answers that hold something, and those that hold nothing yet: nothing at all, or
        what the notebook held at first.
    checks
        The visible checks, in order.
    hidden
        How many checks run only when it is graded.
    isolated
        Whether the answers ran in a process of their own, as when they are graded. Where the
        system cannot fork they ran with the checks, as in Jupyter.
    receipt
        Digest of the file: whoever grades it can say whether this is what they got.

    """

    title: str
    version: str
    given: tuple[str, ...]
    blank: tuple[str, ...]
    checks: tuple[VisibleCheck, ...]
    hidden: int
    isolated: bool
    receipt: str

    @property
    def complete(self) -> bool:
        """Whether nothing is blank and every visible check passes."""
        return not self.blank and all(check.verdict == Verdict.PASSED for check in self.checks)


def check_notebook(path: Path, workers: Workers | None) -> SelfCheck:
    """Run the visible checks of the notebook at ``path`` as the grader will.

    Without workers, for systems that cannot fork, they run as in Jupyter.

    Raises
    ------
    SourceError
        When the notebook's cells cannot be run, naming the cell and the line.
    SubmissionError
        When the file could not be handed in at all.
    WorkerError
        When the workers are gone.

    """
    # Read as the grader reads it, with its limits: what it would refuse is refused here, in time.
    raw = Submission("", path.stem, path).read()
    notebook = Notebook.of(raw)
    if not any(notebook.grade_ids):
        raise SubmissionError("holds no exercise; name a notebook that an exercise's page gave you")
    exercise = _with_numbers(read_exercise(path), notebook)
    answers = {str(cell.grade_id): cell.source for cell in exercise.answers}
    # A check that is hidden whole is released as this comment alone: its pass would say nothing.
    shown = [cell for cell in exercise.checks if cell.source.strip() != HIDDEN_CHECK]
    results = {r.grade_id: r for r in run(exercise, answers, workers)}
    found = [(cell, results[str(cell.grade_id)]) for cell in shown]
    starts = notebook.starts
    answered = [(str(c.grade_id), c.source.strip()) for c in (*exercise.answers, *exercise.written)]
    code = {str(cell.grade_id) for cell in exercise.answers if not cell.markdown}
    blank = tuple(
        name
        for name, text in answered
        if is_blank(text, starts.get(name, "")) or (name in code and is_stub(text))
    )
    return SelfCheck(
        title=exercise.title,
        version=notebook.version or "",
        given=tuple(name for name, _ in answered if name not in blank),
        blank=blank,
        checks=tuple(
            VisibleCheck(c.title, r.verdict, r.message or describe_result(r)) for c, r in found
        ),
        hidden=len(exercise.checks) - len(shown),
        isolated=workers is not None,
        receipt=hashlib.sha256(raw).hexdigest()[:16],
    )


def _with_numbers(exercise: Exercise, notebook: Notebook) -> Exercise:
    """Return the exercise with what its notebook says of numbers in widgets' answers."""
    said = notebook.numbers
    cells = (replace(cell, numbers=said.get(str(cell.grade_id), {})) for cell in exercise.cells)
    return replace(exercise, cells=tuple(cells))
