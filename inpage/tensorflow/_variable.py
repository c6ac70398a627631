"""Variables: tensors whose value can be replaced (``tf.Variable``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import numpy as np

from ._absent import NotInThisPage, missing_attribute, refuse
from ._convert import convert
from ._dtypes import Array, DType, as_dtype
from ._failures import failed
from ._indexing import _check, _index
from ._shape import TensorShape, brackets
from ._tape import flushed, passed_on, result
from ._tensor import CPU, Arithmetic, EagerTensor, array_repr
from ._tracing import tracing

if TYPE_CHECKING:
    from collections.abc import Callable


class Readable(Arithmetic):
    """What the variables of TensorFlow and of Keras share: a tape sees when they are read."""

    _is_variable = True
    trainable: bool

    def _read(self) -> EagerTensor:
        """Return the present value as a tensor."""
        return result(self._array, (self,), passed_on)

    def __format__(self, spec: str) -> str:
        return object.__format__(self, spec)


class Variable(Readable):
    """A tensor whose value can be replaced by another of the same shape and type.

    Parameters
    ----------
    initial_value
        The first value, or a function that returns it.
    trainable
        Whether tapes watch the variable as soon as it is read.
    name
        A name for its text.
    dtype
        The type that the value is converted to.
    """

    __module__ = "tensorflow.python.ops.variables"
    device = CPU

    def __init__(
        self,
        initial_value: object = None,
        trainable: bool | None = None,
        validate_shape: bool = True,
        caching_device: object = None,
        name: str | None = None,
        variable_def: object = None,
        dtype: object = None,
        import_scope: object = None,
        constraint: Callable[[object], object] | None = None,
        synchronization: object = None,
        aggregation: object = None,
        shape: object = None,
        experimental_enable_variable_lifting: bool = True,
    ) -> None:
        refuse(
            "tf.Variable",
            validate_shape=(validate_shape, True),
            variable_def=(variable_def, None),
            constraint=(constraint, None),
            synchronization=(synchronization, None),
            aggregation=(aggregation, None),
            shape=(shape, None),
        )
        if initial_value is None:
            raise ValueError(
                "The `initial_value` arg to `tf.Variable` must be specified except when you are "
                "not providing a `variable_def`. You provided neither."
            )
        if tracing():
            raise NotInThisPage("A tf.Variable made in a tf.function")
        value = initial_value() if callable(initial_value) else initial_value
        self._array = np.array(self._first(value, dtype)._array)
        self._trainable = True if trainable is None else bool(trainable)
        self._name = f"{name or 'Variable'}:0"

    @staticmethod
    def _first(value: object, dtype: object) -> EagerTensor:
        try:
            tensor = convert(value, None if dtype is None else as_dtype(dtype))
        except ValueError as error:
            raise ValueError(f"initial_value: {error}") from None
        if tensor._bfloat16:
            raise NotInThisPage("A tf.Variable of bfloat16")
        return tensor

    @property
    def trainable(self) -> bool:  # type: ignore[override]
        """Whether tapes watch the variable by themselves."""
        return self._trainable

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return TensorShape(self._array.shape)

    def value(self) -> EagerTensor:
        """Return the present value as a tensor."""
        return self._read()

    def read_value(self) -> EagerTensor:
        """Return the present value as a tensor."""
        return self._read()

    def assign(
        self,
        value: object,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Variable:
        """Replace the value."""
        tensor = convert(value, self._dtype)
        if tensor._array.shape != self._array.shape:
            raise ValueError(
                f"Cannot assign value to variable ' {self._name}': Shape mismatch."
                f"The variable shape {self.shape}, and the assigned value shape {tensor.shape} "
                "are incompatible."
            )
        self._array = np.array(tensor._array)
        return self._assigned(read_value)

    def _assigned(self, read_value: bool) -> Variable:
        own = self._variable if isinstance(self, Unread) else self  # no chain of them
        return Unread(own) if read_value else None  # type: ignore[return-value]

    def assign_add(
        self,
        delta: object,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Variable:
        """Add to the value; nothing is broadcast."""
        self._array = flushed(self._array + self._change("AssignAddVariableOp", delta))
        return self._assigned(read_value)

    def assign_sub(
        self,
        delta: object,
        use_locking: bool = False,
        name: str | None = None,
        read_value: bool = True,
    ) -> Variable:
        """Subtract from the value; nothing is broadcast."""
        self._array = flushed(self._array - self._change("AssignSubVariableOp", delta))
        return self._assigned(read_value)

    def _change(self, op: str, delta: object) -> Array:
        change = convert(delta, self._dtype)._array
        if change.shape != self._array.shape:
            raise failed(
                op,
                f"Cannot update variable with shape {brackets(self._array.shape)} using a Tensor "
                f"with shape {brackets(change.shape)}, shapes must be equal.",
            )
        return change

    def __getitem__(self, key: object) -> EagerTensor:
        found = super().__getitem__(key)
        return Slice(found, self, key)

    def __iadd__(self, other: object) -> NoReturn:
        raise RuntimeError(_IN_PLACE.format("+", "assign_add", "+"))

    def __isub__(self, other: object) -> NoReturn:
        raise RuntimeError(_IN_PLACE.format("-", "assign_sub", "-"))

    def __setitem__(self, key: object, value: object) -> None:
        raise TypeError("'ResourceVariable' object does not support item assignment")

    def __getattr__(self, name: str) -> object:
        text = f"'ResourceVariable' object has no attribute '{name}'"
        raise missing_attribute("tf.Variable", name, text)

    def __hash__(self) -> int:  # type: ignore[override]
        raise TypeError(
            f"Variable is unhashable. Instead, use variable.ref() as the key. (Variable: {self!r})"
        )

    def __repr__(self) -> str:
        return (
            f"<tf.Variable '{self._name}' shape={self.shape} dtype={self._dtype.name}, "
            f"numpy={array_repr(self._array)}>"
        )


_IN_PLACE = (
    "`variable {0}= value` with `tf.Variable`s is not supported. Use `variable.{1}(value)` to "
    "modify the variable, or `out = variable {2} value` if you need to get a new output Tensor."
)


class Unread(Variable):
    """What an assignment returns: the variable, under another name."""

    def __init__(self, variable: Variable) -> None:
        self._variable = variable
        self._trainable, self._name = variable._trainable, "UnreadVariable"

    @property
    def _array(self) -> Array:
        return self._variable._array

    @_array.setter
    def _array(self, value: Array) -> None:
        self._variable._array = value

    def _read(self) -> EagerTensor:
        return self._variable._read()


class Slice(EagerTensor):
    """A part of a variable: a tensor, and a place to which one can assign."""

    def __new__(cls, found: EagerTensor, variable: Variable, key: object) -> Slice:  # noqa: PYI034
        """Turn the tensor itself, which a tape may follow, into a part."""
        found.__class__ = cls
        return found  # type: ignore[return-value]

    def __init__(self, found: EagerTensor, variable: Variable, key: object) -> None:
        self._variable, self._key = variable, key

    def assign(self, value: object, name: str | None = None) -> Variable:
        """Replace this part of the variable."""
        keys = self._key if isinstance(self._key, (tuple, list)) else (self._key,)
        index = tuple(_index(one) for one in keys)
        _check(self._variable._array, index)
        array = self._variable._array.copy()
        array[index] = convert(value, self._variable._dtype)._array  # type: ignore[index]
        self._variable._array = array
        return self._variable


Slice.__name__ = Slice.__qualname__ = "EagerTensor"
