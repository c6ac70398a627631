"""Published addresses go on working: pages, and sections on them.

    python tests/test_addresses.py

adds the addresses of the built site that ``addresses.txt`` has not yet.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from website.editions.print_edition import PAGE

LIST = Path(__file__).with_name("addresses.txt")
SITE = Path(__file__).parents[1] / "_build/html"
REMEDY = (
    "published addresses are gone: for a page that moved, add `old: new` to `redirects` in "
    "_config.yml; for a heading that was renamed, put its old anchor above it, as `(anchor)=`"
)


def offered(site: Path) -> set[str]:
    """Give the address of every page of ``site``, and of every anchor on it."""
    found = set()
    for path in site.rglob("*.html"):
        page = path.relative_to(site).as_posix()
        soup = BeautifulSoup(path.read_text(), "html.parser")
        anchors = {str(tag["id"]) for tag in soup.select("article [id]")}
        found |= {page, *(f"{page}#{anchor}" for anchor in anchors)}
    return found


def sections(site: Path) -> set[str]:
    """Give the addresses that readers share: pages, and sections with a heading of their own."""
    found = set()
    for path in site.rglob("*.html"):
        page = path.relative_to(site).as_posix()
        soup = BeautifulSoup(path.read_text(), "html.parser")
        if soup.article and page not in ("genindex.html", "search.html"):
            found.add(page)
            if page != PAGE:  # on paper each section has the address of its own page
                found |= {f"{page}#{s['id']}" for s in soup.select("article section section")}
    return found


@pytest.mark.slow
def test_published_addresses_go_on_working(site: Path) -> None:
    published = LIST.read_text().split()
    assert published
    gone = sorted(set(published) - offered(site))
    assert not gone, f"{REMEDY}: {', '.join(gone)}"


if __name__ == "__main__":
    LIST.write_text("\n".join(sorted({*LIST.read_text().split(), *sections(SITE)})) + "\n")
