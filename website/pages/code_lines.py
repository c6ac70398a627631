"""Break code that is wider than the screen: lines with an indent, names between their parts.

Pygments gives a block of code line by line, and closes in each line the elements that it opens
there. The text itself stays as it was, for readers who copy it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from pygments.formatters import HtmlFormatter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx

_TAG = re.compile(r"(<[^>]*>)")  # Pygments writes no > elsewhere
_PRE, _END = '<span class="pre">', "</span>"  # how Sphinx writes a word of code
_LONG = 12  # letters
_HYPHENED = re.compile(r"(?<!\S)\S*-[A-Za-z]\S*(?!\S)")
_JOINT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=\w[_./=(])(?=[A-Za-z])")


def choose_formatter(app: Sphinx) -> None:
    """Let Pygments write code with ``CodeFormatter``."""
    if app.builder.format == "html":
        builder: Any = app.builder
        builder.highlighter.formatter = CodeFormatter


def ask_for_lines(_app: Sphinx, doctree: nodes.document, _name: str) -> None:
    """Ask for lines in each block of code; what a run printed has none."""
    for block in doctree.findall(nodes.literal_block):
        if "output" not in block["classes"]:
            block["highlight_args"] = {**block.get("highlight_args", {}), "code_lines": True}


class CodeFormatter(HtmlFormatter):  # type: ignore[misc]  # which has no types
    """Pygments' formatter, which with ``code_lines`` puts each line into an element.

    The element knows how far in its line begins. An option or a name with a hyphen stays whole.
    """

    def wrap(self, source: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        """Put what is around a block around its lines."""
        lines = _in_lines(source) if self.options.get("code_lines") else source
        wrapped: Iterator[tuple[int, str]] = super().wrap(lines)
        return wrapped


def _in_lines(source: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    for is_code, line in source:
        yield is_code, _line(line) if is_code else line


def _line(line: str) -> str:
    parts = _TAG.split(line)  # text and tags by turns
    text = "".join(parts[::2])
    depth = len(text) - len(text.lstrip(" "))
    style = f' style="--depth:{depth}"' if depth and text.strip() else ""
    parts[::2] = [_HYPHENED.sub(r'<span class="whole">\g<0></span>', part) for part in parts[::2]]
    return f'<span class="code-line"{style}>{"".join(parts)}</span>'


def allow_breaks_in_words(word: str) -> str:
    """Allow a long word of code, as Sphinx writes it, to break before a part of its name."""
    name = word.removeprefix(_PRE).removesuffix(_END)
    if not word.startswith(_PRE) or len(name) < _LONG:
        return word
    return f"{_PRE}{_JOINT.sub('<wbr>', name)}{_END}"
