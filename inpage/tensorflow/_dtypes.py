"""The types of elements (``tf.DType``) and what NumPy calls them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ._absent import missing_attribute

Array = npt.NDArray[Any]


class DType:
    """The type of a tensor's elements.

    Parameters
    ----------
    name
        TensorFlow's name, such as ``float32``.
    numpy
        The NumPy type that holds such elements here. ``bfloat16`` is held as rounded float32.
    number
        TensorFlow's number for the type.
    cxx
        The name that error messages of kernels use, such as ``float``.
    """

    __module__ = "tensorflow.python.framework.dtypes"

    def __init__(self, name: str, numpy: str, number: int, cxx: str) -> None:
        self._name, self._numpy = name, np.dtype(numpy)
        self._number, self._cxx = number, cxx

    @property
    def name(self) -> str:
        """The name, such as ``float32``."""
        return self._name

    @property
    def as_numpy_dtype(self) -> type:
        """The NumPy class of an element."""
        return self._numpy.type

    @property
    def base_dtype(self) -> "DType":
        """The type itself: there are no references here."""
        return self

    @property
    def real_dtype(self) -> "DType":
        """The type of the real part."""
        parts = {"complex64": "float32", "complex128": "float64"}
        return DTYPES[parts.get(self._name, self._name)]

    @property
    def is_floating(self) -> bool:
        """Whether it is a type of real numbers with a point."""
        return self._numpy.kind == "f"

    @property
    def is_integer(self) -> bool:
        """Whether it is a type of whole numbers."""
        return self._numpy.kind in "iu"

    @property
    def is_bool(self) -> bool:
        """Whether it is the type of truth values."""
        return self._name == "bool"

    @property
    def is_complex(self) -> bool:
        """Whether it is a type of complex numbers."""
        return self._numpy.kind == "c"

    @property
    def is_unsigned(self) -> bool:
        """Whether it is a type of whole numbers from 0 on."""
        return self._numpy.kind == "u"

    @property
    def is_quantized(self) -> bool:
        """False: the stand-in has no quantized types."""
        return False

    @property
    def is_numeric(self) -> bool:
        """Whether one can calculate with it."""
        return self._numpy.kind in "iufc"

    @property
    def as_datatype_enum(self) -> int:
        """TensorFlow's number for the type."""
        return self._number

    @property
    def size(self) -> int:
        """The bytes of one element."""
        return (
            2 if self._name == "bfloat16" else 1 if self._cxx == "string" else self._numpy.itemsize
        )

    @property
    def max(self) -> object:
        """The largest finite value."""
        return self._limit("max")

    @property
    def min(self) -> object:
        """The smallest finite value."""
        return self._limit("min")

    def _limit(self, which: str) -> object:
        if self._name == "bfloat16":
            return np.float32(3.3895314e38 if which == "max" else -3.3895314e38)
        if self.is_bool:
            return which == "max"
        if self.is_floating:
            return getattr(np.finfo(self._numpy), which)
        if self.is_integer:
            return getattr(np.iinfo(self._numpy), which)
        raise TypeError(f"Cannot find {which}imum value of {self}.")

    @property
    def limits(self) -> tuple[object, object]:
        """The smallest and the largest intensity, as images use them."""
        return (0, 1) if self.is_floating else (0, self.max) if self.is_integer else (0, 0)

    def is_compatible_with(self, other: object) -> bool:
        """Return whether `other` is the same type."""
        return self is as_dtype(other)

    def __getattr__(self, name: str) -> object:
        text = f"'DType' object has no attribute '{name}'"
        raise missing_attribute("tf.DType", name, text)

    def __repr__(self) -> str:
        return f"tf.{self._name}"

    def __str__(self) -> str:
        return f"<dtype: '{self._name}'>"

    def __eq__(self, other: object) -> bool:
        if other is None:
            return False
        try:
            return self is as_dtype(other)
        except TypeError:
            return False

    def __hash__(self) -> int:
        return self._number

    def __reduce__(self) -> tuple[object, ...]:
        return as_dtype, (self._name,)


DTYPES = {
    row[0]: DType(*row)
    for row in [
        ("float32", "float32", 1, "float"),
        ("float64", "float64", 2, "double"),
        ("int32", "int32", 3, "int32"),
        ("uint8", "uint8", 4, "uint8"),
        ("int16", "int16", 5, "int16"),
        ("int8", "int8", 6, "int8"),
        ("string", "object", 7, "string"),
        ("complex64", "complex64", 8, "complex64"),
        ("int64", "int64", 9, "int64"),
        ("bool", "bool", 10, "bool"),
        ("bfloat16", "float32", 14, "bfloat16"),
        ("uint16", "uint16", 17, "uint16"),
        ("complex128", "complex128", 18, "complex128"),
        ("float16", "float16", 19, "half"),
        ("uint32", "uint32", 22, "uint32"),
        ("uint64", "uint64", 23, "uint64"),
    ]
}
BY_NUMPY = {dtype._numpy: dtype for dtype in DTYPES.values() if dtype.name != "bfloat16"}
BFLOAT16, STRING = DTYPES["bfloat16"], DTYPES["string"]
_NAMES = {
    **DTYPES,
    "half": DTYPES["float16"],
    "double": DTYPES["float64"],
    "float": DTYPES["float32"],
}
_BY_PYTHON = {float: DTYPES["float32"], bool: DTYPES["bool"], str: STRING, bytes: STRING}


def as_dtype(type_value: object) -> DType:
    """Return the type that a name, a number, a NumPy type or a Python type stands for.

    Raises
    ------
    TypeError
        If it stands for none.
    """
    if isinstance(type_value, DType):
        return type_value
    found = _NAMES.get(type_value) if isinstance(type_value, str) else None
    if found is None and isinstance(type_value, type):
        found = _BY_PYTHON.get(type_value)
    if found is None and isinstance(type_value, int):
        found = next((d for d in DTYPES.values() if d._number == type_value), None)
    if found is None and type_value is not int and type_value is not None:
        found = _from_numpy(type_value)
    if found is None:
        raise TypeError(
            f"Cannot convert the argument `type_value`: {type_value!r} to a TensorFlow DType."
        )
    return found


def _from_numpy(type_value: object) -> DType | None:
    try:
        dtype = np.dtype(type_value)  # type: ignore[call-overload]
    except TypeError:
        return None
    return STRING if dtype.kind in "US" else BY_NUMPY.get(dtype)


def round_bfloat16(array: Array) -> npt.NDArray[np.float32]:
    """Round numbers to the nearest that have eight bits before the last 16, ties to even."""
    wide = np.asarray(array).astype(np.float32)
    bits = wide.view(np.uint32)
    with np.errstate(all="ignore"):
        lifted = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    rounded = (lifted & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(np.isfinite(wide), rounded, wide)
