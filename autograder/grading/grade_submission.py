"""Grade one submission: run its answers, and say what each check found."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from autograder.exceptions import GradingError
from autograder.format.blank import is_blank
from autograder.format.exercise_key import exercise_key
from autograder.format.release import answer_stub, learner_source
from autograder.grading.misconceptions import choose_misconception
from autograder.grading.report import Report, TestReport
from autograder.grading.submission import digest_of
from autograder.running.environment import (
    RUNS_ANSWERS,
    engine_files,
    environment_digest,
    module_files,
)
from autograder.running.run import CREDIT_REMEDY, CheckResult, Workers, bound_names, run
from autograder.verdict import EARNS_POINTS, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from autograder.format.source import Cell, Exercise, WrongAnswer
    from autograder.grading.submission import Submission


@dataclass(frozen=True)
class Answers:
    """What was handed in for one exercise, by ``grade_id``: code to run, and words to read.

    Attributes
    ----------
    unreadable
        Why an answer that is there cannot be run.
    """

    code: Mapping[str, str]
    written: Mapping[str, str] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """All that one mark depends on, as data that can be sent to another machine."""

    submission: Submission
    answers: Answers
    exercise: Exercise
    key: str
    seed: int


def mark_key(answers: Answers, exercise: Exercise, environment: str, seed: int) -> str:
    """Return the digest of all that a mark depends on.

    Of a submission only its answers count; of an exercise what :func:`exercise_key` says;
    ``environment`` is what :func:`marks_environment` returns.
    """
    kinds = (answers.code, answers.written, answers.unreadable)
    given = repr([sorted(kind.items()) for kind in kinds])
    parts = (given, exercise_key(exercise), environment, str(seed))
    return digest_of(*(part.encode("utf-8", "surrogatepass") for part in parts))


def marks_environment(modules: Iterable[str]) -> str:
    """Return the digest of what marks depend on besides: code, installed versions, Python.

    Parameters
    ----------
    modules
        What the exercises import: what :func:`~autograder.running.environment.modules_of` returns.

    """
    own = engine_files(*RUNS_ANSWERS, *_MARKING)
    return environment_digest(own | module_files(modules, suffixes=_CODE))


@dataclass(frozen=True)
class ReferenceResults:
    """How an exercise's own answers behave here, to compare submissions with.

    Attributes
    ----------
    solution
        What each check found of the solution.
    wrong
        The wrong answers, and what each check found of them.

    """

    solution: Mapping[str, CheckResult]
    wrong: Sequence[tuple[WrongAnswer, tuple[CheckResult, ...]]]

    @property
    def object_origins(self) -> dict[str, tuple[str, ...]]:
        """Where, in each check, an answer may give objects that are no data."""
        return {name: result.origins for name, result in self.solution.items()}


def run_reference_answers(exercise: Exercise, workers: Workers, seed: int) -> ReferenceResults:
    """Run the exercise's solution, its stub and its wrong answers.

    Raises
    ------
    GradingError
        When the solution does not pass, or the stub earns points: then no verdict on a submission
        would mean anything.
    WorkerError
        When the workers are gone.

    """
    answers = {str(cell.grade_id): cell.source for cell in exercise.answers}
    solution = {result.grade_id: result for result in run(exercise, answers, workers, seed=seed)}
    # A solution that fails is the author's fault, and would be every learner's zero.
    failed = [f"{name} ({found.verdict})" for name, found in solution.items() if not found.passed]
    if failed:
        raise GradingError(
            f"the solution of {exercise.title} does not pass {', '.join(failed)}; mend the source "
            "(`autograder verify` says where), then run the same command again"
        )
    _refuse_odd_credit(exercise, solution)
    _refuse_points_for_nothing(exercise, run(exercise, blank_answers(exercise), workers, seed=seed))
    # Each replaces one answer of the solution, so that its replies show one misconception.
    wrong = [
        (wrong, run(exercise, answers | {wrong.answer: wrong.source}, workers, seed=seed))
        for wrong in exercise.wrong_answers
    ]
    return ReferenceResults(solution, wrong)


def blank_answers(exercise: Exercise) -> dict[str, str]:
    """Return what the answer cells hold before anybody has answered, by ``grade_id``."""
    return {str(cell.grade_id): answer_stub(cell) for cell in exercise.answers}


def _refuse_odd_credit(exercise: Exercise, solution: Mapping[str, CheckResult]) -> None:
    for cell in exercise.checks:
        problem = solution[str(cell.grade_id)].credit_problem(cell.points)
        if problem:
            raise GradingError(
                f"{cell.place.at()}: check `{cell.grade_id}` {problem}; {CREDIT_REMEDY}, then run "
                "the same command again"
            )


def _refuse_points_for_nothing(exercise: Exercise, blank: Sequence[CheckResult]) -> None:
    for cell, result in zip(exercise.checks, blank, strict=True):
        if result.points_of(cell.points):
            raise GradingError(
                f"{cell.place.at()}: check `{cell.grade_id}` gives "
                f"{result.points_of(cell.points):g} points to the stub, before anything is "
                "answered; make it need an answer, or give it no points, then run the same command "
                "again"
            )


def grade(job: Job, workers: Workers, known: ReferenceResults) -> Report:
    """Grade one submission. Returns a report whatever its answers do.

    Raises
    ------
    WorkerError
        When the workers are gone: no verdict on the submission.

    """
    began = time.monotonic()
    submission, exercise = job.submission, job.exercise
    found = run(
        exercise, job.answers.code, workers, seed=job.seed, object_origins=known.object_origins
    )
    # Checks are `assert`s of an author's: what passed on nothing is found by comparing its
    # transcript with the solution's, not by trusting that each was written against it.
    results = [
        _explained(_unless_hollow(result, known.solution[result.grade_id]), cell, job)
        for result, cell in zip(found, exercise.checks, strict=True)
    ]
    tests = tuple(
        _test(cell, result, choose_misconception(result, known.wrong))
        for cell, result in zip(exercise.checks, results, strict=True)
    )
    words = job.answers.written
    tests += tuple(_written(cell, words.get(str(cell.grade_id), "")) for cell in exercise.written)
    # One check that our fault stopped makes the whole report one to repeat, never a partial zero.
    ours = any(test.verdict == Verdict.INFRASTRUCTURE for test in tests)
    return Report(
        student=submission.student,
        exercise=submission.exercise,
        status=Verdict.INFRASTRUCTURE if ours else "graded",
        score=sum(test.points for test in tests),
        max_score=exercise.points,
        isolation=workers.sandbox.tier.name.lower() if workers.sandbox else "none",
        seconds=round(time.monotonic() - began, 3),
        key=job.key,
        tests=tests,
        title=exercise.title,
        chapter=exercise.chapter,
    )


def _explained(result: CheckResult, check: Cell, job: Job) -> CheckResult:
    """Say of a check that found no answer why: a cell that is not there, or that cannot be read."""
    if result.verdict != Verdict.MISSING:
        return result
    needed = [str(cell.grade_id) for cell in job.exercise.answers if _needs(check, cell)]
    for name in needed:
        if why := job.answers.unreadable.get(name):
            message = f"Your answer `{name}` {why}, so it was not run."
            return replace(result, verdict=Verdict.INVALID, message=message)
    for name in needed:
        if name not in job.answers.code:
            return replace(result, message=f"Your notebook has no cell for the answer `{name}`.")
    return result


def _needs(check: Cell, answer: Cell) -> bool:
    """Whether a check's code names what an answer defines."""
    words = frozenset(re.findall(r"\w+", check.source))
    return not words.isdisjoint(bound_names(answer.source))


def failed_report(
    submission: Submission, exercise: Exercise | None, verdict: Verdict, message: str, *, key: str
) -> Report:
    """Report a submission whose answers could not be run, with the reason."""
    checks = exercise.checks if exercise else ()
    return Report(
        student=submission.student,
        exercise=submission.exercise,
        status=verdict,
        score=0.0,
        max_score=exercise.points if exercise else 0.0,
        isolation="not run",
        seconds=0.0,
        key=key,
        tests=tuple(_test(cell, CheckResult(str(cell.grade_id), verdict), "") for cell in checks),
        title=exercise.title if exercise else submission.exercise,
        chapter=exercise.chapter if exercise else "",
        message=message,
    )


def _written(cell: Cell, text: str) -> TestReport:
    """Report a written answer, which waits for a person unless there is none."""
    # A person reads it, the database and the review table hold it: not megabytes of it.
    text = text[:_MOST_WORDS]
    # The question that the notebook began with is no answer either. A task is worked on elsewhere
    # in the notebook, so that a person has to look at it anyway.
    blank = not cell.task and is_blank(text, learner_source(cell))
    return TestReport(
        grade_id=str(cell.grade_id),
        title=cell.title,
        points=0.0,
        max_points=cell.points,
        verdict=Verdict.MISSING if blank else Verdict.PENDING,
        message="No answer was written." if blank else "A person will read your answer.",
        answer="" if blank else text,
    )


def _test(cell: Cell, result: CheckResult, misconception: str) -> TestReport:
    return TestReport(
        grade_id=str(cell.grade_id),
        title=cell.title,
        points=result.points_of(cell.points),
        max_points=cell.points,
        verdict=result.verdict,
        message=result.message or describe_result(result),
        misconception=misconception,
    )


def _unless_hollow(result: CheckResult, solution: CheckResult) -> CheckResult:
    """Fail a check that passed for want of anything to compare.

    A comparison of no elements is true, and NaN is neither more nor less than any tolerance. An
    answer that gives one of them where the solution never does has not been checked at all.
    """
    if result.verdict not in EARNS_POINTS:
        return result
    # An empty array or NaN where the solution gives them too is what the exercise asks for.
    for is_hollow, message in ((_is_empty, _EMPTY), (_is_nan, _NAN)):
        if (
            _any(is_hollow, result.transcript)
            and not _any(is_hollow, solution.transcript)
            and not _holds_all(is_hollow, result.transcript, solution.transcript)
        ):
            return replace(result, verdict=Verdict.FAILED, message=message)
    return result


def _any(is_so: Callable[[dict[str, Any]], bool], summary: object) -> bool:
    """Whether anything in a transcript is so."""
    if isinstance(summary, dict):
        return is_so(summary) or any(_any(is_so, part) for part in summary.values())
    return isinstance(summary, list | tuple) and any(_any(is_so, part) for part in summary)


def _holds_all(is_hollow: Callable[[dict[str, Any]], bool], mine: Any, known: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether ``mine`` has, in each place where the solution gives something, something too.

    What it has besides, such as an empty list under a name of its own, is nobody's concern.
    """
    holds = partial(_holds_all, is_hollow)
    if isinstance(known, list | tuple) and isinstance(mine, list | tuple):
        return len(mine) >= len(known) and all(map(holds, mine, known))
    if not isinstance(known, dict) or not isinstance(mine, dict) or is_hollow(mine):
        return not _any(is_hollow, mine)
    if "pairs" in known and "pairs" in mine:
        values = {repr(key): value for key, value in mine["pairs"]}
        return all(
            repr(key) in values and holds(values[repr(key)], value) for key, value in known["pairs"]
        )
    if "items" in known and "items" in mine:
        return holds(mine["items"], known["items"])
    return not _any(is_hollow, mine)


def _is_empty(summary: dict[str, Any]) -> bool:
    return 0 in summary.get("shape", ()) or any(summary.get(kind) == [] for kind in _HOLDERS)


def _is_nan(summary: dict[str, Any]) -> bool:
    return summary.get("nan") is True


# Style sheets and scripts beside a module are for pages; no check runs them.
_CODE = frozenset({".py"})
# Of this room, what a mark depends on.
_MARKING = (
    "grading/answer_cells.py",
    "grading/grade_submission.py",
    "grading/misconceptions.py",
    "grading/submission.py",
)
_MOST_WORDS = 20_000  # characters of a written answer
_HOLDERS = ("items", "pairs")
_REFUSALS = ("PermissionError", "OSError", "BlockingIOError")
_CONFINED = (
    " While it is graded, code starts no other process, uses no network, and writes only below the "
    "folder that it starts in (`tempfile` does so too)."
)
_EMPTY = "Your answer gives something empty where there are values to give."
_NAN = "Your answer gives NaN (not a number) where there are numbers to give."


def describe_result(result: CheckResult) -> str:
    """Return a sentence for a verdict without a message of the author's."""
    if result.verdict == Verdict.MISSING:
        return "No answer yet: the cell is blank, or does not define what this check needs."
    # Type and line only: a message of the learner's could carry what the check showed it.
    if result.verdict == Verdict.ERROR and result.learner_line:
        hint = _CONFINED if result.exception in _REFUSALS else ""
        line = result.learner_line
        return f"Your code raised {result.exception} at line {line} of your answer.{hint}"
    if result.verdict == Verdict.ERROR:
        return f"The check could not use your answer ({result.exception})."
    return _ENDINGS.get(result.verdict, "")


_ENDINGS = {
    Verdict.PARTIAL: "Part of this is right, and earns part of the points.",
    Verdict.TIMEOUT: "Your code took too long and was stopped.",
    Verdict.MEMORY: "Your code needed more memory than there is and was stopped.",
    Verdict.CRASH: "The process that ran your code ended before this check was done.",
    Verdict.INVALID: "The file could not be read as a submission.",
    Verdict.INFRASTRUCTURE: "This check could not be run. That is our fault; it costs no marks.",
}
