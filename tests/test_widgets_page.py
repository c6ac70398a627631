"""Widgets on static pages: built by Sphinx, opened in Chromium with no network."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from widget_pages import ALL, SHAPES, VIEWPORTS, live, open_page

from widgets import canonical
from widgets._assets import read_asset, style_text

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser


def use(figure: Locator) -> None:
    """Move the bias by keyboard, a weight by mouse, and read the count."""
    count = figure.locator(".llb-count")
    expect(count).to_have_text("6 of 12 points on their own side")
    slider = figure.get_by_role("slider", name="b", exact=True)
    slider.focus()
    for _ in range(40):
        slider.press("ArrowLeft")
    expect(figure.get_by_role("spinbutton", name="b, as a number")).to_have_value("-4.0")
    expect(count).to_have_text("12 of 12 points on their own side")
    expect(figure.locator(".llb-live")).to_contain_text("12 of 12")
    weight = figure.get_by_role("slider", name="w1")
    box = weight.bounding_box()
    assert box is not None
    weight.click(position={"x": 9, "y": box["height"] / 2})
    expect(figure.locator(".llb-equation")).to_have_text(
        re.compile(r"^z = \u2212[45]\.\d·x1 \+ 1\.0·x2 \u2212 4\.0$")
    )


def test_from_a_file_without_network(page: Page, widget_site: Path) -> None:
    page.context.set_offline(offline=True)
    open_page(page, widget_site)
    use(live(page))


def test_a_moving_slider_is_announced_once(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page)
    figure.evaluate(
        "figure => { window.said = 0; new MutationObserver(() => { window.said += 1; }).observe("
        "figure.querySelector('[aria-live]'), {childList: true}); }"
    )
    slider = figure.get_by_role("slider", name="b", exact=True)
    for _ in range(40):
        slider.press("ArrowLeft")
    expect(figure.locator("[aria-live]")).to_contain_text("12 of 12")
    assert page.evaluate("said") <= 3
    expect(figure.get_by_role("status")).to_have_count(0)


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("weights-1", "b"),
        ("layer_builder-1", "inputs"),
        ("logit_curve-1", "log-odds z"),
        ("softmax_bars-2", "shift c"),
        ("training-1", "epoch"),
        ("heads-1", "w"),
        ("losses-1", "logit z"),
    ],
)
def test_a_movement_takes_less_than_a_frame_and_makes_no_element(
    page: Page, widget_site: Path, identity: str, name: str
) -> None:
    open_page(page, widget_site)
    slider = live(page, identity).get_by_role("slider", name=name, exact=True)
    made, milliseconds = slider.evaluate(
        """async slider => {
          const root = slider.closest('.llb-widget');
          const before = [...root.querySelectorAll('*')];
          const start = performance.now();
          for (let step = 0; step < 200; step += 1) {
            slider.value = 1 + step % 6;
            slider.dispatchEvent(new Event('input'));
            root.getBoundingClientRect();
          }
          const spent = performance.now() - start;
          const after = [...root.querySelectorAll('*')];
          return [after.some((node, index) => node !== before[index]), spent / 200];
        }"""
    )
    assert made is False
    assert milliseconds < 16


def test_over_http_asks_only_its_own_site(page: Page, widget_address: str) -> None:
    page.goto(f"{widget_address}/widgets.html")
    use(live(page))


def test_executed_cell_shows_the_same_widget(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site, "run.html")
    figure = live(page)
    expect(figure.locator(".llb-count")).to_have_text("2 of 4 points on their own side")
    figure.get_by_role("spinbutton", name="b, as a number").fill("-0.5")
    expect(figure.locator(".llb-count")).to_have_text("3 of 4 points on their own side")
    assert "require" not in widget_site.joinpath("run.html").read_text(encoding="utf-8")


def test_assets_are_embedded_once_and_only_where_needed(widget_site: Path) -> None:
    text = {
        name: widget_site.joinpath(f"{name}.html").read_text()
        for name in ("index", "widgets", "run")
    }
    assert "llb" not in text["index"]
    for name in ("common", "weights"):
        assert text["widgets"].count(f'data-llb="{name}"') == text["run"].count(name + '" t') == 1
    assert 'data-llb="layer_builder"' not in text["run"]
    assert text["widgets"].count(style_text()) == 1
    assert not list(widget_site.glob("_static/**/weights.js"))


def test_number_input_keeps_to_the_range(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    number = live(page).get_by_role("spinbutton", name="w2, as a number")
    number.fill("77")
    number.press("Tab")
    expect(number).to_have_value("5.0")
    number.fill("")
    number.press("Tab")
    expect(number).to_have_value("5.0")


def test_the_address_holds_the_state_and_reset_clears_it(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site, hash_="#here")
    figure = live(page)
    figure.get_by_role("spinbutton", name="b, as a number").fill("-3")
    page.wait_for_function("location.hash === '#here&weights-1=w1:1,w2:1,b:-3'")
    builder = live(page, "layer_builder-1")
    builder.get_by_role("checkbox").uncheck()
    page.wait_for_function("location.hash.endsWith('&layer_builder-1=inputs:2,outputs:3,bias:0')")
    page.reload()
    expect(live(page).locator(".llb-equation")).to_have_text("z = 1.0·x1 + 1.0·x2 \u2212 3.0")
    expect(builder.get_by_role("checkbox")).not_to_be_checked()
    builder.get_by_role("button", name="Reset").click()
    figure.get_by_role("button", name="Reset").click()
    expect(figure.locator(".llb-equation")).to_have_text("z = 1.0·x1 + 1.0·x2 + 0.0")
    page.wait_for_function("location.hash === '#here'")


def test_a_hostile_address_is_kept_in_range(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site, hash_="#weights-1=w1:1e999,w2:x,b:-99,points:3,toString:1&<img>=%")
    text = live(page).locator(".llb-equation")
    expect(text).to_have_text("z = 5.0·x1 + 1.0·x2 \u2212 10.0")


def test_the_page_can_read_and_set_the_answer(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page)
    assert figure.get_attribute("data-answer") == "missing_bias"
    told = "figure => new Promise(done => { figure.addEventListener('llb:change',"
    told += " event => done(event.detail.source)); figure.llb.set({b: -4}); })"
    moved = {"b": -4.0, "w1": 1.0, "w2": 1.0}
    assert figure.evaluate(told) == f"answer = {canonical(moved)}"
    assert figure.evaluate("figure => figure.llb.answer") == canonical(moved)
    figure.evaluate("figure => figure.llb.reset()")
    assert figure.evaluate("figure => figure.llb.state") == {"b": 0, "w1": 1, "w2": 1}


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True)
def test_without_script_there_is_a_picture_and_a_table(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = page.locator("#weights-1")
    expect(figure.get_by_role("img", name="Points of two classes")).to_be_visible()
    expect(figure.get_by_role("table")).to_contain_text("(4.5, 1.5)16.0")
    expect(figure.locator(".llb-count")).to_have_text("6 of 12 points on their own side")
    expect(figure.locator("figcaption")).to_have_text("Which slider frees the line?")
    expect(figure.locator(".llb-controls")).to_be_hidden()


def test_print_shows_the_present_state_and_no_controls(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    figure = live(page)
    figure.get_by_role("spinbutton", name="b, as a number").fill("-4")
    page.emulate_media(media="print")
    expect(figure.get_by_role("table")).to_contain_text("(4.5, 1.5)12.0")
    expect(figure.get_by_role("slider")).to_have_count(0)


@pytest.mark.parametrize("context", VIEWPORTS, indirect=True, ids=["320", "768", "1200"])
def test_nothing_jumps_and_nothing_overflows(page: Page, widget_site: Path) -> None:
    """Compare the page with its host script taken out, script on, and the live page."""
    sizes = "[...document.querySelectorAll('.llb-widget')].map(f => f.offsetHeight)"
    text = widget_site.joinpath("widgets.html").read_text(encoding="utf-8")
    still = widget_site / "still.html"
    still.write_text(text.replace(read_asset("host.js"), ""), encoding="utf-8")
    open_page(page, widget_site, "still.html")
    before = page.evaluate(sizes)
    open_page(page, widget_site)
    for identity in ALL:
        live(page, identity)
    assert page.evaluate(sizes) == before
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


SMALL = [{"viewport": {"width": 320, "height": 800}, "has_touch": True}]


@pytest.mark.parametrize("context", SMALL, indirect=True)
def test_targets_are_large_enough_to_touch(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    for identity in ALL:
        targets = live(page, identity).locator(
            "input, select, button, [role=button]:not([display]), circle.llb-grip"
        )
        for box in (target.bounding_box() for target in targets.all()):
            assert box is not None
            assert min(box["width"], box["height"]) >= 24


def test_the_module_draws_what_python_drew(page: Page, widget_site: Path) -> None:
    """Taking over changes no shape: both languages place everything alike."""
    still = widget_site / "still.html"
    text = widget_site.joinpath("widgets.html").read_text(encoding="utf-8")
    still.write_text(text.replace(read_asset("host.js"), ""), encoding="utf-8")
    open_page(page, widget_site, "still.html")
    before = page.locator(".llb-widget").evaluate_all(SHAPES)
    open_page(page, widget_site)
    for identity in ALL:
        live(page, identity)
    assert page.locator(".llb-widget").evaluate_all(SHAPES) == before


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_follow_the_theme(page: Page, widget_site: Path, theme: str) -> None:
    open_page(page, widget_site, "run.html")
    figure = live(page)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    ink = json.loads(read_asset("palette.json"))[theme]["ink"]
    expect(figure).to_have_css("color", f"rgb{tuple(bytes.fromhex(ink[1:]))}")
    expect(figure).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    parents = figure.evaluate(
        "figure => { const found = []; for (let node = figure.parentElement; node.matches("
        "'.bd-article *'); node = node.parentElement) { const style = getComputedStyle(node);"
        " found.push(style.filter, style.backgroundColor); } return [...new Set(found)]; }"
    )
    assert set(parents) == {"none", "rgba(0, 0, 0, 0)"}


SCAN = """figures => figures.map(figure => {
  const heights = new Set();
  const values = [...Array(33).keys()].map(step => -8 + step / 2.001);
  for (const z of values) for (const temperature of [0.1, 0.55, 1, 10]) {
    figure.llb.set({z, z1: z, z2: -z, z3: 1, shift: z, temperature, w: Math.round(5 * z) / 10});
    heights.add(figure.offsetHeight);
    figure.llb.set({z: 12.5 * z, y: z > 0 && temperature < 1});
    heights.add(figure.offsetHeight);
  }
  for (let choice = 0; choice < 8; choice += 1) {
    figure.llb.set({reading: choice & 1, head: choice & 2, loss: choice & 4});
    heights.add(figure.offsetHeight);
  }
  return heights.size;
})"""


@pytest.mark.parametrize("context", VIEWPORTS, indirect=True, ids=["320", "768", "1200"])
def test_no_movement_changes_the_height(page: Page, widget_site: Path) -> None:
    open_page(page, widget_site)
    for identity in ALL:
        live(page, identity)
    figures = page.locator(
        "[data-widget=logit_curve], [data-widget=softmax_bars], #heads-1, #losses-1"
    )
    assert figures.evaluate_all(SCAN) == [1, 1, 1, 1, 1, 1]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
