"""Translate documents to HTML as Sphinx does, except figures, names in code, and ARIA roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, depart_HideCellInput, visit_HideCellInput
from sphinx.writers.html5 import HTML5Translator

from website.pages.code_lines import allow_breaks_in_words
from website.pages.figures import drawn

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_NO_NAME = ' aria-label="Toggle hidden content"'  # it hides what the fold says from screen readers


def register(app: Sphinx) -> None:
    """Register the writer and how it writes folds. The theme derives its own writer from it."""
    app.setup_extension("myst_nb")
    app.set_translator("html", BookTranslator)
    app.add_node(HideCodeCellNode, override=True, html=(_visit_fold, depart_HideCellInput))


class BookTranslator(HTML5Translator):
    """Sphinx's writer of HTML, with the book's figures, long words of code and roles."""

    def visit_Text(self, node: nodes.Text) -> None:  # noqa: N802 - docutils' name
        """Let a long word of code break before a part of its name."""
        start = len(self.body)
        super().visit_Text(node)
        if self.protect_literal_text:
            self.body[start:] = map(allow_breaks_in_words, self.body[start:])

    def visit_image(self, node: nodes.Element) -> None:
        """Write a figure that a cell drew in both lights."""
        images = drawn(self.builder, node)
        if not images:
            super().visit_image(node)
            return
        self.body += [self.emptytag(node, "img", "", **attributes) for attributes in images]
        raise nodes.SkipNode

    def starttag(
        self,
        node: nodes.Element,
        tagname: str,
        suffix: str = "\n",
        empty: bool = False,  # noqa: FBT001, FBT002 - docutils' signature
        **attributes: Any,  # noqa: ANN401 - docutils' signature
    ) -> str:
        """Make an entry of a bibliography an item of the list around it, as ARIA asks."""
        if attributes.get("role") == "doc-biblioentry":
            attributes["role"] = "listitem"
        return str(super().starttag(node, tagname, suffix, empty, **attributes))


def _visit_fold(translator: HTML5Translator, node: HideCodeCellNode) -> None:
    start = len(translator.body)
    visit_HideCellInput(translator, node)
    written = [part.replace(_NO_NAME, "") for part in translator.body[start:]]
    translator.body[start:] = written
