"""Whether what runs would be compiled by TensorFlow, where it sees more than eager code does."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Tracing:
    """How deep the code is in compiled functions.

    `warned` says that the function was traced before, so what tracing warns of was said.
    """

    depth: int = 0
    warned: bool = False

    def __bool__(self) -> bool:
        return self.depth > 0


_state = Tracing()


def tracing() -> Tracing:
    """Return how deep the code is in compiled functions."""
    return _state


@contextmanager
def traced(*, again: bool) -> Iterator[None]:
    """Run what TensorFlow compiles; `again` says that it was compiled before."""
    before = _state.depth, _state.warned
    _state.depth, _state.warned = _state.depth + 1, again
    try:
        yield
    finally:
        _state.depth, _state.warned = before
