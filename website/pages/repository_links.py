"""Link each page to the book's repository, if it has one: run, report, ask, edit.

The address is Jupyter Book's own setting, ``repository: url`` in ``_config.yml``: that of a public
repository, which holds ``<page>.ipynb`` beside the text of every page that has cells.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from website.pages.edition import book_version

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

_REPORT = "What is wrong, and what did you expect?\n\n\n\nPage: {page}\nVersion: {version}\n"


def configure_buttons(_app: Sphinx, config: Config) -> None:
    """Turn the theme's repository buttons on where there is a repository, off where not."""
    options = dict(config.html_theme_options)
    if options.get("repository_url"):
        options |= {"use_repository_button": True, "use_edit_page_button": True}
    else:
        options.pop("launch_buttons", None)
    config.html_theme_options = options


def add_repository_links(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Add the buttons *report* and *ask*, and point launch buttons at notebooks."""
    address = str(app.config.html_theme_options.get("repository_url") or "").rstrip("/")
    if not address:
        return
    for group in context["header_buttons"]:
        if group.get("label") == "launch-buttons":
            for button in group["buttons"]:  # a notebook, not its text
                button["url"] = button["url"].replace(f"{page}.md", f"{page}.ipynb")
        if group.get("label") == "source-buttons":
            version = book_version(Path(app.srcdir))
            group["buttons"] += _questions(address, page, version or "unknown")
            script = (files("website.pages") / "static" / "repository_links.js").read_text("utf-8")
            app.add_js_file(None, body=script, type="module")


def _questions(address: str, page: str, version: str) -> list[dict[str, str]]:
    title = quote(f"{page}: ")
    body = quote(_REPORT.format(page=page, version=version))
    return [
        {
            "type": "link",
            "url": f"{address}/issues/new?title={title}&body={body}",
            "text": "Report an issue",
            "icon": "fas fa-lightbulb",
            "label": "report-button",
        },
        {
            "type": "link",
            "url": f"{address}/discussions/new?category=q-a&title={title}",
            "text": "Ask a question",
            "icon": "fas fa-circle-question",
            "label": "ask-button",
        },
    ]
