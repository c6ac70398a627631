"""The stand-in's losses, metrics, optimizers, layers and training are those of Keras."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from standin import calm

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from standin import Array, Both, Program

pytestmark = pytest.mark.slow

NUMBERS = st.floats(-4, 4, width=32).map(lambda x: round(x, 2))
SHARES = st.floats(0, 1, width=32).map(lambda x: round(x, 2))
REDUCTIONS = st.sampled_from(
    ["sum_over_batch_size", "sum", "none", None, "mean_with_sample_weight"]
)
REGRESSION = (
    "MeanSquaredError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredLogarithmicError "
    "CosineSimilarity Huber LogCosh KLDivergence Poisson Hinge SquaredHinge CategoricalHinge"
).split()
PROBABILITIES = (
    "BinaryCrossentropy CategoricalCrossentropy BinaryFocalCrossentropy "
    "CategoricalFocalCrossentropy"
).split()


@calm(150)
@given(
    st.sampled_from(REGRESSION),
    hnp.arrays(np.float32, (3, 4), elements=SHARES),
    hnp.arrays(np.float32, st.sampled_from([(3, 4), (3, 4), (3, 1), (3,)]), elements=NUMBERS),
    st.tuples(REDUCTIONS, st.one_of(st.none(), hnp.arrays(np.float32, (3,), elements=SHARES))),
)
def test_losses_of_numbers(
    on_both: Both, name: str, y: Array, p: Array, how: tuple[str | None, Array | None]
) -> None:
    reduction, weights = how

    def program(tf: ModuleType) -> object:
        return getattr(tf.keras.losses, name)(reduction=reduction)(y, p, weights)

    assert not on_both.differences(program, 3e-5)


@calm(150)
@given(
    st.sampled_from(PROBABILITIES),
    hnp.arrays(np.float32, (3, 4), elements=st.sampled_from([0.0, 1.0])),
    hnp.arrays(np.float32, (3, 4), elements=NUMBERS),
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.2]), REDUCTIONS),
)
def test_losses_of_probabilities(
    on_both: Both, name: str, y: Array, z: Array, options: tuple[bool, float, str | None]
) -> None:
    from_logits, smoothing, reduction = options

    def program(tf: ModuleType) -> object:
        loss = getattr(tf.keras.losses, name)(
            from_logits=from_logits, label_smoothing=smoothing, reduction=reduction
        )
        x = tf.Variable(z if from_logits else 1 / (1 + np.exp(-z)))
        with tf.GradientTape() as tape:
            found = loss(y, x)
        return found, tape.gradient(found, x)

    assert not on_both.differences(program, 1e-4)


@calm(100)
@given(
    hnp.arrays(np.int64, (5,), elements=st.integers(-1, 4)),
    hnp.arrays(np.float32, (5, 4), elements=NUMBERS),
    st.booleans(),
    st.sampled_from([None, -1, 0]),
)
def test_losses_of_classes(
    on_both: Both,
    y: Array,
    z: Array,
    from_logits: object,
    ignored: int | None,
) -> None:
    def program(tf: ModuleType) -> object:
        loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits, ignored)
        x = tf.Variable(z if from_logits else np.exp(z) / np.exp(z).sum(1, keepdims=True))
        with tf.GradientTape() as tape:
            found = loss(y, x)
        return found, tape.gradient(found, x)

    assert not on_both.differences(program, 1e-4)


METRICS: dict[str, dict[str, Any]] = {
    "BinaryAccuracy": {}, "Precision": {}, "Recall": {"thresholds": [0.25, 0.5]}, "AUC": {},
    "AUC PR": {"curve": "PR"}, "AUC few": {"num_thresholds": 7, "from_logits": True},
    "AUC low": {"summation_method": "minoring"}, "TruePositives": {}, "FalseNegatives": {},
    "MeanSquaredError": {}, "RootMeanSquaredError": {}, "BinaryCrossentropy": {},
    "TrueNegatives": {"thresholds": [0.0, 0.5, 1.0]}, "FalsePositives": {}, "Hinge": {},
}  # fmt: skip


@calm(200)
@given(
    st.sampled_from(sorted(METRICS)),
    st.lists(
        st.tuples(
            hnp.arrays(np.float32, (6,), elements=st.sampled_from([0.0, 1.0])),
            hnp.arrays(np.float32, (6,), elements=SHARES),
        ),
        min_size=1,
        max_size=3,
    ),
    st.one_of(st.none(), hnp.arrays(np.float32, (6,), elements=SHARES)),
)
def test_metrics(
    on_both: Both, name: str, batches: list[tuple[Array, Array]], weights: Array | None
) -> None:
    def program(tf: ModuleType) -> object:
        metric = getattr(tf.keras.metrics, name.split(maxsplit=1)[0])(**METRICS[name])
        found = [metric(y, p, sample_weight=weights).numpy() for y, p in batches]
        metric.reset_state()
        return found, metric(*batches[0])

    assert not on_both.differences(program)


@calm(80)
@given(
    st.sampled_from(
        [
            "SparseCategoricalAccuracy",
            "SparseTopKCategoricalAccuracy",
            "SparseCategoricalCrossentropy",
        ]
    ),
    hnp.arrays(np.int64, (6,), elements=st.integers(0, 3)),
    hnp.arrays(np.float32, (6, 4), elements=st.floats(0.125, 1, width=32)),
)
def test_metrics_of_classes(on_both: Both, name: str, y: Array, p: Array) -> None:
    assert not on_both.differences(lambda tf: getattr(tf.keras.metrics, name)()(y, p))


OPTIMIZERS = st.sampled_from(
    [
        ("SGD", {}), ("SGD", {"momentum": 0.9}), ("SGD", {"momentum": 0.5, "nesterov": True}),
        ("Adam", {}), ("Adam", {"amsgrad": True}), ("Adam", {"clipnorm": 0.5}), ("AdamW", {}),
        ("RMSprop", {}), ("RMSprop", {"momentum": 0.3, "centered": True}), ("Adagrad", {}),
        ("Adadelta", {}), ("Adamax", {}), ("SGD", {"clipvalue": 0.3}),
        ("SGD", {"global_clipnorm": 0.7}), ("SGD", {"weight_decay": 0.1}),
    ]
)  # fmt: skip


@calm(150)
@given(
    OPTIMIZERS,
    st.sampled_from([0.5, 0.01, "decay"]),
    hnp.arrays(np.float32, (4, 3), elements=NUMBERS),
)
def test_optimizers(
    on_both: Both, kind: tuple[str, dict[str, object]], rate: object, slopes: Array
) -> None:
    def program(tf: ModuleType) -> object:
        decay = tf.keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
        optimizer = getattr(tf.keras.optimizers, kind[0])(
            learning_rate=decay if rate == "decay" else rate, **kind[1]
        )
        v, w = tf.Variable([1.0, -2.0, 3.0]), tf.Variable(0.5)
        for slope in slopes:
            optimizer.apply_gradients([(tf.constant(slope), v), (tf.constant(slope[0]), w)])
        return v, w, optimizer.iterations

    assert not on_both.differences(program, 3e-5)


INITIALIZERS = (
    "GlorotUniform GlorotNormal HeUniform HeNormal LecunUniform LecunNormal RandomNormal "
    "RandomUniform TruncatedNormal VarianceScaling"
).split()


@calm(100)
@given(
    st.sampled_from(INITIALIZERS),
    st.integers(0, 2**31 - 1),
    st.sampled_from([(3, 4), (5,), (2, 3, 4), (40, 10)]),
)
def test_initializers(on_both: Both, name: str, seed: int, shape: tuple[int, ...]) -> None:
    assert not on_both.differences(
        lambda tf: getattr(tf.keras.initializers, name)(seed=seed)(shape), 1e-6
    )


X = np.linspace(-1, 1, 60, dtype=np.float32).reshape(20, 3)
Y = (X.sum(axis=1) > 0).astype(np.float32)[:, None]
CLASSES = np.arange(20) % 3


def row(tf: ModuleType, *layers: object) -> Any:  # noqa: ANN401 - a model of either
    return tf.keras.Sequential([tf.keras.Input((3,)), *layers])


def trained(tf: ModuleType) -> object:
    model = row(tf, tf.keras.layers.Dense(4, activation="relu"), tf.keras.layers.Dense(1))
    loss = tf.keras.losses.BinaryCrossentropy(from_logits=True)
    model.compile(tf.keras.optimizers.Adam(0.1), loss, metrics=["accuracy"])
    history = model.fit(X, Y, batch_size=6, epochs=3, verbose=0, validation_split=0.2)
    return history.history, model.evaluate(X, Y, verbose=0), model.predict(X, verbose=0)


def dropped(tf: ModuleType) -> object:
    layers = tf.keras.layers
    model = row(
        tf, layers.Dense(8), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(3)
    )
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, metrics=["accuracy"])
    history = model.fit(
        X, CLASSES, batch_size=7, epochs=2, verbose=0, class_weight={0: 2.0, 1: 1.0, 2: 0.5}
    )
    return history.history, model.get_weights()


def graph(tf: ModuleType) -> object:
    tf.keras.utils.set_random_seed(3)
    x = tf.keras.Input((3,))
    left, right = tf.keras.layers.Dense(2)(x), tf.keras.layers.Dense(2, "tanh")(x)
    both = tf.keras.layers.Concatenate()([left * 2, tf.keras.layers.Add()([left, right])])
    model = tf.keras.Model(x, [both, right])
    return model.predict(X, verbose=0), model.output_shape, model.count_params()


def priced(tf: ModuleType) -> object:
    model = row(tf, tf.keras.layers.Dense(2, kernel_regularizer="l2"))
    model.compile("sgd", "mse")
    return model.fit(X, X[:, :2], verbose=0, epochs=2, shuffle=False).history, model.losses


def own_layer(tf: ModuleType) -> object:
    class Scale(tf.keras.layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: tuple[int, ...]) -> None:
            self.factor = self.add_weight(shape=(shape[-1],), initializer="ones", name="factor")

        def call(self, x: object) -> object:
            return x * self.factor

    model = row(tf, Scale(), tf.keras.layers.Dense(1))
    model.compile("adam", "mse")
    model.fit(X, Y, verbose=0, epochs=2)
    return model.get_weights()


def stopped(tf: ModuleType) -> object:
    model = row(tf, tf.keras.layers.Dense(1))
    model.compile("sgd", "mse")
    stop = tf.keras.callbacks.EarlyStopping("loss", min_delta=0.05, patience=1)
    return model.fit(X, Y, verbose=0, epochs=9, callbacks=[stop]).history


def summary(tf: ModuleType) -> object:
    lines: list[str] = []
    row(tf, tf.keras.layers.Dense(4), tf.keras.layers.Dense(2)).summary(print_fn=lines.append)
    return "\n".join(lines).strip()


def traced_softmax(tf: ModuleType) -> object:
    model = row(tf, tf.keras.layers.Dense(3), tf.keras.layers.Lambda(tf.nn.softmax))
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model.fit(X * 40, CLASSES, verbose=0, epochs=1).history


WHOLE: dict[str, Program] = {
    f.__name__: f
    for f in (trained, dropped, graph, priced, own_layer, stopped, summary, traced_softmax)
}


@pytest.mark.parametrize("name", WHOLE)
def test_models(on_both: Both, name: str) -> None:
    def program(tf: ModuleType) -> object:
        tf.keras.utils.set_random_seed(3)
        tf.keras.backend.clear_session()
        return WHOLE[name](tf)

    assert not on_both.differences(program, 1e-4)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in Keras
def test_keras_reads_what_the_stand_in_saves_and_the_other_way_round(
    on_both: Both, tmp_path: Path
) -> None:
    for write, read in ((on_both.ours, on_both.real), (on_both.real, on_both.ours)):
        model = row(
            write, write.keras.layers.Dense(4, activation="relu"), write.keras.layers.Dense(2)
        )
        model.compile(write.keras.optimizers.Adam(0.1), "mse", metrics=["mae"])
        model.fit(X, X[:, :2], verbose=0)
        path = tmp_path / f"{write.__name__}.keras"
        model.save(path)
        loaded = read.keras.models.load_model(path)
        assert np.allclose(loaded(X).numpy(), model(X).numpy(), atol=1e-6)
        assert [v.shape for v in loaded.optimizer.variables] == [
            v.shape for v in model.optimizer.variables
        ]


def test_weights_are_hdf5(on_both: Both, tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    model = row(on_both.ours, on_both.ours.keras.layers.Dense(2))
    model.save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        kept = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    kernel = kept["layers/dense/vars/0"][()]
    assert np.array_equal(kernel, model.get_weights()[0])
