"""What training makes small (``tf.keras.losses``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import _elementwise as ops
from .. import _indexing as indexing
from .. import _reductions as reductions
from .._absent import missing
from .._tape import map_nest
from .._tensor import EagerTensor
from . import _loss_functions as functions
from ._loss_functions import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    cosine_similarity,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from ._naming import auto_name, dtype_name, snake_case
from ._serial import Config, Configurable
from ._serial import deserialize as _made
from ._tensors import as_float, check_structures, squeeze_or_expand

if TYPE_CHECKING:
    from collections.abc import Callable

__getattr__ = missing(__name__)

mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kullback_leibler_divergence = kl_divergence
logcosh = log_cosh

_REDUCTIONS = {"sum_over_batch_size", "sum", None, "none", "mean", "mean_with_sample_weight"}


class Loss(Configurable):
    """A loss of a batch: losses of the examples, weighted and reduced to one number.

    Parameters
    ----------
    name
        A name; Keras gives one by itself.
    reduction
        How the losses of the examples become one: by default their mean.
    dtype
        The type to calculate in.
    """

    __module__ = "keras.src.losses.loss"
    _keras_module = "keras.losses"

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: object = None,
    ) -> None:
        if reduction not in _REDUCTIONS:
            raise ValueError(
                "Invalid value for argument `reduction`. Expected one of "
                f"{_REDUCTIONS}. Received: reduction={reduction}"
            )
        self.name = name or auto_name(snake_case(type(self).__name__))
        self.reduction, self._dtype = reduction, dtype_name(dtype)

    @property
    def dtype(self) -> str:
        """The name of the type to calculate in."""
        return self._dtype

    def __call__(self, y_true: object, y_pred: object, sample_weight: object = None) -> EagerTensor:
        if isinstance(y_true, (list, tuple)) or isinstance(y_pred, (list, tuple)):
            check_structures(y_true, y_pred)
        predictions, labels = self._converted(y_pred), self._converted(y_true)
        losses = as_float(self.call(labels, predictions), self.dtype)
        mask = vars(losses).get("_keras_mask")
        weights = None if sample_weight is None else as_float(sample_weight, self.dtype)
        return _reduced(losses, _masked(weights, mask, self.reduction), self.reduction)

    def _converted(self, given: object) -> EagerTensor:
        """Return labels or predictions as they are called with: of lists, each number by itself."""
        if isinstance(self, LossFunctionWrapper):
            return as_float(given, self.dtype)
        return map_nest(lambda each: as_float(each, self.dtype), given)  # type: ignore[return-value]

    def call(self, y_true: EagerTensor, y_pred: EagerTensor) -> object:
        """Return the losses of the examples."""
        raise NotImplementedError

    def get_config(self) -> Config:
        """Return the arguments that make an equal loss."""
        return {"name": self.name, "reduction": self.reduction}


def _masked(
    weights: EagerTensor | None, mask: EagerTensor | None, reduction: str | None
) -> EagerTensor | None:
    """Return weights of 0 where a mask says so; the others make up for it in a mean."""
    if mask is None:
        return weights
    kept = ops.cast(mask, "float32")
    if reduction in ("mean", "sum_over_batch_size"):
        total = np.float32(mask._array.size)
        share = ops.divide_no_nan(total, reductions.reduce_sum(kept))
        kept = indexing.where(mask, share, 0.0)
    if weights is None:
        return kept
    kept, weights = squeeze_or_expand(kept, weights)
    return weights * kept


def _reduced(
    losses: EagerTensor, weights: EagerTensor | None, reduction: str | None
) -> EagerTensor:
    if weights is not None:
        losses, weights = squeeze_or_expand(losses, weights)
        losses = losses * weights
    if reduction in (None, "none") or losses._array.shape in ((), (0,)):
        return losses
    total = reductions.reduce_sum(losses)
    if reduction == "sum":
        return total
    if reduction == "mean_with_sample_weight" and weights is not None:
        return ops.divide_no_nan(total, reductions.reduce_sum(weights))
    count = np.asarray(losses._array.size, losses._array.dtype)
    return ops.divide_no_nan(total, EagerTensor(count))


class LossFunctionWrapper(Loss):
    """A loss made of a function of labels and predictions."""

    __module__ = "keras.src.losses.losses"

    def __init__(
        self,
        fn: Callable[..., object],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: object = None,
        **kwargs: object,
    ) -> None:
        super().__init__(name, reduction, dtype)
        self.fn, self._fn_kwargs = fn, kwargs

    def call(self, y_true: EagerTensor, y_pred: EagerTensor) -> object:
        """Return the losses of the examples."""
        return self.fn(*squeeze_or_expand(y_true, y_pred), **self._fn_kwargs)

    def get_config(self) -> Config:
        """Return the arguments that make an equal loss."""
        return {**super().get_config(), **self._fn_kwargs}

    def __repr__(self) -> str:
        return f"<LossFunctionWrapper({self.fn}, kwargs={self._fn_kwargs})>"


class _Named(LossFunctionWrapper):
    """A loss of Keras: a function, its options and their order."""

    _function: Callable[..., object]
    _options: tuple[tuple[str, object], ...] = ()
    _default_name: str
    _order: tuple[str, ...]

    def __init__(self, *args: object, **kwargs: object) -> None:
        names = self._order
        if len(args) > len(names):
            who = f"{type(self).__name__}.__init__()"
            raise TypeError(
                f"{who} takes from 1 to {len(names) + 1} positional arguments but {len(args) + 1} were given"
            )
        given = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name not in names or name in given:
                problem = (
                    "got multiple values for argument"
                    if name in given
                    else "got an unexpected keyword argument"
                )
                raise TypeError(f"{type(self).__name__}.__init__() {problem} '{name}'")
            given[name] = value
        options = {name: given.pop(name, default) for name, default in self._options}
        given.setdefault("name", self._default_name)
        super().__init__(type(self)._function, **given, **options)  # type: ignore[arg-type]
        for name, value in options.items():
            setattr(self, name, value)


_COMMON = ("reduction", "name", "dtype")


def _loss(
    name: str,
    function: Callable[..., object],
    options: dict[str, object],
    order: tuple[str, ...] | None = None,
    default_name: str | None = None,
) -> type[_Named]:
    """Return the class of a loss."""
    return type(
        name,
        (_Named,),
        {
            "__module__": "keras.src.losses.losses",
            "__doc__": function.__doc__,
            "_function": staticmethod(function),
            "_options": tuple(options.items()),
            "_order": order or (*options, *_COMMON),
            "_default_name": default_name or snake_case(name),
        },
    )


_LOGITS: dict[str, object] = {"from_logits": False, "label_smoothing": 0.0, "axis": -1}
BinaryCrossentropy = _loss("BinaryCrossentropy", binary_crossentropy, _LOGITS)
BinaryFocalCrossentropy = _loss(
    "BinaryFocalCrossentropy",
    binary_focal_crossentropy,
    {"apply_class_balancing": False, "alpha": 0.25, "gamma": 2.0, **_LOGITS},
)
CategoricalCrossentropy = _loss("CategoricalCrossentropy", categorical_crossentropy, _LOGITS)
CategoricalFocalCrossentropy = _loss(
    "CategoricalFocalCrossentropy",
    categorical_focal_crossentropy,
    {"alpha": 0.25, "gamma": 2.0, **_LOGITS},
)
SparseCategoricalCrossentropy = _loss(
    "SparseCategoricalCrossentropy",
    sparse_categorical_crossentropy,
    {"from_logits": False, "ignore_class": None, "axis": -1},
    ("from_logits", "ignore_class", "reduction", "axis", "name", "dtype"),
)
MeanSquaredError = _loss("MeanSquaredError", mean_squared_error, {})
MeanAbsoluteError = _loss("MeanAbsoluteError", mean_absolute_error, {})
MeanAbsolutePercentageError = _loss(
    "MeanAbsolutePercentageError", mean_absolute_percentage_error, {}
)
MeanSquaredLogarithmicError = _loss(
    "MeanSquaredLogarithmicError", mean_squared_logarithmic_error, {}
)
CosineSimilarity = _loss("CosineSimilarity", cosine_similarity, {"axis": -1})
Huber = _loss("Huber", huber, {"delta": 1.0}, default_name="huber_loss")
LogCosh = _loss("LogCosh", log_cosh, {})
KLDivergence = _loss("KLDivergence", kl_divergence, {}, default_name="kl_divergence")
Poisson = _loss("Poisson", poisson, {})
Hinge = _loss("Hinge", hinge, {})
SquaredHinge = _loss("SquaredHinge", squared_hinge, {})
CategoricalHinge = _loss("CategoricalHinge", categorical_hinge, {})

KINDS = (
    BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy,
    CategoricalFocalCrossentropy, SparseCategoricalCrossentropy, MeanSquaredError,
    MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredLogarithmicError, CosineSimilarity,
    Huber, LogCosh, KLDivergence, Poisson, Hinge, SquaredHinge, CategoricalHinge,
)  # fmt: skip
_FUNCTIONS = {
    name: f for name, f in vars(functions).items()
    if callable(f) and not name.startswith("_") and getattr(f, "__module__", "") == functions.__name__
}  # fmt: skip
_BY_NAME: dict[str, Callable[..., object]] = {
    **{kind.__name__: kind for kind in KINDS},
    **_FUNCTIONS,
    "mse": mse, "MSE": mse, "mae": mae, "MAE": mae, "mape": mape, "MAPE": mape, "msle": msle,
    "MSLE": msle, "kld": kld, "KLD": kld, "logcosh": log_cosh,
    "kullback_leibler_divergence": kld, "bce": binary_crossentropy, "BCE": binary_crossentropy,
}  # fmt: skip


def get(identifier: object) -> object:
    """Return the loss that a name, a configuration or a function stands for."""
    if identifier is None or isinstance(identifier, Loss):
        return identifier
    return _made("loss", identifier, _BY_NAME)


def as_loss(given: object) -> Loss:
    """Return a loss of a batch for what ``compile`` was given."""
    found = get(given)
    if isinstance(found, Loss):
        return found
    name = getattr(found, "__name__", "loss")
    return LossFunctionWrapper(found, name=name)  # type: ignore[arg-type]
