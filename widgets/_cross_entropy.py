"""Compute one loss and its gradient in three ways, each rounded as TensorFlow rounds.

Each step is rounded on its own, to 32 bits or not at all, in the order in which TensorFlow takes it
forwards and ``tf.GradientTape`` backwards. ``losses.js`` has the same functions.
"""

from __future__ import annotations

import math
from ctypes import c_float
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Round = Callable[[float], float]

_SMALLEST_NORMAL = (
    2.0**-126
)  # the smallest normal 32-bit number; TensorFlow's kernels flush what is below
_SIGMOID_IS_ONE_FROM = 16.635532  # from here on TensorFlow's 32-bit sigmoid is 1
_MAX_EXPONENT = 700.0  # math.exp raises a little further on
_EPSILON = 1e-7  # keras.config.epsilon()


@dataclass(frozen=True)
class LossAndGradient:
    """The loss of one label, and its derivative with respect to the logit."""

    loss: float
    gradient: float


def round_to_float32(value: float) -> float:
    """Return ``value`` in 32 bits: infinite if it is too large, 0 if it is subnormal."""
    rounded = c_float(value).value
    return math.copysign(0.0, rounded) if abs(rounded) < _SMALLEST_NORMAL else rounded


def sigmoid(z: float, to: Round = round_to_float32) -> float:
    """Return the sigmoid of the logit ``z``, rounded as ``tf.sigmoid`` rounds."""
    if to is round_to_float32 and z >= _SIGMOID_IS_ONE_FROM:
        return 1.0
    e = to(_exp_or_inf(to(z)))
    return to(e / to(1 + e))


def by_hand(z: float, y: int, to: Round = round_to_float32) -> LossAndGradient:
    """Return ``-log(p)`` or ``-log(1 - p)`` with ``p = 1 / (1 + exp(-z))``, and the gradient."""
    e = to(_exp_or_inf(-to(z)))
    d = to(1 + e)
    p = to(1 / d)
    chance = p if y else to(1 - p)
    slope = to(_inverse_or_inf(chance)) * (-1 if y else 1)
    back = to(slope * to(to(-1 / d) / d))  # through p = 1 / d
    return LossAndGradient(to(-_log_or_inf(chance)), -to(back * e))


def clipped(z: float, y: int, to: Round = round_to_float32) -> LossAndGradient:
    """Return the loss as Keras computes it from probabilities, which it clips first."""
    p = sigmoid(z, to)
    low, high = to(_EPSILON), to(1 - _EPSILON)
    kept = min(max(p, low), high)
    chance = kept if y else to(1 - kept)
    # Outside its limits clipping passes no gradient on.
    slope = to(1 / chance) * (-1 if y else 1) if p == kept else 0.0
    return LossAndGradient(to(-_log_or_inf(chance)), to(slope * to(p * to(1 - p))))


def fused(z: float, y: int, to: Round = round_to_float32) -> LossAndGradient:
    """Return ``max(z, 0) - z*y + log1p(exp(-|z|))``, the loss that TensorFlow takes of a logit."""
    z = to(z)
    e = to(_exp_or_inf(-abs(z)))
    share = to(to(1 / to(1 + e)) * e)  # the sigmoid of -|z|
    upper = z >= 0
    loss = to(to((z if upper else 0.0) - z * y) + to(math.log1p(e)))
    return LossAndGradient(loss, to((upper - y) + (-share if upper else share)))


LOSS_FORMS: MappingProxyType[str, Callable[..., LossAndGradient]] = MappingProxyType(
    {"hand": by_hand, "clipped": clipped, "fused": fused}
)


# Where these give infinity, as TensorFlow does, Python would raise an error.
def _exp_or_inf(value: float) -> float:
    return math.exp(value) if value < _MAX_EXPONENT else math.inf


def _log_or_inf(value: float) -> float:
    return math.log(value) if value else -math.inf


def _inverse_or_inf(value: float) -> float:
    return 1 / value if value else math.inf
