"""Prepare the article of a page for the printed book: remove controls, rename anchors."""

from __future__ import annotations

import posixpath
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString
from bs4.filter import SoupStrainer

from autograder.format.exercise_set import RELEASE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Container

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_TAGS = frozenset({"button", "details", "noscript", "script", "style"})  # what is folded stays so
_CLASSES = frozenset(
    {
        "d-print-none",
        "headerlink",
        "llb-commit",
        "llb-controls",
        "llb-live",
        "llb-moves",
        "only-dark",
        "pst-js-only",
    }
)
_INSTEAD = MappingProxyType(  # of sections of an exercise
    {
        "hints": '<p class="llb-aside">Its hints open one by one on its page.</p>',
        "what-the-build-checked": "",
    }
)
_ANCHORS = ("id", "for", "aria-labelledby", "aria-describedby")
_ADDRESSES = ("href", "src")


def article_on_paper(
    html: str, page: str, level: int, *, included: Container[str], site: str = ""
) -> Tag:
    """Return the article of a finished page, to stand among others in one document.

    Attributes of drawings lose their capitals (``viewBox``), which any browser gives them back.

    Parameters
    ----------
    html
        The page as it is in the site.
    page
        Its name, without a suffix; it goes in front of each anchor, so that no two are the same.
    level
        Of the page's own heading. Those below it follow.
    included
        The pages of the document. A link to one of them stays inside.
    site
        What goes in front of other links into the site, which are relative to its root.

    Raises
    ------
    ValueError
        When there is no article.

    """
    only = SoupStrainer("article", class_="bd-article")
    # One string for `class`, as the page has it: the tree is written out again.
    article = BeautifulSoup(
        html, "html.parser", parse_only=only, multi_valued_attributes=None
    ).article
    if article is None:
        raise ValueError(f"{page}.html holds no article")
    _shorten(article, page)
    for tag in article.find_all(recursive=True):
        _rename(tag, page, level - 1)
        for key in _ADDRESSES:
            if key in tag.attrs:
                tag[key] = _address(str(tag[key]), page, included, site)
    return article


def _shorten(article: Tag, page: str) -> None:
    """Remove from an article what is of no use on paper: controls, folds, scripts, comments."""
    for unseen in article.find_all(string=lambda text: isinstance(text, PreformattedString)):
        unseen.extract()  # a comment
    for tag in article.find_all(recursive=True):
        section = str(tag.get("id")) if tag.name == "section" else ""
        # The list was made before: this one went with an element around it.
        if tag.decomposed:
            continue
        if section in _INSTEAD and page.startswith(f"{RELEASE_FOLDER}/"):
            # Taken out and destroyed, so that the loop passes over what was in it.
            tag.replace_with(BeautifulSoup(_INSTEAD[section], "html.parser"))
            tag.decompose()
        elif _is_download(tag) or tag.name in _TAGS or not _CLASSES.isdisjoint(_classes(tag)):
            tag.decompose()


def _is_download(tag: Tag) -> bool:
    """Tell whether ``tag`` is the paragraph that begins with the link to an exercise's notebook."""
    first = next(tag.children, None) if tag.name == "p" else None
    return isinstance(first, Tag) and first.name == "a" and "download" in _classes(first)


def _classes(tag: Tag) -> list[str]:
    return str(tag.get("class", "")).split()


def _rename(tag: Tag, page: str, lower: int) -> None:
    """Prefix the anchors of ``tag`` with its page, and move a heading ``lower`` levels down."""
    for key in _ANCHORS:
        if key in tag.attrs:
            tag[key] = " ".join(f"{page}/{anchor}" for anchor in str(tag[key]).split())
    if tag.name in HEADINGS:
        # HTML has no heading below the sixth.
        tag.name = HEADINGS[min(HEADINGS.index(tag.name) + lower, len(HEADINGS) - 1)]
    if tag.name == "img":
        del tag["loading"]  # an image that is not there yet would not be printed


def _address(address: str, page: str, included: Container[str], site: str) -> str:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return address
    path = page
    if parts.path:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(page), parts.path))
        name = path.removesuffix(".html")
        # A file of the site that is no page, or a page that is not printed.
        if name == path or name not in included:
            return site + path + (parts.fragment and f"#{parts.fragment}")
        path = name
    return f"#{path}/{parts.fragment}" if parts.fragment else f"#{path}"
