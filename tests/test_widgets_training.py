"""The widget of a recorded run: what it takes, what it computes, what it says; no browser."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from scipy import special
from traitlets import TraitError

from widgets import Training
from widgets._numbers import MINUS, fixed

POINTS = [(0, 0, 0), (1, 1, 1), (2, 0, 1)]
LINE = [[[0.0], [0.0]], [0.0]]
RUN = [LINE, [[[1.0], [1.0]], [-1.0]], [[[2.0], [4.0]], [-3.0]]]
FIGURE = re.compile(r'<path d="([^"]*)" class="([^"]*)"')


def paths(widget: Training) -> dict[str, str]:
    return {name.split()[0]: path for path, name in FIGURE.findall(widget.figure_html())}


def test_it_says_epoch_loss_count_and_margins() -> None:
    run = Training(weights=RUN, points=POINTS, epoch=1)
    loss = -special.log_expit([1.0, 1.0, 1.0]).mean()
    assert run.answer == {"epoch": 1.0}
    assert run.describe_state() == (
        f"Epoch 1 of 2, loss {fixed(loss, 3)}. 3 of 3 points on their own side. "
        "Margins from 1.0 to 1.0"
    )


def test_the_loss_of_a_model_that_knows_nothing_is_ln_2() -> None:
    run = Training(weights=RUN, points=POINTS)
    assert run.describe_state().startswith("Epoch 0 of 2, loss 0.693. 0 of 3 points")


def test_large_margins_overflow_nothing() -> None:
    big = [[[5000.0], [0.0]], [-2500.0]]
    assert (
        f"Margins from {MINUS}2500.0"
        in Training(weights=[LINE, big], points=[(0, 0, 1), (1, 0, 1)], epoch=1).describe_state()
    )


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_hidden_layer_bends_the_border(activation: str) -> None:
    """Two ramps that rise from the left and from the right: the middle is negative."""
    hidden = [[[3.0, -3.0], [0.0, 0.0]], [-3.0, -3.0], [[1.0], [1.0]], [0.5]]
    points = [(-2, 0, 1), (2, 0, 1), (0, 1, 0)]
    widget = Training(weights=[hidden, hidden], points=points, activation=activation)
    right = {"relu": 2, "tanh": 3}[activation]  # relu leaves 0.5 in the middle
    assert f"{right} of 3 points" in widget.describe_state()


def test_the_border_of_one_layer_is_its_line() -> None:
    """x1 = 0.5 in a plane from -0.5 to 2.5 stands at a third of it."""
    upright = [[[2.0], [0.0]], [-1.0]]
    found = paths(Training(weights=[upright, upright], points=POINTS))
    numbers = [float(value) for value in re.findall(r"[M L](-?[\d.]+),", found["llb-boundary"])]
    assert set(numbers) == {round(36 + 306 / 3, 2)}
    across = [float(value) for value in re.findall(r"[ML](-?[\d.]+),", found["llb-region"])]
    assert (min(across), max(across)) == (138.0, 342.0)


def test_no_border_where_every_logit_is_positive() -> None:
    lifted = [[[0.0], [0.0]], [1.0]]
    found = paths(Training(weights=[lifted, lifted], points=POINTS))
    assert found["llb-boundary"] == ""
    assert found["llb-region"].count("M") == 36  # one strip for each row of the grid


def test_the_table_has_the_first_and_the_last_epoch() -> None:
    figure = Training(weights=RUN, points=POINTS).figure_html()
    rows = re.findall(r'<th scope="row">(\d+)</th>', figure)
    assert rows == ["0", "1", "2"]


def test_arrays_are_shortened() -> None:
    kernel = np.array([[1 / 3], [2 / 3]], dtype=np.float32)
    widget = Training(weights=[[kernel, np.zeros(1)]] * 2, points=POINTS)
    assert widget.weights[0] == [[[0.333333], [0.666667]], [0.0]]


BAD: list[Any] = [
    ([[[[1.0], [1.0]]]] * 2, "found shapes"),
    ([[[[1.0, 1.0]], [0.0]]] * 2, "found shapes"),
    ([[[[1.0], [1.0], [1.0]], [0.0]]] * 2, "found shapes"),
    ([[[[1.0, 2.0], [1.0, 2.0]], [0.0, 0.0]]] * 2, "found shapes"),
    ([[[["a"], [1.0]], [0.0]]] * 2, "could not convert"),
    ([[[[float("nan")], [1.0]], [0.0]]] * 2, "a weight is not finite"),
    ([[]] * 2, "found shapes"),
    (7, "not iterable"),
    ([LINE], "a run has 1 to 500 epochs after its start, not 0"),
    ([LINE] * 502, "a run has 1 to 500 epochs after its start, not 501"),
]


@pytest.mark.parametrize(("weights", "message"), BAD)
def test_weights_are_a_run(weights: object, message: str) -> None:
    with pytest.raises(TraitError, match=message):
        Training(weights=weights, points=POINTS)


def test_a_run_is_needed() -> None:
    with pytest.raises(TypeError, match="Training needs weights"):
        Training(points=POINTS)


def test_an_epoch_that_was_not_recorded() -> None:
    with pytest.raises(TraitError, match="epoch is at most 2 in this run, not 3"):
        Training(weights=RUN, points=POINTS, epoch=3)


def test_a_run_without_points_shows_nothing() -> None:
    with pytest.raises(TraitError, match="a run needs points"):
        Training(weights=RUN, points=[])


def test_an_unknown_activation() -> None:
    with pytest.raises(TraitError, match="relu"):
        Training(weights=RUN, points=POINTS, activation="gelu")
