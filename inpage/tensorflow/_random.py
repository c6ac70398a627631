"""Random numbers, the same as TensorFlow's for the same seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _philox as philox
from . import _seeds as seeds
from ._absent import NotInThisPage, refuse
from ._convert import convert, dimensions, to_array
from ._dtypes import Array, DType, as_dtype
from ._failures import failed
from ._shape import brackets
from ._tensor import EagerTensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._philox import Stream

_RESERVED = 256  # how many groups kernels set aside for each number


def _drawn(
    op: str,
    shape: object,
    dtype: DType,
    seed: int | None,
    draw: Callable[[Stream, int, DType], Array],
) -> EagerTensor:
    """Draw numbers from the stream of a stateful operation."""
    sizes = dimensions(shape)
    n = int(np.prod(sizes, dtype=int))
    source = seeds.stream((op, dtype.name), seed)
    values = draw(source, n, dtype)
    source.skip(n * _RESERVED)
    return EagerTensor(values[:n].reshape(sizes).astype(dtype._numpy, copy=False))


def _uniforms(source: Stream, n: int, dtype: DType) -> Array:
    if dtype.name == "float64":
        return philox.doubles(source.peek(2 * n))
    if dtype.name == "float16":
        return philox.halves(source.peek(n).ravel())
    if dtype.name == "float32":
        return philox.floats(source.peek(n).ravel())
    raise NotInThisPage(f"Random numbers of type {dtype.name}")


def _normals(source: Stream, n: int, dtype: DType) -> Array:
    if dtype.name == "float64":
        return philox.double_normals(source.peek(2 * n))
    if dtype.name in ("float32", "float16"):
        return philox.normals(source.peek(n).ravel())
    raise NotInThisPage(f"Random numbers of type {dtype.name}")


def _truncated(source: Stream, n: int, dtype: DType) -> Array:
    """Return normal numbers within two standard deviations; the others are drawn again.

    The kernel draws in fours, each from a region of the stream of its own.
    """
    if dtype.name != "float32":
        raise NotInThisPage(f"Truncated random numbers of type {dtype.name}")
    fours = -(-n // 4)
    blocks = 4
    while True:
        bits = source.regions(fours, _RESERVED, blocks)
        values = philox.normals(bits).reshape(fours, -1)
        inside = np.abs(values) < 2
        if (inside.sum(axis=1) >= 4).all():
            order = np.argsort(~inside, axis=1, kind="stable")[:, :4]
            return np.take_along_axis(values, order, 1).ravel()
        blocks *= 2


def _whole(source: Stream, n: int, low: int, high: int, dtype: DType) -> Array:
    if high <= low:
        raise failed("RandomUniformInt", f"Need minval < maxval, got {low} >= {high}")
    wide = dtype._numpy.itemsize == 8
    bits: Array = source.peek(2 * n if wide else n).ravel()
    if wide:
        pairs = bits.reshape(-1, 2).astype(np.uint64)
        bits = pairs[:, 0] | (pairs[:, 1] << np.uint64(32))
    steps = (bits % bits.dtype.type(high - low)).astype(dtype._numpy)
    return steps + dtype._numpy.type(low)  # type: ignore[no-any-return]


def _scaled(drawn: EagerTensor, mean: object, stddev: object) -> EagerTensor:
    kind = drawn._dtype
    return drawn * convert(stddev, kind) + convert(mean, kind)


def normal(
    shape: object,
    mean: object = 0.0,
    stddev: object = 1.0,
    dtype: object = "float32",
    seed: int | None = None,
    name: str | None = None,
) -> EagerTensor:
    """Return normal random numbers."""
    drawn = _drawn("RandomStandardNormal", shape, as_dtype(dtype), seed, _normals)
    return _scaled(drawn, mean, stddev)


def truncated_normal(
    shape: object,
    mean: object = 0.0,
    stddev: object = 1.0,
    dtype: object = "float32",
    seed: int | None = None,
    name: str | None = None,
) -> EagerTensor:
    """Return normal random numbers that lie within two standard deviations."""
    drawn = _drawn("TruncatedNormal", shape, as_dtype(dtype), seed, _truncated)
    return _scaled(drawn, mean, stddev)


def uniform(
    shape: object,
    minval: object = 0,
    maxval: object = None,
    dtype: object = "float32",
    seed: int | None = None,
    name: str | None = None,
) -> EagerTensor:
    """Return random numbers from `minval` up to `maxval`, 1 by default."""
    kind = as_dtype(dtype)
    if kind.is_integer:
        low, high = _limits(minval, maxval, kind)
        return _drawn(
            "RandomUniformInt", shape, kind, seed, lambda s, n, d: _whole(s, n, low, high, d)
        )
    drawn = _drawn("RandomUniform", shape, kind, seed, _uniforms)
    return _stretched(drawn, minval, maxval)


def _limits(minval: object, maxval: object, kind: DType) -> tuple[int, int]:
    if maxval is None:
        raise ValueError(f"Must specify maxval for integer dtype {kind!r}")
    return int(to_array(minval)), int(to_array(maxval))


def _stretched(drawn: EagerTensor, minval: object, maxval: object) -> EagerTensor:
    low = convert(minval, drawn._dtype)
    high = convert(1 if maxval is None else maxval, drawn._dtype)
    return drawn * (high - low) + low


def shuffle(value: object, seed: int | None = None, name: str | None = None) -> EagerTensor:
    """Return the rows of a tensor in a random order."""
    a = convert(value)._array
    order = (
        philox.permutation(len(a), seeds.stream(("RandomShuffle", a.dtype.str), seed))
        if a.ndim
        else []
    )
    return EagerTensor(a[order] if a.ndim else a)


def categorical(
    logits: object,
    num_samples: object,
    dtype: object = None,
    seed: int | None = None,
    name: str | None = None,
) -> EagerTensor:
    """Return classes drawn with the probabilities of the logits, `num_samples` for each row."""
    z = convert(logits)
    n = int(to_array(num_samples))
    kind = as_dtype("int64" if dtype is None else dtype)
    if z._array.ndim != 2:
        raise failed(
            "Multinomial", f"logits should be a matrix, got shape {brackets(z._array.shape)}"
        )
    source = seeds.stream(("Multinomial", z._dtype.name, kind.name), seed)
    rows, padded = len(z._array), -(-n // 4) * 4
    found = _classes(z._array, source, n)
    source.skip(2 * rows * padded * _RESERVED)  # each number is a double
    return EagerTensor(found.astype(kind._numpy))


def _classes(z: Array, source: Stream, n: int) -> Array:
    """Draw classes for each row by looking up uniform numbers in the running sums of weights."""
    draws = philox.doubles(source.peek(2 * n * len(z)).ravel()[: 2 * n * len(z)])
    found = np.empty((len(z), n), np.int64)
    for k, row in enumerate(z):
        usable = np.isfinite(row)
        top = row[usable].max() if usable.any() else 0
        with np.errstate(all="ignore"):
            weights = np.where(usable, np.exp(row.astype(np.float64) - np.float64(top)), 0)
        sums = np.cumsum(weights)
        found[k] = np.searchsorted(sums, draws[k * n : (k + 1) * n] * sums[-1], side="right")
    return found


# --- stateless -----------------------------------------------------------------------------------------


def _stateless(
    shape: object,
    seed: object,
    dtype: object,
    alg: object,
    draw: Callable[[Stream, int, DType], Array],
) -> EagerTensor:
    refuse("tf.random.stateless_*", alg=(alg, "auto_select"))
    given = to_array(seed)
    if given.shape != (2,):
        raise failed(
            "StatelessRandomGetKeyCounter", f"seed must have shape [2], not {brackets(given.shape)}"
        )
    sizes, kind = dimensions(shape), as_dtype(dtype)
    n = int(np.prod(sizes, dtype=int))
    values = draw(philox.Stream.stateless([int(s) for s in given]), n, kind)
    return EagerTensor(values[:n].reshape(sizes).astype(kind._numpy, copy=False))


def stateless_normal(
    shape: object,
    seed: object,
    mean: object = 0.0,
    stddev: object = 1.0,
    dtype: object = "float32",
    name: str | None = None,
    alg: object = "auto_select",
) -> EagerTensor:
    """Return normal random numbers that the seed alone determines."""
    return _scaled(_stateless(shape, seed, dtype, alg, _normals), mean, stddev)


def stateless_truncated_normal(
    shape: object,
    seed: object,
    mean: object = 0.0,
    stddev: object = 1.0,
    dtype: object = "float32",
    name: str | None = None,
    alg: object = "auto_select",
) -> EagerTensor:
    """Return normal random numbers within two standard deviations, determined by the seed alone."""
    return _scaled(_stateless(shape, seed, dtype, alg, _truncated), mean, stddev)


def stateless_uniform(
    shape: object,
    seed: object,
    minval: object = 0,
    maxval: object = None,
    dtype: object = "float32",
    name: str | None = None,
    alg: object = "auto_select",
) -> EagerTensor:
    """Return random numbers from `minval` up to `maxval` that the seed alone determines."""
    kind = as_dtype(dtype)
    if kind.is_integer:
        low, high = _limits(minval, maxval, kind)
        return _stateless(shape, seed, dtype, alg, lambda s, n, d: _whole(s, n, low, high, d))
    return _stretched(_stateless(shape, seed, dtype, alg, _uniforms), minval, maxval)
