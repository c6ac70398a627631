"""Keep a reader's progress in the reader's own browser.

Every page gets a button, the sidebar a bar, the front page the way back to where somebody stopped.
What the script has to know of the book, the order, titles and versions of its pages, is one small
file beside it.
"""

from __future__ import annotations

import json
from fnmatch import fnmatch
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.files import replace_text
from website.build.settings import settings_in
from website.build.table_of_contents import listed_pages

if TYPE_CHECKING:
    from docutils.nodes import document
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

_STATIC = ("progress.js", "progress.css")
_CATALOGUE = "progress-pages.js"
_SIDEBAR = "progress.html"
_PAGE = """
<div class="llb-complete pst-js-only d-print-none" data-version="{version}">
<button type="button" class="llb-button">Mark as completed</button>
<p role="status"></p>
</div>
"""
_FRONT = """<p class="llb-continue pst-js-only d-print-none">
When you come back, this line leads to where you stopped.</p>"""


def register(app: Sphinx) -> None:
    """Put the script, its style and its few elements on every page."""
    app.add_config_value("progress_counted", _counted_pages, "html", types=(list,))
    for script in (_CATALOGUE, _STATIC[0]):
        app.add_js_file(script, loading_method="defer")  # classic: a file may load no module
    app.add_css_file(_STATIC[1])


def _counted_pages(config: Config) -> list[str]:
    return ["chapters/*", f"{settings_in(config).release}/*"]


def text_version(text: str) -> str:
    """Return a digest of a page's text that ignores white space."""
    return sha256(" ".join(text.split()).encode()).hexdigest()[:12]


def add_progress_files(_app: Sphinx, config: Config) -> None:
    """Let Sphinx copy the script and the style, and find the template."""
    package = files("website.pages")
    scripts = [str(package / "static" / name) for name in _STATIC]
    config.html_static_path = [*config.html_static_path, *scripts]
    config.templates_path = [*config.templates_path, str(package / "templates")]


def write_page_list(app: Sphinx, env: BuildEnvironment) -> None:
    """Write titles and versions of all pages to one file: a change in one rewrites no other."""
    names = [name.removesuffix(".md") for name in listed_pages(Path(app.srcdir))]
    found = {name: _entry(app, env, name) for name in names if name in env.found_docs}
    # In the order of `_toc.yml`, which is the order of reading.
    text = f"globalThis.llbPages = {json.dumps(found, sort_keys=False)};\n"
    replace_text(Path(app.outdir) / "_static" / _CATALOGUE, text)


def _entry(app: Sphinx, env: BuildEnvironment, name: str) -> dict[str, Any]:
    return {
        "title": env.titles[name].astext(),
        "version": _version_of(env, name),
        "counted": any(fnmatch(name, pattern) for pattern in app.config.progress_counted),
    }


def _version_of(env: BuildEnvironment, name: str) -> str:
    """Return the version of a page's source, which running its cells does not change."""
    return text_version(Path(env.doc2path(name)).read_text("utf-8"))


def add_progress(
    app: Sphinx, page: str, _template: str, context: dict[str, Any], tree: document | None
) -> None:
    """Put the reader's progress into a page's sidebar and body."""
    context["sidebars"] = _with_bar(context.get("sidebars") or [])
    if tree is None:  # the search page and the index: nobody completes them
        return
    context["body"] += _PAGE.format(version=escape(_version_of(app.env, page)))
    if page == app.config.root_doc:
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{_FRONT}", 1)


def _with_bar(sidebars: list[str]) -> list[str]:
    """Insert the progress bar before the table of contents, the sidebar's last item."""
    return [*sidebars[:-1], _SIDEBAR, *sidebars[-1:]]
