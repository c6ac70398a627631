"""A page of the site as a part of one long document: what paper has no use for is left out."""

from __future__ import annotations

import posixpath
import re
from html.parser import HTMLParser
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from autograder.format.exercise_set import RELEASE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    Attributes = Sequence[tuple[str, str | None]]

_ARTICLE = re.compile(r'<article class="bd-article"[^>]*>(.*)</article>', re.DOTALL)
_DOWNLOAD = re.compile(r'<p><a class="reference download.*?</p>\n?', re.DOTALL)
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
_VOID = frozenset({"br", "col", "hr", "img", "input", "source", "wbr"})
_HEADING = re.compile(r"h[1-6]")
_DEEPEST = 6
_LINKING = re.compile(
    r'(\s(id|for|href|src|aria-labelledby|aria-describedby)=")([^"]*)(?=")', re.IGNORECASE
)
_LAZY = ' loading="lazy"'  # an image that is not there yet would not be printed


def sheet(html: str, page: str, level: int, *, included: Container[str], site: str = "") -> str:
    """Return the article of a finished page, to stand among others in one document.

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
    found = _ARTICLE.search(html)
    if found is None:
        raise ValueError(f"{page}.html holds no article")
    rewriter = _Rewriter(page, level, included, site)
    rewriter.feed(_DOWNLOAD.sub("", found[1]).replace(_LAZY, ""))
    rewriter.close()
    return "".join(rewriter.made).strip()


class _Rewriter(HTMLParser):
    """Hands on what it is fed, to the letter, but for anchors, links, headings and what goes."""

    def __init__(self, page: str, level: int, included: Container[str], site: str) -> None:
        super().__init__(convert_charrefs=False)
        self.made: list[str] = []
        self._page, self._included, self._site = page, included, site
        self._lower = level - 1
        self._depth = 0  # inside of what is left out

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if self._depth or self._goes(tag, attrs):
            self._depth += tag not in _VOID
            return
        text = _LINKING.sub(self._linked, self.get_starttag_text() or "")
        self.made.append(text.replace(tag, self._lowered(tag), 1))

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        depth = self._depth
        self.handle_starttag(tag, attrs)
        self._depth = depth

    def handle_endtag(self, tag: str) -> None:
        self._say(f"</{self._lowered(tag)}>")
        self._depth = max(0, self._depth - 1)

    def handle_data(self, data: str) -> None:
        self._say(data)

    def handle_entityref(self, name: str) -> None:
        self._say(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._say(f"&#{name};")

    def _say(self, text: str) -> None:
        if not self._depth:
            self.made.append(text)

    def _goes(self, tag: str, attrs: Attributes) -> bool:
        given = dict(attrs)
        section = (given.get("id") or "") if tag == "section" else ""
        if section in _INSTEAD and self._page.startswith(f"{RELEASE_FOLDER}/"):
            self.made.append(_INSTEAD[section])
            return True
        return tag in _TAGS or not _CLASSES.isdisjoint((given.get("class") or "").split())

    def _lowered(self, tag: str) -> str:
        if not _HEADING.fullmatch(tag):
            return tag
        return f"h{min(_DEEPEST, int(tag[1]) + self._lower)}"

    def _linked(self, match: re.Match[str]) -> str:
        before, key, value = match.groups()
        if key in ("href", "src"):
            return before + self._address(value)
        return before + " ".join(f"{self._page}/{anchor}" for anchor in value.split())

    def _address(self, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            return address
        path = self._page
        if parts.path:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), parts.path))
            page = path.removesuffix(".html")
            if page == path or page not in self._included:
                return self._site + path + (parts.fragment and f"#{parts.fragment}")
            path = page
        return f"#{path}/{parts.fragment}" if parts.fragment else f"#{path}"
