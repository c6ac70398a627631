"""First values of weights (``tf.keras.initializers``), bit for bit those of Keras."""

from __future__ import annotations

import math

import numpy as np

from .. import _elementwise as ops
from .. import _random as draws
from .._absent import missing, refuse
from .._convert import convert, dimensions
from .._dtypes import as_dtype
from .._tensor import EagerTensor
from ._naming import FLOAT, LARGEST_SEED, draw_seed, snake_case
from ._serial import Config, Configurable, deserialize, serialize

__getattr__ = missing(__name__)

_TRUNCATED = 0.87962566103423978  # standard deviation of a normal number cut off at two


class Initializer(Configurable):
    """Makes the first value of a weight."""

    __module__ = "keras.src.initializers.initializer"
    _keras_module = "keras.initializers"

    def __call__(self, shape: object, dtype: object = None) -> EagerTensor:
        """Return a value of a shape and a type."""
        raise NotImplementedError("Initializer subclasses must implement the `__call__()` method.")


def _kind(dtype: object) -> object:
    return FLOAT if dtype is None else dtype


class Zeros(Initializer):
    """Zeros."""

    def __call__(self, shape: object, dtype: object = None) -> EagerTensor:
        return EagerTensor(np.zeros(dimensions(shape), as_dtype(_kind(dtype))._numpy))


class Ones(Initializer):
    """Ones."""

    def __call__(self, shape: object, dtype: object = None) -> EagerTensor:
        return EagerTensor(np.ones(dimensions(shape), as_dtype(_kind(dtype))._numpy))


class Constant(Initializer):
    """One number throughout."""

    def __init__(self, value: object = 0.0) -> None:
        self.value = value

    def __call__(self, shape: object, dtype: object = None) -> EagerTensor:
        value = convert(self.value)._array
        return EagerTensor(np.full(dimensions(shape), value).astype(as_dtype(_kind(dtype))._numpy))

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {"value": self.value}


class Identity(Initializer):
    """A matrix that changes nothing, times `gain`."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def __call__(self, shape: object, dtype: object = None) -> EagerTensor:
        sizes = dimensions(shape)
        if len(sizes) != 2:
            raise ValueError(
                "Identity matrix initializer can only be used for 2D matrices. Received: "
                f"shape={shape} of rank {len(sizes)}."
            )
        return EagerTensor((self.gain * np.eye(*sizes)).astype(as_dtype(_kind(dtype))._numpy))

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {"gain": self.gain}


IdentityInitializer = Identity


class RandomInitializer(Initializer):
    """Draws numbers that its seed determines; every call draws the same."""

    def __init__(self, seed: int | None = None) -> None:
        if seed is not None and not isinstance(seed, int):
            raise ValueError(
                "`seed` argument should be an instance of `keras.random.SeedGenerator()` or an "
                f"integer. Received: seed={seed}"
            )
        self._init_seed = seed
        self.seed = draw_seed() if seed is None else seed

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {"seed": self._init_seed}

    def _pair(self) -> list[int]:
        """Return the seed of a stateless operation, made small enough as Keras does."""
        return [(self.seed & 0xFFFFFFFF) % LARGEST_SEED, 0]


class RandomNormal(RandomInitializer):
    """Normal numbers."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev = mean, stddev
        super().__init__(seed)

    def __call__(self, shape: object, dtype: object = None) -> EagerTensor:
        kind = _kind(dtype)
        return draws.stateless_normal(shape, self._pair(), self.mean, self.stddev, kind)

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {**super().get_config(), "mean": self.mean, "stddev": self.stddev}


class TruncatedNormal(RandomNormal):
    """Normal numbers within two standard deviations."""

    def __call__(self, shape: object, dtype: object = None) -> EagerTensor:
        kind = _kind(dtype)
        return draws.stateless_truncated_normal(shape, self._pair(), self.mean, self.stddev, kind)


class RandomUniform(RandomInitializer):
    """Numbers from `minval` to `maxval`, all equally likely."""

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        self.minval, self.maxval = minval, maxval
        super().__init__(seed)

    def __call__(self, shape: object, dtype: object = None) -> EagerTensor:
        kind = _kind(dtype)
        return draws.stateless_uniform(shape, self._pair(), self.minval, self.maxval, kind)

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {**super().get_config(), "minval": self.minval, "maxval": self.maxval}


def _fans(shape: tuple[int, ...]) -> tuple[float, float]:
    """Return how many inputs and outputs a weight of a shape connects."""
    if len(shape) < 1:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


class VarianceScaling(RandomInitializer):
    """Numbers whose variance fits the number of inputs, outputs or both."""

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: object = None,
        output_axes: object = None,
    ) -> None:
        refuse("VarianceScaling", input_axes=(input_axes, None), output_axes=(output_axes, None))
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            allowed = ("fan_in", "fan_out", "fan_avg")
            raise ValueError(f"Invalid `mode` argument: {mode}. Please use one of {allowed}")
        distribution = distribution.lower()
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if distribution not in ("uniform", "truncated_normal", "untruncated_normal"):
            allowed = ("uniform", "truncated_normal", "untruncated_normal")
            raise ValueError(
                f"Invalid `distribution` argument: {distribution}.Please use one of {allowed}"
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        super().__init__(seed)

    def __call__(self, shape: object, dtype: object = None) -> EagerTensor:
        fan_in, fan_out = _fans(dimensions(shape))
        by = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}[self.mode]
        scale, kind, seed = self.scale / max(1.0, by), _kind(dtype), self._pair()
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * scale)
            return draws.stateless_uniform(shape, seed, -limit, limit, kind)
        if self.distribution == "untruncated_normal":
            return draws.stateless_normal(shape, seed, 0.0, math.sqrt(scale), kind)
        stddev = math.sqrt(scale) / _TRUNCATED
        return draws.stateless_truncated_normal(shape, seed, 0.0, stddev, kind)

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        own = {"scale": self.scale, "mode": self.mode, "distribution": self.distribution}
        return {**super().get_config(), **own, "input_axes": None, "output_axes": None}


class _Named(VarianceScaling):
    """A `VarianceScaling` with a name of its own."""

    _scaling: tuple[float, str, str]

    def __init__(
        self, seed: int | None = None, input_axes: object = None, output_axes: object = None
    ) -> None:
        super().__init__(*self._scaling, seed, input_axes, output_axes)

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {"seed": self._init_seed, "input_axes": None, "output_axes": None}


class GlorotUniform(_Named):
    """Uniform numbers for inputs and outputs alike (Glorot and Bengio 2010)."""

    _scaling = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Named):
    """Normal numbers for inputs and outputs alike."""

    _scaling = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Named):
    """Uniform numbers for inputs before a ReLU (He and others 2015)."""

    _scaling = (2.0, "fan_in", "uniform")


class HeNormal(_Named):
    """Normal numbers for inputs before a ReLU."""

    _scaling = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Named):
    """Uniform numbers for inputs."""

    _scaling = (1.0, "fan_in", "uniform")


class LecunNormal(_Named):
    """Normal numbers for inputs."""

    _scaling = (1.0, "fan_in", "truncated_normal")


class Orthogonal(RandomInitializer):
    """A matrix whose rows or columns are orthogonal, times `gain`."""

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain = gain
        super().__init__(seed)

    def __call__(self, shape: object, dtype: object = None) -> EagerTensor:
        sizes = dimensions(shape)
        if len(sizes) < 2:
            raise ValueError(
                "The tensor to initialize must be at least two-dimensional. Received: "
                f"shape={shape} of rank {len(sizes)}."
            )
        rows, columns = math.prod(sizes[:-1]), sizes[-1]
        flat = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(draws.stateless_normal(flat, self._pair(), dtype=_kind(dtype))._array)
        q = q * np.sign(np.diag(r))
        q = q.T if rows < columns else q
        return ops.multiply(self.gain, EagerTensor(np.ascontiguousarray(q).reshape(sizes)))

    def get_config(self) -> Config:
        """Return the arguments that make an equal object."""
        return {**super().get_config(), "gain": self.gain}


OrthogonalInitializer = Orthogonal
_KINDS = (
    Zeros, Ones, Constant, Identity, RandomNormal, TruncatedNormal, RandomUniform, VarianceScaling,
    GlorotUniform, GlorotNormal, HeUniform, HeNormal, LecunUniform, LecunNormal, Orthogonal,
)  # fmt: skip
_BY_NAME = {kind.__name__: kind for kind in _KINDS} | {snake_case(k.__name__): k for k in _KINDS}
_BY_NAME |= {"uniform": RandomUniform, "normal": RandomNormal, "one": Ones, "zero": Zeros}
_BY_NAME |= {"IdentityInitializer": Identity, "OrthogonalInitializer": Orthogonal}

zeros, ones, constant, identity = Zeros, Ones, Constant, Identity
random_normal, truncated_normal, random_uniform = RandomNormal, TruncatedNormal, RandomUniform
variance_scaling, orthogonal = VarianceScaling, Orthogonal
glorot_uniform, glorot_normal = GlorotUniform, GlorotNormal
he_uniform, he_normal = HeUniform, HeNormal
lecun_uniform, lecun_normal = LecunUniform, LecunNormal


def get(identifier: object) -> object:
    """Return the initializer that a name, a class, a configuration or a function stands for."""
    return None if identifier is None else deserialize("initializer", identifier, _BY_NAME)


for _one in _KINDS:
    _where = "constant" if _one in (Zeros, Ones, Constant, Identity) else "random"
    _one.__module__ = f"keras.src.initializers.{_where}_initializers"
