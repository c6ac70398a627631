"""Learning rates that change with the steps (``tf.keras.optimizers.schedules``)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ... import _elementwise as ops
from ..._absent import NotInThisPage
from ..._convert import convert
from .._serial import Config, Configurable, deserialize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..._tensor import EagerTensor


class LearningRateSchedule(Configurable):
    """Returns the learning rate of a step."""

    __module__ = "keras.src.optimizers.schedules.learning_rate_schedule"
    _keras_module = "keras.optimizers.schedules"

    def __call__(self, step: object) -> object:
        """Return the learning rate of a step."""
        raise NotImplementedError(
            f"Learning rate schedule '{type(self).__name__}' must override `__call__(self, step)`."
        )


def _real(value: object) -> EagerTensor:
    return ops.cast(convert(value), "float32")


class ExponentialDecay(LearningRateSchedule):
    """The rate is multiplied by `decay_rate` every `decay_steps` steps."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.decay_rate, self.staircase, self.name = decay_rate, staircase, name
        if decay_steps <= 0:
            raise ValueError(
                f"Argument `decay_steps` must be > 0. Received: decay_steps={decay_steps}"
            )

    def __call__(self, step: object) -> EagerTensor:
        p = _real(step) / _real(self.decay_steps)
        p = ops.floor(p) if self.staircase else p
        return self._at(p)

    def _at(self, p: EagerTensor) -> EagerTensor:
        return _real(self.initial_learning_rate) * ops.pow(_real(self.decay_rate), p)

    def get_config(self) -> Config:
        """Return the arguments that make an equal schedule."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class InverseTimeDecay(ExponentialDecay):
    """The rate is divided by ``1 + decay_rate * step / decay_steps``."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def _at(self, p: EagerTensor) -> EagerTensor:
        return _real(self.initial_learning_rate) / (1.0 + _real(self.decay_rate) * p)


class PiecewiseConstantDecay(LearningRateSchedule):
    """The rate is one of `values`, which change after the steps in `boundaries`."""

    def __init__(
        self, boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant"
    ) -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "The length of boundaries should be 1 less than the length of values. Received: "
                f"boundaries={boundaries} of length {len(boundaries)}, and values={values} of "
                f"length {len(values)}."
            )
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step: object) -> EagerTensor:
        now = float(convert(step))
        passed = sum(now > float(boundary) for boundary in self.boundaries)
        return _real(self.values[passed])

    def get_config(self) -> Config:
        """Return the arguments that make an equal schedule."""
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}


class PolynomialDecay(LearningRateSchedule):
    """The rate goes down to `end_learning_rate` along a power of the remaining steps."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        if cycle:
            raise NotInThisPage("cycle=True of PolynomialDecay")
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle = end_learning_rate, power, cycle
        self.name = name

    def __call__(self, step: object) -> EagerTensor:
        steps = _real(self.decay_steps)
        p = ops.minimum(_real(step), steps) / steps
        gap = _real(self.initial_learning_rate) - _real(self.end_learning_rate)
        return gap * ops.pow(1.0 - p, _real(self.power)) + _real(self.end_learning_rate)

    def get_config(self) -> Config:
        """Return the arguments that make an equal schedule."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }


class CosineDecay(LearningRateSchedule):
    """The rate goes down to `alpha` times its start along half a wave."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        if warmup_target is not None:
            raise NotInThisPage("warmup_target of CosineDecay")
        if decay_steps <= 0:
            raise ValueError(
                f"Argument `decay_steps` must be > 0. Received: decay_steps={decay_steps}"
            )
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.alpha, self.name, self.warmup_steps = alpha, name, warmup_steps

    def __call__(self, step: object) -> EagerTensor:
        steps = _real(self.decay_steps)
        p = ops.minimum(_real(step), steps) / steps
        wave = 0.5 * (1.0 + ops.cos(_real(math.pi) * p))
        return _real(self.initial_learning_rate) * ((1.0 - self.alpha) * wave + self.alpha)

    def get_config(self) -> Config:
        """Return the arguments that make an equal schedule."""
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": None,
            "warmup_steps": self.warmup_steps,
        }


_KINDS = (
    ExponentialDecay, InverseTimeDecay, PiecewiseConstantDecay, PolynomialDecay, CosineDecay,
)  # fmt: skip
BY_NAME = {kind.__name__: kind for kind in _KINDS}


def __getattr__(name: str) -> object:
    if name in ("CosineDecayRestarts", "deserialize", "serialize"):
        raise NotInThisPage(f"tf.keras.optimizers.schedules.{name}")
    raise AttributeError(
        f"module 'keras._tf_keras.keras.optimizers.schedules' has no attribute '{name}'"
    )


def from_config(config: object) -> object:
    """Return the schedule that a configuration stands for."""
    return deserialize("schedule", config, BY_NAME)
