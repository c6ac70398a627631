"""``tf.data``: rows that can be walked through again and again."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from . import _seeds as seeds
from . import _shapes as shapes
from ._absent import NotInThisPage, missing, missing_attribute, refuse
from ._convert import convert, to_array
from ._philox import Stream
from ._tape import flatten
from ._tensor import EagerTensor, Valued
from ._tracing import Refusal, unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__getattr__ = missing(__name__)

AUTOTUNE = -1
INFINITE_CARDINALITY = -1
UNKNOWN_CARDINALITY = -2


def _nest(function: Callable[[object], object], tree: object) -> object:
    """Apply a function to the leaves; lists of numbers are leaves, as in TensorFlow."""
    if isinstance(tree, tuple):
        return tuple(_nest(function, each) for each in tree)
    if isinstance(tree, dict):
        return {key: _nest(function, each) for key, each in tree.items()}
    return function(tree)


def _whole(value: object) -> int:
    return int(to_array(value))


class Dataset:
    """A sequence of tensors, or of tuples or dictionaries of them, made anew at every walk.

    Parameters
    ----------
    walk
        Returns an iterator over the rows.
    length
        The number of rows: -1 if they never end, -2 if it is not known.
    """

    __module__ = "tensorflow.python.data.ops.dataset_ops"

    def __init__(self, walk: Callable[[], Iterator[object]], length: int) -> None:
        self._walk, self._length = walk, length

    def __iter__(self) -> Iterator[object]:
        return self._walk()

    def __repr__(self) -> str:
        raise NotInThisPage("The text of a tf.data.Dataset")

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        if self._length == INFINITE_CARDINALITY:
            raise TypeError("The dataset is infinite.")
        if self._length == UNKNOWN_CARDINALITY:
            raise TypeError("The dataset length is unknown.")
        return self._length

    def __getattr__(self, name: str) -> object:
        text = f"'Dataset' object has no attribute '{name}'"
        raise missing_attribute("tf.data.Dataset", name, text)

    def cardinality(self) -> EagerTensor:
        """Return the number of rows as a tensor."""
        return EagerTensor(np.asarray(self._length, np.int64))

    @staticmethod
    def from_tensors(tensors: object, name: str | None = None) -> Dataset:
        """Return one row."""
        row = _nest(convert, tensors)
        return Dataset(lambda: iter([row]), 1)

    @staticmethod
    def from_tensor_slices(tensors: object, name: str | None = None) -> Dataset:
        """Return one row for each slice along the first axis."""
        whole = _nest(convert, tensors)
        sizes = {_first_axis(leaf) for leaf in flatten(whole)}
        if len(sizes) > 1:
            raise ValueError(
                f"Dimensions {' and '.join(map(str, sorted(sizes)))} are not compatible"
            )
        n = sizes.pop()
        return Dataset(
            lambda: (_nest(partial(_row, i), whole) for i in range(n)),
            n,
        )

    @staticmethod
    def range(*args: object, output_type: object = None, name: str | None = None) -> Dataset:
        """Return whole numbers, as Python's ``range`` does."""
        refuse("tf.data.Dataset.range", output_type=(output_type, None))
        numbers = range(*(_whole(a) for a in args))
        return Dataset(
            lambda: (EagerTensor(np.asarray(i, np.int64)) for i in numbers), len(numbers)
        )

    @staticmethod
    def zip(*args: object, datasets: object = None, name: str | None = None) -> Dataset:
        """Return tuples of the rows of several data sets."""
        given = args[0] if len(args) == 1 and isinstance(args[0], tuple) else args or datasets
        sets: tuple[Dataset, ...] = tuple(given)  # type: ignore[arg-type]
        known = [s._length for s in sets if s._length != INFINITE_CARDINALITY]
        length = min(known) if known else INFINITE_CARDINALITY
        return Dataset(lambda: zip(*sets, strict=False), length)

    @staticmethod
    def from_generator(*args: object, **kwargs: object) -> NoReturn:
        """Not in this page."""
        raise NotInThisPage("tf.data.Dataset.from_generator")

    def repeat(self, count: object = None, name: str | None = None) -> Dataset:
        """Return the rows so many times, without end by default."""
        times = -1 if count is None else _whole(count)

        def walk() -> Iterator[object]:
            for _ in itertools.count() if times < 0 else range(times):
                yield from self

        length = INFINITE_CARDINALITY if times < 0 else _times(self._length, times)
        return Dataset(walk, length)

    def batch(
        self,
        batch_size: object,
        drop_remainder: bool = False,
        num_parallel_calls: object = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Return so many rows at a time, stacked."""
        size = _whole(batch_size)

        def walk() -> Iterator[object]:
            rows = iter(self)
            while batch := list(itertools.islice(rows, size)):
                if len(batch) == size or not drop_remainder:
                    yield _stacked(batch)

        n = self._length
        length = n if n < 0 else n // size if drop_remainder else -(-n // size)
        return Dataset(walk, length)

    def shuffle(
        self,
        buffer_size: object,
        seed: object = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> Dataset:
        """Return the rows in a random order, each drawn from the next `buffer_size` rows."""
        own = None if seed is None else _whole(seed)
        both = None if own is None and seeds.global_seed() is None else seeds.operation_seeds(own)
        parent = _Words(*(both or seeds.operation_seeds(None)))
        fixed = (parent.next(), parent.next()) if reshuffle_each_iteration is False else None
        if fixed is not None:
            fixed = both or fixed

        def walk() -> Iterator[object]:
            own_seeds = fixed or (parent.next(), parent.next())
            return _shuffled(iter(self), _whole(buffer_size), _Words(*own_seeds))

        return Dataset(walk, self._length)

    def map(
        self,
        map_func: Callable[..., object],
        num_parallel_calls: object = None,
        deterministic: bool | None = None,
        synchronous: bool | None = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Return what a function makes of each row."""
        return Dataset(lambda: (_applied(map_func, row) for row in self), self._length)

    def filter(self, predicate: Callable[..., object], name: str | None = None) -> Dataset:
        """Return the rows for which a function holds."""
        length = UNKNOWN_CARDINALITY
        return Dataset(lambda: (row for row in self if _call(predicate, row)), length)

    def take(self, count: object, name: str | None = None) -> Dataset:
        """Return the first rows; -1 stands for all."""
        n = _whole(count)
        if n < 0:
            return self
        length = n if self._length == INFINITE_CARDINALITY else min(n, self._length)
        return Dataset(lambda: itertools.islice(iter(self), n), length)

    def skip(self, count: object, name: str | None = None) -> Dataset:
        """Return the rows after the first."""
        n = _whole(count)
        length = self._length if self._length < 0 else max(self._length - n, 0)
        return Dataset(lambda: itertools.islice(iter(self), n, None), length)

    def enumerate(self, start: int = 0, name: str | None = None) -> Dataset:
        """Return pairs of a number and a row."""

        def walk() -> Iterator[object]:
            for k, row in zip(itertools.count(start), self, strict=False):
                yield EagerTensor(np.asarray(k, np.int64)), row

        return Dataset(walk, self._length)

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """Return the rows of this data set, then those of another."""
        both = self._length, dataset._length
        length = min(both) if min(both) < 0 else sum(both)
        return Dataset(lambda: itertools.chain(self, dataset), length)

    def unbatch(self, name: str | None = None) -> Dataset:
        """Return the rows that were stacked."""

        def walk() -> Iterator[object]:
            for row in self:
                yield from Dataset.from_tensor_slices(row)

        return Dataset(walk, UNKNOWN_CARDINALITY)

    def reduce(
        self, initial_state: object, reduce_func: Callable[..., object], name: str | None = None
    ) -> object:
        """Return what a function makes of a state and each row in turn."""
        state = _nest(convert, initial_state)
        for row in self:
            state = _nest(convert, reduce_func(state, row))
        return state

    def prefetch(self, buffer_size: object, name: str | None = None) -> Dataset:
        """Return the same rows."""
        return self

    def cache(self, filename: str = "", name: str | None = None) -> Dataset:
        """Return the same rows, which are kept after the first walk."""
        kept: list[object] = []

        def walk() -> Iterator[object]:
            if not kept:
                kept.extend(self)
            return iter(kept)

        return Dataset(walk, self._length)

    def as_numpy_iterator(self) -> Iterator[object]:
        """Return the rows with NumPy arrays in the place of tensors."""
        return (_nest(lambda leaf: leaf.numpy(), row) for row in self)  # type: ignore[attr-defined]


def _row(i: int, leaf: object) -> EagerTensor:
    return convert(leaf)[i]


def _first_axis(leaf: object) -> int:
    array = convert(leaf)._array
    if not array.ndim:
        raise ValueError("Unbatching a tensor is only supported for rank >= 1")
    return int(array.shape[0])


def _times(length: int, count: int) -> int:
    return length if length < 0 else length * count


def _stacked(rows: list[object]) -> object:
    first = rows[0]
    if isinstance(first, tuple):
        return tuple(_stacked([row[i] for row in rows]) for i in range(len(first)))  # type: ignore[index]
    if isinstance(first, dict):
        return {key: _stacked([row[key] for row in rows]) for key in first}  # type: ignore[index]
    return shapes.stack(rows)


def _call(function: Callable[..., object], row: object) -> object:
    with unseen(quiet=Refusal):
        return function(*row) if isinstance(row, tuple) else function(row)


def _applied(function: Callable[..., object], row: object) -> object:
    found = _call(function, row)
    found = tuple(found) if isinstance(found, list) else found
    return _nest(lambda leaf: leaf if isinstance(leaf, Valued) else convert(leaf), found)


class _Words:
    """Random words one at a time, in groups of four from a stream."""

    def __init__(self, seed: int, seed2: int) -> None:
        self._stream = Stream.stateful(seed, seed2)
        self._left: list[int] = []

    def next(self) -> int:
        """Return the next word."""
        if not self._left:
            self._left = self._stream.peek(4)[0].tolist()
            self._stream.skip(1)
        return int(self._left.pop(0))


def _shuffled(rows: Iterator[object], size: int, words: _Words) -> Iterator[object]:
    """Draw rows as TensorFlow's kernel does, from a ring in which drawn rows lie at the start."""
    ring = list(itertools.islice(rows, size))
    length, start, end = len(ring), 0, len(ring)
    while start < end:
        index = (start + words.next() % (end - start)) % length
        chosen = ring[index]
        ring[index] = ring[start % length]
        start += 1
        yield chosen
        for row in itertools.islice(rows, 1):
            ring[end % length] = row
            end += 1
