"""Run an exercise's checks on answers in worker processes and return each result."""

from __future__ import annotations

import ast
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from select import select
from typing import TYPE_CHECKING, Any

from autograder.exceptions import WorkerDied
from autograder.format.magics import parse_python, translate_magics
from autograder.verdict import ENDS_THE_RUN, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from autograder.format.source import Cell, Exercise
    from autograder.sandbox.isolation import Sandbox
    from autograder.sandbox.zygote import Child, Zygote


_RUN_SECONDS = 60.0
_CHECKS_ISOLATED = "autograder.running.check_runner:run_checks_isolated"
CREDIT_REMEDY = "for partial credit end it with `float(...)` of such a number, else with `;`"
_END_SECONDS = 5.0  # for a process that has closed its results to exit


@dataclass(frozen=True)
class Workers:
    """The warm workers from which the processes of checks and answers are forked.

    Attributes
    ----------
    check_zygote, answer_zygote
        May be the same one where answers are trusted, as the author's are.
    seconds
        Wall clock that one run may take.
    sandbox
        What confines the answers; None only for trusted ones.
    """

    check_zygote: Zygote
    answer_zygote: Zygote
    seconds: float = _RUN_SECONDS
    sandbox: Sandbox | None = None


@dataclass(frozen=True)
class CheckResult:
    """The result of one check.

    Attributes
    ----------
    transcript
        A summary of each value that the check got from the answers' process.
    origins
        The expressions by which the check got objects that are no data: ``make_model().layers*``.
    credit
        The number that the check's last expression gave; None for one that gave none.
    """

    grade_id: str
    verdict: Verdict
    message: str = ""
    exception: str = ""
    learner_line: int | None = None
    check_line: int | None = None
    transcript: tuple[object, ...] = ()
    origins: tuple[str, ...] = ()
    credit: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the check earns all its points."""
        return self.verdict == Verdict.PASSED

    def points_of(self, points: float) -> float:
        """Return how many of its ``points`` the check earns."""
        if self.verdict == Verdict.PARTIAL and self.credit is not None:
            return self.credit
        return points if self.passed else 0.0

    def credit_problem(self, points: float) -> str:
        """Return what is wrong with the number that the solution ends a check with, if anything.

        nbgrader stops at a number above the points, and gives all of them for what it cannot read.
        """
        if self.credit is None or 0 <= self.credit <= points:
            return ""
        return f"ends with a number that is none from 0 to its {points:g} points"


def run(  # noqa: PLR0913 - all that a mark depends on, each by name
    exercise: Exercise,
    answers: Mapping[str, str],
    workers: Workers | None,
    *,
    isolated: bool = True,
    seed: int = 0,
    object_origins: Mapping[str, Collection[str]] | None = None,
) -> tuple[CheckResult, ...]:
    """Run every check of ``exercise`` on ``answers``.

    Parameters
    ----------
    exercise
        Its set-up cells and checks are run, in its order.
    answers
        The source of each answer cell by its ``grade_id``; one that is left out is a blank.
    workers
        Where checks and answers run. None, for a system that cannot fork: in a fresh process, one
        namespace for both, and no sandbox.
    isolated
        True: the answers run in a process of their own, and the checks get data from it. False: one
        namespace for everything, as in Jupyter.
    seed
        From it each check gets its own seed, the same in both processes.
    object_origins
        By check, where an answer may give objects that are no data: where the solution gives them.
        None: anywhere.

    Returns
    -------
    tuple of CheckResult
        One for each check, in order, whatever the answers do.

    Raises
    ------
    WorkerError
        When the workers have ended, or the system refuses another process.
    """
    jobs = _describe_cells(exercise, answers, object_origins)
    run_checks = _choose_runner(workers, isolated=isolated)
    results: list[CheckResult] = []
    # One for all attempts: an answer that ends its process at each check gains no time by it.
    deadline = time.monotonic() + (workers.seconds if workers else _RUN_SECONDS)
    while len(results) < len(exercise.checks):
        # Each process that is lost costs one check its verdict; the others run again without it.
        left = exercise.checks[len(results) :]
        cells = [job for cell, job in jobs if cell.kind != "check" or cell in left]
        lines, ended = run_checks({"seed": seed, "cells": cells}, deadline)
        results += map(_result_of_line, lines, left)
        if len(lines) < len(left):
            lost = (
                left[len(lines) :] if ended in ENDS_THE_RUN else left[len(lines) : len(lines) + 1]
            )
            results += [CheckResult(str(cell.grade_id), ended) for cell in lost]
    return tuple(results)


def bound_names(source: str) -> list[str]:
    """Return the names that ``source`` binds at its top level, in any way that Python has."""
    return list(dict.fromkeys(_names_bound_by(parse_python(translate_magics(source)))))


def _names_bound_by(node: ast.AST) -> Iterator[str]:
    # Not `symtable`: from Python 3.12 on it counts the variables of comprehensions as well.
    if isinstance(node, ast.Lambda):
        return
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        yield from (n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
        return
    yield from _names_of(node)
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        for child in ast.iter_child_nodes(node):
            yield from _names_bound_by(child)


def _names_of(node: ast.AST) -> Iterator[str]:
    """Yield the names that a node itself binds, without those that it contains."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.alias(name=name, asname=None):
            yield from [] if name == "*" else [name.partition(".")[0]]
        case (
            ast.alias(asname=str(name))
            | ast.FunctionDef(name=name)
            | ast.AsyncFunctionDef(name=name)
            | ast.ClassDef(name=name)
            | ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            yield name


def _describe_cells(
    exercise: Exercise,
    answers: Mapping[str, str],
    object_origins: Mapping[str, Collection[str]] | None,
) -> list[tuple[Cell, dict[str, Any]]]:
    """Return each cell that runs, with its JSON for the check runner."""
    cells = [c for c in exercise.cells if c.kind in ("code", "answer", "check")]
    # Names of the set-up stay the author's: an answer that binds one changes nothing for a check.
    prepared = {name for c in cells if c.kind == "code" for name in bound_names(c.source)}
    jobs = []
    for cell in cells:
        job: dict[str, Any] = {"kind": cell.kind, "grade_id": cell.grade_id, "source": cell.source}
        name = str(cell.grade_id)
        if cell.kind == "answer":
            job["source"] = answers.get(name, "")
            job["names"] = [bound for bound in bound_names(cell.source) if bound not in prepared]
            job["numbers"] = {bound: list(keys) for bound, keys in cell.numbers.items()}
        elif cell.kind == "check":
            job["object_origins"] = (
                None if object_origins is None else list(object_origins.get(name, ()))
            )
        jobs.append((cell, job))
    return jobs


def _choose_runner(
    workers: Workers | None, *, isolated: bool
) -> Callable[[dict[str, Any], float], tuple[list[dict[str, Any]], Verdict]]:
    if workers is None:
        return _run_in_fresh_process
    return partial(_run_isolated if isolated else _run_in_process, workers)


def _run_isolated(
    workers: Workers, payload: dict[str, Any], deadline: float
) -> tuple[list[dict[str, Any]], Verdict]:
    if workers.sandbox is not None:
        return _run_confined(workers, workers.sandbox, payload, deadline)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        target = "autograder.running.answer_process:serve_trusted"
        learner = workers.answer_zygote.fork(target, {}, [theirs.fileno()])
        theirs.close()
        try:
            return _run_check_process(
                _CHECKS_ISOLATED, payload, workers.check_zygote, [ours.fileno()], deadline
            )
        finally:
            # Whatever it still does can change no verdict, and would take the next one's time.
            learner.kill()


def _run_confined(
    workers: Workers, sandbox: Sandbox, payload: dict[str, Any], deadline: float
) -> tuple[list[dict[str, Any]], Verdict]:
    """Run checks on untrusted answers; the sandbox gives the verdict on how their process ended."""
    ours, theirs = socket.socketpair()
    with ours, theirs, sandbox.watch() as watch:
        fds = [theirs.fileno(), watch.fd]
        learner = workers.answer_zygote.fork(
            "autograder.running.answer_process:serve_confined", watch.payload, fds
        )
        theirs.close()
        watch.start(learner)
        try:
            lines, ended = _run_check_process(
                _CHECKS_ISOLATED, payload, workers.check_zygote, [ours.fileno()], deadline
            )
            # When checks are missing, the answers' process is about to end: wait for the reason.
            checks = sum(cell["kind"] == "check" for cell in payload["cells"])
            grace = _END_SECONDS if ended == Verdict.CRASH and len(lines) < checks else 0.0
            return lines, watch.stop(grace) or ended
        finally:
            learner.kill()


def _run_in_process(
    workers: Workers, payload: dict[str, Any], deadline: float
) -> tuple[list[dict[str, Any]], Verdict]:
    target = "autograder.running.check_runner:run_checks_in_process"
    lines, ended = _run_check_process(target, payload, workers.check_zygote, [], deadline)
    return (
        lines,
        Verdict.CRASH if ended == Verdict.INFRASTRUCTURE else ended,
    )  # the answer ran in there too


def _run_in_fresh_process(
    payload: dict[str, Any], deadline: float
) -> tuple[list[dict[str, Any]], Verdict]:
    """Run answers and checks in one namespace of a process that starts for it, cold."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "autograder.running.check_runner"],
            input=json.dumps(payload).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=max(0.0, deadline - time.monotonic()),
        )
    except subprocess.TimeoutExpired as late:
        return _read_lines(late.stdout or b""), Verdict.TIMEOUT
    return _read_lines(done.stdout), Verdict.CRASH


def _run_check_process(
    target: str, payload: dict[str, Any], zygote: Zygote, fds: Sequence[int], deadline: float
) -> tuple[list[dict[str, Any]], Verdict]:
    """Return the lines that the checks wrote, and the verdict on the first check without one."""
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb", buffering=0) as results:
        try:
            child = zygote.fork(target, payload, [*fds, write_end])
        finally:
            os.close(write_end)  # the pipe ends only when nobody holds this end
        try:
            text, in_time = _read_until_deadline(results.fileno(), deadline)
            ended = _verdict_of_exit(child) if in_time else Verdict.TIMEOUT
        finally:
            child.kill()
    return _read_lines(text), ended


def _read_lines(text: bytes) -> list[dict[str, Any]]:
    """Return the results that the checks wrote; a line that a kill cut short is none."""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith(b"\n")]


def _verdict_of_exit(child: Child) -> Verdict:
    try:
        return Verdict.CRASH if child.wait(_END_SECONDS) == 0 else Verdict.INFRASTRUCTURE
    except WorkerDied:
        return Verdict.INFRASTRUCTURE


def _read_until_deadline(descriptor: int, deadline: float) -> tuple[bytes, bool]:
    """Read a pipe to its end or until ``deadline``; also return whether the end came first."""
    parts: list[bytes] = []
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select([descriptor], [], [], left)[0]:
            return b"".join(parts), False
        part = os.read(descriptor, 65536)
        if not part:
            return b"".join(parts), True
        parts.append(part)


def _result_of_line(line: dict[str, Any], cell: Cell) -> CheckResult:
    tuples = {name: tuple(line[name]) for name in ("transcript", "origins")}
    verdict = Verdict(line["verdict"])
    if verdict == Verdict.PASSED:
        verdict = _verdict_of_credit(line["credit"], cell.points)
    return CheckResult(**{**line, **tuples, "verdict": verdict})


def _verdict_of_credit(credit: float | None, points: float) -> Verdict:
    """Return the verdict on a check that raised nothing, by the number that it ended with.

    As nbgrader has it: from 0 to the check's points it is what the answer earns. What is no such
    number changes nothing.
    """
    if credit is None or not 0 <= credit < points:
        return Verdict.PASSED
    return Verdict.PARTIAL if credit else Verdict.FAILED
