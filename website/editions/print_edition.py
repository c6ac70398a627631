"""Write the whole book as one page to print, ``book.html``: cover, contents, all articles.

Its articles are those of the finished pages, in the order of ``_toc.yml``. Links between pages lead
to places in the document, figures cannot be moved, and what is folded on a page (hints, solutions,
what a run printed) is left out.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from bs4 import BeautifulSoup
from bs4.filter import SoupStrainer
from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.files import replace_text
from website.editions.article import HEADINGS, article_on_paper
from website.pages.edition import edition
from website.pages.style_sheet import SHEET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bs4 import Tag
    from sphinx.application import Sphinx
    from sphinx_external_toc.api import SiteMap, TocTree

PAGE = "book.html"
_SIDEBAR = "paper.html"
_LEFT_OUT = ["guides/*", "back_matter/verify_a_certificate"]  # about the tools, and a form
_INTRODUCTION = "Introduction"
_IN_CSS = re.compile(r'[\\"<\n]')  # what a string of a style sheet writes as a number


@dataclass(frozen=True)
class BookPage:
    """A page of the document, and those below it.

    Attributes
    ----------
    level
        Of its heading.
    part
        What stands above the first page of a part.
    title, article
        As HTML.
    plain
        The title as text.
    """

    name: str
    level: int
    part: str = ""
    below: tuple[BookPage, ...] = ()
    title: str = ""
    plain: str = ""
    article: str = ""


def register(app: Sphinx) -> None:
    """Add the setting ``paper_left_out``: patterns of the pages that are not printed."""
    app.add_config_value("paper_left_out", _LEFT_OUT, "html", types=(list,))


def link_print_edition(
    _app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object
) -> None:
    """Add a link to the printable book to the sidebar."""
    context["sidebars"] = [*(context.get("sidebars") or []), _SIDEBAR]
    context["whole_book"] = context["pathto"](PAGE, 1)


def write_print_edition(app: Sphinx, error: Exception | None) -> None:
    """Write the whole book as one page, from the finished pages."""
    # A preview, built at every save, is to be fast.
    if error is not None or app.builder.format != "html" or app.config.gate_preview:
        return
    site_map: SiteMap = app.config.external_site_map
    leaves = book_pages(site_map, app.config.paper_left_out)
    pages = {name: (app.outdir / f"{name}.html").read_text("utf-8") for name in _names(leaves)}
    replace_text(
        app.outdir / PAGE,
        whole_book(
            leaves,
            pages,
            site=app.config.html_baseurl and f"{app.config.html_baseurl.rstrip('/')}/",
            title=str(app.config.html_title),
            author=app.config.author,
            edition=edition(Path(app.srcdir), os.environ),
            picture=app.config.html_favicon and f"_static/{Path(app.config.html_favicon).name}",
        ),
    )


def book_pages(site_map: SiteMap, left_out: Iterable[str]) -> tuple[BookPage, ...]:
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
    return (BookPage(_name(root), 2), *_below(site_map, root, 2, patterns))


def _below(site_map: SiteMap, page: str, level: int, left_out: Sequence[str]) -> Iterator[BookPage]:
    for tree in site_map[page].subtrees if page in site_map else ():
        part = tree.caption or ""
        for name in _kept(tree, left_out):
            # The name of a part is a heading of its own, above those of its pages.
            own = level + bool(tree.caption)
            below = tuple(_below(site_map, name, own + 1, left_out))
            yield BookPage(_name(name), own, part, below)
            part = ""


def _kept(tree: TocTree, left_out: Sequence[str]) -> list[str]:
    return [f for f in tree.files() if not any(fnmatch(_name(f), out) for out in left_out)]


def _name(file: str) -> str:
    path = PurePosixPath(file)
    return str(path.with_suffix("")) if path.suffix in (".md", ".ipynb", ".rst") else file


def _names(leaves: Iterable[BookPage]) -> Iterator[str]:
    for leaf in leaves:
        yield leaf.name
        yield from _names(leaf.below)


def whole_book(
    leaves: Sequence[BookPage],
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
    articles = dict(_articles(leaves, pages, site))
    _name_first(articles[leaves[0].name], title)
    _link_inside(articles)
    environment = Environment(
        loader=PackageLoader("website.editions"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["quoted"] = _quoted
    # Pages bring the styles of what they show, most of them the same.
    heads = [_head(page) for page in pages.values()]
    return environment.get_template("book.html").render(
        about,
        title=title,
        leaves=[_filled(leaf, articles) for leaf in leaves],
        styles="\n".join(dict.fromkeys(str(style) for head in heads for style in head("style"))),
        own=(files("website.editions") / "static" / "paper.css").read_text("utf-8"),
        sheet=_sheet(_head(pages[leaves[0].name])),
        first=f"{leaves[0].name}.html",
    )


def _articles(
    leaves: Iterable[BookPage], pages: Mapping[str, str], site: str
) -> Iterator[tuple[str, Tag]]:
    for leaf in leaves:
        page = pages[leaf.name]
        yield leaf.name, article_on_paper(page, leaf.name, leaf.level, included=pages, site=site)
        yield from _articles(leaf.below, pages, site)


def _name_first(article: Tag, title: str) -> None:
    """Title the first page "Introduction" if it has the title of the whole book."""
    heading = article.find(HEADINGS)
    if heading is not None and heading.get_text() == title:
        heading.string = _INTRODUCTION


def _link_inside(articles: Mapping[str, Tag]) -> None:
    """Redirect links to anchors that the document left out to the page that held them."""
    anchors = {str(tag["id"]) for article in articles.values() for tag in article(id=True)}
    # At worst a link leads to the top of its page.
    anchors |= articles.keys()
    for article in articles.values():
        for link in article(href=lambda to: to is not None and to.startswith("#")):
            to = str(link["href"])[1:]
            while to not in anchors and "/" in to:
                to = to.rpartition("/")[0]
            link["href"] = f"#{to}"


def _filled(leaf: BookPage, articles: Mapping[str, Tag]) -> BookPage:
    article = articles[leaf.name]
    heading = article.find(HEADINGS)
    return replace(
        leaf,
        title=heading.decode_contents() if heading else leaf.name,
        plain=heading.get_text() if heading else leaf.name,
        article=article.decode_contents().strip(),
        below=tuple(_filled(one, articles) for one in leaf.below),
    )


def _head(page: str) -> BeautifulSoup:
    """Return the ``style`` and ``link`` elements in the head of ``page``."""
    head = page.partition("</head>")[0]
    return BeautifulSoup(head, "html.parser", parse_only=SoupStrainer(["style", "link"]))


def _sheet(head: BeautifulSoup) -> str:
    """Return the name of the site's style sheet, with its version if the page has one already."""
    names = (PurePosixPath(str(link.get("href"))).name for link in head("link"))
    return next((name for name in names if name.partition("?")[0] == SHEET), SHEET)


def _quoted(text: str) -> str:
    """Return ``text`` as a CSS string."""
    return '"' + _IN_CSS.sub(lambda found: f"\\{ord(found[0]):x} ", text) + '"'
