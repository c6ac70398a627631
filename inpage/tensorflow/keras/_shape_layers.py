"""Layers that arrange or join, and change no element."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _elementwise as ops
from .. import _reductions as reductions
from .. import _shapes as shapes
from .._absent import refuse
from .._convert import convert
from ._layer import InputSpec, Layer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._tensor import EagerTensor
    from ._serial import Config


class Reshape(Layer):
    """Another shape for each example; -1 stands for the size that fits."""

    __module__ = "keras.src.layers.reshaping.reshape"

    def __init__(self, target_shape: Sequence[int] | int, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.target_shape = (
            (target_shape,) if isinstance(target_shape, int) else tuple(target_shape)
        )

    def build(self, input_shape: object = None) -> None:
        """Check that each example has the right number of elements."""
        sizes: tuple[Any, ...] = tuple(input_shape)[1:]  # type: ignore[arg-type]
        known = None not in sizes and -1 not in self.target_shape
        if known and math.prod(sizes) != math.prod(self.target_shape):
            raise ValueError(
                "The total size of the tensor must be unchanged. Received: "
                f"input_shape={sizes}, target_shape={self.target_shape}"
            )
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        return shapes.reshape(inputs, (convert(inputs)._array.shape[0], *self.target_shape))

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "target_shape": self.target_shape}


class Flatten(Layer):
    """Each example in one row."""

    __module__ = "keras.src.layers.reshaping.flatten"

    def __init__(self, data_format: str | None = None, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        refuse(
            "tf.keras.layers.Flatten",
            data_format=(None if data_format == "channels_last" else data_format, None),
        )
        self.data_format = "channels_last"
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        sizes = convert(inputs)._array.shape
        return shapes.reshape(inputs, (sizes[0], math.prod(sizes[1:])))

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "data_format": self.data_format}


class Permute(Layer):
    """The axes of each example in another order, counted from 1."""

    __module__ = "keras.src.layers.reshaping.permute"

    def __init__(self, dims: Sequence[int], **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.dims = tuple(dims)
        if sorted(dims) != list(range(1, len(dims) + 1)):
            raise ValueError(
                "Invalid permutation argument `dims` for Permute Layer. The set of indices in "
                f"`dims` must be consecutive and start from 1. Received dims={dims}"
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        return shapes.transpose(inputs, (0, *self.dims))

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """Each row `n` times."""

    __module__ = "keras.src.layers.reshaping.repeat_vector"

    def __init__(self, n: int, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        if not isinstance(n, int):
            raise TypeError(f"Expected an integer value for `n`, got {type(n)}.")
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        rows, columns = convert(inputs)._array.shape
        return shapes.broadcast_to(shapes.expand_dims(inputs, 1), (rows, self.n, columns))

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "n": self.n}


class _Merge(Layer):
    """A layer that makes one tensor of several."""

    __module__ = "keras.src.layers.merging.base_merge"

    def build(self, input_shape: object = None) -> None:
        """Check that there is something to join."""
        if not isinstance(input_shape, (list, tuple)) or not isinstance(
            input_shape[0], (list, tuple)
        ):
            raise ValueError(
                "A merge layer should be called on a list of inputs. Received: "
                f"input_shape={input_shape} (not a list of shapes)"
            )
        if len(input_shape) < 1:
            raise ValueError("A merge layer should be called on a list of at least 1 input.")
        self.built = True

    def call(self, inputs: list[object]) -> object:  # type: ignore[override]
        """Return the output."""
        return self._merged([convert(each) for each in inputs])

    def _merged(self, tensors: list[EagerTensor]) -> EagerTensor:
        total = tensors[0]
        for each in tensors[1:]:
            total = self._pair(total, each)
        return total

    def _pair(self, x: EagerTensor, y: EagerTensor) -> EagerTensor:
        raise NotImplementedError


class Add(_Merge):
    """The sum."""

    __module__ = "keras.src.layers.merging.add"

    def _pair(self, x: EagerTensor, y: EagerTensor) -> EagerTensor:
        return ops.add(x, y)


class Subtract(_Merge):
    """The difference of two."""

    __module__ = "keras.src.layers.merging.subtract"

    def build(self, input_shape: object = None) -> None:
        """Check that there are two."""
        super().build(input_shape)
        if len(input_shape) != 2:  # type: ignore[arg-type]
            raise ValueError(
                "A `Subtract` layer should be called on exactly 2 inputs. Received: "
                f"input_shape={input_shape}"
            )

    def _pair(self, x: EagerTensor, y: EagerTensor) -> EagerTensor:
        return ops.subtract(x, y)


class Multiply(_Merge):
    """The product."""

    __module__ = "keras.src.layers.merging.multiply"

    def _pair(self, x: EagerTensor, y: EagerTensor) -> EagerTensor:
        return ops.multiply(x, y)


class Maximum(_Merge):
    """The largest elements."""

    __module__ = "keras.src.layers.merging.maximum"

    def _pair(self, x: EagerTensor, y: EagerTensor) -> EagerTensor:
        return ops.maximum(x, y)


class Minimum(_Merge):
    """The smallest elements."""

    __module__ = "keras.src.layers.merging.minimum"

    def _pair(self, x: EagerTensor, y: EagerTensor) -> EagerTensor:
        return ops.minimum(x, y)


class Average(_Merge):
    """The mean."""

    __module__ = "keras.src.layers.merging.average"

    def _merged(self, tensors: list[EagerTensor]) -> EagerTensor:
        total = tensors[0]
        for each in tensors[1:]:
            total = ops.add(total, each)
        return total / float(len(tensors))


class Concatenate(_Merge):
    """One after the other along an axis."""

    __module__ = "keras.src.layers.merging.concatenate"

    def __init__(self, axis: int = -1, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.axis = axis

    def build(self, input_shape: object = None) -> None:
        """Check that the shapes fit."""
        super().build(input_shape)
        others = []
        for shape in input_shape:  # type: ignore[attr-defined]
            rest = list(shape)
            del rest[self.axis]
            others.append(tuple(rest))
        if len(set(others)) > 1:
            raise ValueError(
                "A `Concatenate` layer requires inputs with matching shapes except for the "
                f"concatenation axis. Received: input_shape={input_shape}"
            )

    def call(self, inputs: list[object]) -> object:  # type: ignore[override]
        """Return the output."""
        return shapes.concat(inputs, self.axis)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "axis": self.axis}


class Dot(_Merge):
    """Sums of products along an axis of each of two."""

    __module__ = "keras.src.layers.merging.dot"

    def __init__(self, axes: int, normalize: bool = False, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        refuse(
            "tf.keras.layers.Dot",
            axes=(axes if axes not in (1, -1) else 1, 1),
            normalize=(normalize, False),
        )
        self.axes, self.normalize = axes, normalize

    def _pair(self, x: EagerTensor, y: EagerTensor) -> EagerTensor:
        both = np.asarray([x._array.ndim, y._array.ndim])
        if (both != 2).any():
            refuse("tf.keras.layers.Dot", inputs=("more than two axes", None))
        return reductions.reduce_sum(x * y, -1, keepdims=True)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


class GlobalAveragePooling1D(Layer):
    """The mean over the steps of each example."""

    __module__ = "keras.src.layers.pooling.global_average_pooling1d"

    def __init__(
        self, data_format: str | None = None, keepdims: bool = False, **kwargs: object
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        refuse(
            "GlobalAveragePooling1D",
            data_format=(None if data_format == "channels_last" else data_format, None),
        )
        self.keepdims = keepdims
        self.input_spec = InputSpec(ndim=3)

    def call(self, inputs: object, mask: object = None) -> object:  # type: ignore[override]
        """Return the output."""
        refuse("GlobalAveragePooling1D.call", mask=(mask, None))
        return reductions.reduce_mean(inputs, 1, self.keepdims)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "data_format": "channels_last", "keepdims": self.keepdims}
