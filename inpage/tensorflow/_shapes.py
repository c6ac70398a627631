"""Operations that arrange elements anew and change none of them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from . import _kinds as kinds
from . import _late as late
from ._convert import convert, dimensions, to_array
from ._dtypes import Array, as_dtype
from ._failures import failed
from ._shape import TensorShape, brackets
from ._tape import result
from ._tensor import EagerTensor, Valued
from .errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def reshape(tensor: object, shape: object, name: str | None = None) -> EagerTensor:
    """Return the elements in another shape; -1 stands for the size that fits."""
    x = convert(tensor)
    a, wanted = x._array, dimensions(shape)
    try:
        value = a.reshape(wanted)
    except ValueError:
        raise failed("Reshape", _misfit(a, wanted)) from None
    return _plain(value, x, lambda g: reshape(g, a.shape))


def _misfit(a: Array, wanted: tuple[int, ...]) -> str:
    rest = int(np.prod([n for n in wanted if n != -1]))
    if wanted.count(-1) > 1:
        return f"Only one input size may be -1, not both {wanted.index(-1)} and {len(wanted) - 1 - wanted[::-1].index(-1)}"
    if -1 in wanted and rest:
        return f"Input to reshape is a tensor with {a.size} values, but the requested shape requires a multiple of {rest}"
    return f"Input to reshape is a tensor with {a.size} values, but the requested shape has {rest}"


def _plain(value: Array, x: EagerTensor, back: Callable[[EagerTensor], EagerTensor]) -> EagerTensor:
    """Return a rearranged tensor; these operations also work on bfloat16, unless a tape follows."""
    if x._bfloat16:
        return kinds.rounded(value)
    return result(value, (x,), lambda g: (back(g),))


def transpose(
    a: object, perm: object = None, conjugate: bool = False, name: str | None = None
) -> EagerTensor:
    """Return the axes in reverse order, or in that of `perm`."""
    x = convert(a)
    order = list(range(x._array.ndim))[::-1] if perm is None else [int(i) for i in to_array(perm)]
    if sorted(i % max(x._array.ndim, 1) for i in order) != list(range(x._array.ndim)):
        said = f"transpose expects a vector of size {x._array.ndim}. But input(1) is a vector of size {len(order)}"
        raise failed("Transpose", said)
    back = np.argsort([i % max(x._array.ndim, 1) for i in order]).tolist()
    value = np.transpose(x._array, order)
    if conjugate:
        value = np.conjugate(value)
    return _plain(value, x, lambda g: transpose(g, back, conjugate))


def expand_dims(input: object, axis: object, name: str | None = None) -> EagerTensor:
    """Return the tensor with a new axis of size 1."""
    x = convert(input)
    a, where = x._array, int(to_array(axis))
    if not -a.ndim - 1 <= where <= a.ndim:
        said = f"Tried to expand dim index {where} for tensor with {a.ndim} dimensions."
        raise failed("ExpandDims", said)
    return _plain(np.expand_dims(a, where), x, lambda g: reshape(g, a.shape))


def squeeze(input: object, axis: object = None, name: str | None = None) -> EagerTensor:
    """Return the tensor without its axes of size 1, or without those named."""
    x = convert(input)
    a = x._array
    axes = None if axis is None else tuple(int(i) for i in np.atleast_1d(to_array(axis)))
    for i in axes or ():
        if not -a.ndim <= i < a.ndim:
            raise failed(
                "Squeeze", f"Tried to squeeze dim index {i} for tensor with {a.ndim} dimensions."
            )
        if a.shape[i] != 1:
            raise failed(
                "Squeeze", f"Can not squeeze dim[{i}], expected a dimension of 1, got {a.shape[i]}"
            )
    return _plain(np.squeeze(a, axes or None), x, lambda g: reshape(g, a.shape))


def broadcast_to(input: object, shape: object, name: str | None = None) -> EagerTensor:
    """Return the tensor repeated along axes of size 1 until it has the shape."""
    x = convert(input)
    a, wanted = x._array, dimensions(shape)
    if a.shape == wanted:
        return x
    try:
        value = np.broadcast_to(a, wanted).copy()
    except ValueError:
        said = f"Incompatible shapes: {brackets(a.shape)} vs. {brackets(wanted)}"
        raise failed("BroadcastTo", said) from None
    return _plain(value, x, lambda g: late.ops.unbroadcast(g, a.shape))


def tile(input: object, multiples: object, name: str | None = None) -> EagerTensor:
    """Return the tensor repeated as a whole along each axis."""
    x = convert(input)
    a, given = x._array, to_array(multiples)
    if given.ndim != 1:
        raise failed("Tile", f"Expected multiples to be 1-D, but got shape {brackets(given.shape)}")
    times = dimensions(multiples)
    if len(times) != a.ndim:
        said = f"Expected multiples argument to be a vector of length {a.ndim} but got length {len(times)}"
        raise failed("Tile", said)
    pairs = [n for pair in zip(times, a.shape, strict=True) for n in pair]
    axes = list(range(0, 2 * a.ndim, 2))
    return _plain(
        np.tile(a, times), x, lambda g: late.reductions.reduce_sum(reshape(g, pairs), axes)
    )


def repeat(
    input: object, repeats: object, axis: int | None = None, name: str | None = None
) -> EagerTensor:
    """Return each element, or each slice along an axis, several times."""
    x = convert(input)
    if axis is None:
        x, axis = reshape(x, [-1]), 0
    times = to_array(repeats)
    size = x._array.shape[axis]
    if times.ndim and times.size not in (1, size):
        raise InvalidArgumentError(
            None, None, f"Incompatible shapes: repeats has {times.size} elements, the axis {size}"
        )
    order = np.repeat(np.arange(size), times.ravel() if times.ndim else times)
    return late.indexing.gather(x, order, axis=axis)


def concat(values: object, axis: object, name: str = "concat") -> EagerTensor:
    """Return tensors put one after the other along an axis."""
    given = values if isinstance(values, (list, tuple)) else [values]
    op = f"ConcatV2_N_{len(given)}"
    parts = _alike("ConcatV2", given)
    where, ndim = int(to_array(axis)), parts[0]._array.ndim
    if len(parts) == 1:
        return parts[0]
    if not -ndim <= where < ndim:
        said = f"ConcatOp : Expected concatenating dimensions in the range [{-ndim}, {ndim}), but got {where}"
        raise failed(op, said)
    arrays = [part._array for part in parts]
    try:
        value = np.concatenate(arrays, where)
    except ValueError:
        raise failed(op, _do_not_fit([array.shape for array in arrays], where % ndim)) from None
    sizes = [array.shape[where] for array in arrays]
    return result(value, parts, lambda g: split(g, sizes, where))


def _do_not_fit(shapes: list[tuple[int, ...]], axis: int) -> str:
    """Return what TensorFlow says of the first of shapes that cannot be put after another."""
    first = shapes[0]
    k, other = next(
        (k, s)
        for k, s in enumerate(shapes)
        if len(s) != len(first)
        or (*s[:axis], *s[axis + 1 :]) != (*first[:axis], *first[axis + 1 :])
    )
    said = f"shape[0] = {brackets(first)} vs. shape[{k}] = {brackets(other)}"
    if len(other) != len(first):
        return f"ConcatOp : Ranks of all input tensors should match: {said}"
    where = next(i for i, n in enumerate(first) if i != axis and n != other[i])
    return f"ConcatOp : Dimension {where} in both shapes must be equal: {said}"


def _alike(op: str, values: Sequence[object]) -> list[EagerTensor]:
    """Convert tensors to the type of the first that has one."""
    first = next((v._dtype for v in values if isinstance(v, Valued)), None)
    lead = convert(values[0])._dtype if first is None else first
    parts = [convert(v) if isinstance(v, Valued) else convert(v, lead) for v in values]
    for k, part in enumerate(parts):
        if part._dtype is not parts[0]._dtype:
            raise InvalidArgumentError(
                None,
                None,
                f"cannot compute {op} as input #{k}(zero-based) was expected to be a "
                f"{parts[0]._dtype._cxx} tensor but is a {part._dtype._cxx} tensor [Op:{op}] name: ",
            )
    return parts


def stack(values: object, axis: int = 0, name: str = "stack") -> EagerTensor:
    """Return tensors of one shape side by side along a new axis."""
    given = list(values) if isinstance(values, (list, tuple)) else unstack(values)
    parts = _alike("Pack", given)
    shape = parts[0]._array.shape
    for k, part in enumerate(parts):
        if part._array.shape != shape:
            theirs = brackets(part._array.shape)
            said = f"values[0].shape = {brackets(shape)} != values[{k}].shape = {theirs}"
            raise failed("Pack", f"Shapes of all inputs must match: {said}")
    if not -len(shape) - 1 <= axis <= len(shape):
        raise ValueError(
            f"Argument `axis` = {axis} not in range [{-len(shape) - 1}, {len(shape) + 1})"
        )
    value = np.stack([part._array for part in parts], axis)
    return result(value, parts, lambda g: unstack(g, axis=axis))


def unstack(
    value: object, num: int | None = None, axis: int = 0, name: str = "unstack"
) -> list[EagerTensor]:
    """Return the slices of a tensor along an axis, which they no longer have."""
    x = convert(value)
    ndim = x._array.ndim
    if not -ndim <= axis < ndim:
        raise ValueError(f"Argument `axis` = {axis} not in range [{-ndim}, {ndim})")
    size = x._array.shape[axis]
    if num is not None and num != size:
        raise failed("Unpack", f"Dimension {axis} of input must have size {num}, but has {size}")
    lead = (slice(None),) * (axis % ndim)
    return [x[(*lead, i)] for i in range(size)]


def split(
    value: object,
    num_or_size_splits: object,
    axis: object = 0,
    num: int | None = None,
    name: str = "split",
) -> list[EagerTensor]:
    """Return parts of a tensor along an axis: so many, or of these sizes."""
    x = convert(value)
    where = int(to_array(axis))
    if not -x._array.ndim <= where < x._array.ndim:
        raise failed(
            "Split",
            f"-input rank(-{x._array.ndim}) <= split_dim < input rank ({x._array.ndim}), but got {where}",
        )
    size = x._array.shape[where]
    sizes = _sizes(to_array(num_or_size_splits), size, where)
    ends = np.cumsum([0, *sizes]).tolist()
    lead = (slice(None),) * (where % x._array.ndim)
    return [x[(*lead, slice(a, b))] for a, b in itertools.pairwise(ends)]


def _sizes(wanted: Array, size: int, axis: int) -> list[int]:
    if not wanted.ndim:
        n = int(wanted)
        if n < 1 or size % n:
            said = f"Number of ways to split should evenly divide the split dimension, but got split_dim {axis} (size = {size}) and num_split {n}"
            raise failed("Split", said)
        return [size // n] * n
    sizes = [int(n) for n in wanted]
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = size - sum(n for n in sizes if n != -1)
    if sum(sizes) != size or min(sizes, default=0) < 0:
        said = f"Determined shape must either match input shape along split_dim exactly if fully specified, or be less than the size of the input along split_dim if not fully specified.  Got: {sum(sizes)}"
        raise failed("SplitV", said)
    return sizes


def reverse(tensor: object, axis: object, name: str | None = None) -> EagerTensor:
    """Return the tensor with the order along the axes turned round."""
    x = convert(tensor)
    axes = late.reductions.axes_of("ReverseV2", np.atleast_1d(to_array(axis)), x._array.ndim)
    return _plain(np.flip(x._array, axes), x, lambda g: reverse(g, axis))


def roll(input: object, shift: object, axis: object, name: str | None = None) -> EagerTensor:
    """Return the tensor shifted along the axes; what leaves at one end enters at the other."""
    x = convert(input)
    steps, axes = np.atleast_1d(to_array(shift)), np.atleast_1d(to_array(axis))
    for each in axes:
        if not -x._array.ndim <= each < x._array.ndim:
            raise failed("Roll", f"axis {each} is out of range")
    value = np.roll(x._array, steps.tolist(), tuple(axes.tolist()))
    return _plain(value, x, lambda g: roll(g, -steps, axes))


_MODES = {"CONSTANT": "constant", "REFLECT": "reflect", "SYMMETRIC": "symmetric"}


def pad(
    tensor: object,
    paddings: object,
    mode: str = "CONSTANT",
    constant_values: object = 0,
    name: str | None = None,
) -> EagerTensor:
    """Return the tensor with elements added before and after along each axis."""
    x = convert(tensor)
    a, sides = x._array, to_array(paddings)
    mode = mode.upper()
    if mode not in _MODES:
        raise ValueError(
            "Value of argument `mode` expected to be one of CONSTANT, REFLECT, or SYMMETRIC. "
            f"Received `mode` = {mode}"
        )
    if sides.shape != (a.ndim, 2):
        raise failed(
            "Pad",
            f"The first dimension of paddings must be the rank of inputs{brackets(sides.shape)} {brackets(a.shape)}",
        )
    if mode != "CONSTANT":
        order = np.pad(np.arange(a.size).reshape(a.shape), sides, mode=_MODES[mode])  # type: ignore
        return reshape(late.indexing.gather(reshape(x, [-1]), order.ravel()), order.shape)
    fill = to_array(constant_values).astype(a.dtype)
    value = np.pad(a, sides, constant_values=fill[()])
    inner = tuple(slice(int(b), int(b) + n) for (b, _), n in zip(sides, a.shape, strict=True))
    return _plain(value, x, lambda g: g[inner])


def meshgrid(*args: object, indexing: str = "xy", name: str = "meshgrid") -> list[EagerTensor]:
    """Return the coordinates of a grid, one tensor for each axis."""
    if indexing not in ("xy", "ij"):
        raise ValueError(
            f"Argument `indexing` parameter must be either 'xy' or 'ij', got '{indexing}'"
        )
    grids = np.meshgrid(*(convert(a)._array for a in args), indexing=indexing)  # type: ignore
    return [EagerTensor(np.ascontiguousarray(grid)) for grid in grids]


def shape(input: object, out_type: object = None, name: str | None = None) -> EagerTensor:
    """Return the shape as a tensor."""
    wanted = as_dtype("int32" if out_type is None else out_type)
    return EagerTensor(np.asarray(convert(input)._array.shape, wanted._numpy))


def size(input: object, out_type: object = None, name: str | None = None) -> EagerTensor:
    """Return the number of elements as a tensor."""
    wanted = as_dtype("int32" if out_type is None else out_type)
    return EagerTensor(np.asarray(convert(input)._array.size, wanted._numpy))


def rank(input: object, name: str | None = None) -> EagerTensor:
    """Return the number of axes as a tensor."""
    return EagerTensor(np.asarray(convert(input)._array.ndim, np.int32))


def ensure_shape(x: object, shape: object, name: str | None = None) -> EagerTensor:
    """Return `x` if it has the shape; None fits any size."""
    tensor = convert(x)
    wanted = TensorShape(shape)  # type: ignore[arg-type]
    if not tensor.shape.is_compatible_with(wanted):
        said = f"Shape of tensor input {brackets(tensor._array.shape)} is not compatible with expected shape {wanted}."
        raise failed("EnsureShape", said)
    return tensor
