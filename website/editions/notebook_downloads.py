"""Every page that has cells can be downloaded as a notebook that runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat

from autograder.files import replace_text
from autograder.format.exercise_set import RELEASE
from website.editions.page_notebooks import glued, page_notebook, with_install_cell

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Offer the notebook in the page's menu of downloads, and put it where the menu leads."""
    app.connect("html-page-context", _offer, priority=450)  # before the theme makes the menu
    app.connect("html-page-context", _write, priority=700)  # over what the theme puts there
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _runs(app: Sphinx, page: str) -> bool:
    return "kernelspec" in app.env.metadata.get(page, {})


def _offer(app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    if _runs(app, page):
        context["ipynb_source"] = f"{page}.ipynb"


def _write(app: Sphinx, page: str, _template: str, _context: object, _tree: object) -> None:
    if _runs(app, page):
        to = app.outdir / "_sources" / f"{page}.ipynb"
        released = app.srcdir / f"{page}.ipynb"
        ready = page.startswith(f"{RELEASE}/") and released.is_file()
        replace_text(to, released.read_text("utf-8") if ready else _notebook(app, page))


def _notebook(app: Sphinx, page: str) -> str:
    beside = app.outdir.parent / "jupyter_execute" / f"{page}.glue.json"
    outputs = json.loads(beside.read_text("utf-8")) if beside.is_file() else {}
    notebook = page_notebook(
        (app.srcdir / f"{page}.md").read_text("utf-8"),
        page,
        numbers=glued(outputs.values()),
        bibliography=(app.srcdir / "references.bib").read_text("utf-8"),
        site=app.config.html_baseurl.rstrip("/") or "..",
    )
    address = str(app.config.html_theme_options.get("repository_url") or "").rstrip("/")
    whole = with_install_cell(notebook, f"git+{address}") if address else notebook
    return f"{nbformat.writes(whole)}\n"
