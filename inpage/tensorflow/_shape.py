"""The shapes of tensors (``tf.TensorShape``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, SupportsIndex, overload

from ._absent import missing_attribute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Dimensions = tuple[int | None, ...]


class TensorShape:
    """The shape of a tensor: a size for each axis, None where it is not known.

    Parameters
    ----------
    dims
        The sizes; None if not even their number is known.
    """

    __module__ = "tensorflow.python.framework.tensor_shape"

    def __init__(self, dims: Iterable[SupportsIndex | None] | SupportsIndex | None) -> None:
        if isinstance(dims, TensorShape):
            self._dims: Dimensions | None = dims._dims
        elif dims is None:
            self._dims = None
        else:
            sizes = [dims] if hasattr(dims, "__index__") else dims
            self._dims = tuple(None if n is None else n.__index__() for n in sizes)

    @property
    def _known(self) -> Dimensions:
        if self._dims is None:
            raise ValueError("Cannot take the length of shape with unknown rank.")
        return self._dims

    @property
    def rank(self) -> int | None:
        """The number of axes."""
        return None if self._dims is None else len(self._dims)

    ndims = rank

    @property
    def dims(self) -> list[int | None] | None:
        """The sizes as a list."""
        return None if self._dims is None else list(self._dims)

    def as_list(self) -> list[int | None]:
        """Return the sizes as a list."""
        if self._dims is None:
            raise ValueError("as_list() is not defined on an unknown TensorShape.")
        return list(self._dims)

    def num_elements(self) -> int | None:
        """Return the number of elements, None if it is not known."""
        if not self.is_fully_defined():
            return None
        total = 1
        for size in self._known:
            total *= size or 0
        return total

    def is_fully_defined(self) -> bool:
        """Return whether every size is known."""
        return self._dims is not None and None not in self._dims

    def is_compatible_with(self, other: Iterable[SupportsIndex | None]) -> bool:
        """Return whether some tensor can have both shapes."""
        theirs = TensorShape(other)
        if self._dims is None or theirs._dims is None:
            return True
        return len(self._dims) == len(theirs._dims) and all(
            a is None or b is None or a == b for a, b in zip(self._dims, theirs._dims, strict=True)
        )

    def assert_is_compatible_with(self, other: Iterable[SupportsIndex | None]) -> None:
        """Raise ValueError unless some tensor can have both shapes."""
        if not self.is_compatible_with(other):
            raise ValueError(f"Shapes {self} and {TensorShape(other)} are incompatible")

    def concatenate(self, other: Iterable[SupportsIndex | None]) -> TensorShape:
        """Return this shape followed by `other`."""
        return TensorShape(self._known + TensorShape(other)._known)

    def __getattr__(self, name: str) -> object:
        text = f"'TensorShape' object has no attribute '{name}'"
        raise missing_attribute("tf.TensorShape", name, text)

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[int | None]:
        return iter(self._known)

    @overload
    def __getitem__(self, key: int) -> int | None: ...
    @overload
    def __getitem__(self, key: slice) -> TensorShape: ...
    def __getitem__(self, key: int | slice) -> int | TensorShape | None:
        if isinstance(key, slice):
            return TensorShape(self._known[key])
        return self._known[key]

    def __eq__(self, other: object) -> bool:
        try:
            return self._dims == TensorShape(other)._dims  # type: ignore[arg-type]
        except (TypeError, AttributeError):
            return NotImplemented

    def __hash__(self) -> int:
        return hash(self._dims)

    def __add__(self, other: Iterable[SupportsIndex | None]) -> TensorShape:
        return self.concatenate(other)

    def __radd__(self, other: Iterable[SupportsIndex | None]) -> TensorShape:
        return TensorShape(other).concatenate(self)

    def __bool__(self) -> bool:
        return self._dims is not None

    def __str__(self) -> str:
        if self._dims is None:
            return "<unknown>"
        return str(self._dims)

    def __repr__(self) -> str:
        if self._dims is None:
            return "TensorShape(None)"
        return f"TensorShape([{', '.join(str(size) for size in self._dims)}])"

    def __reduce__(self) -> tuple[object, ...]:
        return TensorShape, (self._dims,)


def brackets(shape: Iterable[int | None]) -> str:
    """Write a shape as kernels write it: ``[2,3]``."""
    return f"[{','.join(str(size) for size in shape)}]"
