"""Where code breaks: a line that is too long for the screen goes on below, further in.

Pygments closes what it opens before each end of a line, so a block can be cut there. A long word in
the text breaks between its parts. The text stays what it was, for whoever copies it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_BLOCK = re.compile(
    r'(<div class="highlight-[^>]*>\s*<div[^>]*><pre>(?:<span></span>)?)(.*?)(</pre>)', re.DOTALL
)
_TAG = re.compile(r"<[^>]*>")
_WORD = re.compile(r'(?<=<span class="pre">)[^<]{12,}(?=</span>)')
_HYPHENED = re.compile(r"(?<![^\s>])[^\s<>]*-[A-Za-z][^\s<>]*(?![^\s<])")
_JOINT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=\w[_./=(])(?=[A-Za-z])")


def cut_long_lines(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Let long lines of code in a page's body go on below."""
    if "body" in context:
        context["body"] = in_parts(in_lines(context["body"]))


def in_lines(body: str) -> str:
    """Wrap each line of each code block in an element that carries its indentation.

    An option or a name with a hyphen stays whole.
    """
    return _BLOCK.sub(lambda block: f"{block[1]}{_lines(block[2])}{block[3]}", body)


def in_parts(body: str) -> str:
    """Allow each long word of code in the text to break before a part of its name."""
    return _WORD.sub(lambda word: _JOINT.sub("<wbr>", word[0]), body)


def _lines(code: str) -> str:
    return "".join(_line(line) for line in code.splitlines(keepends=True))


def _line(line: str) -> str:
    text = _TAG.sub("", line)
    depth = len(text) - len(text.lstrip(" "))
    style = f' style="--depth:{depth}"' if depth and text.strip() else ""
    line = _HYPHENED.sub(r'<span class="whole">\g<0></span>', line)
    return f'<span class="code-line"{style}>{line}</span>'
