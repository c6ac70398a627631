"""Layers that behave differently in training: dropout, noise, normalization."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import _elementwise as ops
from .. import _random as draws
from .. import _reductions as reductions
from .. import _shapes as shapes
from .._absent import NotInThisPage, refuse
from .._convert import convert
from .._tensor import EagerTensor
from . import constraints, initializers, regularizers
from ._layer import InputSpec, Layer
from ._naming import EPSILON, LARGEST_SEED, draw_seed
from ._serial import Config, serialize
from ._variable import Variable

if TYPE_CHECKING:
    from collections.abc import Sequence


class SeedGenerator:
    """Returns another seed every time, from one that it began with.

    Parameters
    ----------
    seed
        The seed; Keras draws one by itself.
    owner
        The name of the layer that it belongs to.
    """

    def __init__(self, seed: int | None = None, name: str | None = None, owner: str = "") -> None:
        if seed is not None and (not isinstance(seed, int) or seed < 0):
            raise ValueError(
                f"Argument `seed` must be a non-negative integer. Received: seed={seed}"
            )
        self._init_seed = seed
        start = draw_seed() if seed is None else seed
        path = f"{owner}/seed_generator/seed_generator_state".strip("/")
        self.state = Variable(
            np.asarray([start, 0], np.uint32),
            trainable=False,
            name="seed_generator_state",
            path=path,
        )

    def next(self) -> list[int]:
        """Return the present seed and go on."""
        first, second = (int(n) for n in self.state._array)
        self.state._array = self.state._array + np.asarray([0, 1], np.uint32)
        return [n % LARGEST_SEED for n in (first, second)]


class _Random(Layer):
    """A layer with random numbers of its own."""

    def __init__(self, seed: int | None = None, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.seed = seed
        self.seed_generator = SeedGenerator(seed, owner=self.name)
        self._seed_states.append(self.seed_generator.state)
        self.built = True


class Dropout(_Random):
    """In training, a share `rate` of the elements is 0 and the others are larger."""

    __module__ = "keras.src.layers.regularization.dropout"

    def __init__(
        self,
        rate: float,
        noise_shape: Sequence[int | None] | None = None,
        seed: int | None = None,
        **kwargs: object,
    ) -> None:
        if not 0 <= rate <= 1:
            raise ValueError(
                "Invalid value received for argument `rate`. Expected a float value between 0 "
                f"and 1. Received: rate={rate}"
            )
        super().__init__(seed, **kwargs)
        self.rate, self.noise_shape = rate, noise_shape

    def call(self, inputs: object, training: bool | None = False) -> object:  # type: ignore[override]
        """Return the output."""
        x = convert(inputs)
        if not training or self.rate <= 0:
            return x
        sizes = x._array.shape
        if self.noise_shape is not None:
            sizes = tuple(
                n if m is None else m for m, n in zip(self.noise_shape, sizes, strict=True)
            )
        draw = draws.stateless_uniform(sizes, self.seed_generator.next(), dtype=x._dtype)
        kept = draw._array >= np.asarray(self.rate, x._array.dtype)
        if self.rate >= 1:
            return ops.late.indexing.where(False, x, 0.0)
        scaled = x * convert(1 / (1 - self.rate), x._dtype)
        return ops.keep_where(np.broadcast_to(kept, x._array.shape), scaled)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        own = {"rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}
        return {**super().get_config(), **own}


class GaussianNoise(_Random):
    """In training, normal numbers are added."""

    __module__ = "keras.src.layers.regularization.gaussian_noise"

    def __init__(self, stddev: float, seed: int | None = None, **kwargs: object) -> None:
        if not 0 <= stddev <= 1:
            raise ValueError(
                "Invalid value received for argument `stddev`. Expected a float value between 0 "
                f"and 1. Received: stddev={stddev}"
            )
        super().__init__(seed, **kwargs)
        self.stddev = stddev

    def call(self, inputs: object, training: bool | None = False) -> object:  # type: ignore[override]
        """Return the output."""
        x = convert(inputs)
        if not training or self.stddev <= 0:
            return x
        seed = self.seed_generator.next()
        return x + draws.stateless_normal(x._array.shape, seed, 0.0, self.stddev, x._dtype)

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}


class BatchNormalization(Layer):
    """In training, means and variances of the batch are taken out; else those met in training."""

    __module__ = "keras.src.layers.normalization.batch_normalization"

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: object = "zeros",
        gamma_initializer: object = "ones",
        moving_mean_initializer: object = "zeros",
        moving_variance_initializer: object = "ones",
        beta_regularizer: object = None,
        gamma_regularizer: object = None,
        beta_constraint: object = None,
        gamma_constraint: object = None,
        synchronized: bool = False,
        renorm: bool = False,
        renorm_clipping: object = None,
        renorm_momentum: float = 0.99,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        refuse("BatchNormalization", synchronized=(synchronized, False), renorm=(renorm, False))
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale = center, scale
        self._parts = {
            "beta": (beta_initializer, beta_regularizer, beta_constraint),
            "gamma": (gamma_initializer, gamma_regularizer, gamma_constraint),
            "moving_mean": (moving_mean_initializer, None, None),
            "moving_variance": (moving_variance_initializer, None, None),
        }
        self.gamma: Variable | None = None
        self.beta: Variable | None = None

    def build(self, input_shape: object = None) -> None:
        """Make the weights."""
        size = input_shape[self.axis]  # type: ignore[index]
        if self.scale:
            self.gamma = self._part("gamma", size)
        if self.center:
            self.beta = self._part("beta", size)
        self.moving_mean = self._part("moving_mean", size)
        self.moving_variance = self._part("moving_variance", size)
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: size})  # type: ignore[arg-type]
        self.built = True

    def _part(self, name: str, size: int) -> Variable:
        initializer, regularizer, constraint = self._parts[name]
        return self.add_weight(
            (size,),
            initializers.get(initializer),
            trainable=not name.startswith("moving"),
            regularizer=regularizers.get(regularizer),
            constraint=constraints.get(constraint),
            name=name,
        )

    def call(  # type: ignore[override]
        self, inputs: object, training: bool | None = None, mask: object = None
    ) -> object:
        """Return the output."""
        refuse("BatchNormalization.call", mask=(mask, None))
        x = convert(inputs)
        ndim = x._array.ndim
        wide = [1] * ndim
        wide[self.axis] = x._array.shape[self.axis]
        if training and self.trainable:
            axes = [i for i in range(ndim) if i != self.axis % ndim]
            mean = reductions.reduce_mean(x, axes)
            gaps = ops.squared_difference(x, ops.stop_gradient(shapes.reshape(mean, wide)))
            variance = reductions.reduce_mean(gaps, axes)
            self._remember(mean, variance)
        else:
            mean, variance = self.moving_mean._read(), self.moving_variance._read()
        return self._normalized(x, mean, variance, wide)

    def _remember(self, mean: EagerTensor, variance: EagerTensor) -> None:
        """Move the means towards those of the batch."""
        for kept, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            kind = kept._array.dtype.type
            old = kept._array * kind(self.momentum)
            kept._array = old + new._array * kind(1.0 - self.momentum)

    def _normalized(
        self, x: EagerTensor, mean: EagerTensor, variance: EagerTensor, wide: list[int]
    ) -> EagerTensor:
        factor = ops.rsqrt(shapes.reshape(variance, wide) + self.epsilon)
        if self.gamma is not None:
            factor = factor * shapes.reshape(self.gamma, wide)
        shift = ops.negative(shapes.reshape(mean, wide)) * factor
        if self.beta is not None:
            shift = shift + shapes.reshape(self.beta, wide)
        return x * factor + shift

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        parts = self._parts
        return {
            **super().get_config(),
            "axis": self.axis,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **{f"{n}_initializer": serialize(initializers.get(parts[n][0])) for n in parts},
            **{
                f"{n}_regularizer": serialize(regularizers.get(parts[n][1]))
                for n in ("beta", "gamma")
            },
            **{
                f"{n}_constraint": serialize(constraints.get(parts[n][2]))
                for n in ("beta", "gamma")
            },
            "synchronized": False,
        }


class LayerNormalization(Layer):
    """Mean and variance of each example are taken out."""

    __module__ = "keras.src.layers.normalization.layer_normalization"

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: object = "zeros",
        gamma_initializer: object = "ones",
        beta_regularizer: object = None,
        gamma_regularizer: object = None,
        beta_constraint: object = None,
        gamma_constraint: object = None,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        refuse("LayerNormalization", axis=(axis, -1))
        self.axis, self.epsilon, self.center, self.scale = axis, epsilon, center, scale
        self._parts = {
            "beta": (beta_initializer, beta_regularizer, beta_constraint),
            "gamma": (gamma_initializer, gamma_regularizer, gamma_constraint),
        }
        self.gamma: Variable | None = None
        self.beta: Variable | None = None

    def build(self, input_shape: object = None) -> None:
        """Make the weights."""
        size = input_shape[-1]  # type: ignore[index]
        for name, wanted in (("gamma", self.scale), ("beta", self.center)):
            if wanted:
                initializer, regularizer, constraint = self._parts[name]
                weight = self.add_weight(
                    (size,),
                    initializers.get(initializer),
                    regularizer=regularizer,
                    constraint=constraint,
                    name=name,
                )
                setattr(self, name, weight)
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        x = convert(inputs)
        mean = reductions.reduce_mean(x, -1, keepdims=True)
        gaps = ops.squared_difference(x, ops.stop_gradient(mean))
        factor = ops.rsqrt(reductions.reduce_mean(gaps, -1, keepdims=True) + self.epsilon)
        if self.gamma is not None:
            factor = factor * self.gamma
        shift = ops.negative(mean) * factor
        if self.beta is not None:
            shift = shift + self.beta
        return x * factor + shift

    def get_config(self) -> Config:
        """Return the arguments that make an equal layer."""
        parts = self._parts
        return {
            **super().get_config(),
            "axis": self.axis,
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **{f"{n}_initializer": serialize(initializers.get(parts[n][0])) for n in parts},
            **{f"{n}_regularizer": serialize(regularizers.get(parts[n][1])) for n in parts},
            **{f"{n}_constraint": serialize(constraints.get(parts[n][2])) for n in parts},
        }


class Normalization(Layer):
    """Means and variances that were met or given are taken out."""

    __module__ = "keras.src.layers.preprocessing.normalization"

    def __init__(
        self,
        axis: int | None = -1,
        mean: object = None,
        variance: object = None,
        invert: bool = False,
        **kwargs: object,
    ) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        refuse("Normalization", axis=(axis, -1), invert=(invert, False))
        if (mean is None) != (variance is None):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set. Received: "
                f"mean={mean} and variance={variance}"
            )
        self.axis, self._given = axis, (mean, variance)
        self._moments: tuple[np.ndarray, np.ndarray] | None = None
        if mean is not None:
            self._moments = tuple(np.asarray(convert(m)._array, np.float32) for m in self._given)  # type: ignore
            self.built = True

    @property
    def mean(self) -> EagerTensor:
        """The mean of each feature."""
        return self._moment(0)

    @property
    def variance(self) -> EagerTensor:
        """The variance of each feature."""
        return self._moment(1)

    def _moment(self, k: int) -> EagerTensor:
        if self._moments is None:
            raise AttributeError(
                f"'Normalization' object has no attribute '{('mean', 'variance')[k]}'"
            )
        if self.axis not in (-1, 1):
            raise NotInThisPage(f"The moments of Normalization with axis={self.axis!r}")
        return EagerTensor(self._moments[k].reshape(1, -1))

    def adapt(self, data: object) -> None:
        """Take means and variances from data."""
        rows = np.asarray(convert(data)._array, np.float32)
        flat = rows.reshape(-1, rows.shape[-1])
        mean = flat.mean(axis=0)
        self._moments = mean, np.square(flat - mean).mean(axis=0)
        self.built = True

    def call(self, inputs: object) -> object:  # type: ignore[override]
        """Return the output."""
        if self._moments is None:
            raise ValueError("You must call `.build(input_shape)` on the layer before using it.")
        mean, variance = self._moments
        below = np.maximum(np.sqrt(variance), np.float32(EPSILON))
        return (ops.cast(inputs, self.dtype) - EagerTensor(mean)) / EagerTensor(below)
