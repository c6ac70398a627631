"""The losses of each example, as functions of labels and predictions."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

from .. import _elementwise as ops
from .. import _indexing as indexing
from .. import _normalized as normalized
from .. import _reductions as reductions
from .. import _shapes as shapes
from .._convert import convert
from .._tracing import tracing
from ._naming import EPSILON
from ._tensors import as_float, squeeze_or_expand

if TYPE_CHECKING:
    from .._tensor import EagerTensor


def _pair(y_true: object, y_pred: object) -> tuple[EagerTensor, EagerTensor]:
    """Return labels and predictions in the type of the predictions."""
    predictions = convert(y_pred)
    return as_float(y_true, predictions._dtype.name), predictions


def _matched(y_true: object, y_pred: object) -> tuple[EagerTensor, EagerTensor]:
    return squeeze_or_expand(*_pair(y_true, y_pred))


def _mean(x: EagerTensor, axis: object = -1) -> EagerTensor:
    return reductions.reduce_mean(x, axis)


def logits_of(
    output: EagerTensor, from_logits: bool, kind: str, loss: str
) -> tuple[EagerTensor, bool]:
    """Return the logits that predictions were made of, if that is known, and whether it is so.

    A Keras activation remembers its logits. In what TensorFlow compiles (``fit``,
    ``tf.function``), the operations ``softmax`` and ``sigmoid`` are seen too.
    """
    remembered = vars(output).get("_keras_logits")
    if remembered is None and tracing():
        op, given = vars(output).get("_made_by", (None, None))
        remembered = given if op == kind else None
    if remembered is None:
        return output, from_logits
    if from_logits and not tracing().warned:
        warnings.warn(
            f'"`{loss}` received `from_logits=True`, but the `output` argument was produced by a '
            f"{kind} activation and thus does not represent logits. Was this intended?",
            stacklevel=2,
        )
    return remembered, True


def _must_match(y_true: EagerTensor, y_pred: EagerTensor) -> None:
    said = f"Received: target.shape={y_true.shape}, output.shape={y_pred.shape}"
    if y_true._array.ndim != y_pred._array.ndim:
        raise ValueError(f"Arguments `target` and `output` must have the same rank (ndim). {said}")
    if y_true._array.shape != y_pred._array.shape:
        raise ValueError(f"Arguments `target` and `output` must have the same shape. {said}")


def _clipped(p: EagerTensor) -> EagerTensor:
    return ops.clip_by_value(p, EPSILON, 1.0 - EPSILON)


def _binary(y: EagerTensor, p: EagerTensor, from_logits: bool) -> EagerTensor:
    _must_match(y, p)
    output, is_logits = logits_of(p, from_logits, "Sigmoid", "binary_crossentropy")
    if is_logits:
        return normalized.sigmoid_cross_entropy_with_logits(y, output)
    output = _clipped(output)
    return ops.negative(y * ops.log(output) + (1 - y) * ops.log(1 - output))


def binary_crossentropy(
    y_true: object,
    y_pred: object,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> EagerTensor:
    """Return the mean cross-entropy of labels from 0 to 1, for each example."""
    y, p = _pair(y_true, y_pred)
    if label_smoothing:
        y = y * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return _mean(_binary(y, p, from_logits), axis)


def binary_focal_crossentropy(
    y_true: object,
    y_pred: object,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> EagerTensor:
    """Return a cross-entropy in which examples that are nearly right count less."""
    y, p = _pair(y_true, y_pred)
    if label_smoothing:
        y = y * (1.0 - label_smoothing) + 0.5 * label_smoothing
    p = _sigmoid(p) if from_logits else p
    entropy = _binary(y, p, from_logits=False)
    right = y * p + (1 - y) * (1 - p)
    focal = ops.pow(1.0 - right, gamma) * entropy
    if apply_class_balancing:
        focal = (y * alpha + (1 - y) * (1 - alpha)) * focal
    return _mean(focal, axis)


def _sigmoid(z: EagerTensor) -> EagerTensor:
    found = ops.sigmoid(z)
    found._keras_logits = z  # type: ignore[attr-defined]
    return found


def _smoothed(
    name: str, y_true: object, y_pred: object, smoothing: float, axis: object
) -> tuple[EagerTensor, EagerTensor]:
    if isinstance(axis, bool):
        raise ValueError(
            f"`axis` must be of type `int`. Received: axis={axis} of type {type(axis)}"
        )
    y, p = _pair(y_true, y_pred)
    if p._array.shape[-1:] == (1,):
        warnings.warn(
            f"In loss {name}, expected y_pred.shape to be (batch_size, num_classes) with "
            f"num_classes > 1. Received: y_pred.shape={p.shape}. Consider using "
            "'binary_crossentropy' if you only have 2 classes.",
            SyntaxWarning,
            stacklevel=3,
        )
    if smoothing:
        y = y * (1.0 - smoothing) + smoothing / float(y._array.shape[-1])
    return y, p


def categorical_crossentropy(
    y_true: object,
    y_pred: object,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> EagerTensor:
    """Return the cross-entropy of rows of labels that sum to 1."""
    y, p = _smoothed("categorical_crossentropy", y_true, y_pred, label_smoothing, axis)
    if not y._array.ndim:
        raise ValueError(
            "Arguments `target` and `output` must be at least rank 1. Received: "
            f"target.shape={y.shape}, output.shape={p.shape}"
        )
    _must_match(y, p)
    output, is_logits = logits_of(p, from_logits, "Softmax", "categorical_crossentropy")
    if is_logits:
        return normalized.softmax_cross_entropy_with_logits(y, output, axis=axis)
    output = output / reductions.reduce_sum(output, axis, keepdims=True)
    return ops.negative(reductions.reduce_sum(y * ops.log(_clipped(output)), axis))


def categorical_focal_crossentropy(
    y_true: object,
    y_pred: object,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> EagerTensor:
    """Return a cross-entropy in which examples that are nearly right count less."""
    y, p = _smoothed("categorical_focal_crossentropy", y_true, y_pred, label_smoothing, axis)
    p = normalized.softmax(p, axis=axis) if from_logits else p
    p = _clipped(p / reductions.reduce_sum(p, axis, keepdims=True))
    entropy = ops.negative(y) * ops.log(p)
    weight = ops.pow(1.0 - p, gamma) * alpha
    return reductions.reduce_sum(weight * entropy, axis)


def sparse_categorical_crossentropy(
    y_true: object,
    y_pred: object,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> EagerTensor:
    """Return the cross-entropy of labels that name a class; examples of `ignore_class` cost 0."""
    y, p = convert(y_true), convert(y_pred)
    if y._array.ndim == p._array.ndim and y._array.shape[axis] == 1:
        y = shapes.squeeze(y, axis)
    valid = None
    if ignore_class is not None:
        valid = ops.not_equal(y, ops.cast(ignore_class, y._dtype))
        y = indexing.where(valid, y, 0)
        p = indexing.where(shapes.expand_dims(valid, axis), p, 0)
    found = _sparse(y, p, from_logits, axis)
    if valid is None:
        return found
    found = indexing.where(valid, found, 0.0)
    found._keras_mask = valid  # type: ignore[attr-defined]
    return found


def _sparse(y: EagerTensor, p: EagerTensor, from_logits: bool, axis: int) -> EagerTensor:
    if axis not in (-1, p._array.ndim - 1):
        raise ValueError(f"Only axis=-1 is currently supported. Received: axis={axis}")
    output, is_logits = logits_of(p, from_logits, "Softmax", "sparse_categorical_crossentropy")
    y = ops.cast(y, "int64")
    if y._array.ndim == output._array.ndim and y._array.shape[-1:] == (1,):
        y = shapes.squeeze(y, -1)
    said = f"target.shape={y.shape}, output.shape={output.shape}"
    if not output._array.ndim:
        raise ValueError(
            f"Argument `output` must be at least rank 1. Received: output.shape={output.shape}"
        )
    if y._array.ndim != output._array.ndim - 1:
        raise ValueError(
            f"Argument `output` must have rank (ndim) `target.ndim - 1`. Received: {said}"
        )
    if y._array.shape != output._array.shape[:-1]:
        raise ValueError(
            "Arguments `target` and `output` must have the same shape up until the last "
            f"dimension: {said}"
        )
    if not is_logits:
        output = ops.log(_clipped(output))
    return normalized.sparse_softmax_cross_entropy_with_logits(y, output)


def mean_squared_error(y_true: object, y_pred: object) -> EagerTensor:
    """Return the mean of the squared differences, for each example."""
    y, p = _matched(y_true, y_pred)
    return _mean(ops.square(y - p))


def mean_absolute_error(y_true: object, y_pred: object) -> EagerTensor:
    """Return the mean of the sizes of the differences, for each example."""
    y, p = _matched(y_true, y_pred)
    return _mean(ops.abs(y - p))


def mean_absolute_percentage_error(y_true: object, y_pred: object) -> EagerTensor:
    """Return the mean difference in per cent of the label, for each example."""
    y, p = _matched(y_true, y_pred)
    return 100.0 * _mean(ops.abs((y - p) / ops.maximum(ops.abs(y), EPSILON)))


def mean_squared_logarithmic_error(y_true: object, y_pred: object) -> EagerTensor:
    """Return the mean of the squared differences of the logarithms, for each example."""
    y, p = _matched(y_true, y_pred)
    first, second = (ops.log(ops.maximum(each, EPSILON) + 1.0) for each in (p, y))
    return _mean(ops.square(first - second))


def _unit(x: EagerTensor, axis: int) -> EagerTensor:
    squares = reductions.reduce_sum(ops.square(x), axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, EPSILON**2))


def cosine_similarity(y_true: object, y_pred: object, axis: int = -1) -> EagerTensor:
    """Return minus the cosine of the angle between labels and predictions."""
    y, p = _matched(y_true, y_pred)
    return ops.negative(reductions.reduce_sum(_unit(y, axis) * _unit(p, axis), axis))


def huber(y_true: object, y_pred: object, delta: float = 1.0) -> EagerTensor:
    """Return a squared error that goes on along a line where the difference exceeds `delta`."""
    y, p = _matched(y_true, y_pred)
    error = p - y
    size = ops.abs(error)
    near = 0.5 * ops.square(error)
    far = delta * size - ops.cast(0.5 * delta * delta, size._dtype)
    return _mean(indexing.where(ops.less_equal(size, delta), near, far))


def log_cosh(y_true: object, y_pred: object) -> EagerTensor:
    """Return the mean logarithm of the hyperbolic cosine of the differences."""
    y, p = _matched(y_true, y_pred)
    gap = p - y
    return _mean(gap + ops.softplus_of(gap * -2.0) - float(np.log(2.0)))


def kl_divergence(y_true: object, y_pred: object) -> EagerTensor:
    """Return the divergence of Kullback and Leibler of the predictions from the labels."""
    y, p = (ops.clip_by_value(each, EPSILON, 1.0) for each in _pair(y_true, y_pred))
    return reductions.reduce_sum(y * ops.log(y / p), -1)


def poisson(y_true: object, y_pred: object) -> EagerTensor:
    """Return the mean of ``y_pred - y_true * log(y_pred)``."""
    y, p = _pair(y_true, y_pred)
    return _mean(p - y * ops.log(p + EPSILON))


def _signs(y: EagerTensor) -> EagerTensor:
    """Return labels 0 and 1 as -1 and 1; other labels as they are."""
    binary = np.isin(y._array, (0, 1)).all()
    return 2.0 * y - 1.0 if binary else y


def hinge(y_true: object, y_pred: object) -> EagerTensor:
    """Return the mean of what predictions lack of being 1 on the right side."""
    y, p = _pair(y_true, y_pred)
    return _mean(ops.maximum(1.0 - _signs(y) * p, 0.0))


def squared_hinge(y_true: object, y_pred: object) -> EagerTensor:
    """Return the mean square of what predictions lack of being 1 on the right side."""
    y, p = _pair(y_true, y_pred)
    return _mean(ops.square(ops.maximum(1.0 - _signs(y) * p, 0.0)))


def categorical_hinge(y_true: object, y_pred: object) -> EagerTensor:
    """Return what the right class lacks of being 1 above the best of the others."""
    y, p = _pair(y_true, y_pred)
    own = reductions.reduce_sum(y * p, -1)
    best = reductions.reduce_max((1.0 - y) * p, -1)
    return ops.maximum(best - own + 1.0, 0.0)
