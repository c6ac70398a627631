"""Grade a folder of submissions: who is still to do, in parallel, safe to stop at any moment."""

from __future__ import annotations

import json
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from autograder.exceptions import GradingError, SubmissionError
from autograder.files import replace_text
from autograder.format.exercise_set import similar_slugs
from autograder.grading.answer_cells import why_unreadable
from autograder.grading.exercise_versions import ExerciseVersions
from autograder.grading.feedback import feedback_page
from autograder.grading.grade_submission import Answers, Job, failed_report, mark_key
from autograder.grading.submission import Notebook, digest_of, find_submissions
from autograder.names import file_name, file_path
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from concurrent.futures import Executor, Future
    from pathlib import Path

    from autograder.format.source import Exercise
    from autograder.grading.gradebook import Gradebook
    from autograder.grading.late_policy import Policy
    from autograder.grading.report import Report
    from autograder.grading.submission import Submission
    from autograder.grading.workers import GradingWorkers


@dataclass(frozen=True)
class Plan:
    """What to grade, and under which conditions."""

    exercises: Mapping[str, Exercise]
    environment: str
    seed: int = 0
    students: Collection[str] = ()
    only: Collection[str] = ()
    regrade: bool = False
    present: bool = False  # even for what answers an earlier version


@dataclass(frozen=True)
class Outcome:
    """One submission's report, and the one that it replaces."""

    report: Report
    before: Report | None
    fresh: bool


def grade_batch(
    folder: Path, plan: Plan, book: Gradebook, team: GradingWorkers, pool: tuple[Executor, int]
) -> Iterator[Outcome]:
    """Grade the submissions in ``folder`` that ``book`` does not have; yield each stored report.

    Parameters
    ----------
    folder
        The submissions.
    plan
        What to grade of them, and how.
    book
        Where reports go, in this process.
    team
        What grades, wherever the pool runs it.
    pool
        Where it runs, and how much at once; from :mod:`autograder.running.executors`.

    Raises
    ------
    GradingError
        When the grade book cannot be written.

    """
    # Reports are stored here alone: an executor may be on other machines, a SQLite file is not.
    executor, width = pool
    versions = ExerciseVersions(plan.exercises, present=plan.present)
    running: dict[Future[Report], _Started] = {}
    for submission in select_submissions(folder, plan):
        started = _start(submission, plan, book, versions)
        # The mark stands, but a file that was collected again may have another date.
        if started.reusable_report and not plan.regrade:
            book.set_handed_in(submission.student, submission.exercise, started.handed_in)
            yield Outcome(started.reusable_report, started.reusable_report, fresh=False)
        elif started.job is None:
            yield _keep(_unreadable(started, plan), started, book)
        else:
            running[executor.submit(team.grade, started.job)] = started
        # Jobs hold whole notebooks: a class is not read into memory ahead of its workers, and two
        # for each of these keep them busy while a report is written.
        if len(running) > 2 * width:
            yield from _collect(running, book)
    while running:
        yield from _collect(running, book)


@dataclass(frozen=True)
class _Started:
    """What is known of a submission while it is being graded."""

    submission: Submission
    exercise: Exercise | None
    key: str
    before: Report | None
    handed_in: datetime
    note: str
    problem: str
    job: Job | None

    @property
    def reusable_report(self) -> Report | None:
        """The report that is in the grade book on just this, if it is a verdict."""
        before = self.before
        # What failed by our fault is tried again at each run, whatever its key says.
        same = before and before.key == self.key and before.status != Verdict.INFRASTRUCTURE
        return before if same else None


def _start(
    submission: Submission, plan: Plan, book: Gradebook, versions: ExerciseVersions
) -> _Started:
    """Read a submission; there is no job where it cannot be read or answers no exercise."""
    notebook, handed_in, problem = _read(submission)
    exercise, note = versions.answered(submission.exercise, notebook.version)
    answers, found = _answers(notebook, exercise, problem)
    key = _key(answers, problem, exercise, plan)
    return _Started(
        submission=submission,
        exercise=exercise,
        key=key,
        before=book.report_of(submission.student, submission.exercise),
        handed_in=handed_in,
        note="; ".join(filter(None, [note, found])),
        problem=problem,
        job=Job(submission, answers, exercise, key, plan.seed)
        if exercise and not problem
        else None,
    )


def _answers(notebook: Notebook, exercise: Exercise | None, problem: str) -> tuple[Answers, str]:
    """Return the answers, and what their learner is to know of how they were found."""
    if exercise is None or problem:
        return Answers({}), ""
    given = notebook.given_answers(exercise)
    unreadable = {name: why_unreadable(one.source) for name, one in given.items()}
    unreadable = {name: why for name, why in unreadable.items() if why}
    code = {name: one.source for name, one in given.items() if name not in unreadable}
    notes = [f"{one.note} (`{name}`)" for name, one in given.items() if one.note]
    return Answers(code, notebook.written(exercise), unreadable), "; ".join(notes)


def write_report(to: Path, report: Report, name: str = "") -> None:
    """Write the two views of one report: its JSON, and the feedback for the learner, by name."""
    place = f"{file_name(report.student)}/{file_path(report.exercise)}"
    # The JSON first: it is the product, and feedback is a view of it.
    replace_text(to / "reports" / f"{place}.json", json.dumps(report.as_json(), indent=2) + "\n")
    replace_text(to / "feedback" / f"{place}.html", feedback_page(report, name))


def write_marks(to: Path, book: Gradebook, policy: Policy) -> None:
    """Write ``grades.csv``."""
    replace_text(to / "grades.csv", book.as_csv(policy))


def select_submissions(folder: Path, plan: Plan) -> Iterator[Submission]:
    """Yield the submissions that the plan selects."""
    for submission in find_submissions(folder):
        if plan.students and submission.student not in plan.students:
            continue
        if plan.only and submission.exercise not in plan.only:
            continue
        yield submission


def _read(submission: Submission) -> tuple[Notebook, datetime, str]:
    """Return what was handed in, when, and why it cannot be read."""
    # A file whose date cannot be read was handed in no later than now.
    nothing, handed_in = Notebook((), {}), datetime.now(UTC)
    try:
        handed_in = submission.handed_in()
        return Notebook.of(submission.read()), handed_in, ""
    except SubmissionError as error:
        return nothing, handed_in, str(error)
    except OSError as error:
        return nothing, handed_in, f"cannot be read ({error.strerror})"
    except Exception as error:  # noqa: BLE001 - a file that breaks its reader is one file
        return nothing, handed_in, f"cannot be read ({type(error).__name__})"


def _key(answers: Answers, problem: str, exercise: Exercise | None, plan: Plan) -> str:
    # With the names of all exercises in it, a report of none is made anew when one is added.
    if exercise is None:
        return digest_of(problem.encode(), repr(sorted(plan.exercises)).encode())
    key = mark_key(answers, exercise, plan.environment, plan.seed)
    return digest_of(key.encode(), problem.encode()) if problem else key


def _unreadable(started: _Started, plan: Plan) -> Report:
    submission, exercise, problem = started.submission, started.exercise, started.problem
    if exercise is None:
        known = similar_slugs(submission.exercise, plan.exercises) or sorted(plan.exercises)
        problem = problem or f"answers no known exercise; name it after one of {', '.join(known)}"
    return failed_report(submission, exercise, Verdict.INVALID, problem, key=started.key)


def _collect(running: dict[Future[Report], _Started], book: Gradebook) -> Iterator[Outcome]:
    """Wait for a report, and put it into the grade book before anybody hears of it."""
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        started = running.pop(future)
        yield _keep(_report_of(future, started), started, book)


def _report_of(future: Future[Report], started: _Started) -> Report:
    """Return a job's report; a lost machine gives ``infrastructure``, never a zero."""
    try:
        return future.result()
    except (Exception, CancelledError) as error:  # noqa: BLE001 - whatever a cluster raises
        # The text of another's exception may hold paths or data of the machine it came from.
        problem = str(error) if isinstance(error, GradingError) else type(error).__name__
        return failed_report(
            started.submission, started.exercise, Verdict.INFRASTRUCTURE, problem, key=started.key
        )


def _keep(report: Report, started: _Started, book: Gradebook) -> Outcome:
    if started.note and report.status == "graded":
        report = replace(report, message=started.note)
    book.store_report(report, started.handed_in)
    return Outcome(report, started.before, fresh=True)
