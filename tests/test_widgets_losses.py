"""The losses widget and its arithmetic: against TensorFlow, and in words, without a browser."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loss_oracle import kinds, with_tape

from widgets import Losses
from widgets._cross_entropy import LOSS_FORMS, by_hand, clipped, fused, round_to_float32, sigmoid
from widgets._numbers import MINUS

Z = st.floats(-100, 100, width=32)
LABEL = st.integers(0, 1)
EDGES = [0.0, -0.0, 16.635532, 16.635530, 87.33655, 87.3366, 88.72283, 88.72284, 100.0]


def plain(value: float) -> float:
    """Round nothing."""
    return value


@pytest.mark.slow
@pytest.mark.parametrize("y", [0, 1])
@pytest.mark.parametrize("form", LOSS_FORMS)
def test_inf_and_nan_are_where_tensorflow_has_them(form: str, y: int) -> None:
    random = np.random.default_rng(30)
    edges = [*EDGES, *(-edge for edge in EDGES)]
    z = np.array([*edges, *np.arange(-100, 100, 0.25), *random.uniform(-100, 100, 500)])
    z = z.astype(np.float32)
    steps = [LOSS_FORMS[form](float(value), y) for value in z]
    losses, gradients = with_tape(form, z, y)
    assert kinds([step.loss for step in steps]) == kinds(losses)
    assert kinds([step.gradient for step in steps]) == kinds(gradients)


@given(Z, LABEL)
def test_the_fused_form_is_right_everywhere(z: float, y: int) -> None:
    step = fused(z, y)
    exact = math.log1p(math.exp(-abs(z))) + max(z if not y else -z, 0)
    assert math.isclose(step.loss, exact, rel_tol=1e-6, abs_tol=2.0**-126)
    p = 1 / (1 + math.exp(-z))
    slope = -1 / (1 + math.exp(z)) if y else p
    assert math.isclose(step.gradient, slope, rel_tol=1e-6, abs_tol=2.0**-126)


@given(st.floats(-20, 20), LABEL)
def test_without_rounding_all_forms_agree(z: float, y: int) -> None:
    exact = fused(z, y, plain)
    kept = -16 < z < 16  # beyond, the clip changes the loss on purpose
    for form in (by_hand, clipped) if kept else (by_hand,):
        step = form(z, y, plain)
        assert math.isclose(step.loss, exact.loss, rel_tol=1e-6)
        assert math.isclose(step.gradient, exact.gradient, rel_tol=1e-6)


@given(Z)
def test_single_numbers_are_those_of_numpy(value: float) -> None:
    for number in (value, value / 3, value * 1e37, value * 1e-38):
        with np.errstate(over="ignore"):
            expected = float(np.float32(number))
        assert round_to_float32(number) == (expected if abs(expected) >= 2.0**-126 else 0.0)
    assert round_to_float32(sigmoid(value)) == sigmoid(value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"z": 0}, "Logit 0.00, label 0. By hand, from p: loss 0.6931, gradient 0.5000. Keras"),
        ({"z": 20}, "By hand, from p: loss inf, gradient inf. Keras, from p: loss 15.94, gradi"),
        ({"z": 20, "y": 1}, f"Fused: loss 2.06e{MINUS}9, gradient {MINUS}2.06e{MINUS}9"),
        ({"z": -90, "y": True}, "loss inf, gradient nan. Keras, from p: loss 16.12, gradient 0."),
        ({"z": 100}, "Fused: loss 100.0, gradient 1.000"),
    ],
)
def test_the_summary_says_all_numbers(options: dict[str, Any], words: str) -> None:
    assert words in Losses(**options).describe_state()


@pytest.mark.parametrize(
    ("z", "y", "note"),
    [
        (-90, 1, f"By hand: exp(90.0) is inf, and {MINUS}log(0) is inf"),
        (-88, 1, f"By hand: p is rounded to 0, and {MINUS}log(0) is inf"),
        (20, 0, f"By hand: p is rounded to 1, and {MINUS}log(0) is inf"),
        (-90, 0, "By hand: exp(90.0) is inf, and the gradient inf \u00b7 0 is nan"),
        (20, 1, "By hand: p is rounded to 1, so the loss is 0"),
        (-20, 0, f"By hand: 1 {MINUS} p is rounded to 1, so the loss is 0"),
        (-60, 1, "By hand: rounding, the gradient is off by 100%"),
        (15, 0, "By hand: rounding, the gradient is off by 14%"),
        (2, 0, "By hand: agrees with the fused form"),
        (-20, 1, "Keras: clipped, the loss stops at 16.12, the gradient is 0"),
        (20, 0, "Keras: clipped, the loss stops at 15.94, the gradient is 0"),
        (20, 1, f"Keras: clipped, the loss stops at 1.19e{MINUS}7, the gradient is 0"),
        (95, 1, f"Keras: clipped, the loss stops at 1.19e{MINUS}7, the gradient is 0"),
        (2, 1, "Keras: agrees with the fused form"),
    ],
)
def test_a_line_says_what_went_wrong(z: float, y: int, note: str) -> None:
    assert f">{note}<" in Losses(z=z, y=y).figure_html()


def test_the_gradient_is_written_out() -> None:
    assert f">p {MINUS} y = 0.7311 {MINUS} 1 = {MINUS}0.2689<" in Losses(z=1, y=1).figure_html()


def test_the_answer_holds_logit_and_label() -> None:
    assert Losses(z=-2, y=1).answer == {"y": 1.0, "z": -2.0}
