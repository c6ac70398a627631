"""The seam: run an exercise's checks on some answers, and say what each check found."""

from __future__ import annotations

import ast
import json
import os
import socket
import time
from dataclasses import dataclass
from select import select
from typing import TYPE_CHECKING, Any

from autograder.exceptions import WorkerDied

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from autograder.source import Cell, Exercise
    from autograder.zygote import Child, Zygote


@dataclass(frozen=True)
class Workers:
    """Where code runs: the zygote of the judges and the one of the learners' answers.

    Trusted answers (those of the author) may share one zygote with their judge.
    """

    judge: Zygote
    learner: Zygote
    seconds: float = 60.0
    isolation: str = "none"


@dataclass(frozen=True)
class CheckResult:
    """What one check found."""

    grade_id: str
    verdict: str
    message: str = ""
    exception: str = ""
    learner_line: int | None = None
    check_line: int | None = None
    transcript: tuple[object, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the check earns its points."""
        return self.verdict == "passed"


def run(
    exercise: Exercise,
    answers: Mapping[str, str],
    workers: Workers,
    *,
    crossed: bool = True,
    seed: int = 0,
) -> tuple[CheckResult, ...]:
    """Run every check of ``exercise`` on ``answers``.

    Parameters
    ----------
    exercise
        Whose set-up cells and checks to run, in its order.
    answers
        The source of each answer cell by its ``grade_id``; one that is left out is a blank.
    workers
        Where the two sides run.
    crossed
        True: the answers run in a process of their own and reach the checks as data. False: one
        namespace for everything, as in Jupyter.
    seed
        From which each check draws its own seed, the same on both sides.

    Returns
    -------
    tuple of CheckResult
        One for each check, in order, whatever happened.

    """
    payload = {"seed": seed, "cells": [_job(cell, answers) for cell in _runnable(exercise)]}
    lines, ended = _run_crossed(payload, workers) if crossed else _run_plain(payload, workers)
    reached = [_result(line) for line in lines]
    lost = [CheckResult(str(c.grade_id), ended) for c in exercise.checks[len(reached) :]]
    return (*reached, *lost)


def bound_names(source: str) -> list[str]:
    """Return the names that running ``source`` binds at its top level."""
    names: dict[str, None] = {}
    for statement in ast.parse(source).body:
        names |= dict.fromkeys(_bound(statement))
    return list(names)


def _bound(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [statement.name]
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).split(".")[0] for alias in statement.names]
    return [
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def _runnable(exercise: Exercise) -> list[Cell]:
    return [cell for cell in exercise.cells if cell.kind in ("code", "answer", "check")]


def _job(cell: Cell, answers: Mapping[str, str]) -> dict[str, Any]:
    source, names = cell.source, []
    if cell.kind == "answer":
        source, names = answers.get(str(cell.grade_id), ""), bound_names(cell.source)
    return {"kind": cell.kind, "grade_id": cell.grade_id, "source": source, "names": names}


def _run_crossed(payload: dict[str, Any], workers: Workers) -> tuple[list[dict[str, Any]], str]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        learner = workers.learner.fork("autograder.learner:serve", {}, [theirs.fileno()])
        theirs.close()
        try:
            return _run_judge("autograder.judge:judge", payload, workers, [ours.fileno()])
        finally:
            learner.kill()


def _run_plain(payload: dict[str, Any], workers: Workers) -> tuple[list[dict[str, Any]], str]:
    return _run_judge("autograder.judge:judge_plainly", payload, workers, [])


def _run_judge(
    target: str, payload: dict[str, Any], workers: Workers, fds: Sequence[int]
) -> tuple[list[dict[str, Any]], str]:
    """Return the lines that the judge wrote, and the verdict of the checks not reached."""
    read_end, write_end = os.pipe()
    try:
        child = workers.judge.fork(target, payload, [*fds, write_end])
    finally:
        os.close(write_end)
    with os.fdopen(read_end, "rb", buffering=0) as results:
        try:
            text, in_time = _read_until(results.fileno(), time.monotonic() + workers.seconds)
        finally:
            child.kill()
    lines = [
        json.loads(line) for line in text.decode().splitlines(keepends=True) if line[-1] == "\n"
    ]
    return lines, _ending(child, in_time=in_time)


def _ending(child: Child, *, in_time: bool) -> str:
    if not in_time:
        return "timeout"
    try:
        status = child.wait(5)
    except WorkerDied:
        return "infrastructure"
    return "crash" if status == 0 else "infrastructure"


def _read_until(descriptor: int, deadline: float) -> tuple[bytes, bool]:
    """Read to the end of a pipe, or to ``deadline``; say whether the end came first."""
    parts: list[bytes] = []
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select([descriptor], [], [], left)[0]:
            return b"".join(parts), False
        part = os.read(descriptor, 65536)
        if not part:
            return b"".join(parts), True
        parts.append(part)


def _result(line: dict[str, Any]) -> CheckResult:
    return CheckResult(**{**line, "transcript": tuple(line["transcript"])})
