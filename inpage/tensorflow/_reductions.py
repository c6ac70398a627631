"""Operations that take axes away: sums, means, extremes, and running sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _elementwise as ops
from . import _kinds as kinds
from . import _shapes as shapes
from ._convert import convert, to_array
from ._dtypes import DTYPES, Array, as_dtype
from ._failures import failed
from ._tape import result
from ._tensor import EagerTensor, Valued
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

Axes = tuple[int, ...]


def axes_of(op: str, axis: object, ndim: int) -> Axes | None:
    """Return the axes of a reduction as numbers from 0; None stands for all.

    Raises
    ------
    InvalidArgumentError
        If there is no such axis, or one is named twice.
    """
    if axis is None:
        return None
    array = to_array(axis)
    if not array.size:
        return ()
    given = [int(one) for one in np.atleast_1d(array)]
    if array.dtype.kind not in "iu":
        raise TypeError(f"Cannot convert {axis!r} to EagerTensor of dtype int32")
    for one in given:
        if not -ndim <= one < ndim:
            said = f"Invalid reduction dimension ({one} for input with {ndim} dimension(s)"
            raise failed(op, said)
    found = tuple(one % ndim for one in given)
    if len(set(found)) < len(found):
        twice = next(one for one in found if found.count(one) > 1)
        said = f"Invalid reduction arguments: Axes contains duplicate dimension: {twice}"
        raise failed(op, said)
    return found


def _widen(tensor: EagerTensor, axes: Axes | None, ndim: int) -> EagerTensor:
    """Give a reduced tensor axes of size 1 where it had more."""
    sizes = list(tensor._array.shape)
    if len(sizes) == ndim:
        return tensor
    for axis in range(ndim) if axes is None else sorted(axes):
        sizes.insert(axis, 1)
    return shapes.reshape(tensor, sizes)


def count(a: Array, axes: Axes | None) -> int:
    """Return how many elements of `a` become one."""
    return a.size if axes is None else int(np.prod([a.shape[i] for i in axes], dtype=int))


def reduction(
    op: str,
    allowed: str,
    forward: Callable[[Array, Axes | None], object],
    slope: Callable[[EagerTensor, EagerTensor, EagerTensor, Axes | None], EagerTensor] | None,
) -> Callable[..., EagerTensor]:
    """Return the function of a reduction.

    Parameters
    ----------
    op
        TensorFlow's name of the operation.
    allowed
        The types that it takes.
    forward
        Its value from an array and the axes, which stay with size 1.
    slope
        The slope by the input, from that by the result, the input and the result (both with all
        axes) and the axes; None where there is none.
    """

    def run(
        input_tensor: object, axis: object = None, keepdims: bool = False, name: str | None = None
    ) -> EagerTensor:
        tensor = convert(input_tensor)
        kinds.expect(op, tensor._dtype, allowed)
        a = tensor._array
        axes = axes_of(op, axis, a.ndim)
        with np.errstate(all="ignore"):
            value = np.asarray(forward(a, axes))
        if not keepdims:
            kept = range(0) if axes is None else (i for i in range(a.ndim) if i not in axes)
            value = value.reshape([a.shape[i] for i in kept])
        if slope is None or a.dtype.kind not in "fc":
            return EagerTensor(value)
        made = result(
            value,
            (tensor,),
            lambda g: (slope(_widen(g, axes, a.ndim), tensor, _widen(made, axes, a.ndim), axes),),
        )
        return made

    run.__doc__ = (
        f"Apply ``{op}`` to all axes, or to those named; `keepdims` leaves them at size 1."
    )
    return run


def _sum(a: Array, axes: Axes | None) -> object:
    return np.sum(a, axis=axes, keepdims=True, dtype=a.dtype)


def _mean(a: Array, axes: Axes | None) -> object:
    n = count(a, axes)
    if a.dtype.kind in "iu":
        total = np.sum(a, axis=axes, keepdims=True, dtype=a.dtype)
        return (np.sign(total) * (np.abs(total) // max(n, 1))).astype(a.dtype)
    if a.dtype == np.float16:
        return np.mean(a, axis=axes, keepdims=True, dtype=np.float32).astype(a.dtype)
    return np.sum(a, axis=axes, keepdims=True, dtype=a.dtype) / a.dtype.type(n)


def _extreme(function: Callable[..., object], low: bool) -> Callable[[Array, Axes | None], object]:
    def run(a: Array, axes: Axes | None) -> object:
        if a.size:
            return function(a, axis=axes, keepdims=True)
        worst: object = np.array(-np.inf if low else np.inf)
        if a.dtype.kind in "iu":
            info = np.iinfo(a.dtype)
            worst = info.min if low else info.max
        return function(a, axis=axes, keepdims=True, initial=a.dtype.type(worst))

    return run


def _spread(g: EagerTensor, x: EagerTensor, y: EagerTensor, axes: Axes | None) -> EagerTensor:
    return shapes.broadcast_to(g, x._array.shape)


def _mean_slope(g: EagerTensor, x: EagerTensor, y: EagerTensor, axes: Axes | None) -> EagerTensor:
    n = np.asarray(count(x._array, axes), x._array.dtype)
    return shapes.broadcast_to(g / EagerTensor(n), x._array.shape)


def _extreme_slope(
    g: EagerTensor, x: EagerTensor, y: EagerTensor, axes: Axes | None
) -> EagerTensor:
    hits = (x._array == y._array).astype(x._array.dtype)
    share = hits / hits.sum(axis=axes, keepdims=True)
    return EagerTensor(share.astype(x._array.dtype)) * g


def _product_slope(
    g: EagerTensor, x: EagerTensor, y: EagerTensor, axes: Axes | None
) -> EagerTensor:
    """Return the product of all the others, also where some are zero."""
    ndim = x._array.ndim
    gone = list(range(ndim)) if axes is None else [*axes]
    kept = [i for i in range(ndim) if i not in gone]
    order = [*kept, *gone]
    moved = shapes.transpose(x, order)
    flat = shapes.reshape(moved, [*(x._array.shape[i] for i in kept), -1])
    before = cumprod(flat, -1, exclusive=True)
    after = cumprod(flat, -1, exclusive=True, reverse=True)
    others = shapes.reshape(before * after, moved._array.shape)
    return g * shapes.transpose(others, np.argsort(order).tolist())


reduce_sum = reduction("Sum", kinds.SUMMABLE, _sum, _spread)
reduce_mean = reduction("Mean", kinds.SUMMABLE, _mean, _mean_slope)
reduce_max = reduction("Max", kinds.REAL, _extreme(np.max, low=True), _extreme_slope)
reduce_min = reduction("Min", kinds.REAL, _extreme(np.min, low=False), _extreme_slope)
reduce_prod = reduction(
    "Prod",
    kinds.SUMMABLE,
    lambda a, axes: np.prod(a, axis=axes, keepdims=True, dtype=a.dtype),
    _product_slope,
)
_any = reduction("Any", kinds.TRUTH, lambda a, axes: np.any(a, axis=axes, keepdims=True), None)
_all = reduction("All", kinds.TRUTH, lambda a, axes: np.all(a, axis=axes, keepdims=True), None)


def reduce_any(
    input_tensor: object, axis: object = None, keepdims: bool = False, name: str | None = None
) -> EagerTensor:
    """Return whether any element holds, along the axes."""
    return _any(_truths("Any", input_tensor, axis), axis, keepdims)


def reduce_all(
    input_tensor: object, axis: object = None, keepdims: bool = False, name: str | None = None
) -> EagerTensor:
    """Return whether all elements hold, along the axes."""
    return _all(_truths("All", input_tensor, axis), axis, keepdims)


def _truths(op: str, given: object, axis: object) -> EagerTensor:
    if isinstance(given, Valued) and not isinstance(axis, (list, tuple)):
        tensor = convert(given)
        if not tensor._dtype.is_bool:
            raise InvalidArgumentError(
                None,
                None,
                f"cannot compute {op} as input #0(zero-based) was expected to be a bool tensor "
                f"but is a {tensor._dtype._cxx} tensor [Op:{op}] name: ",
            )
        return tensor
    return convert(given, DTYPES["bool"])


def reduce_logsumexp(
    input_tensor: object, axis: object = None, keepdims: bool = False, name: str | None = None
) -> EagerTensor:
    """Return the logarithm of the sum of the exponentials, without overflow."""
    tensor = convert(input_tensor)
    kinds.expect("IsFinite", tensor._dtype, kinds.FLOATING)
    a = tensor._array
    axes = axes_of("Max", axis, a.ndim)
    top = np.asarray(_extreme(np.max, low=True)(a, axes))
    top = np.where(np.isfinite(top), top, 0).astype(a.dtype)
    found = ops.log(reduce_sum(ops.exp(tensor - EagerTensor(top)), axis, keepdims=True))
    found = found + EagerTensor(top)
    if keepdims:
        return found
    sizes = [] if axes is None else [n for i, n in enumerate(a.shape) if i not in axes]
    return shapes.reshape(found, sizes)


def reduce_variance(
    input_tensor: object, axis: object = None, keepdims: bool = False, name: str | None = None
) -> EagerTensor:
    """Return the mean of the squared distances from the mean."""
    tensor = convert(input_tensor)
    mean = reduce_mean(tensor, axis, keepdims=True)
    if tensor._dtype.is_integer:
        raise TypeError(
            f"Input must be either real or complex. Received integer type {tensor._dtype}."
        )
    return reduce_mean(ops.square(tensor - mean), axis, keepdims)


def reduce_std(
    input_tensor: object, axis: object = None, keepdims: bool = False, name: str | None = None
) -> EagerTensor:
    """Return the root of the variance."""
    return ops.sqrt(reduce_variance(input_tensor, axis, keepdims))


def reduce_euclidean_norm(
    input_tensor: object, axis: object = None, keepdims: bool = False, name: str | None = None
) -> EagerTensor:
    """Return the root of the sum of the squares."""
    tensor = convert(input_tensor)
    kinds.expect("EuclideanNorm", tensor._dtype, kinds.SUMMABLE)
    return _euclidean(tensor, axis, keepdims)


_euclidean = reduction(
    "EuclideanNorm",
    kinds.SUMMABLE,
    lambda a, axes: np.sqrt(np.sum(a * a, axis=axes, keepdims=True)).astype(a.dtype),
    lambda g, x, y, axes: ops.xdivy(x, y) * g,
)


def count_nonzero(
    input: object,
    axis: object = None,
    keepdims: bool | None = None,
    dtype: object = "int64",
    name: str | None = None,
) -> EagerTensor:
    """Return how many elements are not zero, along the axes."""
    hits = ops.not_equal(input, ops.cast(0, convert(input)._dtype))
    return ops.cast(reduce_sum(ops.cast(hits, "int64"), axis, bool(keepdims)), dtype)


def _arg(op: str, function: Callable[..., object]) -> Callable[..., EagerTensor]:
    def run(
        input: object, axis: object = None, output_type: object = "int64", name: str | None = None
    ) -> EagerTensor:
        a = convert(input)._array
        where = 0 if axis is None else int(to_array(axis))
        if not -a.ndim <= where < a.ndim:
            low, high = (0, 0) if not a.ndim else (-a.ndim, a.ndim)
            raise failed(op, f"Expected dimension in the range [{low}, {high}), but got {where}")
        if not a.shape[where]:
            raise failed(op, f"Reduction axis {where} is empty in shape {list(a.shape)}")
        found = np.asarray(function(a, axis=where))
        return EagerTensor(found.astype(as_dtype(output_type)._numpy))

    run.__doc__ = f"Apply ``{op}`` along an axis, the first by default."
    return run


argmax = _arg("ArgMax", np.argmax)
argmin = _arg("ArgMin", np.argmin)


# --- along an axis, which stays ---------------------------------------------------------------------


def _axis_of(op: str, axis: object, ndim: int) -> int:
    where = int(to_array(axis))
    if not -ndim <= where < ndim:
        said = f"{op}: Expected scan axis in the range [{-ndim}, {ndim}), but got {where}"
        raise failed(op, said)
    return where


def _scan(
    a: Array,
    where: int,
    exclusive: bool,
    reverse: bool,
    function: Callable[..., object],
    first: int,
) -> Array:
    a = np.flip(a, where) if reverse else a
    if exclusive:
        lead = np.full_like(np.take(a, [0], where), first) if a.shape[where] else a
        a = np.concatenate([lead, np.delete(a, -1, where)], where) if a.shape[where] else a
    with np.errstate(all="ignore"):
        value = np.asarray(function(a, axis=where, dtype=a.dtype))
    return np.flip(value, where) if reverse else value


def cumsum(
    x: object,
    axis: object = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> EagerTensor:
    """Return running sums along an axis."""
    tensor = convert(x)
    kinds.expect("Cumsum", tensor._dtype, kinds.NUMERIC)
    where = _axis_of("Cumsum", axis, tensor._array.ndim)
    value = _scan(tensor._array, where, exclusive, reverse, np.cumsum, 0)
    return result(value, (tensor,), lambda g: (cumsum(g, where, exclusive, not reverse),))


def cumprod(
    x: object,
    axis: object = 0,
    exclusive: bool = False,
    reverse: bool = False,
    name: str | None = None,
) -> EagerTensor:
    """Return running products along an axis."""
    tensor = convert(x)
    kinds.expect("Cumprod", tensor._dtype, kinds.NUMERIC)
    where = _axis_of("Cumprod", axis, tensor._array.ndim)
    value = _scan(tensor._array, where, exclusive, reverse, np.cumprod, 1)
    made = result(
        value,
        (tensor,),
        lambda g: (ops.divide_no_nan(cumsum(made * g, where, exclusive, not reverse), tensor),),
    )
    return made
