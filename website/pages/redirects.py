"""Write a page at each old address of a page that was moved, which leads to the new one."""

from __future__ import annotations

import posixpath
from html import escape
from typing import TYPE_CHECKING

from sphinx.util import logging

from autograder.files import replace_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_log = logging.getLogger(__name__)
# The script keeps the anchor of an address, which a refresh loses; the refresh is for browsers
# without scripts. Search engines are to list the new address alone.
_NOTE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="robots" content="noindex" />
<title>This page has moved</title>
<script>location.replace("{to}" + location.hash);</script>
<noscript><meta http-equiv="refresh" content="0; url={to}" /></noscript>
</head>
<body><main><h1>This page has moved</h1><p>It is now <a href="{to}">here</a>.</p></main></body>
</html>
"""


def register(app: Sphinx) -> None:
    """Add the setting ``redirects``, from old to new pages, both without a suffix."""
    app.add_config_value("redirects", {}, "html", types=(dict,))


def write_redirects(app: Sphinx, error: Exception | None) -> None:
    """Write a redirecting page at each address in ``redirects``."""
    if error is not None or app.builder.format != "html":
        return
    for old, new in app.config.redirects.items():
        if not (app.outdir / f"{new}.html").is_file():
            _log.warning("_config.yml: `%s` is redirected to `%s`, which is no page", old, new)
        # The note would take the place of the page.
        elif old in app.env.found_docs:
            _log.warning("_config.yml: `%s` is redirected to `%s`, but it is a page", old, new)
        else:
            to = posixpath.relpath(f"{new}.html", posixpath.dirname(old) or ".")
            replace_text(app.outdir / f"{old}.html", _NOTE.format(to=escape(to)))
