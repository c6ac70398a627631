"""The whole book as a PDF: the page ``book.html``, printed by a Chromium that is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

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
_SIZE = "<style>@page { size: A4; }</style>\n</head>"
_LOCAL = re.compile(r'<a (?=[^>]*href="(?!#|https?:|mailto:))[^>]*>')
_HREF = re.compile(r' href="[^"]*"')
_CONTENTS = re.compile(r'<nav class="llb-contents".*?</nav>', re.DOTALL)
_LINK = re.compile(r'<a href="#([^"]*)"')
_SHEET = re.compile(rb"^(\d+) 0 obj\s*<</Type /Page\s", re.MULTILINE)
_PLACE = re.compile(rb"/(\S+) \[(\d+) 0 R /XYZ")
_ESCAPED = re.compile(r"#([0-9A-Fa-f]{2})")


def write_pdf(site: Path, to: Path) -> int:
    """Print the whole book of a built ``site`` to the file ``to``.

    It is printed twice: where a page comes to stand, which the contents say, is known only then.

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
    text = _on_its_own((site / PAGE).read_text("utf-8"))
    first = _printed(site, text)
    pdf = _printed(site, _with_numbers(text, _places(first)))
    replace_files({to: pdf})
    return len(_SHEET.findall(pdf))


def _on_its_own(text: str) -> str:
    """Remove links to local files, which a reader of the PDF does not have."""
    text = _LOCAL.sub(lambda link: _HREF.sub("", link[0]), text)
    return text.replace("</head>", _SIZE, 1)


def _with_numbers(text: str, places: Mapping[str, int]) -> str:
    def numbered(link: re.Match[str]) -> str:
        number = places.get(link[1])
        return f'{link[0]} data-page="{number}"' if number else link[0]

    return _CONTENTS.sub(lambda nav: _LINK.sub(numbered, nav[0]), text, count=1)


def _places(pdf: bytes) -> dict[str, int]:
    """Return the number of the sheet, from 1, on which each anchor of the document stands."""
    sheets = {number: at for at, number in enumerate(_SHEET.findall(pdf), start=1)}
    found = [(name.decode("latin-1"), sheets.get(to)) for name, to in _PLACE.findall(pdf)]
    return {_ESCAPED.sub(_decoded, name): at for name, at in found if at}


def _decoded(code: re.Match[str]) -> str:
    return chr(int(code[1], 16))


def _printed(site: Path, text: str) -> bytes:
    """Print ``text`` with Chromium, in a folder that holds the site's files, and return the PDF."""
    with tempfile.TemporaryDirectory(prefix=".pdf-", dir=site.parent) as beside:
        folder = Path(beside).resolve()
        for part in site.iterdir():
            (folder / part.name).symlink_to(part.resolve())
        (folder / PAGE).unlink()
        (folder / PAGE).write_text(text, "utf-8")
        made = folder / "book.pdf"
        said = _run(_browser(_BROWSERS), folder / PAGE, made, folder / ".profile")
        if not made.is_file():
            raise AutograderError(f"Chromium wrote no PDF; it said: {said}")
        return made.read_bytes()


def _run(browser: str, page: Path, made: Path, profile: Path) -> str:
    options = [*_OPTIONS, *(_ALONE if os.geteuid() == 0 else ())]
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
