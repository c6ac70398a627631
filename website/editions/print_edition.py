"""The whole book as one page, ``book.html``, to be printed: a cover, contents, then page by page.

It is put together of the finished pages, in the order of ``_toc.yml``. Links between them lead
from place to place in the document, figures stand still, and what is folded on a page (hints,
solutions, what a run printed) is not in it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from html import unescape
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.files import replace_text
from website.editions.article import sheet
from website.pages.edition import edition
from website.pages.style_sheet import SHEET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sphinx.application import Sphinx
    from sphinx_external_toc.api import SiteMap, TocTree

PAGE = "book.html"
_SIDEBAR = "paper.html"
_LEFT_OUT = ["guides/*", "back_matter/verify_a_certificate"]  # about the tools, and a form
_INTRODUCTION = "Introduction"
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_SHEET = re.compile(rf"{re.escape(SHEET)}(\?v=\w+)?")
_TITLE = re.compile(r"<h[1-6]>(.*?)</h[1-6]>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_INSIDE = re.compile(r'href="#([^"]+)"')
_ANCHOR = re.compile(r'\sid="([^"]+)"')


@dataclass(frozen=True)
class Leaf:
    """A page of the document, and those below it.

    Attributes
    ----------
    level
        Of its heading.
    part
        What stands above the first page of a part.
    title, article
        As HTML.
    """

    name: str
    level: int
    part: str = ""
    below: tuple[Leaf, ...] = ()
    title: str = ""
    article: str = ""


def register(app: Sphinx) -> None:
    """Write the document when the pages stand, before their styles are chosen; link to it."""
    app.add_config_value("paper_left_out", _LEFT_OUT, "html", types=(list,))


def link_print_edition(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Link the whole book on one page from the sidebar."""
    context["sidebars"] = [*(context.get("sidebars") or []), _SIDEBAR]
    context["whole_book"] = context["pathto"](PAGE, 1)


def write_print_edition(app: Sphinx, error: Exception | None) -> None:
    """Write the whole book as one page, from the finished pages."""
    if error is not None or app.builder.format != "html":
        return
    site_map: SiteMap = app.config.external_site_map
    leaves = leaves_of(site_map, app.config.paper_left_out)
    pages = {name: (app.outdir / f"{name}.html").read_text("utf-8") for name in _names(leaves)}
    replace_text(
        app.outdir / PAGE,
        document(
            leaves,
            pages,
            site=app.config.html_baseurl and f"{app.config.html_baseurl.rstrip('/')}/",
            title=str(app.config.html_title),
            author=app.config.author,
            edition=edition(Path(app.srcdir), os.environ),
            picture=app.config.html_favicon and f"_static/{Path(app.config.html_favicon).name}",
        ),
    )


def leaves_of(site_map: SiteMap, left_out: Iterable[str]) -> tuple[Leaf, ...]:
    """Return the pages that belong on paper, in order: the first page, then the chapters.

    Parameters
    ----------
    site_map
        What ``_toc.yml`` says.
    left_out
        Patterns of names of pages that do not belong there, nor any page below them.

    """
    patterns = list(left_out)
    root = site_map.root.docname
    return (Leaf(_name(root), 2), *_below(site_map, root, 2, patterns))


def _below(site_map: SiteMap, page: str, level: int, left_out: Sequence[str]) -> Iterator[Leaf]:
    for tree in site_map[page].subtrees if page in site_map else ():
        part = tree.caption or ""
        for name in _kept(tree, left_out):
            own = level + bool(tree.caption)
            below = tuple(_below(site_map, name, own + 1, left_out))
            yield Leaf(_name(name), own, part, below)
            part = ""


def _kept(tree: TocTree, left_out: Sequence[str]) -> list[str]:
    return [f for f in tree.files() if not any(fnmatch(_name(f), out) for out in left_out)]


def _name(file: str) -> str:
    path = PurePosixPath(file)
    return str(path.with_suffix("")) if path.suffix in (".md", ".ipynb", ".rst") else file


def _names(leaves: Iterable[Leaf]) -> Iterator[str]:
    for leaf in leaves:
        yield leaf.name
        yield from _names(leaf.below)


def document(
    leaves: Sequence[Leaf],
    pages: Mapping[str, str],
    *,
    title: str,
    site: str = "",
    **about: str,
) -> str:
    """Return the document.

    Parameters
    ----------
    pages
        The finished pages, by name.
    site
        The address of the site, with a slash at the end, for links that lead out of the document.
    about
        What the cover says: ``author``, ``edition``, ``picture``.

    """
    filled = [_filled(leaf, pages, site) for leaf in leaves]
    if unescape(filled[0].title) == title:  # the first page is not the whole book here
        heading = f">{filled[0].title}</"
        article = filled[0].article.replace(heading, f">{_INTRODUCTION}</", 1)
        filled[0] = replace(filled[0], title=_INTRODUCTION, article=article)
    environment = Environment(
        loader=PackageLoader("website.editions"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["quoted"] = _quoted
    first = pages[leaves[0].name]
    return _with_ends(
        environment.get_template("book.html").render(
            about,
            title=title,
            leaves=filled,
            styles="\n".join(_styles(pages.values())),
            own=(files("website.editions") / "static" / "paper.css").read_text("utf-8"),
            sheet=found[0] if (found := _SHEET.search(first)) else SHEET,
            first=f"{leaves[0].name}.html",
        )
    )


def _filled(leaf: Leaf, pages: Mapping[str, str], site: str) -> Leaf:
    article = sheet(pages[leaf.name], leaf.name, leaf.level, included=pages, site=site)
    found = _TITLE.search(article)
    return replace(
        leaf,
        title=found[1] if found else leaf.name,
        article=article,
        below=tuple(_filled(one, pages, site) for one in leaf.below),
    )


def _styles(pages: Iterable[str]) -> list[str]:
    """Return the inline style sheets of all pages, each once."""
    heads = (page.partition("</head>")[0] for page in pages)
    return list(dict.fromkeys(style for head in heads for style in _STYLE.findall(head)))


def _quoted(html: str) -> str:
    """Return the text of ``html`` as a CSS string."""
    text = unescape(_TAG.sub("", html))
    return '"' + re.sub(r'[\\"<\n]', lambda found: f"\\{ord(found[0]):x} ", text) + '"'


def _with_ends(text: str) -> str:
    """Redirect links to anchors that the document left out to the page that held them."""
    anchors = frozenset(_ANCHOR.findall(text))

    def led(match: re.Match[str]) -> str:
        to = match[1]
        while to not in anchors and "/" in to:
            to = to.rpartition("/")[0]
        return f'href="#{to}"'

    return _INSIDE.sub(led, text)
