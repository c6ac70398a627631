"""The optimizers: what a step of each of them takes from a variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import initializers
from ._base import Optimizer

if TYPE_CHECKING:
    from ..._tensor import Array
    from .._serial import Config
    from .._variable import Variable


class SGD(Optimizer):
    """Steps against the slope, with momentum if wanted."""

    __module__ = "keras.src.optimizers.sgd"

    def __init__(
        self,
        learning_rate: object = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        *args: object,
        **kwargs: object,
    ) -> None:
        if not isinstance(momentum, (int, float)) or momentum < 0 or momentum > 1:
            raise ValueError("`momentum` must be a float between [0, 1].")
        super().__init__(learning_rate, *args, **kwargs)  # type: ignore[arg-type]
        self.momentum, self.nesterov = momentum, nesterov
        self._slots = ("momentum",) if momentum else ()

    def _change(self, g: Array, w: Array, rate: np.generic, states: dict[str, Variable]) -> object:
        step = g * rate
        if not self.momentum:
            return step
        share, m = w.dtype.type(self.momentum), states["momentum"]
        m._array = m._array * share - step
        return step - m._array * share if self.nesterov else -m._array

    def get_config(self) -> Config:
        """Return the arguments that make an equal optimizer."""
        own = {"momentum": self.momentum, "nesterov": self.nesterov}
        return {**super().get_config(), **own}


class Adam(Optimizer):
    """Steps of running means of slopes, divided by those of their squares (Kingma and Ba 2014)."""

    __module__ = "keras.src.optimizers.adam"
    _slots: tuple[str, ...] = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: object = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-07,
        amsgrad: bool = False,
        *args: object,
        **kwargs: object,
    ) -> None:
        super().__init__(learning_rate, *args, **kwargs)  # type: ignore[arg-type]
        self.beta_1, self.beta_2 = beta_1, beta_2
        self.epsilon, self.amsgrad = epsilon, amsgrad
        self._slots = (*self._slots, "velocity_hat") if amsgrad else self._slots

    def _change(self, g: Array, w: Array, rate: np.generic, states: dict[str, Variable]) -> object:
        kind = w.dtype.type
        step = self._steps(kind)
        one = kind(1)
        root = np.sqrt(one - np.power(kind(self.beta_2), step))
        alpha = rate * root / (one - np.power(kind(self.beta_1), step))
        m, v = states["momentum"], states["velocity"]
        m._array = m._array + (g - m._array) * kind(1 - self.beta_1)
        v._array = v._array + (g * g - v._array) * kind(1 - self.beta_2)
        squares = v._array
        if self.amsgrad:
            top = states["velocity_hat"]
            squares = top._array = np.maximum(top._array, squares)
        return m._array * alpha / (np.sqrt(squares) + kind(self.epsilon))

    def get_config(self) -> Config:
        """Return the arguments that make an equal optimizer."""
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        return {**super().get_config(), **own, "amsgrad": self.amsgrad}


class AdamW(Adam):
    """`Adam` that takes a share of the weights at every step (Loshchilov and Hutter 2017)."""

    __module__ = "keras.src.optimizers.adamw"

    def __init__(
        self,
        learning_rate: object = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-07,
        amsgrad: bool = False,
        **kwargs: object,
    ) -> None:
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs
        )
        if self.weight_decay is None:
            raise ValueError("Argument `weight_decay` must be a float. Received: weight_decay=None")


class RMSprop(Optimizer):
    """Steps against the slope, divided by the root of a running mean of its square."""

    __module__ = "keras.src.optimizers.rmsprop"

    def __init__(
        self,
        learning_rate: object = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-07,
        centered: bool = False,
        *args: object,
        **kwargs: object,
    ) -> None:
        super().__init__(learning_rate, *args, **kwargs)  # type: ignore[arg-type]
        self.rho, self.momentum = rho, momentum
        self.epsilon, self.centered = epsilon, centered
        self._slots = (
            "velocity",
            *(("momentum",) if momentum > 0 else ()),
            *(("average_gradient",) if centered else ()),
        )

    def _change(self, g: Array, w: Array, rate: np.generic, states: dict[str, Variable]) -> object:
        kind = w.dtype.type
        rho, rest, v = kind(self.rho), kind(1 - self.rho), states["velocity"]
        v._array = rho * v._array + rest * (g * g)
        below = v._array + kind(self.epsilon)
        if self.centered:
            mean = states["average_gradient"]
            mean._array = rho * mean._array + rest * g
            below = v._array - mean._array * mean._array + kind(self.epsilon)
        step = rate * g / np.sqrt(below)
        if self.momentum <= 0:
            return step
        m = states["momentum"]
        m._array = kind(self.momentum) * m._array + step
        return m._array

    def get_config(self) -> Config:
        """Return the arguments that make an equal optimizer."""
        own = {"rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon}
        return {**super().get_config(), **own, "centered": self.centered}


class Adagrad(Optimizer):
    """Steps against the slope, divided by the root of the sum of its squares so far."""

    __module__ = "keras.src.optimizers.adagrad"
    _slots = ("accumulator",)

    def __init__(
        self,
        learning_rate: object = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-07,
        *args: object,
        **kwargs: object,
    ) -> None:
        super().__init__(learning_rate, *args, **kwargs)  # type: ignore[arg-type]
        self.initial_accumulator_value, self.epsilon = initial_accumulator_value, epsilon

    def _slot_start(self, slot: str) -> initializers.Initializer:
        return initializers.Constant(self.initial_accumulator_value)

    def _change(self, g: Array, w: Array, rate: np.generic, states: dict[str, Variable]) -> object:
        total = states["accumulator"]
        total._array = total._array + g * g
        return rate * g / np.sqrt(total._array + w.dtype.type(self.epsilon))

    def get_config(self) -> Config:
        """Return the arguments that make an equal optimizer."""
        own = {"initial_accumulator_value": self.initial_accumulator_value, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


class Adadelta(Optimizer):
    """Steps whose unit is that of the variable (Zeiler 2012)."""

    __module__ = "keras.src.optimizers.adadelta"
    _slots = ("accumulated_grad", "accumulated_delta_var")

    def __init__(
        self,
        learning_rate: object = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-07,
        *args: object,
        **kwargs: object,
    ) -> None:
        super().__init__(learning_rate, *args, **kwargs)  # type: ignore[arg-type]
        self.rho, self.epsilon = rho, epsilon

    def _change(self, g: Array, w: Array, rate: np.generic, states: dict[str, Variable]) -> object:
        kind = w.dtype.type
        rho, rest, tiny = kind(self.rho), kind(1 - self.rho), kind(self.epsilon)
        squares, steps = states["accumulated_grad"], states["accumulated_delta_var"]
        squares._array = rho * squares._array + rest * (g * g)
        step = np.sqrt(steps._array + tiny) * g / np.sqrt(squares._array + tiny)
        steps._array = rho * steps._array + rest * (step * step)
        return rate * step

    def get_config(self) -> Config:
        """Return the arguments that make an equal optimizer."""
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}


class Adamax(Optimizer):
    """`Adam` with the largest slope so far in the place of the mean square."""

    __module__ = "keras.src.optimizers.adamax"
    _slots = ("momentum", "norm")

    def __init__(
        self,
        learning_rate: object = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-07,
        *args: object,
        **kwargs: object,
    ) -> None:
        super().__init__(learning_rate, *args, **kwargs)  # type: ignore[arg-type]
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def _change(self, g: Array, w: Array, rate: np.generic, states: dict[str, Variable]) -> object:
        kind = w.dtype.type
        m, top = states["momentum"], states["norm"]
        m._array = m._array + (g - m._array) * kind(1 - self.beta_1)
        top._array = np.maximum(kind(self.beta_2) * top._array, np.abs(g))
        share = kind(1) - np.power(kind(self.beta_1), self._steps(kind))
        return rate * m._array / (share * (top._array + kind(self.epsilon)))

    def get_config(self) -> Config:
        """Return the arguments that make an equal optimizer."""
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        return {**super().get_config(), **own}


KINDS = (SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, Adamax)
