"""What all metrics do, and means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ... import _elementwise as ops
from ... import _reductions as reductions
from ... import _shapes as shapes
from ..._absent import missing_attribute
from ..._convert import convert
from ..._tape import stop_recording
from ..._tensor import EagerTensor
from .. import initializers
from .._naming import auto_name, dtype_name, snake_case
from .._serial import Config, Configurable
from .._tensors import as_float, squeeze_or_expand
from .._variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable


class Metric(Configurable):
    """Gathers something over batches, and returns what it comes to.

    Parameters
    ----------
    dtype
        The type to calculate in.
    name
        A name; Keras gives one by itself.
    """

    __module__ = "keras.src.metrics.metric"
    _keras_module = "keras.metrics"
    _variables: list[Variable]

    def __init__(self, dtype: object = None, name: str | None = None) -> None:
        self.name = name or auto_name(snake_case(type(self).__name__))
        self._dtype = dtype_name(dtype)
        self._own()

    def _own(self) -> list[Variable]:
        if "_variables" not in self.__dict__:
            object.__setattr__(self, "_variables", [])
        return self._variables

    @property
    def dtype(self) -> str:
        """The name of the type to calculate in."""
        return self._dtype

    @property
    def variables(self) -> list[Variable]:
        """What the metric has gathered."""
        inner = [
            v for each in vars(self).values() if isinstance(each, Metric) for v in each.variables
        ]
        return [*self._own(), *inner]

    def add_variable(
        self,
        shape: object,
        initializer: object,
        dtype: object = None,
        aggregation: str = "sum",
        name: str | None = None,
    ) -> Variable:
        """Return a new variable, which the metric gathers in."""
        own = name or auto_name("variable")
        variable = Variable(
            initializers.get(initializer),
            tuple(shape),  # type: ignore[arg-type]
            dtype or self._dtype,
            trainable=False,
            name=own,
            path=f"{self.name}/{own}",
        )
        self._own().append(variable)
        return variable

    def add_weight(
        self,
        shape: object = (),
        initializer: object = None,
        dtype: object = None,
        name: str | None = None,
    ) -> Variable:
        """Return a new variable, which the metric gathers in."""
        return self.add_variable(
            shape, "zeros" if initializer is None else initializer, dtype, name=name
        )

    def reset_state(self) -> None:
        """Forget what was gathered."""
        for variable in self.variables:
            variable._array = np.zeros_like(variable._array)

    def update_state(self, *args: object, **kwargs: object) -> object:
        """Gather from a batch."""
        raise NotImplementedError

    def result(self) -> object:
        """Return what it comes to."""
        raise NotImplementedError

    def __call__(self, *args: object, **kwargs: object) -> object:
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> Config:
        """Return the arguments that make an equal metric."""
        return {"name": self.name, "dtype": self.dtype}

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or name == "_variables":
            raise AttributeError(name)
        text = f"'{type(self).__name__}' object has no attribute '{name}'"
        raise missing_attribute("tf.keras.metrics.Metric", name, text)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} name={self.name}>"

    __str__ = __repr__


def gather(variable: Variable, change: EagerTensor) -> None:
    """Add to what was gathered."""
    variable._array = np.asarray(variable._array + change._array, variable._array.dtype)


def _by_example(
    values: object, sample_weight: object, dtype: str
) -> tuple[EagerTensor, EagerTensor | None]:
    """Return one value and one weight for each example."""
    found = as_float(values, dtype)
    mask = vars(found).get("_keras_mask")
    weights = None if sample_weight is None else as_float(sample_weight, dtype)
    if weights is not None:
        if mask is not None:
            weights = weights * ops.cast(mask, dtype)
        found, weights = squeeze_or_expand(found, weights)
        depth = weights._array.ndim
        if found._array.ndim > depth:
            found = reductions.reduce_mean(found, list(range(depth, found._array.ndim)))
        weights = shapes.broadcast_to(weights, found._array.shape)
        found = found * weights
        if depth > 1:
            weights = reductions.reduce_mean(weights, list(range(1, depth)))
    if found._array.ndim > 1:
        found = reductions.reduce_mean(found, list(range(1, found._array.ndim)))
    return found, weights


class Mean(Metric):
    """The mean of values, weighted if wanted."""

    __module__ = "keras.src.metrics.reduction_metrics"

    def __init__(self, name: str | None = "mean", dtype: object = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, values: object, sample_weight: object = None) -> None:  # type: ignore[override]
        """Gather values."""
        with stop_recording():
            found, weights = _by_example(values, sample_weight, self.dtype)
            gather(self.total, reductions.reduce_sum(found))
            if weights is not None:
                gather(self.count, reductions.reduce_sum(weights))
            else:
                n = found._array.shape[0] if found._array.ndim else 1
                gather(self.count, EagerTensor(np.asarray(n, self.dtype)))

    def result(self) -> EagerTensor:
        """Return the mean."""
        return ops.divide_no_nan(self.total, self.count)


class Sum(Metric):
    """The sum of values, weighted if wanted."""

    __module__ = "keras.src.metrics.reduction_metrics"

    def __init__(self, name: str | None = "sum", dtype: object = None) -> None:
        super().__init__(dtype, name)
        self.total = self.add_variable((), "zeros", name="total")

    def update_state(self, values: object, sample_weight: object = None) -> None:  # type: ignore[override]
        """Gather values."""
        with stop_recording():
            found = as_float(values, self.dtype)
            if sample_weight is not None:
                found, weights = squeeze_or_expand(found, as_float(sample_weight, self.dtype))
                found = found * weights
            gather(self.total, reductions.reduce_sum(found))

    def result(self) -> EagerTensor:
        """Return the sum."""
        return convert(self.total)


class MeanMetricWrapper(Mean):
    """The mean of a function of labels and predictions."""

    def __init__(
        self,
        fn: Callable[..., object],
        name: str | None = None,
        dtype: object = None,
        **kwargs: object,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", None), dtype)
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(  # type: ignore[override]
        self, y_true: object, y_pred: object, sample_weight: object = None
    ) -> None:
        """Gather from a batch of labels and predictions."""
        with stop_recording():
            values = self._fn(y_true, y_pred, **self._fn_kwargs)
            super().update_state(values, sample_weight)

    def get_config(self) -> Config:
        """Return the arguments that make an equal metric."""
        return {**super().get_config(), **self._fn_kwargs}
