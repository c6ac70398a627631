"""Run checks and give verdicts, in a process that the learner's code cannot reach.

:func:`run_checks_isolated` runs them with stand-ins for the names that the answers bind, while the
answers run in another process. :func:`run_checks_in_process` runs answers and checks in one
namespace, as Jupyter does. The build gate does both and requires the same verdicts.
"""

from __future__ import annotations

import ast
import hashlib
import json
import numbers
import os
import re
import socket
import sys
import types
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from autograder.format.answer_widget import UnfitAnswer, read_numbers
from autograder.format.magics import parse_python, translate_magics
from autograder.running.answer_process import (
    ANSWER_FILE,
    SET_UP_FILE,
    failing_answer_line,
    run_cell,
    seed_everything,
)
from autograder.running.codec import LIMITS
from autograder.running.shell import imitate_shell
from autograder.running.stand_ins import (
    LearnerLost,
    LearnerRaised,
    LearnerSession,
    NotData,
    public_exception_name,
)
from autograder.sandbox.output import discard_output
from autograder.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_CHECK_FILE = "<check {}>"
_LAST_VALUE = "__last_value__"
_VERDICT_OF_EXCEPTION = MappingProxyType(
    {"NotImplementedError": Verdict.MISSING, "MemoryError": Verdict.MEMORY}
)
_NOT_DATA_MESSAGE = (
    "Your answer gives an object of its own kind where values are expected: give an array, a "
    "tensor, a number or a list."
)
_LIMIT_MESSAGE = "Your answer gives a value that is too large to check: it {}."


def run_checks_isolated(payload: Mapping[str, Any], fds: Sequence[int]) -> None:
    """Run the checks of ``payload`` on the answers that the process behind ``fds[0]`` holds.

    Writes one JSON line for each check to ``fds[1]`` as soon as its verdict is known.

    Parameters
    ----------
    payload
        ``seed``, and ``cells`` as :mod:`autograder.running.run` describes them.
    fds
        The socket to the answers' process, and the pipe for results.
    """
    discard_output()
    with socket.socket(fileno=fds[0]) as channel, os.fdopen(fds[1], "w", buffering=1) as results:
        # Line by line (buffering=1): what was written before a kill counts.
        session = LearnerSession(channel, _longest_answer(payload))
        for line in _run_cells(payload, _IsolatedAnswers(session)):
            results.write(json.dumps(line) + "\n")


def _longest_answer(payload: Mapping[str, Any]) -> int:
    """Return the number of lines of the longest answer: no honest line number is larger."""
    answers = [cell["source"] for cell in payload["cells"] if cell["kind"] == "answer"]
    return max((source.count("\n") + 1 for source in answers), default=0)


def run_checks_in_process(payload: Mapping[str, Any], fds: Sequence[int]) -> None:
    """Run answers and checks in one namespace, and write the same lines to ``fds[0]``."""
    discard_output()
    with os.fdopen(fds[0], "w", buffering=1) as results:
        for line in _run_cells(payload, _AnswersInProcess()):
            results.write(json.dumps(line) + "\n")


class _IsolatedAnswers:
    """Runs set-up cells in both processes, answers in the learner's, checks in this one."""

    def __init__(self, session: LearnerSession) -> None:
        self._session = session
        self.names = _fresh_main()
        self.names["__learner_session__"] = session
        self.numbers: dict[str, Sequence[str]] = {}
        self.unfit: dict[str, _FailedAnswer] = {}

    def run_set_up(self, source: str) -> None:
        run_cell(source, SET_UP_FILE, self.names)
        self._session.request("set up", source)

    def run_answer(self, source: str, grade_id: str) -> None:
        self._session.request("answer", source, grade_id)

    def before_check(
        self, learner_names: Sequence[str], seed: int, object_origins: Collection[str] | None
    ) -> None:
        seed_everything(seed)
        self._session.begin_check(None)
        self._session.request("seed", seed)
        self.bind_answers(learner_names, object_origins)

    def bind_answers(
        self, learner_names: Sequence[str], object_origins: Collection[str] | None = None
    ) -> None:
        """Bind here the names that the answers bound, to data or to stand-ins."""
        self._session.begin_check(None)
        bound = self._session.request("names")
        # Forged: the process itself never replies so.
        if type(bound) is not list:
            raise LearnerLost
        self._session.begin_check(object_origins)
        for name in learner_names:
            # It may be gone since the last check.
            self.names.pop(name, None)
            if name in bound:
                # What a widget writes is data, even where nobody knows what the solution gives.
                self._session.object_origins = () if name in self.numbers else object_origins
                self.names[name] = self._session.request("name", name)
        self._session.object_origins = object_origins
        self.unfit = _read_numbers(self.names, self.numbers)

    def transcript_fields(self) -> dict[str, Any]:
        return {
            "transcript": list(self._session.transcript),
            "origins": sorted(self._session.origins),
        }


class _AnswersInProcess:
    """Runs set-up cells, answers and checks in one namespace."""

    def __init__(self) -> None:
        self.names = _fresh_main()
        self.numbers: dict[str, Sequence[str]] = {}
        self.unfit: dict[str, _FailedAnswer] = {}

    def run_set_up(self, source: str) -> None:
        run_cell(source, SET_UP_FILE, self.names)

    def run_answer(self, source: str, grade_id: str) -> None:
        run_cell(source, ANSWER_FILE.format(grade_id), self.names)

    def before_check(
        self, _learner_names: Sequence[str], seed: int, _object_origins: Collection[str] | None
    ) -> None:
        seed_everything(seed)
        self.bind_answers(_learner_names)

    def bind_answers(self, _learner_names: Sequence[str]) -> None:
        """Do no more than to read numbers: the answers bound their names here already."""
        self.unfit |= _read_numbers(self.names, self.numbers)

    def transcript_fields(self) -> dict[str, Any]:
        return {}


def _fresh_main() -> dict[str, Any]:
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    imitate_shell(vars(module))
    return vars(module)


@dataclass
class _FailedAnswer:
    """The exception that ended an answer cell, and the line; or what is wrong with its value."""

    exception_name: str
    line: int | None
    message: str = ""


def _read_numbers(
    names: dict[str, Any], numbers: Mapping[str, Sequence[str]]
) -> dict[str, _FailedAnswer]:
    """Read the numbers of widgets' answers in ``names``; take those out that have none there."""
    unfit = {}
    for name in numbers.keys() & names.keys():
        try:
            names[name] = read_numbers(names[name], numbers[name])
        except UnfitAnswer as problem:
            del names[name]
            unfit[name] = _FailedAnswer("ValueError", None, str(problem))
    return unfit


def _run_cells(
    payload: Mapping[str, Any], side: _IsolatedAnswers | _AnswersInProcess
) -> Iterator[dict[str, Any]]:
    """Run all cells in order; yield the result of each check."""
    learner_names: list[str] = []
    broken: dict[str, _FailedAnswer] = {}
    unprepared: dict[str, str] = {}
    for cell in payload["cells"]:
        # Each cell has its own: how many numbers an answer draws changes no check.
        seed = _cell_seed(payload["seed"], cell["grade_id"])
        if cell["kind"] == "code":
            unprepared = unprepared or _run_set_up(side, cell, seed, learner_names)
        elif cell["kind"] == "answer":
            learner_names += cell["names"]
            side.numbers |= cell["numbers"]
            seed_everything(seed)
            failure = _run_answer(side, cell)
            broken.update(dict.fromkeys(cell["names"], failure) if failure else {})
        elif unprepared:
            yield _passed_result(cell) | unprepared
        else:
            # One result at a time: what was found before a check ends the process stays found.
            verdict = _run_check(side, cell, learner_names, broken, seed)
            if verdict is None:
                return
            yield verdict


def _run_set_up(
    side: _IsolatedAnswers | _AnswersInProcess,
    cell: Mapping[str, Any],
    seed: int,
    learner_names: Sequence[str],
) -> dict[str, str]:
    """Run a set-up cell; where it fails, return the fields of all checks' results.

    A failure is the grader's, not the learner's. A cell after an answer may use it and fail because
    of it: then the cells after it run all the same, as in a notebook.
    """
    seed_everything(seed)
    try:
        if learner_names:
            side.bind_answers(learner_names)
        side.run_set_up(cell["source"])
    except LearnerLost:
        return {"verdict": Verdict.CRASH if learner_names else Verdict.INFRASTRUCTURE}
    except BaseException as error:  # noqa: BLE001 - whatever the author's code raises is reported
        if learner_names:
            return {}
        name = error.exception_name if isinstance(error, LearnerRaised) else _exception_name(error)
        where = f"{name} in the set-up cell {cell['grade_id'] or ''}".rstrip()
        return {"verdict": Verdict.INFRASTRUCTURE, "exception": where}
    return {}


def _passed_result(cell: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "grade_id": cell["grade_id"],
        "verdict": Verdict.PASSED,
        "message": "",
        "exception": "",
        "learner_line": None,
        "check_line": None,
        "transcript": [],
        "origins": [],
        "credit": None,
    }


def _run_answer(
    side: _IsolatedAnswers | _AnswersInProcess, cell: Mapping[str, Any]
) -> _FailedAnswer | None:
    try:
        side.run_answer(cell["source"], cell["grade_id"])
    except LearnerRaised as error:
        return _FailedAnswer(error.exception_name, error.line)
    except LearnerLost:
        return _FailedAnswer("the process ended", None)
    except BaseException as error:  # noqa: BLE001 - whatever a learner raises is an answer
        return _FailedAnswer(_exception_name(error), failing_answer_line(error))
    return None


def _run_check(
    side: _IsolatedAnswers | _AnswersInProcess,
    cell: Mapping[str, Any],
    learner_names: Sequence[str],
    broken: Mapping[str, _FailedAnswer],
    seed: int,
) -> dict[str, Any] | None:
    """Run one check; None when the learner's process is lost, which ends this run."""
    verdict = _passed_result(cell)
    try:
        side.before_check(learner_names, seed, cell["object_origins"])
        source = _keep_last_value(cell["source"])
        run_cell(source, _CHECK_FILE.format(cell["grade_id"]), side.names)
        verdict["credit"] = _credit(side.names.pop(_LAST_VALUE, None))
    except LearnerLost:
        return None
    except BaseException as error:  # noqa: BLE001 - a check may fail in any way
        verdict |= _explain_failure(error, cell, learner_names, {**broken, **side.unfit})
    return verdict | side.transcript_fields()


def _keep_last_value(source: str) -> str:
    """Return a check that binds what a notebook would show below it, with the same lines."""
    python = translate_magics(source)
    try:
        body = parse_python(python).body
    except SyntaxError:
        return source
    if not body or not isinstance(last := body[-1], ast.Expr):
        return source
    # The columns of a syntax tree are those of the text in UTF-8.
    lines = python.encode("utf-8", "surrogatepass").splitlines(keepends=True)
    end = sum(map(len, lines[: (last.end_lineno or 1) - 1])) + (last.end_col_offset or 0)
    start = sum(map(len, lines[: last.lineno - 1])) + last.col_offset
    text = b"".join(lines)
    # A semicolon behind it keeps a notebook from showing it.
    if re.match(rb"\s*;", text[end:]):
        return source
    kept = text[:start] + f"{_LAST_VALUE} = (".encode() + text[start:end] + b")" + text[end:]
    return kept.decode("utf-8", "surrogatepass")


def _credit(value: object) -> float | None:
    """Return the number that a check ended with; NaN for one that nbgrader would not read as one.

    nbgrader reads what the notebook shows, so NumPy's ``np.float64(0.5)`` is a text to it.
    """
    if not isinstance(value, numbers.Number) or isinstance(value, bool):
        return None
    try:
        return float(repr(value))
    except ValueError:
        return float("nan")


def _explain_failure(
    error: BaseException,
    cell: Mapping[str, Any],
    learner_names: Sequence[str],
    broken: Mapping[str, _FailedAnswer],
) -> dict[str, Any]:
    """Return the verdict on what a check raised, and where.

    Never reads the exception's own message, into which a learner could write what the check sent.
    """
    line = _check_line(error, cell["grade_id"])
    found: dict[str, Any] = {"check_line": line, "exception": _exception_name(error)}
    if message := _value_message(error):
        return found | {"verdict": Verdict.ERROR, "exception": "TypeError", "message": message}
    name, learner_line = _raised_by_learner(error)
    if name:
        verdict = _VERDICT_OF_EXCEPTION.get(name, Verdict.ERROR)
        return found | {"verdict": verdict, "exception": name, "learner_line": learner_line}
    # The answer never bound it: it is blank, or it failed before it could.
    if isinstance(error, NameError) and error.name in learner_names:
        failure = broken.get(str(error.name))
        if failure is None or failure.exception_name == "NotImplementedError":
            return found | {"verdict": Verdict.MISSING}
        return found | {
            "verdict": Verdict.ERROR,
            "exception": failure.exception_name,
            "learner_line": failure.line,
            "message": failure.message,
        }
    if isinstance(error, AssertionError):
        return found | {"verdict": Verdict.FAILED, "message": _author_message(cell["source"], line)}
    return found | {"verdict": Verdict.ERROR}


def _value_message(error: BaseException) -> str:
    """Return what is wrong with the value that an answer gives, if it could not cross."""
    if isinstance(error, NotData):
        return f"Your answer gives {error.remedy}." if error.remedy else _NOT_DATA_MESSAGE
    if isinstance(error, LearnerRaised) and error.limit:
        return _LIMIT_MESSAGE.format(LIMITS[error.limit])
    return ""


def _raised_by_learner(error: BaseException) -> tuple[str, int | None]:
    if isinstance(error, LearnerRaised):
        return error.exception_name, error.line
    line = failing_answer_line(error)
    return (_exception_name(error), line) if line else ("", None)


def _exception_name(error: BaseException) -> str:
    return public_exception_name([base.__name__ for base in type(error).__mro__])


def _check_line(error: BaseException, grade_id: str) -> int | None:
    """Return the line of the check that raised; None if it is not in the traceback."""
    line, step = None, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == _CHECK_FILE.format(grade_id):
            line = step.tb_lineno
        step = step.tb_next
    # It has no frame of its own in the traceback.
    if isinstance(error, SyntaxError):
        return error.lineno
    return line


def _author_message(source: str, line: int | None) -> str:
    """Return the author's message for the assertion at ``line`` if it is a literal, else ""."""
    best = ""
    # The walk is breadth first, so the last match is the innermost.
    for node in ast.walk(parse_python(translate_magics(source))):
        if not isinstance(node, ast.Assert | ast.Call) or line is None:
            continue
        if node.lineno <= line <= (node.end_lineno or node.lineno):
            best = _literal_message(node) or best
    return best


def _literal_message(node: ast.Assert | ast.Call) -> str:
    if isinstance(node, ast.Assert):
        given: Sequence[ast.expr | None] = [node.msg]
    elif isinstance(node.func, ast.Name) and node.func.id == "AssertionError":
        given = node.args[:1]
    else:
        given = [word.value for word in node.keywords if word.arg in ("err_msg", "msg", "message")]
    return next(
        (g.value for g in given if isinstance(g, ast.Constant) and isinstance(g.value, str)), ""
    )


def _cell_seed(seed: int, grade_id: str | None) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{grade_id}".encode()).digest()[:4], "big")


def main() -> None:
    """Run the checks that stdin describes, and write results to stdout; where nothing forks."""
    payload = json.load(sys.stdin.buffer)
    run_checks_in_process(payload, [os.dup(1)])


if __name__ == "__main__":
    main()
