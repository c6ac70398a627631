"""Symbolic tensors: a shape, a type, and where they come from."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .. import _elementwise as ops
from .. import _late as late
from .._absent import NotInThisPage
from .._convert import convert
from .._dtypes import DType, as_dtype
from .._tape import flatten, map_nest, stop_recording
from .._tensor import EagerTensor, Valued
from .._tracing import Sink, unseen
from ._naming import auto_name, dtype_name

if TYPE_CHECKING:
    from collections.abc import Callable

Shape = tuple[int | None, ...]


class Operation:
    """What makes symbolic tensors of others: a layer, or a function.

    Parameters
    ----------
    name
        A name for messages and summaries.
    """

    name: str
    _nodes: list[Node]

    def _run(self, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        """Calculate with values what was done with symbols."""
        raise NotImplementedError


class Node:
    """One call of an operation with symbolic tensors.

    Parameters
    ----------
    operation
        What was called.
    arguments, named
        What it was given: symbolic tensors and other things, in any nest.
    """

    def __init__(
        self, operation: Operation, arguments: tuple[object, ...], named: dict[str, object]
    ) -> None:
        self.operation, self.arguments, self.named = operation, arguments, named
        self.outputs: list[KerasTensor] = []
        self.index = len(operation._nodes)
        operation._nodes.append(self)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic tensors that the operation was given."""
        given = flatten(self.arguments) + flatten(self.named)
        return [each for each in given if isinstance(each, KerasTensor)]


class Function(Operation):
    """A function of tensors as an operation."""

    def __init__(self, function: Callable[..., object], name: str) -> None:
        self.function, self.name = function, auto_name(name)
        self.kind = name.title().replace("_", "")
        self._nodes = []

    def _run(self, arguments: tuple[object, ...], named: dict[str, object]) -> object:
        return self.function(*arguments, **named)


class KerasTensor:
    """A tensor without a value.

    Parameters
    ----------
    shape
        The sizes; None where any size fits.
    dtype
        The name of the type of the elements.
    name
        A name; Keras gives one by itself.
    """

    __module__ = "keras.src.backend.common.keras_tensor"
    __array_priority__ = 200
    _is_symbolic = True
    sparse = ragged = False

    __hash__ = object.__hash__

    def __init__(self, shape: Shape, dtype: object = "float32", name: str | None = None) -> None:
        self.shape = tuple(shape)
        self.dtype = dtype_name(dtype)
        self.name = name or auto_name("keras_tensor")
        self._node: Node | None = None

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def __repr__(self) -> str:
        return (
            f"<KerasTensor shape={self.shape}, dtype={self.dtype}, sparse=False, ragged=False, "
            f"name={self.name}>"
        )

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NoReturn:
        raise ValueError(
            "A KerasTensor is symbolic: it's a placeholder for a shape an a dtype. It doesn't "
            "have any actual numerical value. You cannot convert it to a NumPy array."
        )

    def __iter__(self) -> NoReturn:
        raise NotImplementedError("Iterating over a symbolic KerasTensor is not supported.")

    def __bool__(self) -> NoReturn:
        raise TypeError("A symbolic KerasTensor cannot be used as a boolean.")

    def __len__(self) -> int:
        raise TypeError("len() of a symbolic KerasTensor is not supported.")

    def __add__(self, other: object) -> KerasTensor:
        return _joined("add", ops.add, self, other)

    def __radd__(self, other: object) -> KerasTensor:
        return _joined("add", ops.add, other, self)

    def __sub__(self, other: object) -> KerasTensor:
        return _joined("subtract", ops.subtract, self, other)

    def __rsub__(self, other: object) -> KerasTensor:
        return _joined("subtract", ops.subtract, other, self)

    def __mul__(self, other: object) -> KerasTensor:
        return _joined("multiply", ops.multiply, self, other)

    def __rmul__(self, other: object) -> KerasTensor:
        return _joined("multiply", ops.multiply, other, self)

    def __truediv__(self, other: object) -> KerasTensor:
        return _joined("divide", _divided, self, other)

    def __rtruediv__(self, other: object) -> KerasTensor:
        return _joined("divide", _divided, other, self)

    def __floordiv__(self, other: object) -> KerasTensor:
        return _joined("floor_divide", ops.floordiv, self, other)

    def __rfloordiv__(self, other: object) -> KerasTensor:
        return _joined("floor_divide", ops.floordiv, other, self)

    def __mod__(self, other: object) -> KerasTensor:
        return _joined("mod", ops.floormod, self, other)

    def __rmod__(self, other: object) -> KerasTensor:
        return _joined("mod", ops.floormod, other, self)

    def __pow__(self, other: object) -> KerasTensor:
        return _joined("power", ops.pow, self, other)

    def __rpow__(self, other: object) -> KerasTensor:
        return _joined("power", ops.pow, other, self)

    def __matmul__(self, other: object) -> KerasTensor:
        return _joined("matmul", late.linear.matmul, self, other)

    def __rmatmul__(self, other: object) -> KerasTensor:
        return _joined("matmul", late.linear.matmul, other, self)

    def __lt__(self, other: object) -> KerasTensor:
        return _joined("less", ops.less, self, other)

    def __le__(self, other: object) -> KerasTensor:
        return _joined("less_equal", ops.less_equal, self, other)

    def __gt__(self, other: object) -> KerasTensor:
        return _joined("greater", ops.greater, self, other)

    def __ge__(self, other: object) -> KerasTensor:
        return _joined("greater_equal", ops.greater_equal, self, other)

    def __ne__(self, other: object) -> KerasTensor:  # type: ignore[override]
        return _joined("not_equal", ops.not_equal, self, other)

    def __neg__(self) -> KerasTensor:
        return _call("negative", ops.negative, self)

    def __abs__(self) -> KerasTensor:
        return _call("absolute", ops.abs, self)

    def __getattr__(self, name: str) -> object:
        if name in _METHODS:
            raise NotInThisPage(f"{name} of a KerasTensor")
        raise AttributeError(f"'KerasTensor' object has no attribute '{name}'")

    def _lacks(self, *_: object) -> NoReturn:
        raise NotInThisPage("This operator of a KerasTensor")

    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = __round__ = _lacks

    def __getitem__(self, key: object) -> KerasTensor:
        return _call("get_item", lambda x: late.indexing.getitem(x, key), self)


def _call(name: str, function: Callable[..., object], *given: object) -> KerasTensor:
    return symbolic_call(Function(function, name), given, {})  # type: ignore[return-value]


_METHODS = frozenset(["reshape", "squeeze", "T", "record_history"])


def _joined(name: str, function: Callable[..., EagerTensor], x: object, y: object) -> KerasTensor:
    """Return what an operator makes of two things, of which one at least is symbolic."""
    if isinstance(x, (list, tuple)) or isinstance(y, (list, tuple)):
        raise ValueError("Invalid dtype: list")
    for each in (x, y):
        if getattr(each, "_is_variable", False):
            KerasTensor.__array__(each)  # type: ignore[arg-type]
    return _call(name, lambda a, b: function(*_promoted(a, b)), x, y)


def _promoted(x: object, y: object) -> tuple[EagerTensor, EagerTensor]:
    """Return two things as tensors of one type, by the rules of Keras: Python's numbers give way."""
    weak = [isinstance(each, (bool, int, float)) for each in (x, y)]
    kinds = [None if w else _kind(each) for each, w in zip((x, y), weak, strict=True)]
    known = [kind for kind in kinds if kind is not None]
    for each, w in zip((x, y), weak, strict=True):
        if w and isinstance(each, float) and not any(kind.kind == "f" for kind in known):
            known.append(np.dtype(np.float32))
        elif w and known[0].kind == "b" and not isinstance(each, bool):
            known.append(np.dtype(np.int32))
    floats = [kind for kind in known if kind.kind == "f"]
    wanted = as_dtype(np.result_type(*(floats or known)).name)
    return _cast(x, wanted), _cast(y, wanted)


def _kind(value: object) -> np.dtype[Any]:
    if isinstance(value, Valued):
        return value._array.dtype
    return np.asarray(value).dtype


def _cast(value: object, dtype: DType) -> EagerTensor:
    if isinstance(value, (bool, int, float)):
        return convert(np.asarray(value, dtype._numpy))
    return ops.cast(value, dtype)


def _divided(x: EagerTensor, y: EagerTensor) -> EagerTensor:
    """Return the quotient; that of whole numbers is float32 in Keras."""
    if x._dtype.is_floating:
        return ops.truediv(x, y)
    return ops.truediv(ops.cast(x, "float32"), ops.cast(y, "float32"))


def has_symbols(nest: object) -> bool:
    """Return whether there is a symbolic tensor in lists, tuples and dictionaries."""
    return any(isinstance(each, KerasTensor) for each in flatten(nest))


def symbolic(function: Callable[..., object]) -> Callable[..., object]:
    """Return a function of tensors that takes symbolic tensors too."""

    @functools.wraps(function)
    def run(*args: object, **kwargs: object) -> object:
        if has_symbols(args) or has_symbols(kwargs):
            return symbolic_call(Function(function, function.__name__), args, kwargs)
        return function(*args, **kwargs)

    return run


def symbolic_call(
    operation: Operation, arguments: tuple[object, ...], named: dict[str, object]
) -> object:
    """Return what an operation makes of symbolic tensors, by trying it on zeros."""
    like = infer(lambda *a, **k: operation._run(a, k), arguments, named)
    return connect(operation, arguments, named, like)


def connect(
    operation: Operation, arguments: tuple[object, ...], named: dict[str, object], like: object
) -> object:
    """Return symbolic tensors `like` those given, which come from a call of an operation."""
    node = Node(operation, arguments, named)

    def output(tensor: KerasTensor) -> KerasTensor:
        made = KerasTensor(tensor.shape, tensor.dtype)
        made._node = node
        node.outputs.append(made)
        return made

    return map_nest(output, like)


_BATCHES = 2, 3


def infer(
    function: Callable[..., object], arguments: tuple[object, ...], named: dict[str, object]
) -> object:
    """Return the shapes and types of a function's results, from two calls with zeros.

    A size that differs between the calls, in which unknown sizes are 2 and then 3, is unknown.
    """
    found = []
    for size in _BATCHES:

        def zeros(each: object, size: int = size) -> object:
            if not isinstance(each, KerasTensor):
                return each
            sizes = [size if n is None else n for n in each.shape]
            return EagerTensor(np.zeros(sizes, as_dtype(each.dtype)._numpy))

        again = Sink if size != _BATCHES[0] else None
        with stop_recording(), np.errstate(all="ignore"), unseen(quiet=again):
            found.append(function(*map_nest(zeros, arguments), **map_nest(zeros, named)))
    others = iter(flatten(found[1]))

    def shape(one: EagerTensor) -> Spec:
        other = next(others)
        pairs = zip(one.shape, other.shape, strict=True)  # type: ignore[attr-defined]
        return Spec(tuple(a if a == b else None for a, b in pairs), one._dtype.name)

    return map_nest(shape, found[0])


class Spec:
    """A shape and a type."""

    def __init__(self, shape: Shape, dtype: str) -> None:
        self.shape, self.dtype = shape, dtype
