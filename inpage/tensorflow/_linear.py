"""Products of matrices and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _elementwise as ops
from . import _kinds as kinds
from . import _late as late
from . import _reductions as reductions
from . import _shapes as shapes
from ._absent import NotInThisPage, refuse
from ._convert import convert, to_array
from ._failures import failed
from ._shape import brackets
from ._tape import result
from ._tensor import EagerTensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._dtypes import Array

_MATRIX = 2  # axes of a matrix


def matmul(
    a: object,
    b: object,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    output_type: object = None,
    grad_a: bool = False,
    grad_b: bool = False,
    name: str | None = None,
) -> EagerTensor:
    """Return the product of two matrices, or of two stacks of them."""
    refuse(
        "tf.matmul", output_type=(output_type, None), grad_a=(grad_a, False), grad_b=(grad_b, False)
    )
    if transpose_a and adjoint_a:
        raise ValueError(
            f"Only one of `transpose_a` and `adjoint_a` can be True. Received `transpose_a`={transpose_a}, `adjoint_a`={adjoint_a}."
        )
    if transpose_b and adjoint_b:
        raise ValueError(
            f"Only one of `transpose_b` and `adjoint_b` can be True. Received `transpose_b`={transpose_b}, `adjoint_b`={adjoint_b}."
        )
    x, y = kinds.match_hint("MatMul", a, b)
    kinds.expect(
        "MatMul",
        x._dtype,
        "bfloat16 half float double int32 int64 uint8 uint16 uint32 uint64 complex64 complex128",
    )
    _check(x._array, y._array, transpose_a or adjoint_a, transpose_b or adjoint_b)
    x = _turned(x, adjoint_a) if transpose_a or adjoint_a else x
    y = _turned(y, adjoint_b) if transpose_b or adjoint_b else y
    return _product(x, y)


def _turned(x: EagerTensor, conjugate: bool = False) -> EagerTensor:
    order = [*range(x._array.ndim - 2), x._array.ndim - 1, x._array.ndim - 2]
    return shapes.transpose(x, order, conjugate)


def _check(p: Array, q: Array, turn_p: bool, turn_q: bool) -> None:
    """Raise what TensorFlow raises for two arrays that cannot be multiplied."""
    for k, array in enumerate((p, q)):
        if array.ndim < _MATRIX:
            raise failed("MatMul", f"In[{k}] ndims must be >= 2")
    batch = max(p.ndim, q.ndim) > _MATRIX
    inner, outer = p.shape[-2 if turn_p else -1], q.shape[-1 if turn_q else -2]
    said = f"In[0]: {brackets(p.shape)}, In[1]: {brackets(q.shape)}"
    if inner != outer and not batch:
        raise failed("MatMul", f"Matrix size-incompatible: {said}")
    try:
        np.broadcast_shapes(p.shape[:-2], q.shape[:-2])
    except ValueError:
        both = f"{brackets(p.shape)} vs. {brackets(q.shape)}"
        raise failed(
            "BatchMatMulV2", f"In[0] and In[1] must have compatible batch dimensions: {both}"
        ) from None
    if inner != outer:
        raise failed("BatchMatMulV2", f"Matrix size-incompatible: {said}")


def _product(x: EagerTensor, y: EagerTensor) -> EagerTensor:
    p, q = x._array, y._array
    with np.errstate(all="ignore"):
        value = np.asarray(np.matmul(p, q))
    return result(
        value,
        (x, y),
        lambda g: (
            ops.unbroadcast(_product(g, _turned(y)), p.shape),
            ops.unbroadcast(_product(_turned(x), g), q.shape),
        ),
    )


def matvec(
    a: object,
    b: object,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> EagerTensor:
    """Return the product of a matrix and a vector."""
    column = shapes.expand_dims(convert(b, hint=convert(a)._dtype), -1)
    return shapes.squeeze(matmul(a, column, transpose_a, adjoint_a=adjoint_a), -1)


def tensordot(a: object, b: object, axes: object, name: str | None = None) -> EagerTensor:
    """Return the sums of products over axes of `a` and axes of `b`."""
    x, y = kinds.match_hint("MatMul", a, b)
    ours, theirs = _summed(x, y, axes)
    free_x = [i for i in range(x._array.ndim) if i not in ours]
    free_y = [i for i in range(y._array.ndim) if i not in theirs]
    shape = [*(x._array.shape[i] for i in free_x), *(y._array.shape[i] for i in free_y)]
    inner = int(np.prod([x._array.shape[i] for i in ours], dtype=int))
    left = shapes.reshape(shapes.transpose(x, [*free_x, *ours]), [-1, inner] if inner else [0, 0])
    right = shapes.reshape(
        shapes.transpose(y, [*theirs, *free_y]), [inner, -1] if inner else [0, 0]
    )
    return shapes.reshape(matmul(left, right), shape)


def _summed(x: EagerTensor, y: EagerTensor, axes: object) -> tuple[list[int], list[int]]:
    array = to_array(axes)
    p, q = x._array, y._array
    if not array.ndim:
        n = int(array)
        if n < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {n}.")
        if n > p.ndim:
            raise ValueError(
                f"`axes` must not be larger than the number of dimensions of tensor {x}.  Received {n}, vs tensor dimensions {p.ndim}."
            )
        ours, theirs = list(range(p.ndim - n, p.ndim)), list(range(n))
    else:
        if len(array) != 2:
            raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
        ours, theirs = ([int(i) for i in np.atleast_1d(part)] for part in array)
    ours, theirs = [i % p.ndim for i in ours], [i % q.ndim for i in theirs]
    if [p.shape[i] for i in ours] != [q.shape[i] for i in theirs]:
        raise failed(
            "MatMul",
            f"Matrix size-incompatible: In[0]: {brackets(p.shape)}, In[1]: {brackets(q.shape)}",
        )
    return ours, theirs


def einsum(equation: str, *inputs: object, **kwargs: object) -> EagerTensor:
    """Return the sums of products that an equation such as ``ij,jk->ik`` describes."""
    for name in kwargs.keys() - {"name", "optimize"}:
        raise TypeError(
            f"Invalid keyword arguments for einsum: {name}. Valid arguments are `optimize` and `name`."
        )
    first = convert(inputs[0])
    tensors = [first, *(convert(each, hint=first._dtype) for each in inputs[1:])]
    for each in tensors[1:]:
        kinds.same("Einsum", first, each)
    given, _, out = equation.replace(" ", "").partition("->")
    parts = given.split(",")
    if len(parts) != len(tensors):
        raise ValueError(
            f'Got {len(tensors)} arguments for equation "{equation}", expecting {len(parts)}.'
        )
    if "->" not in equation:
        letters = given.replace(",", "").replace(".", "")
        out = ("..." if "." in given else "") + "".join(
            sorted(c for c in letters if letters.count(c) == 1)
        )
    return _einsum(parts, out, tensors)


def _einsum(parts: list[str], out: str, tensors: Sequence[EagerTensor]) -> EagerTensor:
    equation = f"{','.join(parts)}->{out}"
    try:
        value = np.asarray(np.einsum(equation, *(t._array for t in tensors)))
    except ValueError as error:
        raise failed("Einsum", str(error)) from None

    def slopes(g: EagerTensor) -> list[EagerTensor]:
        return [_einsum_slope(parts, out, tensors, k, g) for k in range(len(parts))]

    return result(value, tensors, slopes)


def _einsum_slope(
    parts: list[str], out: str, tensors: Sequence[EagerTensor], k: int, g: EagerTensor
) -> EagerTensor:
    """Return the slope by the `k`-th tensor: the equation with it and the result exchanged."""
    own = parts[k]
    if "." in "".join(parts) or any(len(set(part)) < len(part) for part in parts):
        raise NotInThisPage("The slope of this tf.einsum equation")
    others = [i for i in range(len(parts)) if i != k]
    known = set(out).union(*(parts[i] for i in others))
    alone = [c for c in own if c not in known]
    sizes = [tensors[k]._array.shape[own.index(c)] for c in alone]
    ones = EagerTensor(np.ones(sizes, g._array.dtype))
    given = [out, *(parts[i] for i in others), *(["".join(alone)] if alone else [])]
    values = [g, *(tensors[i] for i in others), *([ones] if alone else [])]
    return _einsum(given, own, values)


def norm(
    tensor: object,
    ord: object = "euclidean",
    axis: object = None,
    keepdims: bool | None = None,
    name: str | None = None,
) -> EagerTensor:
    """Return the length of a tensor, or of its parts along axes."""
    x = convert(tensor)
    keep = bool(keepdims)
    if ord in ("euclidean", "fro") or (ord == 2 and not isinstance(axis, (list, tuple))):
        return ops.sqrt(reductions.reduce_sum(x * x, axis, keep))
    if isinstance(axis, (list, tuple)):
        raise NotInThisPage(f"tf.norm of matrices with ord={ord!r}")
    size = ops.abs(x)
    if ord == np.inf:
        return reductions.reduce_max(size, axis, keep)
    if ord == 1:
        return reductions.reduce_sum(size, axis, keep)
    if isinstance(ord, str) or not ord > 0:  # type: ignore[operator]
        raise ValueError(f"'ord' must be a supported vector norm, got {ord}.")
    power = ops.pow(size, convert(ord, x._dtype))
    return ops.pow(reductions.reduce_sum(power, axis, keep), 1.0 / float(ord))  # type: ignore[arg-type]


def global_norm(t_list: Sequence[object], name: str | None = None) -> EagerTensor:
    """Return the length of several tensors as one."""
    return ops.sqrt(
        ops.add_n([reductions.reduce_sum(ops.square(t)) for t in t_list if t is not None])
    )


def clip_by_norm(
    t: object, clip_norm: object, axes: object = None, name: str | None = None
) -> EagerTensor:
    """Return a tensor, shortened if it is longer than `clip_norm`."""
    x = convert(t)
    squares = reductions.reduce_sum(x * x, axes, keepdims=True)
    above = squares._array > 0
    safe = late.indexing.where(
        EagerTensor(above), squares, EagerTensor(np.ones_like(squares._array))
    )
    length = late.indexing.where(EagerTensor(above), ops.sqrt(safe), squares)
    return x * clip_norm / ops.maximum(length, clip_norm)


def clip_by_global_norm(
    t_list: Sequence[object], clip_norm: object, use_norm: object = None, name: str | None = None
) -> tuple[list[EagerTensor | None], EagerTensor]:
    """Return tensors, all shortened by the same factor if they are longer together, and the length."""
    length = global_norm(t_list) if use_norm is None else convert(use_norm)
    limit = convert(clip_norm, length._dtype)
    scale = limit * ops.minimum(
        ops.real_div(1.0, length),
        ops.real_div(EagerTensor(np.ones((), length._array.dtype)), limit),
    )
    scale = scale + (length - length)  # NaN if the length is not finite
    clipped = [None if t is None else convert(t) * scale for t in t_list]
    return clipped, length
