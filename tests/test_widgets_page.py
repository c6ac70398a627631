"""Widgets on static pages: built by Sphinx, opened in Chromium with no network."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import hosting
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect
from scipy import special
from test_widgets_losses import kinds, with_tape

from widgets import (
    Heads,
    LayerBuilder,
    LogitCurve,
    Losses,
    Questions,
    SoftmaxBars,
    Training,
    Weights,
    canonical,
    missing_bias_data,
)
from widgets._assets import module_text, read_asset, style_text
from widgets._cross_entropy import LOSS_FORMS
from widgets._widget import Number
from widgets.heads import PATIENTS
from widgets.logit_curve import _CurveScale

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request

    from widgets._widget import Widget

pytestmark = pytest.mark.browser

CONF = """
extensions = ["myst_nb", "widgets.page"]
html_theme = "sphinx_book_theme"
html_context = {"default_mode": "light"}
"""
INDEX = """# Plain page

```{toctree}
widgets
run
```
"""
SNAPSHOTS = [
    [[[turn, 1.0 - turn], [1.0, -1.25]], [0.5, 0.1], [[turn / 2], [2.0]], [-0.2]]
    for turn in np.linspace(-3, 3, 26).tolist()
]
ASKED = """[
 {"key": "p", "ask": "How large is *p*?", "number": {"label": "*p*"}},
 {"key": "head", "ask": "Which head?", "choose": ["one", "`BinaryCrossentropy(from_logits=True)`"]},
 {"key": "true", "ask": "Which are true?", "select": ["a < b", "b < c", "c < a"]},
 {"key": "row", "ask": "Largest first", "order": {"x": "one", "y": "two", "z": "*z*"}},
 {"key": "cards", "ask": "Match.", "match": {"spam": "Is it spam?", "price": "What does it cost?"},
  "slots": {"head": {"one": "1 output", "many": "K outputs"}, "loss": ["squared", "cross"]}}
]"""
WIDGETS = f"""# Widgets

```{{widget}} layer_builder
:caption: How many parameters has a layer with 6 inputs & 6 outputs?
```

(here)=
## The missing bias

```{{widget}} weights
:answer: missing_bias
:caption: Which slider frees the line?
{{"b": 0.0, "w1": 1.0, "w2": 1.0,
 "points": "missing_bias"}}
```

```{{widget}} weights
{{"w1": 0, "w2": 0}}
```

```{{widget}} logit_curve
:answer: four_to_one
:caption: Drag the point to odds of 4 : 1.
```

```{{widget}} softmax_bars
{{"z": [2.5, 1.0, -1.2], "labels": ["cat", "dog", "<bird>"]}}
```

```{{widget}} logit_curve
{{"p": 0.02, "inverse": true}}
```

```{{widget}} softmax_bars
{{"z": [1, 1, -5, 0.3, 0, -0.1], "shift": -2.5, "temperature": 0.3}}
```

```{{widget}} training
:caption: Which epoch has the lowest loss?
{json.dumps({"weights": SNAPSHOTS, "activation": "tanh"})}
```

```{{widget}} heads
{{"reading": "label", "head": "sigmoid", "loss": "squared error", "w": -0.7}}
```

```{{widget}} questions
:answer: asked
{{"questions": {ASKED}}}
```

```{{widget}} questions
:caption: Predict, then look.
{{"questions": [{{"key": "same", "ask": "Does *p* change?", "choose": ["yes", "no"]}}],
 "output": "[0.1 0.9]"}}
```

```{{widget}} losses
:answer: where_it_breaks
:caption: Where does the loss by hand go to infinity?
{{"z": 20}}
```
"""
ALL = (
    *("weights-2", "layer_builder-1", "logit_curve-2", "losses-1"),
    *("softmax_bars-2", "training-1", "heads-1", "questions-1", "questions-2"),
)
RUN = """---
jupytext:
  text_representation:
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
---
# An executed cell

```{code-cell} ipython3
from widgets import Weights
Weights(points="xor")
```
"""
PAGES = {"index.md": INDEX, "widgets.md": WIDGETS, "run.md": RUN, "conf.py": CONF}


def recorded(activation: str, epoch: int = 0) -> Training:
    """Make the widget of a run."""
    return Training(weights=SNAPSHOTS, activation=activation, epoch=epoch)


def build(folder: Path, pages: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    """Build the pages into ``folder/site``."""
    source = folder / "source"
    source.mkdir(exist_ok=True)
    for name, text in pages.items():
        path = source / name
        if not path.exists():  # an unchanged page keeps its time
            path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", *options, str(source), str(folder / "site")]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("book")
    done = build(folder, PAGES, "-W", "--keep-going")
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[str]:
    with hosting.served(site) as address:
        yield address


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """Open a browser context that fails the test on a console error or a foreign request."""
    options = getattr(request, "param", {})
    context = browser.new_context(**options)
    context.set_default_timeout(10_000)
    trouble: list[str] = []

    def hear(line: ConsoleMessage) -> None:
        if wrong(line):
            trouble.append(line.text)

    def watch(request: Request) -> None:
        if foreign(request.url):
            trouble.append(request.url)

    context.on("weberror", lambda error: trouble.append(str(error.error)))
    context.on("console", hear)
    context.on("request", watch)
    yield context
    context.close()
    assert trouble == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def wrong(line: ConsoleMessage) -> bool:
    """Tell whether a console message is an error; browsers ask for an icon unbidden."""
    return line.type == "error" and not line.location["url"].endswith("/favicon.ico")


def foreign(url: str) -> bool:
    """Tell whether a request leaves the page's own site."""
    return not url.startswith(("http://127.0.0.1:", "file:", "blob:", "data:"))


def live(page: Page, identity: str = "weights-1") -> Locator:
    """Wait for a widget to be alive."""
    figure = page.locator(f"#{identity}")
    expect(figure).to_have_attribute("data-live", "")
    return figure


def open_page(page: Page, site: Path, name: str = "widgets.html", hash_: str = "") -> None:
    """Open a page of the site as a file."""
    page.goto(f"file://{site / name}{hash_}")


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


def test_from_a_file_without_network(page: Page, site: Path) -> None:
    page.context.set_offline(offline=True)
    open_page(page, site)
    use(live(page))


def test_a_moving_slider_is_announced_once(page: Page, site: Path) -> None:
    open_page(page, site)
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
    page: Page, site: Path, identity: str, name: str
) -> None:
    open_page(page, site)
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


def test_over_http_asks_only_its_own_site(page: Page, served: str) -> None:
    page.goto(f"{served}/widgets.html")
    use(live(page))


def test_executed_cell_shows_the_same_widget(page: Page, site: Path) -> None:
    open_page(page, site, "run.html")
    figure = live(page)
    expect(figure.locator(".llb-count")).to_have_text("2 of 4 points on their own side")
    figure.get_by_role("spinbutton", name="b, as a number").fill("-0.5")
    expect(figure.locator(".llb-count")).to_have_text("3 of 4 points on their own side")
    assert "require" not in site.joinpath("run.html").read_text(encoding="utf-8")


def test_assets_are_embedded_once_and_only_where_needed(site: Path) -> None:
    text = {name: site.joinpath(f"{name}.html").read_text() for name in ("index", "widgets", "run")}
    assert "llb" not in text["index"]
    for name in ("common", "weights"):
        assert text["widgets"].count(f'data-llb="{name}"') == text["run"].count(name + '" t') == 1
    assert 'data-llb="layer_builder"' not in text["run"]
    assert text["widgets"].count(style_text()) == 1
    assert not list(site.glob("_static/**/weights.js"))


def test_number_input_keeps_to_the_range(page: Page, site: Path) -> None:
    open_page(page, site)
    number = live(page).get_by_role("spinbutton", name="w2, as a number")
    number.fill("77")
    number.press("Tab")
    expect(number).to_have_value("5.0")
    number.fill("")
    number.press("Tab")
    expect(number).to_have_value("5.0")


def test_the_boundary_can_be_dragged(page: Page, site: Path) -> None:
    open_page(page, site)
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


def test_no_line_is_said(page: Page, site: Path) -> None:
    open_page(page, site)
    figure = live(page, "weights-2")
    note = figure.locator('[data-part="note"]')
    expect(note).to_have_text("w1 = w2 = 0: no line, z is 0.0 everywhere")
    expect(figure.locator('[data-part="boundary"]')).to_be_hidden()
    slider = figure.get_by_role("slider", name="w1")
    slider.press("ArrowRight")
    expect(note).to_have_text("")
    expect(figure.locator('[data-part="boundary"]')).not_to_have_attribute("display", "none")


def test_layer_builder(page: Page, site: Path) -> None:
    open_page(page, site)
    figure = live(page, "layer_builder-1")
    figure.get_by_role("slider", name="inputs").press("End")
    figure.get_by_role("slider", name="outputs").press("End")
    expect(figure.locator(".llb-equation")).to_have_text("(6 + 1) \u00d7 6 = 42 parameters")
    assert figure.locator("[data-from]:not([display])").count() == 42
    figure.get_by_role("checkbox").uncheck()
    expect(figure.locator(".llb-equation")).to_have_text("6 \u00d7 6 = 36 parameters")
    expect(figure.get_by_role("row", name="bias")).to_have_text(re.compile("none"))
    assert figure.locator("[data-from]:not([display])").count() == 36


def test_an_output_shows_its_connections(page: Page, site: Path) -> None:
    open_page(page, site)
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


def test_the_address_holds_the_state_and_reset_clears_it(page: Page, site: Path) -> None:
    open_page(page, site, hash_="#here")
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


def test_a_hostile_address_is_kept_in_range(page: Page, site: Path) -> None:
    open_page(page, site, hash_="#weights-1=w1:1e999,w2:x,b:-99,points:3,toString:1&<img>=%")
    text = live(page).locator(".llb-equation")
    expect(text).to_have_text("z = 5.0·x1 + 1.0·x2 \u2212 10.0")


def test_the_page_can_read_and_set_the_answer(page: Page, site: Path) -> None:
    open_page(page, site)
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
def test_without_script_there_is_a_picture_and_a_table(page: Page, site: Path) -> None:
    open_page(page, site)
    figure = page.locator("#weights-1")
    expect(figure.get_by_role("img", name="Points of two classes")).to_be_visible()
    expect(figure.get_by_role("table")).to_contain_text("(4.5, 1.5)16.0")
    expect(figure.locator(".llb-count")).to_have_text("6 of 12 points on their own side")
    expect(figure.locator("figcaption")).to_have_text("Which slider frees the line?")
    expect(figure.locator(".llb-controls")).to_be_hidden()


def test_print_shows_the_present_state_and_no_controls(page: Page, site: Path) -> None:
    open_page(page, site)
    figure = live(page)
    figure.get_by_role("spinbutton", name="b, as a number").fill("-4")
    page.emulate_media(media="print")
    expect(figure.get_by_role("table")).to_contain_text("(4.5, 1.5)12.0")
    expect(figure.get_by_role("slider")).to_have_count(0)


VIEWPORTS = [{"viewport": {"width": width, "height": 800}} for width in (320, 768, 1200)]


@pytest.mark.parametrize("context", VIEWPORTS, indirect=True, ids=["320", "768", "1200"])
def test_nothing_jumps_and_nothing_overflows(page: Page, site: Path) -> None:
    """Compare the page with its host script taken out, script on, and the live page."""
    sizes = "[...document.querySelectorAll('.llb-widget')].map(f => f.offsetHeight)"
    text = site.joinpath("widgets.html").read_text(encoding="utf-8")
    still = site / "still.html"
    still.write_text(text.replace(read_asset("host.js"), ""), encoding="utf-8")
    open_page(page, site, "still.html")
    before = page.evaluate(sizes)
    open_page(page, site)
    for identity in ALL:
        live(page, identity)
    assert page.evaluate(sizes) == before
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


SMALL = [{"viewport": {"width": 320, "height": 800}, "has_touch": True}]


@pytest.mark.parametrize("context", SMALL, indirect=True)
def test_targets_are_large_enough_to_touch(page: Page, site: Path) -> None:
    open_page(page, site)
    for identity in ALL:
        targets = live(page, identity).locator(
            "input, select, button, [role=button]:not([display]), circle.llb-grip"
        )
        for box in (target.bounding_box() for target in targets.all()):
            assert box is not None
            assert min(box["width"], box["height"]) >= 24


SHAPES = """figures => figures.map(figure => [...figure.querySelectorAll(
  'svg *:not([display=none]):not([data-part=grip]), .llb-reading span, td')].map(node => [
  node.tagName, node.children.length ? '' : node.textContent,
  ...['points', 'x1', 'y1', 'x2', 'y2', 'd', 'transform', 'stroke-width', 'data-sign',
      'data-wrong', 'display', 'cx', 'cy', 'x', 'width',
      'data-leads', 'data-on'].map(name => node.getAttribute(name))]))"""


def test_the_module_draws_what_python_drew(page: Page, site: Path) -> None:
    """Taking over changes no shape: both languages place everything alike."""
    still = site / "still.html"
    text = site.joinpath("widgets.html").read_text(encoding="utf-8")
    still.write_text(text.replace(read_asset("host.js"), ""), encoding="utf-8")
    open_page(page, site, "still.html")
    before = page.locator(".llb-widget").evaluate_all(SHAPES)
    open_page(page, site)
    for identity in ALL:
        live(page, identity)
    assert page.locator(".llb-widget").evaluate_all(SHAPES) == before


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_follow_the_theme(page: Page, site: Path, theme: str) -> None:
    open_page(page, site, "run.html")
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


def start_module(page: Page, kind: str, widget: Widget) -> None:
    """Render in an empty element with a model as anywidget has it: no host script, no page."""
    page.goto("about:blank")
    given = {**dict.fromkeys(widget.moves), **widget.state, "skeleton": widget.skeleton}
    page.evaluate(
        """async ([text, given]) => {
          const blob = new Blob([text], {type: 'text/javascript'});
          window.module = await import(URL.createObjectURL(blob));
          const listeners = [];
          window.saved = 0;
          window.model = {
            get: key => given[key],
            set(key, value) {
              given[key] = value;
              for (const [events, action] of listeners) {
                if (events.split(' ').includes(`change:${key}`)) action();
              }
            },
            on: (...listener) => listeners.push(listener),
            off: (...listener) => listeners.splice(0, 1),
            save_changes() { window.saved += 1; },
          };
          const el = document.createElement('div');
          document.body.append(el);
          window.clean = module.default.render({model, el});
        }""",
        [module_text(kind), given],
    )


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
    np.testing.assert_allclose(found, z, rtol=1e-6)
    start_module(page, "layer_builder", LayerBuilder())
    layer = {"inputs": 2, "outputs": 1, "bias": True}
    assert page.evaluate("s => module.arithmetic.parameters(s)", layer) == dense.count_params()


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
    assert page.evaluate("module.default.moves") == list(widget.moves)
    for key in widget.moves:
        trait: Any = type(widget).class_traits()[key]
        if not isinstance(trait, Number):
            continue
        take = "([key, value]) => { module.default.accept(model, {[key]: value});"
        take += " return model.get(key); }"
        ends = [page.evaluate(take, [key, value]) for value in (-1e9, 1e9)]
        assert ends == [trait.low, trait.high]


@pytest.mark.parametrize(
    ("name", "value"),
    [("probability p", "0.8"), ("odds", "4"), ("log-odds z", "1.3862943611198906")],
)
def test_any_of_the_three_can_be_typed(page: Page, site: Path, name: str, value: str) -> None:
    open_page(page, site)
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


def test_typing_is_not_disturbed_and_ends_in_range(page: Page, site: Path) -> None:
    open_page(page, site)
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


def test_three_rows_of_one_trait_set_it_once(page: Page, site: Path) -> None:
    open_page(page, site)
    changes = "figure => { let changes = 0; figure.addEventListener('llb:change', () => {"
    changes += " changes += 1; }); figure.llb.set({z: -3}); return [changes, figure.llb.state.z]; }"
    assert live(page, "logit_curve-1").evaluate(changes) == [1, -3]


def test_each_slider_of_the_logit_curve_moves_the_point(page: Page, site: Path) -> None:
    open_page(page, site)
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
    page: Page, site: Path, identity: str, to: float, state: float
) -> None:
    """The point goes to where its curve is closest to the pointer, and stops at round numbers."""
    open_page(page, site)
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


def test_a_shift_moves_all_logits_and_no_probability(page: Page, site: Path) -> None:
    open_page(page, site)
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


def test_a_temperature_keeps_two_digits_and_every_step_moves_it(page: Page, site: Path) -> None:
    open_page(page, site)
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


def test_a_hostile_address_of_the_new_widgets(page: Page, site: Path) -> None:
    hash_ = "#logit_curve-1=z:-99,p:3&softmax_bars-1=z1:99,z2:x,z4:1,shift:1e999,temperature:0"
    open_page(page, site, hash_=hash_)
    curve, bars = live(page, "logit_curve-1"), live(page, "softmax_bars-1")
    assert curve.evaluate("figure => figure.llb.state") == {"z": -8}
    assert bars.evaluate("figure => figure.llb.state") == {
        "shift": 5,
        "temperature": 0.1,
        "z1": 5,
        "z2": 1,
        "z3": -1.2,
    }


def answer_of(figure: Locator) -> Any:  # noqa: ANN401
    """Read what the widget would write into its answer cell."""
    return json.loads(figure.evaluate("figure => figure.llb.answer"))


def test_questions_are_answered_by_keyboard(page: Page, site: Path) -> None:
    open_page(page, site)
    figure = live(page, "questions-1")
    figure.get_by_label("p", exact=True).press_sequentially("-0.25")
    figure.get_by_role("radio", name="one").focus()
    page.keyboard.press("ArrowDown")
    figure.get_by_role("checkbox", name="c < a").press("Space")
    figure.get_by_role("checkbox", name="a < b").press("Space")
    up = figure.get_by_role("button", name="Move z up")
    up.press("Enter")
    up.press("Enter")
    expect(up).to_be_focused()
    expect(up).to_have_attribute("aria-disabled", "true")
    up.press("Enter")
    card = figure.get_by_role("group", name="What does it cost?")
    card.get_by_label("head").select_option("1 output")
    expect(figure.locator("[data-part=count]")).to_have_text("Recorded: 5 of 8 answered")
    assert answer_of(figure) == {
        "cards": {"price": {"head": "one", "loss": ""}, "spam": {"head": "", "loss": ""}},
        "head": "`BinaryCrossentropy(from_logits=True)`",
        "p": -0.25,
        "row": ["z", "x", "y"],
        "true": ["a < b", "c < a"],
    }
    expect(figure.locator(".llb-live")).to_contain_text("Largest first z; one; two")


def test_questions_come_back_from_the_address_and_reset(page: Page, site: Path) -> None:
    open_page(page, site)
    figure = live(page, "questions-1")
    blank = answer_of(figure)
    figure.get_by_label("p", exact=True).fill("0.5")
    figure.get_by_role("checkbox", name="b < c").check()
    figure.get_by_role("button", name="Move one down").click()
    figure.get_by_label("loss").last.select_option("cross")
    given = answer_of(figure)
    page.wait_for_function("location.hash.includes('cross')")  # what was given last
    page.reload()
    assert answer_of(live(page, "questions-1")) == given != blank
    expect(figure.get_by_role("checkbox", name="b < c")).to_be_checked()
    expect(figure.get_by_label("loss").last).to_have_value("cross")
    expect(figure.get_by_role("listitem").first).to_have_attribute("data-option", "y")
    assert figure.evaluate("figure => [figure.llb.moved, figure.llb.complete]") == [True, False]
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_function("location.hash === ''")
    assert answer_of(figure) == blank
    expect(figure.get_by_label("p", exact=True)).to_have_value("")
    assert figure.evaluate("figure => figure.llb.moved") is False


def test_a_hostile_address_answers_no_question(page: Page, site: Path) -> None:
    hash_ = "#questions-1=p:1e999,head:%E0,true:%5B%22d%22%5D,row:%5B%22x%22,cards:null,z:1"
    open_page(page, site, hash_=hash_ + "&questions-2=same:maybe,committed:1")
    assert live(page, "questions-1").evaluate("figure => figure.llb.moved") is False
    assert live(page, "questions-2").evaluate("figure => figure.llb.moved") is False
    expect(page.locator(".llb-output")).to_be_hidden()


def test_a_run_is_seen_after_the_commitment(page: Page, site: Path) -> None:
    open_page(page, site)
    figure = live(page, "questions-2")
    commit = figure.get_by_role("button", name="Commit and see the run")
    printed = figure.get_by_text("[0.1 0.9]")
    expect(commit).to_be_disabled()
    expect(printed).to_be_hidden()
    figure.get_by_role("radio", name="yes").check()
    commit.press("Enter")
    expect(printed).to_be_visible()
    expect(figure.get_by_text("What the run printed")).to_be_focused()
    expect(figure.get_by_role("radio", name="no")).to_be_disabled()
    expect(figure.locator(".llb-live")).to_contain_text("The run printed: [0.1 0.9]")
    assert answer_of(figure) == {"committed": 1.0, "same": "yes"}
    page.wait_for_function("location.hash === '#questions-2=committed:1,same:yes'")
    page.reload()
    expect(live(page, "questions-2").get_by_text("[0.1 0.9]")).to_be_visible()
    figure.get_by_role("button", name="Reset").click()
    expect(printed).to_be_hidden()
    expect(figure.get_by_role("radio", name="no")).to_be_enabled()


@pytest.mark.parametrize("context", [{"java_script_enabled": False}], indirect=True)
def test_without_script_the_questions_are_read_and_the_run_folds_open(
    page: Page, site: Path
) -> None:
    open_page(page, site)
    figure = page.locator("#questions-1")
    expect(figure.get_by_role("table")).to_contain_text("one (1 output), many (K outputs)")
    expect(figure.locator("noscript")).to_be_visible()
    expect(figure.get_by_role("radio", name="one")).to_be_disabled()
    other = page.locator("#questions-2")
    expect(other.get_by_role("button")).to_have_count(0)
    other.get_by_text("What the run printed").click()
    expect(other.get_by_text("[0.1 0.9]")).to_be_visible()


def test_questions_run_under_anywidget(page: Page) -> None:
    asked = json.loads(ASKED)
    start_module(page, "questions", Questions.from_answer({"p": 1.5}, questions=asked, output="7"))
    page.get_by_role("checkbox", name="b < c").check()
    assert page.evaluate("[model.get('values').true, model.get('values').p, saved]") == [
        ["b < c"],
        1.5,
        1,
    ]
    page.get_by_role("checkbox", name="b < c").uncheck()
    assert page.evaluate("model.get('values').true") == ""
    full = {
        "p": 0.1,
        "head": "one",
        "true": ["c < a"],
        "row": ["y", "x", "z"],
        "committed": 1.0,
        "cards": {card: {"head": "one", "loss": "cross"} for card in ("spam", "price")},
    }
    page.evaluate("values => model.set('values', values)", full)
    moved = page.locator(".llb-live")
    expect(moved).to_have_text(
        Questions.from_answer(full, questions=asked, output="7").describe_state()
    )
    expect(page.get_by_text("7", exact=True)).to_be_visible()
    page.get_by_role("button", name="Reset").click()
    blank = Questions(questions=asked, output="7")
    assert page.evaluate("model.get('values')") == blank.answer
    expect(moved).to_have_text(blank.describe_state())


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
def test_no_movement_changes_the_height(page: Page, site: Path) -> None:
    open_page(page, site)
    for identity in ALL:
        live(page, identity)
    figures = page.locator(
        "[data-widget=logit_curve], [data-widget=softmax_bars], #heads-1, #losses-1"
    )
    assert figures.evaluate_all(SCAN) == [1, 1, 1, 1, 1, 1]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


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


EPOCH = "epoch, as a number"


def test_an_epoch_can_be_chosen(page: Page, site: Path) -> None:
    open_page(page, site)
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


def test_a_run_plays_pauses_and_ends(page: Page, site: Path) -> None:
    page.clock.install()
    open_page(page, site)
    figure = live(page, "training-1")
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
def test_whoever_moves_a_run_stops_it(page: Page, site: Path, other: str) -> None:
    page.clock.install()
    open_page(page, site)
    figure = live(page, "training-1")
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
def test_with_reduced_motion_a_run_jumps_only_when_asked(page: Page, site: Path) -> None:
    page.clock.install()
    open_page(page, site)
    figure = live(page, "training-1")
    button = figure.get_by_role("button", name="Jump on")
    seen = []
    for _ in range(10):
        button.click()
        page.clock.run_for(2000)
        seen.append(figure.evaluate("figure => figure.llb.state.epoch"))
    assert seen == [3, 6, 9, 12, 15, 18, 21, 24, 25, 0]


def test_a_hostile_address_of_a_run(page: Page, site: Path) -> None:
    open_page(page, site, hash_="#training-1=epoch:1e9,weights:0,points:1")
    figure = live(page, "training-1")
    assert figure.evaluate("figure => figure.llb.state") == {"epoch": 25}
    page.goto("about:blank")
    open_page(page, site, hash_="#training-1=epoch:x")
    assert live(page, "training-1").evaluate("figure => figure.llb.state") == {"epoch": 0}


def test_a_run_keeps_its_height(page: Page, site: Path) -> None:
    open_page(page, site)
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


def test_head_and_loss_can_be_chosen(page: Page, site: Path) -> None:
    open_page(page, site)
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


def test_losses_break_where_the_reader_drags(page: Page, site: Path) -> None:
    open_page(page, site)
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


def bad(text: str) -> dict[str, str]:
    """Give the pages of a book whose one page holds ``text``."""
    conf = 'extensions = ["myst_nb", "widgets.page"]\n'
    return {"conf.py": conf, "index.md": f"# Title\n\nText.\n\n{text}\n"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```{widget} wheel\n```", "no widget 'wheel'; there are heads, layer_builder"),
        ("```{widget} weights\n{nonsense}\n```", "widget: Expecting property name"),
        ("```{widget} weights\n[1]\n```", "a widget's options are a JSON object, not [1]"),
        ('```{widget} weights\n{"w1": 9}\n```', "w1 is a number from -5 to 5, not 9"),
        ('```{widget} weights\n{"w4": 9}\n```', "Weights has no w4; it knows w1"),
    ],
)
def test_a_directive_that_cannot_be_read_is_a_warning(
    tmp_path: Path, text: str, message: str
) -> None:
    done = build(tmp_path, bad(text), "-b", "text")
    assert done.returncode == 0
    assert message in done.stderr
    assert re.search(r"index\.md:5: WARNING: widget", done.stderr)


def test_bad_output_of_a_notebook_is_a_warning(tmp_path: Path) -> None:
    data = {"application/vnd.logits-widget+json": {"widget": "wheel", "state": {}}}
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "1", "execution_count": 1}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    cell["outputs"] = [output]
    conf = bad("")["conf.py"] + 'nb_execution_mode = "off"\n'
    done = build(tmp_path, {"conf.py": conf, "index.ipynb": json.dumps(notebook)}, "-b", "text")
    assert "no widget 'wheel'" in done.stderr


@pytest.mark.parametrize(("builder", "file"), [("text", "index.txt"), ("latex", "*.tex")])
def test_other_formats_say_it_in_words(tmp_path: Path, builder: str, file: str) -> None:
    text = "```{widget} layer_builder\n:caption: Why?\n```"
    done = build(tmp_path, bad(text), "-b", builder, "-W")
    assert done.returncode == 0, done.stderr
    (found,) = (tmp_path / "site").glob(file)
    words = " ".join(found.read_text(encoding="utf-8").split())
    assert "A layer of 2 inputs and a bias to 3 outputs" in words
    assert "Why?" in words


def test_a_change_of_the_package_rewrites_pages(tmp_path: Path) -> None:
    pages = bad("```{widget} weights\n```")
    assert build(tmp_path, pages).returncode == 0
    page = tmp_path / "site" / "index.html"
    page.write_text("stale", encoding="utf-8")
    build(tmp_path, pages)
    assert page.read_text(encoding="utf-8") == "stale"
    build(tmp_path, pages, "-D", "widgets_digest=changed")
    assert "llb-widget" in page.read_text(encoding="utf-8")
