"""What the threads of one process share: workers, and how an exercise's own answers behave."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sources import answer, check, wrong

from autograder.exceptions import WorkerDied, WorkerError
from autograder.grading import workers as workers_module
from autograder.grading.grade_submission import ReferenceResults, run_reference_answers
from autograder.grading.workers import GradingWorkers
from autograder.sandbox.isolation import Sandbox, Tier
from autograder.sandbox.zygote import Zygote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sources import Read

    from autograder.format.source import Exercise
    from autograder.running.run import Workers

SOLVED = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
MANY = 8


@pytest.fixture
def exercise(read: Read) -> Exercise:
    return read(answer(SOLVED), check("assert double(3) == 6"), wrong("double = abs", "absolute"))


@pytest.fixture
def team() -> Iterator[GradingWorkers]:
    with GradingWorkers(None, preload=("numpy",)) as made:
        yield made


def test_many_threads_find_out_once_how_the_exercise_behaves(
    exercise: Exercise, team: GradingWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []

    def counted(asked: Exercise, workers: Workers, seed: int) -> ReferenceResults:
        runs.append(seed)
        return run_reference_answers(asked, workers, seed)

    monkeypatch.setattr(workers_module, "run_reference_answers", counted)
    together = Barrier(MANY)

    def ask(seed: int) -> ReferenceResults:
        together.wait()
        return team.reference_results(exercise, seed)

    with ThreadPoolExecutor(MANY) as pool:
        found = list(pool.map(ask, [0] * (MANY - 1) + [1]))
    assert sorted(runs) == [0, 1]
    assert all(known is found[0] for known in found[:-1])


def test_another_exercise_is_found_out_meanwhile(
    exercise: Exercise, team: GradingWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Barrier(2, timeout=60)

    def meet(asked: Exercise, workers: Workers, seed: int) -> ReferenceResults:
        both.wait()
        return run_reference_answers(asked, workers, seed)

    monkeypatch.setattr(workers_module, "run_reference_answers", meet)
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda seed: team.reference_results(exercise, seed), [3, 4])
        assert len({id(results) for results in found}) == 2


def test_what_could_not_be_found_out_is_tried_again(
    exercise: Exercise, team: GradingWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> ReferenceResults:
        monkeypatch.setattr(workers_module, "run_reference_answers", run_reference_answers)
        raise WorkerDied("killed by signal 9")

    monkeypatch.setattr(workers_module, "run_reference_answers", die)
    with pytest.raises(WorkerDied):
        team.reference_results(exercise, 0)
    assert [*team.reference_results(exercise, 0).solution] == ["check"]


class _NoLauncher(Sandbox):
    """A sandbox whose program is not installed."""

    def launcher(self) -> list[str]:
        return ["/nowhere/bwrap"]


def test_workers_of_which_one_cannot_start_leave_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Zygote] = []
    close = Zygote.close

    def noted(zygote: Zygote) -> None:
        closed.append(zygote)
        close(zygote)

    monkeypatch.setattr(Zygote, "close", noted)
    with GradingWorkers(_NoLauncher(Tier.NONE), preload=()) as team:
        with pytest.raises(WorkerError, match="cannot start /nowhere/bwrap"):
            team.workers()
        assert len(closed) == 1
