"""Counts of right and wrong predictions at thresholds, and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ... import _elementwise as ops
from ..._absent import refuse
from ..._tape import stop_recording
from ..._tensor import Array, EagerTensor
from .._naming import EPSILON
from .._tensors import as_float, squeeze_or_expand
from ._base import Metric, gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .._serial import Config
    from .._variable import Variable

_LOWEST = -1e10
_COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")


def _thresholds(given: Any, default: float) -> list[float]:
    if given is None:
        return [default]
    listed = list(given) if isinstance(given, (list, tuple)) else [given]
    bad = [t for t in listed if t is None or t < 0 or t > 1]
    if bad:
        raise ValueError(f"Threshold values must be in [0, 1]. Received: {bad}")
    return listed


def _evenly(thresholds: Sequence[float]) -> bool:
    """Return whether thresholds are distributed evenly from 0 to 1, so that counting is easier."""
    n = len(thresholds)
    if n < 3:
        return False
    even = np.arange(n, dtype=np.float32) / (n - 1)
    return bool(np.allclose(thresholds, even, atol=EPSILON))


class _Counter(Metric):
    """A metric of counts at thresholds.

    Parameters
    ----------
    thresholds
        Above which predictions count as 1.
    """

    __module__ = "keras.src.metrics.confusion_metrics"
    _counts: ClassVar[tuple[str, ...]]
    _default = 0.5
    _beyond = False  # whether the first and the last threshold lie outside of 0 to 1
    _top_k: int | None = None
    _class_id: int | None = None

    def _start(self, thresholds: list[float]) -> None:
        self.thresholds = thresholds
        for name in self._counts:
            setattr(self, name, self.add_variable((len(thresholds),), "zeros", name=name))

    def _state(self, name: str) -> Variable:
        return getattr(self, name)  # type: ignore[no-any-return]

    def update_state(  # type: ignore[override]
        self, y_true: object, y_pred: object, sample_weight: object = None
    ) -> None:
        """Gather from a batch of labels and predictions."""
        with stop_recording(), np.errstate(all="ignore"):
            y, p, w = self._prepared(y_true, y_pred, sample_weight)
            found = self._bucketed(y, p, w) if _evenly(self.thresholds) else self._compared(y, p, w)
            for name in self._counts:
                gather(self._state(name), EagerTensor(found[name].astype(self.dtype)))

    def _prepared(
        self, y_true: object, y_pred: object, sample_weight: object
    ) -> tuple[Array, Array, Array]:
        """Return labels, predictions and weights in one row."""
        p, y = squeeze_or_expand(as_float(y_pred, self.dtype), as_float(y_true, self.dtype))
        scores, labels = p._array, y._array
        weights = np.ones((), self.dtype)
        if sample_weight is not None:
            given = as_float(sample_weight, self.dtype)
            wide = EagerTensor(given._array[..., None])
            weights = squeeze_or_expand(y, wide, expand_rank_1=False)[1]._array
        if self._top_k is not None:
            scores = _only_top(scores, self._top_k)
        if self._class_id is not None:
            if scores.ndim == 1:
                raise ValueError(
                    "When class_id is provided, y_pred must be a 2D array with shape "
                    f"(num_samples, num_classes), found shape: {scores.shape}"
                )
            labels = labels[..., self._class_id, None]
            scores = scores[..., self._class_id, None]
        weights = np.broadcast_to(weights, scores.shape)
        return labels.ravel().astype(bool), scores.ravel(), weights.ravel()

    def _compared(self, y: Array, p: Array, w: Array) -> dict[str, Array]:
        yes = p > np.asarray(self.thresholds, p.dtype)[:, None]
        pairs = {
            "true_positives": y & yes,
            "false_positives": ~y & yes,
            "true_negatives": ~y & ~yes,
            "false_negatives": y & ~yes,
        }
        return {name: np.where(hit, w, 0).sum(axis=1, dtype=p.dtype) for name, hit in pairs.items()}

    def _bucketed(self, y: Array, p: Array, w: Array) -> dict[str, Array]:
        n = len(self.thresholds)
        clipped = np.clip(p, 0, 1)
        place = np.ceil(clipped * p.dtype.type(n - 1)) - 1
        place = np.maximum(place, 0) if self._beyond else place
        inside = place >= 0
        found = {}
        for right, wrong, label in (
            ("true_positives", "false_negatives", y * w),
            ("false_positives", "true_negatives", (1 - y.astype(p.dtype)) * w),
        ):
            buckets = np.zeros(n, p.dtype)
            np.add.at(buckets, place[inside].astype(int), label[inside].astype(p.dtype))
            found[right] = np.flip(np.flip(buckets).cumsum(dtype=p.dtype))
            found[wrong] = label.sum(dtype=p.dtype) - found[right]
        return found

    def _shown(self, found: EagerTensor) -> EagerTensor:
        return found[0] if len(self.thresholds) == 1 else found


def _only_top(scores: Array, k: int) -> Array:
    order = np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    kept = np.full_like(scores, _LOWEST)
    np.put_along_axis(kept, order, np.take_along_axis(scores, order, -1), -1)
    return kept


class _Count(_Counter):
    """One of the four counts."""

    _counts = ("accumulator",)
    _counted: ClassVar[str]

    def __init__(
        self, thresholds: object = None, name: str | None = None, dtype: object = None
    ) -> None:
        super().__init__(dtype, name)
        self.init_thresholds = thresholds
        self._start(_thresholds(thresholds, 0.5))

    def update_state(  # type: ignore[override]
        self, y_true: object, y_pred: object, sample_weight: object = None
    ) -> None:
        """Gather from a batch of labels and predictions."""
        with stop_recording(), np.errstate(all="ignore"):
            y, p, w = self._prepared(y_true, y_pred, sample_weight)
            found = self._bucketed(y, p, w) if _evenly(self.thresholds) else self._compared(y, p, w)
            gather(self._state("accumulator"), EagerTensor(found[self._counted].astype(self.dtype)))

    def result(self) -> EagerTensor:
        """Return the count at each threshold."""
        return self._shown(self._state("accumulator")._read())

    def get_config(self) -> Config:
        """Return the arguments that make an equal metric."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """How many examples of label 1 are predicted as 1."""

    _counted = "true_positives"


class FalsePositives(_Count):
    """How many examples of label 0 are predicted as 1."""

    _counted = "false_positives"


class TrueNegatives(_Count):
    """How many examples of label 0 are predicted as 0."""

    _counted = "true_negatives"


class FalseNegatives(_Count):
    """How many examples of label 1 are predicted as 0."""

    _counted = "false_negatives"


class _Share(_Counter):
    """True positives as a share of others."""

    def __init__(
        self,
        thresholds: object = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: object = None,
    ) -> None:
        super().__init__(dtype, name)
        self.init_thresholds, self.top_k, self.class_id = thresholds, top_k, class_id
        self._top_k, self._class_id = top_k, class_id
        self._start(_thresholds(thresholds, 0.5 if top_k is None else _LOWEST))

    def result(self) -> EagerTensor:
        """Return the share at each threshold."""
        hits, others = (self._state(name)._read() for name in self._counts)
        return self._shown(ops.divide_no_nan(hits, hits + others))

    def get_config(self) -> Config:
        """Return the arguments that make an equal metric."""
        own = {"thresholds": self.init_thresholds, "top_k": self.top_k, "class_id": self.class_id}
        return {**super().get_config(), **own}


class Precision(_Share):
    """The share of label 1 among what is predicted as 1."""

    _counts = ("true_positives", "false_positives")


class Recall(_Share):
    """The share predicted as 1 among what has label 1."""

    _counts = ("true_positives", "false_negatives")


class AUC(_Counter):
    """The area under a curve of two shares over all thresholds.

    Parameters
    ----------
    num_thresholds
        How many thresholds from 0 to 1.
    curve
        ``"ROC"`` or ``"PR"``.
    summation_method
        How the area between two thresholds is taken.
    from_logits
        Whether predictions are logits.
    """

    _counts = _COUNTS
    _beyond = True

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: object = None,
        thresholds: object = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: object = None,
        from_logits: bool = False,
    ) -> None:
        refuse(
            "tf.keras.metrics.AUC",
            thresholds=(thresholds, None),
            multi_label=(multi_label, False),
            num_labels=(num_labels, None),
            label_weights=(label_weights, None),
        )
        if curve not in ("ROC", "PR"):
            refuse("tf.keras.metrics.AUC", curve=("PRGAIN" if curve == "PRGAIN" else None, None))
            raise ValueError(f'Invalid AUC curve value: "{curve}".')
        if summation_method not in ("interpolation", "minoring", "majoring"):
            raise ValueError(f'Invalid AUC summation method value: "{summation_method}".')
        if num_thresholds <= 1:
            raise ValueError(
                "Argument `num_thresholds` must be an integer > 1. Received: "
                f"num_thresholds={num_thresholds}"
            )
        super().__init__(dtype, name)
        self.num_thresholds, self.curve = num_thresholds, curve
        self.summation_method, self._from_logits = summation_method, from_logits
        inner = [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]
        self._start([0.0 - EPSILON, *inner, 1.0 + EPSILON])

    def _prepared(
        self, y_true: object, y_pred: object, sample_weight: object
    ) -> tuple[Array, Array, Array]:
        scores = as_float(y_pred, self.dtype)
        scores = ops.sigmoid(scores) if self._from_logits else scores
        return super()._prepared(y_true, scores, sample_weight)

    def result(self) -> EagerTensor:
        """Return the area."""
        hits, false_hits, passes, misses = (self._state(name)._read() for name in _COUNTS)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return _area_pr(hits, false_hits, misses)
        recall = ops.divide_no_nan(hits, hits + misses)
        if self.curve == "ROC":
            x, y = ops.divide_no_nan(false_hits, false_hits + passes), recall
        else:
            x, y = recall, ops.divide_no_nan(hits, hits + false_hits)
        heights = {
            "interpolation": lambda a, b: (a + b) / 2.0,
            "minoring": ops.minimum,
            "majoring": ops.maximum,
        }[self.summation_method](y[:-1], y[1:])
        return ops.late.reductions.reduce_sum((x[:-1] - x[1:]) * heights)

    def get_config(self) -> Config:
        """Return the arguments that make an equal metric."""
        return {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": False,
            "num_labels": None,
            "label_weights": None,
            "from_logits": self._from_logits,
        }


def _area_pr(hits: EagerTensor, false_hits: EagerTensor, misses: EagerTensor) -> EagerTensor:
    """Return the area under precision over recall (Davis and Goadrich 2006), as Keras does."""
    gained = hits[:-1] - hits[1:]
    all_hits = hits + false_hits
    change = all_hits[:-1] - all_hits[1:]
    slope = ops.divide_no_nan(gained, ops.maximum(change, 0))
    intercept = hits[1:] - slope * all_hits[1:]
    both = ops.logical_and(ops.greater(all_hits[:-1], 0), ops.greater(all_hits[1:], 0))
    ratio = ops.divide_no_nan(all_hits[:-1], ops.maximum(all_hits[1:], 0))
    safe = ops.late.indexing.where(both, ratio, 1.0)
    parts = ops.divide_no_nan(
        slope * (gained + intercept * ops.log(safe)), ops.maximum(hits[1:] + misses[1:], 0)
    )
    return ops.late.reductions.reduce_sum(parts)
