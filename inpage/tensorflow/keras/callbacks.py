"""What is told of the progress of training (``tf.keras.callbacks``)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .._absent import missing, refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._model import Model

Logs = dict[str, object]

__getattr__ = missing(__name__)


class Callback:
    """Is told when training, evaluation and prediction begin, go on and end."""

    __module__ = "keras.src.callbacks.callback"

    def __init__(self) -> None:
        self.params: dict[str, object] | None = None
        self._model: Model | None = None

    @property
    def model(self) -> Model | None:
        """The model."""
        return self._model

    def set_params(self, params: dict[str, object]) -> None:
        """Remember how training was called."""
        self.params = params

    def set_model(self, model: Model) -> None:
        """Remember the model."""
        self._model = model

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Be told that an epoch begins."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Be told that an epoch ended."""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Be told that training begins."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Be told that training ended."""

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Be told that a step begins."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Be told that a step ended."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Be told that a step of training begins."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Be told that a step of training ended."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Be told that evaluation begins."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Be told that evaluation ended."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Be told that a step of evaluation begins."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Be told that a step of evaluation ended."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Be told that prediction begins."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Be told that prediction ended."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Be told that a step of prediction begins."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Be told that a step of prediction ended."""


class CallbackList:
    """Tells several callbacks the same."""

    __module__ = "keras.src.callbacks.callback_list"

    def __init__(self, callbacks: list[Callback], model: Model, params: dict[str, object]) -> None:
        self.callbacks = callbacks
        for each in callbacks:
            each.set_model(model)
            each.set_params(params)

    def tell(self, what: str, *args: object) -> None:
        """Call the method ``on_<what>`` of every callback."""
        for each in self.callbacks:
            getattr(each, f"on_{what}")(*args)

    def wants_batches(self) -> bool:
        """Return whether a callback listens to the steps of training, which costs time."""
        names = ("on_train_batch_begin", "on_train_batch_end", "on_batch_begin", "on_batch_end")
        return any(
            name in vars(each) or getattr(type(each), name) is not getattr(Callback, name)
            for each in self.callbacks
            for name in names
        )


class History(Callback):
    """Keeps what each epoch came to."""

    __module__ = "keras.src.callbacks.history"

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[object]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Be told that training begins."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Keep what an epoch came to."""
        self.epoch.append(epoch)
        for key, value in (logs or {}).items():
            self.history.setdefault(key, []).append(value)


class LambdaCallback(Callback):
    """Calls functions."""

    __module__ = "keras.src.callbacks.lambda_callback"

    def __init__(
        self,
        on_epoch_begin: Callable[..., object] | None = None,
        on_epoch_end: Callable[..., object] | None = None,
        on_train_begin: Callable[..., object] | None = None,
        on_train_end: Callable[..., object] | None = None,
        on_train_batch_begin: Callable[..., object] | None = None,
        on_train_batch_end: Callable[..., object] | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
        }
        vars(self).update({name: f for name, f in given.items() if f is not None})
        vars(self).update(kwargs)


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch."""

    __module__ = "keras.src.callbacks.learning_rate_scheduler"

    def __init__(self, schedule: Callable[..., object], verbose: int = 0) -> None:
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Set the learning rate."""
        optimizer = self._model.optimizer  # type: ignore[union-attr]
        try:
            rate = self.schedule(epoch, float(np.asarray(optimizer.learning_rate)))  # type: ignore[union-attr]
        except TypeError:
            rate = self.schedule(epoch)
        if not isinstance(rate, (float, np.float32, np.float64)):
            raise TypeError(
                "The output of the `schedule` function should be a float. Got: " + f"{rate}"
            )
        optimizer.learning_rate = rate  # type: ignore[union-attr]
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {rate}.")  # noqa: T201

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add the learning rate to what the epoch came to."""
        if logs is not None:
            rate = self._model.optimizer.learning_rate  # type: ignore[union-attr]
            logs["learning_rate"] = float(np.asarray(rate))


class TerminateOnNaN(Callback):
    """Ends training when the loss is no number."""

    __module__ = "keras.src.callbacks.terminate_on_nan"

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """End training if the loss is no number."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(float(loss)):  # type: ignore[arg-type]
            return
        if self.raise_error:
            raise RuntimeError(f"Batch {batch}: Invalid loss, terminating training")
        print(f"Batch {batch}: Invalid loss, terminating training")  # noqa: T201
        self._model.stop_training = True  # type: ignore[union-attr]


class _Watcher(Callback):
    """A callback that watches whether a number gets better."""

    def __init__(self, monitor: str, min_delta: float, mode: str) -> None:
        super().__init__()
        self.monitor, self.min_delta = monitor, abs(min_delta)
        self.mode = mode if mode in ("auto", "min", "max") else "auto"
        self.best: float | None = None

    def _larger_is_better(self) -> bool:
        if self.mode != "auto":
            return self.mode == "max"
        name = self.monitor.removeprefix("val_")
        up = ("acc", "auc", "precision", "recall", "top_k", "positives", "cosine")
        if "loss" in name or "error" in name or name in ("mse", "mae", "mape", "msle"):
            return False
        return any(part in name.lower() for part in up)

    def _better(self, now: float, before: float) -> bool:
        if self._larger_is_better():
            return now - self.min_delta > before
        return now + self.min_delta < before


class EarlyStopping(_Watcher):
    """Ends training when a number has not got better for `patience` epochs."""

    __module__ = "keras.src.callbacks.early_stopping"

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, min_delta, mode)
        self.patience, self.verbose, self.baseline = patience, verbose, baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best_weights: list[object] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin to watch."""
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best, self.best_weights = None, None

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Look at the number, and end training if it is time."""
        value = (logs or {}).get(self.monitor)
        if value is None:
            import warnings

            known = ",".join(list(logs or {}))
            warnings.warn(
                f"Early stopping conditioned on metric `{self.monitor}` which is not available. "
                f"Available metrics are: {known}",
                stacklevel=2,
            )
            return
        if epoch < self.start_from_epoch:
            return
        now = float(value)  # type: ignore[arg-type]
        model = self._model
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = model.get_weights(), epoch  # type: ignore[union-attr, assignment]
        self.wait += 1
        if self.best is None or self._better(now, self.best):
            self.best, self.best_epoch = now, epoch
            if self.restore_best_weights:
                self.best_weights = model.get_weights()  # type: ignore[union-attr, assignment]
            if self.baseline is None or self._better(now, self.baseline):
                self.wait = 0
            return
        if self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            model.stop_training = True  # type: ignore[union-attr]

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Bring the best weights back, if that was asked for."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")  # noqa: T201
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(  # noqa: T201
                    f"Restoring model weights from the end of the best epoch: {self.best_epoch + 1}."
                )
            self._model.set_weights(self.best_weights)  # type: ignore[union-attr]


class ReduceLROnPlateau(_Watcher):
    """Lowers the learning rate when a number has not got better for `patience` epochs."""

    __module__ = "keras.src.callbacks.reduce_lr_on_plateau"

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 0.0001,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, min_delta, mode)
        if factor >= 1.0:
            raise ValueError(
                f"ReduceLROnPlateau does not support a factor >= 1.0. Got factor={factor}"
            )
        refuse("ReduceLROnPlateau", cooldown=(cooldown, 0), verbose=(verbose, 0))
        self.factor, self.patience, self.min_lr = factor, patience, min_lr
        self.wait = 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin to watch."""
        self.best, self.wait = None, 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Look at the number, and lower the learning rate if it is time."""
        optimizer = self._model.optimizer  # type: ignore[union-attr]
        rate = float(np.asarray(optimizer.learning_rate))  # type: ignore[union-attr]
        logs = {} if logs is None else logs
        logs["learning_rate"] = rate
        value = logs.get(self.monitor)
        if value is None:
            return
        now = float(value)  # type: ignore[arg-type]
        if self.best is None or self._better(now, self.best):
            self.best, self.wait = now, 0
            return
        self.wait += 1
        if self.wait >= self.patience and rate > np.float32(self.min_lr):
            optimizer.learning_rate = max(rate * self.factor, self.min_lr)  # type: ignore[union-attr]
            self.wait = 0
