"""Models: layers that can be trained (``tf.keras.Model``)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from .. import _elementwise as ops
from .._absent import NotInThisPage, refuse
from .._convert import convert, to_array
from .._tape import GradientTape, flatten, map_nest
from .._tensor import EagerTensor, Valued
from .._tracing import traced
from . import callbacks as callbacks_
from . import losses as losses_
from . import metrics as metrics_
from . import optimizers as optimizers_
from ._batches import Batch, Batches, Stream, batches_of, prepared, rows_of, take, tensors
from ._layer import Layer, any_rows
from ._progress import Progress
from ._symbolic import KerasTensor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .callbacks import Logs
    from .losses import Loss
    from .metrics import Metric


class CompileMetrics(metrics_.Metric):
    """The metrics that ``compile`` was given, made when the first batch shows its shapes."""

    def __init__(self, given: Sequence[object], weighted: Sequence[object]) -> None:
        super().__init__(name="compile_metrics")
        self._given, self._given_weighted = list(given), list(weighted)
        self._made: list[tuple[Metric, bool]] | None = None

    @property
    def metrics(self) -> list[Metric]:
        """The metrics themselves."""
        return [metric for metric, _ in self._made or []]

    def update_state(  # type: ignore[override]
        self, y_true: object, y_pred: object, sample_weight: object = None
    ) -> None:
        """Gather from a batch of labels and predictions."""
        if self._made is None:
            shapes = np.shape(to_array(y_true)), np.shape(to_array(y_pred))
            self._made = [(metrics_.as_metric(m, *shapes), False) for m in self._given]
            self._made += [(metrics_.as_metric(m, *shapes), True) for m in self._given_weighted]
        for metric, weighted in self._made:
            metric.update_state(y_true, y_pred, sample_weight=sample_weight if weighted else None)

    def reset_state(self) -> None:
        """Forget what was gathered."""
        for metric in self.metrics:
            metric.reset_state()

    def result(self) -> dict[str, object]:
        """Return what each metric comes to."""
        if self._made is None:
            raise ValueError("Cannot get result() since the metric has not yet been built.")
        return {metric.name: metric.result() for metric in self.metrics}


class Model(Layer):
    """A layer that can be compiled, trained, evaluated, saved and asked for predictions."""

    __module__ = "keras.src.models.model"
    _absent_kind: ClassVar[str] = "tf.keras.Model"

    def __new__(cls, *args: object, **kwargs: object) -> Model:  # noqa: PYI034
        """Return a functional model if inputs and outputs are given."""
        if cls is Model and (len(args) >= 2 or "outputs" in kwargs):
            from ._functional import Functional

            return Layer.__new__(Functional)
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: object, **kwargs: object) -> None:
        if args:
            raise TypeError(
                f"{type(self).__name__}.__init__() takes inputs and outputs, or neither"
            )
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.optimizer: optimizers_.Optimizer | None = None
        self.loss: object = None
        self.stop_training = self.run_eagerly = self._symbolic = False
        self._loss: Loss | None = None
        self._tracker: metrics_.Mean | None = None
        self._compiled_metrics: CompileMetrics | None = None
        self._calls: dict[str, int] = {}

    @property
    def layers(self) -> list[Layer]:
        """The layers of the model."""
        return self._sublayers()

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer of a name, or at a place."""
        if index is not None and name is not None:
            raise ValueError(
                f"Provide only a layer name or a layer index. Received: index={index}, name={name}."
            )
        if index is not None:
            if len(self.layers) <= index:
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(self.layers)} layers."
                )
            return self.layers[index]
        if name is None:
            raise ValueError("Provide either a layer name or layer index at `get_layer`.")
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = [layer.name for layer in self.layers]
        raise ValueError(f"No such layer: {name}. Existing layers are: {known}.")

    def build(self, input_shape: object = None) -> None:
        """Make the weights for inputs of a shape."""
        if input_shape is not None and not self.built and type(self).call is not Model.call:
            self.built = True
            if any(not layer.built for layer in self.layers):
                raise NotInThisPage("build() of a model with a call() of its own")
        self.built = True

    def _build(self, arguments: tuple[object, ...], named: dict[str, object]) -> None:
        """Build before a call; the layers of a model with a call of its own are built in it."""
        if type(self).build is Model.build and not _is_own(type(self).call):
            self.built = True
        else:
            super()._build(arguments, named)

    # --- compiling ------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: object = "rmsprop",
        loss: object = None,
        loss_weights: object = None,
        metrics: object = None,
        weighted_metrics: object = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: object = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is trained: by which optimizer, on which loss, with which metrics."""
        refuse(
            "Model.compile",
            loss_weights=(loss_weights, None),
            steps_per_execution=(steps_per_execution, 1),
        )
        for name, given in (
            ("loss", loss),
            ("metrics", metrics),
            ("weighted_metrics", weighted_metrics),
        ):
            if isinstance(given, dict) or (name == "loss" and isinstance(given, (list, tuple))):
                raise NotInThisPage(f"{name} of several outputs")
        self.optimizer = optimizers_.get(optimizer)
        self.loss, self._loss = loss, None
        self.run_eagerly = run_eagerly
        self._tracker = metrics_.Mean(name="loss")
        own, weighted = _listed(metrics), _listed(weighted_metrics)
        self._compiled_metrics = CompileMetrics(own, weighted) if own or weighted else None
        self.stop_training = False
        self._calls = {}

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of training: the loss, and those that ``compile`` was given."""
        own = [each for each in (self._tracker, self._compiled_metrics) if each is not None]
        others = [v for v in vars(self).values() if isinstance(v, metrics_.Metric)]
        return [*own, *(m for m in others if all(m is not each for each in own))]

    @property
    def metrics_names(self) -> list[str]:
        """The names of the metrics."""
        return [metric.name for metric in self.metrics]

    def reset_metrics(self) -> None:
        """Forget what the metrics gathered."""
        for metric in self.metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, object]:
        """Return what the metrics come to."""
        found: dict[str, object] = {}
        for metric in self.metrics:
            value = metric.result()
            found.update(value if isinstance(value, dict) else {metric.name: value})
        return found

    def compute_loss(
        self,
        x: object = None,
        y: object = None,
        y_pred: object = None,
        sample_weight: object = None,
        training: bool = True,
    ) -> EagerTensor:
        """Return the loss of a batch, with what layers and weights add to it."""
        parts = list(self.losses)
        if self.loss is not None:
            if isinstance(y_pred, (list, tuple, dict)):
                raise NotInThisPage("The loss of several outputs")
            self._loss = self._loss or losses_.as_loss(self.loss)
            parts.insert(0, self._loss(y, y_pred, sample_weight))
        if not parts:
            raise ValueError("No loss to compute. Provide a `loss` argument in `compile()`.")
        total = parts[0]
        for part in parts[1:]:
            total = ops.add(total, part)
        return total

    def compute_metrics(
        self, x: object, y: object, y_pred: object, sample_weight: object = None
    ) -> dict[str, object]:
        """Gather from a batch, and return what the metrics come to."""
        if self._compiled_metrics is not None:
            self._compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    # --- steps -----------------------------------------------------------------------------------

    def train_step(self, data: tuple[object, ...]) -> dict[str, object]:
        """Change the weights by one batch, and return what the metrics come to."""
        x, y, sample_weight = _unpacked(data)
        with GradientTape() as tape:
            y_pred = self(x, training=True) if self._takes("training") else self(x)
            loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
        self._tracker.update_state(loss, rows_of(x))  # type: ignore[union-attr]
        variables = self.trainable_weights
        if variables:
            self.optimizer.apply(tape.gradient(loss, variables), variables)  # type: ignore[union-attr]
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def test_step(self, data: tuple[object, ...]) -> dict[str, object]:
        """Look at one batch, and return what the metrics come to."""
        x, y, sample_weight = _unpacked(data)
        y_pred = self(x, training=False) if self._takes("training") else self(x)
        loss = self.compute_loss(
            x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False
        )
        self._tracker.update_state(loss, rows_of(x))  # type: ignore[union-attr]
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def predict_step(self, data: tuple[object, ...]) -> object:
        """Return the outputs for one batch."""
        x, _, _ = _unpacked(data)
        return self(x, training=False) if self._takes("training") else self(x)

    def _compiled_call(self, kind: str, step: Callable[..., object], batch: Batch) -> object:
        """Run a step as what TensorFlow compiles; what it warns of is said the first time."""
        data = tuple(part for part in batch if part is not None)
        if kind in ("train", "test") and not self._symbolic:
            self._build_symbolically(data[0])
        self._forget_losses()
        if self.run_eagerly:
            return step(data)
        with traced(again=self._calls.get(kind, 0) > 0):
            found = step(data)
        self._calls[kind] = self._calls.get(kind, 0) + 1
        return found

    def _build_symbolically(self, x: object) -> None:
        """Call the model without values, as Keras does before it trains or evaluates."""
        self._symbolic = True
        if not _is_own(type(self).call) and all(isinstance(p, Valued) for p in flatten(x)):
            symbols = map_nest(
                lambda part: KerasTensor((None, *part.shape[1:]), part.dtype.name),
                x,
            )
            with any_rows():
                self._specs((symbols,), {})
            self.built = True

    # --- training ----------------------------------------------------------------------------------

    def _need_compiled(self) -> None:
        if self._tracker is None:
            raise ValueError("You must call `compile()` before using the model.")

    def fit(
        self,
        x: object = None,
        y: object = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: object = "auto",
        callbacks: object = None,
        validation_split: float = 0.0,
        validation_data: object = None,
        shuffle: object = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: object = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> callbacks_.History:
        """Train for some epochs, and return what each of them came to."""
        self._need_compiled()
        refuse("Model.fit", validation_freq=(validation_freq, 1))
        if validation_split and validation_data is None:
            x, y, sample_weight, validation_data = _divided(x, y, sample_weight, validation_split)
        if class_weight is not None:
            sample_weight = _class_weights(y, class_weight, sample_weight)
        batches = batches_of(x, y, sample_weight, batch_size, shuffle, steps_per_epoch)
        history = callbacks_.History()
        listeners = callbacks_.CallbackList(
            [*_listed(callbacks), history],  # type: ignore[list-item]
            self,
            {"verbose": verbose, "epochs": epochs, "steps": batches.count},
        )
        self.history = history
        self.stop_training = False
        listeners.tell("train_begin", {})
        logs: Logs = {}
        progress = Progress(verbose)
        for epoch in range(initial_epoch, epochs):
            listeners.tell("epoch_begin", epoch, {})
            progress.epoch(epoch, epochs)
            steps, logs = self._epoch(batches, listeners)
            if validation_data is not None:
                size = validation_batch_size or batch_size
                logs |= self._validated(validation_data, size, validation_steps, callbacks)
            progress.end(steps, logs)
            listeners.tell("epoch_end", epoch, logs)
            if self.stop_training:
                break
        listeners.tell("train_end", logs)
        return history

    def _epoch(
        self, batches: Batches | Stream, listeners: callbacks_.CallbackList
    ) -> tuple[int, Logs]:
        self.reset_metrics()
        steps, watched = 0, listeners.wants_batches()
        found: object = {}
        for steps, batch in enumerate(batches, 1):
            if watched:
                listeners.tell("train_batch_begin", steps - 1, {})
            found = self._compiled_call("train", self.train_step, batch)
            if watched:
                listeners.tell("train_batch_end", steps - 1, _numbers(found))
            if self.stop_training:
                break
        return steps, _numbers(found)

    def _validated(
        self, data: object, size: int | None, steps: int | None, callbacks: object
    ) -> Logs:
        parts = data if isinstance(data, (list, tuple)) else (data,)
        kept = [(m, [np.array(v._array) for v in m.variables]) for m in self.metrics]
        found = self.evaluate(
            x=parts[0],
            y=parts[1] if len(parts) > 1 else None,
            batch_size=size,
            verbose=0,
            sample_weight=parts[2] if len(parts) > 2 else None,
            steps=steps,
            callbacks=callbacks,
            return_dict=True,
        )
        for metric, values in kept:
            for variable, value in zip(metric.variables, values, strict=False):
                variable._array = value
        return {f"val_{key}": value for key, value in found.items()}  # type: ignore[attr-defined]

    def evaluate(
        self,
        x: object = None,
        y: object = None,
        batch_size: int | None = None,
        verbose: object = "auto",
        sample_weight: object = None,
        steps: int | None = None,
        callbacks: object = None,
        return_dict: bool = False,
        **kwargs: object,
    ) -> object:
        """Return the loss and the metrics of data."""
        if kwargs:
            raise ValueError(f"Arguments not recognized: {kwargs}")
        self._need_compiled()
        batches = batches_of(x, y, sample_weight, batch_size, False, steps)
        listeners = callbacks_.CallbackList(
            _listed(callbacks),  # type: ignore[arg-type]
            self,
            {"verbose": verbose, "epochs": 1, "steps": batches.count},
        )
        progress = Progress(verbose)
        listeners.tell("test_begin", {})
        self.reset_metrics()
        count = 0
        found: object = {}
        for count, batch in enumerate(batches, 1):
            listeners.tell("test_batch_begin", count - 1, {})
            found = self._compiled_call("test", self.test_step, batch)
            listeners.tell("test_batch_end", count - 1, _numbers(found))
        logs = _numbers(found)
        progress.end(count, logs)
        listeners.tell("test_end", logs)
        return logs if return_dict else self._in_order(logs)

    def _in_order(self, logs: Logs) -> object:
        """Return numbers in the order of the metrics; a single one by itself."""
        names = [metric.name for metric in self._all_metrics()]
        found = [logs[name] for name in names if name in logs]
        found += [value for name, value in logs.items() if name not in names]
        return found[0] if len(found) == 1 else found

    def _all_metrics(self) -> list[Metric]:
        found: list[Metric] = []
        for metric in self.metrics:
            found += metric.metrics if isinstance(metric, CompileMetrics) else [metric]
        return found

    def predict(
        self,
        x: object,
        batch_size: int | None = None,
        verbose: object = "auto",
        steps: int | None = None,
        callbacks: object = None,
    ) -> object:
        """Return the outputs for data, as NumPy arrays."""
        batches = batches_of(x, None, None, batch_size, False, steps)
        listeners = callbacks_.CallbackList(
            _listed(callbacks),  # type: ignore[arg-type]
            self,
            {"verbose": verbose, "epochs": 1, "steps": batches.count},
        )
        progress, found = Progress(verbose), []
        listeners.tell("predict_begin", {})
        for k, batch in enumerate(batches):
            listeners.tell("predict_batch_begin", k, {})
            found.append(self._compiled_call("predict", self.predict_step, batch))
            listeners.tell("predict_batch_end", k, {"outputs": found[-1]})
        progress.end(len(found), {})
        listeners.tell("predict_end", {})
        return _joined(found)

    def train_on_batch(
        self,
        x: object,
        y: object = None,
        sample_weight: object = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> object:
        """Change the weights by one batch."""
        self._need_compiled()
        if class_weight is not None:
            sample_weight = _class_weights(y, class_weight, sample_weight)
        logs = self._numbers_of("train", self.train_step, x, y, sample_weight)
        return logs if return_dict else self._in_order(logs)

    def test_on_batch(
        self, x: object, y: object = None, sample_weight: object = None, return_dict: bool = False
    ) -> object:
        """Look at one batch."""
        self._need_compiled()
        logs = self._numbers_of("test", self.test_step, x, y, sample_weight)
        return logs if return_dict else self._in_order(logs)

    def _numbers_of(self, kind: str, step: Callable[..., object], *parts: object) -> Logs:
        batch = tuple(tensors(prepared(part)) for part in parts)
        return _numbers(self._compiled_call(kind, step, batch))  # type: ignore[arg-type]

    def predict_on_batch(self, x: object) -> object:
        """Return the outputs for one batch, as NumPy arrays."""
        batch = (tensors(prepared(x)), None, None)
        return _joined([self._compiled_call("predict", self.predict_step, batch)])

    # --- showing and saving ---------------------------------------------------------------------------

    def summary(
        self,
        line_length: int | None = None,
        positions: object = None,
        print_fn: Callable[..., object] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: object = None,
    ) -> None:
        """Write a table of the layers."""
        from ._summary import summary_of

        refuse(
            "Model.summary",
            line_length=(line_length, None),
            positions=(positions, None),
            expand_nested=(expand_nested, False),
            show_trainable=(show_trainable, False),
            layer_range=(layer_range, None),
        )
        text = summary_of(self)
        if print_fn is None:
            sys.stdout.write(text + "\n")
        else:
            print_fn(text + "\n")

    def save(
        self, filepath: object, overwrite: bool = True, zipped: bool | None = None, **kwargs: object
    ) -> None:
        """Write the model into a ``.keras`` file."""
        from ._saving import save_model

        save_model(self, filepath, overwrite, zipped, **kwargs)

    def save_weights(
        self, filepath: object, overwrite: bool = True, max_shard_size: object = None
    ) -> None:
        """Write the weights into a ``.weights.h5`` file."""
        from ._saving import save_weights

        refuse("Model.save_weights", max_shard_size=(max_shard_size, None))
        save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: object, skip_mismatch: bool = False, **kwargs: object) -> None:
        """Read the weights from a ``.weights.h5`` file."""
        from ._saving import load_weights

        refuse("Model.load_weights", skip_mismatch=(skip_mismatch, False))
        load_weights(self, filepath)

    def to_json(self, **kwargs: object) -> str:
        """Return how the model is written down, as JSON."""
        from ._saving import model_json

        return model_json(self)


def _is_own(function: object) -> bool:
    """Return whether a function is the page's, not a reader's."""
    home = __package__.rpartition(".")[0]
    return getattr(function, "__module__", "").startswith(home)


def _listed(given: object) -> list[object]:
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _unpacked(data: object) -> tuple[object, object, object]:
    parts = tuple(data) if isinstance(data, (list, tuple)) else (data,)
    return (*parts, *(None,) * (3 - len(parts)))


def _numbers(logs: object) -> Logs:
    """Return what metrics come to as Python numbers, by name in order."""
    found: Logs = {}
    for key in sorted(logs or {}):  # type: ignore[call-overload]
        value = logs[key]  # type: ignore[index]
        if isinstance(value, dict):  # what the metrics of `compile` come to
            found |= _numbers(value)
            continue
        array = convert(value)._array if isinstance(value, Valued) else np.asarray(value)
        found[key] = float(array) if not array.ndim else array
    return found


def _joined(parts: list[object]) -> object:
    """Return the outputs of batches as one array for each output."""
    first = parts[0]
    if isinstance(first, (list, tuple)):
        return type(first)(_joined([part[k] for part in parts]) for k in range(len(first)))  # type: ignore[index]
    if isinstance(first, dict):
        return {key: _joined([part[key] for part in parts]) for key in first}  # type: ignore[index]
    return np.concatenate([convert(part)._array for part in parts])


def _divided(
    x: object, y: object, weights: object, share: float
) -> tuple[object, object, object, object]:
    """Return the first part of data to train on, and the rest to validate with."""
    parts = [prepared(part) for part in (x, y, weights)]
    rows = rows_of(parts[0])
    cut = int(np.floor(rows * (1.0 - share)))
    if cut in (0, rows):
        raise ValueError(
            f"Training data contains {rows} samples, which is not sufficient to split it into a "
            f"validation and training set as specified by `validation_split={share}`. Either "
            "provide more data, or a different value for the `validation_split` argument."
        )
    first = [take(part, slice(cut)) for part in parts]
    rest = tuple(take(part, slice(cut, None)) for part in parts)
    return (*first, rest)  # type: ignore[return-value]


def _class_weights(y: object, given: dict[int, float], weights: object) -> np.ndarray:
    if weights is not None:
        raise ValueError("You cannot `class_weight` and `sample_weight` at the same time.")
    labels = to_array(y)
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] > 1 else labels[..., 0]
    return np.array([given.get(int(label), 1.0) for label in labels.astype(int)], np.float32)
