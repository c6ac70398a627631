"""Show the version of the book and the date of its build in the footer of each page."""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from website.build.settings import book_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.application import Sphinx
    from sphinx.config import Config

    from website.build.settings import BookSettings


def edition(root: Path, environment: Mapping[str, str]) -> str:
    """Return the book's version, if it has one, and the date of the build.

    The date is that of ``SOURCE_DATE_EPOCH`` where that is set, so that the same sources make the
    same pages on any day.
    """
    given = environment.get("SOURCE_DATE_EPOCH")
    # In UTC: the date does not depend on where the book is built.
    date = datetime.fromtimestamp(int(given), UTC) if given else datetime.now(UTC)
    version = book_version(root)
    return f"{f'Version {version}, built' if version else 'Built'} on {date:%Y-%m-%d}"


def book_version(root: Path) -> str:
    """Return the version in the book's ``pyproject.toml``; nothing where there is none."""
    about = root / "pyproject.toml"
    project = tomllib.loads(about.read_text("utf-8")).get("project") if about.is_file() else None
    return str((project or {}).get("version", ""))


def edition_name(root: Path, settings: BookSettings, title: str) -> str:
    """Return the name, without suffix, of a file that holds the whole book."""
    return "-".join(filter(None, (book_name(settings, title), book_version(root))))


def show_edition(app: Sphinx, config: Config) -> None:
    """Show version and date of the book in the footer of each page."""
    text = edition(Path(app.srcdir), os.environ)
    config.html_theme_options["extra_footer"] = f'<p class="edition">{text}.</p>'
