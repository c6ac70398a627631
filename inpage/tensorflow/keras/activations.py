"""Functions between layers (``tf.keras.activations``).

`softmax` and `sigmoid` remember the logits they were given, as Keras does: its losses use them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _elementwise as ops
from .. import _normalized as normalized
from .. import nn
from .._absent import missing
from .._convert import convert
from ._serial import deserialize as _made
from ._symbolic import symbolic

if TYPE_CHECKING:
    from collections.abc import Callable

    from .._tensor import EagerTensor

__getattr__ = missing(__name__)


@symbolic
def linear(x: object) -> object:
    """Return `x`."""
    return x


@symbolic
def relu(
    x: object, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> EagerTensor:
    """Return the elements above 0; others are 0 or `negative_slope` times what they are."""
    tensor = _real(x)
    if not negative_slope and max_value is None and not threshold:
        return ops.relu_of(tensor)
    if not threshold and negative_slope and max_value is None:
        return nn.leaky_relu(tensor, negative_slope)
    if max_value == 6 and not threshold and not negative_slope:
        return ops.relu6_of(tensor)
    above = ops.greater(tensor, threshold)
    below = negative_slope * (tensor - threshold)
    found = ops.late.indexing.where(above, tensor, below)
    # + 0.0 makes a zero of -0.0, as TensorFlow's clipping does
    return found if max_value is None else ops.minimum(found, max_value) + 0.0


def _real(x: object) -> EagerTensor:
    tensor = convert(x)
    return ops.cast(tensor, "float32") if tensor._dtype.is_integer else tensor


@symbolic
def softmax(x: object, axis: int | tuple[int, ...] = -1) -> EagerTensor:
    """Return probabilities that are proportional to the exponentials."""
    logits = _real(x)
    found = normalized.softmax(logits, axis=axis)
    found._keras_logits = logits  # type: ignore[attr-defined]
    return found


@symbolic
def sigmoid(x: object) -> EagerTensor:
    """Return ``1 / (1 + exp(-x))``."""
    logits = _real(x)
    found = ops.sigmoid(logits)
    found._keras_logits = logits  # type: ignore[attr-defined]
    return found


@symbolic
def log_softmax(x: object, axis: int = -1) -> EagerTensor:
    """Return the logarithms of the softmax."""
    return normalized.log_softmax(_real(x), axis=axis)


@symbolic
def log_sigmoid(x: object) -> EagerTensor:
    """Return the logarithm of the sigmoid."""
    return normalized.log_sigmoid(_real(x))


@symbolic
def tanh(x: object) -> EagerTensor:
    """Return the hyperbolic tangent."""
    return ops.tanh(_real(x))


@symbolic
def softplus(x: object) -> EagerTensor:
    """Return ``log(1 + exp(x))``."""
    return ops.softplus_of(_real(x))


@symbolic
def softsign(x: object) -> EagerTensor:
    """Return ``x / (1 + abs(x))``."""
    return ops.softsign_of(_real(x))


@symbolic
def exponential(x: object) -> EagerTensor:
    """Return ``exp(x)``."""
    return ops.exp(_real(x))


@symbolic
def elu(x: object, alpha: float = 1.0) -> EagerTensor:
    """Return the elements, ``alpha * (exp(x) - 1)`` for those below 0."""
    tensor = _real(x)
    found = ops.elu_of(tensor)
    return found if alpha == 1 else ops.where_positive(tensor, found, alpha * found)


@symbolic
def selu(x: object) -> EagerTensor:
    """Return a scaled `elu` that keeps mean and variance."""
    return ops.selu_of(_real(x))


@symbolic
def gelu(x: object, approximate: bool = False) -> EagerTensor:
    """Return each element times the probability that a standard normal number is below it."""
    return nn.gelu(_real(x), approximate)


@symbolic
def silu(x: object) -> EagerTensor:
    """Return ``x * sigmoid(x)``."""
    return nn.silu(_real(x))


swish = silu


@symbolic
def leaky_relu(x: object, negative_slope: float = 0.2) -> EagerTensor:
    """Return the elements, `negative_slope` times those below 0."""
    return nn.leaky_relu(_real(x), negative_slope)


@symbolic
def relu6(x: object) -> EagerTensor:
    """Return the elements, 0 for those below 0 and 6 for those above 6."""
    return ops.relu6_of(_real(x))


@symbolic
def hard_sigmoid(x: object) -> EagerTensor:
    """Return ``x / 6 + 0.5``, cut off at 0 and 1."""
    return ops.relu6_of(_real(x) + 3.0) / 6.0


@symbolic
def hard_silu(x: object) -> EagerTensor:
    """Return ``x`` times its `hard_sigmoid`."""
    tensor = _real(x)
    return tensor * (ops.relu6_of(tensor + 3.0) / 6.0)


hard_swish = hard_silu


@symbolic
def mish(x: object) -> EagerTensor:
    """Return ``x * tanh(softplus(x))``."""
    tensor = _real(x)
    return tensor * ops.tanh(ops.softplus_of(tensor))


_ALL = {
    f.__name__: f
    for f in (
        linear, relu, softmax, sigmoid, log_softmax, log_sigmoid, tanh, softplus, softsign,
        exponential, elu, selu, gelu, silu, leaky_relu, relu6, hard_sigmoid, hard_silu, mish,
    )
}  # fmt: skip
_ALL |= {"swish": silu, "hard_swish": hard_silu}


def get(identifier: object) -> Callable[..., object]:
    """Return the function that a name or a function stands for; None stands for `linear`."""
    if identifier is None:
        return linear
    return _made("activation function", identifier, _ALL)  # type: ignore[return-value]


def serialize(activation: Callable[..., object]) -> object:
    """Return how a function is written down."""
    return activation.__name__
