"""Head and loss in a browser; the losses against SciPy and TensorFlow."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect
from scipy import special
from widget_pages import live, open_page, start_module

from widgets import Heads
from widgets.heads import PATIENTS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


STATES = [
    {"head": head, "loss": loss, "w": w, "b": b}
    for head in (0, 1)
    for loss in (0, 1)
    for w, b in [*np.random.default_rng(26).normal(0, 30, (50, 2)), (0.0, 0.5), (5, -5), (0.1, 0.4)]
]


def heads_in_javascript(page: Page, rows: list[Any]) -> list[float]:
    """Let the module compute the loss of each of the states over rows (x, target)."""
    start_module(page, "heads", Heads())
    script = "([states, rows]) => states.map(state => module.arithmetic.loss(state, rows))"
    return list(page.evaluate(script, [STATES, rows]))


def test_losses_of_the_heads_agree_with_scipy(page: Page) -> None:
    x, y = np.array(PATIENTS).T
    for target in (y, (y > 1.5).astype(float)):
        found = heads_in_javascript(page, np.column_stack([x, target]).tolist())
        for state, loss in zip(STATES, found, strict=True):
            z = state["w"] * x + state["b"]
            if not state["loss"]:
                expected = np.mean((target - (special.expit(z) if state["head"] else z)) ** 2)
            elif state["head"]:
                expected = np.mean(np.logaddexp(0, z) - target * z)
            elif (z > 0).all() and (z < 1).all():
                expected = np.mean(-special.xlogy(target, z) - special.xlog1py(1 - target, -z))
            else:
                expected = np.nan
            np.testing.assert_allclose(loss, expected, rtol=1e-9)


@pytest.mark.slow
def test_losses_of_the_heads_agree_with_tensorflow(page: Page) -> None:
    """Where the loss is defined; elsewhere Keras clips probabilities and we say so."""
    losses = importlib.import_module("tensorflow").keras.losses
    x, y = np.array(PATIENTS).T
    labels = (y > 1.5).astype("float64")
    found = heads_in_javascript(page, np.column_stack([x, labels]).tolist())
    for state, loss in zip(STATES, found, strict=True):
        if np.isnan(loss):
            continue
        z = state["w"] * x + state["b"]
        logits = bool(state["head"])
        cross_entropy = losses.BinaryCrossentropy(from_logits=logits, dtype="float64")
        output = special.expit(z) if logits and not state["loss"] else z
        chosen = cross_entropy if state["loss"] else losses.MeanSquaredError(dtype="float64")
        np.testing.assert_allclose(loss, float(chosen(labels, output)), rtol=1e-5)


def test_head_and_loss_can_be_chosen(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "heads-1")
    told, equation = figure.locator(".llb-count"), figure.locator(".llb-equation")
    verdict = figure.locator(".llb-stack [data-on]")
    figure.get_by_label("loss").select_option("cross-entropy")
    expect(verdict).to_contain_text("Classification")
    for name, value in (("w", "1.3"), ("b", "-0.8")):
        figure.get_by_role("spinbutton", name=f"{name}, as a number").fill(value)
    expect(equation).to_have_text("output = sigmoid(1.3·x \u2212 0.8)")
    expect(told).to_have_text("cross-entropy 0.500, lowest 0.500")
    expect(figure.locator(".llb-live")).to_contain_text("lowest 0.500. Classification")
    figure.get_by_label("head").select_option("none")
    expect(told).to_have_text("no cross-entropy, lowest 0.520")
    figure.get_by_label("read as").press("ArrowUp")
    expect(figure.get_by_label("read as")).to_have_value("0")
    expect(told).to_have_text("no cross-entropy, no lowest")
    expect(figure.locator(".llb-fit[data-fit]:not([display])")).to_have_count(0)
    page.wait_for_function("location.hash === '#heads-1=reading:0,head:0,loss:1,w:1.3,b:-0.8'")
    page.reload()
    expect(told).to_have_text("no cross-entropy, no lowest")
    figure.get_by_role("button", name="Reset").click()
    expect(told).to_contain_text("squared error")
