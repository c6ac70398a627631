"""The widget of heads and losses: its data, its fits, its words, without a browser."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.special import expit
from sklearn.datasets import load_diabetes
from traitlets import TraitError

from widgets import Heads, canonical
from widgets.heads import PATIENTS, best_fit

CHOICES = list(product((0, 1), repeat=3))
FITTED = [choice for choice in CHOICES if best_fit(choice)]


def test_the_points_are_every_eleventh_patient() -> None:
    data = load_diabetes(scaled=False)
    index = data.data[:, data.feature_names.index("bmi")]
    x = (index - index.mean()) / index.std()
    expected = np.column_stack([x, data.target / 100])[::11]
    np.testing.assert_allclose(PATIENTS, expected, atol=0.0051)


@pytest.mark.slow
@pytest.mark.parametrize("choice", FITTED)
def test_no_place_of_the_sliders_has_a_lower_loss(choice: tuple[int, int, int]) -> None:
    reading, head, loss = choice
    fit = best_fit(choice)
    assert fit is not None
    chosen = {"reading": reading, "head": head, "loss": loss}
    assert Heads(**chosen, w=fit.w, b=fit.b).cost == pytest.approx(fit.cost, rel=1e-9)
    rng = np.random.default_rng(3)
    near = rng.integers(-3, 4, (40, 2)) / 10 + [fit.w, fit.b]
    for w, b in (*near, *rng.integers(-50, 51, (40, 2)) / 10):
        inside = {"w": float(np.clip(w, -5, 5)), "b": float(np.clip(b, -5, 5))}
        cost = Heads(**chosen, **inside).cost
        assert cost is None or cost >= fit.cost - 1e-12


def test_cross_entropy_on_numbers_has_no_lowest() -> None:
    assert [choice for choice in CHOICES if best_fit(choice) is None] == [(0, 0, 1), (0, 1, 1)]
    low = Heads(head="sigmoid", loss="cross-entropy", w=0, b=5).cost
    lower = Heads(head="sigmoid", loss="cross-entropy", w=1, b=5).cost
    assert low is not None
    assert lower is not None
    assert lower < low < 0


def test_the_best_sigmoid_on_numbers_stays_below_what_it_should_reach() -> None:
    fit = best_fit((0, 1, 0))
    assert fit is not None
    x, y = np.array(PATIENTS).T
    assert expit(fit.w * x + fit.b).max() < 1
    assert f"{(y > 1).sum()} of the 41 targets do not" in Heads(head="sigmoid").describe_state()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "output = 0.0·x + 1.0, squared error 0.479, lowest 0.280. Regression."),
        (
            {"reading": "label", "head": "sigmoid", "loss": "cross-entropy", "w": 1.3, "b": -0.8},
            "output = sigmoid(1.3·x \u2212 0.8), cross-entropy 0.500, lowest 0.500. Class",
        ),
        ({"reading": "label", "loss": "cross-entropy"}, "no cross-entropy, lowest 0.520."),
        ({"loss": "cross-entropy", "b": 2}, "no cross-entropy, no lowest."),
    ],
)
def test_the_summary_says_output_loss_and_verdict(options: dict[str, object], words: str) -> None:
    assert words in Heads(**options).describe_state()


def test_one_verdict_is_shown_and_one_fit() -> None:
    for reading, head, loss in CHOICES:
        figure = Heads(reading=reading, head=head, loss=loss).figure_html()
        assert figure.count('data-on=""') == 1
        assert f'data-verdict="{reading}{head}{loss}" data-on=""' in figure


def test_words_and_numbers_mean_the_same() -> None:
    widget = Heads(reading="label", head="none", loss="cross-entropy", w=2)
    assert (
        canonical(widget.answer) == '{"b": 1.0, "head": 0.0, "loss": 1.0, "reading": 1.0, "w": 2.0}'
    )
    assert Heads.from_answer(widget.answer).figure_html() == widget.figure_html()


def test_a_word_that_is_no_choice_is_said() -> None:
    with pytest.raises(ValueError, match="head is one of none, sigmoid, not 'softmax'"):
        Heads(head="softmax")
    with pytest.raises(TraitError, match="reading is a whole number from 0 to 1, not 2"):
        Heads(reading=2)
