"""A site with every widget on it, and what tests do with a widget on a page."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from playwright.sync_api import expect

from widgets import Training
from widgets._assets import module_text

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from widgets._widget import Widget

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


def live(page: Page, identity: str = "weights-1") -> Locator:
    """Wait for a widget to be alive."""
    figure = page.locator(f"#{identity}")
    expect(figure).to_have_attribute("data-live", "")
    return figure


def open_page(page: Page, site: Path, name: str = "widgets.html", hash_: str = "") -> None:
    """Open a page of the site as a file."""
    page.goto(f"file://{site / name}{hash_}")


VIEWPORTS = [{"viewport": {"width": width, "height": 800}} for width in (320, 768, 1200)]
SHAPES = """figures => figures.map(figure => [...figure.querySelectorAll(
  'svg *:not([display=none]):not([data-part=grip]), .llb-reading span, td')].map(node => [
  node.tagName, node.children.length ? '' : node.textContent,
  ...['points', 'x1', 'y1', 'x2', 'y2', 'd', 'transform', 'stroke-width', 'data-sign',
      'data-wrong', 'display', 'cx', 'cy', 'x', 'width',
      'data-leads', 'data-on'].map(name => node.getAttribute(name))]))"""


def start_module(page: Page, kind: str, widget: Widget) -> None:
    """Render in an empty element with a model as anywidget has it: no host script, no page."""
    page.goto("about:blank")
    given = {**dict.fromkeys(widget.answer_traits), **widget.state, "skeleton": widget.skeleton}
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


def answer_of(figure: Locator) -> Any:  # noqa: ANN401
    """Read what the widget would write into its answer cell."""
    return json.loads(figure.evaluate("figure => figure.llb.answer"))
