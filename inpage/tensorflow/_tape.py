"""The tapes that record operations, and the walk back that finds slopes."""

from __future__ import annotations

from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

import numpy as np

from . import _late as late
from ._absent import NotInThisPage, refuse
from ._slices import IndexedSlices
from ._tensor import Array, EagerTensor, Valued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")
Slope = EagerTensor | IndexedSlices
Gradient = "Callable[[EagerTensor], Sequence[Slope | None]]"


class UnconnectedGradients(Enum):
    """What stands for the slope of a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"


class Record(NamedTuple):
    """One operation: its result, what it was given, and the slopes of its inputs.

    `gradient` takes the slope of the target by the result, and returns one by each input. It is
    made of operations too, so another tape that records them finds second derivatives.
    """

    result: EagerTensor
    inputs: Sequence[Valued]
    gradient: Callable[[EagerTensor], Sequence[Slope | None]]


_open_tapes: list[GradientTape] = []


def passed_on(slope: EagerTensor) -> tuple[Slope]:
    """Return the slope of what was only read: it may be rows of a table."""
    return (slope,)


def recording() -> bool:
    """Return whether any tape is recording."""
    return bool(_open_tapes)


def flushed(array: Array) -> Array:
    """Return an array with 0 for numbers that are too small to be normal, as kernels do."""
    if array.dtype.kind != "f" or array.dtype.itemsize < 4:  # half numbers are kept
        return array
    small = np.abs(array) < (_SMALLEST if array.dtype.itemsize == 4 else _SMALLEST_DOUBLE)
    return (
        array
        if not small.any()
        else np.where(small, np.copysign(array.dtype.type(0), array), array)
    )


_SMALLEST = np.finfo(np.float32).tiny
_SMALLEST_DOUBLE = np.finfo(np.float64).tiny


def result(
    array: Array,
    inputs: Sequence[Valued],
    gradient: Callable[[EagerTensor], Sequence[Slope | None]],
) -> EagerTensor:
    """Return an operation's result as a tensor, and tell the open tapes how it came about."""
    for each in inputs:
        if each._bfloat16:
            raise NotInThisPage("This operation on bfloat16")
    made = EagerTensor(flushed(array))
    if _open_tapes and array.dtype.kind in "fc":
        for tape in _open_tapes:
            tape._record(made, inputs, gradient)
    return made


@contextmanager
def stop_recording() -> Iterator[None]:
    """Run operations that no tape records."""
    kept = _open_tapes[:]
    _open_tapes.clear()
    try:
        yield
    finally:
        _open_tapes[:] = kept


class GradientTape:
    """Records operations, to find the slopes of their results.

    Parameters
    ----------
    persistent
        Whether slopes may be asked for more than once.
    watch_accessed_variables
        Whether trainable variables are watched as soon as they are read.
    """

    __module__ = "tensorflow.python.eager.backprop"

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self._persistent, self._watches_variables = persistent, watch_accessed_variables
        self._records: list[Record] = []
        self._tracked: set[int] = set()
        self._watched: list[Valued] = []
        self._recording = self._used = False

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._recording:
            self._stop()

    def _start(self) -> None:
        if self._recording:
            raise ValueError(
                "Tape is still recording, This can happen if you try to re-enter an "
                "already-active tape."
            )
        if not self._persistent:
            self._forget()
            self._used = False
        _open_tapes.append(self)
        self._recording = True

    def _stop(self) -> None:
        if not self._recording:
            raise ValueError("Tape is not recording.")
        _open_tapes.remove(self)
        self._recording = False

    def _forget(self) -> None:
        self._records, self._tracked, self._watched = [], set(), []

    def watch(self, tensor: object) -> None:
        """Follow a tensor, a variable or a list of them from here on."""
        for each in flatten(tensor):
            if not isinstance(each, Valued):
                raise ValueError(
                    f"Passed in object {each} of type {type(each).__name__!r}, not tf.Tensor or "
                    "tf.Variable or ExtensionType."
                )
            if each._dtype.is_floating or each._dtype.is_complex:
                self._track(each)

    def _track(self, each: Valued) -> None:
        self._tracked.add(id(each))
        self._watched.append(each)

    def watched_variables(self) -> tuple[Valued, ...]:
        """Return the variables that the tape watches, in the order in which they were read."""
        found = {id(v): v for v in self._watched if getattr(v, "_is_variable", False)}
        return tuple(found.values())

    def reset(self) -> None:
        """Forget all that is recorded."""
        if self._recording:
            self._stop()
            self._forget()
            self._start()
        else:
            self._forget()

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Run operations that this tape does not record."""
        if not self._recording:
            raise ValueError("Tape is not recording.")
        self._stop()
        try:
            yield
        finally:
            _open_tapes.append(self)
            self._recording = True

    def _record(
        self,
        made: EagerTensor,
        inputs: Sequence[Valued],
        gradient: Callable[[EagerTensor], Sequence[Slope | None]],
    ) -> None:
        tracked, hit = self._tracked, False
        for each in inputs:
            if id(each) in tracked:
                hit = True
            elif self._watches_variables and getattr(each, "_is_variable", False):
                hit = self._watch_if_trainable(each) or hit
        if hit:
            self._records.append(Record(made, inputs, gradient))
            tracked.add(id(made))

    def _watch_if_trainable(self, variable: Valued) -> bool:
        if variable.trainable:  # type: ignore[attr-defined]
            self._track(variable)
            return True
        return False

    def gradient(
        self,
        target: object,
        sources: T,
        output_gradients: object = None,
        unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
    ) -> T:
        """Return the slope of `target` by each of `sources`, in the same structure.

        A source that `target` does not depend on has the slope None, or zeros if
        `unconnected_gradients` says so. The sum of the slopes counts where there are several targets.
        """
        self._use()
        missing = UnconnectedGradients(unconnected_gradients)
        for each in flatten(sources):
            if not isinstance(each, (Valued, IndexedSlices)):
                raise _no_tensor(each)
        slopes = self._walk(target, output_gradients)
        found = map_nest(lambda each: self._found(slopes, each, missing), sources)
        if not self._persistent:
            self._records = []
        return found

    def _use(self) -> None:
        if self._used and not self._persistent:
            raise RuntimeError(
                "A non-persistent GradientTape can only be used to compute one set of gradients "
                "(or jacobians)"
            )
        self._used = True
        if self._recording and not self._persistent:
            self._stop()

    def _walk(self, target: object, output_gradients: object) -> dict[int, Slope]:
        """Return the slopes by everything on the way, by the identity of what it is."""
        slopes: dict[int, Slope] = {}
        given = flatten(output_gradients) if output_gradients is not None else None
        for k, each in enumerate(flatten(target)):
            if each is None:
                raise TypeError(
                    "Target should be a list or nested structure of Tensors or Variables to be differentiated, but recieved None."
                )
            if not isinstance(each, Valued):
                raise _no_tensor(each)
            if each._array.dtype.kind in "fc":
                _gather(slopes, each, self._seed(each, given[k] if given else None))
        with np.errstate(all="ignore"):
            for made, inputs, gradient in reversed(self._records):
                slope = slopes.get(id(made))
                if slope is not None:
                    own = slope if gradient is passed_on else dense(slope)
                    self._pass_on(slopes, inputs, gradient(own))  # type: ignore[arg-type]
        return slopes

    @staticmethod
    def _seed(target: Valued, given: object) -> EagerTensor:
        if given is None:
            return EagerTensor(np.ones_like(target._array))
        return late.ops.like(given, target)

    def _pass_on(
        self, slopes: dict[int, Slope], inputs: Sequence[Valued], parts: Sequence[Slope | None]
    ) -> None:
        for each, part in zip(inputs, parts, strict=True):
            if part is not None and id(each) in self._tracked:
                _gather(slopes, each, part)

    def _found(
        self, slopes: dict[int, Slope], source: object, missing: UnconnectedGradients
    ) -> Slope | None:
        found = slopes.get(id(source)) if id(source) in self._tracked else None
        if found is None and missing is UnconnectedGradients.ZERO and isinstance(source, Valued):
            return EagerTensor(np.zeros_like(source._array))
        return found

    def jacobian(
        self,
        target: EagerTensor,
        sources: T,
        unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> T:
        """Return the slope of each element of `target` by each element of `sources`."""
        self._use()
        missing = UnconnectedGradients(unconnected_gradients)
        if not isinstance(target, Valued):
            raise ValueError(
                f"Passed in object {target} of type {type(target).__name__!r}, not tf.Tensor or tf.Variable or ExtensionType."
            )
        shape, size = target._array.shape, target._array.size
        rows = []
        for k in range(size):
            seed = np.zeros(size, target._array.dtype)
            seed[k] = 1
            rows.append(self._walk(target, EagerTensor(seed.reshape(shape))))
        if not self._persistent:
            self._records = []
        return map_nest(lambda each: self._rows(rows, shape, each, missing), sources)

    def _rows(
        self,
        rows: list[dict[int, Slope]],
        shape: tuple[int, ...],
        source: Valued,
        missing: UnconnectedGradients,
    ) -> EagerTensor | None:
        found = [self._found(row, source, missing) for row in rows]
        kept = [dense(each) for each in found if each is not None]
        if not kept:
            return None
        return late.shapes.reshape(late.shapes.stack(kept), [*shape, *source._array.shape])

    def batch_jacobian(
        self,
        target: EagerTensor,
        source: EagerTensor,
        unconnected_gradients: UnconnectedGradients | str = UnconnectedGradients.NONE,
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> EagerTensor | None:
        """Return the jacobian of each row of `target` by the same row of `source`."""
        if target._array.shape[:1] != source._array.shape[:1]:
            raise ValueError("Need first dimension of target shape and source shape to match.")
        whole = self.jacobian(target, source, unconnected_gradients)
        if whole is None:
            return None
        rows, split = target._array.shape[0], target._array.ndim
        array: Array = np.stack([np.take(whole._array[i], i, split - 1) for i in range(rows)])
        if recording():
            raise NotInThisPage("A tape that records batch_jacobian")
        return EagerTensor(array)


def _no_tensor(given: object) -> Exception:
    """Return what TensorFlow raises for a target or a source that is no tensor."""
    if isinstance(given, str):
        return TypeError(
            f"Cannot convert the argument `type_value`: {given!r} to a TensorFlow DType."
        )
    lacks = "_id" if hasattr(given, "dtype") or isinstance(given, float) else "dtype"
    kind = type(given)
    where = f"{kind.__module__}." if kind.__module__ != "builtins" else ""
    return AttributeError(f"'{where}{kind.__name__}' object has no attribute '{lacks}'")


def _gather(slopes: dict[int, Slope], each: Valued, part: Slope) -> None:
    """Add a slope to those found so far."""
    before = slopes.get(id(each))
    if before is None:
        slopes[id(each)] = part
    elif isinstance(before, IndexedSlices) and isinstance(part, IndexedSlices):
        slopes[id(each)] = before.followed_by(part)
    else:
        slopes[id(each)] = late.ops.add(dense(before), dense(part))


def dense(slope: Slope) -> EagerTensor:
    """Return a slope as a tensor."""
    return slope.dense() if isinstance(slope, IndexedSlices) else slope


def flatten(nest: object) -> list[object]:
    """Return what is in lists, tuples and dictionaries (by sorted keys), in order."""
    if isinstance(nest, (list, tuple)):
        return [leaf for each in nest for leaf in flatten(each)]
    if isinstance(nest, dict):
        return [leaf for key in sorted(nest) for leaf in flatten(nest[key])]
    return [nest]


def map_nest(function: Callable[..., object], nest: T) -> T:
    """Return lists, tuples and dictionaries of the same structure with each leaf replaced."""
    if isinstance(nest, tuple) and hasattr(nest, "_fields"):
        return type(nest)(*(map_nest(function, each) for each in nest))
    if isinstance(nest, (list, tuple)):
        return type(nest)(map_nest(function, each) for each in nest)
    if isinstance(nest, dict):
        return {key: map_nest(function, nest[key]) for key in nest}  # type: ignore[return-value]
    return function(nest)  # type: ignore[return-value]


def custom_gradient(f: Callable[..., object] | None = None) -> object:
    """Not in this page: slopes that a function gives itself."""
    raise NotInThisPage("tf.custom_gradient")


__all__ = ["GradientTape", "UnconnectedGradients", "recording", "refuse", "result"]
