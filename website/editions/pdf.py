"""Print the page ``book.html`` to a PDF, with a Chromium that is installed.

The number at the foot of each sheet comes from ``static/paper.css``; the contents get theirs here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup
from pypdf import PdfReader

from autograder.exceptions import AutograderError
from autograder.files import replace_files
from website.editions.print_edition import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_OPTIONS = (
    "--headless",
    "--disable-background-networking",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
)
_ALONE = ("--no-sandbox",)  # Chromium refuses to run as root with it; it shows our own page
_SECONDS = 600  # for a busy machine
# Chromium takes US Letter otherwise.
_SIZE = "@page { size: A4; }"
_ANYWHERE = ("#", "http:", "https:", "mailto:")  # where a link may lead to from the PDF


def write_pdf(site: Path, to: Path) -> int:
    """Print the whole book of a built ``site`` to the file ``to``.

    It is printed twice: the contents give numbers of sheets, which only a printed book has.

    Returns
    -------
    int
        How many sheets it has.

    Raises
    ------
    AutograderError
        When there is no such page, no Chromium, or no PDF comes out of it.

    """
    if not (site / PAGE).is_file():
        raise AutograderError(f"{site / PAGE}: is not there; build the book first (make book)")
    page = BeautifulSoup((site / PAGE).read_text("utf-8"), "html.parser")
    _cut_off(page)
    first = _printed(site, str(page))
    _number_contents(page, _places(first))
    pdf = _printed(site, str(page))
    replace_files({to: pdf})
    return len(PdfReader(BytesIO(pdf)).pages)


def _cut_off(page: BeautifulSoup) -> None:
    """Remove links to local files, which a reader of the PDF does not have."""
    for link in page.find_all("a", href=True):
        if not str(link["href"]).startswith(_ANYWHERE):
            del link["href"]
    (page.head or page).append(page.new_tag("style", string=_SIZE))


def _number_contents(page: BeautifulSoup, places: Mapping[str, int]) -> None:
    """Write the number of its sheet beside each entry of the contents."""
    for link in page.select("nav.llb-contents a[href]"):
        if number := places.get(str(link["href"]).removeprefix("#")):
            link["data-page"] = str(number)


def _places(pdf: bytes) -> dict[str, int]:
    """Return the number of the sheet, from 1, on which each anchor of the document stands."""
    reader = PdfReader(BytesIO(pdf))
    sheets = {
        name.removeprefix("/"): reader.get_destination_page_number(place)
        for name, place in reader.named_destinations.items()
    }
    return {name: sheet + 1 for name, sheet in sheets.items() if sheet is not None}


def _printed(site: Path, text: str) -> bytes:
    """Print ``text`` with Chromium, in a folder that holds the site's files, and return the PDF."""
    with tempfile.TemporaryDirectory(prefix=".pdf-", dir=site.parent) as beside:
        folder = Path(beside).resolve()
        for part in site.iterdir():
            # Links, so that relative addresses lead to the site's files without a copy of them.
            (folder / part.name).symlink_to(part.resolve())
        # The link: writing through it would change the page of the site.
        (folder / PAGE).unlink()
        (folder / PAGE).write_text(text, "utf-8")
        made = folder / "book.pdf"
        said = _run(_browser(_BROWSERS), folder / PAGE, made, folder / ".profile")
        if not made.is_file():
            raise AutograderError(f"Chromium wrote no PDF; it said: {said}")
        return made.read_bytes()


def _run(browser: str, page: Path, made: Path, profile: Path) -> str:
    options = [*_OPTIONS, *(_ALONE if os.geteuid() == 0 else ())]
    # A profile of its own: one that a browser has open cannot be used twice.
    command = [browser, *options, f"--user-data-dir={profile}", f"--print-to-pdf={made}"]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, page.as_uri()], capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"nothing in {_SECONDS} seconds"
    return done.stderr.strip()[-500:]


def _browser(names: Iterable[str]) -> str:
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise AutograderError(
            "there is no Chromium here; install it (on Debian: sudo apt-get install chromium), or "
            f"open {PAGE} of the site in any browser and print it from there"
        )
    return found
