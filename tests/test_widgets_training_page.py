"""A recorded training run in a browser: chosen, played, and computed as TensorFlow does."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect
from widget_pages import live, open_page, recorded, start_module

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


EPOCH = "epoch, as a number"
BEGIN = datetime(2026, 11, 28, tzinfo=UTC)


def open_with_clock_stopped(page: Page, widget_site: Path) -> Locator:
    """Open the figure on a clock that goes on only where a test says so."""
    page.clock.install(time=BEGIN)
    open_page(page, widget_site)
    figure = live(page, "training-1")
    # An installed clock also runs by itself, and on a busy machine a step too far.
    page.clock.pause_at(BEGIN + timedelta(hours=1))
    return figure


def test_an_epoch_can_be_chosen(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page, "training-1")
    figure.get_by_role("slider", name="epoch").press("ArrowRight")
    expect(figure.locator("[data-part=reading]")).to_contain_text("Epoch 1 of 25, loss")
    figure.get_by_role("spinbutton", name=EPOCH).fill("25")
    page.wait_for_function("location.hash === '#training-1=epoch:25'")
    page.reload()
    expect(figure.locator("[data-part=reading]")).to_contain_text("Epoch 25 of 25")
    expect(figure.locator(".llb-live")).to_have_text("")
    number = figure.get_by_role("spinbutton", name=EPOCH)
    number.fill("99")
    number.press("Tab")
    expect(number).to_have_value("25")
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_function("location.hash === ''")
    assert figure.evaluate("figure => figure.llb.source") == 'answer = {"epoch": 0.0}'


def test_a_run_plays_pauses_and_ends(page: Page, widget_site: Path) -> None:
    figure = open_with_clock_stopped(page, widget_site)
    number = figure.get_by_role("spinbutton", name=EPOCH)
    figure.get_by_role("button", name="Play").click()
    page.clock.run_for(3 * 320)
    expect(number).to_have_value("3")
    figure.get_by_role("button", name="Pause").click()
    page.clock.run_for(3 * 320)
    expect(number).to_have_value("3")
    figure.get_by_role("button", name="Play").click()
    page.clock.run_for(60_000)
    expect(number).to_have_value("25")
    figure.get_by_role("button", name="Play").click()
    expect(number).to_have_value("0")
    page.clock.run_for(320)
    expect(number).to_have_value("1")


@pytest.mark.parametrize("other", ["slider", "Reset"])
def test_whoever_moves_a_run_stops_it(page: Page, widget_site: Path, other: str) -> None:
    figure = open_with_clock_stopped(page, widget_site)
    figure.get_by_role("button", name="Play").click()
    page.clock.run_for(5 * 320)
    if other == "slider":
        figure.get_by_role("slider", name="epoch").press("Home")
    else:
        figure.get_by_role("button", name=other).click()
    expect(figure.get_by_role("button", name="Play")).to_be_visible()
    page.clock.run_for(5 * 320)
    assert figure.evaluate("figure => figure.llb.state.epoch") == 0


@pytest.mark.parametrize("context", [{"reduced_motion": "reduce"}], indirect=True)
def test_with_reduced_motion_a_run_jumps_only_when_asked(page: Page, widget_site: Path) -> None:
    figure = open_with_clock_stopped(page, widget_site)
    button = figure.get_by_role("button", name="Jump on")
    seen = []
    for _ in range(10):
        button.click()
        page.clock.run_for(2000)
        seen.append(figure.evaluate("figure => figure.llb.state.epoch"))
    assert seen == [3, 6, 9, 12, 15, 18, 21, 24, 25, 0]


def test_a_hostile_address_of_a_run(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site, hash_="#training-1=epoch:1e9,weights:0,points:1")
    figure = live(page, "training-1")
    assert figure.evaluate("figure => figure.llb.state") == {"epoch": 25}
    page.goto("about:blank")
    open_page(page, widget_site, hash_="#training-1=epoch:x")
    assert live(page, "training-1").evaluate("figure => figure.llb.state") == {"epoch": 0}


def test_a_run_keeps_its_height(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    heights = live(page, "training-1").evaluate(
        "figure => [...Array(26).keys()].map(epoch => {"
        " figure.llb.set({epoch}); return figure.offsetHeight; })"
    )
    assert len(set(heights)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_run_computes_what_tensorflow_does(page: Page, activation: str) -> None:
    tf = importlib.import_module("tensorflow")
    layers = [tf.keras.layers.Dense(5, activation=activation), tf.keras.layers.Dense(1)]
    model = tf.keras.Sequential([tf.keras.Input((2,)), *layers])
    random = np.random.default_rng(26)
    model.set_weights([random.normal(0, 2, part.shape) for part in model.get_weights()])
    x, y = random.normal(0, 3, (300, 2)).astype("float32"), random.integers(0, 2, 300)
    z = model(x).numpy()[:, 0]
    start_module(page, "training", recorded(activation))
    found = page.evaluate(
        "([parts, act, x]) => x.map(([a, b]) => module.arithmetic.logit(parts, act, a, b))",
        [[part.tolist() for part in model.get_weights()], activation, x.tolist()],
    )
    np.testing.assert_allclose(found, z, rtol=1e-4, atol=1e-5)
    loss = tf.keras.losses.BinaryCrossentropy(from_logits=True)
    margins = "([z, y]) => z.map((each, i) => module.arithmetic.margin(each, y[i]))"
    script = f"pair => module.arithmetic.loss(({margins})(pair))"
    for factor in (1, 300):  # without care, exp overflows at the second
        told = page.evaluate(script, [(factor * z).tolist(), y.tolist()])
        assert told == pytest.approx(float(loss(y[:, None], factor * z[:, None])), rel=1e-5)
