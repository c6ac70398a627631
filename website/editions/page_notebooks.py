"""Turn pages into notebooks for readers, with plain Markdown for the roles of MyST."""

from __future__ import annotations

import ast
import posixpath
import re
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import jupytext
import nbformat
from pybtex.database import BibliographyData, parse_string

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from nbformat import NotebookNode

INSTALL = "install"
_ROLE = re.compile(r"\{(?P<role>[a-z:]+)\}`(?P<text>[^`]+)`")
_TARGET = re.compile(r"^\([\w-]+\)=\n", re.MULTILINE)
_EXPLICIT = re.compile(r"(?P<text>.+?)\s*<(?P<target>[^<>]+)>", re.DOTALL)
_DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[a-z-]+)\}[^\n]*\n(?P<body>.*?)^(?P=fence)[ \t]*$\n?",
    re.MULTILINE | re.DOTALL,
)
_OPTION = re.compile(r"^:[\w-]+:.*\n?", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?-->\n?|^%[^\n]*\n?", re.DOTALL | re.MULTILINE)
_HIDDEN_INPUT = frozenset({"hide-input", "remove-input"})
_TRY = """\
# Where the book's packages are installed, this cell does nothing. Elsewhere, as on Colab, it
# installs them.
try:
    import autograder.checks
    import widgets
except ModuleNotFoundError:
    %pip install --quiet """
_KERNEL = MappingProxyType({"display_name": "Python 3", "language": "python", "name": "python3"})
_MANY = 2  # authors who are named; of more, the first


def page_notebook(
    text: str,
    page: str,
    *,
    numbers: Mapping[str, object] | None = None,
    bibliography: str = "",
    site: str = "..",
) -> NotebookNode:
    """Turn the MyST text of a page into a notebook that reads well in Jupyter.

    Cells that only serve the page (tag ``remove-cell``) are left out; the numbers that they gave to
    the text stand in it.

    Parameters
    ----------
    page
        Its name from the book's root, without a suffix, such as ``chapters/logits``.
    numbers
        What its cells glued, from :func:`glued`.
    bibliography
        The text of the book's bibliographies, from :func:`read_bibliography`.
    site
        Address of the built book, for links to pages that are no notebooks.

    """
    notebook = jupytext.reads(text, fmt="md:myst")
    words = _Words(page, numbers or {}, parse_string(bibliography, "bibtex"), site)
    kept = [cell for cell in notebook.cells if "remove-cell" not in _tags(cell)]
    for number, cell in enumerate(kept):
        cell.id = f"cell-{number}"  # jupytext makes one up, another at each call
        if cell.cell_type == "markdown":
            cell.source = words.plain(cell.source)
        elif _HIDDEN_INPUT & _tags(cell):
            cell.metadata["jupyter"] = {"source_hidden": True}
    made = nbformat.v4.new_notebook(cells=[cell for cell in kept if cell.source.strip()])
    made.metadata["kernelspec"] = dict(_KERNEL)
    return made


def read_bibliography(root: Path, names: Iterable[str]) -> str:
    """Return the text of a book's bibliographies, which ``bibtex_bibfiles`` names; none is none."""
    return "\n".join((root / name).read_text("utf-8") for name in names)


def with_install_cell(notebook: NotebookNode, package: str) -> NotebookNode:
    """Return the notebook with a first cell that installs ``package`` where it is missing.

    Parameters
    ----------
    package
        What pip installs, such as ``git+https://github.com/owner/name``.

    """
    cell = nbformat.v4.new_code_cell(f"{_TRY}{package}", id=INSTALL, metadata={"tags": [INSTALL]})
    return nbformat.v4.new_notebook(cells=[cell, *notebook.cells], metadata=notebook.metadata)


def glued_values(outputs: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Return the values that a page's cells stored with ``glue``, by name.

    Outputs as in an executed notebook, or as in the ``.glue.json`` that MyST-NB writes beside it.
    """
    found: dict[str, object] = {}
    for output in outputs:
        about = output.get("metadata", {}).get("scrapbook", {})
        data = output.get("data", {})
        shown = data.get(f"{about.get('mime_prefix')}text/plain", data.get("text/plain"))
        if about and shown is not None:
            found[about["name"]] = _value(shown)
    return found


def _value(shown: str) -> object:
    with suppress(ValueError, SyntaxError):
        return ast.literal_eval(shown)
    return shown


def _tags(cell: NotebookNode) -> frozenset[str]:
    return frozenset(cell.metadata.get("tags", ()))


class _Words:
    """Converts the MyST roles and directives of one page to plain Markdown."""

    def __init__(
        self, page: str, numbers: Mapping[str, object], works: BibliographyData, site: str
    ) -> None:
        self._folder = posixpath.dirname(page)
        self._numbers = numbers
        self._works = works
        self._site = site

    def plain(self, source: str) -> str:
        source = _COMMENT.sub("", _TARGET.sub("", source))
        source = _DIRECTIVE.sub(self._directive, source)
        return _ROLE.sub(self._role, source).strip("\n")

    def _directive(self, match: re.Match[str]) -> str:
        if match["name"] == "bibliography":
            return f"All sources: [bibliography]({self._page('back_matter/bibliography')}).\n"
        quoted = _OPTION.sub("", match["body"]).strip("\n").replace("\n", "\n> ")
        return f"> **{match['name'].capitalize()}.** {quoted}\n"

    def _role(self, match: re.Match[str]) -> str:
        say = {
            "term": self._first,
            "ref": self._first,
            "doc": self._document,
            "cite": self._cited,
            "glue:text": self._number,
        }.get(match["role"])
        return say(match["text"]) if say else match[0]  # of an unknown role the text is all there

    def _first(self, text: str) -> str:
        explicit = _EXPLICIT.fullmatch(text)
        return explicit["text"] if explicit else text

    def _document(self, text: str) -> str:
        explicit = _EXPLICIT.fullmatch(text)
        name = (explicit["target"] if explicit else text).lstrip("/")
        return f"[{self._first(text)}]({self._page(name)})"

    def _page(self, name: str) -> str:
        # Those are notebooks beside this one; every other page is read in the site.
        if name.startswith(("chapters/", "exercises/")):
            return posixpath.relpath(f"{name}.ipynb", self._folder or ".")
        return f"{self._site}/{name}.html"

    def _number(self, text: str) -> str:
        name, _, form = text.partition(":")
        # A page that no build has run has no numbers yet.
        value = self._numbers.get(name, "…")
        return format(value, form) if name in self._numbers else str(value)

    def _cited(self, text: str) -> str:
        return f"({'; '.join(self._work(key.strip()) for key in text.split(','))})"

    def _work(self, key: str) -> str:
        entry = self._works.entries.get(key) or self._works.entries.get(key.partition("-")[2])
        if entry is None:
            return key
        names = [" ".join(person.last_names) for person in entry.persons.get("author", ())]
        who = f"{names[0]} et al." if len(names) > _MANY else " and ".join(names)
        return f"{who or entry.fields.get('title', key)}, {entry.fields.get('year', 'n.d.')}"
