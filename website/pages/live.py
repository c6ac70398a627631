"""Add the button that runs a page; nothing else is loaded until a reader presses it.

Its script, the editor and Thebe are copied beside the pages (:mod:`website.build.gate`) and loaded
when somebody asks. Binder is offered where the book says which repository it is in.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.application import Sphinx

_CELL = 'class="cell_input'
_HUB = "https://mybinder.org"
_REPOSITORY = re.compile(r"https://(github|gitlab)\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
_NOT_OURS = "executablebooks/jupyter-book"  # what Jupyter Book assumes where nothing is said
_LOADER = """\
function llbRun() {
  if (globalThis.llbLive || llbRun.asked) return globalThis.llbLive?.();
  const script = llbRun.asked = document.createElement("script");
  script.src = document.documentElement.dataset.content_root + "_static/on_demand/live.js";
  script.dataset.binder = %s;
  document.head.append(script);
}"""


def binder_address(options: Mapping[str, Any]) -> str:
    """Return the address where Binder builds the book's repository; empty where there is none."""
    found = _REPOSITORY.fullmatch(options.get("repository_url") or "")
    if found is None or found[2] == _NOT_OURS:
        return ""
    hub = (options.get("launch_buttons") or {}).get("binderhub_url") or _HUB
    # Binder takes a project of GitLab as one part of its address, with the slash encoded.
    name = found[2] if found[1] == "github" else quote(found[2], safe="")
    branch = quote(options.get("repository_branch") or "HEAD", safe="")
    return f"{hub.rstrip('/')}/build/{'gh' if found[1] == 'github' else 'gl'}/{name}/{branch}"


def add_run_button(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Put the button that runs a page on pages with code."""
    if _CELL not in context.get("body", ""):
        return
    binder = binder_address(app.config.html_theme_options)
    app.add_js_file(None, body=_LOADER % json.dumps(binder))
    button = {
        "type": "javascript",
        "javascript": "llbRun()",
        "tooltip": "Run this page",
        "icon": "fas fa-play",
        "label": "run-button",
        "classes": "pst-navbar-icon pst-js-only",
    }
    context["header_buttons"].insert(0, button)
