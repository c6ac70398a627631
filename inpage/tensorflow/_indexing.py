"""Operations that pick elements: indices, masks, gathering, sorting."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from . import _kinds as kinds
from . import _late as late
from ._absent import refuse
from ._convert import convert, dimensions, to_array
from ._dtypes import DTYPES, Array, as_dtype
from ._failures import failed
from ._shape import brackets
from ._slices import IndexedSlices
from ._tape import result
from ._tensor import EagerTensor, Valued
from .errors import InvalidArgumentError

Key = tuple[object, ...]


def scatter(values: EagerTensor, key: Key, shape: tuple[int, ...]) -> EagerTensor:
    """Return zeros of a shape to which `values` are added at the places of a NumPy index."""
    whole = np.zeros(shape, values._array.dtype)
    np.add.at(whole, key, values._array)  # type: ignore[arg-type]
    return result(whole, (values,), lambda g: (_take(g, key),))


def _take(x: EagerTensor, key: Key) -> EagerTensor:
    """Return what a NumPy index picks."""
    a = x._array
    value = np.array(a[key])  # type: ignore[index]
    if x._bfloat16:
        return kinds.rounded(value)
    return result(value, (x,), lambda g: (scatter(g, key, a.shape),))


_ALLOWED = (
    "Only integers, slices (`:`), ellipsis (`...`), tf.newaxis (`None`) and scalar "
    "tf.int32/tf.int64 tensors are valid indices, got "
)


def getitem(x: Valued, key: object) -> EagerTensor:
    """Return ``x[key]`` by TensorFlow's rules."""
    tensor = convert(x)
    if isinstance(key, (np.ndarray, EagerTensor, bool, np.bool)):
        mask = np.asarray(to_array(key))
        if mask.dtype == bool:
            return boolean_mask(tensor, mask)
    keys = tuple(_index(one) for one in (key if isinstance(key, (tuple, list)) else (key,)))
    _check(tensor._array, keys)
    return _take(tensor, keys)


def _index(one: object) -> object:
    """Return one part of an index for NumPy."""
    if one is None or one is Ellipsis:
        return one
    if isinstance(one, slice):
        parts = (one.start, one.stop, one.step)
        return slice(*(None if part is None else _bound(part) for part in parts))
    if isinstance(one, (bool, np.bool)):
        raise TypeError(f"{_ALLOWED}{one!r}")
    return _bound(one)


def _bound(one: object) -> int:
    if isinstance(one, (int, np.integer)):
        return int(one)
    array = one._array if isinstance(one, Valued) else one
    if isinstance(array, np.ndarray) and not array.ndim and array.dtype.kind in "iu":
        return int(array)
    raise TypeError(f"{_ALLOWED}{one!r}")


def _check(a: Array, keys: Key) -> None:
    """Raise what TensorFlow raises for an index that the array does not have."""
    real = [key for key in keys if key is not None and key is not Ellipsis]
    if not a.ndim and real:
        raise _slicing("Attempting to slice scalar input.")
    if len(real) > a.ndim:
        said = f"Index out of range using input dim {a.ndim}; input has only {a.ndim} dims"
        raise _slicing(said)
    at_end = False
    for k, key in enumerate(real):
        if isinstance(key, slice):
            if key.step == 0:
                raise _slicing(f"strides[{k}] must be non-zero")
            continue
        at_end = Ellipsis in keys[: _place(keys, k)]
        axis = a.ndim - len(real) + k if at_end else k
        size = a.shape[axis]
        if not -size <= key < size:
            shown = key if key >= 0 else key + size  # type: ignore[operator]
            said = f"slice index {shown} of dimension {axis} out of bounds."
            raise _slicing(said)


def _slicing(message: str) -> InvalidArgumentError:
    error = failed("StridedSlice", message)
    return InvalidArgumentError(None, None, f"{error.message}strided_slice/")


def _place(keys: Key, k: int) -> int:
    """Return where in an index its `k`-th part that takes an axis stands."""
    places = [i for i, key in enumerate(keys) if key is not None and key is not Ellipsis]
    return places[k]


def slice_of(input_: object, begin: object, size: object, name: str | None = None) -> EagerTensor:
    """Return a part of a tensor from `begin` on; a size of -1 means to the end (``tf.slice``)."""
    x = convert(input_)
    starts, sizes = dimensions(begin), dimensions(size)
    if len(starts) != x._array.ndim or len(sizes) != x._array.ndim:
        raise failed(
            "Slice",
            f"Expected begin and size arguments to be 1-D tensors of size {x._array.ndim}, but got shapes [{len(starts)}] and [{len(sizes)}] instead.",
        )
    parts = []
    for k, (b, n, whole) in enumerate(zip(starts, sizes, x._array.shape, strict=True)):
        end = whole if n == -1 else b + n
        if not 0 <= b <= whole or not b <= end <= whole:
            what = (
                f"Expected begin[{k}] in [0, {whole}], but got {b}"
                if not 0 <= b <= whole
                else f"Expected size[{k}] in [0, {whole - b}], but got {n}"
            )
            raise failed("Slice", what)
        parts.append(slice(b, end))
    return _take(x, tuple(parts))


def boolean_mask(
    tensor: object, mask: object, axis: object = None, name: str = "boolean_mask"
) -> EagerTensor:
    """Return the elements for which a mask holds, along the axes that the mask has."""
    x = convert(tensor)
    hits = to_array(mask)
    first = 0 if axis is None else int(to_array(axis)) % x._array.ndim
    if not hits.ndim:
        raise ValueError("mask cannot be scalar.")
    covered = x._array.shape[first : first + hits.ndim]
    if covered != hits.shape:
        raise ValueError(f"Shapes {covered} and {hits.shape} are incompatible")
    lead: Key = (slice(None),) * first
    return _take(x, (*lead, *np.nonzero(hits)))


def gather(
    params: object,
    indices: object,
    validate_indices: object = None,
    axis: object = None,
    batch_dims: int = 0,
    name: str | None = None,
) -> EagerTensor:
    """Return the slices of `params` along an axis that `indices` name."""
    x, picked = convert(params), _whole_numbers(indices)
    a = x._array
    where = batch_dims if axis is None else int(to_array(axis))
    if not -a.ndim <= where < a.ndim:
        raise failed(
            "GatherV2", f"Expected axis in the range [{-a.ndim}, {a.ndim}), but got {where}"
        )
    where %= a.ndim
    _in_range(picked, a.shape[where])
    if batch_dims:
        batch_dims %= picked.ndim + 1
        grids = np.meshgrid(*(np.arange(n) for n in picked.shape[:batch_dims]), indexing="ij")
        inner = (1,) * (picked.ndim - batch_dims)
        lead: Key = tuple(grid.reshape(grid.shape + inner) for grid in grids)
        key = (*lead, *(slice(None),) * (where - batch_dims), picked)
        return _take(x, key)
    if where:
        return _take(x, (*(slice(None),) * where, picked))
    return _rows(x, picked)


def _rows(x: EagerTensor, picked: Array) -> EagerTensor:
    """Pick rows; the slope is kept as rows too, as TensorFlow does."""
    a = x._array

    def slope(g: EagerTensor) -> tuple[IndexedSlices]:
        values = late.shapes.reshape(g, [-1, *a.shape[1:]])
        shape = EagerTensor(np.asarray(a.shape, np.int32))
        return (IndexedSlices(values, EagerTensor(picked.reshape(-1)), shape),)

    if x._bfloat16:
        return kinds.rounded(a[picked])
    return result(np.array(a[picked]), (x,), slope)


def _whole_numbers(indices: object) -> Array:
    array = convert(indices)._array
    if array.dtype.kind not in "iu":
        kinds.expect("GatherV2", convert(indices)._dtype, "int16 int32 int64")
    return array


def _in_range(picked: Array, size: int) -> None:
    bad = np.flatnonzero((picked < 0) | (picked >= size))
    if bad.size:
        place = np.unravel_index(bad[0], picked.shape)
        at = f"[{','.join(str(int(i)) for i in place)}]" if picked.ndim else ""
        raise failed("GatherV2", f"indices{at} = {picked[place]} is not in [0, {size})")


def gather_nd(
    params: object,
    indices: object,
    batch_dims: int = 0,
    name: str | None = None,
    bad_indices_policy: str = "",
) -> EagerTensor:
    """Return the elements or slices whose places `indices` lists."""
    refuse("tf.gather_nd", batch_dims=(batch_dims, 0), bad_indices_policy=(bad_indices_policy, ""))
    x, places = convert(params), _whole_numbers(indices)
    depth = places.shape[-1]
    if depth > x._array.ndim:
        raise failed(
            "GatherNd",
            f"index innermost dimension length must be <= params rank; saw: {depth} vs. {x._array.ndim}",
        )
    for k in range(depth):
        _in_range(places[..., k], x._array.shape[k])
    return _take(x, tuple(np.moveaxis(places, -1, 0)))


def scatter_nd(
    indices: object,
    updates: object,
    shape: object,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> EagerTensor:
    """Return zeros of a shape to which `updates` are added at `indices`."""
    refuse("tf.scatter_nd", bad_indices_policy=(bad_indices_policy, ""))
    places, values = _whole_numbers(indices), convert(updates)
    sizes = dimensions(shape)
    for k in range(places.shape[-1]):
        _in_range(places[..., k], sizes[k])
    return scatter(values, tuple(np.moveaxis(places, -1, 0)), sizes)


def tensor_scatter_nd_update(
    tensor: object, indices: object, updates: object, name: str | None = None
) -> EagerTensor:
    """Return a tensor in which `updates` stand at `indices`."""
    x, places = convert(tensor), _whole_numbers(indices)
    values = convert(updates, hint=x._dtype)
    kinds.same("TensorScatterUpdate", x, values)
    key = tuple(np.moveaxis(places, -1, 0))
    kept = np.ones(x._array.shape, bool)
    kept[key] = False
    value = x._array.copy()
    value[key] = values._array
    return result(value, (x, values), lambda g: (late.ops.keep_where(kept, g), _take(g, key)))


def tensor_scatter_nd_add(
    tensor: object,
    indices: object,
    updates: object,
    bad_indices_policy: str = "",
    name: str | None = None,
) -> EagerTensor:
    """Return a tensor to which `updates` are added at `indices`."""
    x = convert(tensor)
    return x + scatter_nd(indices, updates, x._array.shape, bad_indices_policy)


def where(
    condition: object, x: object = None, y: object = None, name: str | None = None
) -> EagerTensor:
    """Return `x` where the condition holds and `y` elsewhere; without them, where it holds."""
    test = convert(condition)
    if x is None and y is None:
        return EagerTensor(np.argwhere(test._array))
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    hits = test if test._dtype.is_bool else convert(condition, DTYPES["bool"])
    left, right = kinds.match("SelectV2", x, y)
    mask, a, b = hits._array, left._array, right._array
    try:
        value = np.where(mask, a, b)
    except ValueError:
        said = f"condition {brackets(mask.shape)}, then {brackets(a.shape)}, and else {brackets(b.shape)} must be broadcastable"
        raise failed("SelectV2", said) from None
    if left._bfloat16:
        return kinds.rounded(value)
    return result(
        value,
        (left, right),
        lambda g: (
            late.ops.unbroadcast(_masked(mask, g), a.shape),
            late.ops.unbroadcast(_masked(~mask, g), b.shape),
        ),
    )


def _masked(mask: Array, g: EagerTensor) -> EagerTensor:
    zero = np.zeros((), g._array.dtype)
    return result(np.where(mask, g._array, zero), (g,), lambda h: (_masked(mask, h),))


def searchsorted(
    sorted_sequence: object,
    values: object,
    side: str = "left",
    out_type: object = "int32",
    name: str | None = None,
) -> EagerTensor:
    """Return where each value would stand in a sorted sequence."""
    places, found = (
        convert(sorted_sequence)._array,
        convert(values, hint=convert(sorted_sequence)._dtype)._array,
    )
    rows = places.reshape(-1, places.shape[-1])
    queries = found.reshape(len(rows), -1)
    value = [np.searchsorted(row, query, side) for row, query in zip(rows, queries, strict=True)]  # type: ignore
    return EagerTensor(np.asarray(value, as_dtype(out_type)._numpy).reshape(found.shape))


def _order(a: Array, axis: int, direction: str) -> Array:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(
            "Argument `direction` should be one of 'ASCENDING' or 'DESCENDING'. "
            f"Received: direction={direction}"
        )
    place = axis + a.ndim if axis < 0 else axis
    if not 0 <= place < a.ndim:
        # TensorFlow looks the length of the axis up in the shape.
        raise _slicing(f"slice index {place} of dimension 0 out of bounds.")
    if direction == "ASCENDING":
        return np.argsort(a, axis, kind="stable")
    turned = np.flip(np.argsort(np.flip(a, axis), axis, kind="stable"), axis)
    return a.shape[axis] - 1 - turned  # type: ignore[no-any-return]


def sort(
    values: object, axis: int = -1, direction: str = "ASCENDING", name: str | None = None
) -> EagerTensor:
    """Return the elements in order along an axis."""
    x = convert(values)
    return _along(x, _order(x._array, axis, direction), axis)


def _along(x: EagerTensor, order: Array, axis: int) -> EagerTensor:
    grids: list[Array] = list(np.indices(order.shape, sparse=True))
    grids[axis] = order
    return _take(x, tuple(grids))


def argsort(
    values: object,
    axis: int = -1,
    direction: str = "ASCENDING",
    stable: bool = False,
    name: str | None = None,
) -> EagerTensor:
    """Return where the elements stand, in order, along an axis."""
    return EagerTensor(_order(convert(values)._array, axis, direction).astype(np.int32))


class TopKV2(NamedTuple):
    """The largest elements and where they stand."""

    values: EagerTensor
    indices: EagerTensor


def top_k(
    input: object,
    k: object = 1,
    sorted: bool = True,
    index_type: object = "int32",
    name: str | None = None,
) -> TopKV2:
    """Return the `k` largest elements of each row and where they stand; equals in their order."""
    x, n = convert(input), int(to_array(k))
    if not x._array.ndim or x._array.shape[-1] < n:
        raise failed(
            "TopKV2",
            "input must have at least k columns" + f". Had {x._array.shape[-1]}, needed {n}",
        )
    order = _order(x._array, -1, "DESCENDING")[..., :n]
    return TopKV2(_along(x, order, -1), EagerTensor(order.astype(as_dtype(index_type)._numpy)))


class Unique(NamedTuple):
    """The different elements in order of appearance, and which of them stands at each place."""

    y: EagerTensor
    idx: EagerTensor


class UniqueWithCounts(NamedTuple):
    """What `Unique` has, and how often each element appears."""

    y: EagerTensor
    idx: EagerTensor
    count: EagerTensor  # type: ignore[assignment]


def unique_with_counts(
    x: object, out_idx: object = "int32", name: str | None = None
) -> UniqueWithCounts:
    """Return the different elements, which of them stands at each place, and how often."""
    a, kind = convert(x)._array, as_dtype(out_idx)._numpy
    if a.ndim != 1:
        raise failed("UniqueWithCounts", "unique expects a 1D vector.")
    values, first, inverse, counts = np.unique(
        a, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(first)
    place = np.argsort(order)
    return UniqueWithCounts(
        EagerTensor(values[order]),
        EagerTensor(place[inverse].astype(kind)),
        EagerTensor(counts[order].astype(kind)),
    )


def unique(x: object, out_idx: object = "int32", name: str | None = None) -> Unique:
    """Return the different elements, and which of them stands at each place."""
    return Unique(*unique_with_counts(x, out_idx)[:2])


def in_top_k(
    targets: object, predictions: object, k: object, name: str | None = None
) -> EagerTensor:
    """Return for each row whether the target is among its `k` largest."""
    picked, scores = to_array(targets), convert(predictions)._array
    n = int(to_array(k))
    if scores.ndim != 2:
        raise failed("InTopKV2", "predictions must be 2-dimensional")
    own = scores[np.arange(len(picked)), picked]
    above = (scores > own[:, None]).sum(axis=-1)
    return EagerTensor(np.isfinite(own) & (above < n))
