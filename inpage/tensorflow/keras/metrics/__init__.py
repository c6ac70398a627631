"""What is measured over batches (``tf.keras.metrics``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import _elementwise as _ops
from ... import _reductions as _reductions
from ..._absent import missing
from ..._tape import stop_recording as _stop_recording
from .. import _loss_functions as _losses
from .._loss_functions import (
    binary_crossentropy,
    categorical_crossentropy,
    categorical_hinge,
    hinge,
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
from .._naming import snake_case as _snake_case
from .._serial import deserialize as _made
from .._tensors import as_float as _as_float
from .._tensors import squeeze_or_expand as _squeeze_or_expand
from ._base import Mean, MeanMetricWrapper, Metric, Sum
from ._confusion import (
    AUC,
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from ._functions import (
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    sparse_categorical_accuracy,
    sparse_top_k_categorical_accuracy,
    top_k_categorical_accuracy,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._tensor import EagerTensor

__getattr__ = missing(__name__)

mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kl_divergence
logcosh = log_cosh


class RootMeanSquaredError(Mean):
    """The root of the mean of the squared differences."""

    __module__ = "keras.src.metrics.regression_metrics"

    def __init__(self, name: str | None = "root_mean_squared_error", dtype: object = None) -> None:
        super().__init__(name, dtype)

    def update_state(  # type: ignore[override]
        self, y_true: object, y_pred: object, sample_weight: object = None
    ) -> None:
        """Gather from a batch of labels and predictions."""
        with _stop_recording():
            y, p = _squeeze_or_expand(_as_float(y_true, self.dtype), _as_float(y_pred, self.dtype))
            super().update_state(_ops.square(p - y), sample_weight)

    def result(self) -> EagerTensor:
        """Return the root of the mean."""
        return _ops.sqrt(super().result())


def _cosine(y_true: object, y_pred: object, axis: int = -1) -> EagerTensor:
    return _ops.negative(_losses.cosine_similarity(y_true, y_pred, axis))


class _Named(MeanMetricWrapper):
    """A metric of Keras: a function, and its options in their order."""

    _function: Callable[..., object]
    _options: tuple[tuple[str, object], ...] = ()
    _order: tuple[str, ...]
    _default_name: str

    def __init__(self, *args: object, **kwargs: object) -> None:
        given = dict(zip(self._order, args, strict=False))
        for name, value in kwargs.items():
            if name not in self._order or name in given:
                problem = (
                    "unexpected keyword argument"
                    if name not in self._order
                    else "repeated argument"
                )
                raise TypeError(f"{type(self).__name__}.__init__() got an {problem} '{name}'")
            given[name] = value
        options = {name: given.pop(name, default) for name, default in self._options}
        given.setdefault("name", self._default_name)
        super().__init__(type(self)._function, **given, **options)  # type: ignore[arg-type]
        for name, value in options.items():
            setattr(self, name, value)


def _metric(
    name: str,
    function: Callable[..., object],
    default_name: str | None = None,
    first: tuple[str, ...] = (),
    **options: object,
) -> type[_Named]:
    """Return the class of a metric; options named in `first` come before the name."""
    rest = tuple(option for option in options if option not in first)
    kind = (
        "accuracy" if "Accuracy" in name else "probabilistic" if "entropy" in name else "regression"
    )
    return type(
        name,
        (_Named,),
        {
            "__module__": f"keras.src.metrics.{kind}_metrics",
            "__doc__": function.__doc__,
            "_function": staticmethod(function),
            "_options": tuple(options.items()),
            "_order": (*first, "name", "dtype", *rest),
            "_default_name": default_name or _snake_case(name),
        },
    )


Accuracy = _metric("Accuracy", accuracy)
BinaryAccuracy = _metric("BinaryAccuracy", binary_accuracy, threshold=0.5)
CategoricalAccuracy = _metric("CategoricalAccuracy", categorical_accuracy)
SparseCategoricalAccuracy = _metric("SparseCategoricalAccuracy", sparse_categorical_accuracy)
TopKCategoricalAccuracy = _metric(
    "TopKCategoricalAccuracy", top_k_categorical_accuracy, first=("k",), k=5
)
SparseTopKCategoricalAccuracy = _metric(
    "SparseTopKCategoricalAccuracy",
    sparse_top_k_categorical_accuracy,
    first=("k",),
    k=5,
    from_sorted_ids=False,
)
BinaryCrossentropy = _metric(
    "BinaryCrossentropy", binary_crossentropy, from_logits=False, label_smoothing=0
)
CategoricalCrossentropy = _metric(
    "CategoricalCrossentropy",
    categorical_crossentropy,
    from_logits=False,
    label_smoothing=0,
    axis=-1,
)
SparseCategoricalCrossentropy = _metric(
    "SparseCategoricalCrossentropy", sparse_categorical_crossentropy, from_logits=False, axis=-1
)
MeanSquaredError = _metric("MeanSquaredError", mean_squared_error)
MeanAbsoluteError = _metric("MeanAbsoluteError", mean_absolute_error)
MeanAbsolutePercentageError = _metric("MeanAbsolutePercentageError", mean_absolute_percentage_error)
MeanSquaredLogarithmicError = _metric("MeanSquaredLogarithmicError", mean_squared_logarithmic_error)
CosineSimilarity = _metric("CosineSimilarity", _cosine, axis=-1)
LogCoshError = _metric("LogCoshError", log_cosh, "logcosh")
KLDivergence = _metric("KLDivergence", kl_divergence, "kl_divergence")
Poisson = _metric("Poisson", poisson)
Hinge = _metric("Hinge", hinge)
SquaredHinge = _metric("SquaredHinge", squared_hinge)
CategoricalHinge = _metric("CategoricalHinge", categorical_hinge)

_KINDS = (
    Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy,
    TopKCategoricalAccuracy, SparseTopKCategoricalAccuracy, BinaryCrossentropy,
    CategoricalCrossentropy, SparseCategoricalCrossentropy, MeanSquaredError, MeanAbsoluteError,
    MeanAbsolutePercentageError, MeanSquaredLogarithmicError, RootMeanSquaredError,
    CosineSimilarity, LogCoshError, KLDivergence, Poisson, Hinge, SquaredHinge, CategoricalHinge,
    Mean, Sum, AUC, Precision, Recall, TruePositives, FalsePositives, TrueNegatives,
    FalseNegatives,
)  # fmt: skip
_BY_NAME: dict[str, Callable[..., object]] = {
    **{kind.__name__: kind for kind in _KINDS},
    **{_snake_case(kind.__name__): kind for kind in _KINDS},
    "bce": BinaryCrossentropy, "BCE": BinaryCrossentropy, "mse": MeanSquaredError,
    "MSE": MeanSquaredError, "mae": MeanAbsoluteError, "MAE": MeanAbsoluteError,
    "mape": MeanAbsolutePercentageError, "MAPE": MeanAbsolutePercentageError,
    "msle": MeanSquaredLogarithmicError, "MSLE": MeanSquaredLogarithmicError, "auc": AUC,
    "rmse": RootMeanSquaredError, "RMSE": RootMeanSquaredError,
}  # fmt: skip


def get(identifier: object) -> object:
    """Return the metric that a name, a configuration or a function stands for."""
    if identifier is None or isinstance(identifier, Metric):
        return identifier
    return _made("metric", identifier, _BY_NAME)


def as_metric(identifier: object, y_shape: tuple[int, ...], p_shape: tuple[int, ...]) -> Metric:
    """Return a metric for what ``compile`` was given; ``accuracy`` depends on the shapes."""
    if str(identifier).lower() in ("accuracy", "acc"):
        if p_shape[-1:] == (1,):
            kind: Callable[..., Metric] = BinaryAccuracy
        elif len(y_shape) < len(p_shape) or (y_shape[-1:] == (1,) and p_shape[-1] > 1):
            kind = SparseCategoricalAccuracy
        else:
            kind = CategoricalAccuracy
        return kind(name=str(identifier))
    found = get(identifier)
    metric = found if isinstance(found, Metric) else MeanMetricWrapper(found)  # type: ignore[arg-type]
    if isinstance(identifier, str):
        metric.name = identifier
    return metric
