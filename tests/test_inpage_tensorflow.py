"""The stand-in's tensors, operations, tapes and random numbers are TensorFlow's."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from standin import Array, Both, Program, called, calm

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.slow

FLOATS = st.floats(-3, 3, width=32).map(lambda x: round(x, 2))
SHAPES = st.sampled_from([(), (1,), (3,), (2, 3), (1, 3), (2, 1), (2, 2, 3)])


@st.composite
def arrays(
    draw: st.DrawFn, kinds: tuple[str, ...] = ("float32", "float64", "int32", "int64")
) -> Array:
    """Return an array of a common shape and type."""
    kind, shape = np.dtype(draw(st.sampled_from(kinds))), draw(SHAPES)
    if kind.kind == "f":
        return draw(hnp.arrays(np.float64, shape, elements=FLOATS)).astype(kind)
    if kind.kind == "b":
        return draw(hnp.arrays(kind, shape))
    return draw(hnp.arrays(kind, shape, elements=st.integers(-4, 4)))


def operand(given: tuple[Array, str]) -> Program:
    """Return an array as a program would give it: a tensor, an array, a list or a variable."""
    array, how = given
    return {
        "tensor": lambda tf: tf.constant(array),
        "array": lambda _: array,
        "list": lambda _: array.tolist(),
        "variable": lambda tf: tf.Variable(array),
    }[how]


HOWS = st.sampled_from(["tensor", "tensor", "array", "list", "variable"])
OPERANDS = st.tuples(arrays(), HOWS)
BINARY = (
    "add subtract multiply divide maximum minimum math.floordiv math.floormod equal not_equal "
    "less less_equal greater greater_equal math.squared_difference math.divide_no_nan "
    "math.xlogy math.xdivy math.multiply_no_nan math.atan2 truediv pow matmul"
).split()
UNARY = (
    "abs exp math.log math.log1p math.expm1 sqrt math.rsqrt square sigmoid tanh sin cos tan "
    "sinh cosh asin acos atan asinh acosh atanh sign negative floor math.ceil round math.rint "
    "math.reciprocal math.erf math.erfc math.lgamma math.is_finite math.is_nan math.softplus "
    "math.softsign math.log_sigmoid nn.relu nn.relu6 nn.elu nn.selu nn.gelu nn.silu "
    "nn.leaky_relu nn.softmax nn.log_softmax nn.l2_loss nn.l2_normalize reduce_logsumexp "
    "zeros_like ones_like transpose identity stop_gradient nn.crelu math.zero_fraction sort "
    "argsort"
).split()
REDUCTIONS = (
    "reduce_sum reduce_mean reduce_max reduce_min reduce_prod reduce_logsumexp math.reduce_std "
    "math.reduce_variance math.reduce_euclidean_norm reduce_any reduce_all math.count_nonzero"
).split()
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "@", "<", "<=", ">", ">=", "==", "!="]


@calm(450)
@given(st.sampled_from(BINARY), OPERANDS, OPERANDS)
def test_two_operands(on_both: Both, name: str, a: tuple[Array, str], b: tuple[Array, str]) -> None:
    def program(tf: ModuleType) -> object:
        return called(tf, name)(operand(a)(tf), operand(b)(tf))

    assert not on_both.differences(program)


@calm(300)
@given(st.sampled_from(OPERATORS), arrays(), OPERANDS, st.booleans())
def test_operators(
    on_both: Both,
    sign: str,
    a: Array,
    b: tuple[Array, str],
    turned: bool,  # noqa: FBT001
) -> None:
    def program(tf: ModuleType) -> object:
        names = {"x": tf.constant(a), "y": operand(b)(tf)}
        return eval(f"y {sign} x" if turned else f"x {sign} y", {}, names)  # noqa: S307

    assert not on_both.differences(program)


@calm(300)
@given(
    st.sampled_from(UNARY),
    st.tuples(arrays(("float32", "float64", "float16", "int32", "bool")), HOWS),
)
def test_one_operand(on_both: Both, name: str, given: tuple[Array, str]) -> None:
    assert not on_both.differences(lambda tf: called(tf, name)(operand(given)(tf)), 3e-5)


@calm(200)
@given(
    st.sampled_from(REDUCTIONS),
    arrays(("float32", "int32", "bool")),
    st.sampled_from([None, 0, 1, -1, 2, [0, 1], [0, -1], []]),
    st.booleans(),
)
def test_reductions(on_both: Both, name: str, a: Array, axis: object, keep: bool) -> None:  # noqa: FBT001
    def program(tf: ModuleType) -> object:
        return called(tf, name)(tf.constant(a), axis=axis, keepdims=keep)

    assert not on_both.differences(program)


SMOOTH = (
    "exp sigmoid tanh square sin cos sinh math.softplus math.softsign nn.softmax nn.log_softmax "
    "nn.gelu nn.silu nn.elu nn.selu nn.relu reduce_logsumexp reduce_sum reduce_mean reduce_max "
    "reduce_prod math.reduce_std cumsum math.cumprod math.erf nn.l2_normalize transpose"
).split()


@calm(300)
@given(
    st.tuples(st.sampled_from(SMOOTH), st.sampled_from(SMOOTH)),
    st.sampled_from("add subtract multiply maximum minimum math.squared_difference".split()),
    hnp.arrays(np.float32, (2, 3), elements=FLOATS),
    hnp.arrays(np.float32, (3,), elements=FLOATS),
)
def test_slopes(on_both: Both, pair: tuple[str, str], join: str, a: Array, b: Array) -> None:
    f, g = pair

    def program(tf: ModuleType) -> object:
        x, v = tf.constant(a), tf.Variable(b)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = called(tf, join)(called(tf, f)(x), v) * called(tf, g)(x * 0.5)
        return y, *tape.gradient(y, [x, v])

    assert not on_both.differences(program, 5e-5)


@calm(150)
@given(st.sampled_from(SMOOTH), hnp.arrays(np.float64, (2, 3), elements=FLOATS))
def test_slopes_of_slopes(on_both: Both, f: str, a: Array) -> None:
    def program(tf: ModuleType) -> object:
        x = tf.Variable(a)
        with tf.GradientTape() as outer:
            with tf.GradientTape() as inner:
                y = called(tf, f)(x) * x
            slope = inner.gradient(y, x)
        return slope, outer.gradient(slope, x)

    assert not on_both.differences(program)


@calm(150)
@given(
    st.integers(0, 2**31 - 1),
    st.sampled_from(
        ["normal", "uniform", "truncated_normal", "shuffle", "categorical", "integers", "double"]
    ),
    st.sampled_from([(3,), (2, 5), (7, 3)]),
    st.one_of(st.none(), st.integers(0, 99)),
)
def test_random_numbers(
    on_both: Both, seed: int, kind: str, shape: tuple[int, ...], own: int | None
) -> None:
    def draw(tf: ModuleType) -> object:
        if kind == "shuffle":
            return tf.random.shuffle(tf.range(11), seed=own)
        if kind == "categorical":
            return tf.random.categorical(tf.zeros((2, 5)), 6, seed=own)
        if kind == "integers":
            return tf.random.uniform(shape, -5, 50, tf.int32, seed=own)
        if kind == "double":
            return tf.random.normal(shape, dtype=tf.float64, seed=own)
        return getattr(tf.random, kind)(shape, seed=own)

    def program(tf: ModuleType) -> object:
        tf.random.set_seed(seed)
        stateless = tf.random.stateless_uniform(shape, [seed % 99, 3])
        return draw(tf), draw(tf), stateless, tf.random.stateless_normal(shape, [1, seed])

    assert not on_both.differences(program, 1e-6)


def slope_of(tf: ModuleType, f: Program) -> object:
    v = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(f(v) ** 2)
    return tape.gradient(y, v)


def second(tf: ModuleType, f: Program, at: float) -> object:
    x = tf.Variable(at)
    with tf.GradientTape() as outer:
        with tf.GradientTape() as inner:
            y = f(x)
        slope = inner.gradient(y, x)
    return slope, outer.gradient(slope, x)


def asked_twice(tf: ModuleType) -> object:
    x = tf.Variable(1.0)
    with tf.GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    return tape.gradient(y, x)


def jacobian(tf: ModuleType) -> object:
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as tape:
        y = tf.nn.softmax(x)
    return tape.jacobian(y, x)


def shuffled(tf: ModuleType) -> object:
    tf.random.set_seed(5)
    rows = tf.data.Dataset.range(20).shuffle(7, seed=3).batch(6)
    return [list(rows), list(rows)]


PROBES = {
    "gathered rows": lambda tf: slope_of(tf, lambda v: tf.gather(v, [0, 0, 1])),
    "broadcast assign": lambda tf: tf.Variable([1.0, 2.0]).assign_sub(1.0),
    "whole division by 0": lambda tf: tf.constant(7) // 0,
    "rest by 0": lambda tf: tf.constant(7) % 0,
    "kinds do not mix": lambda tf: tf.constant(1) + tf.constant(1.0),
    "a list beside a tensor": lambda tf: tf.constant(1) * [1.5],
    "second slope of a root": lambda tf: second(tf, tf.sqrt, 4.0),
    "entropy twice": lambda tf: second(
        tf, lambda z: tf.nn.sparse_softmax_cross_entropy_with_logits([1], [[z, 0.0]]), 1.5
    ),
    "sigmoid entropy twice": lambda tf: second(
        tf, lambda z: tf.nn.sigmoid_cross_entropy_with_logits([1.0], [z]), 1.5
    ),
    "soft labels twice": lambda tf: second(
        tf, lambda z: tf.nn.softmax_cross_entropy_with_logits([[0.2, 0.8]], [[z, 0.0]]), 1.5
    ),
    "einsum": lambda tf: tf.einsum("ij,jk->ik", tf.ones((2, 3)), tf.ones((3, 4))),
    "a slope that is asked for twice": asked_twice,
    "jacobian": jacobian,
    "clip": lambda tf: tf.clip_by_value([1.0, 5.0, -3.0], -1.0, 2.0),
    "clip norm": lambda tf: tf.clip_by_norm([3.0, 4.0], 1.0),
    "one hot": lambda tf: tf.one_hot([0, 2, 5], 3, on_value=2.0, off_value=-1.0),
    "linspace": lambda tf: tf.linspace(0.0, 1.0, 7),
    "range": lambda tf: [tf.range(5), tf.range(1.0, 2.0, 0.3), tf.range(5, 0, -2)],
    "top": lambda tf: tf.math.top_k([[3.0, 1.0, 3.0], [0.0, 9.0, 2.0]], 2),
    "unique": lambda tf: tf.unique([3, 1, 3, 2]),
    "scatter": lambda tf: tf.scatter_nd([[0], [2], [0]], [1.0, 2.0, 3.0], [4]),
    "shuffled rows": shuffled,
}


@pytest.mark.parametrize("name", PROBES)
def test_probes(on_both: Both, name: str) -> None:
    assert not on_both.differences(PROBES[name])


MODULES = ["", "nn", "math", "linalg", "random", "errors", "debugging", "keras", "keras.layers",
           "keras.losses", "keras.metrics", "keras.optimizers", "keras.initializers",
           "keras.activations", "keras.callbacks", "keras.utils", "keras.regularizers"]  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_one_of_tensorflow(on_both: Both, name: str) -> None:
    theirs, mine = (called(tf, name) if name else tf for tf in (on_both.real, on_both.ours))
    home = f"inpage.tensorflow.{name}".rstrip(".")
    extra = [
        n
        for n, v in vars(mine).items()
        if inspect.isfunction(v) and v.__module__ == home and not n.startswith("_")
        if not hasattr(theirs, n)
    ]
    assert extra == ["as_loss"] * (name == "keras.losses") + ["as_metric"] * (
        name == "keras.metrics"
    )


@pytest.mark.parametrize("name", ["", "nn", "math", "linalg", "random"])
def test_functions_take_the_arguments_of_tensorflow(on_both: Both, name: str) -> None:
    theirs, mine = (called(tf, name) if name else tf for tf in (on_both.real, on_both.ours))
    wrong = {}
    for n, v in vars(mine).items():
        if not inspect.isfunction(v) or n.startswith("_") or not hasattr(theirs, n):
            continue
        wanted = inspect.signature(getattr(theirs, n)).parameters
        if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in wanted.values()):
            continue
        found = list(inspect.signature(v).parameters)
        same = found[: len(wanted)] == list(wanted) or set(found) == set(wanted)
        if not same and not set(wanted) - set(found) <= {"name"} and found[:1] != ["x"]:
            wrong[n] = (list(wanted), found)
    assert wrong == {}


def test_a_name_that_is_missing_says_where_it_runs(on_both: Both) -> None:
    for name in ("distribute", "nn.conv2d", "keras.layers.LSTM"):
        with pytest.raises(AttributeError, match=r"is not in the TensorFlow of this page.*Binder"):
            called(on_both.ours, name)


def test_a_name_that_nobody_has_says_what_tensorflow_says(on_both: Both) -> None:
    for name in ("placeholder", "layers", "foo"):
        said = []
        for tf in (on_both.real, on_both.ours):
            with pytest.raises(AttributeError) as caught:
                getattr(tf, name)
            said.append(str(caught.value))
        assert said[0] == said[1]


def test_an_argument_that_is_missing_is_refused(on_both: Both) -> None:
    with pytest.raises(AttributeError, match=r"mask_zero=True of tf\.keras\.layers\.Embedding"):
        on_both.ours.keras.layers.Embedding(3, 2, mask_zero=True)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in Keras
def test_texts_of_tensors(on_both: Both) -> None:
    programs: list[Program] = [
        lambda tf: tf.constant(0.2), lambda tf: tf.constant([1.5, 2]), lambda tf: tf.constant("a"),
        lambda tf: tf.Variable([[1, 2]], name="v"), lambda tf: tf.float32,
        lambda tf: tf.TensorShape([1, None]), lambda tf: tf.constant([[True]]),
        lambda tf: tf.keras.Variable([1.0, 2.0], name="w"),
        lambda tf: tf.keras.layers.Dense(2, name="d"),
    ]  # fmt: skip
    for program in programs:
        assert repr(program(on_both.ours)) == repr(program(on_both.real))
        assert str(program(on_both.ours)) == str(program(on_both.real))
