"""Each widget's module as anywidget runs it, and what it shares with Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect
from widget_pages import SHAPES, recorded, start_module

from widgets import (
    Heads,
    LayerBuilder,
    LogitCurve,
    Losses,
    Questions,
    SoftmaxBars,
    Weights,
    canonical,
)
from widgets._assets import style_text
from widgets._widget import Number

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from widgets._widget import Widget

pytestmark = pytest.mark.browser


def test_the_same_module_runs_under_anywidget(page: Page) -> None:
    start_module(page, "weights", Weights.missing_bias({"b": 0.5, "w1": 1.0, "w2": 1.0}))
    page.get_by_role("slider", name="b", exact=True).press("ArrowLeft")
    assert page.evaluate("[model.get('b'), saved]") == [0.4, 1]
    page.evaluate("model.set('b', -4)")
    expect(page.locator(".llb-count")).to_have_text("12 of 12 points on their own side")
    page.get_by_role("button", name="Reset").click()
    assert page.evaluate("model.get('b')") == 0
    page.evaluate("clean(); model.set('b', -4)")
    expect(page.locator(".llb-count")).to_have_text("6 of 12 points on their own side")


def test_dark_mode_in_jupyter(page: Page) -> None:
    start_module(page, "layer_builder", LayerBuilder())
    page.add_style_tag(content=style_text())
    ink = [page.locator(".llb-widget").evaluate("node => getComputedStyle(node).color")]
    page.emulate_media(color_scheme="dark")
    ink.append(page.locator(".llb-widget").evaluate("node => getComputedStyle(node).color"))
    page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    ink.append(page.locator(".llb-widget").evaluate("node => getComputedStyle(node).color"))
    assert ink[0] == ink[2] != ink[1]


CANONICAL: list[Any] = [
    {},
    {"b": -4, "w1": 1.0, "w2": 0.1 + 0.2},
    {"on": True, "off": False, "zero": -0.0},
    {"big": 1e15, "bigger": 1e16, "huge": 1.5e300, "exact": 123456789012345680.0},
    {"small": 1e-4, "smaller": 1e-5, "tiny": 5e-324, "digits": 1.2345678901234567e-7},
    {"list": [1, [2.5, "a"], {"z": 1, "a": 2}], "text": 'é "\\ \n\t\u2028\x7f\x01 \U0001f600'},
    {"B": 1, "a": 2, "_": 3, "a1": 4, "a 1": 5},
]


def test_canonical_text_is_the_same_in_both_languages(page: Page) -> None:
    random = np.random.default_rng(21)
    floats = random.standard_normal(500) * 10.0 ** random.integers(-20, 25, 500)
    vectors = [*CANONICAL, {"floats": floats.tolist()}, {"steps": [i / 10 for i in range(-99, 99)]}]
    start_module(page, "weights", Weights())
    texts = page.evaluate("vectors => vectors.map(module.canonical)", vectors)
    assert texts == [canonical(vector) for vector in vectors]


@pytest.mark.parametrize("code", ["NaN", "Infinity", "null", "'\\ud800'", "{'é': 1}", "undefined"])
def test_canonical_refuses_the_same(page: Page, code: str) -> None:
    start_module(page, "weights", Weights())
    refused = f"() => {{ try {{ module.canonical({{a: {code}}}); }} catch {{ return true; }} }}"
    assert page.evaluate(refused) is True


@pytest.mark.parametrize(
    "widget",
    [
        *(Weights(), LayerBuilder(), LogitCurve(), SoftmaxBars(z=range(-3, 3))),
        *(Heads(), Losses(), Questions()),
    ],
    ids=lambda widget: widget.widget_type,
)
def test_both_languages_move_the_same_traits(page: Page, widget: Widget) -> None:
    start_module(page, widget.widget_type, widget)
    assert page.evaluate("module.default.moves") == list(widget.answer_traits)
    for key in widget.answer_traits:
        trait: Any = type(widget).class_traits()[key]
        if not isinstance(trait, Number):
            continue
        take = "([key, value]) => { module.default.accept(model, {[key]: value});"
        take += " return model.get(key); }"
        ends = [page.evaluate(take, [key, value]) for value in (-1e9, 1e9)]
        assert ends == [trait.low, trait.high]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LogitCurve(), LogitCurve(z=-2.5)),
        (LogitCurve(inverse=True), LogitCurve(z=7.75, inverse=True)),
        (SoftmaxBars(), SoftmaxBars(z=[-3.3, 4.1, 4.1], labels=["cat", "dog", "bird"], shift=-2)),
        (SoftmaxBars(), SoftmaxBars(temperature=0.35, shift=0.7)),
        (SoftmaxBars(z=[1, 2]), SoftmaxBars(z=[0, 0], temperature=10)),
        (recorded("relu"), recorded("relu", epoch=9)),
        (recorded("tanh", epoch=25), recorded("tanh", epoch=3)),
        (Heads(), Heads(reading="label", head="sigmoid", loss="cross-entropy", w=1.3, b=-0.8)),
        (Heads(), Heads(reading="number", head="sigmoid", loss="cross-entropy", w=5, b=-5)),
        (Heads(), Heads(reading="label", loss="cross-entropy", w=0.2, b=0.4)),
        (Heads(head="sigmoid"), Heads(loss="cross-entropy", w=-3.7, b=4.2)),
        (Heads(head="sigmoid"), Heads(w=0, b=5)),
        (Losses(), Losses(z=-88, y=1)),
        (Losses(z=3, y=1), Losses(z=20.5)),
    ],
    ids=lambda widget: widget.describe_state(),
)
def test_the_module_moves_to_what_python_draws(page: Page, before: Widget, after: Widget) -> None:
    start_module(page, before.widget_type, before)
    page.evaluate("state => { for (const k in state) model.set(k, state[k]); }", after.answer)
    figure = page.locator(".llb-widget")
    said = figure.locator("[data-part=description]")
    moved = [figure.evaluate_all(SHAPES), said.text_content()]
    page.evaluate("html => { document.body.innerHTML = html; }", after.skeleton)
    assert moved == [figure.evaluate_all(SHAPES), said.text_content()]
