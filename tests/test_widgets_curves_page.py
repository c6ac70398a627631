"""The logit curve and the softmax bars in a browser, and their arithmetic against oracles."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect
from scipy import special
from widget_pages import live, open_page, start_module

from widgets import LogitCurve, SoftmaxBars
from widgets.logit_curve import _CurveScale

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("name", "value"),
    [("probability p", "0.8"), ("odds", "4"), ("log-odds z", "1.3862943611198906")],
)
def test_any_of_the_three_can_be_typed(
    page: Page, widget_site: Path, name: str, value: str
) -> None:
    open_page(page, widget_site)
    figure = live(page, "logit_curve-1")
    number = figure.get_by_role("spinbutton", name=f"{name}, as a number")
    number.fill(value)
    expect(figure.locator(".llb-equation")).to_have_text("ln(0.80 / 0.20) = 1.39")
    expect(figure.locator(".llb-count")).to_have_text("odds 4 : 1")
    expect(figure.get_by_role("row", name="mirrored")).to_have_text("mirrored0.201 : 4\u22121.39")
    assert figure.evaluate("figure => figure.llb.state.z") == pytest.approx(np.log(4), rel=1e-15)
    number.press("Tab")
    shown = {"probability p": "0.8", "odds": "4", "log-odds z": "1.386"}
    for other, text in shown.items():
        expect(figure.get_by_role("spinbutton", name=f"{other}, as")).to_have_value(text)
        slider = figure.get_by_role("slider", name=other, exact=True)
        expect(slider).to_have_attribute("aria-valuetext", text)
    assert figure.evaluate("figure => figure.llb.state.z") == pytest.approx(np.log(4), rel=1e-15)


def test_typing_is_not_disturbed_and_ends_in_range(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "logit_curve-1")
    number = figure.get_by_role("spinbutton", name="probability p, as a number")
    other = figure.get_by_role("spinbutton", name="log-odds z, as a number")
    other.fill("")
    other.press_sequentially("2.25678")
    expect(other).to_have_value("2.25678")
    assert figure.evaluate("figure => figure.llb.state") == {"z": 2.25678}
    number.fill("")
    number.press_sequentially("0.9050")
    expect(number).to_have_value("0.9050")
    expect(figure.locator(".llb-equation")).to_have_text("ln(0.905 / 0.095) = 2.25")
    number.fill("1")
    expect(figure.locator(".llb-equation")).to_have_text("ln(0.905 / 0.095) = 2.25")
    number.press("Tab")
    expect(figure.locator(".llb-equation")).to_have_text("ln(0.999665 / 0.000335) = 8.00")
    assert figure.evaluate("figure => figure.llb.state.z") <= 8
    expect(number).to_have_value("0.999665")
    number.fill("")
    number.press("Tab")
    expect(number).to_have_value("0.999665")


def test_three_rows_of_one_trait_set_it_once(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    changes = "figure => { let changes = 0; figure.addEventListener('llb:change', () => {"
    changes += " changes += 1; }); figure.llb.set({z: -3}); return [changes, figure.llb.state.z]; }"
    assert live(page, "logit_curve-1").evaluate(changes) == [1, -3]


def test_each_slider_of_the_logit_curve_moves_the_point(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "logit_curve-1")
    equation = figure.locator(".llb-equation")
    for name, text in (
        ("probability p", "ln(0.71 / 0.29) = 0.90"),
        ("odds", "ln(0.737 / 0.263) = 1.03"),
        ("log-odds z", "ln(0.75 / 0.25) = 1.10"),
    ):
        figure.get_by_role("slider", name=name, exact=True).press("ArrowRight")
        expect(equation).to_have_text(text)
    for _ in range(4):
        figure.get_by_role("slider", name="odds", exact=True).press("ArrowRight")
    page.wait_for_function("location.hash.startsWith('#logit_curve-1=z:1.')")
    figure.get_by_role("button", name="Reset").click()
    expect(equation).to_have_text("ln(0.70 / 0.30) = 0.85")
    page.wait_for_function("location.hash === ''")


@pytest.mark.parametrize(
    ("identity", "to", "state"),
    [("logit_curve-1", np.log(4), np.log(4)), ("logit_curve-2", 5.02, 5.0)],
)
def test_the_point_can_be_dragged(
    page: Page, widget_site: Path, identity: str, to: float, state: float
) -> None:
    """The point goes to where its curve is closest to the pointer, and stops at round numbers."""
    open_page(page, widget_site)
    figure = live(page, identity)
    svg, grip = figure.locator(".llb-plot"), figure.locator("[data-part=grip]")
    svg.scroll_into_view_if_needed()
    place = """(svg, [x, y]) => { const point = new DOMPoint(x, y).matrixTransform(
      svg.getScreenCTM()); return [point.x, point.y]; }"""
    scale = _CurveScale(inverse=identity.endswith("2"))
    start = [float(grip.get_attribute(name) or "nan") for name in ("cx", "cy")]
    page.mouse.move(*svg.evaluate(place, start))
    page.mouse.down()
    page.mouse.move(*svg.evaluate(place, list(scale.at(0.0))), steps=3)
    assert figure.evaluate("figure => figure.llb.state.z") == 0
    page.mouse.move(*svg.evaluate(place, list(scale.at(to))), steps=3)
    page.mouse.up()
    assert figure.evaluate("figure => figure.llb.state.z") == pytest.approx(state, rel=1e-15)
    found = [float(grip.get_attribute(name) or "nan") for name in ("cx", "cy")]
    assert found == pytest.approx(scale.at(state), abs=0.01)


def test_a_shift_moves_all_logits_and_no_probability(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "softmax_bars-1")
    logits = figure.locator('[data-bar^="z"] > text:last-child')
    chances = figure.locator('[data-bar^="p"]')
    bars = "groups => groups.map(group => group.outerHTML)"
    before = chances.evaluate_all(bars)
    figure.get_by_role("spinbutton", name="shift c, as a number").fill("2")
    expect(logits).to_have_text(["4.5", "3.0", "0.8"])
    assert chances.evaluate_all(bars) == before
    line = "Shift by 2.0: all logits move, no probability does"
    expect(figure.locator("[data-part=shifted]")).to_have_text(line)
    expect(figure.locator(".llb-live")).to_contain_text(line)
    figure.get_by_role("slider", name="temperature T").press("Home")
    expect(logits).to_have_text(["4.5", "3.0", "0.8"])
    expect(chances).to_have_text(["cat> 0.999", "dog< 0.001", "<bird>< 0.001"])
    figure.get_by_role("slider", name="logit of dog").press("End")
    expect(figure.locator(".llb-count")).to_have_text("argmax: dog, p > 0.999")
    expect(figure.locator("[data-leads] > text:first-child")).to_have_text(["dog", "dog"])
    assert json.loads(figure.evaluate("figure => figure.llb.answer")) == {
        "shift": 2.0,
        "temperature": 0.1,
        "z1": 2.5,
        "z2": 5.0,
        "z3": -1.2,
    }
    page.wait_for_function("location.hash.startsWith('#softmax_bars-1=shift:2,temperature:0.1,z1')")
    figure.get_by_role("button", name="Reset").click()
    assert chances.evaluate_all(bars) == before


def test_a_temperature_keeps_two_digits_and_every_step_moves_it(
    page: Page, widget_site: Path
) -> None:
    open_page(page, widget_site)
    figure = live(page, "softmax_bars-1")
    slider = figure.get_by_role("slider", name="temperature T")
    slider.press("Home")
    seen = [0.1]
    for _ in range(40):
        slider.press("ArrowRight")
        seen.append(figure.evaluate("figure => figure.llb.state.temperature"))
    assert len(set(seen)) == 41
    assert seen == sorted(seen)
    assert {0.5, 1, 2, 4, 5, 10} <= set(seen)
    assert seen == [float(f"{value:.2g}") for value in seen]


def test_a_hostile_address_of_the_new_widgets(page: Page, widget_site: Path) -> None:
    hash_ = "#logit_curve-1=z:-99,p:3&softmax_bars-1=z1:99,z2:x,z4:1,shift:1e999,temperature:0"
    open_page(page, widget_site, hash_=hash_)
    curve, bars = live(page, "logit_curve-1"), live(page, "softmax_bars-1")
    assert curve.evaluate("figure => figure.llb.state") == {"z": -8}
    assert bars.evaluate("figure => figure.llb.state") == {
        "shift": 5,
        "temperature": 0.1,
        "z1": 5,
        "z2": 1,
        "z3": -1.2,
    }


def test_both_languages_say_the_same(page: Page) -> None:
    random = np.random.default_rng(22)
    ties = np.log(np.arange(1.125, 9, 0.25))  # odds that end in a half of their last digit
    values = [*random.uniform(-8, 8, 200), *np.arange(-8, 8.01, 0.125), -0.001, *ties, *-ties]
    words = "v => v.map(s => { for (const k in s) model.set(k, s[k]);"
    words += " return document.querySelector('.llb-widget').innerText; })"
    read = "html => { document.body.innerHTML = html;"
    read += " return document.querySelector('.llb-widget').innerText; }"
    for inverse in (False, True):
        start_module(page, "logit_curve", LogitCurve(inverse=inverse))
        page.locator(".llb-controls").evaluate("node => node.hidden = true")
        found = page.evaluate(words, [{"z": float(z)} for z in values])
        for z, text in zip(values, found, strict=True):
            assert page.evaluate(read, LogitCurve(z=z, inverse=inverse).skeleton) == text


def test_logit_sigmoid_and_odds_agree_with_scipy(page: Page) -> None:
    random = np.random.default_rng(23)
    ends = [5e-324, 1e-300, 1e-16, 1e-7, 0.3, 0.65, 0.5 - 1e-13, 0.5 + 1e-9, 0.5, 1 - 1e-16]
    p = np.array([*ends, *random.uniform(size=300), *10.0 ** random.uniform(-300, 0, 300)])
    z = np.array([-1000, -708, -700, -36.7, -1e-12, 0, 1e-300, 20, 40, 709, 1000.0])
    z = np.concatenate([z, random.uniform(-40, 40, 300), random.uniform(-700, 700, 300)])
    start_module(page, "logit_curve", LogitCurve())
    found = page.evaluate(
        "([p, z]) => { const {logit, sigmoid, odds, logOdds} = module.arithmetic;"
        " return [p.map(logit), z.map(sigmoid), z.map(odds), p.map(logOdds)]; }",
        [p.tolist(), z.tolist()],
    )
    logit, sigmoid, odds, back = (np.array(values, dtype=float) for values in found)
    np.testing.assert_allclose(logit, special.logit(p), rtol=1e-6)
    np.testing.assert_allclose(sigmoid, special.expit(z), rtol=1e-6)
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(odds, np.exp(z), rtol=1e-6)
    np.testing.assert_allclose(back, np.log(p), rtol=1e-6)


LOGITS = [
    *([1000.0, -1000.0, 0.0], [-1000.0, -1000.0], [1000.0, 999.0, 998.0], [0.0, 0.0]),
    *([2.5, 1.0, -1.2], [1e-300, -1e-300], [-745.0, 0.0], [1e300, -1e300]),
]


def test_softmax_agrees_with_scipy(page: Page) -> None:
    random = np.random.default_rng(24)
    vectors = [*LOGITS, *random.normal(0, 30, (200, 6)).tolist()]
    start_module(page, "softmax_bars", SoftmaxBars())
    for temperature in (0.1, 1, 10):
        found = page.evaluate(
            "([v, t]) => v.map(z => module.arithmetic.softmax(z, t))", [vectors, temperature]
        )
        for z, p in zip(vectors, found, strict=True):
            with np.errstate(over="ignore"):
                expected = special.softmax((np.array(z) - max(z)) / temperature)
            np.testing.assert_allclose(p, expected, rtol=1e-6)


@pytest.mark.slow
def test_curves_agree_with_tensorflow(page: Page) -> None:
    tf = importlib.import_module("tensorflow")
    random = np.random.default_rng(25)
    z = np.array([-1000, -700, -36.7, 0, 36.7, 700, 1000, *random.uniform(-40, 40, 200)])
    start_module(page, "logit_curve", LogitCurve())
    sigmoid = page.evaluate("z => z.map(module.arithmetic.sigmoid)", z.tolist())
    np.testing.assert_allclose(sigmoid, tf.sigmoid(tf.constant(z)), rtol=1e-6)
    p = np.array([1e-300, 1e-16, 0.3, 0.55, 1 - 1e-16, *random.uniform(size=200)])
    logit = page.evaluate("p => p.map(module.arithmetic.logit)", p.tolist())
    log_odds = tf.math.log(tf.constant(p)) - tf.math.log1p(-tf.constant(p))
    np.testing.assert_allclose(logit, log_odds, rtol=1e-6)
    start_module(page, "softmax_bars", SoftmaxBars())
    vectors = [*LOGITS[:-1], *random.normal(0, 300, (200, 4)).tolist()]
    found = page.evaluate("v => v.map(z => module.arithmetic.softmax(z))", vectors)
    for vector, softmax in zip(vectors, found, strict=True):
        expected = tf.nn.softmax(tf.constant(vector, tf.float64))
        np.testing.assert_allclose(softmax, expected, rtol=1e-6, atol=1e-300)
