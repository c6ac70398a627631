"""The weights and the layer builder in a browser: what moves, what is said, what is computed."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect
from widget_pages import live, open_page, start_module

from widgets import LayerBuilder, Weights, missing_bias_data

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_the_boundary_can_be_dragged(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page)
    before, to = (figure.locator(f'[data-part="{part}"]') for part in ("grip", "note"))
    figure.scroll_into_view_if_needed()
    middle = page.evaluate(
        "line => { const {x, y, width, height} = line.getBoundingClientRect();"
        " return [x + width / 2, y + height / 2]; }",
        before.element_handle(),
    )
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 85, middle[1] - 85, steps=4)
    page.mouse.up()
    expect(figure.locator(".llb-count")).to_have_text("12 of 12 points on their own side")
    expect(to).to_have_text("")


def test_no_line_is_said(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "weights-2")
    note = figure.locator('[data-part="note"]')
    expect(note).to_have_text("w1 = w2 = 0: no line, z is 0.0 everywhere")
    expect(figure.locator('[data-part="boundary"]')).to_be_hidden()
    slider = figure.get_by_role("slider", name="w1")
    slider.press("ArrowRight")
    expect(note).to_have_text("")
    expect(figure.locator('[data-part="boundary"]')).not_to_have_attribute("display", "none")


def test_layer_builder(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "layer_builder-1")
    figure.get_by_role("slider", name="inputs").press("End")
    figure.get_by_role("slider", name="outputs").press("End")
    expect(figure.locator(".llb-equation")).to_have_text("(6 + 1) \u00d7 6 = 42 parameters")
    assert figure.locator("[data-from]:not([display])").count() == 42
    figure.get_by_role("checkbox").uncheck()
    expect(figure.locator(".llb-equation")).to_have_text("6 \u00d7 6 = 36 parameters")
    expect(figure.get_by_role("row", name="bias")).to_have_text(re.compile("none"))
    assert figure.locator("[data-from]:not([display])").count() == 36


def test_an_output_shows_its_connections(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "layer_builder-1")
    lit, hint = figure.locator("line[data-lit]"), figure.locator('[data-part="hint"]')
    output = figure.get_by_role("button", name="Connections of output z2")
    output.focus()
    expect(lit).to_have_count(7)  # six inputs, hidden or not, and the bias
    expect(hint).to_have_text("z2: 2 weights + 1 bias")
    output.press("Enter")
    figure.get_by_role("button", name="Reset").focus()
    expect(output).to_have_attribute("aria-pressed", "true")
    expect(lit).to_have_count(7)
    figure.get_by_role("button", name="Connections of output z1").hover()
    expect(hint).to_have_text("z1: 2 weights + 1 bias")
    figure.get_by_role("slider", name="outputs").press("Home")
    expect(output).to_be_hidden()
    page.mouse.move(0, 0)
    expect(lit).to_have_count(0)


def test_arithmetic_agrees_with_numpy(page: Page) -> None:
    random = np.random.default_rng(20)
    weights = random.uniform(-10, 10, size=(200, 3))
    x, y = missing_bias_data()
    start_module(page, "weights", Weights())
    z = page.evaluate(
        "([w, x]) => w.map(([w1, w2, b]) =>"
        " x.map(([x1, x2]) => module.arithmetic.linear({w1, w2, b}, x1, x2)))",
        [weights.tolist(), x.tolist()],
    )
    expected = (weights[:, :2] @ x.T.astype(float)) + weights[:, 2:]
    np.testing.assert_allclose(z, expected, rtol=1e-6, atol=1e-9)
    rows = np.column_stack([x, y]).tolist()
    counts = page.evaluate(
        "([w, rows]) => w.map(([w1, w2, b]) => module.arithmetic.count({w1, w2, b}, rows))",
        [weights.tolist(), rows],
    )
    assert counts == ((expected > 0) == (y == 1)).sum(axis=1).tolist()


def test_parameters_agree_with_numpy_shapes(page: Page) -> None:
    start_module(page, "layer_builder", LayerBuilder())
    states = [
        {"inputs": i, "outputs": j, "bias": bias}
        for i in range(1, 7)
        for j in range(1, 7)
        for bias in (True, False)
    ]
    found = page.evaluate("states => states.map(module.arithmetic.parameters)", states)
    sizes = [np.zeros((s["inputs"] + s["bias"], s["outputs"])).size for s in states]
    assert found == sizes


@pytest.mark.slow
def test_arithmetic_agrees_with_tensorflow(page: Page) -> None:
    tf = importlib.import_module("tensorflow")
    start_module(page, "weights", Weights())
    x, _ = missing_bias_data()
    dense = tf.keras.layers.Dense(1, name="logits")
    z = dense(x).numpy()[:, 0]
    kernel, bias = dense.get_weights()
    state = {"w1": float(kernel[0, 0]), "w2": float(kernel[1, 0]), "b": float(bias[0])}
    found = page.evaluate(
        "([state, x]) => x.map(([x1, x2]) => module.arithmetic.linear(state, x1, x2))",
        [state, x.tolist()],
    )
    # Products of some size may cancel, and float32 has rounded each.
    np.testing.assert_allclose(found, z, rtol=1e-6, atol=1e-6)
    start_module(page, "layer_builder", LayerBuilder())
    layer = {"inputs": 2, "outputs": 1, "bias": True}
    assert page.evaluate("s => module.arithmetic.parameters(s)", layer) == dense.count_params()
