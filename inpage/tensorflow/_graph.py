"""As much of TensorFlow 1 as it takes to fail as TensorFlow 2 does."""

from __future__ import annotations

import types
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ._absent import NotInThisPage
from ._dtypes import DType, as_dtype
from ._shape import TensorShape
from ._tracing import in_graph

if TYPE_CHECKING:
    from collections.abc import Iterator


class Graph:
    """A graph of operations, to which the page can add placeholders and nothing else."""

    __module__ = "tensorflow.python.framework.ops"

    @contextmanager
    def as_default(self) -> Iterator[Graph]:
        """Make this the graph that operations are added to."""
        with in_graph():
            yield self


class Placeholder:
    """A place in a graph that has a type and a shape and no value."""

    def __init__(self, dtype: DType, shape: TensorShape) -> None:
        self.dtype, self.shape = dtype, shape

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotInThisPage(f"{name} of a placeholder")


class _Gone(types.ModuleType):
    """A module of TensorFlow 1 that Keras 3 took away."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(f"`{name}` is not available with Keras 3.")


class _Part(types.ModuleType):
    """A module of which the page has a few names."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotInThisPage(f"{self.__name__}.{name}")


def placeholder(dtype: object, shape: object = None, name: str | None = None) -> Placeholder:
    """Return a place for a value."""
    return Placeholder(as_dtype(dtype), TensorShape(shape))  # type: ignore[arg-type]


def compat_module() -> types.ModuleType:
    """Return ``tf.compat``."""
    compat, v1 = _Part("tf.compat"), _Part("tf.compat.v1")
    vars(v1).update(placeholder=placeholder, Graph=Graph, layers=_Gone("tf.compat.v1.layers"))
    vars(compat).update(v1=v1)
    return compat
