"""Add the script that keeps entries of pages in the reader's browser under the book's name.

A browser has one store for each host, and a host may hold several books: what pages keep has the
book's name in its keys, as :func:`website.build.settings.book_name` gives it.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from website.build.settings import book_name, settings_in

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

_SCRIPT = "storage.js"
_BEFORE_OTHERS = 400  # scripts that name no place have 500


def add_storage_script(app: Sphinx, config: Config) -> None:
    """Put the script on every page, before those that keep something with it."""
    script = str(files("website.pages") / "static" / _SCRIPT)
    config.html_static_path = [*config.html_static_path, script]
    book = {"data-book": book_name(settings_in(config), str(config.html_title))}
    app.add_js_file(_SCRIPT, priority=_BEFORE_OTHERS, loading_method="defer", **book)
