"""``tf.math``."""

from __future__ import annotations

import numpy as np

from ._absent import missing, refuse
from ._convert import convert, to_array
from ._dtypes import as_dtype
from ._elementwise import (
    abs,
    acos,
    acosh,
    add,
    add_n,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    ceil,
    cos,
    cosh,
    digamma,
    divide,
    divide_no_nan,
    equal,
    erf,
    erfc,
    erfinv,
    exp,
    expm1,
    floor,
    floordiv,
    floormod,
    greater,
    greater_equal,
    is_finite,
    is_inf,
    is_nan,
    less,
    less_equal,
    lgamma,
    log,
    log1p,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    multiply_no_nan,
    negative,
    not_equal,
    pow,
    reciprocal,
    rint,
    round,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    squared_difference,
    subtract,
    tan,
    tanh,
    truediv,
    xdivy,
    xlog1py,
    xlogy,
)
from ._indexing import in_top_k, scatter, top_k
from ._normalized import (
    l2_normalize,
    log_sigmoid,
    log_softmax,
    softmax,
    softplus,
    softsign,
    zero_fraction,
)
from ._reductions import (
    argmax,
    argmin,
    count_nonzero,
    cumprod,
    cumsum,
    reduce_all,
    reduce_any,
    reduce_euclidean_norm,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_std,
    reduce_sum,
    reduce_variance,
)
from ._tensor import EagerTensor

__getattr__ = missing(__name__)

mod = floormod


def scalar_mul(scalar: object, x: object, name: str | None = None) -> EagerTensor:
    """Return a tensor times one number."""
    tensor = convert(x)
    factor = convert(scalar, tensor._dtype)
    if factor._array.ndim:
        raise ValueError(f"The input scalar must be a 0-D value. Received shape {factor.shape}.")
    return multiply(factor, tensor)


def reciprocal_no_nan(x: object, name: str | None = None) -> EagerTensor:
    """Return ``1 / x``, and 0 where `x` is 0."""
    tensor = convert(x)
    return divide_no_nan(EagerTensor(np.ones((), tensor._array.dtype)), tensor)


def polyval(coeffs: list[object], x: object, name: str | None = None) -> EagerTensor:
    """Return the value of a polynomial whose first coefficient is that of the highest power."""
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type. Received type {type(coeffs)}.")
    tensor = convert(x)
    if not coeffs:
        return EagerTensor(np.zeros_like(tensor._array))
    total = convert(coeffs[0], hint=tensor._dtype)
    for each in coeffs[1:]:
        total = convert(each, hint=tensor._dtype) + total * tensor
    return total


def bincount(
    arr: object,
    weights: object = None,
    minlength: int | None = None,
    maxlength: int | None = None,
    dtype: object = "int32",
    name: str | None = None,
    axis: int | None = None,
    binary_output: bool = False,
) -> EagerTensor:
    """Return how often each whole number from 0 on appears."""
    refuse("tf.math.bincount", axis=(axis, None), binary_output=(binary_output, False))
    values = to_array(arr).ravel()
    size = int(values.max()) + 1 if values.size else 0
    size = max(size, minlength or 0)
    size = size if maxlength is None else min(size, maxlength)
    kept = values < size
    if weights is None:
        found = np.bincount(values[kept].astype(np.int64), minlength=size)
        return EagerTensor(found.astype(as_dtype(dtype)._numpy))
    loads = convert(weights)._array.ravel()
    found = np.zeros(size, loads.dtype)
    np.add.at(found, values[kept], loads[kept])
    return EagerTensor(found)


def confusion_matrix(
    labels: object,
    predictions: object,
    num_classes: int | None = None,
    weights: object = None,
    dtype: object = "int32",
    name: str | None = None,
) -> EagerTensor:
    """Return how often each label (row) met each prediction (column)."""
    truth, said = (to_array(each).ravel().astype(np.int64) for each in (labels, predictions))
    size = num_classes or int(max(truth.max(), said.max())) + 1
    loads = np.ones(truth.size) if weights is None else to_array(weights).ravel()
    table = np.zeros((size, size), as_dtype(dtype)._numpy)
    np.add.at(table, (truth, said), loads.astype(table.dtype))
    return EagerTensor(table)


def unsorted_segment_sum(
    data: object, segment_ids: object, num_segments: object, name: str | None = None
) -> EagerTensor:
    """Return for each segment the sum of its rows."""
    rows, n = to_array(segment_ids), int(to_array(num_segments))
    x = convert(data)
    return scatter(x, (rows,), (n, *x._array.shape[rows.ndim :]))


def segment_sum(data: object, segment_ids: object, name: str | None = None) -> EagerTensor:
    """Return for each segment, named in order, the sum of its rows."""
    rows = to_array(segment_ids)
    return unsorted_segment_sum(data, rows, int(rows.max()) + 1)


def segment_mean(data: object, segment_ids: object, name: str | None = None) -> EagerTensor:
    """Return for each segment, named in order, the mean of its rows."""
    x, rows = convert(data), to_array(segment_ids)
    counts = np.maximum(np.bincount(rows.astype(np.int64)), 1).astype(x._array.dtype)
    shape = (-1, *(1,) * (x._array.ndim - 1))
    return segment_sum(x, rows) / EagerTensor(counts.reshape(shape))
