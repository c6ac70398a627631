"""Slopes of a table of which only some rows were read (``tf.IndexedSlices``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _late as late
from ._shape import TensorShape

if TYPE_CHECKING:
    from ._dtypes import DType
    from ._tensor import EagerTensor


class IndexedSlices:
    """Rows of a tensor that is zero elsewhere.

    Parameters
    ----------
    values
        The rows, of shape ``(rows, ...)``. A row that is named twice counts twice.
    indices
        Which rows they are, of shape ``(rows,)``.
    dense_shape
        The shape of the whole tensor.
    """

    __module__ = "tensorflow.python.framework.indexed_slices"

    def __init__(
        self, values: EagerTensor, indices: EagerTensor, dense_shape: EagerTensor | None = None
    ) -> None:
        self.values, self.indices, self.dense_shape = values, indices, dense_shape

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self.values.dtype

    @property
    def shape(self) -> TensorShape:
        """The shape of the whole tensor."""
        if self.dense_shape is None:
            return TensorShape(None)
        return TensorShape(self.dense_shape._array.tolist())

    @property
    def device(self) -> str:
        """Where the rows are."""
        return self.values.device

    def followed_by(self, other: IndexedSlices) -> IndexedSlices:
        """Return the rows of both."""
        return IndexedSlices(
            late.shapes.concat([self.values, other.values], 0),
            late.shapes.concat([self.indices, other.indices], 0),
            self.dense_shape,
        )

    def dense(self) -> EagerTensor:
        """Return the whole tensor."""
        if self.dense_shape is None:
            raise ValueError(
                "Tensor conversion requested for IndexedSlices for argument without shape"
            )
        whole = tuple(self.dense_shape._array.tolist())
        rows = np.asarray(self.indices._array)
        return late.indexing.scatter(self.values, (rows,), whole)

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(-self.values, self.indices, self.dense_shape)

    def __str__(self) -> str:
        shape = "" if self.dense_shape is None else f", dense_shape={self.dense_shape!s}"
        return f"IndexedSlices(indices={self.indices!s}, values={self.values!s}{shape})"
