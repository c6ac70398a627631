"""The three forms of a loss in a browser, number for number against TensorFlow and Python."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from loss_oracle import kinds, with_tape
from playwright.sync_api import expect
from scipy import special
from widget_pages import live, open_page, start_module

from widgets import Losses
from widgets._cross_entropy import LOSS_FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


def test_losses_break_where_the_reader_drags(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "losses-1")
    row = figure.get_by_role("row", name="by hand")
    expect(row).to_have_text("by hand, from pinfinf")
    slider = figure.get_by_role("slider", name="logit z")
    slider.press("Home")
    expect(row).to_have_text("by hand, from p0nan")
    note = figure.locator("[data-part=note-hand]")
    expect(note).to_have_text("By hand: exp(100.0) is inf, and the gradient inf \u00b7 0 is nan")
    figure.get_by_role("checkbox", name="the label is 1").check()
    expect(row).to_have_text("by hand, from pinfnan")
    expect(figure.get_by_role("row", name="Keras")).to_have_text("Keras, from p16.120")
    expect(figure.get_by_role("row", name="fused")).to_have_text("fused100.0\u22121.000")
    expect(figure.locator(".llb-live")).to_contain_text("By hand, from p: loss inf, gradient nan")
    page.wait_for_function("location.hash === '#losses-1=z:-100,y:1'")
    grip = figure.locator("[data-part=grip]")
    figure.scroll_into_view_if_needed()
    box = grip.evaluate(
        "line => { const {x, y, width, height} = line.getBoundingClientRect();"
        " return [x + width / 2, y + height / 2]; }"
    )
    page.mouse.move(*box)
    page.mouse.down()
    page.mouse.move(5000, box[1], steps=3)
    page.mouse.up()
    assert figure.evaluate("figure => figure.llb.state") == {"z": 100, "y": True}
    figure.get_by_role("button", name="Reset").click()
    expect(row).to_have_text("by hand, from pinfinf")
    page.wait_for_function("location.hash === ''")


LOSSES = """([z, given, to]) => {
  const {single, exp, sigmoid, hand, clipped, fused} = module.arithmetic;
  const round = to === 'float32' ? single : value => value;
  const rows = [z.map(v => exp(-v, round)), z.map(v => sigmoid(v, round))];
  for (const y of [0, 1]) for (const [form, start] of [[hand], [clipped], [fused],
    [hand, given[0]], [clipped, given[1]]]) {
    const steps = z.map((v, i) => form(v, y, round, start && start[i]));
    rows.push(steps.map(step => step.loss), steps.map(step => step.gradient));
  }
  return rows;
}"""


def in_tensorflow(z: list[float], dtype: str) -> tuple[list[Any], list[Any]]:
    """Compute the exponential and the sigmoid; and what LOSSES computes, in its order."""
    tf = importlib.import_module("tensorflow")
    logits = tf.constant(z, dtype)
    given = [tf.exp(-logits).numpy(), tf.sigmoid(logits).numpy()]
    rows = []
    for y in (0, 1):
        five = [with_tape(form, logits.numpy(), y) for form in ("hand", "clipped", "fused")]
        rows += [row for form in (*five, *five[:2]) for row in form]
    return given, rows


def ulps(found: list[float], expected: NDArray[Any]) -> NDArray[Any]:
    """Count the 32-bit numbers between two finite ones; 0 where both are inf or nan alike."""

    def place(values: NDArray[Any]) -> NDArray[Any]:
        bits = values.astype(np.float32).view(np.int32).astype(np.int64)
        return np.where(bits < 0, -(bits & 0x7FFFFFFF), bits)

    values = np.array(found, float)  # the browser's large whole numbers arrive as int
    both = np.isfinite(expected) & np.isfinite(values)
    return np.where(both, np.abs(place(values) - place(expected)), 0)


@pytest.fixture(scope="module")
def losses_page(browser: Browser) -> Iterator[Page]:
    """Hold the module of the losses, for many calls."""
    page = browser.new_page()
    start_module(page, "losses", Losses())
    yield page
    page.close()


EDGES = [0.0, 16.635532, 16.63553, 87.33655, 87.3366, 88.72283, 88.72284, 100.0]
LOGITS_32 = st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=40)


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(LOGITS_32)
@example([*EDGES, *(-edge for edge in EDGES)])
def test_losses_agree_with_tensorflow_in_float32(losses_page: Page, z: list[float]) -> None:
    """Kinds agree everywhere; numbers by 4 ulp, as far as the step before them lets them.

    Rounding is multiplied where a form takes 1 - p, so these forms also start from TensorFlow's own
    exponential and sigmoid. TensorFlow's sigmoid is itself 6 ulp from the exact one.
    """
    z = [float(np.float32(value)) for value in z]
    (e, p), expected = in_tensorflow(z, "float32")
    found = losses_page.evaluate(LOSSES, [z, [e.tolist(), p.tolist()], "float32"])
    assert ulps(found[0], e).max() <= 4
    exact = special.expit(np.array(z))
    ours, theirs = np.abs(np.array(found[1], float) - exact), np.abs(p - exact)
    assert ((ulps(found[1], p) <= 4) | (ours <= theirs)).all()
    for index, (row, values) in enumerate(zip(found[2:], expected, strict=True)):
        assert kinds(row) == kinds(values)
        if index % 10 >= 4:  # the fused form, and the other two from the given start
            assert ulps(row, values).max() <= 4


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=40))
@example([*EDGES, *(-edge for edge in EDGES), 36.7, 36.8, 37.0, -36.8])
def test_losses_agree_with_tensorflow_in_float64(losses_page: Page, z: list[float]) -> None:
    (e, p), expected = in_tensorflow(z, "float64")
    found = losses_page.evaluate(LOSSES, [z, [e.tolist(), p.tolist()], "float64"])
    np.testing.assert_allclose(np.array(found[0], float), e, rtol=1e-6)
    np.testing.assert_allclose(found[1], p, rtol=1e-6)
    for index, (row, values) in enumerate(zip(found[2:], expected, strict=True)):
        if index % 10 >= 4:
            np.testing.assert_allclose(np.array(row, float), values, rtol=1e-6)


def test_both_languages_round_alike(losses_page: Page) -> None:
    random = np.random.default_rng(31)
    edges = [*EDGES, *(-edge for edge in EDGES)]
    z = [*edges, *np.arange(-100, 100, 0.25).tolist(), *random.uniform(-100, 100, 500).tolist()]
    z = [float(np.float32(value)) for value in z]
    found = losses_page.evaluate(LOSSES, [z, [z, z], "float32"])
    for y in (0, 1):
        for place, form in enumerate(("hand", "clipped", "fused")):
            steps = [LOSS_FORMS[form](value, y) for value in z]
            start = 2 + 10 * y + 2 * place
            np.testing.assert_array_equal(found[start], [step.loss for step in steps])
            np.testing.assert_array_equal(found[start + 1], [step.gradient for step in steps])


def test_both_languages_say_the_same_of_losses(page: Page) -> None:
    z = [*np.arange(-100, 100.1, 1.25), 16.6, 16.64, 87.35, -87.35, 88.73, -88.73, 0.01, -0.001]
    states = [{"z": float(value), "y": y} for value in z for y in (0, 1)]
    start_module(page, "losses", Losses())
    words = "states => states.map(s => { for (const k in s) model.set(k, s[k]); return"
    words += " [...document.querySelectorAll('.llb-side td, p span, desc')].map(n =>"
    words += " n.textContent); })"
    read = "html => { document.body.innerHTML = html; return"
    read += " [...document.querySelectorAll('.llb-side td, p span, desc')].map(n =>"
    read += " n.textContent); }"
    found = page.evaluate(words, states)
    for state, texts in zip(states, found, strict=True):
        assert page.evaluate(read, Losses(**state).skeleton) == texts
