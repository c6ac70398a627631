"""Limits that weights are brought back to (``tf.keras.constraints``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _elementwise as ops
from .. import _reductions as reductions
from .._absent import missing
from ._naming import EPSILON, snake_case
from ._serial import Config, Configurable, deserialize

if TYPE_CHECKING:
    from .._tensor import EagerTensor

__getattr__ = missing(__name__)


class Constraint(Configurable):
    """Returns a weight within its limits."""

    __module__ = "keras.src.constraints.constraints"
    _keras_module = "keras.constraints"

    def __call__(self, w: object) -> EagerTensor:
        """Return `w` within its limits."""
        raise NotImplementedError


class NonNeg(Constraint):
    """No element is below 0."""

    def __call__(self, w: object) -> EagerTensor:
        return ops.maximum(w, 0.0)


class MaxNorm(Constraint):
    """No vector along `axis` is longer than `max_value`."""

    def __init__(self, max_value: float = 2, axis: int = 0) -> None:
        self.max_value, self.axis = max_value, axis

    def __call__(self, w: object) -> EagerTensor:
        lengths = ops.sqrt(reductions.reduce_sum(ops.square(w), self.axis, keepdims=True))
        wanted = ops.clip_by_value(lengths, 0.0, float(self.max_value))
        return ops.multiply(w, wanted / (EPSILON + lengths))

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {"max_value": self.max_value, "axis": self.axis}


class UnitNorm(Constraint):
    """Every vector along `axis` has length 1."""

    def __init__(self, axis: int = 0) -> None:
        self.axis = axis

    def __call__(self, w: object) -> EagerTensor:
        lengths = ops.sqrt(reductions.reduce_sum(ops.square(w), self.axis, keepdims=True))
        return ops.divide(w, lengths + EPSILON)

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {"axis": self.axis}


non_neg, max_norm, unit_norm = NonNeg, MaxNorm, UnitNorm
_KINDS = (NonNeg, MaxNorm, UnitNorm)
_BY_NAME = {kind.__name__: kind for kind in _KINDS} | {snake_case(k.__name__): k for k in _KINDS}


def get(identifier: object) -> object:
    """Return the constraint that a name, a configuration or a function stands for."""
    return None if identifier is None else deserialize("constraint", identifier, _BY_NAME)
