"""What losses and metrics do to what they are given before they calculate."""

from __future__ import annotations

import numpy as np

from .. import _elementwise as ops
from .. import _shapes as shapes
from .._convert import convert, to_array
from .._dtypes import as_dtype
from .._tensor import EagerTensor, Valued


def as_float(value: object, dtype: str = "float32") -> EagerTensor:
    """Return a value as a tensor of a type; a tensor of that type is returned itself."""
    if isinstance(value, Valued):
        tensor = convert(value)
        return tensor if tensor._dtype.name == dtype else ops.cast(tensor, dtype)
    if isinstance(value, (list, tuple)):
        return convert(value, as_dtype(dtype)) if not _has_arrays(value) else _stacked(value, dtype)
    array = to_array(value)
    return EagerTensor(array.astype(as_dtype(dtype)._numpy))


def _has_arrays(values: list[object] | tuple[object, ...]) -> bool:
    return any(isinstance(each, np.ndarray) for each in values)


def _stacked(values: list[object] | tuple[object, ...], dtype: str) -> EagerTensor:
    return shapes.stack([as_float(each, dtype) for each in values])


def squeeze_or_expand(
    x1: EagerTensor, x2: EagerTensor, expand_rank_1: bool = True
) -> tuple[EagerTensor, EagerTensor]:
    """Return two tensors with equally many axes where one has a last axis of size 1 too many."""
    first, second = x1._array.ndim, x2._array.ndim
    if first == second + 1 and x1._array.shape[-1] == 1:
        if second == 1 and expand_rank_1:
            return x1, shapes.expand_dims(x2, -1)
        return shapes.squeeze(x1, -1), x2
    if second == first + 1 and x2._array.shape[-1] == 1:
        if first == 1 and expand_rank_1:
            return shapes.expand_dims(x1, -1), x2
        return x1, shapes.squeeze(x2, -1)
    return x1, x2


def check_structures(y_true: object, y_pred: object) -> None:
    """Raise ValueError if lists of labels and of predictions are nested differently."""
    nested = [isinstance(each, (list, tuple)) for each in (y_true, y_pred)]
    if nested[0] != nested[1]:
        raise ValueError("Structures don't have the same nested structure.")
    if nested[0]:
        if len(y_true) != len(y_pred):  # type: ignore[arg-type]
            raise ValueError(
                f"list arity mismatch; expected: {len(y_true)}, got: {len(y_pred)}; "  # type: ignore[arg-type]
                f"list: {y_pred}."
            )
        for one, other in zip(y_true, y_pred, strict=True):  # type: ignore[call-overload]
            check_structures(one, other)
