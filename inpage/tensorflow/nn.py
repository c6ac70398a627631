"""``tf.nn``."""

from __future__ import annotations

import math as _math
from typing import TYPE_CHECKING

import numpy as np

from . import _elementwise as _ops
from . import _kinds as _kinds
from . import _random as _draws
from . import _reductions as _reductions
from . import _shapes as _shapes
from ._absent import missing, refuse
from ._convert import convert, dimensions
from ._elementwise import sigmoid, tanh
from ._indexing import gather as _gather
from ._indexing import in_top_k, top_k
from ._normalized import (
    l2_normalize,
    log_softmax,
    sigmoid_cross_entropy_with_logits,
    softmax,
    softmax_cross_entropy_with_logits,
    softplus,
    softsign,
    sparse_softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits,
    zero_fraction,
)

if TYPE_CHECKING:
    from ._tensor import EagerTensor

__getattr__ = missing(__name__)


def relu(features: object, name: str | None = None) -> EagerTensor:
    """Return the elements, 0 for those below 0."""
    return _ops.relu_of(features)


def relu6(features: object, name: str | None = None) -> EagerTensor:
    """Return the elements, 0 for those below 0 and 6 for those above 6."""
    return _ops.relu6_of(features)


def crelu(features: object, axis: int = -1, name: str | None = None) -> EagerTensor:
    """Return what is above 0 beside what is below it."""
    x = convert(features)
    return relu(_shapes.concat([x, _ops.negative(x)], axis))


def elu(features: object, name: str | None = None) -> EagerTensor:
    """Return the elements, ``exp(x) - 1`` for those below 0."""
    return _ops.elu_of(features)


def selu(features: object, name: str | None = None) -> EagerTensor:
    """Return a scaled `elu` that keeps mean and variance."""
    return _ops.selu_of(features)


def leaky_relu(features: object, alpha: object = 0.2, name: str | None = None) -> EagerTensor:
    """Return the elements, `alpha` times those below 0."""
    x = convert(features)
    x = _ops.cast(x, "float32") if x._dtype.is_integer else x
    _kinds.expect("LeakyRelu", x._dtype, _kinds.FLOATING)
    return _ops.where_positive(x, x, x * convert(alpha, x._dtype))


def gelu(features: object, approximate: bool = False, name: str | None = None) -> EagerTensor:
    """Return each element times the probability that a standard normal number is below it."""
    x = convert(features)
    if not x._dtype.is_floating:
        raise ValueError(
            f"`features.dtype` must be a floating point tensor.Received:features.dtype={x._dtype}"
        )
    if approximate:
        inner = 0.7978845608028654 * (x + 0.044715 * _ops.pow(x, 3))
        return 0.5 * x * (1.0 + tanh(inner))
    return 0.5 * x * (1.0 + _ops.erf(x / convert(_math.sqrt(2.0), x._dtype)))


def silu(features: object, beta: object = 1.0) -> EagerTensor:
    """Return ``features * sigmoid(beta * features)``."""
    x = convert(features)
    return x * sigmoid(x * _ops.cast(convert(beta), x._dtype))


swish = silu


def bias_add(
    value: object, bias: object, data_format: str | None = None, name: str | None = None
) -> EagerTensor:
    """Return `value` with a bias added along the last axis."""
    refuse(
        "tf.nn.bias_add",
        data_format=(None if data_format in (None, "NHWC", "N...C") else data_format, None),
    )
    x = convert(value)
    b = convert(bias, hint=x._dtype)
    if b._array.ndim != 1 or b._array.shape[0] != x._array.shape[-1]:
        raise _ops.failed(
            "BiasAdd",
            f"Must provide as many biases as the last dimension of the input tensor: {list(b._array.shape)} vs. {list(x._array.shape)}",
        )
    return x + b


def l2_loss(t: object, name: str | None = None) -> EagerTensor:
    """Return half the sum of the squares."""
    x = convert(t)
    return _reductions.reduce_sum(_ops.square(x)) * convert(0.5, x._dtype)


def moments(
    x: object, axes: object, shift: object = None, keepdims: bool = False, name: str | None = None
) -> tuple[EagerTensor, EagerTensor]:
    """Return mean and variance along the axes."""
    tensor = convert(x)
    mean = _reductions.reduce_mean(tensor, axes, keepdims=True)
    fixed = _ops.stop_gradient(mean)
    variance = _reductions.reduce_mean(_ops.squared_difference(tensor, fixed), axes, keepdims)
    return _reductions.reduce_mean(tensor, axes, keepdims), variance


def batch_normalization(
    x: object,
    mean: object,
    variance: object,
    offset: object,
    scale: object,
    variance_epsilon: float,
    name: str | None = None,
) -> EagerTensor:
    """Return ``scale * (x - mean) / sqrt(variance + variance_epsilon) + offset``."""
    tensor = convert(x)
    factor = _ops.rsqrt(convert(variance) + variance_epsilon)
    factor = factor if scale is None else factor * scale
    shift = (
        _ops.negative(convert(mean)) * factor if offset is None else convert(offset) - mean * factor
    )
    return tensor * factor + shift


def embedding_lookup(
    params: object, ids: object, max_norm: object = None, name: str | None = None
) -> EagerTensor:
    """Return the rows of a table that `ids` name."""
    refuse("tf.nn.embedding_lookup", max_norm=(max_norm, None))
    return _gather(params, ids)


def dropout(
    x: object,
    rate: float,
    noise_shape: object = None,
    seed: int | None = None,
    name: str | None = None,
) -> EagerTensor:
    """Return the elements, a share `rate` of them replaced by 0 and the rest made larger."""
    tensor = convert(x)
    if not 0 <= rate < 1:
        raise ValueError(
            f"`rate` must be a scalar tensor or a float in the range [0, 1). Received: rate={rate}"
        )
    if not tensor._dtype.is_floating:
        raise ValueError(
            f"`x.dtype` must be a floating point tensor as `x` will be scaled. Received: x.dtype={tensor._dtype}"
        )
    if not rate:
        return tensor
    shape = tensor._array.shape if noise_shape is None else dimensions(noise_shape)
    draws = _draws.uniform(shape, seed=seed, dtype=tensor._dtype)
    kept = draws._array >= np.asarray(rate, tensor._array.dtype)
    scaled = tensor * convert(1 / (1 - rate), tensor._dtype)
    return _ops.keep_where(np.broadcast_to(kept, tensor._array.shape), scaled)
