"""Formulas become MathML while a page is built; one that cannot be rendered is a warning."""

from __future__ import annotations

import io
import re
from html import escape, unescape
from typing import TYPE_CHECKING

import pytest
from sphinx.testing.util import SphinxTestApp

if TYPE_CHECKING:
    from pathlib import Path

# Sphinx itself, not this book, uses what docutils is about to drop.
pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning:sphinx.*"), pytest.mark.slow]

PAGE = """\
Title
=====

Inline :math:`z < w_1 x` here.

.. math:: p = \\frac{e^{z}}{1 + e^{z}}

.. math::
   :label: logit

   z = \\log \\frac{p}{1 - p}

See :eq:`logit`.
"""


def built(folder: Path, page: str) -> tuple[str, str]:
    """Build one page; return its HTML and the warnings."""
    (folder / "conf.py").write_text(
        """
html_theme = "basic"


def setup(app):
    from website.pages import mathml
    from website.pipeline import OTHERS, connect

    mathml.register(app)
    steps = {"config-inited": [mathml.choose_mathml], "doctree-resolved": [mathml.keep_punctuation]}
    steps["html-page-context"] = [mathml.add_math_font]
    connect(app, {event: [OTHERS, *handlers] for event, handlers in steps.items()})
""",
        "utf-8",
    )
    (folder / "index.rst").write_text(page, "utf-8")
    warnings = io.StringIO()
    app = SphinxTestApp("html", srcdir=folder, warning=warnings)
    try:
        app.build()
    finally:
        app.cleanup()
    return (app.outdir / "index.html").read_text("utf-8"), warnings.getvalue()


def test_formulas_are_mathml_without_a_script(tmp_path: Path) -> None:
    page, warnings = built(tmp_path, PAGE)
    assert warnings == ""
    assert page.count("<math ") == 3
    assert page.count('display="inline"') == 1
    assert page.count('display="block"') == 2
    assert "<mfrac>" in page
    assert "mathjax" not in page.lower()
    assert "\\frac" not in page


def test_a_numbered_formula_can_be_linked_to(tmp_path: Path) -> None:
    page, _ = built(tmp_path, PAGE)
    assert '<div class="math-block" id="equation-logit"><span class="eqno">(1)</span><math' in page
    assert 'href="#equation-logit"' in page


@pytest.mark.parametrize(
    "formula", [r"\left( <b>", r"x^a^b <b>", r"\nothing <b>", r"\frac{1}{<b>", r"}<b>"]
)
def test_a_formula_that_cannot_be_rendered_is_a_warning_with_its_place(
    tmp_path: Path, formula: str
) -> None:
    page, warnings = built(tmp_path, f"Title\n=====\n\nA :math:`{formula}` here.\n")
    assert "index.rst:4: WARNING: formula " in warnings
    assert "cannot be rendered" in warnings
    assert f"<code>{escape(formula)}</code>" in page
    assert "<math" not in page


def formula(page: str) -> str:
    """Give the formula of a page, without the elements that only group."""
    found = page[page.index("<math ") : page.index("</math>")]
    return re.sub(r"</?mrow>|<math [^>]*>", "", found)


def test_a_name_stands_apart_from_what_it_is_applied_to(tmp_path: Path) -> None:
    page, _ = built(tmp_path, "Title\n=====\n\nA :math:`y \\ln p - \\ln(2)` here.\n")
    space = '<mspace width="0.1667em" />'
    assert formula(page).startswith(f"<mi>y</mi>{space}<mi>ln</mi>{space}<mi>p</mi>")
    assert '<mi>ln</mi><mo stretchy="false">' in formula(page)


@pytest.mark.parametrize("sign", ["-1", "[-1, 1]", "z = -1"])
def test_a_sign_stands_close_to_its_number(tmp_path: Path, sign: str) -> None:
    page, _ = built(tmp_path, f"Title\n=====\n\nA :math:`{sign}` and :math:`a - b` here.\n")
    assert page.count('<mo form="prefix">\N{MINUS SIGN}</mo>') == 1


def test_punctuation_stays_with_its_formula(tmp_path: Path) -> None:
    text = "Title\n=====\n\nOn :math:`p`, and :math:`q` or :math:`r`.\n"
    page, _ = built(tmp_path, text)
    assert re.findall(r"</math>([^<]*)</span>", page) == [",", "."]
    assert "</math> or <span" in page


def test_pages_with_formulas_alone_bring_the_font(tmp_path: Path) -> None:
    assert "math.css" in built(tmp_path, PAGE)[0]
    assert "math.css" not in built(tmp_path, "Title\n=====\n\nNo formula.\n")[0]


def test_the_font_has_every_character_of_the_book(site: Path) -> None:
    sheet = (site / "_static/on_demand/vendor/math.css").read_text("utf-8")
    known = {
        int(point, 16) for point in re.findall(r"U\+(\w+)", sheet.partition("unicode-range:")[2])
    }
    used = {
        letter
        for page in site.rglob("*.html")
        for shown in re.findall(r"<math .*?</math>", page.read_text("utf-8"), re.DOTALL)
        for kind, text in re.findall(r"<(mi|mo|mn|mtext)[^>]*>([^<]*)<", shown)
        for letter in slanted(kind, unescape(text))
    }
    assert len(used) > 50
    assert {letter for letter in used if ord(letter) not in known} == set()


def slanted(kind: str, text: str) -> str:
    """Write a single letter as MathML shows it."""
    if kind != "mi" or len(text) > 1 or text == "h":
        return text
    for first, last, shown in (("a", "z", 0x1D44E), ("A", "Z", 0x1D434), ("α", "ω", 0x1D6FC)):  # noqa: RUF001
        if first <= text <= last:
            return chr(shown + ord(text) - ord(first))
    return text
