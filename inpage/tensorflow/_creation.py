"""Operations that make tensors of nothing: zeros, ranges, identity matrices."""

from __future__ import annotations

import numpy as np

from ._absent import refuse
from ._convert import convert, dimensions, to_array
from ._dtypes import DTYPES, as_dtype
from ._failures import failed
from ._tensor import EagerTensor, Valued


def zeros(
    shape: object, dtype: object = "float32", name: str | None = None, layout: object = None
) -> EagerTensor:
    """Return zeros."""
    return _full(shape, 0, dtype)


def ones(
    shape: object, dtype: object = "float32", name: str | None = None, layout: object = None
) -> EagerTensor:
    """Return ones."""
    return _full(shape, 1, dtype)


def _full(shape: object, value: int, dtype: object) -> EagerTensor:
    wanted = as_dtype(dtype)
    if wanted.name == "string":
        return EagerTensor(np.full(dimensions(shape), value or b"", object))
    return EagerTensor(
        np.full(dimensions(shape), value, wanted._numpy), bfloat16=wanted.name == "bfloat16"
    )


def fill(
    dims: object, value: object, name: str | None = None, layout: object = None
) -> EagerTensor:
    """Return a tensor of one value throughout."""
    given = convert(value)
    if given._array.ndim:
        raise failed("Fill", f"value must be a scalar, got shape {list(given._array.shape)}")
    sizes = dimensions(dims)
    for n in sizes:
        if n < 0:
            raise failed("Fill", f"Dimension {n} must be >= 0")
    return EagerTensor(np.full(sizes, given._array, given._array.dtype))


def zeros_like(
    input: object, dtype: object = None, name: str | None = None, layout: object = None
) -> EagerTensor:
    """Return zeros in the shape of a tensor."""
    x = convert(input)
    return _full(x._array.shape, 0, x._dtype if dtype is None else dtype)


def ones_like(
    input: object, dtype: object = None, name: str | None = None, layout: object = None
) -> EagerTensor:
    """Return ones in the shape of a tensor."""
    x = convert(input)
    return _full(x._array.shape, 1, x._dtype if dtype is None else dtype)


def eye(
    num_rows: object,
    num_columns: object = None,
    batch_shape: object = None,
    dtype: object = "float32",
    name: str | None = None,
) -> EagerTensor:
    """Return an identity matrix, or a stack of them."""
    rows = int(to_array(num_rows))
    columns = None if num_columns is None else int(to_array(num_columns))
    matrix = np.eye(rows, columns, dtype=as_dtype(dtype)._numpy)
    if batch_shape is not None:
        matrix = np.broadcast_to(matrix, (*dimensions(batch_shape), *matrix.shape)).copy()
    return EagerTensor(matrix)


def range_of(
    start: object,
    limit: object = None,
    delta: object = 1,
    dtype: object = None,
    name: str = "range",
) -> EagerTensor:
    """Return numbers from `start` up to `limit`, which is not among them (``tf.range``)."""
    if limit is None:
        start, limit = 0, start
    if dtype is not None:
        wanted = as_dtype(dtype)
        arrays = [convert(v, wanted)._array for v in (start, limit, delta)]
    else:
        arrays = [convert(v)._array for v in (start, limit, delta)]
        order = ["int32", "int64", "float32", "float64"]
        names = [str(a.dtype) for a in arrays]
        wanted = DTYPES[max(names, key=lambda n: order.index(n) if n in order else 0)]
        arrays = [a.astype(wanted._numpy) for a in arrays]
    first, last, step = (a.item() for a in arrays)
    if step == 0:
        raise failed("Range", "Requires delta != 0: 0")
    if (last < first and step > 0) or (last > first and step < 0):
        sign = ("<=", ">") if step > 0 else (">=", "<")
        raise failed(
            "Range", f"Requires start {sign[0]} limit when delta {sign[1]} 0: {first}/{last}"
        )
    n = max(0, int(np.ceil((last - first) / step)))
    kind = wanted._numpy
    return EagerTensor(
        (kind.type(first) + np.arange(n).astype(kind) * kind.type(step)).astype(kind)
    )


def linspace(
    start: object, stop: object, num: object, name: str | None = None, axis: int = 0
) -> EagerTensor:
    """Return `num` numbers at equal distances from `start` to `stop`."""
    refuse("tf.linspace", axis=(axis, 0))
    a, b = convert(start)._array, convert(stop, convert(start)._dtype)._array
    n = int(to_array(num))
    if n < 1:
        raise failed("LinSpace", f"Requires num > 0: {n}")
    kind = np.dtype(np.float64) if a.dtype.kind in "iu" else a.dtype
    a, b = np.broadcast_arrays(a.astype(kind), b.astype(kind))
    if n == 1:
        return EagerTensor(np.asarray([a], kind))
    step = (b - a) / kind.type(n - 1)
    steps = np.arange(1, n - 1).astype(kind).reshape(-1, *(1,) * a.ndim)
    return EagerTensor(np.concatenate([a[None], a + step * steps, b[None]]).astype(kind))


def one_hot(
    indices: object,
    depth: object,
    on_value: object = None,
    off_value: object = None,
    axis: int | None = None,
    dtype: object = None,
    name: str | None = None,
) -> EagerTensor:
    """Return vectors that are off everywhere but at the index; an index outside is off throughout."""
    given = convert(indices)
    picked, n = given._array, int(to_array(depth))
    if n < 0:
        raise failed("OneHot", f"depth must be non-negative, got: {n}")
    if picked.dtype.kind not in "iu":
        raise failed(
            "OneHot",
            f"Value for attr 'TI' of {given._dtype._cxx} is not in the list of allowed values: uint8, int8, int32, int64",
        )
    values = [
        convert(v, as_dtype(dtype) if dtype is not None else None)._array
        for v in (on_value, off_value)
        if v is not None
    ]
    for v in (on_value, off_value):
        if dtype is not None and isinstance(v, Valued) and v._dtype is not as_dtype(dtype):
            raise TypeError(f"dtype {v._dtype} of on_value does not match dtype parameter {dtype}")
    kind = (
        as_dtype(dtype)._numpy
        if dtype is not None
        else values[0].dtype
        if values
        else np.dtype("float32")
    )
    on = np.asarray(1 if on_value is None else convert(on_value)._array, kind)
    off = np.asarray(0 if off_value is None else convert(off_value)._array, kind)
    value = np.where(picked[..., None] == np.arange(n), on, off).astype(kind)
    return EagerTensor(value if axis in (None, -1) else np.moveaxis(value, -1, axis))


def sequence_mask(
    lengths: object, maxlen: object = None, dtype: object = "bool", name: str | None = None
) -> EagerTensor:
    """Return for each length that many ones, then zeros."""
    sizes = convert(lengths)._array
    longest = int(sizes.max()) if maxlen is None else int(to_array(maxlen))
    hits = np.arange(longest) < sizes[..., None]
    return EagerTensor(hits.astype(as_dtype(dtype)._numpy))
