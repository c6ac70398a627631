"""What the theme and its companions put on every page and this book does without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_UNWANTED = "thebe"


def setup(app: Sphinx) -> dict[str, Any]:
    """Take live-code scripts off the pages: another host is asked when a reader asks."""
    app.connect("html-page-context", _tidy, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _tidy(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    for files in ("script_files", "css_files"):
        context[files] = [file for file in context[files] if not _unwanted(file)]


def _unwanted(file: object) -> bool:
    body = getattr(file, "attributes", {}).get("body") or ""
    return _UNWANTED in str(getattr(file, "filename", "")).lower() or _UNWANTED in body.lower()
