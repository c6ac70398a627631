"""Formulas become MathML while a page is built; one that cannot be rendered is a warning."""

from __future__ import annotations

import io
from html import escape
from typing import TYPE_CHECKING

import pytest
from sphinx.testing.util import SphinxTestApp

if TYPE_CHECKING:
    from pathlib import Path

# Sphinx itself, not this book, uses what docutils is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:sphinx.*")

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
        "extensions = ['autograder.mathml']\nhtml_theme = 'basic'\n", "utf-8"
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
