"""Data as batches, in the order in which TensorFlow draws them."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import numpy as np

from .. import _philox as philox
from .. import _seeds as seeds
from .._absent import NotInThisPage
from .._convert import convert, to_array
from .._tape import flatten, map_nest
from .._tensor import EagerTensor, Valued
from ..data import Dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

Batch = tuple[object, object, object]
_LARGEST = 2**31 - 1


def prepared(data: object) -> object:
    """Return arrays as the data adapter of Keras makes them: real numbers are float32."""
    return map_nest(_prepared, data)


def _prepared(part: object) -> object:
    if part is None:
        return None
    array = convert(part)._array if isinstance(part, Valued) else to_array(part)
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def _is_array(data: object) -> bool:
    return hasattr(data, "__array__") or hasattr(data, "shape")


def is_arrays(data: object) -> bool:
    """Return whether data are arrays, or a nest of them."""
    leaves = [leaf for leaf in flatten(data) if leaf is not None]
    return bool(leaves) and all(_is_array(leaf) for leaf in leaves)


def rows_of(data: object) -> int:
    """Return how many examples there are."""
    return len(next(leaf for leaf in flatten(data) if leaf is not None))  # type: ignore[arg-type]


def take(data: object, index: object) -> object:
    """Return some of the examples."""
    return map_nest(lambda part: None if part is None else part[index], data)


def tensors(data: object) -> object:
    """Return arrays as tensors."""
    return map_nest(lambda part: None if part is None else EagerTensor(part), data)


class Batches:
    """Arrays in batches.

    Parameters
    ----------
    x, y, weights
        Inputs, labels and weights of the examples.
    size
        How many examples make a batch.
    shuffle
        Whether the order of the examples is random.
    """

    def __init__(
        self, x: object, y: object, weights: object, size: int | None, shuffle: object
    ) -> None:
        if shuffle not in (True, False):
            raise NotInThisPage(f"shuffle={shuffle!r} of fit")
        self._parts = tuple(prepared(part) for part in (x, y, weights))
        self._shuffle, self._size = shuffle, size or 32
        self._rows = rows_of(self._parts[0])
        self._check_sizes()
        self.count: int | None = -(-self._rows // self._size)

    def _check_sizes(self) -> None:
        sizes = {
            name: [len(leaf) for leaf in flatten(part)]  # type: ignore[arg-type]
            for name, part in zip(("x", "y", "sample_weight"), self._parts, strict=True)
            if part is not None
        }
        if len({n for own in sizes.values() for n in own}) > 1:
            listed = "".join(
                f"'{name}' sizes: {', '.join(map(str, own))}\n" for name, own in sizes.items()
            )
            raise ValueError(
                "Data cardinality is ambiguous. Make sure all arrays contain the same number of "
                f"samples.{listed}"
            )

    def _order(self) -> np.ndarray:
        if not self._shuffle:
            return np.arange(self._rows)
        # Keras opens its pipeline anew for every epoch, so with a seed the stream begins anew too:
        # every epoch has the same order.
        seed = seeds.global_seed()
        if seed is None:
            chance = random.SystemRandom()
            pair = chance.randint(1, _LARGEST), chance.randint(1, _LARGEST)
        else:
            pair = seed % _LARGEST, 0
        stream = philox.Stream.stateful(*(pair if pair != (0, 0) else (0, _LARGEST)))
        return np.asarray(philox.permutation(self._rows, stream))

    def __iter__(self) -> Iterator[Batch]:
        order = self._order()
        for start in range(0, self._rows, self._size):
            index = order[start : start + self._size]
            yield tuple(tensors(take(part, index)) for part in self._parts)  # type: ignore[misc]


class Stream:
    """Batches that a data set or a generator returns.

    Parameters
    ----------
    source
        What returns batches: inputs, or inputs and labels, or these and weights.
    steps
        How many batches make an epoch; by default all.
    """

    def __init__(self, source: object, steps: int | None) -> None:
        self._source, self._steps = source, steps
        known = source._length if isinstance(source, Dataset) and source._length >= 0 else None
        self.count = steps or known
        self._rest = iter(source) if steps else None  # type: ignore[call-overload]

    def __iter__(self) -> Iterator[Batch]:
        walk = (
            iter(self._source) if self._rest is None else itertools.islice(self._rest, self._steps)  # type: ignore[call-overload]
        )
        for row in walk:
            parts = row if isinstance(row, tuple) else (row,)
            ready = [tensors(prepared(part)) for part in parts]
            yield (*ready, *(None,) * (3 - len(ready)))  # type: ignore[misc]


def batches_of(
    x: object,
    y: object,
    weights: object,
    batch_size: int | None,
    shuffle: object,
    steps: int | None = None,
) -> Batches | Stream:
    """Return data in batches."""
    if isinstance(x, Dataset) or (y is None and hasattr(x, "__next__")):
        if y is not None:
            raise ValueError("When using a `tf.data.Dataset`, do not pass `y`: it is part of `x`.")
        return Stream(x, steps)
    if not is_arrays(x):
        raise ValueError(f"Unrecognized data type: x={x} (of type {type(x)})")
    if steps is not None:
        raise NotInThisPage("A number of steps with arrays")
    return Batches(x, y, weights, batch_size, shuffle)
