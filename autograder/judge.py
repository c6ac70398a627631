"""The judge's side: runs the checks, in a process that the learner's code cannot reach.

``judge`` runs them with stand-ins for the names that the answers bind; ``judge_plainly`` runs
answers and checks in one namespace, as Jupyter does. The build gate does both and wants the same
verdicts.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import json
import os
import socket
import sys
import types
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograder.codec import Decoder, Encoder, Packet, receive, send
from autograder.exceptions import CodecError
from autograder.format.magics import parse, python_of
from autograder.learner import (
    LEARNER_FILE,
    SET_UP_FILE,
    failing_line,
    run_cell,
    seed_everything,
    silence,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

_CHECK_FILE = "<check {}>"
_TYPED = MappingProxyType({"NotImplementedError": "missing", "MemoryError": "memory"})
_TRANSCRIPT_VALUES = 512
_NEARLY_ZERO = 1e-6
_STEPS = MappingProxyType({"call": "()", "attribute": ".", "item": "[]", "length": "#"})
_NOT_DATA = (
    "Your answer gives an object of its own kind where values are expected: give an array, a "
    "tensor, a number or a list."
)


class LearnerRaised(Exception):  # noqa: N818 - it reports what the learner's code did
    """The learner's code raised; made beside a built-in base so that checks may catch that."""

    kind = ""
    line: int | None = None


class NotData(TypeError):  # noqa: N818 - it says what the learner gave
    """The learner gave an object where the exercise's solution gives data."""


class LearnerLost(BaseException):
    """The learner's process is gone, or no longer speaks the protocol; not for a check to catch."""


def judge(payload: Mapping[str, Any], fds: Sequence[int]) -> None:
    """Run the checks of ``payload`` against the learner behind the socket ``fds[0]``.

    Writes one JSON line per check to the file descriptor ``fds[1]`` as soon as it is known.
    """
    silence()
    with socket.socket(fileno=fds[0]) as channel, os.fdopen(fds[1], "w", buffering=1) as results:
        session = Session(channel, _most_lines(payload))
        for line in _verdicts(payload, _Crossed(session)):
            results.write(json.dumps(line) + "\n")


def _most_lines(payload: Mapping[str, Any]) -> int:
    """Return the number of lines of the longest answer: no exception comes from further down."""
    answers = [cell["source"] for cell in payload["cells"] if cell["kind"] == "answer"]
    return max((python_of(source).count("\n") + 1 for source in answers), default=0)


def judge_plainly(payload: Mapping[str, Any], fds: Sequence[int]) -> None:
    """Run answers and checks in one namespace; write as :func:`judge` does, to ``fds[0]``."""
    silence()
    with os.fdopen(fds[0], "w", buffering=1) as results:
        for line in _verdicts(payload, _Plain()):
            results.write(json.dumps(line) + "\n")


class Session:
    """Asks the learner's process, and keeps what it replied during the present check.

    Parameters
    ----------
    channel
        The socket to the learner's process.
    lines
        How many lines the longest answer has.

    """

    def __init__(self, channel: socket.socket, lines: int = 0) -> None:
        self._channel = channel
        self._lines = lines
        self._handles: dict[int, Handle] = {}
        self._origin = ""
        self.usable: Collection[str] | None = None
        self.transcript: list[object] = []
        self.origins: set[str] = set()

    def begin(self, usable: Collection[str] | None) -> None:
        """Begin a check, in which handles of these origins only may be used; None: of any."""
        self.usable = usable
        self.transcript.clear()
        self.origins.clear()

    def ask(self, do: str, *args: object) -> Any:  # noqa: ANN401 - any data at all
        """Have the learner's side do ``do``; raises what the learner's code raised."""
        self._origin = _origin(do, args)
        encoder = Encoder(self)
        packet = Packet({"do": do, "args": encoder.encode(list(args))}, encoder.buffers)
        reply, value = self._exchange(packet)
        if "raised" in reply.body:
            error = _as_exception(reply.body, self._lines)
            self.transcript.append(["raised", error.kind])
            raise error
        self.transcript.append(summary(value))
        return value

    def _exchange(self, packet: Packet) -> tuple[Packet, object]:
        """Send what the check asks, and read the reply; a value too large is the check's error."""
        try:
            send(self._channel, packet)
        except OSError as error:
            raise LearnerLost from error
        try:
            reply = receive(self._channel)
            if "raised" in reply.body:
                return reply, None
            return reply, Decoder(reply.buffers, self).decode(reply.body.get("value"))
        except (EOFError, OSError, CodecError) as error:
            raise LearnerLost from error

    def import_(self, constructor: Callable[..., Any]) -> Callable[..., Any]:
        """Return the learner's side of an importable function or class."""
        made: Callable[..., Any] = self.ask(
            "import", constructor.__module__, constructor.__qualname__
        )
        return made

    def give(self, value: object) -> dict[str, Any]:
        """Pass a handle back; anything else that is not data is a mistake of the check."""
        if type(value) is not Handle:
            raise TypeError(
                f"a check passed a {type(value).__name__}, which is not data; make it with "
                "on_learner_side(...)"
            )
        return {"t": "handle", "n": value._number}  # noqa: SLF001 - a handle has no public names

    def take(self, node: dict[str, Any], path: str) -> object:
        """Return the one handle that stands for this object, or the data that it amounts to."""
        number, origin = int(node["n"]), self._origin + path
        if self.usable is None or origin in self.usable:
            self.origins.add(origin)
            return self._handles.setdefault(number, Handle(self, number, origin))
        return self._as_data(Handle(self, number, None))

    def _as_data(self, handle: Handle) -> object:
        """Ask for the data that an object amounts to; where it is none, it is of no use."""
        encoder = Encoder(self)
        packet = Packet({"do": "data", "args": encoder.encode([handle])}, encoder.buffers)
        usable, self.usable = self.usable, None
        try:
            reply, value = self._exchange(packet)
        finally:
            self.usable = usable
        return handle if "raised" in reply.body or _holds_handle(value) else value


def _origin(do: str, args: Sequence[object]) -> str:
    """Say how a check came by a reply, so that it can be compared with how another run did."""
    if do == "name":
        return str(args[0])
    if do == "import":
        return ".".join(map(str, args))
    first = args[0] if args else None
    before = first._origin if isinstance(first, Handle) else ""  # noqa: SLF001 - ours
    return f"{before}{_STEPS.get(do, do)}" + (str(args[1]) if do == "attribute" else "")


def _holds_handle(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_handle, [*value.keys(), *value.values()]))
    if isinstance(value, list | tuple):
        return any(map(_holds_handle, value))
    return isinstance(value, Handle)


class Handle:
    """Stands for something on the learner's side. What it says of itself is a claim, no proof.

    Where the exercise's solution gives data, a handle has no origin and nothing can be done with
    it: checks rely on what arrays, tensors and lists cannot do, such as contradict themselves.
    """

    __slots__ = ("_number", "_origin", "_session")

    def __init__(self, session: Session, number: int, origin: str | None) -> None:
        self._session = session
        self._number = number
        self._origin = origin

    def _ask(self, do: str, *args: object) -> Any:  # noqa: ANN401 - any data at all
        if self._origin is None:
            raise NotData
        return self._session.ask(do, self, *args)

    def __call__(self, *args: object, **kwargs: object) -> object:
        """Call it over there, with copies of the arguments."""
        return self._ask("call", list(args), kwargs)

    def __getattr__(self, name: str) -> object:
        """Fetch an attribute from over there: data, or another handle."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("attribute", name)

    def __getitem__(self, key: object) -> object:
        """Fetch an item from over there."""
        return self._ask("item", key)

    def __len__(self) -> int:
        """Ask for the length over there."""
        return int(self._ask("length"))

    def __bool__(self) -> bool:
        """Refuse: an object is not evidence."""
        raise TypeError("a check asked whether an object is true; ask for data and compare that")


class _Crossed:
    """Set-up runs on both sides, answers on the learner's, checks on ours."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.names = _fresh_main()
        self.names["__learner_session__"] = session

    def set_up(self, source: str) -> None:
        run_cell(source, SET_UP_FILE, self.names)
        self._session.ask("set up", source)

    def answer(self, source: str, grade_id: str) -> None:
        self._session.ask("answer", source, grade_id)

    def before_check(
        self, learner_names: Sequence[str], seed: int, usable: Collection[str] | None
    ) -> None:
        seed_everything(seed)
        self._session.begin(None)
        self._session.ask("seed", seed)
        self.bind(learner_names, usable)

    def bind(self, learner_names: Sequence[str], usable: Collection[str] | None = None) -> None:
        """Bind the names that the answers bound, to data or to stand-ins."""
        self._session.begin(None)
        bound = self._session.ask("names")
        if type(bound) is not list:
            raise LearnerLost
        self._session.begin(usable)
        for name in learner_names:
            self.names.pop(name, None)
            if name in bound:
                self.names[name] = self._session.ask("name", name)

    def record(self) -> dict[str, Any]:
        return {
            "transcript": list(self._session.transcript),
            "origins": sorted(self._session.origins),
        }


class _Plain:
    """One namespace for everything."""

    def __init__(self) -> None:
        self.names = _fresh_main()

    def set_up(self, source: str) -> None:
        run_cell(source, SET_UP_FILE, self.names)

    def answer(self, source: str, grade_id: str) -> None:
        run_cell(source, LEARNER_FILE.format(grade_id), self.names)

    def before_check(
        self, _learner_names: Sequence[str], seed: int, _usable: Collection[str] | None
    ) -> None:
        seed_everything(seed)

    def bind(self, learner_names: Sequence[str]) -> None:
        """Do nothing: there is one namespace."""

    def record(self) -> dict[str, Any]:
        return {}


def _fresh_main() -> dict[str, Any]:
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    return vars(module)


@dataclass
class _Failure:
    """Why an answer cell could not be run to its end."""

    kind: str
    line: int | None


def _verdicts(payload: Mapping[str, Any], side: _Crossed | _Plain) -> Iterator[dict[str, Any]]:
    learner_names: list[str] = []
    broken: dict[str, _Failure] = {}
    unprepared: dict[str, str] = {}
    for cell in payload["cells"]:
        seed = _seed(payload["seed"], cell["grade_id"])
        if cell["kind"] == "code":
            unprepared = unprepared or _set_up(side, cell, seed, learner_names)
        elif cell["kind"] == "answer":
            learner_names += cell["names"]
            seed_everything(seed)
            failure = _run_answer(side, cell)
            broken.update(dict.fromkeys(cell["names"], failure) if failure else {})
        elif unprepared:
            yield _blank_result(cell) | unprepared
        else:
            verdict = _check(side, cell, learner_names, broken, seed)
            if verdict is None:
                return
            yield verdict


def _set_up(
    side: _Crossed | _Plain, cell: Mapping[str, Any], seed: int, learner_names: Sequence[str]
) -> dict[str, str]:
    """Run a set-up cell; return the verdict of every check that needed it, where it failed.

    That is our failure. A cell that comes after an answer may use it, and fail because of it: then
    the cells after it run all the same, as in a notebook.
    """
    seed_everything(seed)
    try:
        if learner_names:
            side.bind(learner_names)
        side.set_up(cell["source"])
    except LearnerLost:
        return {"verdict": "crash" if learner_names else "infrastructure"}
    except BaseException as error:  # noqa: BLE001 - whatever the author's code raises is reported
        if learner_names:
            return {}
        kind = error.kind if isinstance(error, LearnerRaised) else _name_of(error)
        where = f"{kind} in the set-up cell {cell['grade_id'] or ''}".rstrip()
        return {"verdict": "infrastructure", "exception": where}
    return {}


def _blank_result(cell: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "grade_id": cell["grade_id"],
        "verdict": "passed",
        "message": "",
        "exception": "",
        "learner_line": None,
        "check_line": None,
        "transcript": [],
        "origins": [],
    }


def _run_answer(side: _Crossed | _Plain, cell: Mapping[str, Any]) -> _Failure | None:
    try:
        side.answer(cell["source"], cell["grade_id"])
    except LearnerRaised as error:
        return _Failure(error.kind, error.line)
    except LearnerLost:
        return _Failure("the process ended", None)
    except BaseException as error:  # noqa: BLE001 - whatever a learner raises is an answer
        return _Failure(_name_of(error), failing_line(error))
    return None


def _check(
    side: _Crossed | _Plain,
    cell: Mapping[str, Any],
    learner_names: Sequence[str],
    broken: Mapping[str, _Failure],
    seed: int,
) -> dict[str, Any] | None:
    """Run one check; None when the learner's process is lost, which ends this pass."""
    verdict = _blank_result(cell)
    try:
        side.before_check(learner_names, seed, cell["usable"])
        run_cell(cell["source"], _CHECK_FILE.format(cell["grade_id"]), side.names)
    except LearnerLost:
        return None
    except BaseException as error:  # noqa: BLE001 - a check may fail in any way
        verdict |= _explain(error, cell, learner_names, broken)
    return verdict | side.record()


def _explain(
    error: BaseException,
    cell: Mapping[str, Any],
    learner_names: Sequence[str],
    broken: Mapping[str, _Failure],
) -> dict[str, Any]:
    """Turn what a check raised into a verdict. Never reads the exception's own message."""
    line = _check_line(error, cell["grade_id"])
    found: dict[str, Any] = {"check_line": line, "exception": _name_of(error)}
    kind, learner_line = _raised_by_learner(error)
    if kind:
        verdict = _TYPED.get(kind, "error")
        return found | {"verdict": verdict, "exception": kind, "learner_line": learner_line}
    if isinstance(error, NameError) and error.name in learner_names:
        failure = broken.get(str(error.name))
        if failure is None or failure.kind == "NotImplementedError":
            return found | {"verdict": "missing"}
        return found | {"verdict": "error", "exception": failure.kind, "learner_line": failure.line}
    if isinstance(error, NotData):
        return found | {"verdict": "error", "exception": "TypeError", "message": _NOT_DATA}
    if isinstance(error, AssertionError):
        return found | {"verdict": "failed", "message": _literal(cell["source"], line)}
    return found | {"verdict": "error"}


def _raised_by_learner(error: BaseException) -> tuple[str, int | None]:
    if isinstance(error, LearnerRaised):
        return error.kind, error.line
    line = failing_line(error)
    return (_name_of(error), line) if line else ("", None)


def _name_of(error: BaseException) -> str:
    return _public_name([kind.__name__ for kind in type(error).__mro__])


def _check_line(error: BaseException, grade_id: str) -> int | None:
    """Return the line of the check at which it failed."""
    line, step = None, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == _CHECK_FILE.format(grade_id):
            line = step.tb_lineno
        step = step.tb_next
    if isinstance(error, SyntaxError):
        return error.lineno
    return line


def _literal(source: str, line: int | None) -> str:
    """Return the author's own words for the assertion at ``line``: a literal, or nothing."""
    best = ""
    for node in ast.walk(parse(python_of(source))):
        if not isinstance(node, ast.Assert | ast.Call) or line is None:
            continue
        if node.lineno <= line <= (node.end_lineno or node.lineno):
            best = _literal_of(node) or best
    return best


def _literal_of(node: ast.Assert | ast.Call) -> str:
    if isinstance(node, ast.Assert):
        given: Sequence[ast.expr | None] = [node.msg]
    elif isinstance(node.func, ast.Name) and node.func.id == "AssertionError":
        given = node.args[:1]
    else:
        given = [word.value for word in node.keywords if word.arg in ("err_msg", "msg", "message")]
    return next(
        (g.value for g in given if isinstance(g, ast.Constant) and isinstance(g.value, str)), ""
    )


def _as_exception(body: Mapping[str, Any], lines: int) -> LearnerRaised:
    """Make an exception that a check can catch by the built-in base of what the learner raised.

    The line is a claim as all the rest: a number beyond the answer's own would be a message.
    """
    names = body["raised"] if isinstance(body["raised"], list) else []
    error = _catchable(names)
    error.kind = _public_name(names)
    line = body.get("line")
    error.line = line if type(line) is int and 1 <= line <= lines else None
    return error


def _catchable(names: Sequence[object]) -> LearnerRaised:
    """Make an exception with as many of the built-in bases called ``names`` as Python allows."""
    found = [getattr(builtins, name, None) for name in names if isinstance(name, str)]
    bases = [b for b in found if isinstance(b, type) and issubclass(b, Exception)]
    for count in range(len(bases), 0, -1):
        with suppress(TypeError):
            kind: type[LearnerRaised] = type("LearnerRaised", (LearnerRaised, *bases[:count]), {})
            return kind.__new__(kind)
    return LearnerRaised()


def _public_name(names: Sequence[object]) -> str:
    """Return the first of a class's names that everybody knows.

    A learner chooses the name of a class of their own, and could write into it what they saw.
    """
    tf = sys.modules.get("tensorflow")
    known = [vars(builtins), vars(tf.errors) if tf else {}]
    found = (name for name in names if isinstance(name, str) and any(name in k for k in known))
    return next(found, "an exception")


def _seed(seed: int, grade_id: str | None) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{grade_id}".encode()).digest()[:4], "big")


def summary(value: object) -> object:
    """Reduce a reply to what tells one wrong answer from another: structure, kind, numbers."""
    kind = type(value).__name__
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, dict):
        return {kind: [[summary(k), summary(v)] for k, v in value.items()]}
    if isinstance(value, list | tuple):
        return {kind: [summary(item) for item in value]}
    if isinstance(value, slice):
        return {kind: [summary(part) for part in (value.start, value.stop, value.step)]}
    if isinstance(value, float) or hasattr(value, "__array__"):  # not for a handle to say
        return {"kind": kind} | _numbers(np.asarray(value))
    return {kind: _told(value)}


def _told(value: object) -> str:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, int):
        return hex(value)
    return "" if isinstance(value, Handle) else str(value)


def _numbers(array: np.ndarray[Any, Any]) -> dict[str, object]:
    """Write the first numbers, floats to be compared within rounding, and digest the rest."""
    told: dict[str, object] = {"dtype": str(array.dtype), "shape": list(array.shape)}
    told["nan"] = bool(np.isnan(array).any())
    if array.dtype.kind in "biu":
        flat = array.ravel()
        rest = flat[_TRANSCRIPT_VALUES:]
        told["exact"] = flat[:_TRANSCRIPT_VALUES].tolist()
    else:
        is_complex = array.dtype.kind == "c"
        flat = array.ravel().astype(complex).view(float) if is_complex else array.ravel()
        rest = _rounded(flat[_TRANSCRIPT_VALUES:].astype(float))
        told["numbers"] = flat[:_TRANSCRIPT_VALUES].astype(float).tolist()
    return told | {"rest": hashlib.sha256(rest.tobytes()).hexdigest()}


def _rounded(numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Keep four digits of each number, and one kind of zero and of NaN."""
    fraction, exponent = np.frexp(numbers)
    kept = np.ldexp(np.round(fraction, 4), exponent)
    return np.where(np.isnan(kept), np.nan, np.where(np.abs(kept) < _NEARLY_ZERO, 0.0, kept))
