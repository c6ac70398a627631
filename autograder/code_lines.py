"""Code in cells, line by line: one that is too long for the screen goes on below, further in.

Pygments closes what it opens before each end of a line, so a block can be cut there. The text stays
what it was, for whoever copies it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_CELL = re.compile(
    r'(<div class="cell_input[^>]*>\s*<div[^>]*><div[^>]*><pre>(?:<span></span>)?)(.*?)(</pre>)',
    re.DOTALL,
)
_TAG = re.compile(r"<[^>]*>")


def setup(app: Sphinx) -> dict[str, Any]:
    """Cut the code of every page while it is written."""
    app.connect("html-page-context", _cut, priority=850)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _cut(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    if "body" in context:
        context["body"] = in_lines(context["body"])


def in_lines(body: str) -> str:
    """Put each line of each code cell into an element that knows how far in the line begins."""
    return _CELL.sub(lambda cell: f"{cell[1]}{_lines(cell[2])}{cell[3]}", body)


def _lines(code: str) -> str:
    return "".join(_line(line) for line in code.splitlines(keepends=True))


def _line(line: str) -> str:
    text = _TAG.sub("", line)
    depth = len(text) - len(text.lstrip(" "))
    style = f' style="--depth:{depth}"' if depth and text.strip() else ""
    return f'<span class="code-line"{style}>{line}</span>'
