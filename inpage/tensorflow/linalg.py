"""``tf.linalg``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _elementwise as _ops
from . import _reductions as _reductions
from ._absent import NotInThisPage, missing, refuse
from ._convert import convert
from ._creation import eye
from ._failures import failed
from ._indexing import _take
from ._indexing import scatter as _scatter
from ._linear import _turned, einsum, global_norm, matmul, matvec, norm, tensordot
from ._tape import recording, result
from ._tensor import EagerTensor
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from ._dtypes import Array

__getattr__ = missing(__name__)


def matrix_transpose(
    a: object, name: str = "matrix_transpose", conjugate: bool = False
) -> EagerTensor:
    """Return matrices with rows and columns exchanged."""
    return _turned(convert(a), conjugate)


def adjoint(matrix: object, name: str | None = None) -> EagerTensor:
    """Return the conjugates of matrices with rows and columns exchanged."""
    return _turned(convert(matrix), conjugate=True)


def diag_part(
    input: object,
    name: str = "diag_part",
    k: int = 0,
    padding_value: object = 0,
    align: str = "RIGHT_LEFT",
) -> EagerTensor:
    """Return the diagonals of matrices."""
    refuse("tf.linalg.diag_part", k=(k, 0))
    x = convert(input)
    n = np.arange(min(x._array.shape[-2:]))
    return _take(x, (Ellipsis, n, n))


def diag(
    diagonal: object,
    name: str = "diag",
    k: int = 0,
    num_rows: int = -1,
    num_cols: int = -1,
    padding_value: object = 0,
    align: str = "RIGHT_LEFT",
) -> EagerTensor:
    """Return matrices that are zero outside of the diagonal."""
    refuse(
        "tf.linalg.diag",
        k=(k, 0),
        num_rows=(num_rows, -1),
        num_cols=(num_cols, -1),
        padding_value=(padding_value, 0),
    )
    x = convert(diagonal)
    n = np.arange(x._array.shape[-1])
    return _scatter(x, (Ellipsis, n, n), (*x._array.shape, n.size))


def trace(x: object, name: str | None = None) -> EagerTensor:
    """Return the sums of the diagonals of matrices."""
    return _reductions.reduce_sum(diag_part(x), -1)


def inv(input: object, adjoint: bool = False, name: str | None = None) -> EagerTensor:
    """Return the inverses of matrices."""
    refuse("tf.linalg.inv", adjoint=(adjoint, False))
    x = convert(input)
    made = result(
        _solved("MatrixInverse", x, None),
        (x,),
        lambda g: (_ops.negative(matmul(matmul(_turned(made), g), _turned(made))),),
    )
    return made


def _solved(op: str, x: EagerTensor, y: EagerTensor | None) -> np.ndarray:
    a = x._array
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise failed(op, f"Input matrix must be square: {list(a.shape)}")
    try:
        return np.linalg.inv(a) if y is None else np.linalg.solve(a, y._array)
    except np.linalg.LinAlgError:
        raise InvalidArgumentError(
            None, None, f"Input matrix is not invertible. [Op:{op}] name: "
        ) from None


def solve(
    matrix: object, rhs: object, adjoint: bool = False, name: str | None = None
) -> EagerTensor:
    """Return what the matrices map to the right-hand sides."""
    refuse("tf.linalg.solve", adjoint=(adjoint, False))
    x = convert(matrix)
    y = convert(rhs, hint=x._dtype)

    def slopes(g: EagerTensor) -> tuple[EagerTensor, EagerTensor]:
        by_rhs = solve(_turned(x), g)
        return _ops.negative(matmul(by_rhs, _turned(made))), by_rhs

    made = result(_solved("MatrixSolve", x, y), (x, y), slopes)
    return made


def det(input: object, name: str | None = None) -> EagerTensor:
    """Return the determinants of matrices."""
    x = convert(input)

    def slope(g: EagerTensor) -> tuple[EagerTensor]:
        wide = (g * made)[..., None, None]
        return (wide * _turned(inv(x)),)

    made = result(np.asarray(np.linalg.det(x._array)), (x,), slope)
    return made


def eigh(tensor: object, name: str | None = None) -> tuple[EagerTensor, EagerTensor]:
    """Return eigenvalues and eigenvectors of symmetric matrices; tapes do not follow them."""
    values, vectors = np.linalg.eigh(_unfollowed("tf.linalg.eigh", tensor))
    return EagerTensor(values), EagerTensor(vectors)


def cholesky(input: object, name: str | None = None) -> EagerTensor:
    """Return the lower triangular roots of matrices; tapes do not follow them."""
    array = _unfollowed("tf.linalg.cholesky", input)
    try:
        return EagerTensor(np.linalg.cholesky(array))
    except np.linalg.LinAlgError:
        if array.ndim > 2:
            raise NotInThisPage("tf.linalg.cholesky of matrices without a root") from None
        return EagerTensor(np.full_like(array, np.nan))  # in TensorFlow without a word too


def _unfollowed(name: str, value: object) -> Array:
    if recording():
        raise NotInThisPage(f"The slope of {name}")
    return convert(value)._array


def band_part(
    input: object, num_lower: int, num_upper: int, name: str | None = None
) -> EagerTensor:
    """Return matrices that are zero far from the diagonal; -1 keeps a whole side."""
    x = convert(input)
    rows, columns = np.indices(x._array.shape[-2:])
    low = (num_lower < 0) | (rows - columns <= num_lower)
    high = (num_upper < 0) | (columns - rows <= num_upper)
    return _ops.keep_where(np.broadcast_to(low & high, x._array.shape), x)
