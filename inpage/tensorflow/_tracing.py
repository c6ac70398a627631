"""Whether what runs would be compiled by TensorFlow, which then runs Python once and sees no values.

Here it runs at every call, on values. What a reader would see of that is put right: Python's
``print`` writes the first time only, and looking at a value fails as it does in TensorFlow.
"""

from __future__ import annotations

import dis
import io
import sys
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from ._absent import NotInThisPage
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    import types
    from collections.abc import Callable, Iterator


@dataclass
class Tracing:
    """How deep the code is in compiled functions, and in anything that TensorFlow sees no values in.

    `warned` says that the function was traced before, so what tracing warns of was said.
    """

    depth: int = 0
    unseen: int = 0
    graphs: int = 0
    warned: bool = False

    def __bool__(self) -> bool:
        return self.depth > 0


_state = Tracing()


def tracing() -> Tracing:
    """Return how deep the code is in compiled functions."""
    return _state


@contextmanager
def in_graph() -> Iterator[None]:
    """Run what TensorFlow adds to a graph of version 1, where operations have no values at all."""
    _state.graphs += 1
    try:
        yield
    finally:
        _state.graphs -= 1


class Sink(io.TextIOBase):
    """Where Python's ``print`` goes in code that TensorFlow would not run again.

    Parameters
    ----------
    stream
        Where it went before; operations that print still write there.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Drop a text."""
        return len(text)


class Refusal(Sink):
    """Where Python's ``print`` goes if TensorFlow would call it at another time."""

    def write(self, text: str) -> int:
        """Say that the page cannot do that."""
        raise NotInThisPage("Python's print in a function of tf.data")


@contextmanager
def traced(*, again: bool) -> Iterator[None]:
    """Run what TensorFlow compiles; `again` says that it was compiled before."""
    before = _state.depth, _state.warned
    _state.depth, _state.warned = _state.depth + 1, again
    try:
        with unseen(quiet=Sink if again else None):
            yield
    except InvalidArgumentError as error:
        raise _of_graph(error) from error
    finally:
        _state.depth, _state.warned = before


_STATIC = (
    "Incompatible shapes", "size-incompatible", "Input to reshape", "slice index", "must be equal",
    "ndims must be", "Must provide as many biases", "Ranks of all input", "Shapes of all inputs",
    "broadcastable", "compatible batch dimensions",
)  # fmt: skip


def _of_graph(error: InvalidArgumentError) -> Exception:
    """Return the error with which TensorFlow refuses to compile, for one of running.

    What depends on values, such as a label that is no class, is found by running there too.
    """
    said = str(error)
    if said.startswith("cannot compute ") and "was expected to be a " in said:
        return TypeError(said)
    return ValueError(said) if any(part in said for part in _STATIC) else error


@contextmanager
def unseen(quiet: Callable[[TextIO], Sink] | None = None) -> Iterator[None]:
    """Run what TensorFlow runs without values; `quiet` makes what takes Python's ``print``."""
    _state.unseen += 1
    try:
        if quiet is None or isinstance(sys.stdout, Sink):
            yield
        else:
            with redirect_stdout(quiet(sys.stdout)):
                yield
    finally:
        _state.unseen -= 1


def reader_looks() -> bool:
    """Return whether a reader's own line looks at a value that TensorFlow would not have yet.

    It is for methods of tensors: the line is in whoever called the caller of this.
    """
    if not _state.unseen:
        return False
    frame: types.FrameType | None = sys._getframe(2)
    while frame is not None and _module(frame).startswith("numpy."):
        frame = frame.f_back
    return frame is not None and not _module(frame).startswith(f"{__package__}.")


def _module(frame: types.FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


_CHANGES = frozenset(
    ["append", "extend", "insert", "add", "update", "pop", "remove", "clear", "setdefault"]
)
_OUTER = frozenset(["LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME"])
_STORES = frozenset(["STORE_GLOBAL", "STORE_ATTR"])


def changed_by(function: Callable[..., object]) -> str | None:
    """Return the name of a thing outside of a function that the function's code changes."""
    code = getattr(function, "__code__", None)
    if code is None:
        return None
    before: dis.Instruction | None = None
    for step in dis.get_instructions(code):
        if step.opname in _STORES or (
            step.opname == "STORE_DEREF" and step.argval in code.co_freevars
        ):
            return str(step.argval)
        if before is not None and before.opname in _OUTER and step.argval in _CHANGES:
            return str(before.argval)
        if step.opname not in {"CACHE", "PUSH_NULL", "PRECALL"}:
            before = step
    return None
