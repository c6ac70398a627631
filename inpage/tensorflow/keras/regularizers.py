"""Prices on the size of weights (``tf.keras.regularizers``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import _elementwise as ops
from .. import _reductions as reductions
from .._absent import missing
from ._naming import snake_case
from ._serial import Config, Configurable, deserialize

if TYPE_CHECKING:
    from .._tensor import EagerTensor

__getattr__ = missing(__name__)


class Regularizer(Configurable):
    """Returns the price of a weight."""

    __module__ = "keras.src.regularizers.regularizers"
    _keras_module = "keras.regularizers"

    def __call__(self, x: object) -> EagerTensor:
        """Return the price of `x`."""
        raise NotImplementedError


def _checked(name: str, value: float) -> float:
    if value is None or isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise ValueError(
            f"Argument `{name}` must be a non-negative float. Received: {name}={value}"
        )
    return value


class L1L2(Regularizer):
    """`l1` times the sum of the sizes plus `l2` times the sum of the squares."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = _checked("l1", l1 or 0.0), _checked("l2", l2 or 0.0)

    def __call__(self, x: object) -> EagerTensor:
        total = ops.cast(0.0, "float32")
        if self.l1:
            total = total + self.l1 * reductions.reduce_sum(ops.abs(x))
        if self.l2:
            total = total + self.l2 * reductions.reduce_sum(ops.square(x))
        return total

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {"l1": float(self.l1), "l2": float(self.l2)}


class L1(Regularizer):
    """`l1` times the sum of the sizes."""

    def __init__(self, l1: float = 0.01) -> None:
        self.l1 = _checked("l1", 0.01 if l1 is None else l1)

    def __call__(self, x: object) -> EagerTensor:
        return self.l1 * reductions.reduce_sum(ops.abs(x))

    def get_config(self) -> Config:
        """Return the arguments that make an equal object; Keras keeps this one as a tensor."""
        return {"l1": float(np.float32(self.l1))}


class L2(Regularizer):
    """`l2` times the sum of the squares."""

    def __init__(self, l2: float = 0.01) -> None:
        self.l2 = _checked("l2", 0.01 if l2 is None else l2)

    def __call__(self, x: object) -> EagerTensor:
        return self.l2 * reductions.reduce_sum(ops.square(x))

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {"l2": float(self.l2)}


l1, l2, l1_l2 = L1, L2, L1L2
_KINDS = (L1L2, L1, L2)
_BY_NAME = {kind.__name__: kind for kind in _KINDS} | {snake_case(k.__name__): k for k in _KINDS}
_BY_NAME |= {"l1_l2": L1L2}


def get(identifier: object) -> object:
    """Return the regularizer that a name, a configuration or a function stands for."""
    return None if identifier is None else deserialize("regularizer", identifier, _BY_NAME)
