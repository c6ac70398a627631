"""What our writer of HTML makes of a document: figures, words of code, folds, bibliographies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup
from sphinx.testing.util import SphinxTestApp

from widgets.figures import palette

if TYPE_CHECKING:
    from pathlib import Path

CONF = """
extensions = ["myst_nb"]
html_theme = "basic"
nb_execution_mode = "off"


def setup(app):
    from website.pages import code_lines, html_writer
    from website.pipeline import OTHERS, connect

    html_writer.register(app)
    steps = {
        "builder-inited": [code_lines.choose_formatter],
        "doctree-resolved": [code_lines.ask_for_lines],
    }
    connect(app, {event: [OTHERS, *handlers] for event, handlers in steps.items()})
"""
PAGE = """\
---
file_format: mystnb
kernelspec: {name: python3}
---

# Title

See `tf.nn.log_softmax` and `from_logits`.

![One & two](drawn.svg)
![Plain](plain.svg)

```{code-cell}
:tags: [hide-input]
if x:
    run --as-is
```

```{eval-rst}
.. parsed-literal::

    as it *is*

.. [One] An entry.
```
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("book")


@pytest.fixture(scope="module")
def page(folder: Path) -> BeautifulSoup:
    (folder / "conf.py").write_text(CONF, "utf-8")
    (folder / "index.md").write_text(PAGE, "utf-8")
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}"><path fill="{}"/></svg>'
    )
    ink = palette()["ink"]
    (folder / "drawn.svg").write_text(drawing.format("72pt", "36.1pt", ink), "utf-8")
    (folder / "plain.svg").write_text(drawing.format("72", "36", ink), "utf-8")
    app = SphinxTestApp("html", srcdir=folder)
    try:
        app.build()
    finally:
        app.cleanup()
    return BeautifulSoup((app.outdir / "index.html").read_text("utf-8"), "html.parser")


def test_a_figure_is_there_in_both_lights(page: BeautifulSoup) -> None:
    light, dark, plain = page.find_all("img")
    assert light.attrs == {
        "alt": "One & two",
        "class": ["figure", "only-light"],
        "src": "_images/drawn.svg",
        "width": "96",
        "height": "48",
        "loading": "lazy",
    }
    assert dark.attrs == light.attrs | {
        "class": ["figure", "only-dark"],
        "src": "_images/dark-drawn.svg",
    }
    assert plain["src"] == "_images/plain.svg"
    assert "loading" not in plain.attrs


def test_a_long_word_of_code_breaks_between_its_parts(page: BeautifulSoup) -> None:
    long, short = page.select("p code > span.pre")
    assert str(long) == '<span class="pre">tf.<wbr/>nn.<wbr/>log_<wbr/>softmax</span>'
    assert str(short) == '<span class="pre">from_logits</span>'


def test_code_is_in_lines_and_the_rest_is_not(page: BeautifulSoup) -> None:
    first, second = page.select("div.cell_input pre > .code-line")
    assert (first.get_text(), second.get_text()) == ("if x:\n", "    run --as-is\n")
    assert second["style"] == "--depth:4"
    assert len(page.select(".code-line")) == 2


def test_what_a_fold_says_is_its_name(page: BeautifulSoup) -> None:
    (fold,) = page.select("details.hide > summary")
    assert fold.attrs == {}
    assert "Show code cell source" in fold.get_text()


def test_an_entry_of_a_bibliography_is_an_item_of_a_list(page: BeautifulSoup) -> None:
    (entry,) = page.select("[role=list] > .citation")
    assert entry["role"] == "listitem"


@pytest.mark.usefixtures("page")
def test_a_figure_in_the_dark_is_written_beside_it(folder: Path) -> None:
    dark = (folder / "_build/html/_images/dark-drawn.svg").read_text("utf-8")
    assert f'fill="{palette("dark")["ink"]}"' in dark
    assert not (folder / "_build/html/_images/dark-plain.svg").exists()
