"""Verify one exercise or all: do its checks catch what the source says they catch."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.files import replace_text
from autograder.format.exercise_key import exercise_key
from autograder.format.release import answer_stub
from autograder.running.environment import (
    RUNS_ANSWERS,
    engine_files,
    environment_digest,
    module_files,
    modules_of,
)
from autograder.running.run import CREDIT_REMEDY, CheckResult, Workers, run
from autograder.running.transcript import same_replies
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from autograder.format.source import Cell, Exercise, WrongAnswer

Results = tuple[CheckResult, ...]

_NOT_KEPT = ("misses", "slug")


@dataclass(frozen=True)
class Miss:
    """One promise that an exercise does not keep, and the remedy."""

    place: str
    check: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        """Return one line with file, line, check, reason and remedy."""
        check = f"check `{self.check}`: " if self.check else ""
        return f"{self.place}: {check}{self.reason}; {self.remedy}"


@dataclass(frozen=True)
class Verification:
    """The result of verifying one exercise.

    Attributes
    ----------
    checks, wrong_answers, runs
        Numbers of each.
    misses
        What to mend; empty for an exercise that keeps its promises.
    """

    slug: str
    checks: int
    wrong_answers: int
    runs: int
    seconds: float
    misses: tuple[Miss, ...]


@dataclass(frozen=True)
class _BothRuns:
    """The results of the same answers in a process of their own, and in one with the checks."""

    isolated: Results
    in_process: Results


def verify(
    exercise: Exercise, workers: Workers, executor: Executor, *, seed: int = 0
) -> Verification:
    """Run solution, stub and wrong answers, and compare the verdicts with what the source promises.

    Each runs twice, isolated and in one process: different verdicts are a miss too.

    Parameters
    ----------
    exercise
        What to verify.
    workers
        Where checks and answers run.
    executor
        Runs the answers in parallel.
    seed
        Of the checks' random numbers.

    Raises
    ------
    WorkerDied
        When the workers are gone: there is no verdict on the exercise.
    """
    began = time.monotonic()

    def start(answers: Mapping[str, str]) -> Callable[[], _BothRuns]:
        isolated, in_process = (
            executor.submit(run, exercise, answers, workers, isolated=isolated, seed=seed)
            for isolated in (True, False)
        )
        return lambda: _BothRuns(isolated.result(), in_process.result())

    # All runs are started before the first result is waited for.
    solution = start(_solution_answers(exercise))
    blank = start({str(cell.grade_id): answer_stub(cell) for cell in exercise.answers})
    wrong = [
        (w, start(_solution_answers(exercise) | {w.answer: w.source}))
        for w in exercise.wrong_answers
    ]
    found = {w.name: (w, wait()) for w, wait in wrong}
    misses = [*_solution_misses(exercise, solution()), *_stub_misses(exercise, blank())]
    for answer, both in found.values():
        misses += _wrong_misses(exercise, answer, both)
    misses += _confusable_misses([(w, both.isolated) for w, both in found.values()])
    return Verification(
        slug=exercise.slug,
        checks=len(exercise.checks),
        wrong_answers=len(wrong),
        runs=2 * (2 + len(wrong)),
        seconds=time.monotonic() - began,
        misses=tuple(misses),
    )


def verify_exercise_set(
    exercises: Sequence[Exercise],
    workers: Workers,
    cache: Path,
    progress: Callable[[Exercise], None],
) -> list[Verification]:
    """Verify each exercise, or find in ``cache`` that what it checks has been verified as it is.

    Parameters
    ----------
    exercises
        What to verify.
    workers
        Where their code runs; nothing is asked of them when all is in the cache.
    cache
        A folder whose name changes with everything else that the verdicts depend on, such as
        :func:`verification_environment`. Only an exercise without a miss is kept there.
    progress
        Called with each exercise before it is verified.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        return [
            _verify_unless_cached(exercise, workers, executor, cache, progress)
            for exercise in exercises
        ]


def verification_environment(
    exercises: Collection[Exercise], root: Path, files: Mapping[str, Path]
) -> str:
    """Return the digest of what verdicts depend on besides the exercises: code and versions.

    Parameters
    ----------
    root
        Of the book, from which its exercises may import modules.
    files
        Other files that the code of exercises may use, by a label.

    """
    imported = module_files(modules_of(exercises, root=root), root=root, suffixes={".py"})
    own = engine_files(*RUNS_ANSWERS, "verification/verify.py")
    return environment_digest({**own, **imported, **files})


def _verify_unless_cached(
    exercise: Exercise,
    workers: Workers,
    executor: Executor,
    cache: Path,
    progress: Callable[[Exercise], None],
) -> Verification:
    kept = cache / f"{exercise_key(exercise)}.json"
    # The slug is no part of the key: an exercise that was renamed checks the same.
    known = _read_cached(kept, exercise.slug)
    if known is not None:
        return known
    progress(exercise)
    found = verify(exercise, workers, executor)
    # A miss is found again in every build until it is mended.
    if not found.misses:
        facts = {name: value for name, value in vars(found).items() if name not in _NOT_KEPT}
        replace_text(kept, json.dumps(facts))
    return found


def _read_cached(kept: Path, slug: str) -> Verification | None:
    """Return what ``kept`` holds; a file that is not there, or spoiled, holds nothing."""
    try:
        return Verification(slug=slug, **json.loads(kept.read_text("utf-8")), misses=())
    except (OSError, ValueError, TypeError):
        return None


def same_behaviour(one: Results, other: Results) -> bool:
    """Return whether two answers gave the same replies to everything that the checks asked."""
    return all(same_replies(a, b) for a, b in zip(one, other, strict=True))


def _solution_answers(exercise: Exercise) -> dict[str, str]:
    return {str(cell.grade_id): cell.source for cell in exercise.answers}


def _solution_misses(exercise: Exercise, both: _BothRuns) -> list[Miss]:
    misses = _isolation_misses(exercise, "the solution", both)
    for cell, result in zip(exercise.checks, both.isolated, strict=True):
        if not result.passed:
            reason = f"the solution does not pass ({_describe_result(result)})"
            misses.append(_miss_of_check(cell, result, reason, "mend the solution or the check"))
        elif problem := result.credit_problem(cell.points):
            misses.append(_miss_of_check(cell, result, f"it {problem}", CREDIT_REMEDY))
    return misses


def _stub_misses(exercise: Exercise, both: _BothRuns) -> list[Miss]:
    misses = _isolation_misses(exercise, "the stub", both)
    for cell, result in zip(exercise.checks, both.isolated, strict=True):
        earned = result.points_of(cell.points)
        if earned:
            reason = f"the released stub earns {earned:g} points here"
            remedy = "make the check need an answer, or give it no points"
            misses.append(_miss_of_check(cell, result, reason, remedy))
    return misses


def _wrong_misses(exercise: Exercise, wrong: WrongAnswer, both: _BothRuns) -> list[Miss]:
    misses = _isolation_misses(exercise, f"wrong answer `{wrong.name}`", both)
    for result in both.isolated:
        if result.grade_id == wrong.fails and result.verdict in (
            Verdict.PASSED,
            Verdict.INFRASTRUCTURE,
        ):
            failed = [r.grade_id for r in both.isolated if not r.passed]
            instead = f"it fails {', '.join(failed)}" if failed else "it fails no check at all"
            reason = f"wrong answer `{wrong.name}` passes it ({instead})"
            remedy = "make the check catch it, or correct `:fails:`"
            misses.append(Miss(wrong.place.at(), wrong.fails, reason, remedy))
    return misses


def _confusable_misses(found: Sequence[tuple[WrongAnswer, Results]]) -> list[Miss]:
    """Return a miss for each wrong answer that behaves like an earlier one."""
    misses = []
    # Such two would show each other's message to a learner.
    for number, (wrong, results) in enumerate(found):
        for earlier, others in found[:number]:
            if same_behaviour(results, others):
                reason = f"wrong answers `{earlier.name}` and `{wrong.name}` behave alike"
                remedy = "drop one, or add a check that tells them apart, so each shows its message"
                misses.append(Miss(wrong.place.at(), wrong.fails, reason, remedy))
    return misses


def _isolation_misses(exercise: Exercise, who: str, both: _BothRuns) -> list[Miss]:
    misses = []
    for cell, isolated, in_process in zip(
        exercise.checks, both.isolated, both.in_process, strict=True
    ):
        if _verdict_and_why(isolated) != _verdict_and_why(in_process):
            reason = (
                f"{who} gets another verdict in plain Python ({_describe_result(in_process)}) than "
                f"across processes ({_describe_result(isolated)})"
            )
            where = "'What crosses' in the contributors' guide"
            remedy = f"let the check use only data and calls; see {where}"
            misses.append(_miss_of_check(cell, isolated, reason, remedy))
    return misses


def _verdict_and_why(result: CheckResult) -> tuple[object, ...]:
    # As text: NaN is unequal to itself.
    return result.verdict, result.message, str(result.credit)


def _miss_of_check(cell: Cell, result: CheckResult, reason: str, remedy: str) -> Miss:
    row = (result.check_line or 1) - 1
    return Miss(cell.place.at(row), str(cell.grade_id), reason, remedy)


def _describe_result(result: CheckResult) -> str:
    raised = "" if result.verdict in (Verdict.PASSED, Verdict.FAILED) else result.exception
    where = f" at line {result.learner_line} of the answer" if result.learner_line else ""
    return f"{result.verdict}{': ' if raised else ''}{raised}{where}"
