"""What models are made of (``tf.keras.layers``)."""

from .._absent import missing
from ._chance_layers import (
    BatchNormalization,
    Dropout,
    GaussianNoise,
    LayerNormalization,
    Normalization,
)
from ._core_layers import (
    ELU,
    Activation,
    Dense,
    Embedding,
    Identity,
    Input,
    InputLayer,
    Lambda,
    LeakyReLU,
    ReLU,
    Rescaling,
    Softmax,
)
from ._layer import InputSpec, Layer
from ._shape_layers import (
    Add,
    Average,
    Concatenate,
    Dot,
    Flatten,
    GlobalAveragePooling1D,
    Maximum,
    Minimum,
    Multiply,
    Permute,
    RepeatVector,
    Reshape,
    Subtract,
)

__getattr__ = missing(__name__)

GlobalAvgPool1D = GlobalAveragePooling1D
KINDS = {
    kind.__name__: kind
    for kind in list(globals().values())
    if isinstance(kind, type) and issubclass(kind, Layer) and kind is not Layer
}
for _kind in KINDS.values():
    _kind._keras_module = "keras.layers"


def add(inputs: list[object], **kwargs: object) -> object:
    """Return the sum of tensors."""
    return Add(**kwargs)(inputs)  # type: ignore[arg-type]


def subtract(inputs: list[object], **kwargs: object) -> object:
    """Return the difference of two tensors."""
    return Subtract(**kwargs)(inputs)  # type: ignore[arg-type]


def multiply(inputs: list[object], **kwargs: object) -> object:
    """Return the product of tensors."""
    return Multiply(**kwargs)(inputs)  # type: ignore[arg-type]


def average(inputs: list[object], **kwargs: object) -> object:
    """Return the mean of tensors."""
    return Average(**kwargs)(inputs)  # type: ignore[arg-type]


def maximum(inputs: list[object], **kwargs: object) -> object:
    """Return the largest elements of tensors."""
    return Maximum(**kwargs)(inputs)  # type: ignore[arg-type]


def minimum(inputs: list[object], **kwargs: object) -> object:
    """Return the smallest elements of tensors."""
    return Minimum(**kwargs)(inputs)  # type: ignore[arg-type]


def concatenate(inputs: list[object], axis: int = -1, **kwargs: object) -> object:
    """Return tensors one after the other."""
    return Concatenate(axis=axis, **kwargs)(inputs)
