"""Whether each prediction is right."""

from __future__ import annotations

import numpy as np

from ... import _elementwise as ops
from ... import _indexing as indexing
from ..._absent import refuse
from ..._convert import convert
from ..._tensor import EagerTensor
from .._tensors import as_float, squeeze_or_expand


def _hits(found: object) -> EagerTensor:
    return EagerTensor(np.asarray(found, np.float32))


def accuracy(y_true: object, y_pred: object) -> EagerTensor:
    """Return 1 where predictions equal labels, else 0."""
    p = convert(y_pred)
    y, p = squeeze_or_expand(as_float(y_true, p._dtype.name), p)
    return ops.cast(ops.equal(y, p), "float32")


def binary_accuracy(y_true: object, y_pred: object, threshold: float = 0.5) -> EagerTensor:
    """Return 1 where a prediction is on the side of `threshold` that its label names, else 0."""
    y, p = squeeze_or_expand(convert(y_true), convert(y_pred))
    limit = convert(threshold)
    above = ops.greater(p, ops.cast(limit, p._dtype) if p._dtype.is_floating else limit)
    return ops.cast(ops.equal(y, ops.cast(above, y._dtype)), "float32")


def categorical_accuracy(y_true: object, y_pred: object) -> EagerTensor:
    """Return 1 where labels and predictions have their largest element at the same place."""
    y, p = convert(y_true)._array, convert(y_pred)._array
    return _hits(y.argmax(-1) == p.argmax(-1))


def sparse_categorical_accuracy(y_true: object, y_pred: object) -> EagerTensor:
    """Return 1 where a prediction has its largest element at the place that its label names."""
    p = convert(y_pred)._array
    y = as_float(y_true, convert(y_pred)._dtype.name)._array
    same = y.ndim == p.ndim and y.shape[-1] == 1
    best = p.argmax(-1)
    hits = (y[..., 0] if same else y) == best.astype(y.dtype)
    if same:
        hits = hits.reshape(y.shape)
    if np.ndim(hits) > 1 and hits.shape[-1] == 1:
        hits = hits[..., 0]
    return _hits(hits)


def top_k_categorical_accuracy(y_true: object, y_pred: object, k: int = 5) -> EagerTensor:
    """Return 1 where the right class is among the `k` largest predictions."""
    y = convert(y_true)._array.argmax(-1)
    return _top_k(y, convert(y_pred), k)


def sparse_top_k_categorical_accuracy(
    y_true: object, y_pred: object, k: int = 5, from_sorted_ids: bool = False
) -> EagerTensor:
    """Return 1 where the class that a label names is among the `k` largest predictions."""
    refuse("sparse_top_k_categorical_accuracy", from_sorted_ids=(from_sorted_ids, False))
    return _top_k(convert(y_true)._array.astype(np.int32), convert(y_pred), k)


def _top_k(y: np.ndarray, p: EagerTensor, k: int) -> EagerTensor:
    rows = p._array.reshape(-1, p._array.shape[-1])
    found = indexing.in_top_k(y.ravel().astype(np.int32), rows, k)._array
    return _hits(found.reshape(y.shape))
