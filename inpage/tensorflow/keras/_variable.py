"""The variables of Keras (``tf.keras.Variable``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._absent import missing_attribute, refuse
from .._convert import convert, to_array
from .._dtypes import Array, DType, as_dtype
from .._shape import TensorShape
from .._tape import passed_on, result
from .._variable import Readable
from .._variable import Variable as RawVariable
from ._naming import auto_name, dtype_name

if TYPE_CHECKING:
    from .._tensor import EagerTensor


class Variable(Readable):
    """A value of a layer, an optimizer or a metric, which can be replaced.

    Parameters
    ----------
    initializer
        The first value, or what makes one of a shape and a type.
    shape
        The shape, where `initializer` makes the value.
    dtype
        The type of the elements.
    trainable
        Whether tapes watch the variable by themselves.
    name, path
        The variable's name, and the names of what it belongs to before it.
    """

    __module__ = "keras.src.backend.tensorflow.core"
    _always_fixed: bool

    def __init__(
        self,
        initializer: object,
        shape: object = None,
        dtype: object = None,
        trainable: bool = True,
        autocast: bool = True,
        aggregation: str = "none",
        synchronization: str = "auto",
        layout: object = None,
        name: str | None = None,
        path: str | None = None,
        regularizer: object = None,
        constraint: object = None,
    ) -> None:
        refuse("keras.Variable", layout=(layout, None))
        kind = None if dtype is None else as_dtype(dtype_name(dtype))
        self._array = np.array(self._first(initializer, shape, kind))
        self.trainable = trainable
        self._name = name or auto_name("variable")
        self._path = path or self._name
        self.regularizer, self.constraint = regularizer, constraint

    @staticmethod
    def _first(initializer: object, shape: object, kind: DType | None) -> Array:
        if callable(initializer):
            if shape is None:
                raise ValueError(
                    "When creating a Variable from an initializer, the `shape` argument should be "
                    f"specified. Received: initializer={initializer} and shape={shape}"
                )
            value = initializer(shape, dtype="float32" if kind is None else kind.name)
            return convert(value)._array
        array = to_array(initializer)
        if kind is None and not hasattr(initializer, "dtype"):
            kind = as_dtype("float32") if array.dtype.kind == "f" else None
        return array if kind is None else array.astype(kind._numpy)

    @property
    def name(self) -> str:
        """The variable's own name."""
        return self._name

    @property
    def path(self) -> str:
        """The name, after those of what the variable belongs to."""
        return self._path

    @property
    def dtype(self) -> str:
        """The name of the type of the elements."""
        return self._dtype.name

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return TensorShape(self._array.shape)

    @property
    def value(self) -> Value:
        """The present value."""
        return Value(self)

    def assign(self, value: object) -> EagerTensor:
        """Replace the value."""
        array = convert(value, hint=self._dtype)._array
        if array.shape != self._array.shape:
            raise ValueError(
                "The shape of the target variable and the shape of the target value in "
                f"`variable.assign(value)` must match. variable.shape={self.shape}, Received: "
                f"value.shape={TensorShape(array.shape)}. Target variable: {self!r}"
            )
        self._array = np.array(array, self._array.dtype)
        return self._read()

    def assign_add(self, value: object) -> EagerTensor:
        """Add to the value."""
        return self.assign(self._read() + value)

    def assign_sub(self, value: object) -> EagerTensor:
        """Subtract from the value."""
        return self.assign(self._read() - value)

    def __getattr__(self, name: str) -> object:
        text = f"'Variable' object has no attribute '{name}'"
        raise missing_attribute("tf.keras.Variable", name, text)

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __repr__(self) -> str:
        array = self._array
        value = str(array if array.ndim else array.item())
        return (
            f"<Variable path={self._path}, shape={tuple(self.shape)}, dtype={self.dtype}, "
            f"value={value}>"
        )


class Value(RawVariable):
    """The TensorFlow variable inside a Keras variable: a view that tapes see as the variable."""

    def __init__(self, owner: Variable) -> None:
        self._owner = owner
        self._trainable, self._name = owner.trainable, f"{owner.path}:0"

    @property
    def _array(self) -> Array:
        return self._owner._array

    @_array.setter
    def _array(self, array: Array) -> None:
        self._owner._array = array

    def _read(self) -> EagerTensor:
        return result(self._owner._array, (self._owner,), passed_on)
