"""Offer every page that has cells as a notebook that runs where it is downloaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from autograder.files import replace_text
from website.build.settings import settings_in
from website.editions.page_notebooks import (
    glued_values,
    page_notebook,
    read_bibliography,
    with_install_cell,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def _runs(app: Sphinx, page: str) -> bool:
    return "kernelspec" in app.env.metadata.get(page, {})


def offer_notebook(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Offer the page's notebook in the menu of downloads."""
    if _runs(app, page):
        context["ipynb_source"] = f"{page}.ipynb"


def replace_notebook(
    app: Sphinx, page: str, _template: str, _context: object, _tree: object
) -> None:
    """Write the page's notebook over the file that the theme's menu links to."""
    if _runs(app, page):
        to = app.outdir / "_sources" / f"{page}.ipynb"
        released = app.srcdir / f"{page}.ipynb"
        # An exercise has a notebook for learners already, which the gate has released.
        ready = page.startswith(f"{settings_in(app.config).release}/") and released.is_file()
        replace_text(to, released.read_text("utf-8") if ready else _notebook(app, page))


def _notebook(app: Sphinx, page: str) -> str:
    # MyST-NB keeps there what the cells glued into the text.
    beside = app.outdir.parent / "jupyter_execute" / f"{page}.glue.json"
    outputs = json.loads(beside.read_text("utf-8")) if beside.is_file() else {}
    notebook = page_notebook(
        (app.srcdir / f"{page}.md").read_text("utf-8"),
        page,
        numbers=glued_values(outputs.values()),
        bibliography=read_bibliography(
            Path(app.srcdir), getattr(app.config, "bibtex_bibfiles", ())
        ),
        site=app.config.html_baseurl.rstrip("/") or "..",
    )
    address = str(app.config.html_theme_options.get("repository_url") or "").rstrip("/")
    whole = with_install_cell(notebook, f"git+{address}") if address else notebook
    return f"{nbformat.writes(whole)}\n"
