"""From what Python and NumPy have to tensors, by TensorFlow's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _late as late
from ._dtypes import BFLOAT16, BY_NUMPY, DTYPES, STRING, Array, DType, as_dtype, round_bfloat16
from ._shape import TensorShape
from ._slices import IndexedSlices
from ._tensor import EagerTensor, Valued

if TYPE_CHECKING:
    from collections.abc import Iterator

_SYMBOLIC = """A KerasTensor cannot be used as input to a TensorFlow function. A KerasTensor is a \
symbolic placeholder for a shape and dtype, used when constructing Keras Functional models or Keras \
Functions. You can only use it as input to a Keras layer or a Keras operation (from the namespaces \
`keras.layers` and `keras.ops`). You are likely doing something like:

```
x = Input(...)
...
tf_fn(x)  # Invalid.
```

What you should do instead is wrap `tf_fn` in a layer:

```
class MyLayer(Layer):
    def call(self, x):
        return tf_fn(x)

x = MyLayer()(x)
```
"""


def convert(value: object, dtype: DType | None = None, hint: DType | None = None) -> EagerTensor:
    """Return `value` as a tensor; a tensor is returned as it is, a variable is read.

    Parameters
    ----------
    value
        Anything that TensorFlow takes for a tensor.
    dtype
        The type that the tensor must have.
    hint
        The type that it should have if the value can be had in it.

    Raises
    ------
    ValueError
        If `value` is a tensor of another type than `dtype`, or nothing that makes a tensor.
    TypeError
        If a Python value does not fit into `dtype`.
    """
    if isinstance(value, Valued):
        return _checked(value._read() if hasattr(value, "_read") else value, dtype)  # type: ignore[arg-type]
    if isinstance(value, (list, tuple)) and _holds_tensors(value):
        return _packed(value, dtype or hint)
    if isinstance(value, IndexedSlices):
        return value.dense()
    if getattr(value, "_is_symbolic", False):
        raise ValueError(_SYMBOLIC)
    if dtype is None and hint is not None:
        try:
            return _converted(value, hint)
        except (TypeError, ValueError):
            return _converted(value, None)
    return _converted(value, dtype)


def _checked(tensor: EagerTensor, dtype: DType | None) -> EagerTensor:
    if dtype is not None and dtype is not tensor._dtype:
        raise ValueError(
            f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype "
            f"{tensor._dtype.name}: {tensor!r}"
        )
    return tensor


def _holds_tensors(values: list[object] | tuple[object, ...]) -> bool:
    return any(
        isinstance(each, Valued) or (isinstance(each, (list, tuple)) and _holds_tensors(each))
        for each in values
    )


def _packed(values: list[object] | tuple[object, ...], dtype: DType | None) -> EagerTensor:
    """Stack a sequence that holds tensors; the first tensor in it says the type."""
    first = dtype or next(each._dtype for each in _leaves(values) if isinstance(each, Valued))
    parts = [convert(each, hint=first) for each in values]
    return late.shapes.stack(parts)


def _converted(value: object, dtype: DType | None) -> EagerTensor:
    array = to_array(value, narrow=dtype is None)
    if dtype is None:
        return EagerTensor(np.array(array) if array is value else array)
    if not _fits(value, array, dtype):
        raise TypeError(f"Cannot convert {value!r} to EagerTensor of dtype {dtype.name}")
    if not isinstance(value, (np.ndarray, np.generic)):
        _check_range(array, dtype._numpy)
    with np.errstate(all="ignore"):
        if dtype is BFLOAT16:
            return EagerTensor(round_bfloat16(array), bfloat16=True)
        return EagerTensor(array.astype(dtype._numpy))


def _fits(value: object, array: Array, dtype: DType) -> bool:
    """Return whether a value may become an element of a type without being cast by name."""
    if (array.dtype == object) != (dtype is STRING):
        return not array.size and not isinstance(value, np.ndarray)
    if isinstance(value, (np.ndarray, np.generic)) or dtype is STRING or not array.size:
        return True
    order = "biufc"
    kind, wanted = array.dtype.kind, dtype._numpy.kind
    if wanted == "b":
        return kind == "b"
    return order.index(kind) <= order.index(wanted) or (kind in "iu" and wanted in "iu")


def to_array(value: object, *, narrow: bool = True) -> Array:
    """Return a value as an array of the type that TensorFlow gives it by itself.

    Python's numbers stay as wide as they are if `narrow` is False.
    """
    if isinstance(value, np.ndarray):
        return _strings(value) if value.dtype.kind in "USO" else value
    if isinstance(value, np.generic):
        return _strings(np.asarray(value)) if value.dtype.kind in "USO" else np.asarray(value)
    if isinstance(value, Valued):
        return value._array
    if isinstance(value, TensorShape):
        return np.asarray(value.as_list(), np.int32)
    if isinstance(value, (list, tuple, range)):
        return _sequence(list(value), narrow=narrow)
    if isinstance(value, (bool, int, float, complex, str, bytes)):
        return _narrowed(_scalar(value)) if narrow else _scalar(value)
    if isinstance(value, DType) or not hasattr(value, "__array__"):
        raise ValueError(
            f"Attempt to convert a value ({value!r}) with an unsupported type ({type(value)}) "
            "to a Tensor."
        )
    return to_array(np.asarray(value), narrow=narrow)


def _strings(array: Array) -> Array:
    encoded = [
        each.encode() if isinstance(each, str) else each
        for each in array.astype(object).ravel().tolist()
    ]
    if any(not isinstance(each, bytes) for each in encoded):
        raise ValueError("Failed to convert a NumPy array to a Tensor (Unsupported object type).")
    found = np.empty(len(encoded), object)
    found[:] = encoded
    return found.reshape(array.shape)


def _scalar(value: complex | str | bytes) -> Array:
    if isinstance(value, (str, bytes)):
        return np.asarray(value.encode() if isinstance(value, str) else value, object)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError("Can't convert Python sequence with out-of-range integer to Tensor.")
    return np.asarray(value)


def _leaves(values: object) -> Iterator[object]:
    if isinstance(values, (list, tuple)):
        for each in values:
            yield from _leaves(each)
    else:
        yield values


def _sequence(values: list[object], *, narrow: bool) -> Array:
    leaves = list(_leaves(values))
    for leaf in leaves:
        if leaf is None or isinstance(leaf, (dict, set)):
            raise ValueError(
                f"Attempt to convert a value ({leaf!r}) with an unsupported type ({type(leaf)}) "
                "to a Tensor."
            )
    kinds = {type(leaf) for leaf in leaves}
    texts = kinds & {str, bytes}
    if (leaves and isinstance(leaves[0], bool) and kinds != {bool}) or (
        texts and kinds - {str, bytes}
    ):
        raise ValueError("Can't convert Python sequence with mixed types to Tensor.")
    try:
        array = np.array(values, object if texts else None)
    except (ValueError, OverflowError) as error:
        raise ValueError(_said(error)) from error
    if texts:
        return _strings(array)
    if array.dtype == object:
        raise ValueError("Can't convert non-rectangular Python sequence to Tensor.")
    own = next((np.asarray(each).dtype for each in leaves if hasattr(each, "dtype")), None)
    if own is not None:
        return array.astype(own) if own.kind == array.dtype.kind else array
    return _narrowed(array) if narrow else array


def _said(error: Exception) -> str:
    kind = "out-of-range integer" if isinstance(error, OverflowError) else "non-rectangular"
    if kind == "non-rectangular":
        return "Can't convert non-rectangular Python sequence to Tensor."
    return f"Can't convert Python sequence with {kind} to Tensor."


def _check_range(array: Array, wanted: np.dtype[Any]) -> None:
    """Raise what TensorFlow raises for Python numbers that float32 is too small for."""
    if wanted == np.float32 and array.dtype.kind == "f":
        with np.errstate(all="ignore"):
            lost = np.isinf(array.astype(wanted)) & np.isfinite(array)
        if lost.any():
            raise ValueError(
                "Can't convert Python sequence with a value out of range for a double-precision "
                "float."
            )


def _narrowed(array: Array) -> Array:
    """Give Python's numbers TensorFlow's types: float32, and int32 where the values fit."""
    if array.dtype == np.float64:
        _check_range(array, np.dtype(np.float32))
        with np.errstate(all="ignore"):
            return array.astype(np.float32)
    if array.dtype == np.int64:
        small = not array.size or (array.max() < 2**31 and array.min() >= -(2**31))
        return array.astype(np.int32) if small else array
    if array.dtype == np.uint64:
        raise ValueError("Can't convert Python sequence with out-of-range integer to Tensor.")
    return array


def constant(
    value: object, dtype: object = None, shape: object = None, name: str = "Const"
) -> EagerTensor:
    """Return a tensor of a value (``tf.constant``)."""
    wanted = None if dtype is None else as_dtype(dtype)
    if isinstance(value, Valued):
        tensor = convert(value)
        if wanted is not None and wanted is not tensor._dtype:
            raise TypeError(
                f"Expected tensor {tensor} with dtype {wanted!r}, but got dtype {tensor.dtype!r}."
            )
    elif isinstance(value, (list, tuple)) and _holds_tensors(value):
        raise ValueError("TypeError: Scalar tensor has no `len()`")
    else:
        tensor = convert(value, wanted)
    return tensor if shape is None else _shaped(tensor, value, shape)


def _shaped(tensor: EagerTensor, value: object, shape: object) -> EagerTensor:
    sizes = dimensions(shape)
    array = tensor._array
    if array.shape == sizes:
        return tensor
    wanted = int(np.prod(sizes))
    if array.size == 1:
        return EagerTensor(np.full(sizes, array.ravel()[0], array.dtype))
    if array.size == wanted:
        return EagerTensor(array.reshape(sizes))
    raise TypeError(
        f"Eager execution of tf.constant with unsupported shape. Tensor {array} (converted from "
        f"{value}) has {array.size} elements, but got `shape` {sizes} with {wanted} elements)."
    )


def dimensions(shape: object) -> tuple[int, ...]:
    """Return a shape given as a list, a tuple, a number, a tensor or a `TensorShape`."""
    if isinstance(shape, (list, tuple, TensorShape)):
        return tuple(_whole(size) for size in shape)
    array = to_array(shape)
    if array.dtype.kind not in "iu":
        raise TypeError(f"Cannot convert {shape!r} to EagerTensor of dtype int32")
    return tuple(int(size) for size in np.atleast_1d(array))


def _whole(size: object) -> int:
    if isinstance(size, (float, np.floating)) or size is None or isinstance(size, str):
        raise TypeError(f"Cannot convert {size!r} to EagerTensor of dtype int32")
    return int(size)  # type: ignore[call-overload, no-any-return]


def convert_to_tensor(
    value: object, dtype: object = None, dtype_hint: object = None, name: str | None = None
) -> EagerTensor:
    """Return `value` as a tensor (``tf.convert_to_tensor``)."""
    hint = None if dtype_hint is None else as_dtype(dtype_hint)
    return convert(value, None if dtype is None else as_dtype(dtype), hint)


def is_tensor(x: object) -> bool:
    """Return whether `x` is a tensor or a variable."""
    return isinstance(x, (Valued, IndexedSlices)) or bool(getattr(x, "_is_symbolic", False))


__all__ = [
    "BY_NUMPY",
    "DTYPES",
    "constant",
    "convert",
    "convert_to_tensor",
    "dimensions",
    "is_tensor",
    "to_array",
]
