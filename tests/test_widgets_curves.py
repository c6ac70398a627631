"""The logit curve and the softmax bars: options, answers, words and numbers, without a browser."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special
from traitlets import TraitError

from widgets import LogitCurve, SoftmaxBars, canonical
from widgets._numbers import MINUS, decimal, fixed, signed

Z = st.floats(-8, 8)


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (0.125, 2, "0.13"),
        (-0.125, 2, f"{MINUS}0.13"),
        (-0.001, 2, "0.00"),
        (2.4999999999999996, 0, "3"),
        (1e-30, 2, "0.00"),
        (2980.958, 0, "2981"),
    ],
)
def test_fixed_rounds_halves_away_from_zero(value: float, digits: int, written: str) -> None:
    assert fixed(value, digits) == written


def test_decimal_and_signed() -> None:
    assert [decimal(value) for value in (1, -0.25, 0.1 + 0.2)] == ["1.0", f"{MINUS}0.25", "0.3"]
    assert [signed(value) for value in (2, -2, 0)] == ["+ 2.0", f"{MINUS} 2.0", "+ 0.0"]


@given(Z)
def test_log_odds_determine_odds_and_probability(z: float) -> None:
    curve = LogitCurve(z=z)
    assert curve.answer == {"z": z + 0.0}
    assert math.isclose(curve.p, special.expit(z), rel_tol=1e-12)
    assert math.isclose(curve.odds, np.exp(z), rel_tol=1e-12)
    for key in ("p", "odds"):
        again = LogitCurve(**{key: getattr(curve, key)})
        assert math.isclose(again.z, z, rel_tol=1e-9, abs_tol=1e-12)


@given(Z)
def test_the_equation_is_true_as_written(z: float) -> None:
    written = LogitCurve(z=z).figure_html().partition("ln(")[2].partition("<")[0]
    shares, log = written.replace(MINUS, "-").split(") = ")
    p, rest = map(float, shares.split(" / "))
    assert p + rest == pytest.approx(1)
    assert abs(math.log(p / rest) - float(log)) < 0.0083  # at worst six decimals of p = 0.0003


@given(Z)
def test_the_sigmoid_is_true_as_written(z: float) -> None:
    written = LogitCurve(z=z, inverse=True).figure_html().partition("exp(")[2].partition("<")[0]
    power, p = written.replace(MINUS, "-").split(")) = ")
    digits = len(p) - 2
    assert fixed(special.expit(-float(power)), digits) == p or digits == 2
    assert 0 < float(p) < 1


def test_the_worked_equation_of_the_issue() -> None:
    curve = LogitCurve(p=0.7)
    assert ">ln(0.70 / 0.30) = 0.85<" in curve.figure_html()
    assert curve.describe_state() == (
        "Probability 0.70, odds 2.33 : 1, log-odds 0.85. "
        f"Mirrored: probability 0.30, log-odds {MINUS}0.85"
    )
    assert f">1 / (1 + exp({MINUS}0.85)) = 0.70<" in LogitCurve(inverse=True).figure_html()


@pytest.mark.parametrize(
    ("odds", "words"),
    [
        (4, "odds 4 : 1"),
        (0.25, "odds 1 : 4"),
        (1, "odds 1 : 1"),
        (150, "150 : 1"),
        (1e-3, "1 : 1000"),
    ],
)
def test_odds_have_the_smaller_side_as_one(odds: float, words: str) -> None:
    assert words in LogitCurve(odds=odds).describe_state()


def test_the_inverse_swaps_the_axes() -> None:
    logit, sigmoid = LogitCurve().figure_html(), LogitCurve(inverse=True).figure_html()
    assert "The logit curve" in logit
    assert "The sigmoid curve" in sigmoid
    assert LogitCurve().answer == LogitCurve(inverse=True).answer


@pytest.mark.parametrize(
    "options", [{"p": 0.5, "odds": 1}, {"p": 0.5, "z": 0}, {"odds": 1, "z": 0}]
)
def test_only_one_of_the_three_is_given(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="p, odds and z say the same: give one, not"):
        LogitCurve(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"p": 0}, "p is a number from 0.000335 to 0.999665, not 0"),
        ({"p": 1}, "p is a number from"),
        ({"p": float("nan")}, "p is a number from"),
        ({"p": "half"}, "p is a number from 0.000335 to 0.999665, not 'half'"),
        ({"odds": 0}, "odds is a number from 0.000335 to 2980.957987, not 0"),
        ({"odds": -1}, "odds is a number from"),
        ({"z": 8.1}, "z is a number from -8 to 8, not 8.1"),
    ],
)
def test_what_is_out_of_range_is_said(options: dict[str, object], message: str) -> None:
    with pytest.raises(TraitError, match=message):
        LogitCurve(**options)


def test_the_ends_of_the_range_are_in_it() -> None:
    for z in (-8.0, 8.0):
        end = LogitCurve(z=z)
        assert LogitCurve(p=end.p).z == pytest.approx(z)
        assert LogitCurve(odds=end.odds).z == pytest.approx(z)


def test_numpy_numbers_are_numbers() -> None:
    assert LogitCurve(p=np.float32(0.5)).answer == {"z": 0.0}
    z = np.array([1.0, 2.0, 0.5], dtype=np.float32)
    assert SoftmaxBars(z=z).answer["z3"] == 0.5


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6), st.floats(-5, 5), st.floats(0.1, 10))
def test_softmax_agrees_with_scipy(z: list[float], shift: float, temperature: float) -> None:
    bars = SoftmaxBars(z=z, shift=shift, temperature=temperature)
    expected = special.softmax((np.array(z) + shift) / temperature)
    np.testing.assert_allclose(bars.probabilities, expected, rtol=1e-9)
    assert SoftmaxBars.from_answer(bars.answer).answer == bars.answer


def test_the_answer_holds_the_logits_before_the_shift() -> None:
    bars = SoftmaxBars(z=[2.5, 1.0, -1.2], labels=["cat", "dog", "bird"], shift=2)
    assert canonical(bars.answer) == (
        '{"shift": 2.0, "temperature": 1.0, "z1": 2.5, "z2": 1.0, "z3": -1.2}'
    )
    assert bars.logits == pytest.approx([4.5, 3.0, 0.8])
    assert "z4" not in bars.state


def test_labels_have_a_default() -> None:
    assert SoftmaxBars().labels == ["cat", "dog", "bird"]
    assert SoftmaxBars(z=[1, 2]).labels == ["class 1", "class 2"]
    assert SoftmaxBars(labels=["a", "b", "c"]).answer == SoftmaxBars().answer


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({}, ("Shift by 0.0: nothing moves", "Temperature 1.0: nothing moves")),
        ({"shift": 2.0}, ("Shift by 2.0: all logits move, no probability does",)),
        ({"temperature": 0.5}, ("Temperature 0.5: no logit moves, the probabilities sharpen",)),
        ({"temperature": 5}, ("Temperature 5.0: no logit moves, the probabilities even out",)),
        (
            {"z": [1, 1], "temperature": 5},
            ("Temperature 5.0: nothing moves, all logits are equal",),
        ),
    ],
)
def test_a_line_says_what_moved(options: dict[str, object], lines: tuple[str, ...]) -> None:
    bars = SoftmaxBars(**options)
    for line in lines:
        assert line in bars.describe_state()
        assert f">{line}<" in bars.figure_html()


@pytest.mark.parametrize(
    ("z", "words", "leaders"),
    [
        ([2.5, 1.0, -1.2], "argmax: class 1, p = 0.801", 2),
        ([5, -5], "argmax: class 1, p &gt; 0.999", 2),
        ([1, 1, 0], "2 tie, p = 0.422 each", 4),
    ],
)
def test_the_largest_is_marked_in_both_panels(z: list[float], words: str, leaders: int) -> None:
    figure = SoftmaxBars(z=z).figure_html()
    assert words in figure
    assert figure.count('data-leads=""') == leaders


def test_no_probability_is_said_to_be_zero_or_one() -> None:
    summary = SoftmaxBars(z=[5, -5], temperature=0.1).describe_state()
    assert "probability > 0.999" in summary
    assert "probability < 0.001" in summary


def test_labels_are_text() -> None:
    figure = SoftmaxBars(z=[1, 2], labels=["<b>&", "b"]).figure_html()
    assert "<b>" not in figure
    assert "&lt;b&gt;&amp;" in figure


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"z": [1]}, "there are 2 to 6 logits, not 1"),
        ({"z": range(7)}, "there are 2 to 6 logits, not 7"),
        ({"z": [1, 2], "labels": ["a"]}, "2 logits need 2 labels, not 1"),
        ({"labels": ["a", "b"]}, "3 logits need 3 labels, not 2"),
        ({"z": [1, 2], "labels": ["a", ""]}, "a label has 1 to 10 characters, not ''"),
        ({"z": [1, 2], "labels": ["a", "b" * 11]}, "a label has 1 to 10 characters"),
        ({"z1": 1, "z3": 2}, "numbered without a gap, z1, z2 and on, not z1, z3"),
        ({"z": [1, 2], "z1": 1}, "give z, or z1, z2 and so on, not both"),
    ],
)
def test_logits_and_labels_belong_together(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SoftmaxBars(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"z": [1, 9]}, "z2 is a number from -5 to 5, not 9"),
        ({"temperature": 0}, "temperature is a number from 0.1 to 10, not 0"),
        ({"shift": -6}, "shift is a number from -5 to 5, not -6"),
    ],
)
def test_a_logit_is_a_number_in_range(options: dict[str, object], message: str) -> None:
    with pytest.raises(TraitError, match=message):
        SoftmaxBars(**options)


def test_z_is_a_list_of_numbers() -> None:
    with pytest.raises(TypeError, match="a logit is a number: "):
        SoftmaxBars(z=[1, 2, None])
    with pytest.raises(TypeError, match="z is a list of logits, not 3"):
        SoftmaxBars(z=3)


@pytest.mark.parametrize("answer", [{"z1": 1.0, "z2": 1.0}, {"shift": 0.0, "temperature": 1.0}])
def test_from_answer_says_which_keys_may_be_missing(answer: dict[str, float]) -> None:
    keys = r"has the keys shift, temperature, z1, z2, z3\?, z4\?, z5\?, z6\?, not"
    with pytest.raises(ValueError, match=keys):
        SoftmaxBars.from_answer(answer)


def test_shorthand_is_known() -> None:
    with pytest.raises(TypeError, match="LogitCurve has no logit; it knows p, odds, z, caption"):
        LogitCurve(logit=1)
    with pytest.raises(TypeError, match="SoftmaxBars has no Z; it knows z, shift"):
        SoftmaxBars(Z=[1, 2])
