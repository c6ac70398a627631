"""Operations that work on each element by itself, with their slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn, Protocol

import numpy as np

from . import _kinds as kinds
from . import _late as late
from ._convert import convert
from ._dtypes import DTYPES, Array, DType, as_dtype, round_bfloat16
from ._failures import failed, kernel
from ._shape import brackets
from ._special import digamma as special_digamma
from ._special import erf as special_erf
from ._special import erfc as special_erfc
from ._special import erfinv as special_erfinv
from ._special import lgamma as special_lgamma
from ._tape import result
from ._tensor import EagerTensor, Valued
from .errors import InvalidArgumentError, UnimplementedError

if TYPE_CHECKING:
    from collections.abc import Callable


class Forward1(Protocol):
    """The value of an operation with one input."""

    def __call__(self, a: Array, /) -> object: ...


class Slope1(Protocol):
    """The slope by the input, from that by the result, the input and the result."""

    def __call__(self, g: EagerTensor, x: EagerTensor, y: EagerTensor, /) -> EagerTensor: ...


class Forward2(Protocol):
    """The value of an operation with two inputs."""

    def __call__(self, a: Array, b: Array, /) -> object: ...


class Slope2(Protocol):
    """The slope by one of two inputs, from that by the result, the inputs and the result."""

    def __call__(
        self, g: EagerTensor, x: EagerTensor, y: EagerTensor, z: EagerTensor, /
    ) -> EagerTensor: ...


class Unary(Protocol):
    """An operation with one input."""

    def __call__(self, x: object, name: str | None = None) -> EagerTensor: ...


class Binary(Protocol):
    """An operation with two inputs."""

    def __call__(self, x: object, y: object, name: str | None = None) -> EagerTensor: ...


def like(value: object, tensor: Valued) -> EagerTensor:
    """Return `value` as a tensor of the type of another."""
    return convert(value, tensor._dtype)


def unary(op: str, forward: Forward1, slope: Slope1 | None, allowed: str = kinds.INEXACT) -> Unary:
    """Return the function of an operation with one input.

    Parameters
    ----------
    op
        TensorFlow's name of the operation.
    forward
        What it does to an array.
    slope
        Its slope, made of operations; None where TensorFlow has none.
    allowed
        The types that it takes, as kernels call them.
    """

    def run(x: object, name: str | None = None) -> EagerTensor:
        tensor = convert(x)
        kinds.expect(op, tensor._dtype, allowed)
        with np.errstate(all="ignore"):
            value = np.asarray(forward(tensor._array))
        if tensor._bfloat16:
            return kinds.rounded(value)
        if slope is None:
            return EagerTensor(value)
        made = result(value, (tensor,), lambda g: (slope(g, tensor, made),))
        if op == "Sigmoid":
            made._made_by = op, tensor  # type: ignore[attr-defined]
        return made

    run.__doc__ = f"Apply ``{op}`` to each element of `x`."
    return run


def binary(
    op: str,
    forward: Forward2,
    slopes: tuple[Slope2, Slope2] | None,
    allowed: str = kinds.NUMERIC,
) -> Binary:
    """Return the function of an operation with two inputs, which it broadcasts.

    Parameters are those of `unary`; `slopes` holds one for each input.
    """

    def run(x: object, y: object, name: str | None = None) -> EagerTensor:
        left, right = kinds.match(op, x, y)
        return binary_on(op, forward, slopes, allowed, left, right)

    run.__doc__ = f"Apply ``{op}`` to the elements of `x` and `y`."
    return run


def binary_on(
    op: str,
    forward: Forward2,
    slopes: tuple[Slope2, Slope2] | None,
    allowed: str,
    x: EagerTensor,
    y: EagerTensor,
) -> EagerTensor:
    """Apply an operation to two tensors of one type."""
    kinds.expect(op, x._dtype, allowed)
    a, b = x._array, y._array
    with np.errstate(all="ignore"):
        try:
            value = np.asarray(forward(a, b))
        except ValueError:
            if _broadcasts(a, b):
                raise
            said = f"Incompatible shapes: {brackets(a.shape)} vs. {brackets(b.shape)}"
            raise failed(op, said) from None
    if x._bfloat16:
        return kinds.rounded(value)
    if slopes is None:
        return EagerTensor(value)
    left, right = slopes
    made = result(
        value,
        (x, y),
        lambda g: (
            unbroadcast(left(g, x, y, made), a.shape),
            unbroadcast(right(g, x, y, made), b.shape),
        ),
    )
    return made


def _broadcasts(a: Array, b: Array) -> bool:
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return False
    return True


def unbroadcast(slope: EagerTensor, shape: tuple[int, ...]) -> EagerTensor:
    """Sum a slope over the axes along which an input of `shape` was repeated."""
    theirs = slope._array.shape
    if theirs == shape:
        return slope
    extra = len(theirs) - len(shape)
    axes = [
        *range(extra),
        *(i + extra for i, n in enumerate(shape) if n == 1 and theirs[i + extra] != 1),
    ]
    summed = late.reductions.reduce_sum(slope, axes) if axes else slope
    return late.shapes.reshape(summed, shape) if summed._array.shape != shape else summed


def keep_where(mask: Array, slope: EagerTensor) -> EagerTensor:
    """Return a slope where `mask` holds and zero elsewhere."""
    return late.indexing.where(
        EagerTensor(mask), slope, EagerTensor(np.zeros((), slope._array.dtype))
    )


def exp_array(a: Array) -> Array:
    """Return the exponentials."""
    return np.asarray(precise(np.exp)(a))


def log_array(a: Array) -> Array:
    """Return the natural logarithms."""
    return np.asarray(precise(np.log)(a))


def log1p_exp_array(a: Array) -> Array:
    """Return ``log(1 + exp(a))`` for numbers that are not above 0."""
    return np.asarray(precise(lambda b: np.log1p(np.exp(b)))(a))


def where_positive(x: EagerTensor, above: EagerTensor, below: EagerTensor) -> EagerTensor:
    """Return `above` where `x` is above 0 and `below` elsewhere."""
    return late.indexing.where(EagerTensor(x._array > 0), above, below)


def _number(value: float, x: EagerTensor) -> EagerTensor:
    return EagerTensor(np.asarray(value, x._array.dtype))


# --- two inputs -----------------------------------------------------------------------------------

_ADD = (lambda g, x, y, z: g, lambda g, x, y, z: g)


def add(x: object, y: object, name: str | None = None) -> EagerTensor:
    """Return ``x + y``; texts are put one after the other."""
    left, right = kinds.match_hint("AddV2", x, y)
    allowed = f"{kinds.NUMERIC} string"
    return binary_on("AddV2", np.add, _ADD, allowed, left, right)


subtract: Binary = binary(
    "Sub", np.subtract, (lambda g, x, y, z: g, lambda g, x, y, z: negative(g)), kinds.NUMERIC
)
multiply: Binary = binary("Mul", np.multiply, (lambda g, x, y, z: g * y, lambda g, x, y, z: g * x))
_DIVIDE = (lambda g, x, y, z: g / y, lambda g, x, y, z: g * (-x / y / y))
real_div: Binary = binary("RealDiv", np.divide, _DIVIDE, kinds.INEXACT)
maximum: Binary = binary(
    "Maximum",
    np.maximum,
    (
        lambda g, x, y, z: keep_where(x._array >= y._array, g),
        lambda g, x, y, z: keep_where(x._array < y._array, g),
    ),
    kinds.REAL,
)
minimum: Binary = binary(
    "Minimum",
    np.minimum,
    (
        lambda g, x, y, z: keep_where(x._array <= y._array, g),
        lambda g, x, y, z: keep_where(x._array > y._array, g),
    ),
    kinds.REAL,
)


def _power(a: Array, b: Array) -> object:
    if a.dtype.kind in "iu" and (b < 0).any():
        raise failed("Pow", "Integers to negative integer powers are not allowed")
    return np.power(a, b)


def _power_slope_y(g: EagerTensor, x: EagerTensor, y: EagerTensor, z: EagerTensor) -> EagerTensor:
    one = _number(1, x)
    above = x._array > 0
    logs = keep_where(above, log(late.indexing.where(EagerTensor(above), x, one)))
    return g * z * logs


pow: Binary = binary(
    "Pow",
    _power,
    (lambda g, x, y, z: g * y * pow(x, y - _number(1, x)), _power_slope_y),
    f"{kinds.FLOATING} int8 int16 int32 int64 complex64 complex128",
)


def _floor_divide(a: Array, b: Array) -> object:
    if a.dtype.kind in "iu":
        if (b == 0).any():
            raise failed("FloorDiv", "Integer division by zero")
        return np.floor_divide(a, b)
    return np.floor(a / b)


def _floor_modulo(a: Array, b: Array) -> object:
    if a.dtype.kind in "iu" and (b == 0).any():
        raise failed("FloorMod", "Integer division by zero")
    return np.mod(a, b)


floordiv: Binary = binary(
    "FloorDiv",
    _floor_divide,
    (lambda g, x, y, z: g * _number(0, x), lambda g, x, y, z: g * _number(0, x)),
    kinds.REAL,
)
floormod: Binary = binary(
    "FloorMod",
    _floor_modulo,
    (lambda g, x, y, z: g, lambda g, x, y, z: g * negative(floordiv(x, y))),
    f"int8 int16 int32 int64 uint8 uint16 uint32 uint64 {kinds.FLOATING}",
)
squared_difference: Binary = binary(
    "SquaredDifference",
    lambda a, b: (a - b) * (a - b),
    (
        lambda g, x, y, z: g * _number(2, x) * (x - y),
        lambda g, x, y, z: negative(g * _number(2, x) * (x - y)),
    ),
    f"{kinds.FLOATING} int32 int64 complex64 complex128",
)
atan2_of: Binary = binary(
    "Atan2",
    np.arctan2,
    (
        lambda g, x, y, z: g * (y / (x * x + y * y)),
        lambda g, x, y, z: g * (-x / (x * x + y * y)),
    ),
    kinds.FLOATING,
)


def _where_zero(a: Array, value: object) -> object:
    return np.where(a == 0, 0, value).astype(a.dtype)  # type: ignore[call-overload]


xlogy: Binary = binary(
    "Xlogy",
    lambda a, b: _where_zero(a, a * np.log(b)),
    (
        lambda g, x, y, z: g * xlogy(cast(not_equal(x, _number(0, x)), x._dtype), y),
        lambda g, x, y, z: g * xdivy(x, y),
    ),
    kinds.INEXACT,
)
xlog1py: Binary = binary(
    "Xlog1py",
    lambda a, b: _where_zero(a, a * np.log1p(b)),
    (
        lambda g, x, y, z: g * xlog1py(cast(not_equal(x, _number(0, x)), x._dtype), y),
        lambda g, x, y, z: g * xdivy(x, y + _number(1, y)),
    ),
    kinds.INEXACT,
)
xdivy: Binary = binary(
    "Xdivy",
    lambda a, b: _where_zero(a, a / b),
    (
        lambda g, x, y, z: g * xdivy(cast(not_equal(x, _number(0, x)), x._dtype), y),
        lambda g, x, y, z: g * xdivy(negative(x), y * y),
    ),
    kinds.INEXACT,
)
_div_no_nan: Binary = binary(
    "DivNoNan",
    lambda a, b: np.where(b == 0, 0, a / np.where(b == 0, 1, b)).astype(a.dtype),
    (
        lambda g, x, y, z: _div_no_nan(g, y),
        lambda g, x, y, z: g * _div_no_nan(_div_no_nan(negative(x), y), y),
    ),
    kinds.INEXACT,
)
_mul_no_nan: Binary = binary(
    "MulNoNan",
    lambda a, b: np.where(b == 0, 0, a * b).astype(a.dtype),
    (lambda g, x, y, z: _mul_no_nan(g, y), lambda g, x, y, z: _mul_no_nan(x, g)),
    kinds.INEXACT,
)
equal: Binary = binary("Equal", np.equal, None, kinds.ANY)
not_equal: Binary = binary("NotEqual", np.not_equal, None, kinds.ANY)
less: Binary = binary("Less", np.less, None, kinds.REAL)
less_equal: Binary = binary("LessEqual", np.less_equal, None, kinds.REAL)
greater: Binary = binary("Greater", np.greater, None, kinds.REAL)
greater_equal: Binary = binary("GreaterEqual", np.greater_equal, None, kinds.REAL)
bitwise_and: Binary = binary("BitwiseAnd", np.bitwise_and, None, kinds.INTEGRAL)
bitwise_or: Binary = binary("BitwiseOr", np.bitwise_or, None, kinds.INTEGRAL)
bitwise_xor: Binary = binary("BitwiseXor", np.bitwise_xor, None, kinds.INTEGRAL)


def _logical(op: str, forward: Forward2) -> Binary:
    """Return a function of truth values, to which nothing else is converted."""

    def run(x: object, y: object, name: str | None = None) -> EagerTensor:
        truth = DTYPES["bool"]
        left, right = (
            each if isinstance(each, Valued) else convert(each, truth) for each in (x, y)
        )
        for k, each in enumerate((left, right)):
            if each._dtype is not truth:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"cannot compute {op} as input #{k}(zero-based) was expected to be a bool "
                    f"tensor but is a {each._dtype._cxx} tensor [Op:{op}] name: ",
                )
        return binary_on(op, forward, None, kinds.TRUTH, convert(left), convert(right))

    run.__doc__ = f"Apply ``{op}`` to the truth values of `x` and `y`."
    return run


logical_and = _logical("LogicalAnd", np.logical_and)
logical_or = _logical("LogicalOr", np.logical_or)
logical_xor = _logical("LogicalXor", np.logical_xor)


def equal_or(x: Valued, y: object, *, unequal: bool) -> EagerTensor:
    """Return ``x == y``, or ``x != y`` if `unequal`; shapes that do not fit are unequal."""
    left, right = kinds.match("NotEqual" if unequal else "Equal", x, y)
    if not _broadcasts(left._array, right._array):
        return EagerTensor(np.asarray(unequal))
    return (not_equal if unequal else equal)(left, right)


def truediv(x: object, y: object, name: str | None = None) -> EagerTensor:
    """Return ``x / y``; whole numbers are made float64, small ones float32."""
    left = convert(x)
    right = convert(y, hint=left._dtype)
    if left._dtype is not right._dtype:
        raise TypeError(
            f"`x` and `y` must have the same dtype, got {left._dtype!r} != {right._dtype!r}."
        )
    return real_div(_widened("__truediv__", left), _widened("__truediv__", right))


def _widened(where: str, x: EagerTensor) -> EagerTensor:
    if x._dtype.is_bool or x._dtype.name == "string":
        raise TypeError(f"Invalid dtype {x._dtype!r} in {where}. Expected a type of numbers.")
    if not x._dtype.is_integer:
        return x
    return cast(x, "float32" if x._dtype.size < 4 else "float64")


def divide(x: object, y: object, name: str | None = None) -> EagerTensor:
    """Return ``x / y`` as Python's operator does."""
    if not isinstance(x, Valued) and isinstance(y, Valued):
        return truediv(like(x, y), y)
    return truediv(x, y)


def divide_no_nan(x: object, y: object, name: str | None = None) -> EagerTensor:
    """Return ``x / y``, and 0 where `y` is 0."""
    if not isinstance(x, Valued) and isinstance(y, Valued):
        x = like(x, y)
    left = convert(x)
    right = convert(y, hint=left._dtype)
    if left._dtype is not right._dtype:
        raise TypeError(
            f"`x` and `y` must have the same dtype, got {left._dtype!r} != {right._dtype!r}."
        )
    where = "tf.math.divide_no_nan"
    return _div_no_nan(_widened(where, left), _widened(where, right))


def multiply_no_nan(x: object, y: object, name: str | None = None) -> EagerTensor:
    """Return ``x * y``, and 0 where `y` is 0 even if `x` is not finite."""
    left = convert(x)
    try:
        right = like(y, left)
    except ValueError as error:
        raise ValueError(f"y: {error}") from None
    return _mul_no_nan(left, right)


def atan2(y: object, x: object, name: str | None = None) -> EagerTensor:
    """Return the angle of the point whose coordinates are `x` and `y`."""
    return atan2_of(y, x)


# --- one input --------------------------------------------------------------------------------------


def sigmoid_array(a: Array) -> Array:
    """Return ``1 / (1 + exp(-a))`` without overflow."""
    if a.dtype.kind == "c":
        return 1 / (1 + np.exp(-a))
    e = np.exp(-np.abs(a))
    return np.where(a >= 0, 1, e).astype(a.dtype) / (1 + e)  # type: ignore


def softplus_array(a: Array) -> Array:
    """Return ``log(1 + exp(a))`` without overflow."""
    return np.maximum(a, 0) + np.log1p(np.exp(-np.abs(a)))


def _elu_array(a: Array) -> object:
    return np.where(a > 0, a, np.expm1(np.minimum(a, 0)))


def _softsign_slope(g: EagerTensor, x: EagerTensor) -> EagerTensor:
    """Return the slope of softsign, which itself has none in TensorFlow."""

    def slope(h: EagerTensor) -> NoReturn:
        raise LookupError("gradient registry has no entry for: SoftsignGrad")

    value = g._array / np.square(1 + np.abs(x._array))
    return result(value, (g, x), slope)


def precise(function: Callable[[Array], object]) -> Forward1:
    """Return a function that calculates float32 in float64, so that the last digit is right.

    NumPy's own float32 functions differ from machine to machine, and from TensorFlow, in it.
    """

    def run(a: Array) -> object:
        if a.dtype != np.float32:
            return function(a)
        return np.asarray(function(a.astype(np.float64))).astype(np.float32)

    return run


_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def _selu_array(a: Array) -> object:
    low = a.dtype.type(_SELU_SCALE * _SELU_ALPHA) * np.expm1(np.minimum(a, 0))
    return np.where(a > 0, a.dtype.type(_SELU_SCALE) * a, low)


def _elu_slope(g: EagerTensor, x: EagerTensor, y: EagerTensor) -> EagerTensor:
    above = EagerTensor(x._array > 0)
    return late.indexing.where(above, g, g * (y + _number(1, x)))


def _selu_slope(g: EagerTensor, x: EagerTensor, y: EagerTensor) -> EagerTensor:
    above = EagerTensor(y._array >= 0)
    scale = _number(_SELU_SCALE, x)
    return late.indexing.where(above, g * scale, g * (y + _number(_SELU_SCALE * _SELU_ALPHA, x)))


def _round(a: Array) -> object:
    return np.rint(a) if a.dtype.kind in "fc" else a


def _sign(a: Array) -> object:
    if a.dtype.kind != "c":
        return np.sign(a)
    size = np.abs(a)
    return np.where(size == 0, 0, a / np.where(size == 0, 1, size)).astype(a.dtype)


exp: Unary = unary("Exp", precise(np.exp), lambda g, x, y: g * y)
expm1: Unary = unary("Expm1", precise(np.expm1), lambda g, x, y: g * exp(x))
log: Unary = unary("Log", precise(np.log), lambda g, x, y: g * reciprocal(x))
log1p: Unary = unary("Log1p", precise(np.log1p), lambda g, x, y: g * reciprocal(_number(1, x) + x))
sigmoid: Unary = unary(
    "Sigmoid", precise(sigmoid_array), lambda g, x, y: g * (y * (_number(1, x) - y))
)
tanh: Unary = unary("Tanh", precise(np.tanh), lambda g, x, y: g * (_number(1, x) - y * y))
sqrt: Unary = unary("Sqrt", np.sqrt, lambda g, x, y: g * _number(0.5, x) / y)
rsqrt: Unary = unary(
    "Rsqrt",
    lambda a: a.dtype.type(1) / np.sqrt(a),
    lambda g, x, y: g * _number(-0.5, x) * y * y * y,
)
sin: Unary = unary("Sin", precise(np.sin), lambda g, x, y: g * cos(x))
cos: Unary = unary("Cos", precise(np.cos), lambda g, x, y: negative(g * sin(x)))
tan: Unary = unary("Tan", precise(np.tan), lambda g, x, y: g * (_number(1, x) + y * y))
asin: Unary = unary(
    "Asin", precise(np.arcsin), lambda g, x, y: g * reciprocal(sqrt(_number(1, x) - x * x))
)
acos: Unary = unary(
    "Acos",
    precise(np.arccos),
    lambda g, x, y: negative(g * reciprocal(sqrt(_number(1, x) - x * x))),
)
atan: Unary = unary(
    "Atan", precise(np.arctan), lambda g, x, y: g * reciprocal(_number(1, x) + x * x)
)
sinh: Unary = unary("Sinh", precise(np.sinh), lambda g, x, y: g * cosh(x))
cosh: Unary = unary("Cosh", precise(np.cosh), lambda g, x, y: g * sinh(x))
asinh: Unary = unary("Asinh", precise(np.arcsinh), lambda g, x, y: g / cosh(y))
acosh: Unary = unary("Acosh", precise(np.arccosh), lambda g, x, y: g / sinh(y))
atanh: Unary = unary(
    "Atanh", precise(np.arctanh), lambda g, x, y: g * reciprocal(_number(1, x) - x * x)
)
reciprocal: Unary = unary(
    "Reciprocal", lambda a: a.dtype.type(1) / a, lambda g, x, y: negative(g * y * y)
)
_PI_ROOT = 1.1283791670955126  # 2 / sqrt(pi)
erf: Unary = unary(
    "Erf",
    special_erf,
    lambda g, x, y: g * _number(_PI_ROOT, x) * exp(negative(x * x)),
    kinds.FLOATING,
)
erfc: Unary = unary(
    "Erfc",
    special_erfc,
    lambda g, x, y: g * _number(-_PI_ROOT, x) * exp(negative(x * x)),
    kinds.FLOATING,
)
erfinv: Unary = unary(
    "Erfinv",
    special_erfinv,
    lambda g, x, y: g * _number(1 / _PI_ROOT, x) * exp(y * y),
    kinds.FLOATING,
)
digamma: Unary = unary("Digamma", special_digamma, None, kinds.FLOATING)
lgamma: Unary = unary("Lgamma", special_lgamma, lambda g, x, y: g * digamma(x), kinds.FLOATING)
floor: Unary = unary("Floor", np.floor, lambda g, x, y: g * _number(0, x), kinds.FLOATING)
ceil: Unary = unary("Ceil", np.ceil, lambda g, x, y: g * _number(0, x), kinds.FLOATING)
rint: Unary = unary("Rint", np.rint, lambda g, x, y: g * _number(0, x), kinds.FLOATING)
is_nan: Unary = unary("IsNan", np.isnan, None, kinds.FLOATING)
is_inf: Unary = unary("IsInf", np.isinf, None, kinds.FLOATING)
is_finite: Unary = unary("IsFinite", np.isfinite, None, kinds.FLOATING)
abs_of: Unary = unary("Abs", np.abs, lambda g, x, y: g * sign(x), kinds.SIGNED)
negative: Unary = unary("Neg", np.negative, lambda g, x, y: negative(g), kinds.SIGNED_COMPLEX)
square: Unary = unary(
    "Square",
    np.square,
    lambda g, x, y: g * (_number(2, x) * x),
    f"{kinds.SIGNED_COMPLEX} uint8 uint16 uint32 uint64",
)
sign: Unary = unary("Sign", _sign, lambda g, x, y: g * _number(0, x), kinds.SIGNED_COMPLEX)
round: Unary = unary("Round", _round, lambda g, x, y: g * _number(0, x), kinds.SIGNED_COMPLEX)
logical_not: Unary = unary("LogicalNot", np.logical_not, None, kinds.TRUTH)
bitwise_invert: Unary = unary("Invert", np.invert, None, kinds.INTEGRAL)
identity_of: Unary = unary("Identity", lambda a: a, lambda g, x, y: g, kinds.ANY)
relu_of: Unary = unary(
    "Relu",
    lambda a: np.maximum(a, 0),
    lambda g, x, y: keep_where(y._array > 0, g),
    kinds.REAL,
)
relu6_of: Unary = unary(
    "Relu6",
    lambda a: np.clip(a, 0, 6),
    lambda g, x, y: keep_where((y._array > 0) & (y._array < 6), g),
    kinds.REAL,
)
elu_of: Unary = unary("Elu", _elu_array, _elu_slope, kinds.FLOATING)
selu_of: Unary = unary("Selu", _selu_array, _selu_slope, kinds.FLOATING)
softplus_of: Unary = unary(
    "Softplus", precise(softplus_array), lambda g, x, y: g * sigmoid(x), kinds.FLOATING
)
softsign_of: Unary = unary(
    "Softsign",
    lambda a: a / (1 + np.abs(a)),
    lambda g, x, y: _softsign_slope(g, x),
    kinds.FLOATING,
)


def abs(x: object, name: str | None = None) -> EagerTensor:
    """Return the size of each element."""
    tensor = convert(x)
    if not tensor._dtype.is_complex:
        return abs_of(tensor)
    real = np.abs(tensor._array)
    return EagerTensor(np.asarray(real))


def identity(input: object, name: str | None = None) -> EagerTensor:
    """Return a tensor of the same value."""
    return identity_of(input)


def stop_gradient(input: object, name: str | None = None) -> EagerTensor:
    """Return a tensor of the same value that no tape follows further back."""
    tensor = convert(input)
    return EagerTensor(tensor._array, bfloat16=tensor._bfloat16)


def cast(x: object, dtype: object, name: str | None = None) -> EagerTensor:
    """Return the elements in another type; fractions are cut off towards 0."""
    wanted = as_dtype(dtype)
    tensor = convert(x)
    if tensor._dtype is wanted:
        return tensor
    if "string" in (tensor._dtype.name, wanted.name):
        said = f"Cast {tensor._dtype._cxx} to {wanted._cxx} is not supported"
        raise UnimplementedError(None, None, f"{kernel('Cast')} {said} [Op:Cast] name: ")
    return _cast(tensor, wanted)


def _cast(tensor: EagerTensor, wanted: DType) -> EagerTensor:
    a, source = tensor._array, tensor._dtype
    with np.errstate(all="ignore"):
        if wanted.name == "bfloat16":
            return kinds.rounded(round_bfloat16(a))
        if tensor._bfloat16:
            kinds.rounded(a)
            return EagerTensor(a.astype(wanted._numpy))
        value = _cast_array(a, wanted)
    inexact = source._numpy.kind in "fc" and wanted._numpy.kind in "fc"
    if not inexact:
        return EagerTensor(value)
    return result(value, (tensor,), lambda g: (cast(g, source),))


def _cast_array(a: Array, wanted: DType) -> Array:
    if a.dtype.kind == "c" and wanted._numpy.kind != "c" and not wanted.is_bool:
        a = a.real
    if a.dtype.kind == "f" and wanted.is_integer and wanted.size < 8 and wanted.name != "int32":
        # a C++ cast of what does not fit goes by way of a wider type
        return a.astype(np.int64).astype(wanted._numpy)
    return a.astype(wanted._numpy)


def clip_by_value(
    t: object, clip_value_min: object, clip_value_max: object, name: str | None = None
) -> EagerTensor:
    """Return the elements, those outside of the limits replaced by the nearest limit."""
    tensor = convert(t)
    low = minimum(tensor, clip_value_max)
    tensor.shape.assert_is_compatible_with(low.shape)
    clipped = maximum(low, clip_value_min)
    tensor.shape.assert_is_compatible_with(clipped.shape)
    return clipped


def add_n(inputs: list[object], name: str | None = None) -> EagerTensor:
    """Return the sum of tensors of one shape."""
    tensors = (
        [convert(each) for each in inputs]
        if isinstance(inputs, (list, tuple))
        else [convert(inputs)]
    )
    if not tensors:
        raise ValueError(
            "Inputs must be an iterable of at least one Tensor/IndexedSlices with the same dtype and shape."
        )
    total = tensors[0]
    for each in tensors[1:]:
        if each._array.shape != total._array.shape:
            shapes_ = f"{brackets(total._array.shape)} != {brackets(each._array.shape)}"
            raise failed(
                "AddN",
                f"Inputs to operation AddN of type AddN must have the same size and shape.  {shapes_}",
            )
        total = add(total, each)
    return total
