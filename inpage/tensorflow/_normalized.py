"""Softmax and its relatives, and losses made of logits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _elementwise as ops
from . import _kinds as kinds
from . import _reductions as reductions
from . import _shapes as shapes
from ._convert import convert, to_array
from ._failures import failed
from ._shape import TensorShape, brackets
from ._tape import result
from ._tensor import EagerTensor, Valued
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from ._dtypes import Array


def _logits(op: str, logits: object, axis: object) -> tuple[EagerTensor, int]:
    x = convert(logits)
    kinds.expect(op, x._dtype, "half bfloat16 float double")
    where = -1 if axis is None else int(to_array(axis))
    ndim = x._array.ndim
    if not ndim:
        raise failed(op, "logits must have >= 1 dimension, got 0")
    if not -ndim <= where < ndim:
        raise InvalidArgumentError(
            None,
            None,
            f"`dim` must be in the range [{-ndim}, {ndim}) where {ndim} is the number of dimensions "
            f"in the input. Received: dim={where}",
        )
    return x, where


def _shifted(a: Array, axis: int) -> Array:
    return a - a.max(axis=axis, keepdims=True) if a.size else a


def softmax_array(a: Array, axis: int = -1) -> Array:
    """Return probabilities that are proportional to the exponentials."""
    e = ops.exp_array(_shifted(a, axis))
    return e * (e.dtype.type(1) / e.sum(axis=axis, keepdims=True))  # type: ignore[no-any-return]


def softmax(logits: object, axis: object = None, name: str | None = None) -> EagerTensor:
    """Return probabilities that are proportional to the exponentials of the logits."""
    x, where = _logits("Softmax", logits, axis)
    with np.errstate(all="ignore"):
        value = softmax_array(x._array, where)
    if x._bfloat16:
        return kinds.rounded(value)
    made = result(
        value,
        (x,),
        lambda g: ((g - reductions.reduce_sum(g * made, where, keepdims=True)) * made,),
    )
    made._made_by = "Softmax", x  # type: ignore[attr-defined]
    return made


def log_softmax(logits: object, axis: object = None, name: str | None = None) -> EagerTensor:
    """Return the logarithms of the probabilities of the logits."""
    x, where = _logits("LogSoftmax", logits, axis)
    with np.errstate(all="ignore"):
        low = _shifted(x._array, where)
        value = low - ops.log_array(ops.exp_array(low).sum(axis=where, keepdims=True))
    if x._bfloat16:
        return kinds.rounded(value)
    made = result(
        value,
        (x,),
        lambda g: (g - reductions.reduce_sum(g, where, keepdims=True) * ops.exp(made),),
    )
    return made


def log_sigmoid(x: object, name: str | None = None) -> EagerTensor:
    """Return the logarithm of the sigmoid, without overflow."""
    return ops.negative(ops.softplus_of(ops.negative(x)))


def softplus(features: object, name: str | None = None) -> EagerTensor:
    """Return ``log(1 + exp(features))`` without overflow."""
    return ops.softplus_of(features)


def softsign(features: object, name: str | None = None) -> EagerTensor:
    """Return ``features / (1 + abs(features))``."""
    return ops.softsign_of(features)


def l2_normalize(
    x: object,
    axis: object = None,
    epsilon: float = 1e-12,
    name: str | None = None,
    dim: object = None,
) -> EagerTensor:
    """Return a tensor divided by its length."""
    tensor = convert(x)
    squares = reductions.reduce_sum(
        ops.square(tensor), dim if axis is None else axis, keepdims=True
    )
    return tensor * ops.rsqrt(ops.maximum(squares, epsilon))


def zero_fraction(value: object, name: str | None = None) -> EagerTensor:
    """Return the share of elements that are zero."""
    a = convert(value)._array
    return EagerTensor(np.asarray((a == 0).sum() / a.size, np.float32))


# --- losses -----------------------------------------------------------------------------------------


def softmax_cross_entropy_with_logits(
    labels: object, logits: object, axis: int = -1, name: str | None = None
) -> EagerTensor:
    """Return ``-sum(labels * log(softmax(logits)))`` along an axis."""
    z = convert(logits)
    kinds.expect("SoftmaxCrossEntropyWithLogits", z._dtype, kinds.FLOATING)
    y = convert(labels, z._dtype)
    a, t = z._array, y._array
    try:
        t = np.broadcast_to(t, np.broadcast_shapes(a.shape, t.shape))
        a = np.broadcast_to(a, t.shape)
    except ValueError:
        said = (
            f"logits and labels must be broadcastable: logits_size={brackets(a.shape)} "
            f"labels_size={brackets(t.shape)}"
        )
        raise failed("SoftmaxCrossEntropyWithLogits", said) from None
    if not a.ndim:
        raise failed("SoftmaxCrossEntropyWithLogits", "logits must be beyond 0-dimensional")
    with np.errstate(all="ignore"):
        low = _shifted(a, axis)
        logs = low - ops.log_array(ops.exp_array(low).sum(axis=axis, keepdims=True))
        value = np.where(t == 0, 0, t * -logs).sum(axis=axis, dtype=a.dtype)

    def slopes(g: EagerTensor) -> tuple[EagerTensor, EagerTensor]:
        wide = shapes.expand_dims(g, axis)
        by_labels = wide * ops.negative(log_softmax(z, axis))
        by_logits = wide * (softmax(z, axis) - y)
        return ops.unbroadcast(by_labels, y._array.shape), ops.unbroadcast(
            by_logits, z._array.shape
        )

    return result(np.asarray(value), (y, z), slopes)


def sparse_softmax_cross_entropy_with_logits(
    labels: object, logits: object, name: str | None = None
) -> EagerTensor:
    """Return ``-log(softmax(logits))`` at the class that each label names."""
    z = convert(logits)
    kinds.expect("SparseSoftmaxCrossEntropyWithLogits", z._dtype, kinds.FLOATING)
    given = convert(labels)
    picked, a = given._array, z._array
    if not a.ndim:
        raise ValueError(f"`logits` cannot be a scalar. Received logits={z}")
    if picked.ndim != a.ndim - 1:
        raise ValueError(
            "`labels.shape.rank` must equal `logits.shape.rank - 1`. Received: labels.shape="
            f"{TensorShape(picked.shape)} of rank {picked.ndim} and logits.shape="
            f"{TensorShape(a.shape)} of rank {a.ndim}"
        )
    if picked.shape != a.shape[:-1]:
        raise ValueError(
            "`labels.shape` must equal `logits.shape` except for the last dimension. Received: "
            f"labels.shape={TensorShape(picked.shape)} and logits.shape={TensorShape(a.shape)}"
        )
    kinds.expect("SparseSoftmaxCrossEntropyWithLogits", given._dtype, "int32 int64")
    _check_labels(picked, a.shape[-1])
    hot = (picked[..., None] == np.arange(a.shape[-1])).astype(a.dtype)
    with np.errstate(all="ignore"):
        low = _shifted(a, -1)
        totals = ops.log_array(ops.exp_array(low).sum(axis=-1))
        own = np.take_along_axis(low, picked[..., None].astype(np.int64), -1)[..., 0]
        value = np.asarray(totals - own)
    return result(
        value, (z,), lambda g: (shapes.expand_dims(g, -1) * (softmax(z) - EagerTensor(hot)),)
    )


def _check_labels(picked: Array, classes: int) -> None:
    bad = picked[(picked < 0) | (picked >= classes)]
    if bad.size:
        listed = " ".join(str(label) for label in picked.ravel())
        said = (
            f"Received a label value of {bad.ravel()[0]} which is outside the valid range of "
            f"[0, {classes}).  Label values: {listed}"
        )
        raise failed("SparseSoftmaxCrossEntropyWithLogits", said)


def sigmoid_cross_entropy_with_logits(
    labels: object = None, logits: object = None, name: str | None = None
) -> EagerTensor:
    """Return the cross-entropy of labels from 0 to 1 and the sigmoids of logits, for each element."""
    if labels is None or logits is None:
        raise ValueError("Both labels and logits must be provided.")
    z = convert(logits)
    y = convert(labels)
    if z._array.shape != y._array.shape:
        raise ValueError(
            f"`logits` and `labels` must have the same shape, received ({z.shape} vs {y.shape})."
        )
    kinds.expect("GreaterEqual", z._dtype, kinds.REAL)
    kinds.expect("Log1p", z._dtype, kinds.INEXACT)
    kinds.same("Mul", z, y)
    a, t = z._array, y._array
    with np.errstate(all="ignore"):
        value = np.maximum(a, 0) - a * t + ops.log1p_exp_array(-np.abs(a))
    return result(
        np.asarray(value), (y, z), lambda g: (g * ops.negative(z), g * (ops.sigmoid(z) - y))
    )


def weighted_cross_entropy_with_logits(
    labels: object, logits: object, pos_weight: object, name: str | None = None
) -> EagerTensor:
    """Return the cross-entropy in which label 1 counts `pos_weight` times."""
    z = convert(logits)
    y = convert(labels, hint=z._dtype)
    if z._array.shape != y._array.shape:
        raise ValueError(
            f"`logits` and `labels` must have the same shape, received ({z.shape} vs {y.shape})."
        )
    weight = 1 + (convert(pos_weight, hint=z._dtype) - 1) * y
    small = ops.log1p(ops.exp(ops.negative(ops.abs(z))))
    return (1 - y) * z + weight * (small + ops.relu_of(ops.negative(z)))
