"""Pack the whole site into a zip; unpacked, it works without a server or a network."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from website.build.settings import book_name, settings_in
from website.pages.edition import edition_name

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows; when does not matter
_READABLE = 0o100644 << 16  # a regular file that all may read, in Unix's form
_LEFT_OUT = (".buildinfo",)  # what Sphinx notes for its next build


def _archives(app: Sphinx) -> list[Path]:
    name = book_name(settings_in(app.config), str(app.config.html_title))
    return list(Path(app.outdir).parent.glob(f"{name}*.zip"))


def remove_archives(app: Sphinx) -> None:
    """Remove the archives of earlier builds, so that none exists until this build has passed."""
    if app.builder.format == "html":
        for old in _archives(app):
            old.unlink()


def pack_site(app: Sphinx, error: Exception | None) -> None:
    """Pack the site into a zip once the gate has passed it."""
    site = Path(app.outdir)
    passed = not app.config.gate_preview and (site / "index.html").is_file()
    # A site that failed has no front page, and a preview is not to be taken home.
    if error is None and app.builder.format == "html" and passed:
        settings, title = settings_in(app.config), str(app.config.html_title)
        name = edition_name(Path(app.srcdir), settings, title)
        write_zip(site, site.parent / f"{name}.zip")


def write_zip(site: Path, archive: Path) -> None:
    """Write every file of ``site`` to ``archive``; the same site gives the same bytes."""
    # Put in place when it is whole.
    handle, part = tempfile.mkstemp(dir=archive.parent, suffix=".part")
    os.fchmod(handle, 0o644)  # a temporary file is its owner's alone
    os.close(handle)
    with ZipFile(part, "w", ZIP_DEFLATED) as packed:
        for path in sorted(site.rglob("*")):
            if path.is_file() and path.name not in _LEFT_OUT:
                name = f"{archive.stem}/{path.relative_to(site).as_posix()}"
                entry = ZipInfo(name, _LONG_AGO)
                entry.compress_type, entry.external_attr = ZIP_DEFLATED, _READABLE
                packed.writestr(entry, path.read_bytes())
    Path(part).replace(archive)
