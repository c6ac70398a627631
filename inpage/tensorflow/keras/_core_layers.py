"""Layers that calculate: dense layers, activations, tables, anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import _elementwise as ops
from .. import _indexing as indexing
from .. import _linear as linear
from .._absent import NotInThisPage, refuse
from .._convert import convert
from . import activations, constraints, initializers, regularizers
from ._layer import InputSpec, Layer
from ._naming import dtype_name
from ._serial import Config, serialize
from ._symbolic import KerasTensor, Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._variable import Variable

Shape = tuple[int | None, ...]


class InputLayer(Layer):
    """The place where a model's input comes in."""

    __module__ = "keras.src.layers.core.input_layer"

    def __init__(
        self,
        shape: object = None,
        batch_size: int | None = None,
        dtype: object = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: object = None,
        input_tensor: object = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(name=name)
        refuse(
            "tf.keras.Input",
            sparse=(sparse or None, None),
            ragged=(ragged or None, None),
            input_tensor=(input_tensor, None),
            optional=(optional, False),
        )
        if batch_shape is None:
            if shape is None:
                raise ValueError("You must pass a `shape` argument.")
            batch_shape = (batch_size, *_sizes(shape))
        self.batch_shape: tuple[int | None, ...] = tuple(batch_shape)  # type: ignore[arg-type]
        self._input_type = dtype_name(dtype)
        tensor = KerasTensor(self.batch_shape, self._input_type, name=name)
        node = Node(self, (), {})
        tensor._node = node
        node.outputs.append(tensor)
        self.built = True

    @property
    def dtype(self) -> str:
        """The name of the type of the input."""
        return self._input_type

    def call(self, *args: object, **kwargs: object) -> object:
        """Return the input."""
        raise NotImplementedError

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {
            "batch_shape": self.batch_shape,
            "dtype": self._input_type,
            "sparse": False,
            "ragged": False,
            "name": self.name,
            "optional": False,
        }


def _sizes(shape: object) -> Shape:
    if not isinstance(shape, (list, tuple)) and not hasattr(shape, "__iter__"):
        raise ValueError(f"Cannot convert '{shape}' to a shape.")
    return tuple(None if n is None else int(n) for n in shape)


def Input(  # noqa: N802 - Keras's name and arguments
    shape: object = None,
    batch_size: int | None = None,
    dtype: object = None,
    sparse: bool | None = None,
    batch_shape: object = None,
    name: str | None = None,
    tensor: object = None,
    optional: bool = False,
    ragged: bool | None = None,
) -> KerasTensor:
    """Return a symbolic tensor that stands for the input of a model."""
    layer = InputLayer(
        shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name
    )
    return layer.output  # type: ignore[return-value]


class Dense(Layer):
    """``activation(x @ kernel + bias)``."""

    __module__ = "keras.src.layers.core.dense"

    def __init__(
        self,
        units: int,
        activation: object = None,
        use_bias: bool = True,
        kernel_initializer: object = "glorot_uniform",
        bias_initializer: object = "zeros",
        kernel_regularizer: object = None,
        bias_regularizer: object = None,
        activity_regularizer: object = None,
        kernel_constraint: object = None,
        bias_constraint: object = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: object = None,
        **kwargs: object,
    ) -> None:
        if not isinstance(units, (int, np.integer)) or units <= 0:
            raise ValueError(
                "Received an invalid value for `units`, expected a positive integer. Received: "
                f"units={units}"
            )
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)  # type: ignore[arg-type]
        refuse(
            "tf.keras.layers.Dense",
            lora_rank=(lora_rank, None),
            quantization_config=(quantization_config, None),
        )
        self.units, self.use_bias = int(units), use_bias
        self.activation = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)
        self._kernel: Variable | None = None
        self.bias: Variable | None = None

    def build(self, input_shape: object = None) -> None:
        """Make kernel and bias for inputs of a shape."""
        size = input_shape[-1]  # type: ignore[index]
        self._kernel = self.add_weight(
            (size, self.units),
            self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
            name="kernel",
        )
        if self.use_bias:
            self.bias = self.add_weight(
                (self.units,),
                self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
                name="bias",
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: size})
        self.built = True

    @property
    def kernel(self) -> Variable:
        """The weights of the inputs, of shape ``(inputs, units)``."""
        if self._kernel is None:
            raise AttributeError("You must build the layer before accessing `kernel`.")
        return self._kernel

    def call(self, inputs: object, training: bool | None = None) -> object:  # type: ignore[override]
        """Return the output."""
        x = ops.cast(inputs, self.dtype)
        flat = x._array.ndim == 2
        x = linear.matmul(x, self.kernel) if flat else linear.tensordot(x, self.kernel, 1)
        if self.bias is not None:
            x = ops.add(x, self.bias)
        return x if self.activation is activations.linear else self.activation(x)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": serialize(self.kernel_initializer),
            "bias_initializer": serialize(self.bias_initializer),
            "kernel_regularizer": serialize(self.kernel_regularizer),
            "bias_regularizer": serialize(self.bias_regularizer),
            "kernel_constraint": serialize(self.kernel_constraint),
            "bias_constraint": serialize(self.bias_constraint),
            "quantization_config": None,
        }


class Activation(Layer):
    """A function of each element, or of rows, by name."""

    __module__ = "keras.src.layers.activations.activation"

    def __init__(self, activation: object, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.activation = activations.get(activation)
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        return self.activation(inputs)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "activation": serialize(self.activation)}


class Softmax(Layer):
    """Probabilities along an axis."""

    __module__ = "keras.src.layers.activations.softmax"

    def __init__(self, axis: int = -1, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.axis = axis
        self.built = True

    def call(self, inputs: object, mask: object = None) -> object:  # type: ignore[override]
        """Return the output."""
        refuse("Softmax.call", mask=(mask, None))
        return activations.softmax(inputs, axis=self.axis)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "axis": self.axis}


class ReLU(Layer):
    """The elements above 0."""

    __module__ = "keras.src.layers.activations.relu"

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        if max_value is not None and max_value < 0.0:
            raise ValueError(
                f"max_value of a ReLU layer cannot be a negative value. Received: max_value={max_value}"
            )
        self.max_value, self.negative_slope, self.threshold = max_value, negative_slope, threshold
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        return activations.relu(inputs, self.negative_slope, self.max_value, self.threshold)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        own = {"max_value": self.max_value, "negative_slope": self.negative_slope}
        return {**super().get_config(), **own, "threshold": self.threshold}


class LeakyReLU(Layer):
    """The elements; a share of those below 0."""

    __module__ = "keras.src.layers.activations.leaky_relu"

    def __init__(self, negative_slope: float = 0.3, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.negative_slope = negative_slope
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        return activations.leaky_relu(inputs, negative_slope=self.negative_slope)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "negative_slope": self.negative_slope}


class ELU(Layer):
    """The elements; exponentials of those below 0."""

    __module__ = "keras.src.layers.activations.elu"

    def __init__(self, alpha: float = 1.0, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.alpha = alpha
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        return activations.elu(inputs, alpha=self.alpha)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "alpha": self.alpha}


class Identity(Layer):
    """The input."""

    __module__ = "keras.src.layers.core.identity"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        return inputs


class Rescaling(Layer):
    """``inputs * scale + offset``."""

    __module__ = "keras.src.layers.preprocessing.rescaling"

    def __init__(self, scale: object, offset: object = 0.0, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.scale, self.offset = scale, offset
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        x = ops.cast(inputs, self.dtype)
        scale, offset = (ops.cast(convert(v), self.dtype) for v in (self.scale, self.offset))
        return x * scale + offset

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "scale": self.scale, "offset": self.offset}


class Lambda(Layer):
    """A function of the reader's own."""

    __module__ = "keras.src.layers.core.lambda_layer"

    def __init__(
        self,
        function: Callable[..., object],
        output_shape: object = None,
        mask: object = None,
        arguments: dict[str, object] | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        refuse("tf.keras.layers.Lambda", mask=(mask, None))
        self.function, self.arguments = function, arguments or {}
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        return self.function(inputs, **self.arguments)

    def get_config(self) -> Config:
        """Not in this page: a function cannot be written down."""
        raise NotInThisPage("Writing down a Lambda layer")


class Embedding(Layer):
    """A table of vectors, one for each whole number."""

    __module__ = "keras.src.layers.core.embedding"

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: object = "uniform",
        embeddings_regularizer: object = None,
        embeddings_constraint: object = None,
        mask_zero: bool = False,
        weights: object = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: object = None,
        **kwargs: object,
    ) -> None:
        kwargs.pop("input_length", None)
        super().__init__(**kwargs)  # type: ignore[arg-type]
        refuse(
            "tf.keras.layers.Embedding",
            mask_zero=(mask_zero, False),
            weights=(weights, None),
            lora_rank=(lora_rank, None),
        )
        self.input_dim, self.output_dim = input_dim, output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self._autocast = False

    def build(self, input_shape: object = None) -> None:
        """Make the table."""
        self.embeddings = self.add_weight(
            (self.input_dim, self.output_dim),
            self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
            name="embeddings",
        )
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        return indexing.gather(self.embeddings, ops.cast(inputs, "int32"), axis=0)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {
            **super().get_config(),
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "embeddings_initializer": serialize(self.embeddings_initializer),
            "embeddings_regularizer": serialize(self.embeddings_regularizer),
            "activity_regularizer": None,
            "embeddings_constraint": serialize(self.embeddings_constraint),
            "mask_zero": False,
        }
