"""Tensors: an array, its text, and the operators of Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from . import _late as late
from ._absent import NotInThisPage, missing_attribute
from ._dtypes import BFLOAT16, BY_NUMPY, Array, DType
from ._shape import TensorShape
from ._tracing import reader_looks, tracing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_NUMPY_METHODS = frozenset(
    ["T", "astype", "ravel", "transpose", "reshape", "clip", "size", "tolist", "data"]
)
_NO_NAME = "Tensor.name is undefined when eager execution is enabled."
CPU = "/job:localhost/replica:0/task:0/device:CPU:0"


_tracing = tracing()
_NO_TEXT = "The text of a tensor in a function that TensorFlow compiles"


class Reference:
    """A tensor or a variable as a key: two are equal if they are the same object."""

    def __init__(self, thing: object) -> None:
        self._thing = thing

    def deref(self) -> object:
        """Return the object."""
        return self._thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reference) and self._thing is other._thing

    def __hash__(self) -> int:
        return id(self._thing)


class Valued:
    """What tensors and variables share: an array, and what Python can ask of it."""

    __array_priority__ = 100
    _array: Array
    _bfloat16 = False

    @property
    def _dtype(self) -> DType:
        return BFLOAT16 if self._bfloat16 else BY_NUMPY[self._array.dtype]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._array.ndim

    def get_shape(self) -> TensorShape:
        """Return the shape."""
        return TensorShape(self._array.shape)

    def numpy(self) -> object:
        """Return the value: a NumPy array, or a NumPy number if there are no axes."""
        if reader_looks():
            raise self._no_numpy()
        array = self._as_numpy()
        return array[()] if array.ndim == 0 else array.copy()

    def _no_numpy(self) -> Exception:
        """Return what TensorFlow raises where there is no value yet."""
        if getattr(self, "_is_variable", False):
            return NotImplementedError("numpy() is only available when eager execution is enabled.")
        return AttributeError("'SymbolicTensor' object has no attribute 'numpy'")

    def _as_numpy(self) -> Array:
        if not self._bfloat16:
            return self._array
        try:
            from ml_dtypes import bfloat16
        except ImportError:
            raise NotInThisPage("The NumPy value of a bfloat16 tensor") from None
        return self._array.astype(bfloat16)

    def ref(self) -> Reference:
        """Return a key for dictionaries and sets."""
        return Reference(self)

    def __array__(self, dtype: object = None, copy: bool | None = None) -> Array:
        if reader_looks():
            raise NotImplementedError(
                "Cannot convert a symbolic tf.Tensor to a numpy array. This error may indicate "
                "that you're trying to pass a Tensor to a NumPy call, which is not supported."
            )
        array = self._as_numpy()
        return np.array(array, dtype=dtype)  # type: ignore[call-overload, no-any-return]

    def __float__(self) -> float:
        return float(self._array)

    def __int__(self) -> int:
        return int(self._array)

    def __complex__(self) -> complex:
        return complex(self._array)

    def __index__(self) -> int:
        return self._array[()].__index__()

    def __bool__(self) -> bool:
        return bool(self._array) if self._array.size else False

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("Scalar tensor has no `len()`")
        return len(self._array)

    def __format__(self, spec: str) -> str:
        if reader_looks():
            raise NotInThisPage(_NO_TEXT)
        return format(self.numpy(), spec)


class Arithmetic(Valued):
    """The operators, each of them an operation that a tape can record."""

    __slots__ = ()

    def __add__(self, other: object) -> EagerTensor:
        return _operator("add", late.ops.add, self, other)

    def __radd__(self, other: object) -> EagerTensor:
        return late.ops.add(late.ops.like(other, self), self)

    def __sub__(self, other: object) -> EagerTensor:
        return _operator("sub", late.ops.subtract, self, other)

    def __rsub__(self, other: object) -> EagerTensor:
        return late.ops.subtract(late.ops.like(other, self), self)

    def __mul__(self, other: object) -> EagerTensor:
        return _operator("mul", late.ops.multiply, self, other)

    def __rmul__(self, other: object) -> EagerTensor:
        return late.ops.multiply(late.ops.like(other, self), self)

    def __truediv__(self, other: object) -> EagerTensor:
        return _operator("truediv", late.ops.truediv, self, other)

    def __rtruediv__(self, other: object) -> EagerTensor:
        return late.ops.truediv(late.ops.like(other, self), self)

    def __floordiv__(self, other: object) -> EagerTensor:
        return _operator("floordiv", late.ops.floordiv, self, other)

    def __rfloordiv__(self, other: object) -> EagerTensor:
        return late.ops.floordiv(late.ops.like(other, self), self)

    def __mod__(self, other: object) -> EagerTensor:
        return _operator("mod", late.ops.floormod, self, other)

    def __rmod__(self, other: object) -> EagerTensor:
        return late.ops.floormod(late.ops.like(other, self), self)

    def __pow__(self, other: object) -> EagerTensor:
        return _operator("pow", late.ops.pow, self, other)

    def __rpow__(self, other: object) -> EagerTensor:
        return late.ops.pow(late.ops.like(other, self), self)

    def __matmul__(self, other: object) -> EagerTensor:
        return _operator("matmul", late.linear.matmul, self, other)

    def __rmatmul__(self, other: object) -> EagerTensor:
        return late.linear.matmul(late.ops.like(other, self), self)

    def __neg__(self) -> EagerTensor:
        return late.ops.negative(self)

    def __abs__(self) -> EagerTensor:
        return late.ops.abs(self)

    def __invert__(self) -> EagerTensor:
        return late.ops.logical_not(self) if self._dtype.is_bool else late.ops.bitwise_invert(self)

    def __and__(self, other: object) -> EagerTensor:
        return (late.ops.logical_and if self._dtype.is_bool else late.ops.bitwise_and)(self, other)

    def __rand__(self, other: object) -> EagerTensor:
        return late.ops.like(other, self) & self

    def __or__(self, other: object) -> EagerTensor:
        return (late.ops.logical_or if self._dtype.is_bool else late.ops.bitwise_or)(self, other)

    def __ror__(self, other: object) -> EagerTensor:
        return late.ops.like(other, self) | self

    def __xor__(self, other: object) -> EagerTensor:
        return (late.ops.logical_xor if self._dtype.is_bool else late.ops.bitwise_xor)(self, other)

    def __rxor__(self, other: object) -> EagerTensor:
        return late.ops.like(other, self) ^ self

    def __lt__(self, other: object) -> EagerTensor:
        return late.ops.less(self, other)

    def __le__(self, other: object) -> EagerTensor:
        return late.ops.less_equal(self, other)

    def __gt__(self, other: object) -> EagerTensor:
        return late.ops.greater(self, other)

    def __ge__(self, other: object) -> EagerTensor:
        return late.ops.greater_equal(self, other)

    def __eq__(self, other: object) -> EagerTensor | bool:  # type: ignore[override]
        return False if other is None else late.ops.equal_or(self, other, unequal=False)

    def __ne__(self, other: object) -> EagerTensor | bool:  # type: ignore[override]
        return True if other is None else late.ops.equal_or(self, other, unequal=True)

    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[EagerTensor]:
        if not self._array.ndim:
            raise TypeError("Cannot iterate over a scalar tensor.")
        return (self[i] for i in range(len(self._array)))

    def __getitem__(self, key: object) -> EagerTensor:
        return late.indexing.getitem(self, key)


def _operator(
    name: str, op: Callable[[object, object], EagerTensor], x: Valued, y: object
) -> EagerTensor:
    """Apply an operator; where TensorFlow cannot convert `y`, `y` itself may know what to do."""
    try:
        return op(x, y)
    except (TypeError, ValueError):
        reflected = getattr(y, f"__r{name}__", None)
        if reflected is None or isinstance(y, Valued):
            raise
        found = reflected(x)
        if found is NotImplemented:
            raise
        return found  # type: ignore[no-any-return]


class Tensor(Arithmetic):
    """What eager and other tensors have in common; for ``isinstance``."""

    __module__ = "tensorflow.python.framework.tensor"


class EagerTensor(Tensor):
    """An array that does not change, known to the tapes that watch it.

    Parameters
    ----------
    array
        The value. It is kept as it is: nobody may write into it afterwards.
    bfloat16
        Whether the array, whose numbers are rounded float32, stands for bfloat16.
    """

    __module__ = "tensorflow.python.framework.ops"
    device = CPU
    backing_device = CPU

    def __init__(self, array: Array, *, bfloat16: bool = False) -> None:
        if _tracing.graphs:
            raise NotInThisPage("An operation in a tf.Graph")
        self._array = array
        if bfloat16:
            self._bfloat16 = True

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self._dtype

    @property
    def shape(self) -> TensorShape:
        """The shape."""
        return TensorShape(self._array.shape)

    @property
    def name(self) -> str:
        """Undefined: eager tensors have no name."""
        raise AttributeError(_NO_NAME)

    def set_shape(self, shape: object) -> None:
        """Raise ValueError unless `shape` is compatible with the shape."""
        if not self.shape.is_compatible_with(shape):  # type: ignore[arg-type]
            raise ValueError(
                f"Tensor's shape {self.shape} is not compatible with supplied shape {shape}."
            )

    def cpu(self) -> Self:
        """Return the tensor: it is in the main memory already."""
        return self

    def __getattr__(self, name: str) -> object:
        if name == "name":
            raise AttributeError(_NO_NAME)
        if name in _NUMPY_METHODS:
            raise AttributeError(
                f"{type(self).__name__} object has no attribute '{name}'. \n"
                "        If you are looking for numpy-related methods, please run the following:\n"
                "        tf.experimental.numpy.experimental_enable_numpy_behavior()\n      "
            )
        real = "tensorflow.python.framework.ops.EagerTensor"
        raise missing_attribute("tf.Tensor", name, f"'{real}' object has no attribute '{name}'")

    def __setitem__(self, key: object, value: object) -> None:
        real = "tensorflow.python.framework.ops.EagerTensor"
        raise TypeError(f"'{real}' object does not support item assignment")

    def __hash__(self) -> int:  # type: ignore[override]
        raise TypeError("Tensor is unhashable. Instead, use tensor.ref() as the key.")

    def __str__(self) -> str:
        if reader_looks():
            raise NotInThisPage(_NO_TEXT)
        array = self._array
        text = array_str(array, self._bfloat16)
        text = "\n" + text if "\n" in text else text
        return f"tf.Tensor({text}, shape={self.shape}, dtype={self._dtype.name})"

    def __repr__(self) -> str:
        if reader_looks():
            raise NotInThisPage(_NO_TEXT)
        return (
            f"<tf.Tensor: shape={self.shape}, dtype={self._dtype.name}, "
            f"numpy={array_repr(self._array, self._bfloat16)}>"
        )

    def __round__(self, ndigits: int | None = None) -> EagerTensor:
        return self.__getattr__("astype")  # type: ignore[return-value]

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return EagerTensor, (self._array,)


def array_str(array: Array, bfloat16: bool = False) -> str:
    """Return the text of an array as ``print`` shows it."""
    text = str(array[()] if array.ndim == 0 else array)
    return text if not bfloat16 else str(array)


def array_repr(array: Array, bfloat16: bool = False) -> str:
    """Return the text of an array for a tensor's ``repr``."""
    if array.ndim:
        text = repr(array)
        if bfloat16:
            text = text.replace("dtype=float32", "dtype=bfloat16")
        return "\n" + text if "\n" in text else text
    return repr(array.item())
