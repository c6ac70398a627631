"""Which types an operation takes, and what it says to another."""

from __future__ import annotations

import numpy as np

from ._absent import NotInThisPage
from ._convert import convert
from ._dtypes import DTYPES, DType, round_bfloat16
from ._tape import recording
from ._tensor import Array, EagerTensor, Valued
from .errors import InvalidArgumentError, NotFoundError

FLOATING = "bfloat16 half float double"
INEXACT = f"{FLOATING} complex64 complex128"
SIGNED = f"{FLOATING} int8 int16 int32 int64"
SIGNED_COMPLEX = f"{SIGNED} complex64 complex128"
REAL = f"{FLOATING} uint8 int16 int32 int64 int8 uint16 uint32 uint64"
NUMERIC = f"{FLOATING} uint8 uint16 uint32 uint64 int8 int16 int32 int64 complex64 complex128"
SUMMABLE = "float double int32 uint8 int16 int8 complex64 int64 bfloat16 uint16 complex128 half uint32 uint64"
INTEGRAL = "int8 int16 int32 int64 uint8 uint16 uint32 uint64"
TRUTH = "bool"
ANY = " ".join(dtype._cxx for dtype in DTYPES.values())

# operations that TensorFlow declares for these types and has no code for
_NO_KERNEL = {
    "Rint": frozenset(["half", "bfloat16"]),
    "Reciprocal": frozenset(["int8", "int16", "int32", "int64"]),
}


def expect(op: str, dtype: DType, allowed: str) -> None:
    """Raise what TensorFlow raises unless `dtype` is one of the types that `allowed` names."""
    names = allowed.split()
    if dtype._cxx in _NO_KERNEL.get(op, ()):
        said = (
            f"Could not find device for node: {{{{node {op}}}}} = {op}[T=DT_{dtype._cxx.upper()}]"
        )
        raise NotFoundError(None, None, f"{said} [Op:{op}] name: ")
    if dtype._cxx in names:
        return
    listed = ", ".join(f"DT_{name.upper()}" for name in names)
    raise InvalidArgumentError(
        None,
        None,
        f"Value for attr 'T' of {dtype._cxx} is not in the list of allowed values: "
        f"{', '.join(names)}\n\t; NodeDef: {{{{node {op}}}}}; Op<name={op}; "
        f"attr=T:type,allowed=[{listed}]> [Op:{op}] name: ",
    )


def match(op: str, x: object, y: object) -> tuple[EagerTensor, EagerTensor]:
    """Convert two operands to one type: that of the first tensor, else that of the first."""
    if isinstance(x, Valued):
        left = convert(x)
        right = convert(y) if isinstance(y, Valued) else convert(y, left._dtype)
    elif isinstance(x, (list, tuple)) and getattr(y, "_is_variable", False):
        left, right = convert(x), convert(y)  # TensorFlow does not look at a variable first
        if left._dtype is not right._dtype:
            raise ValueError(
                f"Incompatible type conversion requested to type {left._dtype.name!r} for variable "
                f"of type {right._dtype.name!r} ({y!r})"
            )
    elif isinstance(y, Valued):
        right = convert(y)
        left = convert(x, right._dtype)
    else:
        left = convert(x)
        right = convert(y, left._dtype)
    same(op, left, right)
    return left, right


def match_hint(op: str, x: object, y: object) -> tuple[EagerTensor, EagerTensor]:
    """Convert two operands; the second takes the type of the first if its value can be had in it."""
    left = convert(x)
    right = convert(y, hint=left._dtype)
    same(op, left, right)
    return left, right


def same(op: str, left: EagerTensor, right: EagerTensor) -> None:
    """Raise what TensorFlow raises if two operands have different types."""
    if left._dtype is not right._dtype:
        raise InvalidArgumentError(
            None,
            None,
            f"cannot compute {op} as input #1(zero-based) was expected to be a "
            f"{left._dtype._cxx} tensor but is a {right._dtype._cxx} tensor [Op:{op}] name: ",
        )


def rounded(value: Array) -> EagerTensor:
    """Return the result of an operation on bfloat16 numbers, which no tape can follow here."""
    if recording():
        raise NotInThisPage("A tape that records bfloat16")
    if value.dtype != np.float32:
        return EagerTensor(value)
    return EagerTensor(round_bfloat16(value), bfloat16=True)
