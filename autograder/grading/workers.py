"""The workers of one process: made once, shared by its threads, replaced when they die."""

from __future__ import annotations

import functools
import socket
import threading
from concurrent.futures import Future
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from autograder.exceptions import GradingError, WorkerError
from autograder.format.exercise_key import exercise_key
from autograder.grading.grade_submission import (
    failed_report,
    grade,
    marks_environment,
    run_reference_answers,
)
from autograder.running.preload import JUDGE
from autograder.running.run import Workers
from autograder.sandbox.zygote import Zygote
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.format.source import Exercise
    from autograder.grading.grade_submission import Job, ReferenceResults
    from autograder.grading.report import Report
    from autograder.sandbox.isolation import Sandbox

_TRIES = 3  # after the first


class GradingWorkers:
    """The warm workers of one process, shared by its threads and replaced when they die.

    Parameters
    ----------
    sandbox
        What keeps the learners' code in; None for code that is our own.
    preload
        The modules that workers import once, besides their own.
    environment
        Digest of what marks depend on besides, so that other machines can see whether they have it.
    modules
        What the exercises import, which is part of that.

    """

    def __init__(
        self,
        sandbox: Sandbox | None,
        preload: Sequence[str] = (),
        environment: str = "",
        modules: Sequence[str] = (),
    ) -> None:
        self._sandbox = sandbox
        self._given = tuple(preload)
        self._preload = tuple(dict.fromkeys((*preload, *JUDGE)))
        self._environment = environment
        self._modules = tuple(modules)
        self._lock = threading.Lock()
        self._workers: Workers | None = None
        self._known: dict[tuple[str, int], Future[ReferenceResults]] = {}

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to another machine as what it takes to make a team there."""
        # Processes do not travel: the other machine starts workers of its own, once for all jobs.
        return _resident, (self._sandbox, self._given, self._environment, self._modules)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._close()

    def workers(self) -> Workers:
        """Return the present workers; started where there are none."""
        with self._lock:
            if self._workers is None:
                self._workers = self._start()
            return self._workers

    def grade(self, job: Job) -> Report:
        """Grade a submission; after a failure of our own, try again with fresh workers.

        Never raises: whatever a submission sets off here is a report on that submission alone.
        """
        report = self._try(job)
        for _ in range(_TRIES):
            if report.status != Verdict.INFRASTRUCTURE:
                break
            report = self._try(job)
        return report

    def _try(self, job: Job) -> Report:
        workers = None
        problem = ""
        try:
            workers = self.workers()
            return grade(job, workers, self.reference_results(job.exercise, job.seed))
        # The solution failed or a machine differs: fresh workers would find the same.
        except GradingError as error:
            problem = str(error)
        except WorkerError as error:
            problem = str(error)
            self._replace(workers)  # only then: others are being graded by the same workers
        except Exception as error:  # noqa: BLE001 - a fault of ours is no zero and stops nobody
            problem = f"{type(error).__name__} in the grader itself"
        return failed_report(
            job.submission, job.exercise, Verdict.INFRASTRUCTURE, problem, key=job.key
        )

    def _start(self) -> Workers:
        box = self._sandbox
        judge = Zygote(self._preload)
        if box is None:
            learner = Zygote(self._preload)
            workers = Workers(judge, learner)
        else:
            # Only answers are confined: checks need the judge's own files, and answers reach them
            # as data alone. Twice the limit, for a submission's clock runs in there.
            learner = Zygote(self._preload, launcher=box.launcher(), env=box.environment())
            workers = Workers(judge, learner, 2 * box.limits.seconds, box)
        # One that cannot start must not leave the other behind, once for each try.
        with ExitStack() as started:
            for zygote in (judge, learner):
                zygote.start()
                started.callback(zygote.close)
            started.pop_all()  # both are there: they stay
        return workers

    def _replace(self, failed: Workers | None) -> None:
        """Close the failed workers, so that the next call of :meth:`workers` starts new ones."""
        with self._lock:
            # Another thread may have replaced them since, and its workers are at work.
            if self._workers is failed:
                self._close()

    def reference_results(self, exercise: Exercise, seed: int) -> ReferenceResults:
        """Return the results of the exercise's own answers, computed once for each seed.

        The first thread that asks computes them, and those that ask meanwhile wait. They get its
        exception too, but later calls compute again: the workers may have died.
        """
        # A future instead of a result under the lock: threads that grade other exercises go on.
        name = (exercise_key(exercise), seed)
        with self._lock:
            asked = name in self._known
            found = self._known.setdefault(name, Future())
        if not asked:
            self._find_out(found, name, exercise)
        return found.result()

    def _find_out(
        self, found: Future[ReferenceResults], name: tuple[str, int], exercise: Exercise
    ) -> None:
        try:
            known = run_reference_answers(exercise, self.workers(), name[1])
        except BaseException as error:  # noqa: BLE001 - whatever it is, others wait for it
            with self._lock:
                del self._known[name]
            found.set_exception(error)
        else:
            found.set_result(known)

    def _close(self) -> None:
        workers, self._workers = self._workers, None
        if workers is not None:
            workers.check_zygote.close()
            workers.answer_zygote.close()


@functools.cache
def _resident(
    sandbox: Sandbox | None,
    preload: tuple[str, ...],
    environment: str,
    modules: tuple[str, ...],
) -> GradingWorkers:
    """Return the one team of this process, on a machine of a cluster.

    Raises
    ------
    GradingError
        When what is installed here would give other marks.

    """
    if environment and marks_environment(modules) != environment:
        raise GradingError(
            f"{socket.gethostname()}: has another version of the book or of what it needs; install "
            "the same on every machine"
        )
    return GradingWorkers(sandbox, preload, environment, modules)
